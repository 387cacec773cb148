/* Transfer notes: what a receiver proves without the sender's store, what it refuses, and what it
 * remembers of senders. */
#include "note_bench.h"

#include "../../store/verify.h"

#define HERE "RECV-2026-001"

static struct transfer_note *read_back(const struct bench *b)
{
    struct transfer_note *n;
    enum kr_error error = transfer_note_read(b->text, b->len, &n);
    if (error != KR_OK)
        fail_msg("%s: %s", kr_name(error), kr_detail());
    return n;
}

/* The verdict on a note that was written from other parts. */
static enum kr_error verdict_on(const struct transfer_note *n)
{
    struct transfer_note *again = NULL;
    char *text;
    size_t len;
    assert_int_equal(transfer_note_text(n, &text, &len), KR_OK);
    enum kr_error error = transfer_note_read(text, len, &again);
    transfer_note_free(&again);
    free(text);
    return error;
}

static void a_note_says_who_sends_what_to_whom(void **state)
{
    struct transfer_note *n = read_back(*state);
    assert_string_equal(n->centre, "全国密钥管理总中心 National key management centre");
    assert_string_equal(n->tier, "national");
    assert_string_equal(n->identifier, "0000000000000000");
    assert_string_equal(n->receiver, "Regional centre");
    assert_string_equal(n->receiver_identifier, "5715710000000001");
    assert_string_equal(n->package, "B-0042");
    assert_string_equal(n->ceremony, ID);
    assert_string_equal(n->head.origin, "keyrite.example/national/0571");
    assert_true(n->rehearsal);
    assert_int_equal(n->card_count, 3);
    assert_int_equal(n->people_count, 3);
    const struct note_card *card = transfer_note_card(n, CHIP_2);
    assert_non_null(card);
    assert_string_equal(card->number, "00000000000000000018");
    assert_string_equal(card->kind, "back");
    assert_string_equal(card->pair, "00000000000000000017");
    assert_string_equal(card->label, "0000 0000 0000 0000 0018");
    assert_null(transfer_note_card(n, "9999999999999999"));
    assert_int_equal(transfer_note_count(n, "psam"), 1);
    assert_int_equal(transfer_note_count(n, "pakc"), 0);
    transfer_note_free(&n);
}

static void a_printed_note_fits_eighty_columns_and_cuts_no_character(void **state)
{
    struct bench *b = *state;
    size_t longest = 0;
    for (const char *line = b->text; *line != '\0';) {
        const char *stop = strchr(line, '\n');
        assert_non_null(stop);
        assert_false(((unsigned char)line[0] & 0xC0) == 0x80);
        longest = (size_t)(stop - line) > longest ? (size_t)(stop - line) : longest;
        line = stop + 1;
    }
    assert_in_range(longest, 70, NOTE_COLUMNS);
}

static void no_secret_stands_in_a_note(void **state)
{
    struct bench *b = *state;
    static const char *const people[] = {"log", "carol", "chen", "olga"};
    for (size_t i = 0; i < 4; i++) {
        uint8_t seed[32];
        char hex[65];
        assert_int_equal(sha256(people[i], strlen(people[i]), seed), KR_OK);
        hex_encode(seed, 32, hex);
        assert_null(memmem(b->text, b->len, seed, 32));
        assert_null(memmem(b->text, b->len, hex, 64));
    }
}

static void every_byte_of_a_note_that_is_changed_is_noticed(void **state)
{
    struct bench *b = *state;
    static const unsigned char flips[] = {0x01, 0x20, 0x80};
    for (size_t i = 0; i < b->len; i++)
        for (size_t f = 0; f < sizeof flips; f++) {
            struct transfer_note *n = NULL;
            b->text[i] = (char)((unsigned char)b->text[i] ^ flips[f]);
            enum kr_error error = transfer_note_read(b->text, b->len, &n);
            if (error != KR_E_NOTE_FORM && error != KR_E_NOTE_PROOF)
                fail_msg("byte %zu ^ %02x: %s", i, flips[f], kr_name(error));
            b->text[i] = (char)((unsigned char)b->text[i] ^ flips[f]);
        }
}

static void a_note_cut_off_anywhere_or_with_something_behind_it_is_none(void **state)
{
    struct bench *b = *state;
    struct transfer_note *n = NULL;
    for (size_t len = 0; len < b->len; len++)
        assert_int_equal(transfer_note_read(b->text, len, &n), KR_E_NOTE_FORM);
    char *more = malloc(b->len + 1);
    assert_non_null(more);
    memcpy(more, b->text, b->len);
    for (int c = 0; c < 256; c++) {
        more[b->len] = (char)c;
        assert_int_equal(transfer_note_read(more, b->len + 1, &n), KR_E_NOTE_FORM);
    }
    free(more);
}

