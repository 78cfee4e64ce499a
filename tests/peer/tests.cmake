# peer/test_npm.c shares files with a program on the Node packages (scripts/peer); without them it
# says so and is skipped.
add_executable(peer_test_npm peer/test_npm.c)
target_link_libraries(peer_test_npm PRIVATE test_support comicvine)
target_compile_definitions(peer_test_npm PRIVATE
                           CVI_PEER_PROGRAM="${CMAKE_CURRENT_SOURCE_DIR}/peer/peer.mjs")
comicvine_compile_options(peer_test_npm)
add_test(NAME peer/npm COMMAND peer_test_npm)
set_tests_properties(peer/npm PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${hang_s} COST 50)
