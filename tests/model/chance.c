/* Owns the random numbers of a seed (splitmix64). */
#include "model/chance.h"

static uint64_t next(chance *self) {
    self->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = self->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

void chance_init(chance *self, uint64_t seed, uint64_t stream) {
    *self = (chance){seed * UINT64_C(0xD1342543DE82EF95) + stream};
    (void)next(self);
    self->state ^= stream << 32;
}

int64_t chance_draw(chance *self, int64_t bound) {
    return (int64_t)(next(self) % (uint64_t)bound);
}

bool chance_percent(chance *self, int64_t percent) {
    return chance_draw(self, 100) < percent;
}

void chance_fill(chance *self, void *bytes, size_t size) {
    unsigned char *out = bytes;
    for (size_t i = 0; i < size; i++) {
        out[i] = (unsigned char)(next(self) >> 56);
    }
}
