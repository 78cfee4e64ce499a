/* Owns what a program that the application starts must not inherit: descriptors. Ours are made so
 * that exec closes them; of those that other libraries make without that, sockets can be made for
 * them, and the rest is found. Any thread. */
#include "support/platform.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

int cvi_socket_open(int family, int type, int protocol) {
    return socket(family, type | SOCK_CLOEXEC, protocol);
}

#ifdef __linux__

/* Bytes that wait at either end of a connection within this machine. */
typedef struct waiting_bytes {
    int unread;
    int unreceived;
} waiting_bytes;

static bool is_local(int descriptor) {
    int family = 0;
    socklen_t size = sizeof(family);
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return false;
    }
    return S_ISFIFO(status.st_mode) ||
           (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 &&
            family == AF_UNIX);
}

static waiting_bytes count_bytes(int descriptor) {
    waiting_bytes found = {0, 0};
    ioctl(descriptor, FIONREAD, &found.unread);
    ioctl(descriptor, TIOCOUTQ, &found.unreceived); /* with what the system adds to each piece */
    return found;
}

static bool grows(int descriptor, void (*stir)(void *user), void *user) {
    waiting_bytes before = count_bytes(descriptor);
    stir(user);
    waiting_bytes after = count_bytes(descriptor);
    return after.unread == before.unread + 1 || after.unreceived > before.unreceived;
}

/* Others may send on theirs at the same time, but hardly so each time. */
static bool keeps_growing(int descriptor, void (*stir)(void *user), void *user) {
    bool has_grown = true;
    for (int i = 0; i < 2 && has_grown; i++) {
        has_grown = grows(descriptor, stir, user);
    }
    return has_grown;
}

static void close_if_stirred(int descriptor, void (*stir)(void *user), void *user) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0 || !is_local(descriptor)) {
        return;
    }
    if (keeps_growing(descriptor, stir, user)) {
        fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
    }
}

void cvi_exec_closes(void (*stir)(void *user), void *user) {
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            close_if_stirred((int)strtol(entry->d_name, NULL, 10), stir, user);
        }
    }
    closedir(folder);
}

#else

void cvi_exec_closes(void (*stir)(void *user), void *user) {
    (void)stir;
    (void)user;
}

#endif
