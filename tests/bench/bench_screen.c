/*
 * The first screen and the memory of the real console on a store with 100,000 entries.
 *   bench_screen [FOLDER [ENTRIES]]     (default /var/tmp, 100000). Exit 1 when a target is missed.
 *
 * The console runs in a pseudo-terminal. "First screen" is everything between the passphrase and
 * the list of ceremonies: opening and checking the store, drawing who is here, and, from Enter on
 * "go on", the list. Argon2id is not in it, being slow on purpose: its 256 MiB lie in the vault
 * process while it works and are given back when it is done, so its end is the moment when the
 * vault's resident memory falls, looked at every 0.2 ms in /proc.
 */
#include <dirent.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../../crypto/harden.h"
#include "figures.h"
#include "holding.h"

#define ROOM       1024
#define RUNS       7
#define PATIENCE_S 60.0
#define LOOK_US    200
#define UNSEALED   99 /* entries after the last checkpoint: the most there can be */
#define BATCH      1000
#define END_KEY    "\033OF" /* of an xterm */
#define TARGET_MS  100.0
#define TARGET_MIB 64.0

/* ---- The store ---- */

static enum kr_error person_signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                                  uint8_t sig[64])
{
    return vault_sign(ctx, person, message, len, sig);
}

static enum kr_error log_signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                               uint8_t sig[64])
{
    (void)person;
    return vault_log_sign(ctx, message, len, sig);
}

static void append(struct store *store, const struct signer *who, unsigned long n)
{
    struct entry e;
    entry_begin(&e, "note");
    must(entry_add(&e, "text", "card 1000100000000%07lu, chip %016lX", n, n * 2654435761UL),
         "an entry");
    must(entry_add(&e, "software", "%s", KEYRITE_VERSION), "an entry");
    must(journal_append(store, &e, who, 1), "an entry");
    entry_free(&e);
}

static void fill(struct session *s, unsigned long entries)
{
    struct signer who = {
        .person = "wang", .role = "supervisor", .sign = person_signs, .ctx = session_vault(s)};
    struct signer log = {.sign = log_signs, .ctx = session_vault(s)};
    struct store *store = session_store(s);
    while (journal_size(store) < entries) {
        unsigned long size = journal_size(store), left = entries - size;
        bool last = left <= UNSEALED;
        unsigned long batch = last ? left : left - UNSEALED < BATCH ? left - UNSEALED : BATCH;
        must(store_begin(store), "filling");
        for (unsigned long i = 0; i < batch; i++)
            append(store, &who, size + i);
        must(store_commit(store), "filling");
        if (!last)
            must(checkpoint_make(store, &log, NULL, 0, NULL, 0), "a checkpoint");
    }
}

/* A centre as in production, its passphrases behind 256 MiB of Argon2id, founded by the engine. */
static void make_store(const char *store, unsigned long entries)
{
    const struct session_options o = {.store_dir = store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = "cardio/layouts",
                                      .readers = READER_PCSC};
    struct holding h = {.quantity = ""};
    must(session_start(&o, &h.session), "a session");
    must(hold(&h, "ceremony/scripts/site-init.yaml"), "site-init");
    fill(h.session, entries);
    session_end(&h.session);
}

/* ---- The console in a pseudo-terminal ---- */

struct terminal {
    pid_t pid;
    int fd;
    char seen[1 << 16]; /* what the console wrote since the last key */
    size_t len;
};

static void terminal_start(struct terminal *t, char *program, char *store)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    char *const argv[] = {program, "--store", store, "--lang", "en", NULL};
    t->len = 0;
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    must_hold(t->pid >= 0, "a pseudo-terminal");
    if (t->pid == 0) {
        setenv("TERM", "xterm", 1);
        execv(program, argv);
        _exit(127);
    }
}

static void terminal_end(struct terminal *t)
{
    kill(t->pid, SIGKILL);
    waitpid(t->pid, NULL, 0);
    close(t->fd);
}

/* Takes what has come, waiting at most wait_us for it. */
static void take(struct terminal *t, long wait_us)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    struct timespec wait = {.tv_nsec = wait_us * 1000};
    if (ppoll(&p, 1, &wait, NULL) != 1)
        return;
    must_hold(t->len + 4096 < sizeof t->seen, "a flood of output");
    ssize_t n = read(t->fd, t->seen + t->len, 4096);
    must_hold(n > 0, "the console ended");
    t->len += (size_t)n;
}

static bool shows(const struct terminal *t, const char *text)
{
    return memmem(t->seen, t->len, text, strlen(text)) != NULL;
}

static void wait_for(struct terminal *t, const char *text)
{
    for (double end = bench_now() + PATIENCE_S; !shows(t, text);) {
        must_hold(bench_now() < end, text);
        take(t, LOOK_US);
    }
}

static void press(struct terminal *t, const char *keys)
{
    t->len = 0;
    must_hold(write(t->fd, keys, strlen(keys)) == (ssize_t)strlen(keys), "a key");
}

/* ---- Processes ---- */