static void a_line_put_in_or_left_out_is_noticed(void **state)
{
    struct bench *b = *state;
    struct transfer_note *n = NULL;
    char *other = malloc(2 * b->len + 2);
    assert_non_null(other);
    for (size_t at = 0; at < b->len;) {
        size_t line = (size_t)((char *)memchr(b->text + at, '\n', b->len - at) - b->text) + 1 - at;
        memcpy(other, b->text, at);
        memcpy(other + at, b->text + at + line, b->len - at - line);
        assert_int_not_equal(transfer_note_read(other, b->len - line, &n), KR_OK);
        memcpy(other + at + line, b->text + at, b->len - at);
        memcpy(other + at, b->text + at, line);
        assert_int_not_equal(transfer_note_read(other, b->len + line, &n), KR_OK);
        at += line;
    }
    free(other);
}

static void another_list_of_cards_under_the_same_signatures_is_refused(void **state)
{
    struct bench *b = *state;
    char *at = memmem(b->text, b->len, CHIP_3, 16);
    assert_non_null(at);
    memcpy(at, "2122232425262729", 16);
    struct transfer_note *n = NULL;
    assert_int_equal(transfer_note_read(b->text, b->len, &n), KR_E_NOTE_FORM);
}

static void a_page_left_out_is_noticed(void **state)
{
    struct bench *b = *state;
    char *text;
    size_t len;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            transfer_note_make(b->centre.store, &b->pages[i], 1, b->checkpoint, &text, &len),
            KR_E_NOTE_FORM);
    uint64_t turned[] = {b->pages[1], b->pages[0]};
    assert_int_equal(transfer_note_make(b->centre.store, turned, 2, b->checkpoint, &text, &len),
                     KR_E_NOTE_FORM);
}

static enum kr_error signs_by(const char *person, struct transfer_note *n)
{
    char body[CHECKPOINT_MAX];
    size_t len;
    assert_int_equal(checkpoint_body(&n->head, body, sizeof body, &len), KR_OK);
    return centre_sign(NULL, person, (const uint8_t *)body, len, n->log_signature);
}

static void a_swapped_log_key_is_refused_though_its_own_signature_holds(void **state)
{
    struct transfer_note *n = read_back(*state);
    uint8_t other[32];
    assert_int_equal(sha256("mallory", 7, other), KR_OK);
    struct secret *seed = secret_from(other, 32);
    assert_int_equal(sign_public(seed, n->log_key), KR_OK);
    secret_free(&seed);
    assert_int_equal(signs_by("mallory", n), KR_OK);
    assert_int_equal(verdict_on(n), KR_E_NOTE_PROOF);
    transfer_note_free(&n);
}

static void a_checkpoint_that_does_not_cover_the_cards_is_refused(void **state)
{
    struct transfer_note *n = read_back(*state);
    n->head.size = n->pages[1].entry.seq;
    memcpy(n->head.root, n->pages[1].entry.root, 32);
    assert_int_equal(signs_by("log", n), KR_OK);
    assert_int_equal(verdict_on(n), KR_E_NOTE_PROOF);
    transfer_note_free(&n);
}

static void a_key_that_did_not_sign_cannot_stand_for_one_that_did(void **state)
{
    struct transfer_note *n = read_back(*state);
    memcpy(n->people[1].public_key, n->people[0].public_key, 32);
    assert_int_equal(verdict_on(n), KR_E_NOTE_PROOF);
    transfer_note_free(&n);
    n = read_back(*state);
    n->people_count--;
    assert_int_equal(verdict_on(n), KR_E_NOTE_FORM);
    transfer_note_free(&n);
}

static void cards_that_one_person_or_one_role_sent_are_refused(void **state)
{
    struct bench *b = *state;
    static const char *const signers[] = {"olga operator", "olga operator, kate custodian",
                                          "carol supervisor, chen supervisor"};
    for (size_t i = 0; i < 3; i++) {
        char *text;
        size_t len;
        uint64_t page =
            write_page(&b->centre, signers[i], "1 1", CARD_3 "label 0000 2000 0000 0000 0003\n");
        assert_int_equal(centre_checkpoint(&b->centre, NULL, b->checkpoint, sizeof b->checkpoint),
                         KR_OK);
        assert_int_equal(transfer_note_make(b->centre.store, &page, 1, b->checkpoint, &text, &len),
                         KR_E_NOTE_PROOF);
    }
}

static void a_page_whose_lines_are_not_as_documented_is_refused(void **state)
{
    struct bench *b = *state;
    static const char *const lines[] = {
        "", CARD_3, CARD_3 "label a\nlabel b\n", CARD_3 CARD_3 "label a\nlabel a\n",
        "card 00002000000000000003 psam " CHIP_3 " verified psam -\nlabel a\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char *text;
        size_t len;
        uint64_t page = write_page(&b->centre, BOTH, "1 1", lines[i]);
        assert_int_equal(centre_checkpoint(&b->centre, NULL, b->checkpoint, sizeof b->checkpoint),
                         KR_OK);
        assert_int_equal(transfer_note_make(b->centre.store, &page, 1, b->checkpoint, &text, &len),
                         KR_E_NOTE_FORM);
    }
}

