/* comicvine cover: the image of an object, into a file or a pipe. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "id_list.h"
#include "json_write.h"
#include "memory.h"
#include "record.h"

typedef struct cover_options {
    int64_t size; /* place among `sizes` */
    const char *path;
} cover_options;

/* The first is the usual one. */
static const char *const sizes[] = {"medium", "tiny",         "icon",  "thumb",    "small",
                                    "screen", "screen_large", "super", "original", NULL};

/* How the record's JSON calls each, in the same order. */
static const char *const members[] = {
    "image.medium_url",       "image.tiny_url",  "image.icon_url",
    "image.thumb_url",        "image.small_url", "image.screen_url",
    "image.screen_large_url", "image.super_url", "image.original_url"};

/* The address of the image; "" if there is none. free() it; NULL: `error` says why. */
static char *find_address(cli *self, cv_resource resource, int64_t id, int64_t size,
                          cv_error *error) {
    cv_request_options options = cli_request(self, NULL);
    cv_request *request = cv_request_retrieve(self->client, resource, id, &options);
    *error = *cli_wait(self, request);
    const cv_record *record = error->code == CV_OK ? cv_record_take(request) : NULL;
    char *json = record ? cv_record_json(record) : NULL;
    if (error->code == CV_OK && !json) {
        *error = *cv_last_error();
    }
    const char *member = members[size];
    char *address =
        json ? cli_json_cell(cli_json_find(cli_slice_of(json), member, strlen(member))) : NULL;
    cv_free(json);
    cv_record_free(record);
    cv_request_free(request);
    return address;
}

static const cv_picture *fetch(cli *self, const char *address, cv_error *error) {
    cv_request_options asked = cli_request(self, NULL);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.priority = asked.priority;
    options.mode = asked.mode;
    options.max_age_s = asked.max_age_s;
    options.max_wait_ms = asked.max_wait_ms;
    options.cache = true;
    cv_request *request = cv_request_image(self->client, address, &options);
    *error = *cli_wait(self, request);
    const cv_picture *picture = error->code == CV_OK ? cv_image_take(request) : NULL;
    if (error->code == CV_OK && !picture) {
        *error = *cv_last_error();
    }
    cv_request_free(request);
    return picture;
}

/* ---- where it goes ---- */

/* The bytes themselves are the output, and errors of writing are the output's. */
static cli_status write_bytes(cli *self, const cv_picture *picture) {
    return cli_output_bytes(&self->output, picture->data, picture->size) ? CLI_DONE : CLI_FAILED;
}

static cli_status write_row(cli *self, const cv_picture *picture, const char *path) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "path", path);
    cli_json_text(&row, "content_type", picture->content_type);
    cli_json_number(&row, "bytes", (int64_t)picture->size);
    cli_json_number(&row, "width", picture->width);
    cli_json_number(&row, "height", picture->height);
    cli_json_text(&row, "url", picture->url);
    cli_output_columns(&self->output, "path,content_type,bytes,width,height");
    return cli_object_write(self, &row);
}

static cli_status save(cli *self, const cv_picture *picture, const char *path) {
    if (!cv_picture_save(picture, path)) {
        return cli_fail(self, CLI_FAILED, "%s", cv_last_error()->message);
    }
    return write_row(self, picture, path);
}

static cli_status deliver(cli *self, const cv_picture *picture, const char *subject,
                          const char *path) {
    cli_status status = cli_judge_stale(self, subject, picture->stale);
    if (status != CLI_DONE) {
        return status;
    }
    if (path && strcmp(path, "-") == 0) {
        return write_bytes(self, picture);
    }
    char *usual = cli_format("%s.%s", subject, picture->extension);
    size_t blank = strcspn(usual, " ");
    if (usual[blank] != '\0') {
        usual[blank] = '-'; /* "issue 52" is written to issue-52.jpg */
    }
    status = save(self, picture, path ? path : usual);
    free(usual);
    return status;
}

/* ---- the command ---- */

static cli_status run_steps(cli *self, cv_resource resource, int64_t id,
                            const cover_options *options) {
    cv_error error;
    char *subject = cli_format("%s %lld", cv_resource_name(resource), (long long)id);
    char *address = find_address(self, resource, id, options->size, &error);
    const cv_picture *picture = NULL;
    cli_status status = CLI_DONE;
    if (address && address[0] == '\0') {
        status = cli_fail(self, CLI_NOT_FOUND, "%s has no image", subject);
    } else {
        picture = address ? fetch(self, address, &error) : NULL;
        status = picture ? deliver(self, picture, subject, options->path)
                         : cli_fail_error(self, &error, subject);
    }
    cv_picture_free(picture);
    free(address);
    free(subject);
    return status;
}

static cli_status run_cover(cli *self, const void *own, size_t count, const char *const *words) {
    const cover_options *options = own;
    if (count != 2) {
        return cli_usage_error(self, "cover takes a resource and an id");
    }
    if (self->settings.is_dry_run) {
        return cli_usage_error(self,
                               "cover has no --dry-run: it takes one request of the API at most");
    }
    if (options->path && strcmp(options->path, "-") == 0 && isatty(STDOUT_FILENO) == 1) {
        return cli_usage_error(self, "an image is nothing for a terminal: name a file with -o");
    }
    cv_resource resource = cli_resource(self, words[0]);
    if (resource == CV_RESOURCE_NONE) {
        return CLI_USAGE;
    }
    cli_id_list list = {NULL, 0};
    cli_status status = cli_id_list_add(self, &list, resource, words[1]);
    if (status == CLI_DONE && list.count > 1) {
        status = cli_usage_error(self, "cover takes one id");
    }
    if (status == CLI_DONE) {
        status = cli_open(self);
    }
    if (status == CLI_DONE) {
        status = run_steps(self, resource, list.ids[0], options);
    }
    cli_id_list_free(&list);
    return status;
}

/* clang-format off */
static const cli_option rows[] = {
    {.name = "size", .kind = CLI_OPTION_CHOICE, .offset = offsetof(cover_options, size),
     .argument = "SIZE", .words = sizes,
     .help = "medium if nothing is said, or tiny, icon, thumb, small, screen, screen_large, super,"
     " original"},
    {.name = "output", .letter = 'o', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(cover_options, path), .argument = "FILE",
     .help = "where to write it, whole or not at all; - is standard output; if nothing is said, a"
     " file here that is called by resource and id: issue-52.jpg"},
};
/* clang-format on */

const cli_command cli_command_cover = {
    .name = "cover",
    .usage = "RESOURCE ID",
    .summary = "fetches the image of an object",
    .examples = "comicvine cover issue 52\n"
                "comicvine cover volume 4050-796 --size original -o volume.jpg\n"
                "comicvine cover issue 52 -o - | file -\n",
    .about =
        "Images are no part of the API: they take nothing of its budget, have a pace of their\n"
        "own, and are kept in a file of their own.\n",
    .takes = CLI_TAKES_REQUEST | CLI_TAKES_OUTPUT | CLI_TAKES_KEY,
    .options = {"Options of cover", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(cover_options),
    .first = CLI_WORDS_RESOURCES,
    .run = run_cover,
};
