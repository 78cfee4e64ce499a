/* Owns what an application may say of the built-in network: a proxy, whose certificates are good,
 * further headers. Checked once, at the door; what is kept may hold passwords, so it is wiped. */
#include "client/transport_curl.h"

#include <string.h>
#include <strings.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/options.h"

enum { MOST_HEADERS = 32, LONGEST_NAME = 128, LONGEST_VALUE = 4096, LONGEST_PATH = 4096 };
enum { LONGEST_PROXY = 2048 };

/* ---- checks; no message shows a value ---- */

/* Of a part that libcurl's own reader of addresses finds; false without it. */
static bool has_part(const cvi_curl *curl, CURLU *address, CURLUPart which) {
    char *part = NULL;
    bool found = curl->url_get(address, which, &part, 0) == CURLUE_OK && part[0] != '\0';
    curl->free(part);
    return found;
}

static bool has_scheme_of_a_proxy(const char *text) {
    static const char *const schemes[] = {"http://",    "https://",  "socks4://",
                                          "socks4a://", "socks5://", "socks5h://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_proxy(const cvi_curl *curl, const char *proxy, cv_error *error) {
    if (!cvi_check_text("proxy", proxy, LONGEST_PROXY, error)) {
        return false;
    }
    CURLU *address = curl->url();
    if (address == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    CURLUcode code = curl->url_set(address, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME);
    bool is_good = code == CURLUE_OK && has_scheme_of_a_proxy(proxy) &&
                   has_part(curl, address, CURLUPART_HOST) &&
                   !has_part(curl, address, CURLUPART_QUERY) &&
                   !has_part(curl, address, CURLUPART_FRAGMENT);
    curl->url_cleanup(address);
    if (code == CURLUE_OUT_OF_MEMORY) {
        cvi_error_no_memory(error);
    } else if (!is_good) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option proxy must be http, https, socks4, socks4a, socks5 or socks5h, "
                      "://, and a host");
    }
    return is_good;
}

static bool check_place(const char *name, const char *path, cv_error *error) {
    if (!cvi_check_text(name, path, LONGEST_PATH, error)) {
        return false;
    }
    if (!cvi_file_exists(path)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option %s: there is no %.150s", name, path);
        return false;
    }
    return true;
}

