/*
 * Linked into every program of the coverage build, and only there. What ran is counted in memory
 * that a second process shares, the scribe; it waits until the program is gone and only then writes
 * the .gcda files. So a process counts that may open no file (the vault in its sandbox, whose code
 * is the same as in any other build) and one that was killed.
 */
#include <fcntl.h>
#include <gcov.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char coverage_counters_start[];
extern char coverage_counters_end[];

void __wrap___gcov_exit(void);
/* What libgcov does at the end of each program is the scribe's to do. */
void __wrap___gcov_exit(void)
{
}

static int share_counters(void)
{
    size_t len = (size_t)(coverage_counters_end - coverage_counters_start);
    void *kept = malloc(len);
    if (!kept)
        return -1;
    memcpy(kept, coverage_counters_start, len);
    void *at = mmap(coverage_counters_start, len, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (at != MAP_FAILED)
        memcpy(at, kept, len);
    free(kept);
    return at == MAP_FAILED ? -1 : 0;
}

static _Noreturn void write_down_when_gone(int program)
{
    struct pollfd gone = {.fd = 0, .events = POLLIN};

    setsid();
    prctl(PR_SET_NAME, "coverage-scribe");
    /* Whoever reads the program's pipes and sockets waits for all who hold them. */
    dup2(program, 0);
    close_range(1, ~0U, 0);
    open("/dev/null", O_WRONLY);
    dup2(1, 2);
    while (poll(&gone, 1, -1) <= 0)
        ;
    __gcov_dump();
    _exit(0);
}

/* Nobody's child: a program that waits for any of its own shall not meet this one. */
__attribute__((constructor)) static void start_scribe(void)
{
    int program = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (program < 0 || share_counters() != 0)
        abort();
    pid_t between = fork();
    if (between == 0) {
        if (fork() == 0)
            write_down_when_gone(program);
        _exit(0);
    }
    if (between > 0)
        waitpid(between, NULL, 0);
    close(program);
}
