/* One request, from its arrival to its answer, on the thread of its connection: log it, see
 * whether it is held or to be broken, ask the service, send. */
#define _POSIX_C_SOURCE 200809L
#include "http.h"

#include "fault.h"
#include "gate.h"
#include "log.h"
#include "service.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

struct exchange {
    char *query; /* masked */
    bool headers_read;
};

/* What is decided at the moment of arrival, under one lock. */
struct arrival {
    loopback_log_entry *entry;
    const server_fault *fault;
    size_t ticket;
    bool has_validators;
};

void *loopback_http_begin(void *context, const char *uri, struct MHD_Connection *connection) {
    (void)context;
    (void)connection;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        return NULL;
    }
    const char *mark = strchr(uri, '?');
    exchange->query = loopback_log_masked_query(mark ? mark + 1 : "");
    if (!exchange->query) {
        free(exchange);
        return NULL;
    }
    return exchange;
}

void loopback_http_end(void *context, struct MHD_Connection *connection, void **exchange,
                       enum MHD_RequestTerminationCode code) {
    (void)context;
    (void)connection;
    (void)code;
    struct exchange *ended = *exchange;
    if (ended) {
        free(ended->query);
        free(ended);
    }
    *exchange = NULL;
}

void loopback_http_connection(void *context, struct MHD_Connection *connection,
                              void **socket_context, enum MHD_ConnectionNotificationCode code) {
    (void)connection;
    server *self = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        free(*socket_context);
        *socket_context = NULL;
        return;
    }
    size_t *number = malloc(sizeof *number);
    if (number) {
        pthread_mutex_lock(&self->mutex);
        *number = ++self->connections;
        pthread_mutex_unlock(&self->mutex);
    }
    *socket_context = number;
}

static const char *argument(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool is_right_key(const server *self, const char *key) {
    if (!key || !*key) {
        return false;
    }
    return !self->api_key || strcmp(self->api_key, key) == 0;
}

static size_t connection_number(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const size_t *number = info ? info->socket_context : NULL;
    return number ? *number : 0;
}

static struct arrival arrive(server *self, const server_request *request) {
    struct arrival arrival = {.ticket = LOOPBACK_TICKET_NONE};
    pthread_mutex_lock(&self->mutex);
    arrival.entry = loopback_log_add(self, request);
    if (arrival.entry) {
        arrival.fault = loopback_fault_take(self, request->path);
        arrival.ticket = loopback_gate_draw(self, request->path);
        arrival.has_validators = self->has_validators;
    }
    pthread_mutex_unlock(&self->mutex);
    return arrival;
}

static bool apply_fault(loopback_reply *reply, const server_fault *fault) {
    if (fault->api_status && !loopback_reply_error(reply, fault->api_status)) {
        return false;
    }
    if (fault->body && !loopback_reply_replace(reply, fault->body, fault->body_size)) {
        return false;
    }
    if (fault->content_type) {
        reply->content_type = fault->content_type;
    }
    if (fault->http_status) {
        reply->http_status = fault->http_status;
    }
    return true;
}

static bool make_reply(const server *self, struct MHD_Connection *connection,
                       const server_request *request, const struct arrival *arrival,
                       loopback_reply *reply) {
    const server_fault *fault = arrival->fault;
    const loopback_query query = {
        .path = request->path,
        .key_is_right = request->key_was_right,
        .format = argument(connection, "format"),
        .field_list = argument(connection, "field_list"),
        .limit = argument(connection, "limit"),
        .offset = argument(connection, "offset"),
        .sort = argument(connection, "sort"),
        .filter = argument(connection, "filter"),
        .query = argument(connection, "query"),
        .resources = argument(connection, "resources"),
        .page = argument(connection, "page"),
    };
    if (!loopback_service_reply(self->folder, &query, reply) ||
        (fault && !apply_fault(reply, fault))) {
        return false;
    }
    if (self->stamp) {
        loopback_reply_stamp(reply, self->stamp, loopback_log_number(arrival->entry));
    }
    if (arrival->has_validators &&
        !loopback_reply_validate(reply, request->if_none_match, request->if_modified_since)) {
        return false;
    }
    bool wants_gzip = request->accept_encoding && strstr(request->accept_encoding, "gzip");
    bool is_own_body = !fault || !fault->body;
    bool compresses = self->gzip && wants_gzip && is_own_body && reply->body_size > 0;
    return !compresses || loopback_reply_compress(reply);
}

static bool add_headers(struct MHD_Response *response, const loopback_reply *reply,
                        const server_fault *fault) {
    if (MHD_add_response_header(response, "Content-Type", reply->content_type) != MHD_YES) {
        return false;
    }
    if (reply->gzip && MHD_add_response_header(response, "Content-Encoding", "gzip") != MHD_YES) {
        return false;
    }
    if (reply->etag[0] &&
        (MHD_add_response_header(response, "ETag", reply->etag) != MHD_YES ||
         MHD_add_response_header(response, "Last-Modified", LOOPBACK_LAST_MODIFIED) != MHD_YES)) {
        return false;
    }
    for (size_t i = 0; fault && i < SERVER_HEADERS_MAX && fault->headers[i].name; i++) {
        const server_header *each = &fault->headers[i];
        if (MHD_add_response_header(response, each->name, each->value) != MHD_YES) {
            return false;
        }
    }
    return true;
}

/* Hands the reply's body over to the library. */
static enum MHD_Result queue_reply(struct MHD_Connection *connection, loopback_reply *reply,
                                   const server_fault *fault) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body_size, reply->body, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        return MHD_NO;
    }
    reply->body = NULL;
    enum MHD_Result queued = MHD_NO;
    if (add_headers(response, reply, fault)) {
        queued = MHD_queue_response(connection, reply->http_status, response);
    }
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result send_reply(server *self, struct MHD_Connection *connection,
                                  const struct arrival *arrival, loopback_reply *reply) {
    server_fault_kind kind = arrival->fault ? arrival->fault->kind : SERVER_FAULT_ANSWER;
    /* Logged first, so that whoever has the answer finds it in the log. */
    loopback_log_answer(self, arrival->entry,
                        loopback_wire_has_head(kind) ? reply->http_status : 0);
    if (kind == SERVER_FAULT_ANSWER) {
        return queue_reply(connection, reply, arrival->fault);
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info) {
        loopback_wire_send(self, info->connect_fd, arrival->fault, reply);
    }
    return MHD_NO; /* the library closes the connection */
}

