/* comicvine check-key: whether the service accepts the key. */
#include "cli.h"
#include "commands.h"
#include "json_write.h"
#include "record.h"

static cli_status write_accepted(cli *self) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "key", "accepted");
    cli_output_one(&self->output);
    return cli_object_write(self, &row);
}

static cli_status run_check_key(cli *self, const void *own, size_t count,
                                const char *const *words) {
    (void)own;
    (void)words;
    if (count > 0) {
        return cli_usage_error(self, "check-key takes nothing: the key is never an argument");
    }
    cli_status status = cli_open(self);
    if (status != CLI_DONE) {
        return status;
    }
    cv_request_options options = cli_request(self, NULL);
    cv_request *request = cv_request_check_key(self->client, &options);
    const cv_error *error = cli_wait(self, request);
    status =
        error->code == CV_OK ? write_accepted(self) : cli_fail_error(self, error, "the API key");
    cv_request_free(request);
    return status;
}

const cli_command cli_command_check_key = {
    .name = "check-key",
    .usage = "",
    .summary = "asks whether the service accepts the API key",
    .examples = "comicvine check-key\n"
                "comicvine check-key --api-key-file ~/.comicvine-key\n",
    .about = "Costs one request at most, of a path that hardly anybody needs; the answer is\n"
             "remembered for a day. Ends with 0 if it is accepted, with 4 if it is refused.\n",
    .takes = CLI_TAKES_KEY | CLI_TAKES_OUTPUT,
    .run = run_check_key,
};
