/* Rows beside the journal: changed, removed or added ones are named; what the journal says and the
 * rows say agrees. */
#include "centre.h"

#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"

#define ID     "ROOT-2026-001"
#define CHIP_1 "0102030405060708"
#define CHIP_2 "1112131415161718"

/* Numbers of the entries. */
struct course {
    struct test_centre centre;
    uint64_t opened, component, kept, card_1, spoiled, remade, closed, running, sealed;
    uint64_t piece_1, piece_2;
};

static void digest_hex(const char *bytes, char hex[65])
{
    uint8_t digest[32];
    assert_int_equal(sha256(bytes, strlen(bytes), digest), KR_OK);
    hex_encode(digest, 32, hex);
}

static uint64_t commit(struct test_centre *c)
{
    assert_int_equal(store_commit(c->store), KR_OK);
    return journal_size(c->store) - 1;
}

/* Typed, sealed and known. */
static uint64_t type_component(struct test_centre *c, const char *id, const char *key, int n,
                               const char *blob)
{
    char lines[256], hex[65], name[48];
    struct knowledge k = {.component = n, .seq = journal_size(c->store)};
    digest_hex(blob, hex);
    snprintf(k.key, sizeof k.key, "%s/1", key);
    snprintf(k.person, sizeof k.person, "kate");
    snprintf(name, sizeof name, "component/%s/%d", key, n);
    snprintf(lines, sizeof lines,
             "ceremony %s\ncomponent %s %d 3des-zeros 8C A6 4D\nmaterial %s %s", id, k.key, n, name,
             hex);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "component", "kate custodian", lines), KR_OK);
    assert_int_equal(knowledge_put(c->store, &k), KR_OK);
    assert_int_equal(sealed_put(c->store, id, name, (const uint8_t *)blob, strlen(blob)), KR_OK);
    return commit(c);
}

static uint64_t intend(struct test_centre *c)
{
    return centre_write(c, "intent", "kate custodian", "ceremony " ID "\nstep " CENTRE_STEP);
}

static uint64_t keep_key(struct test_centre *c)
{
    static const char blob[] = "sealed key";
    struct key_record k = {.kind = "GMPK",
                           .group = 3,
                           .version = 1,
                           .suite = "3des",
                           .purpose = 4,
                           .state = "generated",
                           .kcv = "8CA64D",
                           .kcv_algorithm = "3des-zeros",
                           .components = 2,
                           .ceremony = ID,
                           .blob_len = sizeof blob - 1};
    char lines[320], hex[65];
    memcpy(k.blob, blob, sizeof blob - 1);
    digest_hex(blob, hex);
    snprintf(lines, sizeof lines,
             "ceremony " ID "\nstep " CENTRE_STEP "\nintent %llu\nresult ok\n"
             "key GMPK 3 1 3des-zeros 8CA64D generated 3des 4 2\nmaterial key/GMPK/3/1 %s",
             (unsigned long long)intend(c), hex);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "outcome", "kate custodian", lines), KR_OK);
    assert_int_equal(keys_put(c->store, &k), KR_OK);
    assert_int_equal(sealed_drop(c->store, ID, NULL), KR_OK);
    return commit(c);
}

static uint64_t write_card(struct test_centre *c, const char *kind, const struct card_record *rec)
{
    char lines[256];
    snprintf(lines, sizeof lines, "ceremony %s\nstep " CENTRE_STEP "\ncard %s %s %s %s %s %s",
             rec->ceremony, rec->number, rec->kind, rec->chip, rec->state,
             rec->layout[0] ? rec->layout : "-", rec->pair[0] ? rec->pair : "-");
    assert_int_equal(centre_append(c, kind, "kate custodian", lines), KR_OK);
    return commit(c);
}

static struct card_record receive_card(struct test_centre *c, const char *chip, uint64_t *seq)
{
    struct card_record rec = {.kind = "mother", .state = "authenticated", .ceremony = ID};
    snprintf(rec.chip, sizeof rec.chip, "%s", chip);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(cards_next_number(c->store, "KSN", rec.number), KR_OK);
    assert_int_equal(cards_put(c->store, &rec), KR_OK);
    *seq = write_card(c, "card", &rec);
    return rec;
}

/* The first card is spoiled and remade: its piece keeps its row, the new one takes over the number.
 */
