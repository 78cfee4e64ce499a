# Each member of a record has its comment, each link its target, each quirk of the service its fixture
# and its test.
add_test(NAME docs/members COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_members.sh
         ${PROJECT_SOURCE_DIR})
add_test(NAME docs/manual COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_manual.sh
         ${PROJECT_SOURCE_DIR})
add_test(NAME docs/security COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_security.sh
         ${PROJECT_SOURCE_DIR})
add_test(NAME docs/links COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_links.sh
         ${PROJECT_SOURCE_DIR})
add_test(NAME docs/quirks COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_quirks.sh
         ${CMAKE_CURRENT_SOURCE_DIR})

if(BUILD_SHARED_LIBS)
  add_test(NAME docs/care COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_care.sh
           ${PROJECT_SOURCE_DIR} $<TARGET_FILE:comicvine-loopback> $<TARGET_FILE:actor>
           $<TARGET_FILE:actor_rush> $<TARGET_FILE:comicvine>)
  add_test(NAME docs/pages COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/test_pages.sh
           ${PROJECT_SOURCE_DIR} $<TARGET_FILE:comicvine-loopback> $<TARGET_FILE:comicvine>)
  set_tests_properties(docs/care docs/pages PROPERTIES TIMEOUT ${hang_s})
  comicvine_test_on_disk(docs/care docs/pages)
endif()
