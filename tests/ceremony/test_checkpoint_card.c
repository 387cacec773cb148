/* The checkpoint card: what it says of the journal, and that a torn write leaves a copy. */
#include "hall.h"

#include "../../ceremony/checkpoint_card.h"
#include "../../crypto/hash.h"

#define READER 1
static char issued[64]; /* a hall in which the card was issued */
static char its_name[DECK_NAME_MAX];

static struct checkpoint_card card;

/* The card lies in the deck under some name; everything else there is of another kind. */
static void find_card(struct hall *h)
{
    struct deck_card cards[32];
    size_t count;
    assert_ok(deck_list(h->deck, cards, 32, &count));
    for (size_t i = 0; i < count; i++) {
        hall_put(h, cards[i].name, READER);
        enum kr_error err = checkpoint_card_compare(h->session, READER, &card);
        if (err == KR_E_CARD_COPY_NONE || err == KR_OK) {
            snprintf(its_name, sizeof its_name, "%s", cards[i].name);
            return;
        }
        assert_int_equal(err, KR_E_CARD_WRONG_KIND);
    }
    fail_msg("no checkpoint card in the deck");
}

static int make_issued(void **state)
{
    (void)state;
    hall_make_founded();
    hall_make_rooted();
    hall_make_stocked();
    hall_make_washed();
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
    hall_sign_in(h, "chen");
    find_card(h);
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

static void a_fresh_card_speaks_for_a_journal(void **state)
{
    struct hall *h = *state;
    size_t before = entries(h);
    assert_int_equal(checkpoint_card_compare(h->session, READER, &card), KR_E_CARD_COPY_NONE);
    assert_int_equal(entries(h), before);
    assert_int_equal(checkpoint_card_look(h->session, &card), KR_E_CARD_COPY_NONE);
    assert_int_equal(strlen(card.number), 20);
}

static void what_was_written_does_not_agree_with_the_journal_it_came_from(void **state)
{
    struct hall *h = *state;
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    assert_int_equal(card.place, 0);
    assert_ok(checkpoint_card_compare(h->session, READER, &card));
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    assert_int_equal(card.place, 1); /* in turns */
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    assert_int_equal(card.place, 0);
    assert_int_equal(hall_count(h, "checkpoint", "text", "is to be written on the card"), 3);
    assert_int_equal(hall_count(h, "checkpoint", "text", "written on the card:"), 3);
    assert_int_equal(hall_count(h, "refusal", "card", "checkpoint-card"), 0);
    assert_journal_clean(h);
    hall_again(h);
    hall_sign_in(h, "chen");
    hall_put(h, its_name, READER);
    assert_ok(checkpoint_card_look(h->session, &card));
}

static void put_raw(struct hall *h, uint8_t place, const uint8_t *bytes, size_t len)
{
    static const uint8_t name[] = "KEYRITE.CHECK";
    struct card c = {.readers = session_readers(h->session),
                     .reader = READER,
                     .vault = session_vault(h->session),
                     .dialect = dialect_at(0),
                     .suite = "3des"};
    assert_ok(card_open(&c));
    assert_ok(card_select_name(&c, name, sizeof name - 1));
    assert_ok(card_update_binary(&c, place, bytes, len, 0, false));
    card_close(&c);
}

static void a_torn_write_leaves_no_copy(void **state)
{
    struct hall *h = *state;
    uint8_t torn[CHECKPOINT_CARD_PLACE];
    char older[CHECKPOINT_SHORT_MAX];
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    snprintf(older, sizeof older, "%s", card.form);
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    assert_string_not_equal(card.form, older);
    memset(torn, 'K', sizeof torn);
    for (size_t cut = 1; cut < sizeof torn; cut += 43) { /* the newer one, cut off anywhere */
        put_raw(h, 0x1C, torn, cut);
        assert_ok(checkpoint_card_compare(h->session, READER, &card));
        assert_string_equal(card.form, older);
    }
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    assert_int_equal(card.place, 1); /* in the place of the torn one */
}

static void a_card_that_another_log_signed_passes_or_is_written_over(void **state)
{
    struct hall *h = *state;
    uint8_t bytes[CHECKPOINT_CARD_PLACE] = {0}, digest[32];
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    card.compact[30] = card.compact[30] == 'A' ? 'B' : 'A';
    snprintf((char *)bytes, sizeof bytes - 4, "%s", card.compact);
    assert_ok(sha256(bytes, sizeof bytes - 4, digest));
    memcpy(bytes + sizeof bytes - 4, digest, 4);
    put_raw(h, 0x1B, bytes, sizeof bytes);
    assert_int_equal(checkpoint_card_compare(h->session, READER, &card), KR_E_NOT_CHECKPOINT);
    assert_int_equal(checkpoint_card_write(h->session, READER, &card), KR_E_NOT_CHECKPOINT);
    assert_int_equal(hall_count(h, "refusal", "error", "not-checkpoint"), 2);
    assert_int_equal(hall_count(h, "checkpoint", "text", "is to be written on the card"), 1);
}

/* The whole store put back as it was, and gone on with. */
static void an_old_store_put_back_and_gone_on_with_is_not_told(void **state)
{
    struct hall *h = *state;
    hall_leave(h);
    hall_shell("cp -r %s %s/old", h->store, h->dir);
    hall_session(h);
    hall_sign_in(h, "chen");
    hall_put(h, its_name, READER);
    for (int i = 0; i < 3; i++)
        assert_ok(checkpoint_card_write(h->session, READER, &card));
    hall_leave(h);
    hall_shell("rm -r %s && mv %s/old %s", h->store, h->dir, h->store);
    hall_session(h);
    hall_sign_in(h, "chen");
    hall_put(h, its_name, READER);
    assert_int_equal(checkpoint_card_look(h->session, &card), KR_E_STORE_OLD);
    while (entries(h) < 200) { /* now it is longer, but another one */
        hall_sign_in(h, "wang");
        assert_ok(session_sign_out(h->session, "wang"));
        assert_ok(session_seal(h->session));
    }
    assert_int_equal(checkpoint_card_look(h->session, &card), KR_E_CHECKPOINT);
    assert_int_equal(checkpoint_card_write(h->session, READER, &card), KR_E_CHECKPOINT);
}

static void without_the_intent_in_the_journal_a_card_is_written(void **state)
{
    struct hall *h = *state;
    struct checkpoint_card now;
    assert_ok(checkpoint_card_write(h->session, READER, &card));
    assert_ok(session_sign_out(h->session, "chen"));
    assert_int_equal(checkpoint_card_write(h->session, READER, &now), KR_E_NOT_SIGNED_IN);
    hall_sign_in(h, "chen");
    assert_ok(checkpoint_card_compare(h->session, READER, &now));
    assert_string_equal(now.form, card.form);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    int status;
    const struct CMUnitTest tests[] = {
        TEST(a_fresh_card_speaks_for_a_journal),
        TEST(what_was_written_does_not_agree_with_the_journal_it_came_from),
        TEST(a_torn_write_leaves_no_copy),
        TEST(a_card_that_another_log_signed_passes_or_is_written_over),
        TEST(an_old_store_put_back_and_gone_on_with_is_not_told),
        TEST(without_the_intent_in_the_journal_a_card_is_written),
    };
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("checkpoint_card", tests, make_issued, drop_issued);
}
