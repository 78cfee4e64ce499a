/* Fetches issues with a pool of threads: one client, a queue of ids, and workers that take the next
 * id each. Answers come in any order; each worker waits for its turn, so that they are printed in
 * the order of the ids. Ctrl-C cancels what is under way: nothing is left behind that another
 * program would have to wait for.
 *
 * usage: pool BASE_URL DATABASE THREADS ID...      the key comes from COMIC_VINE_API_KEY
 *
 * Ends with 0, with 1 if an issue could not be had, with 130 after Ctrl-C. */
#define _POSIX_C_SOURCE 200809L
#include <comicvine.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 64, STATUS_INTERRUPTED = 130 };

typedef struct worker {
    struct pool *pool;
    pthread_t thread;
    cv_request *request; /* what it waits for just now */
} worker;

typedef struct pool {
    cv_client *client; /* any thread may use it at any time */
    char **ids;
    size_t id_count;
    pthread_t main_thread;
    worker workers[THREADS_MAX];

    pthread_mutex_t lock; /* for what follows, and each worker's request */
    pthread_cond_t turn;
    size_t next;    /* to be taken */
    size_t printed; /* and whose turn to be printed it is */
    size_t failed;
    size_t worker_count;
    size_t working; /* those of them that have not ended */
    bool is_cancelled;
} pool;

/* ---- the workers ---- */

/* Starts the request for the next id. It is the worker's; main may only cancel it, and only while
 * it holds the lock, under which it is set and taken back. False: nothing is left to do. */
static bool take_next(worker *self, size_t *index) {
    pool *shared = self->pool;
    pthread_mutex_lock(&shared->lock);
    bool is_taken = !shared->is_cancelled && shared->next < shared->id_count;
    if (is_taken) {
        *index = shared->next++;
        int64_t id = 0; /* which the library refuses, like any other that cannot be */
        cv_id_parse(shared->ids[*index], CV_ISSUE, &id);
        self->request = cv_request_retrieve(shared->client, CV_ISSUE, id, NULL);
    }
    pthread_mutex_unlock(&shared->lock);
    return is_taken;
}

/* The oldest id that is not printed is with a worker that does not wait here, so all get on. */
static void print_in_turn(pool *shared, size_t index, const cv_issue *issue,
                          const cv_error *error) {
    pthread_mutex_lock(&shared->lock);
    while (shared->printed != index) {
        pthread_cond_wait(&shared->turn, &shared->lock);
    }
    if (issue) {
        printf("%s: %s\n", shared->ids[index], issue->name ? issue->name : "(no title)");
    } else {
        fprintf(stderr, "%s: %s\n", shared->ids[index], error->message);
        shared->failed++;
    }
    shared->printed++;
    pthread_cond_broadcast(&shared->turn);
    pthread_mutex_unlock(&shared->lock);
}

static void *work(void *user) {
    worker *self = user;
    pool *shared = self->pool;
    size_t index = 0;
    while (take_next(self, &index)) {
        cv_request *request = self->request;
        cv_request_wait(request, -1);
        const cv_issue *issue = cv_issue_take(request);
        print_in_turn(shared, index, issue, cv_request_error(request));
        cv_issue_free(issue);

        pthread_mutex_lock(&shared->lock);
        self->request = NULL;
        pthread_mutex_unlock(&shared->lock);
        cv_request_free(request);
    }
    pthread_mutex_lock(&shared->lock);
    if (--shared->working == 0) {
        pthread_kill(shared->main_thread, SIGUSR1);
    }
    pthread_mutex_unlock(&shared->lock);
    return NULL;
}

/* ---- the thread that waits for signals ---- */

static void cancel_all(pool *self) {
    pthread_mutex_lock(&self->lock);
    self->is_cancelled = true;
    for (size_t i = 0; i < self->worker_count; i++) {
        cv_request_cancel(self->workers[i].request); /* NULL is fine */
    }
    pthread_mutex_unlock(&self->lock);
}

/* Blocked in every thread, of the library's too, as threads inherit this from main; sigwait takes
 * them. So nothing is ever interrupted, and no handler has to be careful. */
static void block_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGUSR1); /* from the last worker: nothing is left to do */
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

/* They wait for the lock until all are there. */
static bool start_workers(pool *self, size_t count) {
    pthread_mutex_lock(&self->lock);
    while (self->worker_count < count) {
        worker *next = &self->workers[self->worker_count];
        next->pool = self;
        if (pthread_create(&next->thread, NULL, work, next) != 0) {
            fprintf(stderr, "only %zu threads could be started\n", self->worker_count);
            break;
        }
        self->worker_count++;
    }
    self->working = self->worker_count;
    pthread_mutex_unlock(&self->lock);
    return self->worker_count > 0;
}

/* True: the workers have come to the end of the queue. */
static bool wait_for_workers(pool *self, const sigset_t *signals) {
    int signal_number = 0;
    sigwait(signals, &signal_number);
    if (signal_number != SIGUSR1) {
        cancel_all(self);
    }
    for (size_t i = 0; i < self->worker_count; i++) {
        pthread_join(self->workers[i].thread, NULL);
    }
    return signal_number == SIGUSR1;
}

static int run(pool *self, size_t threads, const sigset_t *signals) {
    if (!start_workers(self, threads)) {
        return 1;
    }
    if (!wait_for_workers(self, signals)) {
        return STATUS_INTERRUPTED;
    }
    return self->failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    long threads = argc > 4 ? strtol(argv[3], NULL, 10) : 0;
    if (threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: %s BASE_URL DATABASE THREADS ID...   (1 to %d threads)\n", argv[0],
                THREADS_MAX);
        return 2;
    }
    sigset_t signals;
    block_signals(&signals); /* before there is any other thread */

    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argv[1];
    options.database = argv[2];
    options.application = "pool-example/1.0";
    pool self = {.client = cv_client_open(&options),
                 .ids = argv + 4,
                 .id_count = (size_t)(argc - 4),
                 .main_thread = pthread_self(),
                 .lock = PTHREAD_MUTEX_INITIALIZER,
                 .turn = PTHREAD_COND_INITIALIZER};
    if (!self.client) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return 1;
    }
    int status = run(&self, (size_t)threads, &signals);
    cv_client_close(self.client); /* hands back what other programs may be waiting for */
    return status;
}