static void make_cards(struct course *k)
{
    struct test_centre *c = &k->centre;
    struct card_record rec = receive_card(c, CHIP_1, &k->card_1);
    assert_int_equal(store_begin(c->store), KR_OK);
    snprintf(rec.state, sizeof rec.state, "spoiled");
    assert_int_equal(cards_set(c->store, &rec), KR_OK);
    k->spoiled = write_card(c, "card", &rec);
    rec.piece = 0;
    snprintf(rec.chip, sizeof rec.chip, CHIP_2);
    snprintf(rec.state, sizeof rec.state, "authenticated");
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(cards_put(c->store, &rec), KR_OK);
    write_card(c, "intent", &rec);
    /* An intent about a card that is known changes nothing. */
    assert_int_equal(store_begin(c->store), KR_OK);
    write_card(c, "intent", &rec);
    snprintf(rec.state, sizeof rec.state, "washed");
    snprintf(rec.layout, sizeof rec.layout, "rmkc");
    snprintf(rec.pair, sizeof rec.pair, "%s", rec.number);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(cards_set(c->store, &rec), KR_OK);
    k->remade = write_card(c, "card", &rec);
}

/* What became of a piece in the ceremony. */
static uint64_t note_piece(struct test_centre *c, const char *chip, const char *what, int place)
{
    struct piece_record p = {.ceremony = ID, .number = "-", .place = place};
    char lines[128];
    snprintf(p.chip, sizeof p.chip, "%s", chip);
    snprintf(p.what, sizeof p.what, "%s", what);
    snprintf(lines, sizeof lines, "ceremony " ID "\npiece - %s %s %d", chip, what, place);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "refusal", "kate custodian", lines), KR_OK);
    assert_int_equal(pieces_set(c->store, &p), KR_OK);
    return commit(c);
}

static int begin(void **state)
{
    struct course *k = calloc(1, sizeof *k);
    assert_non_null(k);
    struct test_centre *c = &k->centre;
    centre_found(c);
    k->opened = centre_open_covered(c, ID);
    k->component = type_component(c, ID, "GMPK/3", 1, "sealed A");
    type_component(c, ID, "GMPK/3", 1, "sealed A again");
    k->kept = keep_key(c);
    make_cards(k);
    note_piece(c, CHIP_1, "doubt", 1);
    k->piece_2 = note_piece(c, CHIP_2, "good", 2);
    k->piece_1 = note_piece(c, CHIP_1, "spoiled", 1);
    k->closed = centre_course(c, "close", ID);
    centre_course(c, "open", "ROOT-2026-002");
    centre_course(c, "abort", "ROOT-2026-002");
    k->running = centre_course(c, "open", "ROOT-2026-003");
    k->sealed = type_component(c, "ROOT-2026-003", "GMPK/4", 2, "sealed B");
    assert_int_equal(centre_checkpoint(c, "carol", NULL, 0), KR_OK);
    *state = k;
    return 0;
}

static int end(void **state)
{
    centre_end(&((struct course *)*state)->centre);
    free(*state);
    return 0;
}

static struct verify_report verdict(struct course *k)
{
    struct verify_report r;
    assert_int_equal(store_verify(k->centre.store, NULL, NULL, &r), KR_OK);
    return r;
}

#define AT(entry) offsetof(struct course, entry)
#define NOWHERE   0

static void run(struct course *k, const char *sql)
{
    char *said = NULL;
    if (sqlite3_exec(k->centre.store->db, sql, NULL, NULL, &said) != SQLITE_OK)
        fail_msg("%s: %s", sql, said);
}

/* Each change is looked at before it is committed, and then undone. */
static void altered(void **state, const char *sql, size_t seq_at, const char *names)
{
    static const char *const triggers[] = {"keys_leave", "cards_no_DELETE",
                                           "knowledge_no_UPDATE", "knowledge_no_DELETE",
                                           "pieces_no_DELETE"};
    struct course *k = *state;
    uint64_t seq = VERIFY_NO_ENTRY;
    run(k, "BEGIN");
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        char drop[64];
        snprintf(drop, sizeof drop, "DROP TRIGGER %s", triggers[i]);
        run(k, drop);
    }
    run(k, sql);
    struct verify_report r = verdict(k);
    run(k, "ROLLBACK");
    if (seq_at != NOWHERE)
        memcpy(&seq, (const char *)k + seq_at, sizeof seq);
    if (r.problem != KR_E_STORE_ROW || r.bad_seq != seq || !strstr(r.what, names))
        fail_msg("%s: verdict %s at %llu (%s)", sql, kr_name(r.problem),
                 (unsigned long long)r.bad_seq, r.what);
}

