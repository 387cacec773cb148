#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../crypto/secret.h"

#define LEAVE_GRACE_S 2

/* Signal handlers can reach nothing else. */
static volatile sig_atomic_t leave_asked, size_changed;
static struct termios found_modes;
static volatile sig_atomic_t modes_known;

/* Attributes off, cursor on, screen cleared, scrollback cleared, main screen. */
static const char plain_restore[] =
    "\033[0m\033[?25h\033[?2004l\033[H\033[2J\033[3J\033[?1049l\033[3J";

/* Async-signal-safe. */
static bool takes_output(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) != 0;
}

static void restore_plainly(void)
{
    if (takes_output()) {
        ssize_t ignored = write(STDOUT_FILENO, plain_restore, sizeof plain_restore - 1);
        (void)ignored;
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &found_modes);
}

static void on_leave(int number)
{
    leave_asked = number;
    alarm(LEAVE_GRACE_S);
}

/* Told to leave, the program may be held up by drawing on a terminal that nobody reads. What waits
 * there is thrown away, and the program ends at once: that is what kill -9 would do, and everything
 * is made to bear it. */
static void on_grace_over(int number)
{
    int saved = errno;
    (void)number;
    if (modes_known && !takes_output()) {
        tcflush(STDOUT_FILENO, TCOFLUSH);
        restore_plainly();
        _exit(128 + leave_asked);
    }
    if (modes_known)
        alarm(1);
    errno = saved;
}

static void on_size(int number)
{
    (void)number;
    size_changed = 1;
}

static void on_crash(int number)
{
    if (modes_known)
        restore_plainly();
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_signal(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void catch_signals(void)
{
    static const int crashes[] = {SIGABRT, SIGSYS};
#ifndef KEYRITE_SANITIZED /* for these the sanitizers' own handlers say more */
    static const int faults[] = {SIGBUS, SIGFPE, SIGILL, SIGSEGV};

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        catch_signal(faults[i], on_crash);
#endif
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        catch_signal(crashes[i], on_crash);
    catch_signal(SIGTERM, on_leave);
    catch_signal(SIGHUP, on_leave);
    catch_signal(SIGINT, on_leave);
    catch_signal(SIGQUIT, on_leave);
    catch_signal(SIGALRM, on_grace_over);
    catch_signal(SIGWINCH, on_size);
    catch_signal(SIGCONT, on_size);
    catch_signal(SIGTSTP, SIG_IGN);
    catch_signal(SIGPIPE, SIG_IGN);
}

static void learn_keys(struct keyboard *k)
{
    static const struct {
        const char *name;
        enum key_code code;
    } names[] = {
        {"kcuu1", KEY_UP_CODE},    {"kcud1", KEY_DOWN_CODE}, {"kcub1", KEY_LEFT_CODE},
        {"kcuf1", KEY_RIGHT_CODE}, {"khome", KEY_HOME_CODE}, {"kend", KEY_END_CODE},
        {"kpp", KEY_PAGE_UP},      {"knp", KEY_PAGE_DOWN},   {"kdch1", KEY_DELETE},
        {"kcbt", KEY_BACKTAB},
    };
    char name[16];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *sequence = tigetstr(names[i].name);
        if (sequence && sequence != (char *)-1)
            keyboard_learn(k, sequence, names[i].code);
    }
    for (int f = 1; f <= 12; f++) {
        snprintf(name, sizeof name, "kf%d", f);
        const char *sequence = tigetstr(name);
        if (sequence && sequence != (char *)-1)
            keyboard_learn(k, sequence, KEY_F1_CODE + (unsigned)(f - 1));
    }
}

/* SQLCipher, libraries and children write there at will, which would tear the screen. */
static void stderr_aside(struct terminal *t)
{
    t->stderr_real = dup(STDERR_FILENO);
    t->stderr_kept = memfd_create("keyrite-stderr", MFD_CLOEXEC);
    if (t->stderr_real >= 0)
        fcntl(t->stderr_real, F_SETFD, FD_CLOEXEC);
    if (t->stderr_kept >= 0)
        dup2(t->stderr_kept, STDERR_FILENO);
}

static void stderr_back(struct terminal *t)
{
    char bytes[1024];
    off_t at = 0;
    ssize_t n;

    if (t->stderr_real < 0)
        return;
    dup2(t->stderr_real, STDERR_FILENO);
    close(t->stderr_real);
    t->stderr_real = -1;
    while (t->stderr_kept >= 0 && at < 16384 &&
           (n = pread(t->stderr_kept, bytes, sizeof bytes, at)) > 0) {
        if (write(STDERR_FILENO, bytes, (size_t)n) < 0)
            break;
        at += n;
    }
    if (t->stderr_kept >= 0)
        close(t->stderr_kept);
    t->stderr_kept = -1;
}

enum kr_error terminal_open(struct terminal *t, enum theme_kind theme)
{
    const char *kind = getenv("TERM");

    memset(t, 0, sizeof *t);
    t->stderr_real = t->stderr_kept = -1;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return kr_fail(KR_E_TERMINAL, "stdin, stdout");
    if (tcgetattr(STDIN_FILENO, &found_modes) == 0)
        modes_known = 1;
    t->screen = newterm(NULL, stdout, stdin);
    if (!t->screen)
        return kr_fail(KR_E_TERMINAL, "TERM=%.40s", kind ? kind : "");
    set_term(t->screen);
    catch_signals();
    stderr_aside(t);
    raw();
    noecho();
    nonl();
    curs_set(0);
    leaveok(stdscr, FALSE);
    keyboard_begin(&t->keyboard);
    learn_keys(&t->keyboard);
    theme_open(&t->theme, theme);
    putp("\033[?2004h"); /* bracketed paste, so that pasted text can be told from typed */
    fflush(stdout);
    getmaxyx(stdscr, t->height, t->width);
    return KR_OK;
}

void terminal_leave(struct terminal *t)
{
    if (!t->screen || isendwin())
        return;
    clear();
    refresh();
    putp("\033[?2004l");
    putp("\033[3J");
    endwin();
    putp("\033[3J");
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &found_modes);
    modes_known = 0;
    alarm(0);
    secret_wipe(&t->keyboard, sizeof t->keyboard);
    stderr_back(t);
}

void terminal_close(struct terminal *t)
{
    if (!t->screen)
        return;
    terminal_leave(t);
    delscreen(t->screen);
    t->screen = NULL;
}

bool terminal_must_leave(void)
{
    return leave_asked != 0;
}

bool terminal_resized(struct terminal *t)
{
    struct winsize size;

    if (!size_changed)
        return false;
    size_changed = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    getmaxyx(stdscr, t->height, t->width);
    clearok(curscr, TRUE);
    return true;
}

bool terminal_wait(struct terminal *t, int other_fd, int milliseconds)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = other_fd, .events = POLLIN}};
    uint8_t bytes[32];
    bool open = true;

    if (poll(fds, 2, milliseconds) <= 0)
        return true;
    if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
        size_t room = KEYBOARD_ROOM - t->keyboard.len;
        ssize_t n = read(STDIN_FILENO, bytes, room < sizeof bytes ? room : sizeof bytes);
        open = n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
        if (n > 0)
            keyboard_feed(&t->keyboard, bytes, (size_t)n, terminal_now_ms());
        secret_wipe(bytes, sizeof bytes);
    }
    return open;
}

int64_t terminal_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
