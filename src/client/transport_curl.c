/* Owns the built-in network: libcurl behind the table of comicvine/sys/transport.h. Used by one
 * thread at a time, except wake.
 *
 * Whoever is inside libcurl holds a fork off: it has a lock for all its users, as has the TLS
 * library below it, and in a child a lock that another thread had just then would stay locked for
 * ever. Only the wait for the network does not. */
#include "client/transport_curl.h"

#include <string.h>

#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/platform.h"

/* What libcurl does to read out its headers grows with the square of how many there are. */
enum { HEADER_SIZE = 1024, MAX_HEADER_LINES = 1024, HTTP_PROXY_DENIES = 407 };

typedef struct cvi_curl_exchange exchange;

/* One transfer as libcurl sees it. */
struct cvi_curl_exchange {
    cvi_curl_network *network;
    exchange *next;
    cv_transfer *transfer;
    CURL *easy;
    struct curl_slist *headers;
    bool refused;        /* it was not to be sent, or not once more */
    bool received;       /* something of a body */
    bool too_large;      /* what came of headers */
    size_t header_bytes; /* of all answers to it, as is the next */
    int header_lines;
    CURLcode code; /* once it has ended */
};

/* ---- what libcurl calls ---- */

/* Known to the library before the first byte, it need not read what it cannot hold. */
static void hand_over_length(const exchange *self) {
    char text[24];
    cvi_buffer length;
    curl_off_t bytes = 0;
    self->network->curl.easy_getinfo(self->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
    cvi_buffer_over(&length, text, sizeof(text));
    cvi_buffer_add_int(&length, bytes);
    cv_transfer_header(self->transfer, "Content-Length", text);
}

static size_t receive_body(char *bytes, size_t unit, size_t count, void *user) {
    exchange *self = user;
    size_t size = unit * count;
    if (!self->received) {
        hand_over_length(self);
    }
    self->received = true;
    return cv_transfer_body(self->transfer, bytes, size) ? size : CURL_WRITEFUNC_ERROR;
}

/* Also of interim answers, of a proxy's and of what follows a body in chunks. */
static size_t count_header(char *bytes, size_t unit, size_t count, void *user) {
    exchange *self = user;
    size_t size = unit * count;
    (void)bytes;
    self->too_large =
        size > CVI_MAX_HEADER_BYTES - self->header_bytes || self->header_lines == MAX_HEADER_LINES;
    if (self->too_large) {
        return CURL_WRITEFUNC_ERROR;
    }
    self->header_bytes += size;
    self->header_lines++;
    return size;
}

/* Each time that libcurl is about to send, the connection being ready; also before its silent retry
 * on another connection. */
static int before_send(void *user, char *remote_ip, char *local_ip, int remote_port,
                       int local_port) {
    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    exchange *self = user;
    self->refused = !cv_transfer_may_send(self->transfer);
    return self->refused ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- starting ---- */

/* What is set by a table has no check of types but these. */
static bool set_number(const exchange *self, CURLoption option, long value) {
    return self->network->curl.easy_setopt(self->easy, option, value) == CURLE_OK;
}

static bool set_text(const exchange *self, CURLoption option, const char *value) {
    return self->network->curl.easy_setopt(self->easy, option, value) == CURLE_OK;
}

static bool set_pointer(const exchange *self, CURLoption option, void *value) {
    return self->network->curl.easy_setopt(self->easy, option, value) == CURLE_OK;
}

static bool add_header(exchange *self, const char *line) {
    struct curl_slist *longer = self->network->curl.slist_append(self->headers, line);
    if (longer == NULL) {
        return false;
    }
    self->headers = longer;
    return true;
}

static bool add_own_header(exchange *self, const cv_transfer_header_line *header) {
    char text[HEADER_SIZE];
    cvi_buffer line;
    cvi_buffer_over(&line, text, sizeof(text));
    cvi_buffer_add_text(&line, header->name);
    cvi_buffer_add_text(&line, ": ");
    cvi_buffer_add_text(&line, header->value);
    return !line.failed && add_header(self, text);
}

static bool set_headers(exchange *self, const cv_transfer_request *request) {
    const struct curl_slist *more = self->network->settings.headers;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!add_own_header(self, &request->headers[i])) {
            return false;
        }
    }
    for (; more != NULL; more = more->next) {
        if (!add_header(self, more->data)) {
            return false;
        }
    }
    return set_pointer(self, CURLOPT_HTTPHEADER, self->headers);
}

