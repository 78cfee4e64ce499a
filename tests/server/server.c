/* Starts and stops the server. A thread of the HTTP library accepts connections and each
 * connection has a thread of its own, so that an answer may be held back or dripped without
 * blocking another. Nothing is global; the caller owns the server. */
#define _POSIX_C_SOURCE 200809L
#include "server.h"

#include "fault.h"
#include "http.h"
#include "log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool init_locks(server *self) {
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0) {
        return false;
    }
    bool ready = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                 pthread_cond_init(&self->changed, &monotonic) == 0;
    pthread_condattr_destroy(&monotonic);
    if (ready && pthread_mutex_init(&self->mutex, NULL) != 0) {
        pthread_cond_destroy(&self->changed);
        ready = false;
    }
    return ready;
}

static bool is_folder(const char *path) {
    struct stat status;
    return path && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool take_options(server *self, const server_options *options) {
    self->gzip = options->gzip;
    self->folder = strdup(options->folder);
    if (!self->folder) {
        return false;
    }
    if (options->api_key) {
        self->api_key = strdup(options->api_key);
        if (!self->api_key) {
            return false;
        }
    }
    if (options->stamp) {
        self->stamp = strdup(options->stamp);
        if (!self->stamp) {
            return false;
        }
    }
    if (options->log_path) {
        self->log_file = fopen(options->log_path, "a");
        if (!self->log_file) {
            return false;
        }
    }
    return true;
}

static bool listen_on(server *self, const server_options *options) {
    const uint16_t port = options->port;
    const bool is_tls = options->tls_certificate != NULL;
    const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                           MHD_USE_POLL | (is_tls ? MHD_USE_TLS : 0U);
    const struct MHD_OptionItem secrets[] = {
        {is_tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, options->tls_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, options->tls_key},
        {MHD_OPTION_END, 0, NULL}};
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    self->daemon = MHD_start_daemon(
        flags, port, NULL, NULL, loopback_http_handle, self, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_URI_LOG_CALLBACK, loopback_http_begin, self, MHD_OPTION_NOTIFY_COMPLETED,
        loopback_http_end, self, MHD_OPTION_NOTIFY_CONNECTION, loopback_http_connection, self,
        MHD_OPTION_ARRAY, secrets, MHD_OPTION_END);
    if (!self->daemon) {
        return false;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (!info) {
        return false;
    }
    self->port = info->port;
    (void)snprintf(self->base_url, sizeof self->base_url, "http%s://127.0.0.1:%u/api",
                   is_tls ? "s" : "", (unsigned)self->port);
    return true;
}

server *server_start(const server_options *options) {
    if (!is_folder(options->folder)) {
        return NULL;
    }
    server *self = calloc(1, sizeof *self);
    if (!self) {
        return NULL;
    }
    if (!init_locks(self)) {
        free(self);
        return NULL;
    }
    if (!take_options(self, options) || !listen_on(self, options)) {
        server_stop(self);
        return NULL;
    }
    return self;
}

static void break_off(server *self) {
    pthread_mutex_lock(&self->mutex);
    self->stopping = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    if (self->daemon) {
        MHD_stop_daemon(self->daemon); /* shuts every connection down and joins its thread */
    }
}

void server_stop(server *self) {
    if (!self) {
        return;
    }
    break_off(self);
    loopback_faults_free(self);
    loopback_log_free(self);
    if (self->log_file) {
        (void)fclose(self->log_file);
    }
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    free(self->hold_path);
    free(self->folder);
    free(self->api_key);
    free(self->stamp);
    free(self);
}

const char *server_base_url(const server *self) {
    return self->base_url;
}

uint16_t server_port(const server *self) {
    return self->port;
}

void server_set_validators(server *self, bool on) {
    pthread_mutex_lock(&self->mutex);
    self->has_validators = on;
    pthread_mutex_unlock(&self->mutex);
}
