/* A game loop at 60 frames a second, in which a shelf of issues fills up: the library has a part of
 * each frame, on the game's own thread, and no frame waits for it. In a terminal the shelf is drawn
 * anew with each frame; elsewhere (a pipe, a file) a line tells of each issue that comes.
 *
 * usage: shelf BASE_URL DATABASE FRAMES ID...      the key comes from COMIC_VINE_API_KEY
 *
 * Ends when the shelf is full, after FRAMES frames, or with Ctrl-C. Ends with 0 if all issues are
 * there. */
#define _POSIX_C_SOURCE 200809L
#include <comicvine.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LIBRARY_BUDGET_US = 2000, LANE_WIDTH = 40 };

#define NS_PER_S INT64_C(1000000000)
#define FRAME_NS (NS_PER_S / 60)

/* What terminals understand (ANSI, and DEC for the first). */
#define BEGIN_DRAWING "\033[?25l\033[?7l" /* no cursor; long lines are cut */
#define END_DRAWING   "\033[?7h\033[?25h"
#define CLEAR_LINE    "\033[K"
#define LINES_UP      "\033[%zuA"

typedef struct slot {
    struct game *game;
    const char *id;
    char title[256]; /* or why there is none; "" as long as it is on its way */
} slot;

typedef struct game {
    cv_client *client;
    slot *slots;
    size_t count;
    size_t done;
    size_t failed;
    bool is_terminal;
    int64_t frames;
    int64_t missed;
    int64_t due_ns; /* when the next frame begins */
} game;

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal_number) {
    (void)signal_number;
    is_interrupted = 1;
}

/* ---- the library's part ---- */

/* Called inside cv_client_poll_for, on the game's thread: it may touch whatever the game may. */
static void put_on_shelf(cv_request *request, void *user) {
    slot *self = user;
    game *owner = self->game;
    const cv_issue *issue = cv_issue_take(request);
    if (issue) {
        const char *volume = issue->volume ? issue->volume->name : NULL;
        snprintf(self->title, sizeof(self->title), "%s #%s", volume ? volume : "(no volume)",
                 issue->issue_number ? issue->issue_number : "?");
    } else {
        snprintf(self->title, sizeof(self->title), "%s", cv_request_error(request)->message);
        owner->failed++;
    }
    owner->done++;
    if (!owner->is_terminal) {
        printf("%s: %s\n", self->id, self->title);
    }
    cv_issue_free(issue);
    cv_request_free(request);
}

static void order(game *self, char **ids) {
    for (size_t i = 0; i < self->count; i++) {
        slot *next = &self->slots[i];
        next->game = self;
        next->id = ids[i];
        int64_t id = 0; /* which the library refuses, like any other that cannot be */
        cv_id_parse(next->id, CV_ISSUE, &id);
        cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, id, NULL);
        if (request) {
            cv_request_on_done(request, put_on_shelf, next);
        } else {
            put_on_shelf(NULL, next); /* whose error says: no memory */
        }
    }
}

/* ---- the game's part ---- */

static void draw(const game *self) {
    int lane = (int)(self->frames % LANE_WIDTH); /* something that moves with each frame */
    printf("%*s(o_o)" CLEAR_LINE "\n", lane, "");
    for (size_t i = 0; i < self->count; i++) {
        const slot *next = &self->slots[i];
        printf("[%s] %s" CLEAR_LINE "\n", next->title[0] != '\0' ? "##" : "  ", next->title);
    }
    printf(LINES_UP, self->count + 1); /* where the next frame begins */
    fflush(stdout);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Frames that should have begun already are missed: they are counted, and left out. */
static void wait_for_next_frame(game *self) {
    self->due_ns += FRAME_NS;
    int64_t late_ns = now_ns() - self->due_ns;
    if (late_ns > 0) {
        int64_t missed = late_ns / FRAME_NS + 1;
        self->missed += missed;
        self->due_ns += missed * FRAME_NS;
    }
    struct timespec due = {.tv_sec = (time_t)(self->due_ns / NS_PER_S),
                           .tv_nsec = (long)(self->due_ns % NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void play(game *self, int64_t most_frames) {
    self->due_ns = now_ns();
    while (self->done < self->count && self->frames < most_frames && !is_interrupted) {
        cv_client_poll_for(self->client, LIBRARY_BUDGET_US);
        if (self->is_terminal) {
            draw(self);
        }
        self->frames++;
        wait_for_next_frame(self);
    }
}

static void play_in_terminal(game *self, int64_t most_frames) {
    printf(BEGIN_DRAWING);
    play(self, most_frames);
    draw(self);
    for (size_t i = 0; i <= self->count; i++) {
        printf("\n"); /* below what is drawn */
    }
    printf(END_DRAWING);
}

static int run(game *self, int64_t most_frames, char **ids) {
    order(self, ids);
    if (self->is_terminal) {
        play_in_terminal(self, most_frames);
    } else {
        play(self, most_frames);
    }
    cv_client_close(self->client); /* what is still on its way ends here, with an error */
    printf("%lld frames, %lld missed; %zu of %zu issues\n", (long long)self->frames,
           (long long)self->missed, self->done - self->failed, self->count);
    return self->failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    long long most_frames = argc > 4 ? strtoll(argv[3], NULL, 10) : 0;
    if (most_frames < 1) {
        fprintf(stderr, "usage: %s BASE_URL DATABASE FRAMES ID...\n", argv[0]);
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argv[1];
    options.database = argv[2];
    options.application = "shelf-example/1.0";
    /* No thread of the library's: all work is done in our frames, in pieces. One answer is decoded
     * in one piece, though: for answers of hundreds of kilobytes take CV_DRIVE_THREAD. */
    options.drive = CV_DRIVE_POLL;
    options.relaxed_sync = true; /* no frame waits for the disk, see client.h for the price */

    game self = {.count = (size_t)(argc - 4), .is_terminal = isatty(STDOUT_FILENO) == 1};
    self.slots = calloc(self.count, sizeof(*self.slots));
    self.client = self.slots ? cv_client_open(&options) : NULL;
    if (!self.client) {
        fprintf(stderr, "%s\n", self.slots ? cv_last_error()->message : "no memory");
        free(self.slots);
        return 1;
    }
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    int status = run(&self, most_frames, argv + 4);
    free(self.slots);
    return status;
}