static enum MHD_Result answer(server *self, struct MHD_Connection *connection,
                              const server_request *request) {
    struct arrival arrival = arrive(self, request);
    if (!arrival.entry) {
        return MHD_NO;
    }
    loopback_reply reply = {0};
    enum MHD_Result result = MHD_NO;
    if (loopback_gate_wait(self, arrival.ticket) &&
        loopback_gate_pause(self, arrival.fault ? arrival.fault->delay_ms : 0) &&
        make_reply(self, connection, request, &arrival, &reply)) {
        result = send_reply(self, connection, &arrival, &reply);
    } else {
        loopback_log_answer(self, arrival.entry, 0);
    }
    loopback_reply_clear(&reply);
    return result;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection) {
    loopback_reply reply = {0};
    if (!loopback_reply_text(&reply, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n")) {
        return MHD_NO;
    }
    enum MHD_Result queued = queue_reply(connection, &reply, NULL);
    loopback_reply_clear(&reply);
    return queued;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are the library's. */
enum MHD_Result loopback_http_handle(void *context, struct MHD_Connection *connection,
                                     const char *url, const char *method, const char *version,
                                     const char *upload_data, size_t *upload_data_size,
                                     void **exchange) {
    (void)version;
    (void)upload_data;
    (void)upload_data_size;
    server *self = context;
    struct exchange *current = *exchange;
    if (!current) {
        return MHD_NO; /* memory was short at its beginning */
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
        return refuse_method(connection);
    }
    if (!current->headers_read) {
        current->headers_read = true; /* the library calls again when the request is complete */
        return MHD_YES;
    }
    const server_request request = {
        .path = url,
        .query = current->query,
        .user_agent = header(connection, MHD_HTTP_HEADER_USER_AGENT),
        .accept_encoding = header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING),
        .if_none_match = header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH),
        .if_modified_since = header(connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE),
        .key_was_right = is_right_key(self, argument(connection, "api_key")),
        .connection = connection_number(connection),
    };
    return answer(self, connection, &request);
}
