/* Child processes: how they start, speak, and end. */
#include "../../crypto/child.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define WAIT_MS 20000

/* ---- roles ---- */

static int echo_serve(int fd)
{
    static uint8_t bytes[WIRE_MAX];
    size_t len;
    int passed;
    while (child_receive(fd, bytes, sizeof bytes, &len, -1, &passed) == KR_OK) {
        if (child_send(fd, bytes, len, passed) != KR_OK)
            break;
        if (passed >= 0)
            close(passed);
    }
    return 0;
}

static void count_open_files(char *out, size_t size)
{
    size_t count = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; d && (e = readdir(d));) {
        int fd = atoi(e->d_name);
        count += e->d_name[0] != '.' && fd != dirfd(d);
    }
    if (d)
        closedir(d);
    snprintf(out, size, "%zu", count);
}

/* Answers a question about the process that it is. */
static int about_serve(int fd)
{
    uint8_t question[64];
    char answer[512] = "";
    size_t len;
    while (child_receive(fd, question, sizeof question - 1, &len, -1, NULL) == KR_OK) {
        question[len] = 0;
        if (strcmp((char *)question, "files") == 0)
            count_open_files(answer, sizeof answer);
        else if (strcmp((char *)question, "dumpable") == 0)
            snprintf(answer, sizeof answer, "%d", prctl(PR_GET_DUMPABLE));
        else if (strcmp((char *)question, "session") == 0)
            snprintf(answer, sizeof answer, "%d", getsid(0) == getpid());
        else
            snprintf(answer, sizeof answer, "%s", getenv((char *)question) ? "there" : "not there");
        child_send(fd, (uint8_t *)answer, strlen(answer), -1);
    }
    return 0;
}

/* A parent that dies: starts an echo, tells its pid, and waits to be killed. */
static int parent_serve(int fd)
{
    struct child c;
    if (child_start(&c, "@echo") != KR_OK)
        return 1;
    child_send(fd, (const uint8_t *)&c.pid, sizeof c.pid, -1);
    for (;;)
        pause();
}

static int seven_serve(int fd)
{
    close(fd);
    return 7;
}

static const struct child_role roles[] = {
    {"@echo", echo_serve},
    {"@about", about_serve},
    {"@parent", parent_serve},
    {"@seven", seven_serve},
};

/* ---- tests ---- */

static void ask(struct child *c, const char *question, char answer[512])
{
    size_t len;
    assert_int_equal(child_send(c->fd, (const uint8_t *)question, strlen(question), -1), KR_OK);
    assert_int_equal(child_receive(c->fd, (uint8_t *)answer, 511, &len, WAIT_MS, NULL), KR_OK);
    answer[len] = 0;
}

static void messages_come_back_whole_up_to_the_limit(void **state)
{
    (void)state;
    static uint8_t out[WIRE_MAX];
    static uint8_t in[WIRE_MAX];
    const size_t sizes[] = {1, 2, 4096, WIRE_MAX - 1, WIRE_MAX};
    struct child c;
    size_t len;
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (uint8_t)(i * 31 + i / 256);
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    assert_true(child_running(&c));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(child_send(c.fd, out, sizes[i], -1), KR_OK);
        assert_int_equal(child_receive(c.fd, in, sizeof in, &len, WAIT_MS, NULL), KR_OK);
        assert_int_equal(len, sizes[i]);
        assert_memory_equal(in, out, len);
    }
    child_kill(&c);
}

static void an_empty_or_oversized_message_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    static uint8_t out[WIRE_MAX + 1];
    struct child c;
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    assert_int_equal(child_send(c.fd, out, 0, -1), KR_E_ARGUMENT);
    assert_int_equal(child_send(c.fd, out, sizeof out, -1), KR_E_ARGUMENT);
    child_kill(&c);
}

