/* What this process has of the machine, as the kernel says. */
#ifndef BENCH_RESIDENT_H
#define BENCH_RESIDENT_H

/* Kilobytes of a line of /proc/self/status: "VmRSS", all that is in memory; "RssAnon", of it what
 * is no file's. */
double resident_kb(const char *name);

/* Open descriptors. */
int resident_descriptors(void);

#endif
