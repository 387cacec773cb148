#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include "../../cardio/deck.h"
#include "../../cardio/deck_file.h"
#include "../../cardio/deck_maker.h"
#include "../../cardio/sim/fault.h"
#include "../../cardio/sim/slot.h"
#include "../../crypto/component.h"
#include "sim_fixture.h"

static char deck[64];

static int make_deck(void **state)
{
    (void)state;
    strcpy(deck, "/tmp/keyrite-deck-XXXXXX");
    if (secret_heap_open() != KR_OK || !mkdtemp(deck))
        return -1;
    return deck_make(deck) == KR_OK ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int remove_deck(void **state)
{
    (void)state;
    return nftw(deck, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void new_cards(const char *kind, unsigned count)
{
    char first[DECK_NAME_MAX];

    assert_int_equal(deck_new(deck, kind, count, first), KR_OK);
}

static void cards_are_named_in_turn_and_listed_in_order(void **state)
{
    struct deck_card cards[16];
    char first[DECK_NAME_MAX];
    size_t count;
    (void)state;

    assert_int_equal(deck_new(deck, "blank-mother", 2, first), KR_OK);
    assert_string_equal(first, "mother-01");
    assert_int_equal(deck_new(deck, "blank-psam", 1, first), KR_OK);
    assert_string_equal(first, "psam-01");
    assert_int_equal(deck_new(deck, "blank-mother", 9, first), KR_OK);
    assert_string_equal(first, "mother-03");
    assert_int_equal(deck_new(deck, "manufacturer", 1, first), KR_OK);
    assert_int_equal(deck_list(deck, cards, 16, &count), KR_OK);
    assert_int_equal(count, 13);
    assert_string_equal(cards[0].name, "manufacturer-01");
    assert_string_equal(cards[0].kind, "manufacturer");
    assert_string_equal(cards[11].name, "mother-11");
    assert_string_equal(cards[11].kind, "blank-mother");
    assert_string_equal(cards[12].name, "psam-01");
    assert_int_equal(cards[12].slot, -1);
    assert_int_equal(deck_new(deck, "gold", 1, first), KR_E_DECK);
    assert_int_equal(deck_new(deck, "blank-mother", 0, first), KR_E_DECK);
}

static void a_card_lies_in_one_place_and_a_place_holds_one_card(void **state)
{
    struct deck_card cards[4];
    char name[DECK_NAME_MAX];
    size_t count;
    (void)state;

    new_cards("blank-mother", 2);
    assert_int_equal(deck_insert(deck, "mother-01", 0), KR_OK);
    assert_int_equal(deck_insert(deck, "mother-01", 0), KR_OK);
    assert_int_equal(deck_insert(deck, "mother-01", 1), KR_E_DECK);
    assert_int_equal(deck_insert(deck, "mother-02", 0), KR_E_DECK);
    assert_int_equal(deck_insert(deck, "mother-02", 1), KR_OK);
    assert_int_equal(deck_list(deck, cards, 4, &count), KR_OK);
    assert_int_equal(cards[0].slot, 0);
    assert_int_equal(cards[1].slot, 1);
    assert_int_equal(deck_eject(deck, 0), KR_OK);
    assert_int_equal(deck_eject(deck, 0), KR_OK);
    assert_int_equal(deck_in_slot(deck, 0, name), KR_OK);
    assert_string_equal(name, "");
    assert_int_equal(deck_in_slot(deck, 1, name), KR_OK);
    assert_string_equal(name, "mother-02");
    assert_int_equal(deck_insert(deck, "mother-01", 2), KR_E_NO_READER);
    assert_int_equal(deck_eject(deck, -1), KR_E_NO_READER);
}

static void a_name_never_leads_out_of_the_deck(void **state)
{
    char name[DECK_NAME_MAX], path[PATH_MAX];
    (void)state;

    new_cards("blank-mother", 1);
    assert_int_equal(deck_insert(deck, "../cards/mother-01", 0), KR_E_DECK_CARD);
    assert_int_equal(deck_insert(deck, "", 0), KR_E_DECK_CARD);
    assert_int_equal(deck_insert(deck, "nobody", 0), KR_E_DECK_CARD);
    assert_int_equal(deck_label(deck, "../x", "text"), KR_E_DECK_CARD);
    snprintf(path, sizeof path, "%s/slot-0", deck);
    assert_int_equal(deck_file_replace(path, "../cards/mother-01", 18), KR_OK);
    assert_int_equal(deck_in_slot(deck, 0, name), KR_OK);
    assert_string_equal(name, "");
}

static void label_is_what_was_written_on_the_card(void **state)
{
    struct deck_card cards[2];
    size_t count;
    (void)state;

    new_cards("blank-mother", 1);
    assert_int_equal(deck_label(deck, "mother-01", "RMKC 全国 0001"), KR_OK);
    assert_int_equal(deck_list(deck, cards, 2, &count), KR_OK);
    assert_int_equal(count, 1);
    assert_string_equal(cards[0].looks, "RMKC 全国 0001");
    assert_int_equal(deck_label(deck, "mother-01", "two\nlines"), KR_E_TOO_LONG);
}

static void read_sheet(const char *name, char text[1024])
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%s/sheets/%s.txt", deck, name);
    f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, 1023, f)] = '\0';
    fclose(f);
}

