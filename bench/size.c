/* The size of the library as it is shipped: shared, stripped (CMakeLists.txt does that). */
#include <sys/stat.h>

#include "measure.h"
#include "team.h"

int main(void) {
    struct stat status;
    team_check(stat(BENCH_STRIPPED, &status) == 0, "the library has been stripped");
    measure_print(&(measure_line){.name = "shared library, stripped (P12)",
                                  .unit = "kB",
                                  .figure = (double)status.st_size / 1024.0,
                                  .goal = MEASURE_FIGURE_BELOW,
                                  .bound = 250});
    return 0;
}
