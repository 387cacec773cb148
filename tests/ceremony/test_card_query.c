/* "What is this card?": blank, washed, issued, spoiled, strange and foreign cards, and where card
 * and inventory do not agree. */
#include "hall.h"

#include <time.h>
#include "../../ceremony/card_findings.h"
#include "../../ceremony/card_query.h"
#include "../../crypto/hash.h"

/* A card that everybody may look at whole before and after. */
static void card_bytes(struct hall *h, const char *name, uint8_t digest[32])
{
    static char bytes[65536];
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/cards/%s.card", h->deck, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_int_equal(sha256(bytes, len, digest), KR_OK);
}

/* Asks what lies in reader 1; the card is byte for byte the same afterwards. */
static struct card_answer *ask(struct hall *h, const char *name)
{
    static struct card_answer a;
    uint8_t before[32], after[32];
    hall_put(h, name, 0);
    card_bytes(h, name, before);
    assert_ok(card_query(h->session, 0, &a));
    card_bytes(h, name, after);
    assert_memory_equal(before, after, 32);
    return &a;
}

static bool found(const struct card_answer *a, enum card_finding_kind kind)
{
    for (size_t i = 0; i < a->finding_count; i++)
        if (a->findings[i].kind == kind)
            return true;
    return false;
}

static bool says(const struct card_answer *a, const char *label, const char *part)
{
    struct card_fact facts[40];
    size_t count = card_answer_facts(a, facts, 40);
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].label, label) == 0 && strstr(facts[i].value, part))
            return true;
    return false;
}

static void assert_sentence(const struct card_answer *a, const char *part)
{
    char text[512];
    card_answer_sentence(a, text, sizeof text);
    if (!strstr(text, part))
        fail_msg("%s", text);
    for (size_t i = 0; i < a->finding_count; i++) {
        card_finding_sentence(&a->findings[i], text, sizeof text);
        assert_true(strlen(text) > 10);
        assert_null(strstr(text, "{}"));
    }
}