/* The hexadecimal digits behind "label: "; check letters are compared on the way. */
static struct secret *component_on(const char *sheet, const char *label)
{
    struct secret *s = secret_new(16);
    char text[1024], *at;
    uint8_t digits[4];
    size_t count = 0, block = 0;

    read_sheet(sheet, text);
    at = strstr(text, label);
    assert_non_null(at);
    for (at += strlen(label); *at != '\n'; at++) {
        if (*at == ' ')
            continue;
        if (count < 4) {
            digits[count++] = (uint8_t)(isdigit(*at) ? *at - '0' : *at - 'A' + 10);
            continue;
        }
        assert_int_equal(*at, component_check_letter(block, digits));
        s->bytes[2 * block] = (uint8_t)(digits[0] << 4 | digits[1]);
        s->bytes[2 * block + 1] = (uint8_t)(digits[2] << 4 | digits[3]);
        count = 0;
        block++;
    }
    assert_int_equal(block, 8);
    return s;
}

static void sheets_give_the_key_that_the_manufacturer_uses(void **state)
{
    struct secret *parts[2] = {component_on("kMtk-component-1", "component 1: "),
                               component_on("kMtk-component-2", "component 2: ")};
    const struct secret *const both[2] = {parts[0], parts[1]};
    struct secret *key = NULL;
    struct sim_factory f = {0};
    struct kcv kcv;
    char text[1024], line[64], digits[16];
    (void)state;

    assert_int_equal(component_combine(suite_by_id("3des"), both, 2, &key), KR_OK);
    assert_int_equal(deck_maker_factory(deck, &f), KR_OK);
    assert_true(secret_equal(key, f.transport_key));
    assert_int_equal(suite_kcv(suite_by_id("3des"), key, &kcv), KR_OK);
    hex_encode_upper(kcv.bytes, kcv.len, digits);
    snprintf(line, sizeof line, "key kcv: %s\n", digits);
    read_sheet("kMtk-component-2", text);
    assert_non_null(strstr(text, line));
    assert_non_null(strstr(text, "REHEARSAL"));
    read_sheet("manufacturer-card", text);
    snprintf(line, sizeof line, "pin: %02X%02X%02X\n", f.pin->bytes[0], f.pin->bytes[1],
             f.pin->bytes[2]);
    assert_non_null(strstr(text, line));
    deck_maker_factory_free(&f);
    secret_free(&key);
    secret_free(&parts[0]);
    secret_free(&parts[1]);
}

