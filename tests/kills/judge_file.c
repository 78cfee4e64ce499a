/* Owns the judgement of the file itself, when nobody is at work on it any more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comicvine.h>
#include <comicvine/stores.h>
#include <sqlite3.h>

#include "kills/judge.h"
#include "support/byte_search.h"

enum { HASH_MAX = 65 };

/* ---- whole ---- */

static int take_word(void *user, int count, char **values, char **names) {
    (void)names;
    if (count != 1 || values[0] == NULL || strcmp(values[0], "ok") != 0) {
        judge_wrong(user, "integrity check: %s", values[0] != NULL ? values[0] : "nothing");
    }
    return 0;
}

static void judge_integrity(evidence *self, sqlite3 *database) {
    if (sqlite3_exec(database, "PRAGMA integrity_check", take_word, self, NULL) != SQLITE_OK) {
        judge_wrong(self, "no integrity check: %s", sqlite3_errmsg(database));
    }
}

/* ---- jobs ---- */

/* What the dead have left is the next one's at once. */
static void judge_job(evidence *self, cv_dedupe_store *jobs, const char *hash) {
    char job_id[CV_JOB_ID_SIZE];
    bool is_owner = false;
    if (!cv_dedupe_store_register(jobs, hash, job_id, &is_owner) || !is_owner) {
        judge_wrong(self, "the job %s is nobody's and cannot be had", hash);
    } else if (!cv_dedupe_store_release(jobs, hash, job_id)) {
        judge_wrong(self, "the job %s cannot be given back", hash);
    }
}

static bool find_pending(sqlite3 *database, char hash[HASH_MAX]) {
    static const char text[] = "SELECT hash FROM dedupe_jobs WHERE status = 'pending' LIMIT 1";
    sqlite3_stmt *row = NULL;
    bool is_found = sqlite3_prepare_v2(database, text, -1, &row, NULL) == SQLITE_OK &&
                    sqlite3_step(row) == SQLITE_ROW;
    if (is_found) {
        (void)snprintf(hash, HASH_MAX, "%s", (const char *)sqlite3_column_text(row, 0));
    }
    sqlite3_finalize(row);
    return is_found;
}

static void judge_jobs(evidence *self, sqlite3 *database) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    char hash[HASH_MAX];
    size_t wrongs = self->wrongs;
    int left = 0;
    options.database = self->database;
    options.lease_ms = LEASE_MS;
    options.job_timeout_ms = LEASE_MS;
    cv_dedupe_store *jobs = cv_dedupe_store_open(&options);
    if (jobs == NULL) {
        judge_wrong(self, "the jobs cannot be had: %s", cv_last_error()->message);
        return;
    }
    for (; self->wrongs == wrongs && find_pending(database, hash); left++) {
        judge_job(self, jobs, hash);
    }
    (void)printf("jobs: %d were left pending by the dead, each was had at once\n", left);
    cv_dedupe_store_close(jobs);
}

/* ---- what was committed ---- */

/* The newest answer to each issue that a call found in the file. What came from the service is
 * given to its caller also where the file was locked, and stored as soon as it can be; so only what
 * somebody has read there was surely committed. */
static void find_newest(const evidence *self, int64_t newest[ISSUES + 1]) {
    int64_t count = atomic_load(&self->board->call_count);
    for (int64_t i = 0; i < count && i < CALLS_MAX; i++) {
        const call *one = &self->board->calls[i];
        bool is_issue = one->kind == WORK_ISSUE || one->kind == WORK_CROWD;
        if (is_issue && atomic_load(&one->ended_us) > 0 && one->code == CV_OK &&
            one->source == CV_SOURCE_CACHE && one->number > newest[one->asked_id]) {
            newest[one->asked_id] = one->number;
        }
    }
}

static int64_t read_cached(evidence *self, cv_client *client, int64_t id) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    const cv_issue *issue = cv_issue_retrieve_with(client, id, &options);
    if (issue == NULL) {
        judge_wrong(self, "issue %" PRId64 " was stored and is lost: %s", id,
                    cv_last_error()->message);
        return INT64_MAX;
    }
    const char *mark = issue->name != NULL ? strstr(issue->name, STAMP_MARK) : NULL;
    int64_t number = mark != NULL ? strtoll(mark + strlen(STAMP_MARK), NULL, 10) : 0;
    cv_issue_free(issue);
    return number;
}

static cv_client *open_client(const evidence *self) {
    static const cv_resource_ttl ttls[] = {{.resource = CV_ISSUE, .ttl_s = LONG_TTL_S}};
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = self->key;
    options.base_url = self->url;
    options.database = self->database;
    options.drive = CV_DRIVE_POLL;
    options.cache.ttls = ttls;
    options.cache.ttl_count = 1;
    return cv_client_open(&options);
}

static void judge_entries(evidence *self) {
    int64_t newest[ISSUES + 1] = {0};
    int kept = 0;
    cv_client *client = open_client(self);
    if (client == NULL) {
        judge_wrong(self, "the file cannot be opened: %s", cv_last_error()->message);
        return;
    }
    find_newest(self, newest);
    for (int64_t id = 1; id <= ISSUES; id++) {
        int64_t number = newest[id] > 0 ? read_cached(self, client, id) : 0;
        if (number < newest[id]) {
            judge_wrong(self, "of issue %" PRId64 " there is %" PRId64 " and was %" PRId64, id,
                        number, newest[id]);
        }
        kept += newest[id] > 0 ? 1 : 0;
    }
    (void)printf("stored: %d issues were read in the file, each is there, none older\n", kept);
    cv_client_close(client);
}

/* ---- the rest ---- */

static void judge_secrecy(evidence *self) {
    size_t files = 0;
    size_t found = byte_search_files(self->folder, self->key, &files);
    if (found > 0) {
        judge_wrong(self, "the key is in %zu files", found);
    }
    (void)printf("files: %zu, the key in %zu\n", files, found);
}

void judge_file(evidence *self) {
    sqlite3 *database = NULL;
    if (sqlite3_open_v2(self->database, &database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        judge_wrong(self, "the file cannot be opened: %s", sqlite3_errmsg(database));
    } else {
        judge_integrity(self, database);
        judge_jobs(self, database);
    }
    sqlite3_close(database);
    judge_entries(self);
    judge_secrecy(self);
}
