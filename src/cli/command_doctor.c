/* comicvine doctor: whether this machine, this user and this file are fit for it. It changes
 * nothing, and asks the service for nothing. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "file_system.h"
#include "json_write.h"
#include "key.h"
#include "memory.h"
#include "place.h"
#include "reach.h"
#include "record.h"

enum { OTHERS = 077, OTHERS_WRITE = 022, REACH_MS = 5000, LEAST_FREE_MB = 16, LARGE_LOG_MB = 64 };
enum { MB = 1048576, FUTURE_S = 60 };

/* No clock of this program was ever before this: 2025-01-01. */
static const time_t earliest = 1735689600;

typedef struct doctor_options {
    bool stays_here; /* --no-network */
} doctor_options;

typedef enum finding { FINE = 0, ODD, BAD } finding;

typedef struct doctor {
    cli *cli;
    char *path; /* of the database; NULL: there can be none */
    cli_status status;
    const doctor_options *options;
} doctor;

/* Writes what was found; the first that is bad decides how the run ends. */
__attribute__((format(printf, 5, 6))) static void
tell(doctor *self, const char *check, finding found, cli_status status, const char *format, ...) {
    static const char *const words[] = {"ok", "warning", "failed"};
    char detail[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "check", check);
    cli_json_text(&row, "state", words[found]);
    cli_json_text(&row, "detail", detail);
    bool is_written = cli_object_write(self->cli, &row) == CLI_DONE;
    if (self->status == CLI_DONE && (found == BAD || !is_written)) {
        self->status = is_written ? status : CLI_FAILED;
    }
}

static void check_versions(doctor *self) {
    bool is_same = strcmp(cv_version(), CV_VERSION) == 0;
    tell(self, "version", is_same ? FINE : ODD, CLI_DONE, "comicvine %s, library %s", CV_VERSION,
         cv_version());
}

/* Without libcurl, what is cached can be read all the same. */
static void check_libraries(doctor *self) {
    const char *curl = cv_curl_version();
    tell(self, "SQLite", FINE, CLI_DONE, "%s", cv_sqlite_version());
    tell(self, "libcurl", curl ? FINE : BAD, CLI_NETWORK, "%s",
         curl ? curl : cv_last_error()->message);
}

static void check_clock(doctor *self) {
    time_t now = time(NULL);
    char text[32] = "";
    struct tm parts;
    if (gmtime_r(&now, &parts)) {
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    tell(self, "clock", now < earliest ? BAD : FINE, CLI_FAILED, "%s%s", text,
         now < earliest ? ", which cannot be: what is kept would seem to be from the future" : "");
}

/* ---- the file ---- */

static void check_mode(doctor *self, const struct stat *file) {
    if (file->st_uid != geteuid()) {
        tell(self, "permissions", ODD, CLI_DONE, "the file is another user's");
    } else if (access(self->path, R_OK | W_OK) != 0) {
        tell(self, "permissions", BAD, CLI_STORE, "mode %03o does not let you write: chmod 600 it",
             (unsigned)(file->st_mode & 0777));
    } else if ((file->st_mode & OTHERS) != 0) {
        tell(self, "permissions", ODD, CLI_DONE,
             "mode %03o lets others in: chmod 600 it, with what lies beside it",
             (unsigned)(file->st_mode & 0777));
    } else {
        tell(self, "permissions", FINE, CLI_DONE, "for its owner alone");
    }
    if (file->st_mtime > time(NULL) + FUTURE_S) {
        tell(self, "file time", ODD, CLI_DONE,
             "it was changed in the future: a clock was put back");
    }
}

static void check_file_system(doctor *self, const char *folder) {
    char name[CLI_FILE_SYSTEM_SIZE];
    if (!cli_file_system(folder, name)) {
        return; /* no folder, or a system that does not say */
    }
    if (cli_file_system_is_remote(name)) {
        tell(self, "file system", BAD, CLI_STORE, "%s: the file must be on a disk of this machine",
             name);
    } else {
        tell(self, "file system", FINE, CLI_DONE, "%s", name);
    }
}

static void check_folder(doctor *self) {
    const char *slash = strrchr(self->path, '/');
    char *folder =
        slash ? cli_copy(self->path, slash == self->path ? 1 : (size_t)(slash - self->path))
              : cli_copy(".", 1);
    struct stat about;
    struct statvfs room;
    if (stat(folder, &about) != 0) {
        tell(self, "folder", self->cli->settings.database ? BAD : ODD, CLI_STORE, "%s: %s%s",
             folder, strerror(errno),
             self->cli->settings.database ? "" : "; it is made at the first use");
    } else if ((about.st_mode & OTHERS_WRITE) != 0 && (about.st_mode & S_ISVTX) == 0) {
        tell(self, "folder", ODD, CLI_DONE, "%s: others may write there, and replace the file",
             folder);
    } else if (access(folder, W_OK | X_OK) != 0) {
        tell(self, "folder", BAD, CLI_STORE, "%s: %s", folder, strerror(errno));
    } else {
        tell(self, "folder", FINE, CLI_DONE, "%s", folder);
    }
    check_file_system(self, folder);
    if (statvfs(folder, &room) == 0) {
        long long free_mb = (long long)(room.f_bavail * room.f_frsize / MB);
        tell(self, "room", free_mb < LEAST_FREE_MB ? ODD : FINE, CLI_DONE, "%lld MB free", free_mb);
    }
    free(folder);
}

static void check_log(doctor *self) {
    char *path = cli_format("%s-wal", self->path);
    struct stat log;
    if (stat(path, &log) == 0 && log.st_size / MB >= LARGE_LOG_MB) {
        tell(self, "log", ODD, CLI_DONE,
             "%lld MB: some program has kept a read open for a long time",
             (long long)(log.st_size / MB));
    }
    free(path);
}

/* Opening says what else can be wrong: another program's file, a newer version's. */
static void check_opening(doctor *self) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->cli->settings.database;
    options.cleanup_interval_ms = CV_NONE;
    cv_cache_store *store = cv_cache_store_open(&options);
    cv_cache_stats stats;
    if (store && cv_cache_store_stats(store, &stats)) {
        tell(self, "file", FINE, CLI_DONE, "%lld answers, %lld kB", (long long)stats.total_items,
             (long long)stats.database_size_kb);
    } else {
        tell(self, "file", BAD, CLI_STORE, "%s", cv_last_error()->message);
    }
    cv_cache_store_close(store);
}

