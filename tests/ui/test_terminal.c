#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "../../ui/terminal.h"

#define END_MS 10000

/* Draws for as long as it may. */
static void draw_and_draw(void)
{
    struct terminal t;
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TERM", "xterm", 1);
    if (terminal_open(&t, THEME_MONO) != KR_OK)
        _exit(1);
    for (int i = 0; !terminal_must_leave(); i++) {
        clearok(curscr, TRUE);
        mvprintw(i % 20, 0, "%070d", i);
        refresh();
    }
    terminal_close(&t);
    _exit(0);
}

static pid_t drawing(int *screen)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    pid_t pid = forkpty(screen, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0)
        draw_and_draw();
    /* It is at work once something was drawn, and then nobody reads any more. */
    struct pollfd drawn = {.fd = *screen, .events = POLLIN};
    assert_int_equal(poll(&drawn, 1, END_MS), 1);
    usleep(300000);
    return pid;
}

/* The exit status, 0 where there was just room enough for the last of the screen; -1 where it had
 * to be killed. */
static int end_of(pid_t pid)
{
    int status = 0;
    for (int waited = 0; waited < END_MS; waited += 50) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
        usleep(50000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

static void told_to_end_it_waits_for_a_terminal_that_nobody_reads(void **state)
{
    static const int told[] = {SIGTERM, SIGHUP};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int screen = -1;
        pid_t pid = drawing(&screen);
        kill(pid, told[i]);
        assert_true(end_of(pid) >= 0);
        close(screen);
    }
}

static void told_to_end_it_waits_for_a_terminal_whose_flow_was_stopped(void **state)
{
    int screen = -1;
    (void)state;
    pid_t pid = drawing(&screen);
    int line = open(ptsname(screen), O_RDWR | O_NOCTTY);
    assert_true(line >= 0);
    assert_int_equal(tcflow(line, TCOOFF), 0);
    kill(pid, SIGTERM);
    assert_true(end_of(pid) >= 0);
    close(line);
    close(screen);
}

static void the_modes_of_a_hung_terminal_stay_as_the_program_set_them(void **state)
{
    struct termios modes;
    int screen = -1;
    (void)state;
    pid_t pid = drawing(&screen);
    int line = open(ptsname(screen), O_RDWR | O_NOCTTY);
    kill(pid, SIGTERM);
    assert_true(end_of(pid) >= 0);
    assert_int_equal(tcgetattr(line, &modes), 0);
    assert_true(modes.c_lflag & ECHO);
    assert_true(modes.c_lflag & ICANON);
    close(line);
    close(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_to_end_it_waits_for_a_terminal_that_nobody_reads),
        cmocka_unit_test(told_to_end_it_waits_for_a_terminal_whose_flow_was_stopped),
        cmocka_unit_test(the_modes_of_a_hung_terminal_stay_as_the_program_set_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
