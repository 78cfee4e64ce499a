/* Owns the reading of ids. */
#include "id_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "json_read.h"
#include "memory.h"

void cli_id_list_put(cli_id_list *list, int64_t id) {
    if ((list->count & (list->count - 1)) == 0) { /* room for twice as many, at powers of two */
        list->ids = cli_resize(list->ids, list->count ? list->count * 2 : 1, sizeof(*list->ids));
    }
    list->ids[list->count++] = id;
}

/* Why a word is no id: most often it is another resource's; free() it. */
static char *complaint_of(cv_resource resource, const char *word) {
    cv_resource other = cv_id_resource(word);
    return other != CV_RESOURCE_NONE && other != resource
               ? cli_format("%s is an id of the resource %s, not of %s", word,
                            cv_resource_name(other), cv_resource_name(resource))
               : cli_format("%s is no id of the resource %s", word, cv_resource_name(resource));
}

static cli_status add_one(cli *self, cli_id_list *list, cv_resource resource, const char *word) {
    int64_t id = 0;
    if (!cv_id_parse(word, resource, &id)) {
        char *complaint = complaint_of(resource, word);
        (void)cli_usage_error(self, "%s", complaint);
        free(complaint);
        return CLI_USAGE;
    }
    cli_id_list_put(list, id);
    return CLI_DONE;
}

cli_status cli_id_list_add(cli *self, cli_id_list *list, cv_resource resource, const char *word) {
    cli_status status = CLI_DONE;
    for (bool is_more = true; is_more && status == CLI_DONE;) {
        size_t length = strcspn(word, ",");
        char *one = cli_copy(word, length);
        status = add_one(self, list, resource, one);
        free(one);
        is_more = word[length] == ',';
        word += length + 1;
    }
    return status;
}

/* The object's address if it has one, which says of what resource it is, else its id, else the
 * object itself, which is none. */
static char *word_of_object(const char *line) {
    cli_slice object = cli_slice_of(line);
    char *address =
        cli_json_cell(cli_json_find(object, "api_detail_url", strlen("api_detail_url")));
    char *id = cli_json_cell(cli_json_find(object, "id", strlen("id")));
    const char *word = cv_id_resource(address) != CV_RESOURCE_NONE ? address : id;
    word = word[0] != '\0' ? word : line;
    char *copy = cli_copy(word, strcspn(word, "\r\n"));
    free(id);
    free(address);
    return copy;
}

/* What stands for the id in a line; free() it. "": there is nothing. */
static char *word_of(const char *line) {
    line += strspn(line, " \t\r\n");
    if (*line == '{') {
        return word_of_object(line);
    }
    return cli_copy(line, *line == '#' ? 0 : strcspn(line, " \t\r\n"));
}

static cli_status read_lines(cli *self, cli_id_list *list, cv_resource resource, const char *path,
                             FILE *file) {
    char *line = NULL;
    size_t size = 0;
    cli_status status = CLI_DONE;
    for (size_t number = 1; status == CLI_DONE && getline(&line, &size, file) >= 0; number++) {
        char *word = word_of(line);
        int64_t id = 0;
        if (word[0] != '\0' && !cv_id_parse(word, resource, &id)) {
            char *complaint = complaint_of(resource, word);
            status = cli_usage_error(self, "%s:%zu: %s", path, number, complaint);
            free(complaint);
        } else if (word[0] != '\0') {
            cli_id_list_put(list, id);
        }
        free(word);
    }
    free(line);
    if (status == CLI_DONE && ferror(file)) {
        status = cli_fail(self, CLI_USAGE, "cannot read %s: %s", path, strerror(errno));
    }
    return status;
}

cli_status cli_id_list_read(cli *self, cli_id_list *list, cv_resource resource, const char *path) {
    if (strcmp(path, "-") == 0) {
        FILE *input = cli_standard_input(self);
        return input ? read_lines(self, list, resource, "standard input", input)
                     : cli_fail(self, CLI_USAGE, "cannot read standard input: %s", strerror(errno));
    }
    FILE *file = cli_input_open(path);
    if (!file) {
        return cli_fail(self, CLI_USAGE, "cannot read %s: %s", path, strerror(errno));
    }
    cli_status status = read_lines(self, list, resource, path, file);
    (void)fclose(file);
    return status;
}

void cli_id_list_free(cli_id_list *list) {
    free(list->ids);
    *list = (cli_id_list){NULL, 0};
}
