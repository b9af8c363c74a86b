// Carries the precompiled header of unit tests: see Room.cmake.
