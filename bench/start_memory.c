/* Owns the word of a short-lived program's memory. The parent cannot ask for it afterwards: what
 * wait4(2) tells includes what the parent itself had when it started the program. */
#include "start_memory.h"

#include <stdio.h>
#include <string.h>

bool start_memory_say(int argument_count, char **arguments) {
    static const char wanted[] = "VmHWM:";
    char line[256];
    bool said = false;
    if (strcmp(arguments[argument_count - 1], "--memory") != 0) {
        return true;
    }
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && !said && fgets(line, sizeof(line), file) != NULL) {
        said = strncmp(line, wanted, strlen(wanted)) == 0 && puts(line + strlen(wanted)) >= 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return said;
}