/* A program that the application starts would keep the connection open. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)user;
    (void)purpose;
    return cvi_socket_open(address->family, address->socktype, address->protocol);
}

static bool set_functions(exchange *self) {
    const cvi_curl *curl = &self->network->curl;
    const curl_write_callback write = receive_body;
    const curl_write_callback head = count_header;
    const curl_opensocket_callback open = open_socket;
    const curl_closesocket_callback close = cvi_curl_sockets_close_socket;
    const curl_prereq_callback ask = before_send;
    return curl->easy_setopt(self->easy, CURLOPT_WRITEFUNCTION, write) == CURLE_OK &&
           curl->easy_setopt(self->easy, CURLOPT_HEADERFUNCTION, head) == CURLE_OK &&
           curl->easy_setopt(self->easy, CURLOPT_OPENSOCKETFUNCTION, open) == CURLE_OK &&
           curl->easy_setopt(self->easy, CURLOPT_CLOSESOCKETFUNCTION, close) == CURLE_OK &&
           curl->easy_setopt(self->easy, CURLOPT_PREREQFUNCTION, ask) == CURLE_OK &&
           set_pointer(self, CURLOPT_CLOSESOCKETDATA, &self->network->sockets) &&
           set_pointer(self, CURLOPT_WRITEDATA, self) &&
           set_pointer(self, CURLOPT_HEADERDATA, self) &&
           set_pointer(self, CURLOPT_PREREQDATA, self) && set_pointer(self, CURLOPT_PRIVATE, self);
}

static bool set_limits(const exchange *self, const cv_transfer_request *request) {
    return set_number(self, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms) &&
           set_number(self, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) &&
           set_number(self, CURLOPT_NOSIGNAL, 1) && set_number(self, CURLOPT_QUICK_EXIT, 1) &&
           set_text(self, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_number(self, CURLOPT_FOLLOWLOCATION, 0) &&
           set_number(self, CURLOPT_SSL_VERIFYPEER, 1) &&
           set_number(self, CURLOPT_SSL_VERIFYHOST, 2);
}

static bool set_exchange(exchange *self, const cv_transfer_request *request) {
    return set_text(self, CURLOPT_URL, request->url) &&
           set_number(self, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS) &&
           set_text(self, CURLOPT_ACCEPT_ENCODING, "gzip") &&
           set_number(self, CURLOPT_FRESH_CONNECT, request->fresh_connection ? 1 : 0) &&
           set_limits(self, request) && set_functions(self);
}

static void free_exchange(exchange *self) {
    if (self->easy != NULL) {
        cvi_curl_sockets_drop(&self->network->sockets, self->easy);
        self->network->curl.easy_cleanup(self->easy);
    }
    self->network->curl.slist_free_all(self->headers);
    cvi_release(&self->network->allocator, self);
}

static bool add_exchange(cvi_curl_network *network, cv_transfer *transfer,
                         const cv_transfer_request *request) {
    if (!cvi_curl_sockets_ready(&network->sockets)) {
        return false;
    }
    exchange *self = cvi_allocate(&network->allocator, sizeof(*self));
    if (self == NULL) {
        return false;
    }
    self->network = network;
    self->transfer = transfer;
    self->easy = network->curl.easy_init();
    if (self->easy == NULL || !set_exchange(self, request) ||
        !cvi_curl_settings_apply(&network->settings, self->easy) || !set_headers(self, request) ||
        network->curl.multi_add_handle(network->sockets.multi, self->easy) != CURLM_OK) {
        free_exchange(self);
        return false;
    }
    self->next = network->exchanges;
    network->exchanges = self;
    return true;
}

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    cvi_fork_hold_off();
    bool is_added = add_exchange(user, transfer, request);
    cvi_fork_let();
    return is_added;
}

/* ---- ending ---- */

/* Gives the transfer back; the caller has taken it out of the list. */
static void end_exchange(exchange *self) {
    cv_transfer *transfer = self->transfer;
    cvi_fork_hold_off();
    free_exchange(self);
    cvi_fork_let();
    cv_transfer_release(transfer);
}

static void cancel(void *user, cv_transfer *transfer) {
    cvi_curl_network *network = user;
    exchange **link = &network->exchanges;
    while (*link != NULL && (*link)->transfer != transfer) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        exchange *self = *link;
        *link = self->next;
        end_exchange(self);
    }
}

