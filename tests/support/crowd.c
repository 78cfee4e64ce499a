/* Owns crowds: they begin together, so that their calls overlap as far as the machine allows. */
#include "support/crowd.h"

void crowd_add(crowd *self, cv_client *client, int64_t id) {
    assert_true(self->size < CROWD_MAX);
    self->members[self->size++] = (crowd_member){.crowd = self, .client = client, .id = id};
}

static void *call(void *user) {
    crowd_member *self = user;
    pthread_barrier_wait(&self->crowd->start);
    self->outcome = api_retrieve(self->client, self->id);
    return NULL;
}

void crowd_start(crowd *self) {
    assert_int_equal(pthread_barrier_init(&self->start, NULL, (unsigned)self->size), 0);
    for (size_t i = 0; i < self->size; i++) {
        crowd_member *member = &self->members[i];
        assert_int_equal(pthread_create(&member->thread, NULL, call, member), 0);
    }
}

void crowd_join(crowd *self) {
    for (size_t i = 0; i < self->size; i++) {
        assert_int_equal(pthread_join(self->members[i].thread, NULL), 0);
    }
    assert_int_equal(pthread_barrier_destroy(&self->start), 0);
}

static bool came_from(const outcome *seen, cv_source source) {
    return seen->code == CV_OK && seen->source == source;
}

size_t outcomes_from(const outcome *outcomes, size_t count, cv_source source) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += came_from(&outcomes[i], source) ? 1 : 0;
    }
    return found;
}

size_t outcomes_with(const outcome *outcomes, size_t count, cv_code code) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += outcomes[i].code == code ? 1 : 0;
    }
    return found;
}

size_t crowd_from(const crowd *self, cv_source source) {
    size_t found = 0;
    for (size_t i = 0; i < self->size; i++) {
        found += outcomes_from(&self->members[i].outcome, 1, source);
    }
    return found;
}

size_t crowd_with(const crowd *self, cv_code code) {
    size_t found = 0;
    for (size_t i = 0; i < self->size; i++) {
        found += outcomes_with(&self->members[i].outcome, 1, code);
    }
    return found;
}
