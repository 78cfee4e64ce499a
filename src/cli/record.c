/* Owns how a record becomes a row. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "memory.h"

static const struct {
    cv_resource resource;
    const char *names;
} columns[] = {
    {CV_RESOURCE_NONE, "resource_type,id,name,deck"},
    {CV_ISSUE, "id,volume.name,issue_number,name,cover_date"},
    {CV_VOLUME, "id,name,start_year,publisher.name,count_of_issues"},
    {CV_CHARACTER, "id,name,real_name,publisher.name,count_of_issue_appearances"},
    {CV_EPISODE, "id,series.name,episode_number,name,air_date"},
    {CV_MOVIE, "id,name,release_date,runtime"},
    {CV_PUBLISHER, "id,name,location_city,location_state"},
    {CV_SERIES, "id,name,start_year,publisher.name,count_of_episodes"},
    {CV_STORY_ARC, "id,name,publisher.name,deck"},
    {CV_TEAM, "id,name,publisher.name,count_of_team_members"},
    {CV_PERSON, "id,name,country,birth"},
    {CV_PROMO, "id,name,resource_type,date_added"},
    {CV_VIDEO, "id,name,length_seconds,publish_date"},
    {CV_TYPE, "id,detail_resource_name,list_resource_name"},
    {CV_CHAT, "id,channel_name,title"},
};

void cli_record_columns(cli *self, cv_resource resource, const char *fields) {
    const char *names = fields ? fields : "id,name,deck";
    for (size_t i = 0; !fields && i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (columns[i].resource == resource) {
            names = columns[i].names;
        }
    }
    cli_output_columns(&self->output, names);
}

/* Where the record is from, behind its other members; free() it. */
static char *with_origin(const cv_record *record, const char *json) {
    static const char *const words[] = {[CV_SOURCE_CACHE] = "cache",
                                        [CV_SOURCE_NETWORK] = "network",
                                        [CV_SOURCE_SHARED] = "shared",
                                        [CV_SOURCE_STALE] = "stale"};
    cli_json meta;
    cli_json_begin(&meta);
    cli_json_text(&meta, "source", words[record->source]);
    cli_json_number(&meta, "age_s", (cli_now_ms() - record->fetched_at_ms) / 1000);
    cli_json_moment(&meta, "fetched_at", record->fetched_at_ms);
    if (record->stale) {
        cli_json_text(&meta, "reason", record->stale->reason.message);
    }
    char *text = cli_json_end(&meta);
    size_t length = strlen(json);
    char *whole =
        cli_format("%.*s%s\"_meta\":%s}", (int)length - 1, json, length > 2 ? "," : "", text);
    free(text);
    return whole;
}

bool cli_row_write(cli *self, cli_slice json, cli_slice raw) {
    if (self->output.is_terminal) {
        cli_progress_clear(&self->progress);
    }
    return cli_output_row(&self->output, json, raw);
}

cli_status cli_object_write(cli *self, cli_json *object) {
    char *text = cli_json_end(object);
    bool is_written = cli_row_write(self, cli_slice_of(text), (cli_slice){NULL, 0});
    free(text);
    return is_written ? CLI_DONE : CLI_FAILED;
}

cli_status cli_record_write(cli *self, const cv_record *record) {
    char *json = cv_record_json(record);
    if (!json) {
        return cli_fail(self, CLI_FAILED, "out of memory");
    }
    size_t raw_length = 0;
    const char *raw = cv_record_raw(record, &raw_length);
    char *whole = self->settings.shows_origin ? with_origin(record, json) : NULL;
    bool is_written =
        cli_row_write(self, cli_slice_of(whole ? whole : json), (cli_slice){raw, raw_length});
    free(whole);
    cv_free(json);
    return is_written ? CLI_DONE : CLI_FAILED;
}