static void a_message_longer_than_the_room_is_an_error_and_not_cut(void **state)
{
    (void)state;
    struct child c;
    uint8_t bytes[32] = {1};
    size_t len;
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    assert_int_equal(child_send(c.fd, bytes, sizeof bytes, -1), KR_OK);
    assert_int_equal(child_receive(c.fd, bytes, 16, &len, WAIT_MS, NULL), KR_E_MESSAGE);
    assert_int_equal(len, 0);
    child_kill(&c);
}

static void a_file_descriptor_rides_along_and_one_not_wanted_is_closed(void **state)
{
    (void)state;
    struct child c;
    uint8_t byte = 5;
    size_t len;
    int passed = -1;
    char answer[512];
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    assert_int_equal(child_send(c.fd, &byte, 1, file), KR_OK);
    assert_int_equal(child_receive(c.fd, &byte, 1, &len, WAIT_MS, &passed), KR_OK);
    assert_true(passed >= 0);
    assert_true(read(passed, answer, 4) == 4);
    assert_true(fcntl(passed, F_GETFD) & FD_CLOEXEC);
    close(passed);
    child_kill(&c);

    assert_int_equal(child_start(&c, "@about"), KR_OK);
    ask(&c, "files", answer);
    assert_int_equal(child_send(c.fd, (const uint8_t *)"files", 5, file), KR_OK);
    char again[512];
    assert_int_equal(child_receive(c.fd, (uint8_t *)again, 511, &len, WAIT_MS, NULL), KR_OK);
    again[len] = 0;
    assert_string_equal(again, answer);
    child_kill(&c);
    close(file);
}

