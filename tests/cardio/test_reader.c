/* The card process and the watch process, and what is known of a command that went wrong. */
#include "room.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static const struct apdu get_serial = {.cla = 0x80, .ins = 0xCA, .has_le = true, .le = 8};

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* A killed child that nobody has waited for yet stays, without files. */
static void wait_dead(pid_t pid)
{
    siginfo_t about = {0};
    assert_int_equal(waitid(P_PID, (id_t)pid, &about, WEXITED | WNOWAIT), 0);
    assert_int_equal(about.si_pid, pid);
}

static struct reader_status seen(struct room *r, size_t reader)
{
    struct reader_status s[READERS_MAX] = {0};
    enum kr_error problem;
    long start = now_ms();
    size_t n = readers_status(r->readers, s, READERS_MAX, &problem);
    assert_true(now_ms() - start < READER_DEADLINE_MS); /* it waits for no card */
    return reader < n ? s[reader] : (struct reader_status){0};
}

static struct reader_status wait_present(struct room *r, size_t reader, bool present)
{
    struct reader_status s = seen(r, reader);
    for (int i = 0; i < 100 && (s.present != present || !*s.name); i++) {
        pause_ms(20);
        s = seen(r, reader);
    }
    assert_true(*s.name);
    assert_int_equal(s.present, present);
    return s;
}

static void connect_new(struct room *r, char name[DECK_NAME_MAX], const char *fault)
{
    uint8_t atr[33];
    size_t len;
    put_new(r, "blank-mother", 0, name);
    if (fault)
        assert_int_equal(sim_fault_order(r->deck, 0, fault), KR_OK);
    assert_int_equal(reader_connect(r->readers, 0, atr, &len), KR_OK);
    assert_int_equal(len, 11);
    assert_int_equal(atr[0], 0x3B);
}

static void cards_that_come_and_go_are_seen_without_waiting(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    assert_int_equal(deck_eject(r->deck, 1), KR_OK);
    struct reader_status before = wait_present(r, 1, false);
    put_new(r, "blank-mother", 1, name);
    struct reader_status there = wait_present(r, 1, true);
    assert_true(there.changes > before.changes);
    assert_int_equal(deck_eject(r->deck, 1), KR_OK);
    assert_true(wait_present(r, 1, false).changes > there.changes);
}

/* One of this program's own children. */
static pid_t child_named(const char *name)
{
    char path[64], comm[32];
    int pid;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "r");
    assert_non_null(children);
    while (fscanf(children, "%d", &pid) == 1) {
        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        FILE *f = fopen(path, "r");
        bool found = f && fgets(comm, sizeof comm, f) && strcmp(comm, name) == 0;
        if (f)
            fclose(f);
        if (found) {
            fclose(children);
            return pid;
        }
    }
    fclose(children);
    fail_msg("no child %s", name);
    return 0;
}

static void the_watch_goes_on_after_its_process_was_killed(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    assert_int_equal(deck_eject(r->deck, 1), KR_OK);
    wait_present(r, 1, false);
    assert_int_equal(kill(child_named("watch\n"), SIGKILL), 0);
    put_new(r, "blank-mother", 1, name);
    struct reader_status s = seen(r, 1);
    for (int i = 0; i < 200 && !s.present; i++) {
        pause_ms(20);
        s = seen(r, 1);
    }
    assert_true(s.present);
}

static void a_mute_card_costs_one_deadline_and_nothing_more(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct reply reply;
    uint8_t atr[33];
    size_t len;
    connect_new(r, name, "2:mute");
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_OK);
    pid_t pid = readers_pid(r->readers);
    unsigned restarts = readers_restarts(r->readers);
    readers_set_deadline(r->readers, 200);
    long start = now_ms();
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_CARD_MUTE);
    assert_int_equal(reply.outcome, REPLY_LOST);
    assert_true(now_ms() - start >= 200);
    assert_true(now_ms() - start < 1500);
    readers_set_deadline(r->readers, READER_DEADLINE_MS);
    /* What the card knew of us is gone with the process; nothing is sent to it as if it were not.
     */
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_CARD_RESET);
    assert_int_equal(reply.outcome, REPLY_RESET);
    assert_int_equal(reader_connect(r->readers, 0, atr, &len), KR_OK);
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_OK);
    assert_int_equal(reply.sw, 0x9000);
    assert_int_not_equal(readers_pid(r->readers), pid);
    assert_int_equal(readers_restarts(r->readers), restarts + 1);
}

static void a_card_process_that_dies_leaves_the_command_in_doubt_and_comes_back(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct reply reply;
    uint8_t atr[33];
    size_t len;
    connect_new(r, name, NULL);
    assert_int_equal(kill(readers_pid(r->readers), SIGSTOP), 0);
    readers_set_deadline(r->readers, 200);
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_CARD_MUTE);
    assert_int_equal(reply.outcome, REPLY_LOST);
    readers_set_deadline(r->readers, READER_DEADLINE_MS);
    assert_int_equal(reader_connect(r->readers, 0, atr, &len), KR_OK);
    pid_t pid = readers_pid(r->readers);
    assert_int_equal(kill(pid, SIGKILL), 0);
    wait_dead(pid);
    assert_int_equal(reader_connect(r->readers, 0, atr, &len), KR_OK);
}

