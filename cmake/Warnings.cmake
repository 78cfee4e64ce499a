# The language level, warnings and instrumentation of everything that this project compiles.
function(comicvine_compile_options target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
                        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla
                         $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
                         $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>)
  # On 32-bit systems too: files beyond 2 GiB, times beyond 2038.
  target_compile_definitions(${target} PRIVATE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
  if(COMICVINE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(COMICVINE_HARDEN)
    target_compile_options(${target} PRIVATE ${comicvine_hard_compile})
    target_link_options(${target} PRIVATE ${comicvine_hard_link})
    get_target_property(kind ${target} TYPE)
    if(kind STREQUAL EXECUTABLE AND CMAKE_C_LINK_PIE_SUPPORTED)
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON) # lies anywhere
    endif()
  endif()
  if(COMICVINE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${COMICVINE_SANITIZE}
                           -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(${target} PUBLIC -fsanitize=${COMICVINE_SANITIZE})
  endif()
  if(COMICVINE_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(COMICVINE_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic) # threads count too
    target_link_options(${target} PUBLIC --coverage)
  endif()
endfunction()
