/* The checkpoint card: what it says of the journal, and that a torn write leaves a copy. */
#include "hall.h"

#include "../../ceremony/card_query.h"
#include "../../ceremony/checkpoint_card.h"
#include "../../ceremony/held_key.h"
#include "../../crypto/hash.h"
#include "../../store/paper.h"

#define READER    1
#define PCSC_DECK "KEYRITE_PCSC_DECK"
static char issued[64]; /* a hall in which the card was issued */
static char its_name[DECK_NAME_MAX];

static struct checkpoint_card card;

/* The card lies in the deck under some name; everything else there is of another kind. */
static void find_its_name(struct hall *h)
{
    struct deck_card cards[32];
    size_t count;
    assert_ok(deck_list(h->deck, cards, 32, &count));
    for (size_t i = 0; i < count; i++) {
        hall_put(h, cards[i].name, READER);
        enum kr_error err = checkpoint_card_compare(h->session, &card);
        if (err == KR_E_CARD_COPY_NONE) {
            memcpy(its_name, cards[i].name, sizeof its_name);
            return;
        }
        if (err != KR_E_CARD_WRONG_KIND && err != KR_E_CARD_FOREIGN)
            fail_msg("%s: %s (%s)", cards[i].name, kr_name(err), kr_detail());
    }
    fail_msg("no checkpoint card in the deck");
}

static void sign_in_all(struct hall *h)
{
    hall_sign_in(h, "wang");
    hall_sign_in(h, "chen");
    hall_sign_in(h, "li");
}

static int make_issued(void **state)
{
    hall_stages_washed(state);
    static const char *const scripts[] = {"issue-checkpoint-card", NULL};
    hall_stage(hall_washed, issued, scripts);
    return 0;
}

static int drop_issued(void **state)
{
    hall_shell("rm -rf %s", issued);
    return hall_stages_end(state);
}

static int begin(void **state)
{
    struct hall *h = hall_open(issued);
    sign_in_all(h);
    find_its_name(h);
    *state = h;
    return 0;
}

static int end(void **state)
{
    hall_close(*state);
    return 0;
}

static size_t entries(struct hall *h)
{
    return (size_t)journal_size(session_store(h->session));
}

/* The store is opened again: by whom the test says. */
static void open_again(struct hall *h)
{
    hall_session(h);
    hall_put(h, its_name, READER);
}

static void an_empty_card_or_an_empty_reader_speaks_for_a_journal(void **state)
{
    struct hall *h = *state;
    size_t before = entries(h);
    assert_int_equal(checkpoint_card_compare(h->session, &card), KR_E_CARD_COPY_NONE);
    assert_int_equal(strlen(card.number), 20);
    hall_pull(h, READER);
    assert_int_equal(checkpoint_card_compare(h->session, &card), KR_E_CARD_COPY_ABSENT);
    assert_int_equal(checkpoint_card_write(h->session, &card), KR_E_CARD_COPY_ABSENT);
    assert_int_equal(entries(h), before);
}

static void what_was_written_does_not_agree_with_the_journal_it_came_from(void **state)
{
    struct hall *h = *state;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(checkpoint_card_write(h->session, &card));
        assert_int_equal(card.place, i % 2); /* in turns */
        assert_ok(checkpoint_card_compare(h->session, &card));
    }
    assert_int_equal(hall_count(h, "checkpoint", "text", "is to be written on the card"), 3);
    assert_int_equal(hall_count(h, "checkpoint", "text", "checkpoint written on the card: "), 3);
    assert_int_equal(hall_count(h, "refusal", "about", "checkpoint-card"), 0);
    assert_journal_clean(h);
    hall_leave(h);
    open_again(h);
    hall_sign_in(h, "wang");
    assert_ok(checkpoint_card_compare(h->session, &card));
}

