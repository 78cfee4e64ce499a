# The real engine and stores in simulated worlds. What the system gives is the model's own
# (model/platform.c): the linker puts its functions where the library calls those of src/support.
file(GLOB model_sources CONFIGURE_DEPENDS model/*.c)
add_executable(model ${model_sources} $<TARGET_OBJECTS:comicvine_objects>)
target_include_directories(model PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(model PRIVATE test_support comicvine_dependencies)
comicvine_compile_options(model)
foreach(function platform_now_us platform_random platform_sleep_us platform_sleep_ms timeout_start
        timeout_left_ms process_number process_id process_open process_close wake_open wake_close
        wake_take wake_drain wake_send bundle_open bundle_close bundle_add bundle_remove bundle_ready
        gate_try ready_set_due_locked)
  target_link_options(model PRIVATE -Wl,--wrap=cvi_${function})
endforeach()
add_test(NAME model/worlds COMMAND model)
set_tests_properties(model/worlds PROPERTIES TIMEOUT 600 COST 60)
add_test(NAME model/bugs_apply COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/model/plant.sh --apply)
if(is_instrumented)
  set_tests_properties(model/worlds PROPERTIES ENVIRONMENT "COMICVINE_MODEL_WORLDS=500")
endif()
