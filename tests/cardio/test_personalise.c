/* Washing, issuing and verifying a mother card and its authentication card, whole and torn. */
#include "room.h"

static enum kr_error wash(struct room *r, struct card *c, const struct card_audit *audit)
{
    return personalise_wash(c, &r->washed, r->maker_control, r->values, ROOM_VALUES, audit);
}

static enum kr_error issue(struct room *r, struct card *c, const struct layout *l, vault_handle pin,
                           const struct card_audit *audit)
{
    struct layout_value all[ROOM_VALUES + 1];
    memcpy(all, r->values, sizeof r->values);
    all[ROOM_VALUES] = (struct layout_value){.name = "PIN", .handle = pin};
    return personalise_issue(c, l, all, ROOM_VALUES + (pin ? 1 : 0), audit);
}

static enum kr_error verify(struct room *r, struct card *c, const struct layout *l,
                            vault_handle pin, const struct card_audit *audit, struct card *partner,
                            size_t *proved)
{
    struct layout_value all[ROOM_VALUES + 1];
    memcpy(all, r->values, sizeof r->values);
    all[ROOM_VALUES] = (struct layout_value){.name = "PIN", .handle = pin};
    return personalise_verify(c, l, all, ROOM_VALUES + (pin ? 1 : 0), audit, partner, pin, proved);
}

static enum card_condition probe(struct room *r, struct card *c, const struct layout *l)
{
    enum card_condition condition;
    assert_int_equal(personalise_probe(c, l, r->maker_control, value(r, "kIctlR", 0), &condition),
                     KR_OK);
    return condition;
}

/* A finished RAKC in reader 2; returns its PIN. */
static vault_handle issue_rakc(struct room *r, char name[DECK_NAME_MAX])
{
    struct card_audit washed = audit_of(&r->washed, 2), audit = audit_of(&r->rakc, 2);
    size_t proved;
    vault_handle pin = typed_entry(r->vault, ENTRY_PIN, PIN_TEXT);
    put_new(r, "blank-mother", 1, name);
    assert_int_equal(wash(r, &r->second, &washed), KR_OK);
    assert_int_equal(issue(r, &r->second, &r->rakc, pin, &audit), KR_OK);
    assert_int_equal(verify(r, &r->second, &r->rakc, pin, &audit, NULL, &proved), KR_OK);
    assert_int_equal(proved, 7);
    return pin;
}

static void a_pair_is_washed_issued_and_verified(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], pair[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 1), audit = audit_of(&r->rmkc, 1), read;
    size_t proved;
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(probe(r, &r->first, &r->washed), CARD_IS_BLANK);
    assert_int_equal(personalise_prove_blank(&r->first, r->maker_auth), KR_OK);
    r->commands = 0;
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    print_message("wash: %zu commands\n", r->commands);
    assert_int_equal(probe(r, &r->first, &r->washed), CARD_IS_WASHED);
    vault_handle pin = issue_rakc(r, pair);
    r->commands = 0;
    assert_int_equal(issue(r, &r->first, &r->rmkc, 0, &audit), KR_OK);
    print_message("issue-rmkc, five groups: %zu commands\n", r->commands);
    r->commands = 0;
    assert_int_equal(verify(r, &r->first, &r->rmkc, pin, &audit, &r->second, &proved), KR_OK);
    print_message("verify: %zu commands\n", r->commands);
    assert_int_equal(proved, 14);
    assert_int_equal(probe(r, &r->first, &r->rmkc), CARD_IS_ISSUED);
    assert_int_equal(personalise_read_audit(&r->first, &read), KR_OK);
    assert_memory_equal(&read, &audit, sizeof read);
}

static void the_manufacturers_key_is_void_after_washing(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 3);
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_int_equal(personalise_prove_blank(&r->first, r->maker_auth), KR_E_CARD_FAKE);
    assert_int_equal(card_prove_derived(&r->first, r->maker_control, CARD_KEY_CONTROL, 0),
                     KR_E_CARD_FAKE);
}

