/* The log of requests. */
#ifndef TESTS_SERVER_LOG_H
#define TESTS_SERVER_LOG_H

#include "state.h"

/* Logs a request that has arrived now; copies its texts. NULL if memory is short. The caller
 * holds the mutex. */
loopback_log_entry *loopback_log_add(server *self, const server_request *request);

/* Notes what is being answered, in memory and in the log file; http_status 0: nothing. Takes the
 * mutex. */
void loopback_log_answer(server *self, loopback_log_entry *entry, unsigned http_status);

/* Its place in the log, from 1; never changes. */
size_t loopback_log_number(const loopback_log_entry *entry);

/* The query with the value of api_key replaced, malloc'd. NULL if memory is short. */
char *loopback_log_masked_query(const char *query);

/* Frees the whole log. No thread but the caller's may be left. */
void loopback_log_free(server *self);

#endif