static void an_untouched_store_agrees_and_its_working_state_is_counted(void **state)
{
    struct course *k = *state;
    struct verify_report r = verdict(k);
    assert_string_equal(r.what, "");
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.keys, 1);
    assert_int_equal(r.cards, 2);
    assert_int_equal(r.pieces, 2);
    assert_int_equal(r.knowledge, 2);
    assert_int_equal(r.unfinished, 1);
    assert_int_equal(r.prepared, 0);
    assert_int_equal(r.sealed, 1);
    centre_close(&k->centre);
    assert_int_equal(centre_open(&k->centre, true), KR_OK);
    assert_int_equal(verdict(k).problem, KR_OK);
}

static void a_ceremony_that_is_closing_or_only_prepared_is_no_fault(void **state)
{
    struct course *k = *state;
    centre_tamper(&k->centre, "UPDATE ceremonies SET status = 'closing' WHERE id = '" ID "'", NULL,
                  0);
    centre_tamper(&k->centre,
                  "INSERT INTO ceremonies VALUES('ROOT-2026-004', 'test', 'open', 1, 'id: test')",
                  NULL, 0);
    centre_tamper(&k->centre, "INSERT INTO ceremony_states VALUES('ROOT-2026-004', 'state 1')",
                  NULL, 0);
    struct verify_report r = verdict(k);
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.unfinished, 1);
    assert_int_equal(r.prepared, 1);
}

static void *hold_ceremonies(void *centre)
{
    for (int i = 0; i < 20; i++) {
        char id[40];
        snprintf(id, sizeof id, "WASH-2026-%03d", i);
        centre_course(centre, "open", id);
        centre_course(centre, "close", id);
    }
    return NULL;
}

static void a_store_that_is_written_to_meanwhile_agrees(void **state)
{
    struct course *k = *state;
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, hold_ceremonies, &k->centre), 0);
    for (int i = 0; i < 20; i++) {
        struct verify_report r = verdict(k);
        assert_string_equal(r.what, "");
        assert_int_equal(r.problem, KR_OK);
    }
    pthread_join(other, NULL);
    assert_int_equal(verdict(k).problem, KR_OK);
}

static void an_altered_key_is_named(void **state)
{
    altered(state, "UPDATE keys SET kind = 'RAK'", NOWHERE, "keys RAK/3/1");
    altered(state, "UPDATE keys SET grp = 4", NOWHERE, "keys GMPK/4/1");
    altered(state, "UPDATE keys SET version = 2", NOWHERE, "keys GMPK/3/2");
    altered(state, "UPDATE keys SET suite = 'sm4'", AT(kept),
            "keys GMPK/3/1: suite is sm4, not 3des");
    altered(state, "UPDATE keys SET purpose = 5", AT(kept), "purpose is 5, not 4");
    altered(state, "UPDATE keys SET state = 'active'", AT(kept), "state is active, not generated");
    altered(state, "UPDATE keys SET kcv = '8CA64E'", AT(kept), "kcv is 8CA64E, not 8CA64D");
    altered(state, "UPDATE keys SET kcv_algorithm = 'cmac'", AT(kept), "kcv_algorithm is cmac");
    altered(state, "UPDATE keys SET components = 3", AT(kept), "components is 3, not 2");
    altered(state, "UPDATE keys SET ceremony = 'ROOT-2026-002'", AT(kept),
            "ceremony is ROOT-2026-002");
    altered(state, "UPDATE keys SET made_ms = 1", AT(kept), "made_ms is 1, not 0");
    altered(state, "UPDATE keys SET blob = x'00'", AT(kept), "keys GMPK/3/1: blob is ");
    altered(state, "UPDATE keys SET blob = x''", AT(kept), "blob is -, not ");
    altered(state, "UPDATE keys SET kcv = CAST(kcv AS BLOB)", NOWHERE, "kcv is of another type");
    altered(state, "DELETE FROM keys", AT(kept), "keys GMPK/3/1: missing");
    altered(state,
            "INSERT INTO keys SELECT kind, 5, version, suite, purpose, state, kcv, kcv_algorithm, "
            "components, ceremony, made_ms, blob FROM keys",
            NOWHERE, "keys GMPK/5/1: nothing in the journal");
}

