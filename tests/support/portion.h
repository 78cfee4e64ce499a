/* How much a run does of a test that has too many cases for every day: every k-th of them, always
 * the same ones, or with COMICVINE_ALL=1 (scripts/torture) each. Where a case takes long, under
 * sanitizers, $COMICVINE_STRIDE makes the steps that many times as wide. */
#ifndef TESTS_SUPPORT_PORTION_H
#define TESTS_SUPPORT_PORTION_H

/* From one case to the next: 1 for all, otherwise a multiple of `usual`. */
int portion_stride(int usual);

/* The first case, from 1, of the `turn`-th of `turns` rounds over `count` cases: rounds begin
 * apart, so that together they meet all cases that they can. */
int portion_first(int stride, int turn, int turns, int count);

/* Says how many of how many cases were tried. */
void portion_report(const char *what, int tried, int count);

#endif