static void a_mother_card_gives_nothing_away_before_its_pair_opened_it(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], pair[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 4), audit = audit_of(&r->rmkc, 4);
    vault_handle pin = issue_rakc(r, pair);
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_int_equal(issue(r, &r->first, &r->rmkc, 0, &audit), KR_OK);
    const struct key_header target = {
        .usage = 0x3E, .use_right = 0xF0, .change_right = 0xEF, .counter = 0xFF};
    const uint8_t command[5] = {0x84, 0xD4, 0x81, 0x3E, 0x24}, challenge[4] = {1, 2, 3, 4};
    uint8_t out[64];
    size_t len = sizeof out;
    int tries;
    assert_int_equal(card_open(&r->first), KR_OK);
    assert_int_equal(card_select_file(&r->first, 0x3F01), KR_OK);
    assert_int_equal(card_export(&r->first, CARD_KEY_PURCHASE, 1, 2, NULL, 0, &target, command,
                                 challenge, out, &len),
                     KR_E_CARD_REFUSED);
    assert_int_equal(r->first.sw, 0x6982);
    /* The control key leads to another state than the pair does. */
    assert_int_equal(card_external_authenticate(&r->first, value(r, "kActlR", 0), 0), KR_OK);
    assert_int_equal(card_export(&r->first, CARD_KEY_PURCHASE, 1, 2, NULL, 0, &target, command,
                                 challenge, out, &len),
                     KR_E_CARD_REFUSED);
    assert_int_equal(card_open(&r->second), KR_OK);
    assert_int_equal(card_select_file(&r->second, 0x3F01), KR_OK);
    assert_int_equal(card_authenticate_by_partner(&r->first, 1, &r->second, 1), KR_E_CARD_REFUSED);
    assert_int_equal(card_verify_pin(&r->second, pin, 0, false, &tries), KR_OK);
    assert_int_equal(card_authenticate_by_partner(&r->first, 1, &r->second, 1), KR_OK);
    assert_int_equal(card_export(&r->first, CARD_KEY_PURCHASE, 1, 2, NULL, 0, &target, command,
                                 challenge, out, &len),
                     KR_OK);
    assert_int_equal(len, 36);
}

static void groups_that_do_not_exist_are_left_out_and_checked_to_be_absent(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], pair[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 5), audit = audit_of(&r->rmkc, 5);
    size_t proved, fewer = ROOM_VALUES - 3;
    vault_handle pin = issue_rakc(r, pair);
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_int_equal(
        personalise_issue(&r->first, &r->rmkc, r->values, ROOM_VALUES - ROOM_GROUPS, &audit),
        KR_E_KEY_MISSING);
    assert_int_equal(personalise_issue(&r->first, &r->rmkc, r->values, fewer, &audit), KR_OK);
    assert_int_equal(
        personalise_verify(&r->first, &r->rmkc, r->values, fewer, &audit, &r->second, pin, &proved),
        KR_OK);
    assert_int_equal(proved, 11);
    /* With a value for a group that is not on the card, the card differs from what it should be. */
    assert_int_equal(verify(r, &r->first, &r->rmkc, pin, &audit, &r->second, &proved),
                     KR_E_CARD_DIFFERS);
}

static void what_is_done_is_not_done_again(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 6), other = audit_of(&r->washed, 7);
    struct card_audit audit = audit_of(&r->rmkc, 6), another = audit_of(&r->rmkc, 7);
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    r->commands = 0;
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_true(r->commands < 12);
    assert_int_equal(wash(r, &r->first, &other), KR_E_CARD_KEPT);
    assert_string_equal(kr_detail(), "00000000000000000006");
    assert_int_equal(issue(r, &r->first, &r->rmkc, 0, &audit), KR_OK);
    r->commands = 0;
    assert_int_equal(issue(r, &r->first, &r->rmkc, 0, &audit), KR_OK);
    assert_true(r->commands < 12);
    assert_int_equal(issue(r, &r->first, &r->rmkc, 0, &another), KR_E_CARD_KEPT);
    assert_int_equal(wash(r, &r->first, &washed), KR_E_CARD_KEPT);
}

static void a_finished_card_of_another_kind_is_not_overwritten(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit audit = audit_of(&r->rmkc, 8), rakc = audit_of(&r->rakc, 2);
    size_t proved;
    vault_handle pin = issue_rakc(r, name);
    assert_int_equal(issue(r, &r->second, &r->rmkc, 0, &audit), KR_E_CARD_WRONG_KIND);
    assert_int_equal(probe(r, &r->second, &r->rmkc), CARD_IS_FOREIGN);
    assert_int_equal(verify(r, &r->second, &r->rakc, pin, &rakc, NULL, &proved), KR_OK);
}

