# What linker and loader of this system can do. COMICVINE_PACKS_RELOCATIONS: the loader of glibc reads
# packed relocations since 2.36; an older one refuses a library that has them.
include(CheckCSourceCompiles)
include(CMakePushCheckState)

cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_LINK_OPTIONS -Wl,-z,pack-relative-relocs -Wl,--fatal-warnings)
check_c_source_compiles("
#include <features.h>
#if !defined(__GLIBC_PREREQ) || !__GLIBC_PREREQ(2, 36)
#error \"too old\"
#endif
int main(void) { return 0; }" COMICVINE_PACKS_RELOCATIONS)
cmake_pop_check_state()
