#include "day/run.h"
static void *o(day_run *r, const char *f){(void)r;(void)f;return 0;}
const day_way day_npm={.open=o};
