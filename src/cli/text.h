/* Text of others on a terminal: how wide it is, and nothing in it that the terminal would obey. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CLI_LETTER_BROKEN UINT32_MAX /* bytes that are no UTF-8 */

/* The letter (Unicode) that `text` begins with, and how many bytes it takes, at least 1; `length`
 * is not 0. */
size_t cli_letter_at(const char *text, size_t length, uint32_t *letter);

/* Whether a terminal would take it for an order: controls, and what turns the direction of text. */
bool cli_letter_is_control(uint32_t letter);

/* Columns that a letter takes: 0, 1 or 2. */
int cli_letter_width(uint32_t letter);

/* A copy that is fit for a terminal: one line, controls are blanks, what is broken is U+FFFD;
 * free() it. */
char *cli_text_clean(const char *text, size_t length);

/* Columns that a clean text takes. */
size_t cli_text_width(const char *text);

/* Writes a clean text into `columns`: filled with blanks, or cut with "…" where it is longer;
 * `pads_left` puts the blanks before it. */
void cli_text_write_cell(FILE *out, const char *text, size_t columns, bool pads_left);

#endif
