/* Owns the datagram sockets by which one process tells others to look at the database. A message
 * says "look", and perhaps at what: losing or forging one costs a look, never an answer. Any
 * thread. */
#include "support/platform.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/buffer.h"

/* More are left for the next look, so that nobody can keep us here by sending. */
#define MESSAGES_AT_ONCE 256

/* Fills an abstract address (a leading NUL and the text). */
static socklen_t fill_address(struct sockaddr_un *address, const char *text) {
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    cvi_buffer path;
    cvi_buffer_over(&path, address->sun_path + 1, sizeof(address->sun_path) - 1);
    cvi_buffer_add_text(&path, text);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + path.length);
}

void cvi_wake_open(cvi_wake *wake, const cvi_random *random) {
    uint64_t name = 0;
    random->fill(random->user, &name, sizeof(name));
    cvi_buffer text;
    cvi_buffer_over(&text, wake->address, sizeof(wake->address));
    cvi_buffer_add_format(&text, "comicvine-%lld-%016llx", (long long)getpid(),
                          (unsigned long long)name);
    wake->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address;
    socklen_t length = fill_address(&address, wake->address);
    if (wake->descriptor >= 0 && bind(wake->descriptor, (struct sockaddr *)&address, length) == 0) {
        return;
    }
    cvi_wake_close(wake);
}

void cvi_wake_close(cvi_wake *wake) {
    if (wake->descriptor >= 0) {
        close(wake->descriptor);
    }
    wake->descriptor = -1;
    wake->address[0] = '\0';
}

bool cvi_wake_take(const cvi_wake *wake, char *word, size_t size) {
    ssize_t length = -1;
    do {
        length = recv(wake->descriptor, word, size, MSG_DONTWAIT | MSG_TRUNC);
    } while (length < 0 && errno == EINTR);
    bool has_word = length > 0 && (size_t)length < size;
    word[has_word ? length : 0] = '\0';
    return length >= 0;
}

bool cvi_wake_drain(const cvi_wake *wake) {
    int count = 0;
    char ignored[1];
    while (count < MESSAGES_AT_ONCE && cvi_wake_take(wake, ignored, sizeof(ignored))) {
        count++;
    }
    return count > 0;
}

void cvi_wake_wait(const cvi_wake *wake, int other, int64_t timeout_ms) {
    struct pollfd wanted[] = {{.fd = wake->descriptor, .events = POLLIN}, /* below 0: none */
                              {.fd = other, .events = POLLIN}};
    poll(wanted, 2, timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
}

void cvi_wake_send(const cvi_wake *wake, const char *to, const char *word) {
    if (wake->descriptor < 0 || to[0] == '\0') {
        return;
    }
    struct sockaddr_un address;
    socklen_t length = fill_address(&address, to);
    /* A full or vanished mailbox is fine: its owner is awake already, or gone. */
    ssize_t sent = sendto(wake->descriptor, word, strlen(word), MSG_DONTWAIT | MSG_NOSIGNAL,
                          (struct sockaddr *)&address, length);
    (void)sent;
}
