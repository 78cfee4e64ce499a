/* Owns the scenes of recording what the service says, and of replaying it. */
#include <unistd.h>

#include <comicvine/sys/replay.h>

#include "torture/scene.h"

/* A name of the library's own choosing: the path, and the digest of path and query. */
#define TAPE "api_issue_4000-52-e9bf52cca76735bc-1.txt"

/* Everything is to reach the transport, which the client takes over. */
static void call_through(stage *self, const cv_transport *transport) {
    cv_options options = self->options;
    options.cache.disabled = true;
    options.transport = transport;
    self->client = cv_client_open(&options);
    if (!stage_ended(self, self->client != NULL, cv_last_error())) {
        transport->close(transport->user);
        return;
    }
    stage_retrieve(self, STAGE_ISSUE, NULL);
    stage_close(self);
}

static void record(stage *self) {
    cv_transport recorder;
    if (stage_ended(self, cv_transport_record(&recorder, self->world->scratch.folder, NULL),
                    cv_last_error())) {
        call_through(self, &recorder);
    }
}

static void record_first(stage *self) {
    record(self);
    assert_int_equal(access(stage_file(self, TAPE).text, R_OK), 0);
}

static void replay(stage *self) {
    cv_transport player;
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    options.folder = self->world->scratch.folder;
    options.clock = self->options.clock;
    options.allocator = self->options.allocator;
    if (stage_ended(self, cv_transport_replay(&player, &options), cv_last_error())) {
        call_through(self, &player);
    }
}

static const scene scenes[] = {
    {.name = "record", .play = record, .opens_itself = true},
    {.name = "replay", .prepare = record_first, .play = replay, .opens_itself = true},
};

const scene_list tape_scenes = SCENE_LIST(scenes);
