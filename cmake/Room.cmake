# A room is one folder below src and one library. Its DEPS are the single list of what it may
# include: the layer check (tools/layers) reads the same call.
#
#   flotilla_room(NAME core DEPS base async json db auth a2a/types.h LIBS crypto)
#
# NAME     folder and library name (flotilla_<name>)
# DEPS     rooms it may use; `room/header.h` allows that one header only
# LIBS     third-party libraries, see ThirdParty.cmake
# PROGRAM  name of the executable made from main.cc
#
# Sources are *.cc here and one folder deeper (drivers); a folder with a CMakeLists.txt is a library
# of its own. *_test.cc become <name>_test, *_bench.cc <name>_bench, each x_fuzz.cc <name>_x_fuzz
# (preset fuzz), whose corpus is also a test of <name>_test. A test that has its own main says so by
# a file test_main.cc.

# Asio, compiled once. The same target carries the precompiled header that every other one reuses:
# all have the same flags, and all need this library because the header includes Asio.
add_library(flotilla_asio STATIC ${PROJECT_SOURCE_DIR}/src/async/asio_impl.cc)
target_link_libraries(flotilla_asio PUBLIC Threads::Threads)
target_precompile_headers(flotilla_asio PRIVATE ${PROJECT_SOURCE_DIR}/src/pch.h)

# That of unit tests, which may be compiled in a way of their own: FLOTILLA_TEST_OPTIONS.
if(FLOTILLA_TESTS)
  add_library(flotilla_test_pch OBJECT ${CMAKE_CURRENT_LIST_DIR}/pch_test.cc)
  target_compile_options(flotilla_test_pch PRIVATE ${FLOTILLA_TEST_OPTIONS})
  target_link_libraries(flotilla_test_pch PRIVATE Threads::Threads flotilla_lib_gtest)
  target_precompile_headers(flotilla_test_pch PRIVATE ${PROJECT_SOURCE_DIR}/src/pch.h
                                                      <gtest/gtest.h>)
endif()

function(_flotilla_use_pch target)
  target_precompile_headers(${target} REUSE_FROM flotilla_asio)
endfunction()

# Links the rooms named in DEPS that exist already.
function(_flotilla_link_rooms target scope)
  foreach(dep ${ARGN})
    string(REGEX REPLACE "/.*" "" room ${dep})
    if(TARGET flotilla_${room})
      target_link_libraries(${target} ${scope} flotilla_${room})
    endif()
  endforeach()
endfunction()

function(_flotilla_room_test name)
  if(NOT FLOTILLA_TESTS OR NOT ARGN)
    return()
  endif()
  add_executable(${name}_test ${ARGN})
  if("${ARGN}" MATCHES "test_main\\.cc")
    set(gtest flotilla_lib_gtest)
  else()
    set(gtest flotilla_lib_gtest_main)
  endif()
  target_link_libraries(${name}_test PRIVATE flotilla_${name} ${gtest})
  target_compile_options(${name}_test PRIVATE ${FLOTILLA_TEST_OPTIONS})
  target_precompile_headers(${name}_test REUSE_FROM flotilla_test_pch)
  set_property(GLOBAL APPEND PROPERTY FLOTILLA_TEST_TARGETS ${name}_test)
endfunction()

# Writes for each fuzz source a test that runs it over its corpus; their paths into `out`.
function(_flotilla_corpus_tests out name)
  set(made "")
  foreach(FUZZ_SOURCE ${ARGN})
    get_filename_component(stem ${FUZZ_SOURCE} NAME_WE)
    set(FUZZ_PROGRAM ${name}_${stem})
    set(FUZZ_CORPUS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${FUZZ_PROGRAM})
    set(file ${CMAKE_CURRENT_BINARY_DIR}/${stem}_corpus_test.cc)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/corpus_test.cc.in ${file} @ONLY)
    list(APPEND made ${file})
  endforeach()
  set(${out} ${made} PARENT_SCOPE)
endfunction()

function(_flotilla_room_bench name)
  if(NOT FLOTILLA_BENCH OR NOT ARGN)
    return()
  endif()
  add_executable(${name}_bench ${ARGN})
  target_link_libraries(${name}_bench PRIVATE flotilla_${name} flotilla_lib_benchmark)
  _flotilla_use_pch(${name}_bench)
  set_property(GLOBAL APPEND PROPERTY FLOTILLA_BENCH_TARGETS ${name}_bench)
endfunction()

# Without libFuzzer the sources are only compiled, and only by who asks (lint).
function(_flotilla_room_fuzz name)
  foreach(source ${ARGN})
    get_filename_component(stem ${source} NAME_WE)
    set(target ${name}_${stem})
    if(FLOTILLA_FUZZ)
      add_executable(${target} ${source})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY FLOTILLA_FUZZ_TARGETS ${target})
    else()
      add_library(${target} OBJECT EXCLUDE_FROM_ALL ${source})
    endif()
    target_link_libraries(${target} PRIVATE flotilla_${name})
    _flotilla_use_pch(${target})
  endforeach()
endfunction()

function(flotilla_room)
  cmake_parse_arguments(ROOM "" "NAME;PROGRAM" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc */*.cc)
  file(GLOB own_libraries */CMakeLists.txt)
  foreach(list_file ${own_libraries})
    get_filename_component(folder ${list_file} DIRECTORY)
    list(FILTER sources EXCLUDE REGEX "^${folder}/")
  endforeach()
  set(tests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "(_test|/test_main)\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|_fuzz|/test_main|/main|/asio_impl)\\.cc$")

  list(TRANSFORM ROOM_LIBS PREPEND flotilla_lib_)
  set(target flotilla_${ROOM_NAME})
  if(sources)
    set(scope PUBLIC)
    add_library(${target} STATIC ${sources})
    _flotilla_use_pch(${target})
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} ${scope} ${ROOM_LIBS} flotilla_asio flotilla_lib_fmt)
  _flotilla_link_rooms(${target} ${scope} ${ROOM_DEPS})

  _flotilla_corpus_tests(corpus_tests ${ROOM_NAME} ${fuzzers})
  _flotilla_room_test(${ROOM_NAME} ${tests} ${corpus_tests})
  _flotilla_room_bench(${ROOM_NAME} ${benches})
  _flotilla_room_fuzz(${ROOM_NAME} ${fuzzers})

  if(ROOM_PROGRAM AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.cc)
    add_executable(${ROOM_PROGRAM} main.cc)
    target_link_libraries(${ROOM_PROGRAM} PRIVATE ${target})
    if(TARGET flotilla_lib_jemalloc)
      target_link_libraries(${ROOM_PROGRAM} PRIVATE flotilla_lib_jemalloc)
    endif()
    _flotilla_use_pch(${ROOM_PROGRAM})
    install(TARGETS ${ROOM_PROGRAM} RUNTIME)
  endif()
endfunction()