static void check_file(doctor *self) {
    struct stat file;
    if (!self->path) {
        tell(self, "database", BAD, CLI_USAGE, "neither HOME nor XDG_DATA_HOME says where it is");
        return;
    }
    if (strcmp(self->path, ":memory:") == 0) {
        tell(self, "database", ODD, CLI_DONE, "in memory: nothing is kept or shared");
        return;
    }
    check_folder(self);
    if (lstat(self->path, &file) != 0) {
        tell(self, "database", errno == ENOENT ? FINE : BAD, CLI_STORE, "%s: %s", self->path,
             errno == ENOENT ? "is made at the first use" : strerror(errno));
        return;
    }
    tell(self, "database", FINE, CLI_DONE, "%s", self->path);
    check_mode(self, &file);
    check_log(self);
    check_opening(self);
}

/* ---- the key and the service ---- */

static bool has_key(cli *self) {
    for (size_t i = 0; i < self->given.count; i++) {
        const cli_option *row = self->given.items[i].row;
        if (row == &cli_key_itself ||
            (row >= cli_key_options.rows && row < cli_key_options.rows + cli_key_options.count)) {
            return true;
        }
    }
    return false;
}

static void check_key(doctor *self) {
    char *key = NULL;
    if (!has_key(self->cli)) {
        tell(self, "key", BAD, CLI_KEY, "there is none: set COMIC_VINE_API_KEY");
        return;
    }
    cli_status status = cli_key_get(self->cli, &key);
    if (status != CLI_DONE) {
        tell(self, "key", BAD, status, "it cannot be had from where it should be");
    } else {
        tell(self, "key", FINE, CLI_DONE, "there is one; check-key asks whether it is accepted");
    }
    cli_key_free(key);
}

static void check_reach(doctor *self, const char *check, const cli_address *address) {
    const char *host = address->host;
    const char *port = address->port;
    switch (cli_reach_try(address, REACH_MS)) {
    case CLI_REACH_OK:
        tell(self, check, FINE, CLI_DONE, "%s:%s takes connections", host, port);
        break;
    case CLI_REACH_NO_NAME:
        tell(self, check, BAD, CLI_NETWORK, "%s:%s: its name has no address", host, port);
        break;
    case CLI_REACH_NO_ANSWER:
        tell(self, check, BAD, CLI_NETWORK, "%s:%s does not take connections", host, port);
        break;
    }
}

/* The service, or the proxy that requests go through. */
static void check_service(doctor *self) {
    const char *proxy = self->cli->settings.proxy;
    cli_address address;
    if (!cli_address_parse(&address, cli_base_url(self->cli))) {
        tell(self, "service", BAD, CLI_USAGE, "the base URL is no http or https address");
    } else if (!proxy || proxy[0] == '\0') {
        check_reach(self, "service", &address);
    } else if (!cli_address_parse_proxy(&address, proxy)) {
        tell(self, "proxy", BAD, CLI_USAGE, "its URL is none of http, https, socks4 or socks5");
    } else {
        check_reach(self, "proxy", &address);
    }
}

static cli_status run_doctor(cli *self, const void *own, size_t count, const char *const *words) {
    (void)words;
    if (count > 0) {
        return cli_usage_error(self, "doctor takes nothing");
    }
    cli_output_columns(&self->output, "check,state,detail");
    doctor run = {.cli = self, .path = cli_place(self), .options = own};
    check_versions(&run);
    check_libraries(&run);
    check_clock(&run);
    check_file(&run);
    check_key(&run);
    if (!run.options->stays_here) {
        check_service(&run);
    }
    free(run.path);
    return run.status;
}

static const cli_option rows[] = {
    {.name = "no-network",
     .kind = CLI_OPTION_FLAG,
     .offset = offsetof(doctor_options, stays_here),
     .help = "does not try to reach the service"},
};

const cli_command cli_command_doctor = {
    .name = "doctor",
    .usage = "",
    .summary = "looks at file, permissions, clock, key and connection, and says what is wrong",
    .examples = "comicvine doctor\n"
                "comicvine doctor --no-network --json\n",
    .about = "The service is connected to, and asked for nothing: no budget is spent. Ends with 0\n"
             "if nothing has failed, else with the status that the first failure would give.\n",
    .takes = CLI_TAKES_KEY | CLI_TAKES_OUTPUT,
    .options = {"Options of doctor", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(doctor_options),
    .run = run_doctor,
};
