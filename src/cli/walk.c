/* Owns the walk through a list: pages are requests that are waited for one by one, so that a signal
 * ends the walk between any two, and what has come is written before the next is asked for. */
#include "walk.h"

#include "plan.h"
#include "record.h"

int64_t cli_walk_page_size(int64_t wanted) {
    return wanted > 0 && wanted < CLI_PAGE_MOST ? wanted : CLI_PAGE_MOST;
}

/* The next page; NULL: `error` says why. */
static const cv_page *next_page(cli *self, const cli_walk *walk, cv_error *error) {
    cv_request_options options = cli_request(self, NULL);
    if (!cv_cursor_set_options(walk->cursor, &options)) {
        *error = *cv_last_error();
        return NULL;
    }
    cv_request *request = cv_request_next_page(walk->cursor);
    *error = *cli_wait(self, request);
    const cv_page *page = error->code == CV_OK ? cv_page_take(request) : NULL;
    if (error->code == CV_OK && !page) {
        *error = *cv_last_error();
    }
    cv_request_free(request);
    return page;
}

static bool is_enough(const cli *self, const cli_walk *walk) {
    return walk->wanted > 0 && self->progress.done >= walk->wanted;
}

static cli_status write_page(cli *self, const cli_walk *walk, const cv_page *page) {
    cli_status status = cli_judge_stale(self, "page", page->stale);
    for (size_t i = 0; i < page->count && status == CLI_DONE && !is_enough(self, walk); i++) {
        status = cli_record_write(self, page->items[i]);
        self->progress.done++;
    }
    return status;
}

/* How many there are, as far as they are wanted; -1: not known. */
static int64_t whole(const cli_walk *walk) {
    int64_t total = cv_cursor_total(walk->cursor);
    return walk->wanted > 0 && (total < 0 || total > walk->wanted) ? walk->wanted : total;
}

static cli_status write_all(cli *self, const cli_walk *walk) {
    cli_status status = CLI_DONE;
    bool is_over = false;
    while (status == CLI_DONE && !is_over && !is_enough(self, walk)) {
        cv_error error;
        const cv_page *page = next_page(self, walk, &error);
        if (!page) {
            return cli_fail_error(self, &error, NULL);
        }
        self->progress.total = whole(walk);
        is_over = page->count == 0;
        status = write_page(self, walk, page);
        cv_page_free(page);
    }
    int64_t total = cv_cursor_total(walk->cursor);
    if (status == CLI_DONE && walk->says_more && is_enough(self, walk) &&
        total > cv_cursor_position(walk->cursor)) {
        cli_warn(self, "%lld of %lld; --all writes the rest too", (long long)self->progress.done,
                 (long long)total);
    }
    return status;
}

/* What the cache has from the beginning on is free; behind that nothing is known of it. */
static cli_status plan_walk(cli *self, const cli_walk *walk) {
    cli_plan plan = {0};
    int64_t passed = 0;
    cv_error error = {.code = CV_OK};
    for (bool goes_on = true; goes_on;) {
        const cv_page *page = next_page(self, walk, &error);
        bool is_good = page && page->source != CV_SOURCE_STALE && !self->settings.refreshes;
        goes_on = is_good && page->count > 0;
        passed += goes_on ? (int64_t)page->count : 0;
        plan.cached += goes_on ? 1 : 0;
        goes_on = goes_on && (whole(walk) < 0 || passed < whole(walk));
        cv_page_free(page);
        if (!page && error.code != CV_ERROR_NOT_CACHED) {
            return cli_fail_error(self, &error, NULL);
        }
    }
    int64_t total = whole(walk);
    int64_t size = cli_walk_page_size(walk->wanted);
    plan.may_be_more = total < 0 && walk->wanted != 1;
    plan.requests = total < 0 ? 1 : (total - passed + size - 1) / size;
    return cli_plan_write(self, self->progress.path, &plan);
}

cli_status cli_walk_run(cli *self, const cli_walk *walk) {
    if (!walk->cursor) {
        return cli_fail_error(self, cv_last_error(), NULL);
    }
    cli_status status = CLI_DONE;
    if (self->settings.is_dry_run) {
        status = plan_walk(self, walk);
    } else {
        cli_record_columns(self, walk->resource, walk->fields);
        status = write_all(self, walk);
    }
    cv_cursor_close(walk->cursor);
    return status;
}