/* Under the key that the centre's vault has: what a torn write leaves, or a thief with that key. */
static void put_raw(struct hall *h, uint8_t place, const uint8_t *bytes, size_t len, bool keyed)
{
    static const uint8_t name[] = "KEYRITE.CHECK";
    struct layout_key k = {.name = "kAmaintR", .kind = CARD_KEY_MAINTENANCE};
    vault_handle key = 0;
    struct card c = {.readers = session_readers(h->session),
                     .reader = READER,
                     .vault = session_vault(h->session),
                     .dialect = dialect_at(0),
                     .suite = "3des"};
    if (keyed)
        assert_ok(held_key(h->session, &k, NULL, &key));
    assert_ok(card_open(&c));
    assert_ok(card_select_name(&c, name, sizeof name - 1));
    enum kr_error err = card_update_binary(&c, place, bytes, len, key, false);
    assert_true((err == KR_OK) == keyed);
    vault_drop(session_vault(h->session), key);
    card_close(&c);
}

static void a_torn_write_leaves_no_copy(void **state)
{
    struct hall *h = *state;
    uint8_t torn[CHECKPOINT_CARD_PLACE];
    char older[CHECKPOINT_SHORT_MAX];
    assert_ok(checkpoint_card_write(h->session, &card));
    snprintf(older, sizeof older, "%s", card.form);
    assert_ok(checkpoint_card_write(h->session, &card));
    assert_string_not_equal(card.form, older);
    memset(torn, 'x', sizeof torn);
    for (size_t cut = 1; cut < sizeof torn; cut += 43) { /* the newer one, cut off anywhere */
        put_raw(h, 0x1C, torn, cut, true);
        assert_ok(checkpoint_card_compare(h->session, &card));
        assert_string_equal(card.form, older);
    }
    assert_ok(checkpoint_card_write(h->session, &card));
    assert_int_equal(card.place, 1); /* in the place of the torn one */
}

static void pull_and_put(struct hall *h)
{
    hall_pull(h, READER);
    hall_put(h, its_name, READER);
}

/* Each command of a writing goes wrong in each way; a copy is always left, and the next time it is
 * written. */
static void a_fault_at_some_command_leaves_the_card_without_a_copy(void **state)
{
    struct hall *h = *state;
    static const char *const kinds[] = {"gone-before", "gone-after", "empty", "wrong-sw", "reset"};
    assert_ok(checkpoint_card_write(h->session, &card));
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        enum kr_error err = KR_E_CARD_GONE;
        for (int n = 1; err != KR_OK; n++) {
            char order[32];
            snprintf(order, sizeof order, "%d:%s", n, kinds[k]);
            assert_ok(sim_fault_order(h->deck, READER, order));
            err = checkpoint_card_write(h->session, &card);
            pull_and_put(h);
            /* there are not so many commands: let it happen to the next */
            for (int i = 0; err == KR_OK && i < 4; i++)
                (void)checkpoint_card_compare(h->session, &card);
            pull_and_put(h);
            enum kr_error after = checkpoint_card_compare(h->session, &card);
            if (after != KR_OK)
                fail_msg("%s: %s (%s)", order, kr_name(after), kr_detail());
            assert_true(n < 40);
        }
    }
    assert_ok(checkpoint_card_write(h->session, &card));
    assert_journal_clean(h);
}

static void anybody_without_the_vault_writes_on_the_card(void **state)
{
    struct hall *h = *state;
    uint8_t bytes[8] = {1};
    put_raw(h, 0x1B, bytes, sizeof bytes, false);
    assert_ok(session_sign_out(h->session, "li"));
    assert_int_equal(checkpoint_card_write(h->session, &card), KR_E_QUORUM);
    assert_int_equal(hall_count(h, "checkpoint", "text", "is to be written"), 0);
}

static void a_card_that_another_log_signed_passes_or_is_written_over(void **state)
{
    struct hall *h = *state;
    uint8_t bytes[CHECKPOINT_CARD_PLACE] = {0}, digest[32];
    assert_ok(checkpoint_card_write(h->session, &card));
    card.compact[30] = card.compact[30] == 'A' ? 'B' : 'A';
    memcpy(bytes, card.compact, strlen(card.compact));
    assert_ok(sha256(bytes, sizeof bytes - 4, digest));
    memcpy(bytes + sizeof bytes - 4, digest, 4);
    put_raw(h, 0x1B, bytes, sizeof bytes, true);
    assert_int_equal(checkpoint_card_compare(h->session, &card), KR_E_NOT_CHECKPOINT);
    assert_int_equal(checkpoint_card_write(h->session, &card), KR_E_NOT_CHECKPOINT);
    assert_int_equal(hall_count(h, "refusal", "error", "not-checkpoint"), 2);
    assert_int_equal(hall_count(h, "checkpoint", "text", "is to be written on the card"), 1);
    assert_ok(session_paper_admits(h->session)); /* it says nothing of this journal */
}

