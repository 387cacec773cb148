/* Sending cards: both sign the list that both have seen, and every card goes to its own centre. */
#include "hall.h"

#define RECEIVER "1122334455667788"

static void put_card(struct hall *h, unsigned n, const char *ceremony)
{
    struct store *store = session_store(h->session);
    struct card_record rec = {.changed_ms = 1};
    snprintf(rec.number, sizeof rec.number, "1000200000000000%04u", n);
    snprintf(rec.chip, sizeof rec.chip, "4B52%04u", n);
    snprintf(rec.kind, sizeof rec.kind, "psam");
    snprintf(rec.layout, sizeof rec.layout, "psam");
    snprintf(rec.state, sizeof rec.state, "verified");
    snprintf(rec.ceremony, sizeof rec.ceremony, "%s", ceremony);
    assert_ok(store_begin(store));
    assert_ok(cards_put(store, &rec));
    assert_ok(store_commit(store));
}

static void say_usual(struct hall *h, const char *last)
{
    h->said_count = 0;
    hall_say(h, "cards", "psam");
    hall_say(h, "first", "-");
    hall_say(h, "last", last);
    hall_say(h, "receiver", "Bank of the South");
    hall_say(h, "receiver-id", RECEIVER);
    hall_say(h, "package", "B-17");
    hall_say(h, "seat-custodian", "chen");
}

static struct hall *with_card(void)
{
    struct hall *h = hall_open(hall_founded);
    hall_sign_in(h, "wang");
    hall_sign_in(h, "chen");
    put_card(h, 1, "PSAM-2026-001");
    return h;
}

static void the_second_signs_another_list_than_the_first(void **state)
{
    struct hall *h = with_card();
    (void)state;
    hall_begin(h, "transfer");
    say_usual(h, "-");
    hall_walk_to(h, "transfer");
    hall_reply(h, "send");
    assert_string_equal(h->r.key, "transfer.second");
    put_card(h, 2, "PSAM-2026-001"); /* by another ceremony, while this one is paused */
    hall_reply(h, "send");
    assert_problem(h, KR_E_TRANSFER_CHANGED);
    assert_string_equal(h->r.key, "transfer");
    hall_reply(h, "send");
    hall_reply(h, "send");
    assert_int_equal(h->r.kind, REQUEST_SECRET);
    put_card(h, 3, "PSAM-2026-001");
    hall_step(h);
    assert_problem(h, KR_E_TRANSFER_CHANGED);
    assert_string_equal(h->r.key, "transfer");
    assert_int_equal(hall_count(h, "card", "result", "delivered"), 0);
    hall_reply(h, "send");
    hall_reply(h, "send");
    hall_step(h);
    assert_int_equal(hall_count(h, "card", "result", "delivered"), 1);
    hall_close(h);
}

static enum kr_error signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                           uint8_t sig[64])
{
    return vault_sign(ctx, person, message, len, sig);
}

/* As the opening of a ceremony that makes mother cards for that bank says it. */
static void open_for(struct hall *h, const char *id, const char *bank)
{
    struct store *store = session_store(h->session);
    struct signer two[2] = {{.sign = signs, .ctx = session_vault(h->session)},
                            {.sign = signs, .ctx = session_vault(h->session)}};
    struct entry e;
    snprintf(two[0].person, sizeof two[0].person, "chen");
    snprintf(two[0].role, sizeof two[0].role, "custodian");
    snprintf(two[1].person, sizeof two[1].person, "wang");
    snprintf(two[1].role, sizeof two[1].role, "supervisor");
    entry_begin(&e, "open");
    entry_add(&e, "ceremony", "%s", id);
    entry_add(&e, "script", "test %064d", 0);
    entry_add(&e, "parameter", "bank %s", bank);
    assert_ok(store_begin(store));
    assert_ok(journal_append(store, &e, two, 2));
    assert_ok(store_commit(store));
    entry_free(&e);
}

static void a_card_made_for_another_centre_counts_as_delivered(void **state)
{
    struct hall *h = with_card();
    (void)state;
    open_for(h, "MKC-2026-001", "0000000000000042");
    put_card(h, 2, "MKC-2026-001");
    hall_begin(h, "transfer");
    say_usual(h, "-");
    for (int n = 0; n < 40 && h->r.problem[0] == '\0'; n++) {
        hall_next(h);
        if (h->r.problem[0] == '\0')
            assert_ok(hall_answer(h));
    }
    assert_problem(h, KR_E_TRANSFER_SUBJECT);
    assert_non_null(strstr(h->r.problem, "0000000000000042"));
    say_usual(h, "10002000000000000001"); /* without the second */
    hall_walk_to(h, "transfer");
    assert_int_equal(hall_count(h, "open", "ceremony", "MKC-2026-001"), 1);
    hall_close(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_signs_another_list_than_the_first),
        cmocka_unit_test(a_card_made_for_another_centre_counts_as_delivered),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("transfer", tests, hall_stages_founded, hall_stages_end);
}
