/*
 * Preloaded into the console: it stops, once, where it would end its first child process, that is
 * when the last ceremony is over and nothing has been put away yet. Then its memory and that of its
 * children can be searched. SIGCONT lets it end.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bool keeps_secrets(pid_t pid)
{
    char path[64], line[64] = "";
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, line, sizeof line - 1) : 0;
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < len; i++)
        line[i] = line[i] ? line[i] : ' ';
    return strstr(line, "@vault") || strstr(line, "@cards");
}

int kill(pid_t pid, int number)
{
    static bool held;
    int (*next)(pid_t, int) = NULL;
    /* POSIX has the address of a function as a data pointer here. */
    *(void **)&next = dlsym(RTLD_NEXT, "kill");
    if (!held && number == SIGKILL && keeps_secrets(pid)) {
        held = true;
        next(getpid(), SIGSTOP);
    }
    return next(pid, number);
}