static void an_altered_card_is_named(void **state)
{
    altered(state, "UPDATE cards SET number = '10001000000000009' WHERE piece = 1", AT(spoiled),
            "cards " CHIP_1 ": number is ");
    altered(state, "UPDATE cards SET kind = 'psam' WHERE piece = 2", AT(remade), "kind is psam");
    altered(state, "UPDATE cards SET chip = '00' WHERE piece = 2", NOWHERE, "cards 00: nothing");
    altered(state, "UPDATE cards SET state = 'verified' WHERE piece = 2", AT(remade),
            "cards " CHIP_2 ": state is verified, not washed");
    altered(state, "UPDATE cards SET layout = '' WHERE piece = 2", AT(remade),
            "layout is empty, not rmkc");
    altered(state, "UPDATE cards SET pair = '' WHERE piece = 2", AT(remade), "pair is empty");
    altered(state, "UPDATE cards SET ceremony = '' WHERE piece = 2", AT(remade),
            "ceremony is empty");
    altered(state, "UPDATE cards SET label = 'RMKC' WHERE piece = 2", AT(remade), "label is RMKC");
    altered(state, "UPDATE cards SET changed_ms = 9 WHERE piece = 2", AT(remade),
            "changed_ms is 9");
    altered(state, "UPDATE cards SET piece = 3 WHERE piece = 2", AT(remade), "piece is 3, not 2");
    /* Spoiled stays spoiled: the first piece is not made good again. */
    altered(state, "UPDATE cards SET state = 'destroyed' WHERE piece = 1", AT(spoiled),
            "state is destroyed");
    altered(state, "UPDATE cards SET spoiled = 0, number = '' WHERE piece = 1", AT(spoiled),
            "cards " CHIP_1 ": number is empty");
    altered(state, "DELETE FROM cards WHERE piece = 1", AT(spoiled), "cards " CHIP_1 ": missing");
    altered(state,
            "INSERT INTO cards SELECT 3, '', kind, '99', state, layout, pair, ceremony, label, "
            "changed_ms, spoiled FROM cards WHERE piece = 2",
            NOWHERE, "cards 99: nothing in the journal");
    altered(state,
            "INSERT INTO cards SELECT 3, '', kind, chip, state, layout, pair, ceremony, label, "
            "changed_ms, spoiled FROM cards WHERE piece = 2",
            NOWHERE, "cards " CHIP_2 ": nothing in the journal");
}

static void an_altered_piece_is_named(void **state)
{
    altered(state, "UPDATE pieces SET what = 'good' WHERE chip = '" CHIP_1 "'", AT(piece_1),
            "pieces " ID " " CHIP_1 ": what is good, not spoiled");
    altered(state, "UPDATE pieces SET what = 'returned' WHERE chip = '" CHIP_2 "'", AT(piece_2),
            "what is returned, not good");
    altered(state, "UPDATE pieces SET number = '7' WHERE chip = '" CHIP_2 "'", AT(piece_2),
            "number is 7, not -");
    altered(state, "UPDATE pieces SET place = 3 WHERE chip = '" CHIP_2 "'", AT(piece_2),
            "place is 3, not 2");
    altered(state, "UPDATE pieces SET ceremony = 'ROOT-2026-003' WHERE chip = '" CHIP_2 "'",
            NOWHERE, "pieces ROOT-2026-003 " CHIP_2 ": nothing in the journal");
    altered(state, "UPDATE pieces SET chip = '99' WHERE chip = '" CHIP_2 "'", NOWHERE,
            "pieces " ID " 99: nothing");
    altered(state, "DELETE FROM pieces WHERE chip = '" CHIP_1 "'", AT(piece_1),
            "pieces " ID " " CHIP_1 ": missing");
    altered(state, "INSERT INTO pieces VALUES('" ID "', '99', '-', 'returned', 3)", NOWHERE,
            "pieces " ID " 99: nothing");
}