struct broken {
    const char *fault;
    enum kr_error err;
    enum reply_outcome outcome;
};
static void only_what_was_never_sent_is_called_not_sent(void **state)
{
    struct room *r = *state;
    static const struct broken rows[] = {
        {"1:gone-before", KR_E_CARD_GONE, REPLY_LOST}, {"1:gone-after", KR_E_CARD_GONE, REPLY_LOST},
        {"1:empty", KR_E_CARD_GONE, REPLY_LOST},       {"1:one-byte", KR_E_CARD_GONE, REPLY_LOST},
        {"1:reset", KR_E_CARD_RESET, REPLY_RESET},     {"1:wrong-sw", KR_OK, REPLY_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[DECK_NAME_MAX];
        struct reply reply;
        connect_new(r, name, rows[i].fault);
        assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), rows[i].err);
        assert_int_equal(reply.outcome, rows[i].outcome);
    }
}

static void another_length_that_the_card_asks_for_is_given_to_it(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct reply reply;
    struct apdu a = get_serial;
    connect_new(r, name, NULL);
    a.le = 4; /* the card answers 6C08 */
    assert_int_equal(reader_transmit(r->readers, 0, &a, &reply), KR_OK);
    assert_int_equal(reply.sw, 0x9000);
    assert_int_equal(reply.len, 8);
}

static void a_card_pulled_between_commands_is_not_there_and_after_a_reset_it_is(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct reply reply;
    connect_new(r, name, "1:reset");
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_CARD_RESET);
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_CARD_RESET);
    assert_int_equal(reader_reset(r->readers, 0), KR_OK);
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_OK);
    assert_int_equal(deck_eject(r->deck, 0), KR_OK);
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_NO_CARD);
    assert_int_equal(reply.outcome, REPLY_NOT_SENT);
    /* Put back, it is another session: the command is still not sent to a card that knows nothing
     * of us. */
    put_back(r, name, 0);
    assert_int_equal(reader_transmit(r->readers, 0, &get_serial, &reply), KR_E_NO_CARD);
}

static void readers_and_cards_that_are_not_there_have_their_own_errors(void **state)
{
    struct room *r = *state;
    uint8_t atr[33];
    size_t len;
    assert_int_equal(deck_eject(r->deck, 0), KR_OK);
    assert_int_equal(reader_connect(r->readers, 0, atr, &len), KR_E_NO_CARD);
    assert_int_equal(reader_connect(r->readers, 2, atr, &len), KR_E_NO_READER);
    assert_int_equal(reader_connect(r->readers, READERS_MAX, atr, &len), KR_E_NO_READER);
}

static void a_deck_that_is_not_there_is_refused_at_once(void **state)
{
    (void)state;
    struct readers *r;
    assert_int_not_equal(readers_open(&r, READER_SIM, "/tmp/no-such-deck", NULL), KR_OK);
    assert_null(r);
}

static void
a_smart_card_service_that_does_not_run_is_said_and_does_not_stop_the_console(void **state)
{
    (void)state;
    struct readers *r;
    struct reader_status s[READERS_MAX];
    enum kr_error problem = KR_OK;
    uint8_t atr[33];
    size_t len;
    setenv("PCSCLITE_CSOCK_NAME", "/tmp/no-such-pcscd", 1);
    assert_int_equal(readers_open(&r, READER_PCSC, NULL, NULL), KR_OK);
    assert_int_equal(reader_connect(r, 0, atr, &len), KR_E_PCSC_DOWN);
    for (int i = 0; i < 100 && problem == KR_OK; i++) {
        assert_int_equal(readers_status(r, s, READERS_MAX, &problem), 0);
        pause_ms(20);
    }
    assert_int_equal(problem, KR_E_PCSC_DOWN);
    readers_close(&r);
    unsetenv("PCSCLITE_CSOCK_NAME");
}

/* Last of all: it takes the room's keys with it. */
static void a_new_vault_gets_a_new_lane_for_pins(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], pin[16];
    int tries;
    put_new(r, "manufacturer", 0, name);
    assert_int_equal(vault_restart(r->vault), KR_OK);
    from_sheet(r->deck, "manufacturer-card", "pin", pin, sizeof pin);
    vault_handle entry = typed_entry(r->vault, ENTRY_PIN, pin);
    assert_int_equal(card_open(&r->first), KR_OK);
    assert_int_equal(card_verify_pin(&r->first, entry, 0, false, &tries), KR_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(cards_that_come_and_go_are_seen_without_waiting),
    cmocka_unit_test(the_watch_goes_on_after_its_process_was_killed),
    cmocka_unit_test(a_mute_card_costs_one_deadline_and_nothing_more),
    cmocka_unit_test(a_card_process_that_dies_leaves_the_command_in_doubt_and_comes_back),
    cmocka_unit_test(only_what_was_never_sent_is_called_not_sent),
    cmocka_unit_test(another_length_that_the_card_asks_for_is_given_to_it),
    cmocka_unit_test(a_card_pulled_between_commands_is_not_there_and_after_a_reset_it_is),
    cmocka_unit_test(readers_and_cards_that_are_not_there_have_their_own_errors),
    cmocka_unit_test(a_deck_that_is_not_there_is_refused_at_once),
    cmocka_unit_test(a_smart_card_service_that_does_not_run_is_said_and_does_not_stop_the_console),
    cmocka_unit_test(a_new_vault_gets_a_new_lane_for_pins),
};

int main(int argc, char **argv)
{
    return room_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