/* ---- At the receiver ---- */

static void receive_in(struct bench *b, const char *ceremony, const struct transfer_note *n,
                       const char *text, size_t len)
{
    struct test_centre *c = &b->centre;
    struct signer who = {.sign = centre_sign};
    struct entry e;
    snprintf(who.person, sizeof who.person, "kate");
    snprintf(who.role, sizeof who.role, "custodian");
    centre_course(c, "open", ceremony);
    assert_int_equal(store_begin(c->store), KR_OK);
    entry_begin(&e, "note");
    entry_add(&e, "ceremony", "%s", ceremony);
    struct entry opening;
    char script[128];
    assert_int_equal(journal_read(c->store, journal_size(c->store) - 1, &opening), KR_OK);
    assert_int_equal(entry_get(&opening, "script", 0, script, sizeof script), KR_OK);
    entry_free(&opening);
    entry_add(&e, "script", "%s", script);
    assert_int_equal(reception_put(c->store, &e, ceremony, n, text, len), KR_OK);
    assert_int_equal(journal_append(c->store, &e, &who, 1), KR_OK);
    assert_int_equal(store_commit(c->store), KR_OK);
    entry_free(&e);
}

static void cards_of_one_note_are_taken_in_once_unless_that_was_aborted(void **state)
{
    struct bench *b = *state;
    struct transfer_note *n = read_back(b);
    bool known = true;
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_OK);
    assert_false(known);
    receive_in(b, HERE, n, b->text, b->len);
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_E_NOTE_RECEIVED);
    assert_string_equal(kr_detail(), HERE);
    n->digest[0] ^= 1; /* written once more, with a later checkpoint */
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_E_NOTE_RECEIVED);
    n->digest[0] ^= 1;
    centre_course(&b->centre, "abort", HERE);
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_OK);
    assert_true(known);
    receive_in(b, "RECV-2026-002", n, b->text, b->len);
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_E_NOTE_RECEIVED);
    struct transfer_note *kept;
    assert_int_equal(reception_get(b->centre.store, HERE, &kept), KR_OK);
    assert_memory_equal(kept->digest, n->digest, 32);
    transfer_note_free(&kept);
    assert_int_equal(reception_get(b->centre.store, "RECV-2026-009", &kept), KR_E_NOT_FOUND);
    transfer_note_free(&n);
}

static void a_card_taken_in_before_an_abort_is_called_missing(void **state)
{
    struct bench *b = *state;
    struct transfer_note *n = read_back(b);
    struct piece_record p = {.chip = CHIP_2, .number = "-", .what = "good", .place = 1};
    char where[40];
    receive_in(b, HERE, n, b->text, b->len);
    snprintf(p.ceremony, sizeof p.ceremony, "%s", HERE);
    assert_int_equal(store_begin(b->centre.store), KR_OK);
    assert_int_equal(pieces_set(b->centre.store, &p), KR_OK);
    assert_int_equal(store_commit(b->centre.store), KR_OK);
    centre_course(&b->centre, "abort", HERE);
    receive_in(b, "RECV-2026-002", n, b->text, b->len);
    assert_int_equal(reception_took(b->centre.store, n, CHIP_2, where), KR_OK);
    assert_string_equal(where, HERE);
    assert_int_equal(reception_took(b->centre.store, n, "9999999999999999", where), KR_OK);
    assert_string_equal(where, "");
    n->digest[0] ^= 1; /* on another note */
    assert_int_equal(reception_took(b->centre.store, n, CHIP_2, where), KR_OK);
    assert_string_equal(where, "");
    transfer_note_free(&n);
}

static void a_known_sender_with_another_key_or_another_past_is_refused(void **state)
{
    struct bench *b = *state;
    struct transfer_note *n = read_back(b);
    bool known;
    receive_in(b, HERE, n, b->text, b->len);
    n->digest[0] ^= 1;
    snprintf(n->ceremony, sizeof n->ceremony, "SEND-2026-002");
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_OK);
    assert_true(known);
    n->head.root[0] ^= 1;
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_E_CHECKPOINT);
    n->head.size--;
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_OK);
    n->log_key[0] ^= 1;
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_E_NOTE_KEY);
    snprintf(n->head.origin, sizeof n->head.origin, "keyrite.example/national/0572");
    assert_int_equal(reception_admits(b->centre.store, n, &known), KR_OK);
    assert_false(known);
    transfer_note_free(&n);
}