static void an_altered_running_number_is_named(void **state)
{
    altered(state, "UPDATE series SET last = 0", NOWHERE, "series KSN: last is 0, not 1");
    altered(state, "UPDATE series SET last = 7", NOWHERE, "series KSN: last is 7, not 1");
    altered(state, "DELETE FROM series", NOWHERE, "series KSN: last is 0, not 1");
    altered(state, "INSERT INTO series VALUES('PSN', 4)", NOWHERE, "series PSN: last is 4, not 0");
    altered(state, "INSERT INTO series VALUES('QSN', 1)", NOWHERE, "series QSN: nothing");
}

static void altered_knowledge_is_named(void **state)
{
    altered(state, "UPDATE knowledge SET key = 'GMPK/5/1' WHERE component = 1", NOWHERE,
            "knowledge GMPK/5/1 1 kate");
    altered(state, "UPDATE knowledge SET component = 3 WHERE component = 1", NOWHERE,
            "knowledge GMPK/3/1 3 kate");
    altered(state, "UPDATE knowledge SET person = 'kurt' WHERE component = 1", NOWHERE,
            "knowledge GMPK/3/1 1 kurt");
    /* The first entry that shows it counts, not the one of the second typing. */
    altered(state, "UPDATE knowledge SET seq = seq + 1 WHERE component = 1", AT(component),
            "seq is ");
    altered(state, "DELETE FROM knowledge WHERE component = 1", AT(component),
            "knowledge GMPK/3/1 1 kate: missing");
    altered(state, "INSERT INTO knowledge VALUES('GMPK/3/1', 2, 'kurt', 8)", NOWHERE,
            "knowledge GMPK/3/1 2 kurt: nothing");
}

static void an_altered_ceremony_is_named(void **state)
{
    altered(state, "UPDATE ceremonies SET script = 'wash' WHERE id = '" ID "'", AT(opened),
            "ceremonies " ID ": script is wash, not test");
    altered(state, "UPDATE ceremonies SET script_text = 'id: test' WHERE id = '" ID "'", AT(opened),
            "script_text is ");
    altered(state, "UPDATE ceremonies SET opened_ms = 1 WHERE id = '" ID "'", AT(opened),
            "opened_ms is 1");
    altered(state, "UPDATE ceremonies SET status = 'open' WHERE id = '" ID "'", AT(closed),
            "status is open, not closed");
    altered(state, "UPDATE ceremonies SET status = 'aborted' WHERE id = '" ID "'", AT(closed),
            "status is aborted, not closed");
    altered(state, "UPDATE ceremonies SET status = 'closed' WHERE id = 'ROOT-2026-003'",
            AT(running), "status is closed, not open");
    altered(state, "UPDATE ceremonies SET id = 'ROOT-2026-009' WHERE id = '" ID "'", NOWHERE,
            "ceremonies ROOT-2026-009: nothing");
    altered(state, "DELETE FROM ceremonies WHERE id = 'ROOT-2026-003'", NOWHERE,
            "ceremony_states ROOT-2026-003: no such ceremony");
    altered(state,
            "INSERT INTO ceremonies VALUES('ROOT-2026-004', 'test', 'closed', 1, 'id: test')",
            NOWHERE, "ceremonies ROOT-2026-004: nothing");
    altered(state, "DELETE FROM ceremony_states WHERE id = '" ID "'", NOWHERE,
            "ceremony_states " ID ": missing");
    altered(state, "INSERT INTO ceremony_states VALUES('X', '')", NOWHERE, "ceremony_states X");
}

static void an_altered_sealed_component_is_named(void **state)
{
    altered(state, "UPDATE sealed SET blob = x'00'", AT(sealed), "component/GMPK/4/2: blob is ");
    altered(state, "UPDATE sealed SET name = 'component/GMPK/4/1'", NOWHERE, "GMPK/4/1: nothing");
    altered(state, "INSERT INTO sealed VALUES('ROOT-2026-003', 'component/GMPK/4/1', x'00')",
            NOWHERE, "GMPK/4/1: nothing");
    /* Dropped when its key was kept. */
    altered(state,
            "INSERT INTO sealed VALUES('" ID "', 'component/GMPK/3/1', "
            "CAST('sealed A again' AS BLOB))",
            AT(kept), "component/GMPK/3/1: was dropped");
}

