#include "child.h"
#include "harden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_FD    3
#define OPTIONS_MAX 8

/* All that a child may know of its parent's environment: where pcscd listens, and what test builds
 * need. */
static const char *const kept_environment[] = {
    "PCSCLITE_CSOCK_NAME", "ASAN_OPTIONS", "UBSAN_OPTIONS",
    "LSAN_OPTIONS",        "GCOV_PREFIX",  "LLVM_PROFILE_FILE",
};

static void keep_environment(char *kept[OPTIONS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof kept_environment / sizeof kept_environment[0]; i++) {
        const char *value = getenv(kept_environment[i]);
        /* getenv points behind "NAME=" inside the environment's own string. */
        if (value)
            kept[n++] = (char *)(uintptr_t)(value - strlen(kept_environment[i]) - 1);
    }
    kept[n] = NULL;
}

static int plan_files(posix_spawn_file_actions_t *files, int fd)
{
    /* The socket moves first: it may itself lie below 3 when the parent has its standard files
     * closed. */
    int rc = posix_spawn_file_actions_adddup2(files, fd, CHILD_FD);
    if (!rc)
        rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    if (!rc)
        rc = posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0);
#ifndef KEYRITE_SANITIZED /* there, a report on stderr is what the build is for */
    if (!rc)
        rc = posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
#endif
    if (!rc)
        rc = posix_spawn_file_actions_addclosefrom_np(files, CHILD_FD + 1);
    return rc;
}

static int plan_attributes(posix_spawnattr_t *attr)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(attr, &none);
    if (!rc)
        rc = posix_spawnattr_setsigdefault(attr, &all);
    /* A session of its own: Ctrl-C at the terminal is the console's to decide about. */
    if (!rc)
        rc = posix_spawnattr_setflags(
            attr, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));
    return rc;
}

static int spawn_self(pid_t *pid, const char *word, int fd)
{
    char name[] = "keyrite";
    char role[32];
    char *argv[] = {name, role, NULL};
    char *environment[OPTIONS_MAX];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;

    snprintf(role, sizeof role, "%s", word);
    keep_environment(environment);
    int rc = posix_spawn_file_actions_init(&files);
    if (rc)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc)
        goto out_files;
    rc = plan_files(&files, fd);
    if (!rc)
        rc = plan_attributes(&attr);
    if (!rc)
        rc = posix_spawn(pid, "/proc/self/exe", &files, &attr, argv, environment);
    posix_spawnattr_destroy(&attr);
out_files:
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

enum kr_error child_start(struct child *c, const char *word)
{
    int ends[2];
    *c = (struct child){.pid = 0, .fd = -1};
    if (!word || word[0] != '@' || strlen(word) > 31)
        return kr_fail(KR_E_ARGUMENT, "role");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return kr_fail(KR_E_SYSTEM, "socketpair: %s", strerror(errno));

    int rc = spawn_self(&c->pid, word, ends[1]);
    close(ends[1]);
    if (rc) {
        close(ends[0]);
        c->pid = 0;
        return kr_fail(KR_E_SYSTEM, "%s: %s", word, strerror(rc));
    }
    c->fd = ends[0];
    return KR_OK;
}

static void forget(struct child *c)
{
    if (c->fd >= 0)
        close(c->fd);
    *c = (struct child){.pid = 0, .fd = -1};
}

void child_kill(struct child *c)
{
    if (c->pid <= 0)
        return;
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    forget(c);
}

bool child_running(struct child *c)
{
    if (c->pid <= 0)
        return false;
    pid_t reaped = waitpid(c->pid, NULL, WNOHANG);
    if (reaped == 0)
        return true;
    forget(c);
    return false;
}

bool child_dispatch(int argc, char **argv, const struct child_role *roles, size_t count,
                    int *status)
{
    if (argc != 2 || argv[1][0] != '@')
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[1], roles[i].word) != 0)
            continue;
        /* If the parent is gone already, its end of the socket is closed and the loop ends by that.
         */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, argv[1] + 1);
        enum kr_error err = harden_process();
        *status = err ? (int)err : roles[i].serve(CHILD_FD);
        return true;
    }
    return false;
}

/* ---- messages ---- */

union fd_message {
    struct cmsghdr head; /* for its alignment */
    char room[CMSG_SPACE(sizeof(int))];
};

enum kr_error child_send(int fd, const uint8_t *bytes, size_t len, int pass_fd)
{
    /* An empty datagram could not be told from the end of the connection. */
    if (len == 0 || len > WIRE_MAX)
        return kr_fail(KR_E_ARGUMENT, "message of %zu bytes", len);
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1};
    union fd_message control;
    if (pass_fd >= 0) {
        memset(&control, 0, sizeof control);
        m.msg_control = control.room;
        m.msg_controllen = sizeof control.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &pass_fd, sizeof pass_fd);
    }
    ssize_t sent;
    do
        sent = sendmsg(fd, &m, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET || errno == EBADF))
        return kr_fail(KR_E_SYSTEM, "closed");
    if (sent < 0)
        return kr_fail(KR_E_SYSTEM, "sendmsg: %s", strerror(errno));
    return KR_OK;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum kr_error wait_readable(int fd, int timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int left = -1;
        if (timeout_ms >= 0) {
            int64_t rest = deadline - now_ms();
            left = rest > 0 ? (int)rest : 0;
        }
        int rc = poll(&p, 1, left);
        if (rc > 0)
            return p.revents & POLLNVAL ? kr_fail(KR_E_SYSTEM, "closed") : KR_OK;
        if (rc == 0)
            return kr_fail(KR_E_SYSTEM, "timeout");
        if (errno != EINTR)
            return kr_fail(KR_E_SYSTEM, "poll: %s", strerror(errno));
    }
}

/* The descriptor that came along, or -1. */
static int taken_fd(struct msghdr *m)
{
    int fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
            c->cmsg_len >= CMSG_LEN(sizeof(int)))
            memcpy(&fd, CMSG_DATA(c), sizeof fd);
    }
    return fd;
}

enum kr_error child_receive(int fd, uint8_t *bytes, size_t size, size_t *len, int timeout_ms,
                            int *passed_fd)
{
    struct iovec piece = {.iov_base = bytes, .iov_len = size};
    union fd_message control;
    struct msghdr m = {.msg_iov = &piece,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof control.room};
    *len = 0;
    if (passed_fd)
        *passed_fd = -1;
    enum kr_error err = wait_readable(fd, timeout_ms);
    if (err)
        return err;
    ssize_t got;
    do
        got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return kr_fail(KR_E_SYSTEM, "closed");
    if (got < 0)
        return kr_fail(KR_E_SYSTEM, "recvmsg: %s", strerror(errno));

    int extra = taken_fd(&m);
    bool whole = !(m.msg_flags & MSG_TRUNC);
    if (extra >= 0 && passed_fd && whole)
        *passed_fd = extra;
    else if (extra >= 0)
        close(extra);
    if (!whole)
        return kr_fail(KR_E_MESSAGE, "more than %zu bytes", size);
    *len = (size_t)got;
    return KR_OK;
}