/* Name in the deck of the card with that number. */
static void card_named(struct hall *h, const char *number, char name[DECK_NAME_MAX])
{
    struct deck_card cards[32];
    char grouped[32];
    size_t count;
    number_grouped(number, grouped);
    assert_ok(deck_list(h->deck, cards, 32, &count));
    name[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (strcmp(cards[i].looks, grouped) == 0)
            snprintf(name, DECK_NAME_MAX, "%s", cards[i].name);
    assert_true(name[0] != '\0');
}

static void first_of(struct hall *h, const char *kind, struct card_record *rec,
                     char name[DECK_NAME_MAX])
{
    size_t count;
    struct card_record rows[32];
    assert_ok(cards_list(session_store(h->session), NULL, kind, rows, 32, &count));
    assert_true(count > 0);
    *rec = rows[0];
    card_named(h, rec->number, name);
}

static void record_set(struct hall *h, const struct card_record *rec)
{
    assert_ok(store_begin(session_store(h->session)));
    assert_ok(cards_set(session_store(h->session), rec));
    assert_ok(store_commit(session_store(h->session)));
}

static void a_blank_is_told_apart_by_whether_it_was_taken_in(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    struct card_record rec;
    char name[DECK_NAME_MAX];
    (void)state;
    hall_sign_in(h, "chen");
    first_of(h, "mother", &rec, name);
    struct card_answer *a = ask(h, name);
    assert_int_equal(a->nature, NATURE_BLANK);
    assert_int_equal(a->verdict, VERDICT_AGREES);
    assert_sentence(a, "taken in and not washed");
    a = ask(h, "mother-05");
    assert_int_equal(a->nature, NATURE_BLANK);
    assert_int_equal(a->verdict, VERDICT_UNRECORDED);
    assert_sentence(a, "never taken in");
    a = ask(h, "manufacturer-01");
    assert_int_equal(a->nature, NATURE_MANUFACTURER);
    assert_string_equal(a->number, "");
    assert_sentence(a, "manufacturer's mother card");
    hall_close(h);
}

/* A zone in which it is another day than in UTC: one of these two is, at any hour. */
static void far_zone(void)
{
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    setenv("TZ", utc.tm_hour >= 11 ? "EAST-14" : "WEST+12", 1);
    tzset();
}

static void a_card_bears_the_day_on_the_wall_and_not_that_of_greenwich(void **state)
{
    const time_t now = time(NULL);
    struct tm day;
    struct card_record rec;
    char name[DECK_NAME_MAX], wall[16];
    (void)state;
    far_zone();
    localtime_r(&now, &day);
    strftime(wall, sizeof wall, "%Y-%m-%d", &day);
    struct hall *h = hall_open(hall_stocked);
    hall_hold(h, "card-wash");
    hall_sign_in(h, "chen");
    hall_sign_in(h, "li");
    first_of(h, "mother", &rec, name);
    assert_true(says(ask(h, name), "activated on", wall));
    hall_close(h);
    unsetenv("TZ");
    tzset();
}

static void a_washed_card_tells_number_centre_keys_and_that_it_is_ours(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_record rec;
    char name[DECK_NAME_MAX];
    (void)state;
    hall_sign_in(h, "chen");
    hall_sign_in(h, "li");
    first_of(h, "mother", &rec, name);
    struct card_answer *a = ask(h, name);
    assert_int_equal(a->nature, NATURE_WASHED);
    assert_int_equal(a->verdict, VERDICT_AGREES);
    assert_string_equal(a->number, rec.number);
    assert_string_equal(a->chip, rec.chip);
    assert_string_equal(a->layout.id, "washed-mother");
    assert_string_equal(a->control, "kIctlR"); /* two custodians opened the vault */
    assert_true(says(a, "card operating system", "pboc-key"));
    assert_int_equal(a->survey.count, 1);
    const struct survey_key *k = survey_key(&a->survey.directories[0], CARD_KEY_MAINTENANCE, 1);
    assert_non_null(k);
    assert_int_equal(k->info.tries_left, 5);
    hall_close(h);
}

static void an_issued_card_tells_its_application_groups_and_what_it_may_still_issue(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_record rec;
    char name[DECK_NAME_MAX], key[32];
    (void)state;
    hall_hold(h, "issue-rmkc");
    first_of(h, "rmkc", &rec, name);
    struct card_answer *a = ask(h, name);
    assert_int_equal(a->nature, NATURE_ISSUED);
    assert_int_equal(a->verdict, VERDICT_AGREES);
    assert_string_equal(a->layout.id, "rmkc");
    assert_true(says(a, "cards it may issue", "12000 of 12000"));
    assert_true(says(a, "application", "KEYRITE.RMKC"));
    const struct survey_directory *adf = survey_directory(&a->survey, 0x3F01);
    assert_non_null(adf);
    const struct survey_key *gmpk = survey_key(adf, CARD_KEY_PURCHASE, 1);
    assert_non_null(gmpk);
    card_key_name(a, adf, gmpk, key);
    assert_string_equal(key, "GMPK 1");
    a = ask(h, "mother-05");
    first_of(h, "rakc", &rec, name);
    a = ask(h, name);
    assert_int_equal(a->nature, NATURE_ISSUED);
    assert_int_equal(a->verdict, VERDICT_AGREES);
    assert_true(says(a, "paired with", "0000"));
    /* As a centre has it that received it from this one. */
    snprintf(rec.state, sizeof rec.state, "received");
    record_set(h, &rec);
    a = ask(h, name);
    assert_int_equal(a->verdict, VERDICT_AGREES);
    hall_close(h);
}

static void every_way_in_which_card_and_inventory_disagree_is_named(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_record rec, other;
    char name[DECK_NAME_MAX];
    (void)state;
    hall_sign_in(h, "chen");
    first_of(h, "mother", &rec, name);
    other = rec;
    snprintf(other.state, sizeof other.state, "verified");
    snprintf(other.layout, sizeof other.layout, "rmkc");
    record_set(h, &other);
    struct card_answer *a = ask(h, name);
    assert_int_equal(a->verdict, VERDICT_DIFFERS);
    assert_true(found(a, FINDING_KIND));
    assert_sentence(a, "washed card");
    snprintf(other.layout, sizeof other.layout, "washed-mother");
    snprintf(other.state, sizeof other.state, "authenticated");
    snprintf(other.number, sizeof other.number, "10001000000000000099");
    record_set(h, &other);
    a = ask(h, name);
    assert_true(found(a, FINDING_STATE));
    assert_true(found(a, FINDING_NUMBER));
    other = rec;
    snprintf(other.chip, sizeof other.chip, "FFFFFFFFFFFFFFFF");
    record_set(h, &other);
    a = ask(h, name);
    assert_true(found(a, FINDING_OTHER_PIECE));
    assert_true(found(a, FINDING_UNRECORDED));
    assert_int_equal(a->verdict, VERDICT_DIFFERS);
    other = rec;
    snprintf(other.state, sizeof other.state, "spoiled");
    record_set(h, &other);
    a = ask(h, name);
    assert_true(found(a, FINDING_SPOILED));
    snprintf(other.state, sizeof other.state, "destroyed");
    record_set(h, &other);
    a = ask(h, name);
    assert_true(found(a, FINDING_DESTROYED));
    assert_int_equal(a->verdict, VERDICT_DIFFERS);
    assert_sentence(a, "washed card");
    hall_close(h);
}

/* Washing goes wrong after so many commands; what the torn card is taken for. */
static enum card_nature torn_after(const char *fault)
{
    struct hall *h = hall_open(hall_stocked);
    struct deck_card cards[32];
    enum card_nature nature = NATURE_BLANK;
    size_t count, differing = 0;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "wash");
    assert_ok(sim_fault_order(h->deck, 1, fault));
    hall_step(h);
    ceremony_end(&h->ceremony);
    assert_ok(deck_list(h->deck, cards, 32, &count));
    for (size_t i = 0; i < count; i++) {
        struct card_answer *a = ask(h, cards[i].name);
        if (a->verdict != VERDICT_DIFFERS)
            continue;
        nature = a->nature;
        differing++;
        assert_true(found(a, nature == NATURE_BLANK ? FINDING_CONTROL : FINDING_STATE));
    }
    assert_int_equal(differing, 1);
    hall_close(h);
    return nature;
}

