/*
 * Preloaded into the program: it stops, once, where it would end its first child process, that is
 * when the last ceremony is over and nothing has been put away yet. With HOLD_AT in the environment
 * it stops instead as soon as that text has been printed; standard output is then a file that can
 * be read back. Then its memory and that of its children can be searched. SIGCONT lets it go on.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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
    if (!held && number == SIGKILL && keeps_secrets(pid) && !getenv("HOLD_AT")) {
        held = true;
        next(getpid(), SIGSTOP);
    }
    return next(pid, number);
}

static bool printed(const char *text)
{
    char all[16384] = "";
    ssize_t len = text ? pread(STDOUT_FILENO, all, sizeof all - 1, 0) : 0;
    return len > 0 && strstr(all, text);
}

int fflush(FILE *stream)
{
    static bool held;
    int (*next)(FILE *) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "fflush");
    int result = next(stream);
    if (!held && stream == stdout && printed(getenv("HOLD_AT"))) {
        held = true;
        raise(SIGSTOP);
    }
    return result;
}