static void a_sealed_component_may_be_gone_but_not_outlive_its_ceremony(void **state)
{
    struct course *k = *state;
    uint64_t abort = centre_course(&k->centre, "abort", "ROOT-2026-003");
    struct verify_report r = verdict(k);
    assert_int_equal(r.problem, KR_E_STORE_ROW);
    assert_int_equal(r.bad_seq, abort);
    centre_tamper(&k->centre, "DELETE FROM sealed", NULL, 0);
    assert_int_equal(verdict(k).problem, KR_OK);
}

/* Entries 0 (adam, carol), 1 chen, 2 kate, 3 kurt. */
static void people_rows_are_named_with_their_entry(void **state)
{
    struct course *k = *state;
    static const struct {
        const char *sql;
        uint64_t seq;
        const char *names;
    } cases[] = {
        {"UPDATE people SET name = 'Kate' WHERE person = 'kate'", 2, "people kate: name differs"},
        {"UPDATE people SET name = 'kate', revoked = 1 WHERE person = 'kate'", 2,
         "revoked differs"},
        {"UPDATE people SET revoked = 0, roles = 6 WHERE person = 'kate'", 2, "roles differ"},
        {"UPDATE people SET roles = 2, public_key = zeroblob(32) WHERE person = 'kate'", 2,
         "public_key differs"},
        {"DELETE FROM people WHERE person = 'kate'", 2, "people kate: missing"},
        {"INSERT INTO people VALUES('mallory', 'M', 31, zeroblob(32), 0)", VERIFY_NO_ENTRY,
         "people mallory: nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        centre_tamper(&k->centre, cases[i].sql, NULL, 0);
        struct verify_report r = verdict(k);
        if (r.problem != KR_E_STORE_ROW || r.bad_seq != cases[i].seq ||
            !strstr(r.what, cases[i].names))
            fail_msg("%s: verdict %s at %llu (%s)", cases[i].sql, kr_name(r.problem),
                     (unsigned long long)r.bad_seq, r.what);
    }
}

static void assert_contradiction(struct course *k, const char *kind, const char *lines)
{
    uint64_t seq = centre_forge(&k->centre, kind, "kate custodian, carol supervisor", lines);
    struct verify_report r = verdict(k);
    if (r.problem != KR_E_ENTRY_FORMAT || r.bad_seq != seq)
        fail_msg("%s: verdict %s at %llu (%s)", lines, kr_name(r.problem),
                 (unsigned long long)r.bad_seq, r.what);
}

static void a_ceremony_closed_twice_is_found(void **state)
{
    assert_contradiction(*state, "close", "ceremony " ID);
}

static void a_ceremony_aborted_without_an_opening_is_found(void **state)
{
    assert_contradiction(*state, "abort", "ceremony ROOT-2026-099");
}

static void a_card_line_without_its_state_columns_is_found(void **state)
{
    assert_contradiction(*state, "card", "ceremony " ID "\ncard 1 mother " CHIP_1 " washed");
}

static void an_abort_that_makes_a_card_anything_but_spoiled_is_found(void **state)
{
    assert_contradiction(*state, "abort",
                         "ceremony " ID "\ncard 1 mother " CHIP_1 " verified rmkc -");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_untouched_store_agrees_and_its_working_state_is_counted),
        TEST(a_ceremony_that_is_closing_or_only_prepared_is_no_fault),
        TEST(a_store_that_is_written_to_meanwhile_agrees),
        TEST(an_altered_key_is_named),
        TEST(an_altered_card_is_named),
        TEST(an_altered_piece_is_named),
        TEST(an_altered_running_number_is_named),
        TEST(altered_knowledge_is_named),
        TEST(an_altered_ceremony_is_named),
        TEST(an_altered_sealed_component_is_named),
        TEST(a_sealed_component_may_be_gone_but_not_outlive_its_ceremony),
        TEST(people_rows_are_named_with_their_entry),
        TEST(a_ceremony_closed_twice_is_found),
        TEST(a_ceremony_aborted_without_an_opening_is_found),
        TEST(an_abort_that_makes_a_card_anything_but_spoiled_is_found),
        TEST(a_card_line_without_its_state_columns_is_found),
    };
    return cmocka_run_group_tests_name("verify_rows", tests, NULL, NULL);
}