static void blank_foreign_and_manufacturers_cards_are_told_apart(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit audit = audit_of(&r->rmkc, 9), read;
    struct kcv kcv;
    vault_handle a, b;
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(issue(r, &r->first, &r->rmkc, 0, &audit), KR_E_CARD_BLANK);
    assert_int_equal(personalise_read_audit(&r->first, &read), KR_E_CARD_BLANK);
    assert_int_equal(personalise_take_manufacturer_key(&r->first, r->maker_pin, r->maker_transport,
                                                       &a, &b, &kcv),
                     KR_E_CARD_WRONG_KIND);
    put_new(r, "manufacturer", 0, name);
    assert_int_equal(probe(r, &r->first, &r->washed), CARD_IS_FOREIGN);
    assert_int_equal(wash(r, &r->first, &audit), KR_E_CARD_FOREIGN);
    assert_int_equal(personalise_prove_blank(&r->first, r->maker_auth), KR_E_CARD_FAKE);
}

static void a_card_with_two_tries_left_is_not_tried(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit audit = audit_of(&r->washed, 10);
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(card_open(&r->first), KR_OK);
    for (int left = 4; left >= 2; left--) {
        assert_int_equal(card_external_authenticate(&r->first, value(r, "kActlR", 0), 0),
                         KR_E_CARD_AUTH);
        assert_int_equal(atoi(kr_detail()), left);
    }
    assert_int_equal(probe(r, &r->first, &r->washed), CARD_IS_DOUBTFUL);
    r->commands = 0;
    assert_int_equal(wash(r, &r->first, &audit), KR_E_CARD_AUTH);
    assert_int_equal(r->commands, 1);
}

static void the_last_try_of_a_pin_is_not_spent_without_leave(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    int tries;
    vault_handle right = issue_rakc(r, name), wrong = typed_entry(r->vault, ENTRY_PIN, "024680");
    struct card *c = &r->second;
    assert_int_equal(card_open(c), KR_OK);
    assert_int_equal(card_select_file(c, 0x3F01), KR_OK);
    assert_int_equal(card_verify_pin(c, wrong, 0, false, &tries), KR_E_PIN_WRONG);
    assert_int_equal(tries, 2);
    assert_int_equal(card_verify_pin(c, wrong, 0, false, &tries), KR_E_PIN_WRONG);
    assert_int_equal(card_verify_pin(c, right, 0, false, &tries), KR_E_PIN_LAST_TRY);
    assert_int_equal(tries, 1);
    assert_int_equal(card_verify_pin(c, right, 0, true, &tries), KR_OK);
    assert_int_equal(card_pin_tries(c, 0, &tries), KR_OK);
    assert_int_equal(tries, 3);
}

static void a_pin_reaches_the_card_after_the_card_process_was_replaced(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    int tries;
    vault_handle pin = issue_rakc(r, name);
    readers_set_deadline(r->readers, 300);
    assert_int_equal(sim_fault_order(r->deck, 1, "1:mute"), KR_OK);
    assert_int_equal(card_open(&r->second), KR_OK);
    assert_int_equal(card_select_file(&r->second, 0x3F01), KR_E_CARD_MUTE);
    readers_set_deadline(r->readers, READER_DEADLINE_MS);
    /* As the advice of that error says. */
    pull(r, 1);
    put(r, name, 1);
    assert_int_equal(card_open(&r->second), KR_OK);
    assert_int_equal(card_select_file(&r->second, 0x3F01), KR_OK);
    assert_int_equal(card_verify_pin(&r->second, pin, 0, false, &tries), KR_OK);
}

static void a_pin_of_the_wrong_length_is_refused_before_the_card_sees_it(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 11), audit = audit_of(&r->rakc, 11);
    vault_handle pin = typed_entry(r->vault, ENTRY_PIN, "12345678");
    put_new(r, "blank-mother", 1, name);
    assert_int_equal(wash(r, &r->second, &washed), KR_OK);
    assert_int_equal(issue(r, &r->second, &r->rakc, pin, &audit), KR_E_KEY_LENGTH);
    assert_int_equal(probe(r, &r->second, &r->rakc), CARD_IS_HALF);
}

