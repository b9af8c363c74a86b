# flotilla_grpc(): flotilla_lib_grpc, gRPC and protobuf with all that their archives need, and
# PROTOC_PROGRAM and GRPC_PLUGIN_PROGRAM. The distribution's CMake files link shared libraries only, so names come from
# pkg-config.
function(flotilla_grpc)
  find_program(PROTOC_PROGRAM protoc REQUIRED)
  find_program(GRPC_PLUGIN_PROGRAM grpc_cpp_plugin REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(FLOTILLA_GRPC REQUIRED grpc++ protobuf)
  add_library(flotilla_lib_grpc INTERFACE)
  if(NOT FLOTILLA_STATIC_DEPS)
    foreach(lib grpc++ grpc gpr protobuf)
      find_library(FLOTILLA_${lib}_LIBRARY NAMES ${lib} REQUIRED)
      target_link_libraries(flotilla_lib_grpc INTERFACE ${FLOTILLA_${lib}_LIBRARY})
    endforeach()
    # Inline code of gRPC's headers calls these.
    target_link_libraries(flotilla_lib_grpc INTERFACE absl_synchronization absl_strings absl_base)
    return()
  endif()
  set(names ${FLOTILLA_GRPC_STATIC_LIBRARIES})
  list(REMOVE_DUPLICATES names)
  set(archives)
  foreach(lib ${names})
    find_library(FLOTILLA_${lib}_LIBRARY NAMES lib${lib}.a)
    if(FLOTILLA_${lib}_LIBRARY)
      list(APPEND archives ${FLOTILLA_${lib}_LIBRARY})
    endif()
  endforeach()
  # Abseil's archives refer to one another both ways.
  target_link_libraries(flotilla_lib_grpc INTERFACE
    -Wl,--start-group ${archives} -Wl,--end-group flotilla_lib_ssl)
endfunction()