/* The whole folder put back as it was, and then gone on with. */
static void an_old_store_put_back_is_gone_on_with(void **state)
{
    struct hall *h = *state;
    hall_leave(h);
    hall_shell("cp -r %s %s/old", h->store, h->dir);
    open_again(h);
    sign_in_all(h);
    for (int i = 0; i < 3; i++)
        assert_ok(checkpoint_card_write(h->session, &card));
    uint64_t newest = entries(h);
    hall_leave(h);
    hall_shell("rm -r %s && mv %s/old %s", h->store, h->dir, h->store);
    open_again(h);
    hall_sign_in(h, "wang");
    assert_ok(session_paper_admits(h->session)); /* nothing else in the folder shows it */
    assert_int_equal(checkpoint_card_compare(h->session, &card), KR_E_STORE_OLD);
    assert_int_equal(session_paper_admits(h->session), KR_E_STORE_OLD);
    assert_int_equal(checkpoint_card_write(h->session, &card), KR_E_STORE_OLD);
    assert_int_equal(hall_count(h, "refusal", "error", "store-old"), 2);
    while (entries(h) < newest + 8) { /* now it is longer, but another one */
        hall_sign_in(h, "zhang");
        assert_ok(session_sign_out(h->session, "zhang"));
        assert_ok(session_seal(h->session));
    }
    assert_int_equal(checkpoint_card_compare(h->session, &card), KR_E_CHECKPOINT);
    assert_int_equal(checkpoint_card_write(h->session, &card), KR_E_CHECKPOINT);
    assert_int_equal(session_paper_admits(h->session), KR_E_CHECKPOINT);
    assert_int_equal(hall_count(h, "checkpoint", "text", "is to be written on the card"), 0);
}

/* A rehearsal asks for the paper only once somebody has taken one down. */
static void take_paper_down(struct hall *h)
{
    uint64_t size = entries(h);
    assert_ok(paper_remember(session_store(h->session), size));
}

static void a_card_that_agrees_does_not_stand_in_for_the_paper(void **state)
{
    struct hall *h = *state;
    assert_ok(checkpoint_card_write(h->session, &card));
    take_paper_down(h);
    hall_leave(h);
    open_again(h);
    hall_sign_in(h, "chen");
    assert_true(session_paper_due(h->session));
    assert_ok(checkpoint_card_compare(h->session, &card));
    assert_true(session_paper_due(h->session)); /* no supervisor vouches for the card */
    hall_sign_in(h, "wang");
    assert_ok(checkpoint_card_compare(h->session, &card));
    assert_false(session_paper_due(h->session));
}

static void a_card_older_than_the_paper_stands_in_for_it(void **state)
{
    struct hall *h = *state;
    assert_ok(checkpoint_card_write(h->session, &card));
    hall_pull(h, READER);
    hall_hold(h, "card-intake");
    take_paper_down(h);
    hall_leave(h);
    open_again(h);
    hall_sign_in(h, "wang");
    assert_true(session_paper_due(h->session));
    assert_ok(checkpoint_card_compare(h->session, &card));
    assert_true(session_paper_due(h->session));
}

static void without_the_intent_in_the_journal_a_card_is_written(void **state)
{
    struct hall *h = *state;
    struct checkpoint_card now;
    assert_ok(checkpoint_card_write(h->session, &card));
    assert_ok(session_sign_out(h->session, "wang"));
    assert_ok(session_sign_out(h->session, "chen"));
    assert_ok(session_sign_out(h->session, "li"));
    assert_int_equal(checkpoint_card_write(h->session, &now), KR_E_NOT_SIGNED_IN);
    hall_sign_in(h, "wang");
    assert_ok(checkpoint_card_compare(h->session, &now));
    assert_string_equal(now.form, card.form);
}