/* A token of HTTP's. */
static bool is_name(const char *name) {
    static const char marks[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t length = strlen(name);
    return length > 0 && length <= LONGEST_NAME && strspn(name, marks) == length;
}

/* Those of the library, of libcurl, of a connection, and those by which an answer is another one.
 */
static bool is_taken(const char *name) {
    static const char *const taken[] = {"Accept-Encoding",
                                        "Connection",
                                        "Content-Length",
                                        "Content-Type",
                                        "Expect",
                                        "Host",
                                        "HTTP2-Settings",
                                        "Keep-Alive",
                                        "Proxy-Connection",
                                        "Range",
                                        "TE",
                                        "Trailer",
                                        "Transfer-Encoding",
                                        "Upgrade",
                                        "User-Agent",
                                        "Proxy-Authorization",
                                        "If-Match",
                                        "If-None-Match",
                                        "If-Range",
                                        "If-Modified-Since",
                                        "If-Unmodified-Since"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcasecmp(name, taken[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_value(const char *value) {
    size_t length = strlen(value);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)value[i] < 0x20 || (unsigned char)value[i] > 0x7E) {
            return false;
        }
    }
    return length > 0 && length <= LONGEST_VALUE && value[0] != ' ' && value[length - 1] != ' ';
}

static bool check_header(const cv_transfer_header_line *header, size_t index, cv_error *error) {
    const char *why = header->name == NULL || !is_name(header->name) ? "has no good name"
                      : is_taken(header->name)                       ? "is not for applications"
                      : header->value == NULL || !is_value(header->value) ? "has no good value"
                                                                          : NULL;
    if (why != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option headers[%zu] %s", index, why);
    }
    return why == NULL;
}

static bool check_headers(const cv_curl_options *options, cv_error *error) {
    if (options->header_count > MOST_HEADERS ||
        (options->headers == NULL && options->header_count > 0)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option header_count is %zu, %s",
                      options->header_count,
                      options->headers == NULL ? "and headers is NULL" : "more than 32");
        return false;
    }
    for (size_t i = 0; i < options->header_count; i++) {
        if (!check_header(&options->headers[i], i, error)) {
            return false;
        }
    }
    return true;
}

static bool check(const cvi_curl *curl, const cv_curl_options *options, cv_error *error) {
    return (options->proxy == NULL || check_proxy(curl, options->proxy, error)) &&
           (options->ca_file == NULL || check_place("ca_file", options->ca_file, error)) &&
           (options->ca_folder == NULL || check_place("ca_folder", options->ca_folder, error)) &&
           check_headers(options, error);
}

/* ---- keeping ---- */

static bool keep_text(char **copy, const char *text, const cv_allocator *allocator) {
    *copy = text != NULL ? cvi_copy_text(allocator, text, strlen(text)) : NULL;
    return text == NULL || *copy != NULL;
}

static bool keep_header(cvi_curl_settings *settings, const cv_transfer_header_line *header) {
    char text[LONGEST_NAME + LONGEST_VALUE + 3];
    cvi_buffer line;
    cvi_buffer_over(&line, text, sizeof(text));
    cvi_buffer_add_text(&line, header->name);
    cvi_buffer_add_text(&line, ": ");
    cvi_buffer_add_text(&line, header->value);
    struct curl_slist *longer = settings->curl->slist_append(settings->headers, text);
    explicit_bzero(text, sizeof(text));
    if (longer == NULL || line.failed) {
        return false;
    }
    settings->headers = longer;
    return true;
}

static bool keep(cvi_curl_settings *settings, const cv_curl_options *options,
                 const cv_allocator *allocator) {
    bool kept = keep_text(&settings->proxy, options->proxy, allocator) &&
                keep_text(&settings->ca_file, options->ca_file, allocator) &&
                keep_text(&settings->ca_folder, options->ca_folder, allocator);
    for (size_t i = 0; kept && i < options->header_count; i++) {
        kept = keep_header(settings, &options->headers[i]);
    }
    return kept;
}

bool cvi_curl_settings_fill(cvi_curl_settings *settings, const cvi_curl *curl,
                            const cv_curl_options *options, const cv_allocator *allocator,
                            cv_error *error) {
    *settings = (cvi_curl_settings){.curl = curl};
    if (options == NULL) {
        return true;
    }
    if (!check(curl, options, error)) {
        return false;
    }
    if (!keep(settings, options, allocator)) {
        cvi_curl_settings_clear(settings, allocator);
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

void cvi_curl_settings_clear(cvi_curl_settings *settings, const cv_allocator *allocator) {
    if (settings->proxy != NULL) {
        explicit_bzero(settings->proxy, strlen(settings->proxy));
    }
    for (struct curl_slist *line = settings->headers; line != NULL; line = line->next) {
        explicit_bzero(line->data, strlen(line->data));
    }
    settings->curl->slist_free_all(settings->headers);
    cvi_release(allocator, settings->proxy);
    cvi_release(allocator, settings->ca_file);
    cvi_release(allocator, settings->ca_folder);
    *settings = (cvi_curl_settings){.proxy = NULL};
}

/* ---- applying ---- */

/* Both at once: what is not said is not libcurl's own either. */
static bool set_authorities(const cvi_curl_settings *settings, CURL *easy) {
    if (settings->ca_file == NULL && settings->ca_folder == NULL) {
        return true;
    }
    return settings->curl->easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file) == CURLE_OK &&
           settings->curl->easy_setopt(easy, CURLOPT_CAPATH, settings->ca_folder) == CURLE_OK &&
           settings->curl->easy_setopt(easy, CURLOPT_PROXY_CAINFO, settings->ca_file) == CURLE_OK &&
           settings->curl->easy_setopt(easy, CURLOPT_PROXY_CAPATH, settings->ca_folder) == CURLE_OK;
}

/* Empty texts keep libcurl from asking the environment. */
bool cvi_curl_settings_apply(const cvi_curl_settings *settings, CURL *easy) {
    const char *proxy = settings->proxy != NULL ? settings->proxy : "";
    return settings->curl->easy_setopt(easy, CURLOPT_PROXY, proxy) == CURLE_OK &&
           settings->curl->easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK &&
           set_authorities(settings, easy);
}