static void a_deck_is_made_together_with_the_folders_on_its_way(void **state)
{
    char deep[PATH_MAX];
    struct deck_card none[1];
    size_t count = 9;
    (void)state;

    snprintf(deep, sizeof deep, "%s/a/b", deck);
    assert_int_equal(deck_make(deep), KR_OK);
    assert_int_equal(deck_list(deep, none, 1, &count), KR_OK);
    assert_int_equal(count, 0);
}

static void another_deck_may_have_the_same_maker(void **state)
{
    char other[PATH_MAX], factory[PATH_MAX];
    struct deck_options options = {factory};
    struct sim_factory ours = {0}, theirs = {0};
    (void)state;

    snprintf(other, sizeof other, "%s/other", deck);
    snprintf(factory, sizeof factory, "%s/factory", deck);
    assert_int_equal(deck_make_with(other, &options), KR_OK);
    assert_int_equal(deck_maker_factory(deck, &ours), KR_OK);
    assert_int_equal(deck_maker_factory(other, &theirs), KR_OK);
    assert_true(secret_equal(ours.card_key, theirs.card_key));
    assert_true(secret_equal(ours.transport_key, theirs.transport_key));
    deck_maker_factory_free(&theirs);
    assert_int_equal(deck_make(other), KR_OK); /* again: nothing is drawn anew */
    assert_int_equal(deck_maker_factory(other, &theirs), KR_OK);
    assert_true(secret_equal(ours.card_key, theirs.card_key));
    deck_maker_factory_free(&theirs);
    deck_maker_factory_free(&ours);
}

/* ---- the slot that follows the deck ---- */

struct reader {
    struct sim_slot *slot;
    uint8_t reply[REPLY_MAX];
    size_t len;
};

static struct reader open_reader(void)
{
    struct reader r = {0};

    assert_int_equal(sim_slot_open(deck, 0, &r.slot), KR_OK);
    return r;
}

static void power(struct reader *r)
{
    uint8_t atr[33];
    size_t len;

    assert_int_equal(sim_slot_power(r->slot, atr, &len), KR_OK);
    assert_int_equal(len, SIM_ATR_LEN);
    assert_int_equal(atr[0], 0x3B);
}

static enum sim_outcome say(struct reader *r, const char *hex)
{
    uint8_t command[APDU_MAX];
    size_t len = bytes_of(hex, command);

    return sim_slot_transmit(r->slot, command, len, r->reply, &r->len);
}

static uint16_t status(const struct reader *r)
{
    assert_in_range(r->len, 2, REPLY_MAX);
    return (uint16_t)(r->reply[r->len - 2] << 8 | r->reply[r->len - 1]);
}

static void slot_follows_cards_that_come_and_go(void **state)
{
    struct reader r = open_reader();
    uint32_t before, after;
    uint8_t atr[33];
    size_t len;
    (void)state;

    new_cards("blank-mother", 2);
    assert_false(sim_slot_present(r.slot, &before));
    assert_int_equal(sim_slot_power(r.slot, atr, &len), KR_E_NO_CARD);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_NO_CARD);
    assert_int_equal(deck_insert(deck, "mother-01", 0), KR_OK);
    assert_true(sim_slot_present(r.slot, &after));
    assert_int_equal(after, before + 1);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_NO_CARD); /* not powered yet */
    power(&r);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_ANSWERED);
    assert_int_equal(status(&r), 0x9000);
    /* out and in again between two commands: it is not the card it was */
    assert_int_equal(deck_eject(deck, 0), KR_OK);
    assert_int_equal(deck_insert(deck, "mother-01", 0), KR_OK);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_NO_CARD);
    sim_slot_close(&r.slot);
}

static void state_is_on_the_disk_before_the_answer(void **state)
{
    struct reader r = open_reader(), other;
    (void)state;

    new_cards("manufacturer", 1);
    assert_int_equal(deck_insert(deck, "manufacturer-01", 0), KR_OK);
    power(&r);
    assert_int_equal(say(&r, "00 20 00 00 03 FFFFFF"), SIM_ANSWERED);
    assert_int_equal(status(&r), 0x63C2);
    other = open_reader(); /* as a process started after this one was killed */
    power(&other);
    assert_int_equal(say(&other, "00 20 00 00"), SIM_ANSWERED);
    assert_int_equal(status(&other), 0x63C2);
    sim_slot_close(&other.slot);
    sim_slot_close(&r.slot);
}