static void another_card_in_the_reader_is_noticed_by_its_chip(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], other[DECK_NAME_MAX];
    struct card_audit audit = audit_of(&r->washed, 12);
    struct card c = r->first;
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(card_open(&c), KR_OK);
    assert_int_equal(card_chip_serial(&c, c.chip), KR_OK);
    c.expect_chip = true;
    assert_int_equal(card_open(&c), KR_OK);
    put_new(r, "blank-mother", 0, other);
    assert_int_equal(wash(r, &c, &audit), KR_E_CARD_SWAPPED);
    put_back(r, name, 0);
    assert_int_equal(wash(r, &c, &audit), KR_OK);
}

static enum kr_error not_yet(void *asked)
{
    ++*(int *)asked;
    return KR_E_STORE_WRITE;
}

static enum kr_error now_it_may(void *asked)
{
    ++*(int *)asked;
    return KR_OK;
}

static void nothing_is_changed_on_a_card_before_that_is_allowed(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit audit = audit_of(&r->washed, 13);
    struct card c = r->first;
    int asked = 0;
    put_new(r, "blank-mother", 0, name);
    c.before_change = not_yet;
    c.before_change_ctx = &asked;
    assert_int_equal(probe(r, &c, &r->washed), CARD_IS_BLANK);
    assert_int_equal(asked, 0); /* looking is free */
    assert_int_equal(wash(r, &c, &audit), KR_E_STORE_WRITE);
    assert_int_equal(asked, 1);
    assert_int_equal(c.sw, 0);
    assert_int_equal(probe(r, &r->first, &r->washed), CARD_IS_BLANK);
    c.before_change = now_it_may;
    assert_int_equal(wash(r, &c, &audit), KR_OK);
    assert_int_equal(asked, 2); /* once */
    assert_int_equal(probe(r, &r->first, &r->washed), CARD_IS_WASHED);
}

/* ---- torn ---- */