/* In the scenario of that name: keyrite-vcard holds cards of this deck behind pcscd. */
static void through_pcscd_what_was_written_does_not_agree(void **state)
{
    struct hall *h = *state;
    char place[PATH_ROOM];
    memcpy(place, h->deck, sizeof place);
    hall_pull(h, READER);
    hall_leave(h);
    snprintf(h->deck, sizeof h->deck, "%s", getenv(PCSC_DECK));
    hall_shell("cp -r %s/. %s", place, h->deck);
    const struct session_options o = {.store_dir = h->store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = "cardio/layouts",
                                      .readers = READER_PCSC,
                                      .deck = h->deck,
                                      .rehearsal = true,
                                      .scripted = true};
    assert_ok(session_start(&o, &h->session));
    sign_in_all(h);
    hall_put(h, its_name, READER);
    enum kr_error err = KR_E_CARD_COPY_ABSENT;
    for (int i = 0; i < 100 && err == KR_E_CARD_COPY_ABSENT; i++) { /* until pcscd noticed it */
        usleep(100000);
        err = checkpoint_card_compare(h->session, &card);
    }
    assert_int_equal(err, KR_E_CARD_COPY_NONE);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(checkpoint_card_write(h->session, &card));
        assert_int_equal(card.place, i % 2);
        assert_ok(checkpoint_card_compare(h->session, &card));
    }
    assert_journal_clean(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- Centres that make the card out of a blank ---- */

/* What lies in the reader is a card of that layout, as the inventory has it. */
static void assert_recognized(struct hall *h, const char *layout)
{
    static struct card_answer a;
    assert_ok(card_query(h->session, READER, &a));
    assert_true(a.has_layout);
    assert_string_equal(a.layout.id, layout);
    for (size_t i = 0; i < a.finding_count; i++)
        assert_false(a.findings[i].differs);
    assert_true(a.control_tried);
}

static void hold_below(const char *tier, const char *seeds, const char *layout)
{
    struct hall *h = hall_open(NULL);
    char script[64];
    snprintf(script, sizeof script, "issue-%s", layout);
    hall_say(h, "tier", tier);
    hall_say(h, "identifier", "1234567890123456");
    hall_hold(h, "site-init");
    hall_hold(h, seeds);
    hall_hold(h, "card-intake");
    hall_hold(h, script);
    sign_in_all(h);
    find_its_name(h);
    assert_ok(checkpoint_card_write(h->session, &card));
    assert_ok(checkpoint_card_write(h->session, &card));
    assert_ok(checkpoint_card_compare(h->session, &card));
    assert_recognized(h, layout);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_query_takes_the_card_for_one_of_another_tier(void **state)
{
    assert_recognized(*state, "checkpoint-card");
}

static void a_centre_without_washed_cards_has_no_checkpoint_card(void **state)
{
    (void)state;
    hold_below("regional", "seed-regional", "checkpoint-card-region");
    hold_below("member", "seed-member", "checkpoint-card-member");
    hold_below("city-download", "seed-member", "checkpoint-card-member");
}

int main(int argc, char **argv)
{
    int status;
    const struct CMUnitTest tests[] = {
        TEST(an_empty_card_or_an_empty_reader_speaks_for_a_journal),
        TEST(what_was_written_does_not_agree_with_the_journal_it_came_from),
        TEST(a_torn_write_leaves_no_copy),
        TEST(a_fault_at_some_command_leaves_the_card_without_a_copy),
        TEST(anybody_without_the_vault_writes_on_the_card),
        TEST(a_card_that_another_log_signed_passes_or_is_written_over),
        TEST(an_old_store_put_back_is_gone_on_with),
        TEST(a_card_that_agrees_does_not_stand_in_for_the_paper),
        TEST(a_card_older_than_the_paper_stands_in_for_it),
        TEST(without_the_intent_in_the_journal_a_card_is_written),
        TEST(a_query_takes_the_card_for_one_of_another_tier),
        cmocka_unit_test(a_centre_without_washed_cards_has_no_checkpoint_card),
    };
    const struct CMUnitTest behind[] = {TEST(through_pcscd_what_was_written_does_not_agree)};
    if (hall_child(argc, argv, &status))
        return status;
    if (getenv(PCSC_DECK) != NULL)
        return cmocka_run_group_tests_name("checkpoint_card", behind, make_issued, drop_issued);
    return cmocka_run_group_tests_name("checkpoint_card", tests, make_issued, drop_issued);
}