static void what_cannot_be_kept_is_not_done(void **state)
{
    struct reader r = open_reader();
    char path[PATH_MAX];
    (void)state;

    new_cards("manufacturer", 1);
    assert_int_equal(deck_insert(deck, "manufacturer-01", 0), KR_OK);
    power(&r);
    /* a folder in the way of the new file, for everybody, root included */
    snprintf(path, sizeof path, "%s/cards/manufacturer-01.card.new", deck);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(say(&r, "00 20 00 00 03 FFFFFF"), SIM_ANSWERED);
    assert_int_equal(status(&r), 0x6581);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(say(&r, "00 20 00 00"), SIM_ANSWERED);
    assert_int_equal(status(&r), 0x63C3);
    sim_slot_close(&r.slot);
}

static void damaged_card_is_reported_when_it_is_powered(void **state)
{
    struct reader r = open_reader();
    char path[PATH_MAX];
    uint8_t atr[33];
    size_t len;
    (void)state;

    new_cards("blank-mother", 1);
    snprintf(path, sizeof path, "%s/cards/mother-01.card", deck);
    assert_int_equal(truncate(path, 60), 0);
    assert_int_equal(deck_insert(deck, "mother-01", 0), KR_OK);
    assert_int_equal(sim_slot_power(r.slot, atr, &len), KR_E_DECK);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_NO_CARD);
    sim_slot_close(&r.slot);
}

static void watch_wakes_when_a_card_comes_or_goes(void **state)
{
    struct pollfd p = {.events = POLLIN};
    (void)state;

    new_cards("blank-mother", 1);
    assert_int_equal(deck_watch(deck, &p.fd), KR_OK);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(deck_insert(deck, "mother-01", 0), KR_OK);
    assert_int_equal(poll(&p, 1, 1000), 1);
    deck_watch_drain(p.fd);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(deck_eject(deck, 0), KR_OK);
    assert_int_equal(poll(&p, 1, 1000), 1);
    close(p.fd);
    assert_int_equal(deck_watch("/nonexistent", &p.fd), KR_E_DECK);
}

/* ---- faults ---- */

/* A manufacturer card in the slot whose second command, a wrong PIN, meets the fault. */
static enum sim_outcome wrong_pin_under(struct reader *r, const char *fault)
{
    new_cards("manufacturer", 1);
    assert_int_equal(deck_eject(deck, 0), KR_OK);
    assert_int_equal(deck_insert(deck, "manufacturer-01", 0), KR_OK);
    assert_int_equal(sim_fault_order(deck, 0, fault), KR_OK);
    power(r);
    assert_int_equal(say(r, "80 CA 00 00 08"), SIM_ANSWERED);
    assert_int_equal(status(r), 0x9000);
    return say(r, "00 20 00 00 03 FFFFFF");
}

static uint16_t tries_after(struct reader *r)
{
    assert_int_equal(deck_insert(deck, "manufacturer-01", 0), KR_OK);
    power(r);
    assert_int_equal(say(r, "00 20 00 00"), SIM_ANSWERED);
    return status(r);
}

