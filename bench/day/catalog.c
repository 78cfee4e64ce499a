/* Owns the words of the simulated service. Everything follows from the scenario and the id. */
#include "day/catalog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

enum {
    PEOPLE = 8,
    APPEARANCES = 60,
    DESCRIPTION_LEAST = 2000,
    DESCRIPTION_SPREAD = 8000,
    LIST_DESCRIPTION = 1200,
    PAGE = 100,
    NAME_MAX_BYTES = 64
};

#define ADDRESS "https://comicvine.gamespot.com/api/"

static void add_reference(day_text *body, const char *before, const char *path, int64_t id,
                          const char *name) {
    day_text_add(body,
                 "%s{\"api_detail_url\":\"" ADDRESS "%s-%" PRId64 "\\/\",\"id\":%" PRId64
                 ",\"name\":\"%s %" PRId64 "\"",
                 before, path, id, id, name, id);
}

/* So many characters of HTML, about. */
static void add_description(day_text *body, int64_t length) {
    static const char sentence[] =
        "<p>Somebody goes out, something comes to light, and hardly anybody stays as they were.<\\/p>";
    size_t end = body->length + (size_t)length;
    day_text_add(body, ",\"description\":\"");
    while (body->length < end) {
        day_text_add(body, sentence);
    }
    day_text_add(body, "\"");
}

static int64_t description_length(const day_scenario *scenario, day_resource resource, int64_t id) {
    return DESCRIPTION_LEAST +
           day_draw(scenario->seed ^ 16 ^ (uint64_t)resource, (uint64_t)id, DESCRIPTION_SPREAD);
}

/* What lists have too; the object stays open. */
static void add_issue_start(const day_scenario *scenario, int64_t id, int64_t at_ms, day_text *body,
                            int64_t length) {
    char revision[DAY_TIME_MAX];
    day_revision_text(scenario, id, at_ms, revision);
    day_text_add(body,
                 "{\"id\":%" PRId64 ",\"name\":\"Part %" PRId64 "\",\"issue_number\":\"%" PRId64
                 "\",\"aliases\":null,\"cover_date\":\"1999-01-01\",\"deck\":null,"
                 "\"date_added\":\"2008-06-06 11:10:16\",\"date_last_updated\":\"%s\","
                 "\"has_staff_review\":false",
                 id, day_number_of(id), day_number_of(id), revision);
    add_reference(body, ",\"volume\":", "volume\\/4050", day_volume_of(id), "Volume");
    day_text_add(body, "}");
    add_description(body, length);
}

static void add_issue(const day_scenario *scenario, int64_t id, int64_t at_ms, day_text *body) {
    add_issue_start(scenario, id, at_ms, body, description_length(scenario, DAY_ISSUE, id));
    for (int64_t i = 0; i < DAY_CAST; i++) {
        add_reference(body, i == 0 ? ",\"character_credits\":[" : ",", "character\\/4005",
                      day_character_of(scenario, id, i), "Character");
        day_text_add(body, "}");
    }
    for (int64_t i = 0; i < PEOPLE; i++) {
        add_reference(body, i == 0 ? "],\"person_credits\":[" : ",", "person\\/4040",
                      1 + day_draw(scenario->seed, (uint64_t)(id * PEOPLE + i), PAGE), "Person");
        day_text_add(body, ",\"role\":\"writer\"}");
    }
    day_text_add(body, "]}");
}

static void add_volume_start(int64_t id, day_text *body) {
    day_text_add(body,
                 "{\"id\":%" PRId64 ",\"name\":\"Volume %" PRId64 "\",\"start_year\":\"1999\","
                 "\"count_of_issues\":%d",
                 id, id, DAY_ISSUES_OF_A_VOLUME);
}

static void add_volume(const day_scenario *scenario, int64_t id, int64_t at_ms, day_text *body) {
    (void)at_ms; /* volumes do not change on this day */
    add_volume_start(id, body);
    add_description(body, description_length(scenario, DAY_VOLUME, id));
    for (int64_t number = 1; number <= DAY_ISSUES_OF_A_VOLUME; number++) {
        add_reference(body, number == 1 ? ",\"issues\":[" : ",", "issue\\/4000",
                      day_issue_id(id, number), "Part");
        day_text_add(body, ",\"issue_number\":\"%" PRId64 "\"}", number);
    }
    day_text_add(body, "]}");
}

