#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#define QUIET_MS 60

struct pseudo_terminal {
    VTerm *vterm;
    VTermScreen *screen;
    int fd;
    pid_t pid;
    bool ended;
    int status;
};

static void run_child(char *const argv[], char *const environment[])
{
    char *all[32] = {(char *)(uintptr_t) "TERM=xterm-256color",
                     (char *)(uintptr_t) "PATH=/usr/bin:/bin:/usr/sbin:/sbin"};
    size_t n = 2;

    for (size_t i = 0; environment[i] && n + 1 < sizeof all / sizeof all[0]; i++)
        all[n++] = environment[i];
    all[n] = NULL;
    execve(argv[0], argv, all);
    _exit(127);
}

struct pseudo_terminal *pt_start(char *const argv[], char *const environment[], int rows,
                                 int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    struct pseudo_terminal *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid == 0)
        run_child(argv, environment);
    t->vterm = vterm_new(rows, columns);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    return t;
}

static void reap(struct pseudo_terminal *t, bool wait)
{
    int status;

    if (!t->ended && waitpid(t->pid, &status, wait ? 0 : WNOHANG) == t->pid) {
        t->ended = true;
        t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

void pt_end(struct pseudo_terminal **out)
{
    struct pseudo_terminal *t = *out;

    if (!t)
        return;
    reap(t, false);
    if (!t->ended) {
        kill(t->pid, SIGKILL);
        reap(t, true);
    }
    close(t->fd);
    vterm_free(t->vterm);
    free(t);
    *out = NULL;
}

pid_t pt_pid(const struct pseudo_terminal *t)
{
    return t->pid;
}

/* One read; false at the end of the program's output. */
static bool take(struct pseudo_terminal *t)
{
    char bytes[4096];
    ssize_t n = read(t->fd, bytes, sizeof bytes);

    if (n <= 0)
        return n < 0 && errno == EINTR;
    vterm_input_write(t->vterm, bytes, (size_t)n);
    size_t answer = vterm_output_read(t->vterm, bytes, sizeof bytes);
    if (answer > 0 && write(t->fd, bytes, answer) < 0)
        return false;
    return true;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pt_listen(struct pseudo_terminal *t, int milliseconds)
{
    int64_t end = now_ms() + milliseconds;
    struct pollfd p = {.fd = t->fd, .events = POLLIN};

    while (now_ms() < end) {
        int left = (int)(end - now_ms());
        if (poll(&p, 1, left < QUIET_MS ? left : QUIET_MS) <= 0 || !take(t))
            return;
    }
}

void pt_send(struct pseudo_terminal *t, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(t->fd, bytes, len);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

void pt_resize(struct pseudo_terminal *t, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

    vterm_set_size(t->vterm, rows, columns);
    ioctl(t->fd, TIOCSWINSZ, &size);
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(heads[extra] | (c >> (6 * extra)));
    for (int i = 1; i <= extra; i++)
        out[i] = (char)(0x80 | ((c >> (6 * (extra - i))) & 0x3F));
    return (size_t)extra + 1;
}

static size_t put_line(struct pseudo_terminal *t, int row, int columns, char *out)
{
    size_t at = 0, end = 0;

    for (int column = 0; column < columns;) {
        VTermScreenCell cell;
        VTermPos where = {.row = row, .col = column};
        vterm_screen_get_cell(t->screen, where, &cell);
        uint32_t c = cell.chars[0] && cell.chars[0] != (uint32_t)-1 ? cell.chars[0] : ' ';
        at += put_utf8(out + at, c);
        if (c != ' ')
            end = at;
        column += cell.width > 1 ? cell.width : 1;
    }
    out[end++] = '\n';
    return end;
}

void pt_screen(struct pseudo_terminal *t, char out[SCREEN_ROOM])
{
    int rows, columns;
    size_t at = 0;

    vterm_get_size(t->vterm, &rows, &columns);
    for (int row = 0; row < rows && at + (size_t)columns * 4 + 2 < SCREEN_ROOM; row++)
        at += put_line(t, row, columns, out + at);
    out[at] = '\0';
}

bool pt_wait(struct pseudo_terminal *t, const char *text, bool present, int milliseconds)
{
    char screen[SCREEN_ROOM];
    int64_t end = now_ms() + milliseconds;

    do {
        pt_listen(t, QUIET_MS);
        pt_screen(t, screen);
        if ((strstr(screen, text) != NULL) == present)
            return true;
        reap(t, false);
        if (t->ended && !present)
            return true;
        usleep(5000); /* after its end the program's terminal answers at once */
    } while (now_ms() < end && !t->ended);
    pt_listen(t, QUIET_MS);
    pt_screen(t, screen);
    return (strstr(screen, text) != NULL) == present;
}

double pt_answer(struct pseudo_terminal *t, const char *text, bool present, int milliseconds)
{
    char screen[SCREEN_ROOM];
    struct timespec begun, now;
    double passed = 0;

    clock_gettime(CLOCK_MONOTONIC, &begun);
    do {
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        if (poll(&p, 1, milliseconds - (int)passed) > 0 && !take(t))
            return -1;
        clock_gettime(CLOCK_MONOTONIC, &now);
        passed =
            (double)(now.tv_sec - begun.tv_sec) * 1e3 + (double)(now.tv_nsec - begun.tv_nsec) / 1e6;
        pt_screen(t, screen);
        if ((strstr(screen, text) != NULL) == present)
            return passed;
    } while (passed < milliseconds);
    return -1;
}

int pt_exit(struct pseudo_terminal *t, int milliseconds)
{
    int64_t end = now_ms() + milliseconds;

    while (!t->ended && now_ms() < end) {
        pt_listen(t, 20);
        reap(t, false);
        usleep(5000);
    }
    pt_listen(t, QUIET_MS);
    return t->ended ? t->status : -1;
}

const char *pt_key(const char *name)
{
    static const struct {
        const char *name, *bytes;
    } keys[] = {
        {"Enter", "\r"},       {"Esc", "\033"},       {"Tab", "\t"},      {"Backtab", "\033[Z"},
        {"Backspace", "\177"}, {"Delete", "\033[3~"}, {"Up", "\033[A"},   {"Down", "\033[B"},
        {"Right", "\033[C"},   {"Left", "\033[D"},    {"Home", "\033[H"}, {"End", "\033[F"},
        {"PgUp", "\033[5~"},   {"PgDn", "\033[6~"},   {"F1", "\033OP"},   {"F2", "\033OQ"},
        {"F3", "\033OR"},      {"F4", "\033OS"},      {"F5", "\033[15~"}, {"F6", "\033[17~"},
        {"F7", "\033[18~"},    {"F8", "\033[19~"},    {"F9", "\033[20~"}, {"F10", "\033[21~"},
        {"F11", "\033[23~"},   {"F12", "\033[24~"},   {"Ctrl-L", "\f"},   {"Ctrl-C", "\003"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].bytes;
    return NULL;
}