static void cancel_all(cvi_curl_network *network) {
    while (network->exchanges != NULL) {
        cancel(network, network->exchanges->transfer);
    }
}

static void reset(void *user) {
    cvi_curl_network *network = user;
    cancel_all(network);
    cvi_fork_hold_off();
    (void)cvi_curl_sockets_renew(&network->sockets);
    cvi_fork_let();
}

static void end_curl(const cvi_curl *curl) {
    cvi_fork_hold_off();
    curl->global_cleanup();
    cvi_fork_let();
}

static void close_network(void *user) {
    cvi_curl_network *network = user;
    cancel_all(network);
    cvi_fork_hold_off();
    cvi_curl_sockets_close(&network->sockets);
    cvi_fork_let();
    cv_allocator allocator = network->allocator;
    cvi_curl_settings_clear(&network->settings, &allocator);
    end_curl(&network->curl);
    cvi_release(&allocator, network);
}

/* A kept-alive connection that the server had closed meanwhile: nothing came back on it. */
static bool reused_dead_connection(const exchange *self) {
    long new_connections = 1;
    self->network->curl.easy_getinfo(self->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    bool broken = self->code == CURLE_GOT_NOTHING || self->code == CURLE_SEND_ERROR ||
                  self->code == CURLE_RECV_ERROR;
    return broken && new_connections == 0 && !self->received;
}

/* Of a request, or of the tunnel that it was to go through. */
static bool is_refused_by_proxy(const exchange *self) {
    long answer = 0;
    long tunnel = 0;
    self->network->curl.easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &answer);
    self->network->curl.easy_getinfo(self->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    return answer == HTTP_PROXY_DENIES || tunnel == HTTP_PROXY_DENIES;
}

static cv_transfer_end end_of(const exchange *self) {
    if (self->refused) {
        return CV_TRANSFER_NOT_SENT;
    }
    if (self->too_large) {
        return CV_TRANSFER_TOO_LARGE;
    }
    if (is_refused_by_proxy(self)) {
        return CV_TRANSFER_REFUSED;
    }
    if (reused_dead_connection(self)) {
        return CV_TRANSFER_DEAD_CONNECTION;
    }
    switch (self->code) {
    case CURLE_OK:
        return CV_TRANSFER_ANSWERED;
    case CURLE_OUT_OF_MEMORY:
        return CV_TRANSFER_NO_MEMORY;
    case CURLE_OPERATION_TIMEDOUT:
        return CV_TRANSFER_TIMED_OUT;
    case CURLE_PARTIAL_FILE:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WRITE_ERROR:
        return CV_TRANSFER_BROKEN;
    default:
        return CV_TRANSFER_FAILED;
    }
}

static void hand_over_headers(const exchange *self) {
    struct curl_header *header = NULL;
    while ((header = self->network->curl.easy_nextheader(self->easy, CURLH_HEADER, -1, header)) !=
           NULL) {
        cv_transfer_header(self->transfer, header->name, header->value);
    }
}

static const char *reason_of(const exchange *self) {
    if (self->too_large) {
        return CVI_TOO_MANY_HEADERS;
    }
    if (is_refused_by_proxy(self)) {
        return "the proxy asks for a user and password, or others (HTTP 407)";
    }
    return self->code != CURLE_OK ? self->network->curl.easy_strerror(self->code) : NULL;
}

static void conclude(exchange *self) {
    long http_status = 0;
    self->network->curl.easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &http_status);
    hand_over_headers(self);
    cv_transfer_complete(self->transfer, end_of(self), (int)http_status, reason_of(self));
    cancel(self->network, self->transfer);
}

/* ---- turning ---- */

/* Answers whether anything has ended. */
static bool conclude_finished(const cvi_curl_network *network) {
    int left = 0;
    bool any = false;
    for (CURLMsg *message;
         (message = network->curl.multi_info_read(network->sockets.multi, &left)) != NULL;) {
        exchange *self = NULL;
        if (message->msg == CURLMSG_DONE &&
            network->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self) == CURLE_OK) {
            self->code = message->data.result;
            conclude(self);
            any = true;
        }
    }
    return any;
}