static void a_card_torn_while_it_was_washed_is_nobodys_to_use(void **state)
{
    (void)state;
    /* Our control key is in force, all else is as the maker left it. */
    assert_int_equal(torn_after("12:gone-after"), NATURE_BLANK);
    assert_int_equal(torn_after("14:gone-after"), NATURE_HALF);
    assert_int_equal(torn_after("16:gone-after"), NATURE_HALF);
    assert_int_equal(torn_after("18:gone-after"), NATURE_HALF);
}

static void a_card_of_another_maker_kind_or_dialect_gets_its_own_answer(void **state)
{
    struct hall *h = hall_open(hall_washed);
    char name[DECK_NAME_MAX], other[2 * PATH_ROOM];
    (void)state;
    hall_sign_in(h, "chen");
    assert_ok(deck_new_as(h->deck, "blank-user", "fmcos", 1, name));
    struct card_answer *a = ask(h, name);
    assert_int_equal(a->nature, NATURE_BLANK);
    assert_string_equal(a->survey.dialect->id, "fmcos");
    snprintf(other, sizeof other, "%s/elsewhere", h->dir);
    assert_ok(deck_make(other));
    assert_ok(deck_new(other, "blank-psam", 1, name));
    hall_shell("cp %s/cards/%s.card %s/cards/foreign-01.card", other, name, h->deck);
    a = ask(h, "foreign-01");
    assert_int_equal(a->nature, NATURE_BLANK);
    assert_int_equal(a->verdict, VERDICT_UNRECORDED);
    hall_sign_in(h, "li"); /* the vault opens */
    a = ask(h, "foreign-01");
    assert_true(found(a, FINDING_CONTROL));
    assert_int_equal(a->verdict, VERDICT_DIFFERS);
    a = ask(h, "mother-05");
    assert_string_equal(a->control, "kMprd");
    /* It does not even tell its chip serial. */
    hall_pull(h, 0);
    assert_ok(sim_fault_order(h->deck, 0, "1:wrong-sw"));
    a = ask(h, "foreign-01");
    assert_int_equal(a->nature, NATURE_ALIEN);
    assert_sentence(a, "not one of our cards");
    hall_close(h);
}

