# Run by cpack when the packages are made: writes the field Multi-Arch into each, as
# CPACK_COMICVINE_MULTI_ARCH (PACKAGE=VALUE...) has it. cpack has a setting of its own from CMake 3.31
# on only.
foreach(package ${CPACK_PACKAGE_FILES})
  set(tree ${package}.tree)
  execute_process(COMMAND dpkg-deb --raw-extract ${package} ${tree} COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${tree}/DEBIAN/control control)
  string(REGEX MATCH "(^|\n)Package: ([^\n]+)\n" line "${control}")
  set(name ${CMAKE_MATCH_2})
  string(REGEX MATCH "(^|;)${name}=([a-z]+)(;|$)" row "${CPACK_COMICVINE_MULTI_ARCH}")
  if(NOT row)
    message(FATAL_ERROR "CPACK_COMICVINE_MULTI_ARCH has no row for ${name}")
  endif()
  set(value ${CMAKE_MATCH_2})
  string(STRIP "${control}" control) # an empty line would begin another package
  file(WRITE ${tree}/DEBIAN/control "${control}\nMulti-Arch: ${value}\n")
  execute_process(COMMAND dpkg-deb --root-owner-group -Zxz --build ${tree} ${package}
                  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE_RECURSE ${tree})
endforeach()