static void add_character(const day_scenario *scenario, int64_t id, int64_t at_ms, day_text *body) {
    (void)at_ms;
    day_text_add(body, "{\"id\":%" PRId64 ",\"name\":\"Character %" PRId64 "\",\"gender\":2", id,
                 id);
    add_description(body, description_length(scenario, DAY_CHARACTER, id));
    for (int64_t i = 1; i <= APPEARANCES; i++) {
        add_reference(body, i == 1 ? ",\"issue_credits\":[" : ",", "issue\\/4000", id * 100 + i,
                      "Part");
        day_text_add(body, "}");
    }
    day_text_add(body, "]}");
}

static void begin_envelope(day_text *body, int64_t limit, size_t count, size_t total) {
    day_text_clear(body);
    day_text_add(body,
                 "{\"error\":\"OK\",\"limit\":%" PRId64 ",\"offset\":0,"
                 "\"number_of_page_results\":%zu,\"number_of_total_results\":%zu,"
                 "\"status_code\":1,\"results\":",
                 limit, count, total);
}

void day_catalog_detail(const day_scenario *scenario, day_resource resource, int64_t id,
                        int64_t at_ms, day_text *body) {
    static void (*const add[DAY_RESOURCES])(const day_scenario *, int64_t, int64_t,
                                            day_text *) = {add_issue, add_volume, add_character};
    begin_envelope(body, 1, 1, 1);
    add[resource](scenario, id, at_ms, body);
    day_text_add(body, ",\"version\":\"1.0\"}");
}

void day_catalog_refusal(day_text *body) {
    day_text_clear(body);
    day_text_add(body, "{\"error\":\"Rate limit exceeded.\",\"limit\":0,\"offset\":0,"
                       "\"number_of_page_results\":0,\"number_of_total_results\":0,"
                       "\"status_code\":107,\"results\":[]}");
}

/* ---- lists ---- */

typedef struct found {
    int64_t ids[PAGE];
    size_t count; /* in `ids` */
    size_t total;
} found;

static void find(found *self, int64_t id) {
    if (self->count < PAGE) {
        self->ids[self->count++] = id;
    }
    self->total++;
}

/* "volume:V" or "volume:V,issue_number:N" */
static void find_in_volume(found *self, const char *filter) {
    const char *number = strstr(filter, ",issue_number:");
    int64_t volume = strtoll(filter + strlen("volume:"), NULL, 10);
    int64_t wanted = number != NULL ? strtoll(strchr(number, ':') + 1, NULL, 10) : 0;
    for (int64_t i = 1; i <= DAY_ISSUES_OF_A_VOLUME; i++) {
        if (wanted == 0 || wanted == i) {
            find(self, day_issue_id(volume, i));
        }
    }
}

/* "date_last_updated:FROM|TO"; an issue once, however often it has changed. */
static void find_changed(found *self, const day_scenario *scenario, const char *filter) {
    int64_t since_ms = day_time_of(strchr(filter, ':') + 1);
    int64_t until_ms = day_time_of(strchr(filter, '|') + 1);
    team_check(since_ms >= 0 && until_ms >= since_ms, filter);
    for (size_t i = 0; i < scenario->change_count; i++) {
        const day_change *change = &scenario->changes[i];
        if (change->at_ms > since_ms &&
            day_changed_ms(scenario, change->issue, until_ms) == change->at_ms) {
            find(self, change->issue);
        }
    }
}

static void find_named(found *self, const day_scenario *scenario, const char *filter) {
    for (int64_t id = 1; id <= scenario->known_volumes; id++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof(name), "Volume %" PRId64, id);
        if (strstr(name, filter + strlen("name:")) != NULL) {
            find(self, id);
        }
    }
}

void day_catalog_list(const day_scenario *scenario, day_resource resource, const char *filter,
                      int64_t at_ms, day_text *body) {
    found hits = {.count = 0};
    if (strncmp(filter, "volume:", strlen("volume:")) == 0) {
        find_in_volume(&hits, filter);
    } else if (strncmp(filter, "date_last_updated:", strlen("date_last_updated:")) == 0) {
        find_changed(&hits, scenario, filter);
    } else {
        team_check(strncmp(filter, "name:", strlen("name:")) == 0, filter);
        find_named(&hits, scenario, filter);
    }
    begin_envelope(body, PAGE, hits.count, hits.total);
    day_text_add(body, "[");
    for (size_t i = 0; i < hits.count; i++) {
        day_text_add(body, i == 0 ? "" : ",");
        if (resource == DAY_ISSUE) {
            add_issue_start(scenario, hits.ids[i], at_ms, body, LIST_DESCRIPTION);
        } else {
            add_volume_start(hits.ids[i], body);
            add_description(body, LIST_DESCRIPTION);
        }
        day_text_add(body, "}");
    }
    day_text_add(body, "],\"version\":\"1.0\"}");
}
