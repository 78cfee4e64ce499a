/* Bodies of the simulated service's answers, made up from the day's seed: about as long as real
 * ones, and the same each time but for the time of an issue's last change. */
#ifndef BENCH_DAY_CATALOG_H
#define BENCH_DAY_CATALOG_H

#include "day/scenario.h"
#include "day/text.h"

void day_catalog_detail(const day_scenario *scenario, day_resource resource, int64_t id,
                        int64_t at_ms, day_text *body);

/* Issues by "volume:V", with ",issue_number:N" or not, or by "date_last_updated:FROM|TO"; volumes
 * by "name:TEXT" that their names contain. At most 100, as the service gives. */
void day_catalog_list(const day_scenario *scenario, day_resource resource, const char *filter,
                      int64_t at_ms, day_text *body);

/* "Slow down": the limit of the path is used up. */
void day_catalog_refusal(day_text *body);

#endif
