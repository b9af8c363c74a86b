# flotilla_embed(TARGET FILE...): compiles SQL migrations into TARGET as the definition of
# `std::span<const Migration> migrations()` declared in db/migrations.h. A file is NNN_name.sql;
# the list is ordered by number.
function(flotilla_embed target)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cc)
  set(script ${PROJECT_SOURCE_DIR}/cmake/EmbedSql.cmake)
  list(SORT ARGN COMPARE NATURAL)
  list(JOIN ARGN "|" files)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} "-DFILES=${files}" -P ${script}
    DEPENDS ${ARGN} ${script}
    COMMENT "Embedding migrations"
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
