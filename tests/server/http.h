/* The HTTP library's callbacks. Their `context` is the server; the library calls them on the
 * thread of the connection. */
#ifndef TESTS_SERVER_HTTP_H
#define TESTS_SERVER_HTTP_H

#include "state.h"

/* MHD_OPTION_URI_LOG_CALLBACK: keeps the query as it was sent. */
void *loopback_http_begin(void *context, const char *uri, struct MHD_Connection *connection);

/* The access handler: answers a request. */
enum MHD_Result loopback_http_handle(void *context, struct MHD_Connection *connection,
                                     const char *url, const char *method, const char *version,
                                     const char *upload_data, size_t *upload_data_size,
                                     void **exchange);

/* MHD_OPTION_NOTIFY_COMPLETED: frees what belonged to the request. */
void loopback_http_end(void *context, struct MHD_Connection *connection, void **exchange,
                       enum MHD_RequestTerminationCode code);

/* MHD_OPTION_NOTIFY_CONNECTION: numbers the connections. */
void loopback_http_connection(void *context, struct MHD_Connection *connection,
                              void **socket_context, enum MHD_ConnectionNotificationCode code);

#endif