static void the_question_is_signed_by_who_acts_and_never_by_an_auditor(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_record rec;
    char name[DECK_NAME_MAX];
    (void)state;
    static struct card_answer none;
    assert_int_equal(card_query(h->session, 0, &none), KR_E_STORE_MISSING);
    hall_sign_in(h, "qian");
    first_of(h, "mother", &rec, name);
    struct card_answer *a = ask(h, name);
    assert_false(a->noted);
    assert_int_equal(a->not_noted, KR_E_ROLE);
    hall_sign_in(h, "chen");
    a = ask(h, name);
    assert_true(a->noted);
    assert_int_equal(hall_count(h, "note", "about", "card-query"), 1);
    assert_int_equal(hall_count(h, "note", "card", rec.number), 1);
    assert_int_equal(hall_count(h, "note", "result", "agrees"), 1);
    hall_pull(h, 0);
    assert_int_equal(card_query(h->session, 0, a), KR_E_NO_CARD);
    assert_int_equal(card_query(h->session, 5, a), KR_E_NO_READER);
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- For tests/scenarios/queries.py: what is told of the cards of a deck ----
 *
 * test_card_query --ask STORE DECK NAME..., and on standard input a line "PERSON PASSPHRASE" for
 * each who signs in. Prints, with tabs between: card (name, nature, layout, number, verdict,
 * control key proved, state in the inventory, noted), finding (word, a, b, differs), fact (label,
 * value), key (directory, kind, KID, name, tries left/most or "-"). */

struct asked {
    const char *store, *deck;
    char **names; /* NULL after the last */
};

static void sign_in_all(struct session *s)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    char line[256], *passphrase;
    while (fgets(line, sizeof line, stdin) != NULL) {
        vault_handle entry = 0;
        line[strcspn(line, "\n")] = '\0';
        passphrase = strchr(line, ' ');
        assert_non_null(passphrase);
        *passphrase++ = '\0';
        assert_ok(vault_entry_open(session_vault(s), &spec, &entry));
        assert_ok(vault_entry_type(session_vault(s), entry, passphrase, &state));
        assert_ok(session_sign_in(s, line, entry));
    }
}

static void print_keys(const struct card_answer *a, const struct survey_directory *d)
{
    char name[32], tries[16];
    for (size_t i = 0; i < d->key_count; i++) {
        const struct survey_key *k = &d->keys[i];
        card_key_name(a, d, k, name);
        snprintf(tries, sizeof tries, "%u/%u", k->info.tries_left, k->info.tries_max);
        printf("key\t%04X\t%s\t%02X\t%s\t%s\n", d->id, card_key_kind_name(k->kind), k->info.kid,
               name, card_tries_unlimited(&k->info) ? "-" : tries);
    }
}

static void print_answer(const char *card, const struct card_answer *a)
{
    static const char *const verdicts[] = {"agrees", "differs", "unrecorded"};
    struct card_fact facts[40];
    size_t count = card_answer_facts(a, facts, 40);
    printf("card\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", card, card_nature_word(a->nature),
           a->has_layout ? a->layout.id : "", a->number, verdicts[a->verdict], a->control,
           a->recorded ? a->record.state : "", a->noted ? "noted" : "");
    for (size_t i = 0; i < a->finding_count; i++)
        printf("finding\t%s\t%s\t%s\t%s\n", answer_finding_word(a->findings[i].kind),
               a->findings[i].a, a->findings[i].b, a->findings[i].differs ? "differs" : "");
    for (size_t i = 0; i < count; i++)
        printf("fact\t%s\t%s\n", facts[i].label, facts[i].value);
    for (size_t i = 0; i < a->survey.count; i++)
        print_keys(a, &a->survey.directories[i]);
}

static void ask_all(void **state)
{
    const struct asked *given = *state;
    struct hall *h = calloc(1, sizeof *h);
    assert_non_null(h);
    snprintf(h->store, sizeof h->store, "%s", given->store);
    snprintf(h->deck, sizeof h->deck, "%s", given->deck);
    hall_session(h);
    sign_in_all(h->session);
    for (char **name = given->names; *name != NULL; name++)
        print_answer(*name, ask(h, *name));
    hall_pull(h, 0);
    hall_leave(h);
    free(h);
}

static int ask_for_scenario(char **argv)
{
    struct asked given = {argv[2], argv[3], argv + 4};
    const struct CMUnitTest test = {"ask", ask_all, NULL, NULL, &given};
    return _cmocka_run_group_tests("asked", &test, 1, NULL, NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_is_told_apart_by_whether_it_was_taken_in),
        cmocka_unit_test(a_card_bears_the_day_on_the_wall_and_not_that_of_greenwich),
        cmocka_unit_test(a_washed_card_tells_number_centre_keys_and_that_it_is_ours),
        cmocka_unit_test(an_issued_card_tells_its_application_groups_and_what_it_may_still_issue),
        cmocka_unit_test(every_way_in_which_card_and_inventory_disagree_is_named),
        cmocka_unit_test(a_card_torn_while_it_was_washed_is_nobodys_to_use),
        cmocka_unit_test(a_card_of_another_maker_kind_or_dialect_gets_its_own_answer),
        cmocka_unit_test(the_question_is_signed_by_who_acts_and_never_by_an_auditor),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    if (argc > 4 && strcmp(argv[1], "--ask") == 0)
        return ask_for_scenario(argv);
    return cmocka_run_group_tests_name("card query", tests, hall_stages_washed, hall_stages_end);
}
