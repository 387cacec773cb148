/* Each row is one function that looks at the machine and fills its item in. */
#include "harden.h"
#include "sandbox.h"
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL_MEMFD_SECRET 447 /* the same on every architecture that has it */

static void say(struct security_item *item, enum security_level level, const char *finding)
{
    item->level = level;
    item->finding = finding;
}

/* First line of a small file of /proc or /sys; false (and "") when it cannot be read. */
static bool first_line(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    bool got = f && fgets(out, (int)size, f);
    if (f)
        fclose(f);
    if (!got)
        out[0] = 0;
    out[strcspn(out, "\n")] = 0;
    return got;
}

/* Value of a "Name:\tvalue" line of a status file. */
static bool status_field(const char *path, const char *name, char *out, size_t size)
{
    char line[256];
    bool found = false;
    size_t len = strlen(name);
    FILE *f = fopen(path, "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        found = strncmp(line, name, len) == 0 && line[len] == ':';
        if (found)
            snprintf(out, size, "%s", line + len + 1 + strspn(line + len + 1, " \t"));
    }
    if (f)
        fclose(f);
    if (!found)
        out[0] = 0;
    out[strcspn(out, "\n")] = 0;
    return found;
}

static void probe_build(struct security_item *item)
{
    item->name = N_("This build");
#ifdef KEYRITE_SANITIZED
    say(item, SECURITY_BAD,
        N_("is for tests: it can be dumped, and the vault's sandbox is loosened"));
#else
    say(item, SECURITY_GOOD, N_("is hardened"));
#endif
}

static void probe_cores(struct security_item *item)
{
    struct rlimit limit;
    item->name = N_("Core dumps");
    bool off =
        getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0;
    say(item, off ? SECURITY_GOOD : SECURITY_BAD, off ? N_("are off") : N_("are possible"));
}

