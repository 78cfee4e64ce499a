/* Owns the reckoning of what a run will cost. It looks at the budget and takes nothing from it. */
#include "plan.h"

#include "duration.h"
#include "json_write.h"
#include "record.h"

enum { INTERVAL_MS = 1050 }; /* between two requests, as the library keeps it */

/* All that fits now leaves at once, an interval apart. Then room comes as those of the window leave
 * it, which is not known one by one: a whole window for each limit's worth is the most it takes. */
int64_t cli_plan_wait_ms(const cv_rate_limit_status *status, int64_t window_ms, int64_t now_ms,
                         int64_t requests) {
    if (requests == 0) {
        return 0;
    }
    if (status->next_slot_ms < 0) {
        return -1;
    }
    int64_t start_ms = status->next_slot_ms > now_ms ? status->next_slot_ms - now_ms : 0;
    int64_t paced_ms = start_ms + (requests - 1) * INTERVAL_MS;
    if (status->limit == CV_NONE || requests <= status->remaining) {
        return paced_ms;
    }
    int64_t later = requests - status->remaining;
    int64_t windows = (later + status->limit - 1) / status->limit;
    int64_t limited_ms = windows * window_ms + (later - 1) % status->limit * INTERVAL_MS;
    return limited_ms > paced_ms ? limited_ms : paced_ms;
}

static void write_budget(cli_json *row, const cv_rate_limit_status *status, int64_t wait_ms) {
    if (status->limit != CV_NONE) {
        cli_json_number(row, "used", status->used);
        cli_json_number(row, "limit", status->limit);
    }
    if (wait_ms >= 0) {
        cli_json_number(row, "seconds", (wait_ms + 999) / 1000);
    }
}

cli_status cli_plan_write(cli *self, const char *path, const cli_plan *plan) {
    cv_rate_limit_store *store = cv_client_rate_limit(self->client);
    cv_rate_limit_status status;
    int64_t limit = 0;
    int64_t window_ms = 0;
    if (!cv_rate_limit_store_status(store, path, &status) ||
        !cv_rate_limit_store_get_resource(store, path, &limit, &window_ms)) {
        return cli_fail_error(self, cv_last_error(), path);
    }
    int64_t now_ms = cli_now_ms();
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "path", path);
    cli_json_number(&row, "cached", plan->cached);
    cli_json_number(&row, "requests", plan->requests);
    cli_json_bool(&row, "may_be_more", plan->may_be_more);
    write_budget(&row, &status, cli_plan_wait_ms(&status, window_ms, now_ms, plan->requests));
    cli_output_columns(&self->output, "path,cached,requests,may_be_more,used,limit,seconds");
    return cli_object_write(self, &row);
}