static void each_fault_happens_once_and_as_its_name_says(void **state)
{
    static const struct {
        const char *order;
        enum sim_outcome outcome;
        size_t len;
        uint16_t status, tries;
    } faults[] = {
        {"2:mute", SIM_MUTE, 0, 0, 0x63C3},
        {"2:gone-before", SIM_GONE, 0, 0, 0x63C3},
        {"2:gone-after", SIM_GONE, 0, 0, 0x63C2},
        {"2:empty", SIM_ANSWERED, 0, 0, 0x63C2},
        {"2:one-byte", SIM_ANSWERED, 1, 0, 0x63C2},
        {"2:wrong-sw", SIM_ANSWERED, 2, 0x6F00, 0x63C2},
        {"2:61xx", SIM_ANSWERED, 2, 0x6110, 0x63C2},
        {"2:6cxx", SIM_ANSWERED, 2, 0x6C10, 0x63C3},
        {"2:reset", SIM_RESET, 0, 0, 0x63C3},
    };
    char path[PATH_MAX];
    (void)state;

    snprintf(path, sizeof path, "%s/cards/manufacturer-01.card", deck);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct reader r = open_reader();
        assert_int_equal(wrong_pin_under(&r, faults[i].order), faults[i].outcome);
        if (faults[i].outcome == SIM_ANSWERED)
            assert_int_equal(r.len, faults[i].len);
        if (faults[i].len == 2)
            assert_int_equal(status(&r), faults[i].status);
        assert_int_equal(tries_after(&r), faults[i].tries);
        sim_slot_close(&r.slot);
        assert_int_equal(unlink(path), 0);
    }
}

static void fault_orders_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = {"", "mute", "0:mute", "1:", "1:deaf", "-1:mute", "1:none"};
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(sim_fault_order(deck, 0, bad[i]), KR_E_DECK);
}

/* ---- the log of commands ---- */

static void the_log_says_what_the_card_said_and_what_became_of_it(void **state)
{
    static const char wanted[] = "0 manufacturer-01 3F00 80 CA 00 00 5 9000 -\n"
                                 "0 manufacturer-01 3F00 00 20 00 00 8 63C2 gone-after\n"
                                 "0 manufacturer-01 3F00 80 CA 00 00 5 9000 -\n"
                                 "0 manufacturer-01 3F00 00 20 00 00 8 - mute\n";
    char path[PATH_MAX];
    struct secret *log = NULL;
    (void)state;

    snprintf(path, sizeof path, "%s/commands", deck);
    assert_int_equal(deck_file_replace(path, "", 0), KR_OK);
    struct reader r = open_reader();
    assert_int_equal(wrong_pin_under(&r, "2:gone-after"), SIM_GONE);
    assert_int_equal(deck_insert(deck, "manufacturer-01", 0), KR_OK);
    assert_int_equal(sim_fault_order(deck, 0, "2:mute"), KR_OK);
    power(&r);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_ANSWERED);
    assert_int_equal(say(&r, "00 20 00 00 03 FFFFFF"), SIM_MUTE);
    assert_int_equal(deck_file_read(path, &log), KR_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(log->len, sizeof wanted - 1);
    assert_memory_equal(log->bytes, wanted, log->len);
    secret_free(&log);
    assert_int_equal(say(&r, "80 CA 00 00 08"), SIM_ANSWERED);
    assert_int_equal(access(path, F_OK), -1);
    sim_slot_close(&r.slot);
}

#define in_deck(test) cmocka_unit_test_setup_teardown(test, make_deck, remove_deck)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_deck(cards_are_named_in_turn_and_listed_in_order),
        in_deck(a_card_lies_in_one_place_and_a_place_holds_one_card),
        in_deck(a_name_never_leads_out_of_the_deck),
        in_deck(label_is_what_was_written_on_the_card),
        in_deck(sheets_give_the_key_that_the_manufacturer_uses),
        in_deck(a_deck_is_made_together_with_the_folders_on_its_way),
        in_deck(another_deck_may_have_the_same_maker),
        in_deck(slot_follows_cards_that_come_and_go),
        in_deck(state_is_on_the_disk_before_the_answer),
        in_deck(what_cannot_be_kept_is_not_done),
        in_deck(damaged_card_is_reported_when_it_is_powered),
        in_deck(watch_wakes_when_a_card_comes_or_goes),
        in_deck(each_fault_happens_once_and_as_its_name_says),
        in_deck(the_log_says_what_the_card_said_and_what_became_of_it),
        in_deck(fault_orders_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