static void copy_card(const struct room *r, const char *from, const char *to)
{
    char source[224], target[224], bytes[16384];
    snprintf(source, sizeof source, "%s/%s", r->deck, from);
    snprintf(target, sizeof target, "%s/%s", r->deck, to);
    FILE *in = fopen(source, "r");
    assert_non_null(in);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    assert_true(feof(in));
    fclose(in);
    FILE *out = fopen(target, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

struct torn {
    struct room *room;
    char name[DECK_NAME_MAX];
    enum kr_error (*run)(struct room *r);
    enum kr_error (*check)(struct room *r);
};

/* On a machine so busy that an earlier command was given up, the fault has not come yet. */
static void take_back_order(const struct room *r)
{
    char order[240];
    snprintf(order, sizeof order, "%s/fault-0", r->deck);
    unlink(order);
}

/* Fails the n-th command in the given way, then puts the card back and runs again as often as a
 * person would. */
static void tear(struct torn *t, unsigned n, const char *fault, size_t *resumed)
{
    struct room *r = t->room;
    char order[32], card[64];
    snprintf(card, sizeof card, "cards/%s.card", t->name);
    pull(r, 0);
    copy_card(r, "template", card);
    put_back(r, t->name, 0);
    snprintf(order, sizeof order, "%u:%s", n, fault);
    assert_int_equal(sim_fault_order(r->deck, 0, order), KR_OK);
    /* Only who never answers is waited for in vain; a busy machine may be slower than that. */
    readers_set_deadline(r->readers, strcmp(fault, "mute") == 0 ? 150 : READER_DEADLINE_MS);
    enum kr_error err = t->run(r);
    readers_set_deadline(r->readers, READER_DEADLINE_MS);
    if (err) {
        (*resumed)++;
        take_back_order(r);
        put_back(r, t->name, 0);
        err = t->run(r);
    }
    if (err)
        fail_msg("%s at command %u: %s (%s)", fault, n, kr_name(err), kr_detail());
    err = t->check(r);
    if (err)
        fail_msg("%s at command %u, afterwards: %s (%s)", fault, n, kr_name(err), kr_detail());
}

/* Every command with every fault; with sanitizers, which look at memory and not at cards, every
 * command and every fault, but not each with each. */
#ifdef KEYRITE_SANITIZED
#define TEAR_EACH 3
#else
#define TEAR_EACH 1
#endif

static void tear_everywhere(struct torn *t)
{
    static const char *const faults[] = {"gone-before", "gone-after", "empty",
                                         "one-byte",    "wrong-sw",   "61xx",
                                         "6cxx",        "reset",      "mute"};
    struct room *r = t->room;
    char card[64];
    size_t resumed = 0;
    snprintf(card, sizeof card, "cards/%s.card", t->name);
    copy_card(r, card, "template");
    r->commands = 0;
    assert_int_equal(t->run(r), KR_OK);
    unsigned commands = (unsigned)r->commands;
    assert_int_equal(t->check(r), KR_OK);
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++)
        for (unsigned n = 1 + (unsigned)f % TEAR_EACH; n <= commands; n += TEAR_EACH)
            tear(t, n, faults[f], &resumed);
    print_message("%u commands x %zu faults, one in %d: %zu interrupted and resumed\n", commands,
                  sizeof faults / sizeof *faults, TEAR_EACH, resumed);
    assert_true(resumed > commands);
}

static enum kr_error wash_first(struct room *r)
{
    struct card_audit audit = audit_of(&r->washed, 20);
    return wash(r, &r->first, &audit);
}

static enum kr_error check_washed(struct room *r)
{
    struct card_audit audit = audit_of(&r->washed, 20);
    size_t proved;
    return personalise_verify(&r->first, &r->washed, r->values, ROOM_VALUES, &audit, NULL, 0,
                              &proved);
}

static void a_wash_torn_at_any_command_is_resumed_to_a_washed_card(void **state)
{
    struct torn t = {.room = *state, .run = wash_first, .check = check_washed};
    put_new(t.room, "blank-mother", 0, t.name);
    tear_everywhere(&t);
}

static enum kr_error issue_first(struct room *r)
{
    struct card_audit audit = audit_of(&r->rmkc, 20);
    return issue(r, &r->first, &r->rmkc, 0, &audit);
}

static vault_handle pair_pin;
static enum kr_error check_issued(struct room *r)
{
    struct card_audit audit = audit_of(&r->rmkc, 20);
    size_t proved;
    return verify(r, &r->first, &r->rmkc, pair_pin, &audit, &r->second, &proved);
}

static void an_issue_torn_at_any_command_is_resumed_to_a_verified_card(void **state)
{
    struct torn t = {.room = *state, .run = issue_first, .check = check_issued};
    char pair[DECK_NAME_MAX];
    pair_pin = issue_rakc(t.room, pair);
    put_new(t.room, "blank-mother", 0, t.name);
    assert_int_equal(wash_first(t.room), KR_OK);
    tear_everywhere(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_pair_is_washed_issued_and_verified),
    cmocka_unit_test(the_manufacturers_key_is_void_after_washing),
    cmocka_unit_test(a_mother_card_gives_nothing_away_before_its_pair_opened_it),
    cmocka_unit_test(groups_that_do_not_exist_are_left_out_and_checked_to_be_absent),
    cmocka_unit_test(what_is_done_is_not_done_again),
    cmocka_unit_test(a_finished_card_of_another_kind_is_not_overwritten),
    cmocka_unit_test(blank_foreign_and_manufacturers_cards_are_told_apart),
    cmocka_unit_test(a_card_with_two_tries_left_is_not_tried),
    cmocka_unit_test(the_last_try_of_a_pin_is_not_spent_without_leave),
    cmocka_unit_test(a_pin_reaches_the_card_after_the_card_process_was_replaced),
    cmocka_unit_test(a_pin_of_the_wrong_length_is_refused_before_the_card_sees_it),
    cmocka_unit_test(another_card_in_the_reader_is_noticed_by_its_chip),
    cmocka_unit_test(nothing_is_changed_on_a_card_before_that_is_allowed),
    cmocka_unit_test(a_wash_torn_at_any_command_is_resumed_to_a_washed_card),
    cmocka_unit_test(an_issue_torn_at_any_command_is_resumed_to_a_verified_card),
};

int main(int argc, char **argv)
{
    return room_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
