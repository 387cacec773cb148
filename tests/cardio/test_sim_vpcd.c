/* keyrite-vcard's conversation, with this test in the place of pcscd's driver. */
#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "../../cardio/deck.h"
#include "../../cardio/sim/fault.h"
#include "../../cardio/sim/vpcd.h"

/* The fixture's send() is the card's; the socket's is not needed here. */
#define send sim_send
#include "sim_fixture.h"
#undef send

#define PATIENCE_MS 5000

struct driver {
    char deck[64];
    int listener, card; /* -1: none */
    uint16_t port;
    pid_t vcard;
    uint8_t body[300];
    size_t len;
};
static struct driver d;

static void listen_on(uint16_t port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    const int on = 1;

    d.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(d.listener >= 0);
    setsockopt(d.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(d.listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(d.listener, 1), 0);
    assert_int_equal(getsockname(d.listener, (struct sockaddr *)&at, &len), 0);
    d.port = ntohs(at.sin_port);
}

static void start_vcard(unsigned pace_ms)
{
    const struct vpcd_options how = {.deck = d.deck, .slot = 0, .port = d.port, .pace_ms = pace_ms};

    d.vcard = fork();
    assert_true(d.vcard >= 0);
    if (d.vcard == 0) {
        close(d.listener);
        vpcd_serve(&how);
        _exit(1);
    }
}

static int begin(void **state)
{
    char first[DECK_NAME_MAX];
    (void)state;

    d = (struct driver){.listener = -1, .card = -1};
    strcpy(d.deck, "/tmp/keyrite-vpcd-XXXXXX");
    if (secret_heap_open() != KR_OK || !mkdtemp(d.deck) || deck_make(d.deck) != KR_OK ||
        deck_new(d.deck, "manufacturer", 2, first) != KR_OK)
        return -1;
    listen_on(0);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    if (d.vcard > 0) {
        kill(d.vcard, SIGKILL);
        waitpid(d.vcard, NULL, 0);
    }
    if (d.card >= 0)
        close(d.card);
    if (d.listener >= 0)
        close(d.listener);
    return nftw(d.deck, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, timeout_ms) == 1;
}

static void take_card(void)
{
    assert_true(readable(d.listener, PATIENCE_MS));
    d.card = accept(d.listener, NULL, NULL);
    assert_true(d.card >= 0);
}

static void tell(const char *hex)
{
    uint8_t message[300];
    size_t len = bytes_of(hex, message + 2);

    message[0] = 0;
    message[1] = (uint8_t)len;
    /* length and body apart, as the driver does it */
    assert_int_equal(write(d.card, message, 2), 2);
    assert_int_equal(write(d.card, message + 2, len), len);
}

static void hear(void)
{
    uint8_t head[2];

    assert_true(readable(d.card, PATIENCE_MS));
    assert_int_equal(recv(d.card, head, 2, MSG_WAITALL), 2);
    d.len = (size_t)(head[0] << 8 | head[1]);
    assert_in_range(d.len, 0, sizeof d.body);
    if (d.len > 0)
        assert_int_equal(recv(d.card, d.body, d.len, MSG_WAITALL), d.len);
}

static void assert_hung_up(void)
{
    uint8_t byte;

    assert_true(readable(d.card, PATIENCE_MS));
    assert_int_equal(recv(d.card, &byte, 1, 0), 0);
    close(d.card);
    d.card = -1;
}

static void power_on(void)
{
    tell("01");
    tell("04");
    hear();
    assert_int_equal(d.len, SIM_ATR_LEN);
    assert_int_equal(d.body[0], 0x3B);
}

static uint16_t status(void)
{
    assert_in_range(d.len, 2, sizeof d.body);
    return (uint16_t)(d.body[d.len - 2] << 8 | d.body[d.len - 1]);
}

static void card_is_there_exactly_while_it_lies_in_the_slot(void **state)
{
    (void)state;

    start_vcard(0);
    assert_false(readable(d.listener, 300));
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("00A40000023F00");
    hear();
    assert_int_equal(status(), 0x9000);
    assert_int_equal(d.len, 25);
    assert_int_equal(deck_eject(d.deck, 0), KR_OK);
    assert_hung_up();
    assert_false(readable(d.listener, 300));
    assert_int_equal(deck_insert(d.deck, "manufacturer-02", 0), KR_OK);
    take_card();
}

static void reset_and_power_off_forget_the_security_state(void **state)
{
    (void)state;

    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("0084000004");
    hear();
    assert_int_equal(status(), 0x9000);
    tell("02");
    tell("00820000080000000000000000");
    hear();
    assert_int_equal(status(), 0x6985); /* the challenge went with the reset */
    tell("00");
    power_on();
    tell("80CA000008");
    hear();
    assert_int_equal(status(), 0x9000);
}

static void driver_that_looks_whether_the_card_is_there_resets_nothing(void **state)
{
    (void)state;

    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("0084000008");
    hear();
    assert_int_equal(status(), 0x9000);
    tell("04");
    hear();
    assert_int_equal(d.len, SIM_ATR_LEN);
    tell("00820000080000000000000000");
    hear();
    assert_int_not_equal(status(), 0x6985); /* the challenge is still there */
}

static void card_comes_back_when_pcscd_was_restarted(void **state)
{
    uint16_t port = d.port;
    (void)state;

    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("002000000 3FFFFFF");
    hear();
    assert_int_equal(status(), 0x63C2);
    close(d.card);
    close(d.listener);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    listen_on(port);
    take_card();
    power_on();
    tell("00200000");
    hear();
    assert_int_equal(status(), 0x63C2);
}

static void killed_card_program_has_forgotten_nothing_that_was_answered(void **state)
{
    (void)state;

    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("002000000 3FFFFFF");
    hear();
    assert_int_equal(status(), 0x63C2);
    kill(d.vcard, SIGKILL);
    waitpid(d.vcard, NULL, 0);
    assert_hung_up();
    start_vcard(0);
    take_card();
    power_on();
    tell("00200000");
    hear();
    assert_int_equal(status(), 0x63C2);
}

static void mute_card_stays_mute_until_it_is_pulled(void **state)
{
    (void)state;

    assert_int_equal(sim_fault_order(d.deck, 0, "1:mute"), KR_OK);
    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("80CA000008");
    assert_false(readable(d.card, 300));
    assert_int_equal(deck_eject(d.deck, 0), KR_OK);
    assert_hung_up();
}

static void card_pulled_by_a_fault_hangs_up_without_an_answer(void **state)
{
    char name[DECK_NAME_MAX];
    (void)state;

    assert_int_equal(sim_fault_order(d.deck, 0, "1:gone-after"), KR_OK);
    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    tell("002000000 3FFFFFF");
    assert_hung_up();
    assert_int_equal(deck_in_slot(d.deck, 0, name), KR_OK);
    assert_string_equal(name, "");
}

static void paced_card_takes_its_time(void **state)
{
    struct timespec from, to;
    (void)state;

    start_vcard(50);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    take_card();
    power_on();
    clock_gettime(CLOCK_MONOTONIC, &from);
    tell("80CA000008");
    hear();
    clock_gettime(CLOCK_MONOTONIC, &to);
    long ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    assert_true(ms >= 49);
}

static void damaged_card_is_not_asked_in_a_busy_loop(void **state)
{
    char path[128];
    int tries = 0;
    (void)state;

    snprintf(path, sizeof path, "%s/cards/manufacturer-01.card", d.deck);
    assert_int_equal(truncate(path, 50), 0);
    start_vcard(0);
    assert_int_equal(deck_insert(d.deck, "manufacturer-01", 0), KR_OK);
    while (tries < 4 && readable(d.listener, 1000)) {
        take_card();
        tell("01");
        assert_hung_up();
        tries++;
        assert_false(readable(d.listener, 50));
    }
    assert_int_equal(tries, 4);
}

#define behind_driver(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        behind_driver(card_is_there_exactly_while_it_lies_in_the_slot),
        behind_driver(reset_and_power_off_forget_the_security_state),
        behind_driver(driver_that_looks_whether_the_card_is_there_resets_nothing),
        behind_driver(card_comes_back_when_pcscd_was_restarted),
        behind_driver(killed_card_program_has_forgotten_nothing_that_was_answered),
        behind_driver(mute_card_stays_mute_until_it_is_pulled),
        behind_driver(card_pulled_by_a_fault_hangs_up_without_an_answer),
        behind_driver(paced_card_takes_its_time),
        behind_driver(damaged_card_is_not_asked_in_a_busy_loop),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
