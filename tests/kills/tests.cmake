# Programs at work on one file that are killed at random times (kills/): some of them here, all in
# scripts/torture.
add_executable(kills_worker kills/worker.c kills/work.c kills/work_calls.c kills/board.c
               model/chance.c)
target_link_libraries(kills_worker PRIVATE test_settings comicvine)
comicvine_compile_options(kills_worker)
add_executable(kills kills/kills.c kills/judge.c kills/judge_log.c kills/judge_calls.c
               kills/judge_file.c kills/board.c model/chance.c)
target_link_libraries(kills PRIVATE test_support comicvine)
target_compile_definitions(kills PRIVATE CVI_PROGRAM_kills_worker="$<TARGET_FILE:kills_worker>")
add_dependencies(kills kills_worker)
comicvine_compile_options(kills)
add_test(NAME kills COMMAND kills)
set_tests_properties(kills PROPERTIES TIMEOUT ${hang_s} COST 40)
if(is_instrumented)
  set_tests_properties(kills PROPERTIES ENVIRONMENT "COMICVINE_KILLS=20")
endif()
