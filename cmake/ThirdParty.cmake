# One interface target per library of the distribution: `LIBS fmt yaml` in a room means
# flotilla_lib_fmt and flotilla_lib_yaml. Static archives are taken when FLOTILLA_STATIC_DEPS is on.

find_package(Threads REQUIRED)

# flotilla_library(NAME LIB...): an interface target over the named libraries, in link order.
function(flotilla_library name)
  add_library(flotilla_lib_${name} INTERFACE)
  foreach(lib ${ARGN})
    if(FLOTILLA_STATIC_DEPS)
      find_library(FLOTILLA_${lib}_LIBRARY NAMES lib${lib}.a ${lib} REQUIRED)
    else()
      find_library(FLOTILLA_${lib}_LIBRARY NAMES ${lib} REQUIRED)
    endif()
    target_link_libraries(flotilla_lib_${name} INTERFACE ${FLOTILLA_${lib}_LIBRARY})
  endforeach()
  target_link_libraries(flotilla_lib_${name} INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
endfunction()

flotilla_library(crypto crypto)
flotilla_library(ssl ssl crypto)
flotilla_library(sqlite sqlite3)
flotilla_library(yaml yaml-cpp)
flotilla_library(re2 re2)
# The program's allocator where nothing else watches allocations: a batch is built by one thread and
# freed by another, which costs the C library's a fifth of each request.
if(FLOTILLA_STATIC_DEPS)
  flotilla_library(jemalloc jemalloc)
endif()

# The distribution has no archive of fmt, but its sources: one translation unit.
add_library(flotilla_lib_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt.cc)
target_compile_options(flotilla_lib_fmt PRIVATE -w)

# Header only: include CLI11 in one file.
add_library(flotilla_lib_cli INTERFACE)

if(FLOTILLA_TESTS)
  flotilla_library(gtest gmock gtest)
  flotilla_library(gtest_main gtest_main gmock gtest)
endif()
if(FLOTILLA_BENCH)
  flotilla_library(benchmark benchmark)
endif()
