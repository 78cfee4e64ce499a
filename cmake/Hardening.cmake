# What compiler and linker of this system can do against the misuse of a fault: asked one by one, so
# that a build elsewhere has what there is. Sets comicvine_hard_compile and comicvine_hard_link;
# tests/package/hardening.sh looks for their traces in what was built.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)
include(CMakePushCheckState)

set(comicvine_hard_compile "")
set(comicvine_hard_link "")

# FLAGS compile where they are on, as CACHE_NAME says from then on.
function(comicvine_harden_compiler cache_name flags)
  check_c_compiler_flag("${flags}" ${cache_name})
  if(${cache_name})
    string(REPLACE " " ";" list "${flags}")
    set(comicvine_hard_compile ${comicvine_hard_compile} ${list} PARENT_SCOPE)
  endif()
endfunction()

function(comicvine_harden_linker cache_name flag)
  check_linker_flag(C "${flag}" ${cache_name})
  if(${cache_name})
    set(comicvine_hard_link ${comicvine_hard_link} ${flag} PARENT_SCOPE)
  endif()
endfunction()

# Level 3 also checks sizes that are known when the program runs; where the C library does not know
# it, it is level 2. It warns, or does nothing, without optimisation.
cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Werror")
check_c_source_compiles("
#include <string.h>
#if !defined(__GLIBC_PREREQ) || !__GLIBC_PREREQ(2, 34)
#error \"level 2 then\"
#endif
int main(void) { char text[4]; memset(text, 0, sizeof(text)); return text[0]; }"
                        COMICVINE_FORTIFY_3)
cmake_pop_check_state()
if(COMICVINE_FORTIFY_3)
  set(comicvine_hard_compile -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
else()
  set(comicvine_hard_compile -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

comicvine_harden_compiler(COMICVINE_HAS_STACK_PROTECTOR -fstack-protector-strong)
comicvine_harden_compiler(COMICVINE_HAS_STACK_CLASH -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)")
  comicvine_harden_compiler(COMICVINE_HAS_CF_PROTECTION -fcf-protection=full)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)")
  comicvine_harden_compiler(COMICVINE_HAS_BRANCH_PROTECTION -mbranch-protection=standard)
endif()
comicvine_harden_linker(COMICVINE_HAS_RELRO -Wl,-z,relro)
comicvine_harden_linker(COMICVINE_HAS_NOW -Wl,-z,now)
comicvine_harden_linker(COMICVINE_HAS_NOEXECSTACK -Wl,-z,noexecstack)

check_pie_supported(LANGUAGES C)