static void probe_ptrace(struct security_item *item)
{
    char scope[16];
    item->name = N_("Debuggers");
    if (first_line("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof scope))
        snprintf(item->detail, sizeof item->detail, "ptrace_scope %s", scope);
    if (prctl(PR_GET_DUMPABLE) != 0)
        say(item, SECURITY_BAD, N_("may attach to this program"));
    else if (geteuid() == 0)
        say(item, SECURITY_WARN, N_("of the superuser alone may attach, and keyrite runs as one"));
    else
        say(item, SECURITY_GOOD, N_("of the superuser alone may attach"));
}

static void probe_locked(struct security_item *item)
{
    struct rlimit limit;
    item->name = N_("Memory for secrets");
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        snprintf(item->detail, sizeof item->detail, "%llu KiB",
                 (unsigned long long)limit.rlim_cur / 1024);
    if (secret_heap_is_locked())
        say(item, SECURITY_GOOD, N_("is locked and never swapped"));
    else
        say(item, SECURITY_BAD, N_("cannot be locked"));
}

static void probe_swap(struct security_item *item)
{
    char line[256];
    FILE *f = fopen("/proc/swaps", "re");
    item->name = N_("Swap");
    say(item, SECURITY_GOOD, N_("is off"));
    if (!f)
        say(item, SECURITY_WARN, N_("cannot be looked at"));
    /* The first line is the heading. */
    if (f && fgets(line, sizeof line, f) && fgets(line, sizeof line, f)) {
        line[strcspn(line, " \t\n")] = 0;
        snprintf(item->detail, sizeof item->detail, "%.80s", line);
        say(item, SECURITY_WARN, N_("is on: what is not locked may reach the disk"));
    }
    if (f)
        fclose(f);
}

static void probe_landlock(struct security_item *item)
{
    int abi = sandbox_landlock_abi();
    item->name = N_("Landlock");
    if (abi > 0)
        snprintf(item->detail, sizeof item->detail, "ABI %d", abi);
    say(item, abi > 0 ? SECURITY_GOOD : SECURITY_WARN,
        abi > 0 ? N_("is there") : N_("is not offered by this kernel"));
}

static void probe_seccomp(struct security_item *item)
{
    char actions[256];
    item->name = N_("System call filters");
    bool kill = first_line("/proc/sys/kernel/seccomp/actions_avail", actions, sizeof actions) &&
                strstr(actions, "kill_process");
    say(item, kill ? SECURITY_GOOD : SECURITY_BAD,
        kill ? N_("are there") : N_("are not offered by this kernel"));
}

static void probe_memfd_secret(struct security_item *item)
{
    long fd = syscall(CALL_MEMFD_SECRET, 0u);
    item->name = N_("Memory hidden from the kernel");
    /* Told because the machine has it or not; OpenSSL's locked heap is what keyrite uses. */
    if (fd >= 0) {
        close((int)fd);
        say(item, SECURITY_GOOD, N_("is offered; keyrite does not use it yet"));
    } else {
        say(item, SECURITY_GOOD, N_("is not offered; keyrite does not need it"));
    }
}

static void probe_random(struct security_item *item)
{
    unsigned char byte;
    item->name = N_("Random numbers");
    bool ready = getrandom(&byte, 1, GRND_NONBLOCK) == 1;
    secret_wipe(&byte, 1);
    say(item, ready ? SECURITY_GOOD : SECURITY_BAD,
        ready ? N_("are ready") : N_("are not ready yet: the machine has just started"));
}

static void probe_suspend(struct security_item *item)
{
    char states[128];
    item->name = N_("Suspend");
    first_line("/sys/power/state", states, sizeof states);
    snprintf(item->detail, sizeof item->detail, "%.90s", states);
    if (strstr(states, "disk"))
        say(item, SECURITY_WARN, N_("to disk is possible and would write all memory there"));
    else if (states[0])
        say(item, SECURITY_WARN, N_("keeps everything in memory while nobody watches"));
    else
        say(item, SECURITY_GOOD, N_("is not possible"));
}

/* ---- where the screen goes ---- */

struct watcher {
    const char *program; /* as /proc/PID/stat names it, at most 15 letters */
    const char *finding;
};
static const struct watcher watchers[] = {
    {"script", N_("is being recorded by another program")},
    {"scriptreplay", N_("is being recorded by another program")},
    {"ttyrec", N_("is being recorded by another program")},
    {"asciinema", N_("is being recorded by another program")},
    {"sshd", N_("is far away: the line carries what is typed")},
    {"sshd-session", N_("is far away: the line carries what is typed")},
    {"mosh-server", N_("is far away: the line carries what is typed")},
    {"tmux: server", N_("lies in tmux, which keeps what is shown")},
    {"screen", N_("lies in screen, which keeps what is shown")},
    {"SCREEN", N_("lies in screen, which keeps what is shown")},
};

/* Name and parent of a process; false when it cannot be read. */
static bool process_line(pid_t pid, char name[32], pid_t *parent)
{
    char path[64];
    char line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (!first_line(path, line, sizeof line))
        return false;
    char *open = strchr(line, '(');
    char *close = strrchr(line, ')');
    int up;
    if (!open || !close || sscanf(close, ") %*c %d", &up) != 1)
        return false;
    *close = 0;
    snprintf(name, 32, "%.31s", open + 1);
    *parent = (pid_t)up;
    return true;
}

static const struct watcher *watcher_above(void)
{
    char name[32];
    pid_t pid = getppid();
    for (int depth = 0; depth < 64 && pid > 1 && process_line(pid, name, &pid); depth++) {
        for (size_t i = 0; i < sizeof watchers / sizeof watchers[0]; i++) {
            if (strcmp(name, watchers[i].program) == 0)
                return &watchers[i];
        }
    }
    return NULL;
}

static void probe_terminal(struct security_item *item)
{
    char tty[64] = "";
    item->name = N_("Terminal");
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    int through = isatty(0) ? 0 : fd;
    if (through < 0 || ttyname_r(through, tty, sizeof tty) != 0)
        tty[0] = 0;
    if (fd >= 0)
        close(fd);
    snprintf(item->detail, sizeof item->detail, "%s", tty);
    const struct watcher *above = watcher_above();
    unsigned number;
    if (above)
        say(item, SECURITY_BAD, above->finding);
    else if (getenv("SSH_CONNECTION") || getenv("SSH_TTY"))
        say(item, SECURITY_BAD, N_("is far away: the line carries what is typed"));
    else if (getenv("TMUX"))
        say(item, SECURITY_BAD, N_("lies in tmux, which keeps what is shown"));
    else if (getenv("STY"))
        say(item, SECURITY_BAD, N_("lies in screen, which keeps what is shown"));
    else if (sscanf(tty, "/dev/tty%u", &number) == 1)
        say(item, SECURITY_GOOD, N_("is the machine's own"));
    else
        say(item, SECURITY_WARN, N_("belongs to another program, which sees what is typed"));
}

/* ---- the vault, as the kernel shows it ---- */

static void probe_vault(pid_t pid, struct security_item *item)
{
    char path[64];
    char filter[16];
    char privileges[16];
    item->name = N_("Vault process");
    if (pid <= 0) {
        say(item, SECURITY_WARN, N_("is not running"));
        return;
    }
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    snprintf(item->detail, sizeof item->detail, "%d", (int)pid);
    bool confined = status_field(path, "Seccomp", filter, sizeof filter) &&
                    strcmp(filter, "2") == 0 &&
                    status_field(path, "NoNewPrivs", privileges, sizeof privileges) &&
                    strcmp(privileges, "1") == 0;
    if (!confined)
        say(item, SECURITY_BAD, N_("runs without its sandbox"));
#ifdef KEYRITE_SANITIZED
    else
        say(item, SECURITY_WARN, N_("runs in a sandbox loosened for tests"));
#else
    else if (sandbox_landlock_abi() == 0)
        say(item, SECURITY_WARN, N_("runs behind a system call filter alone"));
    else
        say(item, SECURITY_GOOD, N_("reaches no file, no network and no other program"));
#endif
}

size_t security_probe(pid_t vault_pid, struct security_item *items, size_t room)
{
    static void (*const probes[])(struct security_item *) = {
        probe_build,  probe_cores,    probe_ptrace,   probe_locked,
        probe_swap,   probe_landlock, probe_seccomp,  probe_memfd_secret,
        probe_random, probe_suspend,  probe_terminal,
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0] && n < room; i++) {
        items[n] = (struct security_item){.finding = ""};
        probes[i](&items[n++]);
    }
    if (n < room) {
        items[n] = (struct security_item){.finding = ""};
        probe_vault(vault_pid, &items[n++]);
    }
    return n;
}
