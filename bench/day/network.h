/* The simulated way to the service and back. */
#ifndef BENCH_DAY_NETWORK_H
#define BENCH_DAY_NETWORK_H

#include "day/service.h"
#include "day/text.h"

enum { DAY_TRANSFERS_MAX = 64, DAY_URL_MAX = 1024 };

/* Told of an answer: the token is the sender's. */
typedef void day_answer_fn(void *user, void *token, int status, const day_text *body);

typedef struct day_transfer {
    bool is_under_way;
    bool has_arrived;
    int64_t due_ms; /* when it arrives, then when its answer is back */
    day_program program;
    char url[DAY_URL_MAX];
    void *token;
    int status;
    day_text body;
} day_transfer;

typedef struct day_network {
    day_service *service;
    uint64_t seed;
    uint64_t sent;
    day_transfer transfers[DAY_TRANSFERS_MAX];
    day_answer_fn *answer;
    void *user;
} day_network;

void day_network_begin(day_network *self, day_service *service, uint64_t seed);
void day_network_end(day_network *self);

/* A request leaves now. More under way than there is room for is an error of the program. */
void day_network_send(day_network *self, int64_t now_ms, day_program program, const char *url,
                      void *token);

/* When something happens next; DAY_NEVER_MS: nothing is under way. */
int64_t day_network_due(const day_network *self);

/* Lets happen what is due, in its order. An answer may send anew. */
void day_network_work(day_network *self, int64_t now_ms);

#endif
