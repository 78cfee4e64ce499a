/* Owns looking at rows of the cache: ls, show and verify. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "memory.h"
#include "record.h"

/* ---- what an answer is about ---- */

/* "issue/4000-52" out of ".../api/issue/4000-52/". */
static char *object_of(cli_slice address) {
    char *text = cli_json_cell(address);
    char *path = strstr(text, "/api/");
    path = path ? path + strlen("/api/") : text;
    size_t length = strlen(path);
    if (length > 0 && path[length - 1] == '/') {
        length--;
    }
    char *object = cli_copy(path, length);
    free(text);
    return object;
}

/* What is in the results: one object, or how many. */
static void describe_results(cli_json *row, cli_slice results) {
    cli_slice item;
    size_t at = 0;
    int64_t count = 0;
    if (results.text && results.text[0] == '{') {
        char *object =
            object_of(cli_json_find(results, "api_detail_url", strlen("api_detail_url")));
        char *name = cli_json_cell(cli_json_find(results, "name", strlen("name")));
        cli_json_text(row, "object", object);
        cli_json_text(row, "name", name);
        free(name);
        free(object);
        return;
    }
    while (results.text && cli_json_next(results, &at, NULL, &item)) {
        count++;
    }
    cli_json_text(row, "object", NULL);
    char *text = cli_format("a list of %lld", (long long)count);
    cli_json_text(row, "name", text);
    free(text);
}

static const char *state_of(const cv_cache_entry *entry) {
    if (entry->is_foreign) {
        return "foreign";
    }
    if (entry->is_damaged) {
        return "damaged";
    }
    if (entry->is_negative) {
        return "negative";
    }
    return entry->expires_at_ms > (int64_t)time(NULL) * 1000 ? "fresh" : "expired";
}

static void add_entry(cli_json *row, const cv_cache_entry *entry) {
    cli_json_text(row, "hash", entry->hash);
    cli_json_text(row, "state", state_of(entry));
    cli_json_number(row, "bytes", entry->size);
    cli_json_moment(row, "created_at", entry->created_at_ms);
    cli_json_moment(row, "expires_at", entry->expires_at_ms);
}

static cli_status list_row(cli *self, cv_cache_store *store, const cv_cache_entry *listed,
                           void *user) {
    (void)user;
    cv_cache_entry entry;
    cv_blob body;
    if (!cv_cache_store_read(store, listed->hash, &entry, &body)) {
        return cli_fail_error(self, cv_last_error(), listed->hash);
    }
    if (entry.hash[0] == '\0') {
        return CLI_DONE; /* somebody has deleted it meanwhile */
    }
    entry.size = listed->size;
    cli_json row;
    cli_json_begin(&row);
    add_entry(&row, &entry);
    if (body.data && !entry.is_negative) {
        cli_slice text = {body.data, body.size};
        describe_results(&row, cli_json_find(text, "results", strlen("results")));
    }
    cv_free(body.data);
    return cli_object_write(self, &row);
}

cli_status cli_cache_list(cli *self, cv_cache_store *store, const cli_cache_options *options,
                          size_t count, const char *const *words) {
    (void)options;
    (void)count;
    (void)words;
    cli_output_columns(&self->output, "hash,state,bytes,created_at,object,name");
    return cli_cache_walk(self, store, list_row, NULL);
}

/* ---- show ---- */

typedef struct finding {
    const char *beginning;
    char hash[CV_HASH_MAX + 1];
    int found;
} finding;

static cli_status find_row(cli *self, cv_cache_store *store, const cv_cache_entry *entry,
                           void *user) {
    finding *run = user;
    (void)self;
    (void)store;
    if (strncmp(entry->hash, run->beginning, strlen(run->beginning)) == 0) {
        memcpy(run->hash, entry->hash, sizeof(run->hash));
        run->found++;
    }
    return CLI_DONE;
}

/* JSON on one line: ends of lines stand only between its values. */
static void join_lines(char *json) {
    for (; *json != '\0'; json++) {
        if (*json == '\n' || *json == '\r') {
            *json = ' ';
        }
    }
}

static cli_status show_body(cli *self, const cv_cache_entry *entry, cv_blob *body) {
    cli_slice raw = {body->data, body->size};
    cli_json row;
    cli_json_begin(&row);
    add_entry(&row, entry);
    if (entry->is_negative || !body->data) {
        cli_json_text(&row, "answer", NULL);
    } else {
        char *line = cli_copy(body->data, body->size);
        join_lines(line);
        cli_json_value(&row, "answer", line, strlen(line));
        free(line);
    }
    char *text = cli_json_end(&row);
    cli_output_one(&self->output);
    bool is_written = cli_row_write(self, cli_slice_of(text), raw);
    free(text);
    return is_written ? CLI_DONE : CLI_FAILED;
}

cli_status cli_cache_show(cli *self, cv_cache_store *store, const cli_cache_options *options,
                          size_t count, const char *const *words) {
    (void)options;
    (void)count;
    finding run = {.beginning = words[0]};
    cli_status status = cli_cache_walk(self, store, find_row, &run);
    if (status != CLI_DONE) {
        return status;
    }
    if (run.found != 1) {
        return run.found == 0
                   ? cli_fail(self, CLI_NOT_CACHED, "no hash begins with %s", words[0])
                   : cli_fail(self, CLI_USAGE, "%d hashes begin with %s", run.found, words[0]);
    }
    cv_cache_entry entry;
    cv_blob body;
    if (!cv_cache_store_read(store, run.hash, &entry, &body)) {
        return cli_fail_error(self, cv_last_error(), run.hash);
    }
    status = entry.is_damaged ? cli_fail(self, CLI_STORE, "%s is damaged", run.hash)
                              : show_body(self, &entry, &body);
    cv_free(body.data);
    return status;
}

/* ---- verify ---- */

typedef struct verifying {
    int64_t whole;
    int64_t damaged;
    int64_t foreign;
} verifying;

static cli_status verify_row(cli *self, cv_cache_store *store, const cv_cache_entry *listed,
                             void *user) {
    verifying *run = user;
    cv_cache_entry entry;
    if (!cv_cache_store_read(store, listed->hash, &entry, NULL)) {
        return cli_fail_error(self, cv_last_error(), listed->hash);
    }
    run->foreign += entry.is_foreign ? 1 : 0;
    run->damaged += entry.is_damaged ? 1 : 0;
    run->whole += entry.is_foreign || entry.is_damaged || entry.hash[0] == '\0' ? 0 : 1;
    if (entry.is_damaged) {
        cli_warn(self, "%s is damaged; it will be fetched again when it is asked for", entry.hash);
    }
    return CLI_DONE;
}

cli_status cli_cache_verify(cli *self, cv_cache_store *store, const cli_cache_options *options,
                            size_t count, const char *const *words) {
    (void)options;
    (void)count;
    (void)words;
    verifying run = {0};
    cli_status status = cli_cache_walk(self, store, verify_row, &run);
    if (status != CLI_DONE) {
        return status;
    }
    cli_json row;
    cli_json_begin(&row);
    cli_json_number(&row, "whole", run.whole);
    cli_json_number(&row, "damaged", run.damaged);
    cli_json_number(&row, "foreign", run.foreign);
    cli_output_one(&self->output);
    status = cli_object_write(self, &row);
    return status == CLI_DONE && run.damaged > 0 ? CLI_STORE : status;
}