/* Otherwise one that libcurl has lost sight of would go on until its time-out. */
static void conclude_without_memory(const cvi_curl_network *network) {
    while (network->exchanges != NULL) {
        network->exchanges->code = CURLE_OUT_OF_MEMORY;
        conclude(network->exchanges);
    }
}

static bool move(cvi_curl_network *network, cvi_slice *slice) {
    cvi_fork_hold_off();
    bool has_memory = cvi_curl_sockets_move(&network->sockets, slice);
    bool has_ended = conclude_finished(network);
    if (!has_memory) {
        has_ended = has_ended || network->exchanges != NULL;
        conclude_without_memory(network);
    }
    cvi_fork_let();
    return has_ended;
}

static void turn(void *user, cv_transport_turn *turn) {
    cvi_curl_network *network = user;
    cvi_slice slice = cvi_slice_start(turn->work_us);
    bool has_ended = move(network, &slice);
    if (!has_ended && turn->timeout_ms != 0 && !cvi_slice_is_over(&slice)) {
        cvi_curl_sockets_wait(&network->sockets, turn->timeout_ms, turn->descriptor);
        move(network, &slice);
    }
    turn->pieces = slice.units;
}

static void wake(void *user) {
    cvi_curl_network *network = user;
    cvi_curl_sockets_wake(&network->sockets);
}

static int descriptor_of(void *user) {
    const cvi_curl_network *network = user;
    return network->sockets.bundle.descriptor;
}

static int64_t due_ms(void *user) {
    const cvi_curl_network *network = user;
    return cvi_curl_sockets_due_ms(&network->sockets);
}

/* ---- opening ---- */

bool cvi_transport_is_built_in(void) {
    return true;
}

static bool init_curl(const cvi_curl *curl, cv_error *error) {
    const curl_version_info_data *version = curl->version_info(CURLVERSION_NOW);
    if ((version->features & CURL_VERSION_THREADSAFE) == 0) {
        cvi_error_set(error, CV_ERROR_NETWORK, "libcurl %s cannot be initialised from any thread",
                      version->version);
        return false;
    }
    if (curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

/* A child of fork could neither load nor begin anything if fork() came in the middle: the loader
 * and libcurl have locks of their own. */
static bool hold_off_forks(cv_error *error) {
    if (!cvi_fork_heed()) {
        cvi_error_no_memory(error);
        return false;
    }
    cvi_fork_hold_off();
    return true;
}

static bool begin_curl(cvi_curl *curl, cv_error *error) {
    if (!hold_off_forks(error)) {
        return false;
    }
    bool begun = cvi_curl_find(curl, error) && init_curl(curl, error);
    cvi_fork_let();
    return begun;
}

const char *cvi_transport_version(cv_error *error) {
    if (!hold_off_forks(error)) {
        return NULL;
    }
    cvi_curl curl;
    const char *version =
        cvi_curl_find(&curl, error) ? curl.version_info(CURLVERSION_NOW)->version : NULL;
    cvi_fork_let();
    return version;
}

static bool open_network(cvi_curl_network *self, const cv_curl_options *options, cv_error *error) {
    if (!begin_curl(&self->curl, error)) {
        return false;
    }
    if (!cvi_curl_settings_fill(&self->settings, &self->curl, options, &self->allocator, error)) {
        end_curl(&self->curl);
        return false;
    }
    cvi_fork_hold_off();
    bool has_sockets = cvi_curl_sockets_open(&self->sockets, &self->curl);
    cvi_fork_let();
    if (!has_sockets) {
        cvi_curl_settings_clear(&self->settings, &self->allocator);
        end_curl(&self->curl);
        cvi_error_set(error, CV_ERROR_NOMEM, "no memory or no descriptors left for the network");
        return false;
    }
    return true;
}

bool cvi_transport_built_in(cv_transport *transport, const cv_curl_options *options,
                            const cv_allocator *allocator, cv_error *error) {
    cvi_curl_network *self = cvi_allocate(allocator, sizeof(*self));
    if (self == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    self->allocator = *allocator;
    if (!open_network(self, options, error)) {
        cvi_release(allocator, self);
        return false;
    }
    *transport = (cv_transport){.size = sizeof(*transport),
                                .user = self,
                                .asks_before_sending = true,
                                .start = start,
                                .cancel = cancel,
                                .turn = turn,
                                .wake = wake,
                                .close = close_network,
                                .descriptor = descriptor_of,
                                .due_ms = due_ms,
                                .reset = reset};
    return true;
}
