/* Owns what the simulated service has seen, and reads addresses. */
#include "day/service.h"

#include <stdlib.h>
#include <string.h>

#include "day/catalog.h"
#include "team.h"

/* ---- addresses ---- */

static const struct {
    const char *segment;
    day_resource resource;
    day_path path;
} segments[] = {
    {"issue/", DAY_ISSUE, DAY_PATH_DETAIL},         {"issues", DAY_ISSUE, DAY_PATH_LIST},
    {"volume/", DAY_VOLUME, DAY_PATH_DETAIL},       {"volumes", DAY_VOLUME, DAY_PATH_LIST},
    {"character/", DAY_CHARACTER, DAY_PATH_DETAIL}, {"characters", DAY_CHARACTER, DAY_PATH_LIST},
};

static void read_path(day_arrival *arrival, const char *url) {
    const char *at = strstr(url, "/api/");
    team_check(at != NULL, url);
    at += strlen("/api/");
    for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
        size_t length = strlen(segments[i].segment);
        bool is_whole = segments[i].path == DAY_PATH_DETAIL || strchr("/?", at[length]) != NULL;
        if (strncmp(at, segments[i].segment, length) == 0 && is_whole) {
            arrival->resource = segments[i].resource;
            arrival->path = segments[i].path;
            return;
        }
    }
    team_check(false, url);
}

/* The 52 of ".../issue/4000-52/?...". */
static int64_t read_id(const char *url) {
    const char *dash = strchr(strstr(url, "/api/"), '-');
    team_check(dash != NULL, url);
    return strtoll(dash + 1, NULL, 10);
}

static char hex_digit(char digit) {
    return (char)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

/* A parameter's value as it was meant; "" without it. */
static void read_parameter(const char *url, const char *name, char *value, size_t size) {
    size_t length = 0;
    size_t name_length = strlen(name);
    const char *at = strchr(url, '?');
    while (at != NULL && !(strncmp(at + 1, name, name_length) == 0 && at[name_length + 1] == '=')) {
        at = strchr(at + 1, '&');
    }
    at = at != NULL ? at + name_length + 2 : "";
    while (*at != '\0' && *at != '&' && length + 1 < size) {
        if (*at == '%' && at[1] != '\0' && at[2] != '\0') {
            value[length++] = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            at += 3;
        } else {
            value[length++] = *at == '+' ? ' ' : *at;
            at++;
        }
    }
    value[length] = '\0';
}

/* ---- limits ---- */

static bool is_same_path(const day_arrival *a, const day_arrival *b) {
    return a->resource == b->resource && a->path == b->path;
}

/* Requests on the same path in the hour that ends with arrival `index`, itself included. */
static size_t in_the_hour(const day_service *self, size_t index, bool with_refused) {
    const day_arrival *last = &self->arrivals[index];
    size_t count = 0;
    for (size_t i = index + 1; i-- > 0;) {
        const day_arrival *one = &self->arrivals[i];
        if (one->at_ms <= last->at_ms - DAY_HOUR_MS) {
            break;
        }
        count += is_same_path(one, last) && (with_refused || !one->is_refused) ? 1 : 0;
    }
    return count;
}

static void judge(day_service *self) {
    size_t last = self->count - 1;
    const day_arrival *arrival = &self->arrivals[last];
    if (last > 0 && arrival->at_ms - self->arrivals[last - 1].at_ms < DAY_INTERVAL_MS) {
        self->too_soon++;
    }
    if (in_the_hour(self, last, false) > DAY_LIMIT) {
        self->arrivals[last].is_refused = true;
        self->refused++;
    }
}

static const day_arrival *enter(day_service *self, day_arrival arrival) {
    team_check(self->count == 0 || self->arrivals[self->count - 1].at_ms <= arrival.at_ms,
               "requests arrive in the order of time");
    day_arrival *grown = realloc(self->arrivals, (self->count + 1) * sizeof(*grown));
    team_check(grown != NULL, "there is memory for the service's log");
    self->arrivals = grown;
    self->arrivals[self->count++] = arrival;
    judge(self);
    return &self->arrivals[self->count - 1];
}

size_t day_service_bans(const day_service *self) {
    bool is_banned[DAY_RESOURCES][DAY_PATH_KINDS] = {{false}};
    size_t bans = 0;
    for (size_t i = 0; i < self->count; i++) {
        const day_arrival *arrival = &self->arrivals[i];
        bool *banned = &is_banned[arrival->resource][arrival->path];
        bans += arrival->is_refused && !*banned ? 1 : 0;
        *banned = arrival->is_refused;
    }
    return bans;
}

size_t day_service_fullest_hour(const day_service *self) {
    size_t most = 0;
    for (size_t i = 0; i < self->count; i++) {
        size_t count = in_the_hour(self, i, true);
        most = count > most ? count : most;
    }
    return most;
}

/* ---- answers ---- */

static void write_list(const day_service *self, const day_arrival *arrival, const char *url,
                       day_text *body) {
    char filter[DAY_FILTER_MAX];
    read_parameter(url, "filter", filter, sizeof(filter));
    team_check(filter[0] != '\0', url); /* nobody of this day asks for everything */
    day_catalog_list(self->scenario, arrival->resource, filter, arrival->at_ms, body);
}

int day_service_answer(day_service *self, int64_t at_ms, day_program program, const char *url,
                       day_text *body) {
    day_arrival arrival = {.at_ms = at_ms, .program = program};
    read_path(&arrival, url);
    arrival = *enter(self, arrival);
    if (arrival.is_refused) {
        day_catalog_refusal(body);
    } else if (arrival.path == DAY_PATH_DETAIL) {
        day_catalog_detail(self->scenario, arrival.resource, read_id(url), at_ms, body);
    } else {
        write_list(self, &arrival, url, body);
    }
    self->bytes += (int64_t)body->length;
    return arrival.is_refused ? 420 : 200;
}

void day_service_begin(day_service *self, const day_scenario *scenario) {
    *self = (day_service){.scenario = scenario};
}

void day_service_end(day_service *self) {
    free(self->arrivals);
}
