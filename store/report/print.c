#include "print.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM    600
#define PAPER_WAIT_S 60

void paper_beside_program(char *path, size_t room)
{
    ssize_t n = readlink("/proc/self/exe", path, room - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    size_t at = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (at == 0 || (size_t)snprintf(path + at, room - at, "keyrite-paper") >= room - at)
        path[0] = '\0';
}

/* ---- A file that is whole or not there ---- */

static enum kr_error file_begin(const char *path, char fresh[PATH_ROOM], int *fd)
{
    if (snprintf(fresh, PATH_ROOM, "%s.new", path) >= PATH_ROOM)
        return kr_fail(KR_E_TOO_LONG, "%.100s", path);
    unlink(fresh);
    *fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd < 0 ? kr_fail(KR_E_FILE, "%s: %s", fresh, strerror(errno)) : KR_OK;
}

static enum kr_error sync_folder(const char *path)
{
    char folder[PATH_ROOM];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
             slash == NULL ? "." : path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return good ? KR_OK : kr_fail(KR_E_FILE, "%s: %s", folder, strerror(why));
}

/* Puts the file in its place, or takes it away when so_far is an error. */
static enum kr_error file_end(const char *path, const char *fresh, int fd, enum kr_error so_far)
{
    enum kr_error error = so_far;
    if (error == KR_OK && fsync(fd) != 0)
        error = kr_fail(KR_E_FILE, "%s: %s", fresh, strerror(errno));
    if (close(fd) != 0 && error == KR_OK)
        error = kr_fail(KR_E_FILE, "%s: %s", fresh, strerror(errno));
    if (error == KR_OK && rename(fresh, path) != 0)
        error = kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    if (error != KR_OK)
        unlink(fresh);
    return error == KR_OK ? sync_folder(path) : error;
}

static enum kr_error write_all(int fd, const char *bytes, size_t len, const char *path)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR)
            return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return KR_OK;
}

enum kr_error document_save(const struct document *d, const char *path)
{
    char fresh[PATH_ROOM], *text = NULL;
    size_t len = 0;
    int fd = -1;
    enum kr_error error = document_text(d, &text, &len);
    if (error == KR_OK)
        error = file_begin(path, fresh, &fd);
    if (error == KR_OK)
        error = file_end(path, fresh, fd, write_all(fd, text, len, fresh));
    free(text);
    return error;
}

/* ---- keyrite-paper ---- */

/* The document in a file without a name: the program can be fed without two pipes waiting for each
 * other. */
static enum kr_error document_fd(const struct document *d, int *fd)
{
    *fd = memfd_create("document", MFD_CLOEXEC);
    int copy = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, 0);
    FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
    if (out == NULL) {
        if (copy >= 0)
            close(copy);
        return kr_fail(KR_E_SYSTEM, "memfd: %s", strerror(errno));
    }
    enum kr_error error = document_write(d, out);
    if (fclose(out) != 0 && error == KR_OK)
        error = kr_fail(KR_E_FILE, "%s", strerror(errno));
    if (error == KR_OK && lseek(*fd, 0, SEEK_SET) != 0)
        error = kr_fail(KR_E_SYSTEM, "memfd: %s", strerror(errno));
    return error;
}

static int spawn(const char *paper, int in, int out, pid_t *pid)
{
    char name[] = "keyrite-paper";
    char *argv[] = {name, NULL}, *environment[] = {NULL};
    posix_spawn_file_actions_t files;
    int rc = posix_spawn_file_actions_init(&files);
    if (rc != 0)
        return rc;
    rc = posix_spawn_file_actions_adddup2(&files, in, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&files, out, 1);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (rc == 0)
        rc = posix_spawn(pid, paper, &files, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

/* Its exit status, or -1 when it had to be killed. */
static int wait_for(pid_t pid)
{
    static const struct timespec pause = {.tv_nsec = 10000000};
    int status = 0;
    for (int i = 0; i < PAPER_WAIT_S * 100; i++) {
        pid_t done = waitpid(pid, &status, WNOHANG);
        if (done == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (done < 0 && errno != EINTR)
            return -1;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return -1;
}

static enum kr_error run(const struct document *d, const char *paper, int out)
{
    int in = -1;
    pid_t pid = 0;
    enum kr_error error = document_fd(d, &in);
    int rc = error == KR_OK ? spawn(paper, in, out, &pid) : 0;
    if (in >= 0)
        close(in);
    if (error != KR_OK)
        return error;
    if (rc != 0)
        return kr_fail(KR_E_FILE, "%s: %s", paper, strerror(rc));
    return wait_for(pid) == 0 ? KR_OK
                              : kr_fail(KR_E_FILE, "%s (is fonts-wqy-microhei installed?)", paper);
}

enum kr_error document_print(const struct document *d, const char *paper, const char *path)
{
    char fresh[PATH_ROOM];
    int fd = -1;
    enum kr_error error = d->failed != KR_OK ? d->failed : file_begin(path, fresh, &fd);
    return error == KR_OK ? file_end(path, fresh, fd, run(d, paper, fd)) : error;
}
