/* One run of the program: what a command is handed. */
#ifndef CLI_H
#define CLI_H

#include <comicvine.h>

#include "command.h"
#include "given.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "settings.h"

typedef struct cli {
    const cli_command *command;
    cli_settings settings;
    cli_given_list given; /* where the settings are from */
    bool errors_are_json;
    bool was_refused;  /* for want of room in the budget */
    FILE *input;       /* standard input (input.h), NULL until it is needed */
    cv_client *client; /* NULL until cli_open */
    cli_progress progress;
    cli_output output; /* standard output, for what the run is about */
} cli;

/* Opens the client by the settings. CLI_DONE, or what it could not be opened for, which has been
 * said. */
cli_status cli_open(cli *self);

/* Standard input, for all who read it in turn; NULL: errno says why. */
FILE *cli_standard_input(cli *self);

/* Works until the request is done, draws progress, and cancels it when a signal comes. Answers its
 * error; NULL is fine (no memory). */
const cv_error *cli_wait(cli *self, cv_request *request);

/* Options for a call, as the settings want them; `fields` may be NULL. */
cv_request_options cli_request(const cli *self, const char *fields);

/* What is said of an answer that is past its time: a warning, or with --no-stale that it is
 * refused (CLI_NOT_CACHED). `note` NULL: nothing. */
cli_status cli_judge_stale(cli *self, const char *subject, const cv_stale_note *note);

/* The service's address. */
const char *cli_base_url(const cli *self);

/* The resource of a word on the command line. CV_RESOURCE_NONE: there is none, which has been said,
 * with what may have been meant. */
cv_resource cli_resource(cli *self, const char *word);

#endif
