# Language, warnings, linker, compiler cache: everything that holds for all rooms.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The compilers make everything position independent (PIE) by default. CMake must not add to it: the
# precompiled header is shared by libraries and programs, which then need the same flags.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

option(FLOTILLA_TESTS "Build unit tests" ON)
set(FLOTILLA_TEST_OPTIONS "" CACHE STRING "What unit tests are compiled with, after all else")
option(FLOTILLA_BENCH "Build benchmarks" ON)
option(FLOTILLA_FUZZ "Link *_fuzz.cc with libFuzzer; needs Clang and -fsanitize=fuzzer-no-link" OFF)
option(FLOTILLA_STATIC_DEPS "Link third-party archives where the distribution has them" OFF)
option(FLOTILLA_LTO "Link-time optimisation; needs Clang and lld" OFF)
option(FLOTILLA_HIDDEN "Hidden visibility, unused sections dropped" OFF)

# env sets the sloppiness that ccache needs to look through a precompiled header.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher /usr/bin/env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1
               ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# What users run is linked by lld: it knows relative relocations and folds equal functions.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT FLOTILLA_LTO)
  add_link_options(-fuse-ld=mold)
endif()

if(FLOTILLA_HIDDEN)
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
  set(CMAKE_C_VISIBILITY_PRESET hidden)
  set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
  add_compile_options(-ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()

# A tenth less processor time for each request. The cache keeps the link of a small change short.
if(FLOTILLA_LTO)
  add_compile_options(-flto=thin)
  add_link_options(-fuse-ld=lld -flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto
                   -Wl,--icf=safe -Wl,-z,pack-relative-relocs)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Makes the precompiled header a function of its content, so that ccache can hit.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
else()
  # GCC 12 reports these falsely for coroutine frames and inlined library code.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
                      -Wno-array-bounds -Wno-mismatched-new-delete -Wno-dangling-pointer
                      -Wno-missing-field-initializers)
endif()

add_compile_definitions(
  # Asio's caches are searched one by one, and fall back to posix_memalign: operator new is faster.
  BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  FLOTILLA_VERSION="${PROJECT_VERSION}")
