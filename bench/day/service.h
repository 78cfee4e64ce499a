/* The simulated service: answers for the day's catalog, and what it thinks of who asks. It holds to
 * 200 requests per path and hour: what goes beyond is answered with status 420 and code 107, and
 * does not count. Requests within a second of another one are counted and answered: how many of
 * them it takes until the service blocks somebody is not known. */
#ifndef BENCH_DAY_SERVICE_H
#define BENCH_DAY_SERVICE_H

#include "day/scenario.h"
#include "day/text.h"

enum { DAY_LIMIT = 200 };

#define DAY_INTERVAL_MS INT64_C(1000)

typedef enum day_path { DAY_PATH_DETAIL, DAY_PATH_LIST, DAY_PATH_KINDS } day_path;

/* One request, as it arrived. */
typedef struct day_arrival {
    int64_t at_ms;
    day_resource resource;
    day_path path;
    day_program program;
    bool is_refused;
} day_arrival;

typedef struct day_service {
    const day_scenario *scenario;
    day_arrival *arrivals; /* all of them, in the order of time */
    size_t count;
    size_t refused;  /* answered 420 */
    size_t too_soon; /* within a second of the one before */
    int64_t bytes;   /* of all answers */
} day_service;

void day_service_begin(day_service *self, const day_scenario *scenario);
void day_service_end(day_service *self);

/* Takes a request and writes the answer's body; the HTTP status. An address that the service does
 * not know is an error of the program. */
int day_service_answer(day_service *self, int64_t at_ms, day_program program, const char *url,
                       day_text *body);

/* How often the service has begun to refuse: refusals on a path that follow each other count as
 * one ban. */
size_t day_service_bans(const day_service *self);

/* The most requests, refused or not, that came on one path in any hour. */
size_t day_service_fullest_hour(const day_service *self);

#endif