static void silence_ends_in_a_timeout_and_death_in_closed(void **state)
{
    (void)state;
    struct child c;
    uint8_t byte = 1;
    size_t len;
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    assert_int_equal(child_receive(c.fd, &byte, 1, &len, 50, NULL), KR_E_SYSTEM);
    assert_string_equal(kr_detail(), "timeout");
    kill(c.pid, SIGKILL);
    assert_int_equal(child_receive(c.fd, &byte, 1, &len, WAIT_MS, NULL), KR_E_SYSTEM);
    assert_string_equal(kr_detail(), "closed");
    assert_int_equal(child_send(c.fd, &byte, 1, -1), KR_E_SYSTEM);
    assert_string_equal(kr_detail(), "closed");
    child_kill(&c);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void signals_do_not_shorten_the_wait(void **state)
{
    (void)state;
    struct child c;
    uint8_t byte = 1;
    size_t len;
    struct timespec a;
    struct timespec b;
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    clock_gettime(CLOCK_MONOTONIC, &a);
    ualarm(20000, 20000);
    assert_int_equal(child_receive(c.fd, &byte, 1, &len, 200, NULL), KR_E_SYSTEM);
    ualarm(0, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_string_equal(kr_detail(), "timeout");
    int64_t ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
    assert_true(ms >= 195);
    child_kill(&c);
}

static void a_child_has_four_files_no_core_and_nothing_of_the_environment(void **state)
{
    (void)state;
    struct child c;
    char answer[512];
    int leaked =
        open("/dev/null", O_RDONLY); /* not close-on-exec: it must not be inherited all the same */
    setenv("KEYRITE_TEST_SECRET", "1", 1);
    setenv("PCSCLITE_CSOCK_NAME", "/tmp/x", 1);
    assert_int_equal(child_start(&c, "@about"), KR_OK);
    ask(&c, "files", answer);
    assert_string_equal(answer, "4");
    ask(&c, "KEYRITE_TEST_SECRET", answer);
    assert_string_equal(answer, "not there");
    ask(&c, "LD_PRELOAD", answer);
    assert_string_equal(answer, "not there");
    ask(&c, "PCSCLITE_CSOCK_NAME", answer);
    assert_string_equal(answer, "there");
    ask(&c, "session", answer);
    assert_string_equal(answer, "1");
#ifndef KEYRITE_SANITIZED
    ask(&c, "dumpable", answer);
    assert_string_equal(answer, "0");
#endif
    unsetenv("PCSCLITE_CSOCK_NAME");
    unsetenv("KEYRITE_TEST_SECRET");
    close(leaked);
    child_kill(&c);
}

static void two_children_do_not_hold_each_others_sockets(void **state)
{
    (void)state;
    struct child a;
    struct child b;
    char answer[512];
    assert_int_equal(child_start(&a, "@echo"), KR_OK);
    assert_int_equal(child_start(&b, "@about"), KR_OK);
    ask(&b, "files", answer);
    assert_string_equal(answer, "4");
    child_kill(&b);
    child_kill(&a);
}

/* True once the process is gone (or only waits to be collected by someone else). */
static bool ends_soon(pid_t pid)
{
    char path[64];
    char line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (int i = 0; i < 500; i++) {
        FILE *f = fopen(path, "r");
        bool alive = f && fgets(line, sizeof line, f) && !strstr(line, ") Z ");
        if (f)
            fclose(f);
        if (!alive)
            return true;
        usleep(20000);
    }
    return false;
}

static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    struct child parent;
    pid_t grandchild = 0;
    size_t len;
    assert_int_equal(child_start(&parent, "@parent"), KR_OK);
    assert_int_equal(
        child_receive(parent.fd, (uint8_t *)&grandchild, sizeof grandchild, &len, WAIT_MS, NULL),
        KR_OK);
    assert_true(grandchild > 0 && kill(grandchild, 0) == 0);
    child_kill(&parent);
    assert_true(ends_soon(grandchild));
}

static void a_child_ends_when_its_socket_is_closed(void **state)
{
    (void)state;
    struct child c;
    int status;
    assert_int_equal(child_start(&c, "@echo"), KR_OK);
    close(c.fd);
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_true(WIFEXITED(status));
}

static void a_dead_child_is_seen_and_killing_it_again_is_harmless(void **state)
{
    (void)state;
    struct child c;
    uint8_t byte;
    size_t len;
    assert_int_equal(child_start(&c, "@seven"), KR_OK);
    assert_int_equal(child_receive(c.fd, &byte, 1, &len, WAIT_MS, NULL), KR_E_SYSTEM);
    for (int i = 0; i < 500 && child_running(&c); i++)
        usleep(10000);
    assert_false(child_running(&c));
    assert_int_equal(c.fd, -1);
    child_kill(&c);
    child_kill(&c);
}

static void only_role_words_start_and_only_known_ones_are_served(void **state)
{
    (void)state;
    struct child c;
    int status = -1;
    char name[] = "keyrite";
    char word[] = "@nobody";
    char plain[] = "echo";
    char *unknown[] = {name, word, NULL};
    char *ordinary[] = {name, plain, NULL};
    assert_int_equal(child_start(&c, "echo"), KR_E_ARGUMENT);
    assert_int_equal(child_start(&c, NULL), KR_E_ARGUMENT);
    assert_int_equal(child_start(&c, "@a-word-that-is-longer-than-any-role"), KR_E_ARGUMENT);
    assert_false(child_dispatch(2, unknown, roles, 1, &status));
    assert_false(child_dispatch(2, ordinary, roles, 1, &status));
    assert_false(child_dispatch(1, unknown, roles, 1, &status));
    assert_int_equal(status, -1);
}

int main(int argc, char **argv)
{
    int status;
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof roles[0], &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_back_whole_up_to_the_limit),
        cmocka_unit_test(an_empty_or_oversized_message_is_refused_before_it_is_sent),
        cmocka_unit_test(a_message_longer_than_the_room_is_an_error_and_not_cut),
        cmocka_unit_test(a_file_descriptor_rides_along_and_one_not_wanted_is_closed),
        cmocka_unit_test(silence_ends_in_a_timeout_and_death_in_closed),
        cmocka_unit_test(signals_do_not_shorten_the_wait),
        cmocka_unit_test(a_child_has_four_files_no_core_and_nothing_of_the_environment),
        cmocka_unit_test(two_children_do_not_hold_each_others_sockets),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(a_child_ends_when_its_socket_is_closed),
        cmocka_unit_test(a_dead_child_is_seen_and_killing_it_again_is_harmless),
        cmocka_unit_test(only_role_words_start_and_only_known_ones_are_served),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
