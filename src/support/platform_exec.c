/* Owns what a program that the application starts must not inherit: descriptors. Ours are made so
 * that exec closes them; of those that other libraries make without that, sockets can be made for
 * them, and the rest is found. Any thread. */
#include "support/platform.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int cvi_socket_open(int family, int type, int protocol) {
    return socket(family, type | SOCK_CLOEXEC, protocol);
}

void cvi_socket_close(int descriptor) {
    close(descriptor);
}

#ifdef __linux__

/* Bytes that wait at either end of a connection within this machine. */
typedef struct waiting_bytes {
    int unread;
    int unreceived;
} waiting_bytes;

static bool is_local_socket(int descriptor) {
    int family = 0;
    socklen_t size = sizeof(family);
    return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX;
}

/* Goes by what its entry in the folder points to: other threads open and close theirs meanwhile,
 * and fstat would be a use of those, which ThreadSanitizer tells of. */
static bool is_local(int descriptor, int folder, const char *name) {
    char target[16] = "";
    if (readlinkat(folder, name, target, sizeof(target) - 1) < 0) {
        return false;
    }
    return strncmp(target, "pipe:", strlen("pipe:")) == 0 ||
           (strncmp(target, "socket:", strlen("socket:")) == 0 && is_local_socket(descriptor));
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

static void close_if_stirred(int folder, const char *name, void (*stir)(void *user), void *user) {
    int descriptor = (int)strtol(name, NULL, 10);
    int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0 || !is_local(descriptor, folder, name)) {
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
            close_if_stirred(dirfd(folder), entry->d_name, stir, user);
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