static void a_remembered_sender_that_was_altered_is_found_by_the_auditor(void **state)
{
    struct bench *b = *state;
    struct transfer_note *n = read_back(b);
    struct verify_report r;
    static const char *const alterations[] = {
        "UPDATE receptions SET log_key = replace(log_key, 'a', 'b')",
        "UPDATE receptions SET origin = 'keyrite.example/national/0572'",
        "UPDATE receptions SET size = size + 1",
        "UPDATE receptions SET root = note",
        "UPDATE receptions SET text = x'00'",
        "UPDATE receptions SET ceremony = '" ID "'",
        "DELETE FROM receptions"};
    centre_course(&b->centre, "close", ID);
    receive_in(b, HERE, n, b->text, b->len);
    transfer_note_free(&n);
    put_the_cards(b);
    assert_int_equal(store_verify(b->centre.store, NULL, NULL, &r), KR_OK);
    if (r.problem != KR_OK)
        fail_msg("%s: %s", kr_name(r.problem), r.what);
    centre_tamper(&b->centre, "CREATE TEMP TABLE kept AS SELECT * FROM receptions", NULL, 0);
    for (size_t i = 0; i < sizeof alterations / sizeof alterations[0]; i++) {
        centre_tamper(&b->centre, alterations[i], NULL, 0);
        assert_int_equal(store_verify(b->centre.store, NULL, NULL, &r), KR_OK);
        assert_int_equal(r.problem, KR_E_STORE_ROW);
        assert_non_null(strstr(r.what, "receptions "));
        centre_tamper(&b->centre, "DELETE FROM receptions", NULL, 0);
        centre_tamper(&b->centre, "INSERT INTO receptions SELECT * FROM kept", NULL, 0);
    }
}

static void a_fingerprint_counts_as_people_write_it(void **state)
{
    struct transfer_note *n = read_back(*state);
    char fingerprint[NOTE_FINGERPRINT], typed[40] = "";
    assert_int_equal(transfer_note_fingerprint(n->log_key, fingerprint), KR_OK);
    assert_int_equal(strlen(fingerprint), 19);
    assert_true(transfer_note_is_fingerprint(fingerprint, fingerprint));
    for (size_t i = 0; i < 19; i++) {
        char c = fingerprint[i];
        typed[i] = c == '-' ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    assert_true(transfer_note_is_fingerprint(typed, fingerprint));
    typed[3] = typed[3] == 'a' ? 'b' : 'a';
    assert_false(transfer_note_is_fingerprint(typed, fingerprint));
    assert_false(transfer_note_is_fingerprint("", fingerprint));
    assert_false(transfer_note_is_fingerprint("ABCD-EFGH-IJKL-MNO", fingerprint));
    assert_false(transfer_note_is_fingerprint("ABCD-EFGH-IJKL-MNOPQ", fingerprint));
    transfer_note_free(&n);
}

/* ---- The example in docs/transfer-note.md ---- */

static void the_documented_example_is_a_note(void **state)
{
    (void)state;
    static char text[65536];
    struct transfer_note *n;
    FILE *f = fopen("docs/transfer-note.md", "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *at = strstr(text, "<!-- note -->");
    assert_non_null(at);
    at = strstr(at, "```\n") + 4;
    assert_int_equal(transfer_note_read(at, (size_t)(strstr(at, "```\n") - at), &n), KR_OK);
    assert_int_equal(n->card_count, 2);
    transfer_note_free(&n);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_note_says_who_sends_what_to_whom),
        TEST(a_printed_note_fits_eighty_columns_and_cuts_no_character),
        TEST(no_secret_stands_in_a_note),
        TEST(every_byte_of_a_note_that_is_changed_is_noticed),
        TEST(a_note_cut_off_anywhere_or_with_something_behind_it_is_none),
        TEST(a_line_put_in_or_left_out_is_noticed),
        TEST(another_list_of_cards_under_the_same_signatures_is_refused),
        TEST(a_page_left_out_is_noticed),
        TEST(a_swapped_log_key_is_refused_though_its_own_signature_holds),
        TEST(a_checkpoint_that_does_not_cover_the_cards_is_refused),
        TEST(a_key_that_did_not_sign_cannot_stand_for_one_that_did),
        TEST(cards_that_one_person_or_one_role_sent_are_refused),
        TEST(a_page_whose_lines_are_not_as_documented_is_refused),
        TEST(cards_of_one_note_are_taken_in_once_unless_that_was_aborted),
        TEST(a_card_taken_in_before_an_abort_is_called_missing),
        TEST(a_known_sender_with_another_key_or_another_past_is_refused),
        TEST(a_remembered_sender_that_was_altered_is_found_by_the_auditor),
        TEST(a_fingerprint_counts_as_people_write_it),
        cmocka_unit_test(the_documented_example_is_a_note),
    };
    return cmocka_run_group_tests_name("transfer_note", tests, NULL, NULL);
}