/* The parent of a process and its name; 0 when it is gone. */
static pid_t parent_of(long pid, char name[32])
{
    char path[64];
    long parent = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%*d (%31[^)]) %*c %ld", name, &parent) != 2)
        parent = 0;
    if (f)
        fclose(f);
    return (pid_t)parent;
}

/* Resident memory of the console's processes together; that named is put in *named. */
static long children_kib(pid_t console, const char *name, pid_t *named)
{
    char found[32];
    long sum = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d));) {
        long pid = strtol(e->d_name, NULL, 10);
        if (pid <= 0 || parent_of(pid, found) != console)
            continue;
        sum += resident_kib((pid_t)pid);
        if (strcmp(found, name) == 0)
            *named = (pid_t)pid;
    }
    if (d)
        closedir(d);
    return sum;
}

/* ---- Measuring ---- */

struct figures {
    double argon[RUNS], open[RUNS], list[RUNS], screen[RUNS]; /* milliseconds */
    double console[RUNS], all[RUNS];                          /* MiB */
};

/* From now until the vault's memory has risen and fallen again. */
static double wait_for_argon(struct terminal *t, pid_t vault)
{
    double start = bench_now();
    long before = resident_kib(vault), highest = before, now = before;
    while (highest < before + 16 * 1024 || now > before + (highest - before) / 2) {
        must_hold(bench_now() < start + PATIENCE_S, "Argon2id is not seen to end");
        take(t, LOOK_US);
        now = resident_kib(vault);
        highest = now > highest ? now : highest;
    }
    return bench_now();
}

static void run_once(struct figures *f, int run, char *program, char *store)
{
    static struct terminal t;
    pid_t vault = 0;
    terminal_start(&t, program, store);
    wait_for(&t, "Press Enter to sign in");
    press(&t, "\r");
    wait_for(&t, "Who is here?");
    press(&t, "\r");
    wait_for(&t, "types the passphrase");
    press(&t, HOLDING_FIRST_PASSPHRASE);
    children_kib(t.pid, "vault", &vault);
    must_hold(vault != 0, "the vault process");
    double typed = bench_now();
    press(&t, "\r");
    double ready = wait_for_argon(&t, vault);
    wait_for(&t, HOLDING_FIRST " is signed in");
    double opened = bench_now();
    press(&t, END_KEY);
    wait_for(&t, "Go on: what can be done now");
    press(&t, "\r");
    double left = bench_now();
    wait_for(&t, "Ceremonies of this centre");
    double listed = bench_now();
    f->argon[run] = (ready - typed) * 1e3;
    f->open[run] = (opened - ready) * 1e3;
    f->list[run] = (listed - left) * 1e3;
    f->screen[run] = f->open[run] + f->list[run];
    sleep(1);
    long console = resident_kib(t.pid);
    f->console[run] = (double)console / 1024;
    f->all[run] = (double)(console + children_kib(t.pid, "", &vault)) / 1024;
    terminal_end(&t);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[RUNS])
{
    qsort(values, RUNS, sizeof *values, by_value);
    return values[RUNS / 2];
}

static bool tell(struct figures *f, unsigned long entries)
{
    double screen = median(f->screen), console = median(f->console), all = median(f->all);
    bool quick = screen < TARGET_MS, small = console < TARGET_MIB && all < TARGET_MIB;
    printf("first screen: %lu entries, %.1f ms after the passphrase (opening %.1f, list %.1f; "
           "Argon2id took %.0f): ratio %.2f (target < 100 ms) %s\n",
           entries, screen, median(f->open), median(f->list), median(f->argon), screen / TARGET_MS,
           verdict(quick));
    printf("memory: console %.1f MiB, all its processes %.1f MiB resident: ratio %.2f (target < 64 "
           "MiB) %s\n",
           console, all, all / TARGET_MIB, verdict(small));
    return quick && small;
}

int main(int argc, char **argv)
{
    const struct child_role roles[] = {vault_role, cards_role, watch_role};
    static struct figures f;
    char folder[ROOM / 2], store[ROOM], program[ROOM];
    unsigned long entries = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
    int status = 0;
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof roles[0], &status))
        return status;
    must(harden_process(), "this process");
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 16);
    must_hold(n > 0, "/proc/self/exe");
    program[n] = '\0';
    for (int i = 0; i < 2; i++)
        *strrchr(program, '/') = '\0';
    strncat(program, "/keyrite", 9);
    snprintf(folder, sizeof folder, "%.200s/keyrite-screen-XXXXXX",
             argc > 1 ? argv[1] : "/var/tmp");
    must_hold(mkdtemp(folder) != NULL, folder);
    snprintf(store, sizeof store, "%s/store", folder);
    make_store(store, entries);
    for (int run = 0; run < RUNS; run++)
        run_once(&f, run, program, store);
    bool good = tell(&f, entries);
    must_hold(setenv("F", folder, 1) == 0 && system("rm -rf \"$F\"") == 0, folder);
    return good ? 0 : 1;
}
