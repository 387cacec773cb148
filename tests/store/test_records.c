/* Records: keys, sealed components, knowledge, cards and their numbers, ceremonies, people, the
 * anchor. */
#include "fixture.h"

#include <time.h>

struct records {
    struct fixture *f;
    struct store *s;
};

static int begin(void **state)
{
    struct records *r = calloc(1, sizeof *r);
    void *f;
    fixture_begin(&f);
    r->f = f;
    fixture_make(r->f, &r->s);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct records *r = *state;
    void *f = r->f;
    store_close(&r->s);
    free(r);
    return fixture_end(&f);
}

/* Runs one write in a transaction of its own. */
#define IN_TRANSACTION(s, expression)                                                              \
    do {                                                                                           \
        assert_int_equal(store_begin(s), KR_OK);                                                   \
        assert_int_equal(expression, KR_OK);                                                       \
        assert_int_equal(store_commit(s), KR_OK);                                                  \
    } while (0)
#define REFUSED(s, expression, error)                                                              \
    do {                                                                                           \
        assert_int_equal(store_begin(s), KR_OK);                                                   \
        assert_int_equal(expression, error);                                                       \
        store_rollback(s);                                                                         \
    } while (0)

static void reopen(struct records *r)
{
    store_close(&r->s);
    assert_int_equal(fixture_open(r->f, false, &r->s), KR_OK);
}

/* ---- People ---- */

static void a_person_is_found_with_roles_key_and_revocation(void **state)
{
    struct records *r = *state;
    struct person p;
    uint8_t key[32];
    assert_int_equal(people_public_key(r->s, "bob", key), KR_E_PERSON_UNKNOWN);
    assert_string_equal(kr_detail(), "bob");
    IN_TRANSACTION(r->s, people_put(r->s, &r->f->slots.people[1]));
    r->f->slots.people[1].revoked = true;
    IN_TRANSACTION(r->s, people_put(r->s, &r->f->slots.people[1]));
    reopen(r);
    assert_int_equal(people_get(r->s, "bob", &p), KR_OK);
    assert_true(p.revoked);
    assert_int_equal(p.roles, ROLE_CUSTODIAN | ROLE_OPERATOR);
    assert_string_equal(p.name, "Person bob");
    assert_int_equal(people_public_key(r->s, "bob", key), KR_OK);
    assert_memory_equal(key, r->f->slots.people[1].slot.public_key, 32);
}

/* ---- Keys ---- */

static struct key_record a_key(const char *kind, int group, int version, const char *state)
{
    struct key_record k = {
        .group = group, .version = version, .purpose = PURPOSE_MASTER, .components = 3};
    snprintf(k.kind, sizeof k.kind, "%s", kind);
    snprintf(k.state, sizeof k.state, "%s", state);
    strcpy(k.suite, "3des");
    strcpy(k.kcv, "08D7B4");
    strcpy(k.kcv_algorithm, "3DES-ECB0");
    strcpy(k.ceremony, "ROOT-2026-001");
    k.made_ms = 1700000000123;
    k.blob_len = 77;
    memset(k.blob, 0xA0 + version, k.blob_len);
    return k;
}

static void a_key_comes_back_as_it_was_stored(void **state)
{
    struct records *r = *state;
    struct key_record k = a_key("GMPK", 3, 1, "generated"), back;
    char label[64];
    IN_TRANSACTION(r->s, keys_put(r->s, &k));
    reopen(r);
    assert_int_equal(keys_find(r->s, "GMPK", 3, &back), KR_OK);
    assert_memory_equal(&back, &k, sizeof k);
    key_label(&back, label);
    assert_string_equal(label, "key/GMPK/3/1");
    assert_int_equal(keys_find(r->s, "GMPK", 4, &back), KR_E_KEY_MISSING);
    assert_string_equal(kr_detail(), "GMPK/4");
    assert_int_equal(keys_find(r->s, "PTK", 0, &back), KR_E_KEY_MISSING);
    assert_string_equal(kr_detail(), "PTK");
}

static void the_same_key_is_not_stored_twice(void **state)
{
    struct records *r = *state;
    struct key_record k = a_key("PTK", 0, 1, "generated");
    IN_TRANSACTION(r->s, keys_put(r->s, &k));
    REFUSED(r->s, keys_put(r->s, &k), KR_E_KEY_EXISTS);
    strcpy(k.state, "lost");
    k.version = 2;
    REFUSED(r->s, keys_put(r->s, &k), KR_E_ARGUMENT);
}

/* The row of the key follows. */
static enum kr_error turn(struct store *s, struct key_record *k, const char *word)
{
    enum kr_error error = keys_set_state(s, k, word);
    if (error == KR_OK)
        snprintf(k->state, sizeof k->state, "%s", word);
    return error;
}

static void the_active_version_serves_and_before_any_was_activated_the_first_one(void **state)
{
    struct records *r = *state;
    struct key_record first = a_key("GMPK", 1, 1, "generated"),
                      second = a_key("GMPK", 1, 2, "generated"), back, all[4];
    size_t count;
    IN_TRANSACTION(r->s, keys_put(r->s, &first));
    IN_TRANSACTION(r->s, keys_put(r->s, &second));
    assert_int_equal(keys_find(r->s, "GMPK", 1, &back), KR_OK);
    assert_int_equal(back.version, 1);
    IN_TRANSACTION(r->s, turn(r->s, &first, "active"));
    REFUSED(r->s, keys_set_state(r->s, &second, "active"), KR_E_KEY_EXISTS);
    IN_TRANSACTION(r->s, turn(r->s, &first, "retired"));
    /* A new version does not serve before it is activated. */
    assert_int_equal(keys_find(r->s, "GMPK", 1, &back), KR_E_KEY_MISSING);
    IN_TRANSACTION(r->s, turn(r->s, &second, "active"));
    assert_int_equal(keys_find(r->s, "GMPK", 1, &back), KR_OK);
    assert_int_equal(back.version, 2);
    IN_TRANSACTION(r->s, turn(r->s, &second, "compromised"));
    assert_int_equal(keys_find(r->s, "GMPK", 1, &back), KR_E_KEY_MISSING);
    IN_TRANSACTION(r->s, turn(r->s, &first, "active")); /* restored */
    assert_int_equal(keys_find(r->s, "GMPK", 1, &back), KR_OK);
    assert_int_equal(back.version, 1);
    assert_int_equal(keys_list(r->s, all, 4, &count), KR_OK);
    assert_int_equal(count, 2);
    assert_string_equal(all[1].state, "compromised");
    assert_int_equal(keys_list(r->s, all, 1, &count), KR_E_TOO_LONG);
}

static void
a_destroyed_key_leaves_for_the_archive_without_its_material_and_never_comes_back(void **state)
{
    struct records *r = *state;
    struct key_record k = a_key("RAK", 0, 1, "generated"), back, all[2];
    size_t count;
    int version;
    IN_TRANSACTION(r->s, keys_put(r->s, &k));
    IN_TRANSACTION(r->s, turn(r->s, &k, "destroyed"));
    assert_int_equal(store_scrub(r->s), KR_OK);
    reopen(r);
    REFUSED(r->s, keys_set_state(r->s, &k, "active"), KR_E_KEY_MISSING);
    REFUSED(r->s, keys_put(r->s, &k), KR_E_KEY_EXISTS);
    assert_int_equal(keys_list(r->s, all, 2, &count), KR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(keys_list_all(r->s, all, 2, &count), KR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(all[0].blob_len, 0);
    assert_string_equal(all[0].kcv, "08D7B4");
    assert_int_equal(keys_next_version(r->s, "RAK", 0, &version), KR_OK);
    assert_int_equal(version, 2);
    assert_int_equal(keys_with_kcv(r->s, "3DES-ECB0", "08D7B4", &back), KR_OK);
    assert_string_equal(back.state, "destroyed");
    IN_TRANSACTION(r->s, turn(r->s, &k, "destroyed-compromised"));
    assert_int_equal(keys_get(r->s, "RAK", 0, 1, &back), KR_OK);
    assert_string_equal(back.state, "destroyed-compromised");
    k.version = 9;
    strcpy(k.state, "generated");
    REFUSED(r->s, keys_set_state(r->s, &k, "retired"), KR_E_KEY_MISSING);
    REFUSED(r->s, keys_set_state(r->s, &k, "lost"), KR_E_ARGUMENT);
}

/* ---- Sealed, knowledge ---- */

static void sealed_things_are_kept_until_dropped(void **state)
{
    struct records *r = *state;
    uint8_t blob[64] = {1, 2, 3}, back[64];
    size_t len = sizeof back;
    IN_TRANSACTION(r->s, sealed_put(r->s, "ROOT-1", "component-1", blob, sizeof blob));
    blob[0] = 9; /* typed again */
    IN_TRANSACTION(r->s, sealed_put(r->s, "ROOT-1", "component-1", blob, sizeof blob));
    IN_TRANSACTION(r->s, sealed_put(r->s, "ROOT-1", "component-2", blob, 10));
    IN_TRANSACTION(r->s, sealed_put(r->s, "ROOT-2", "component-1", blob, 0));
    reopen(r);
    assert_int_equal(sealed_get(r->s, "ROOT-1", "component-1", back, &len), KR_OK);
    assert_int_equal(len, 64);
    assert_memory_equal(back, blob, 64);
    len = 9;
    assert_int_equal(sealed_get(r->s, "ROOT-1", "component-2", back, &len), KR_E_TOO_LONG);
    len = 10;
    assert_int_equal(sealed_get(r->s, "ROOT-1", "component-2", back, &len), KR_OK);
    IN_TRANSACTION(r->s, sealed_drop(r->s, "ROOT-1", "component-2"));
    assert_int_equal(sealed_get(r->s, "ROOT-1", "component-2", back, &len), KR_E_NOT_FOUND);
    IN_TRANSACTION(r->s, sealed_drop(r->s, "ROOT-1", NULL));
    assert_int_equal(sealed_get(r->s, "ROOT-1", "component-1", back, &len), KR_E_NOT_FOUND);
    len = sizeof back;
    assert_int_equal(sealed_get(r->s, "ROOT-2", "component-1", back, &len), KR_OK);
    assert_int_equal(len, 0);
}

static void knowledge_of_a_component_is_never_forgotten(void **state)
{
    struct records *r = *state;
    struct knowledge rows[4];
    size_t count;
    struct knowledge k[] = {
        {"GMPK/3/1", 2, "bob", 12}, {"GMPK/3/1", 1, "alice", 11}, {"GMPK/3/1", 1, "alice", 40}};
    for (size_t i = 0; i < 3; i++)
        IN_TRANSACTION(r->s, knowledge_put(r->s, &k[i]));
    assert_int_equal(sqlite3_exec(r->s->db, "DELETE FROM knowledge", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT_TRIGGER);
    assert_int_equal(
        sqlite3_exec(r->s->db, "UPDATE knowledge SET person = 'eve'", NULL, NULL, NULL),
        SQLITE_CONSTRAINT_TRIGGER);
    reopen(r);
    assert_int_equal(knowledge_of(r->s, "GMPK/3/1", rows, 4, &count), KR_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].person, "alice");
    assert_int_equal(rows[0].seq, 11); /* the first entry that shows it */
    assert_int_equal(rows[1].component, 2);
    assert_int_equal(knowledge_of(r->s, "GMPK/3/2", rows, 4, &count), KR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(knowledge_of(r->s, "GMPK/3/1", rows, 1, &count), KR_E_TOO_LONG);
}

static void knowledge_of_another_group_or_person_is_not_taken_for_it(void **state)
{
    struct records *r = *state;
    struct knowledge found = {0};
    struct knowledge k[] = {
        {"GMPK/3/2", 2, "bob", 12}, {"GMPK/31/1", 1, "alice", 11}, {"XGMPK/3/1", 1, "alice", 13}};
    for (size_t i = 0; i < 3; i++)
        IN_TRANSACTION(r->s, knowledge_put(r->s, &k[i]));
    assert_int_equal(knowledge_by(r->s, "GMPK", 3, "bob", &found), KR_OK);
    assert_string_equal(found.key, "GMPK/3/2");
    assert_int_equal(found.seq, 12);
    assert_int_equal(knowledge_by(r->s, "GMPK", 3, "alice", &found), KR_E_NOT_FOUND);
    assert_int_equal(knowledge_by(r->s, "GMPK", 0, "bob", &found), KR_E_NOT_FOUND);
}

/* ---- Cards ---- */

static struct card_record a_card(const char *number, const char *chip, const char *state)
{
    struct card_record c = {.changed_ms = 5};
    snprintf(c.number, sizeof c.number, "%s", number);
    snprintf(c.chip, sizeof c.chip, "%s", chip);
    snprintf(c.state, sizeof c.state, "%s", state);
    strcpy(c.kind, "mother");
    strcpy(c.layout, "rmkc");
    strcpy(c.label, "RMKC 1");
    return c;
}

static void numbers_are_never_given_out_twice(void **state)
{
    struct records *r = *state;
    char number[24], before[24] = "";
    for (int i = 1; i <= 20; i++) {
        IN_TRANSACTION(r->s, cards_next_number(r->s, "KSN", number));
        assert_int_equal(strlen(number), 20);
        assert_true(strcmp(number, before) > 0);
        strcpy(before, number);
        if (i % 7 == 0)
            reopen(r);
    }
    assert_string_equal(number, "10001123456000000020");
    IN_TRANSACTION(r->s, cards_next_number(r->s, "ASN", number));
    assert_string_equal(number, "10003123456000000001");
    REFUSED(r->s, cards_next_number(r->s, "XYZ", number), KR_E_ARGUMENT);
    memcpy(r->s->slots.centre.identifier, "\xB1\xB1\xBE\xA9\xB1\xB1\xBE\xA9",
           8); /* no BCD: GB 2312 text */
    IN_TRANSACTION(r->s, cards_next_number(r->s, "PSN", number));
    assert_string_equal(number, "10002997161000000001");
}

static void a_live_number_is_refused_to_another_piece(void **state)
{
    struct records *r = *state;
    struct card_record c = a_card("10001000000000000001", "C1", "washed"), other;
    IN_TRANSACTION(r->s, cards_put(r->s, &c));
    assert_true(c.piece > 0);
    other = a_card(c.number, "C2", "received");
    REFUSED(r->s, cards_put(r->s, &other), KR_E_CARD_NUMBER);
    assert_string_equal(kr_detail(), c.number);
    strcpy(other.number, "");
    IN_TRANSACTION(r->s, cards_put(r->s, &other));
    strcpy(other.number, c.number);
    REFUSED(r->s, cards_set(r->s, &other), KR_E_CARD_NUMBER);
    /* Not even when a good card was destroyed at the end of its life. */
    strcpy(c.state, "delivered");
    IN_TRANSACTION(r->s, cards_set(r->s, &c));
    strcpy(c.state, "destroyed");
    IN_TRANSACTION(r->s, cards_set(r->s, &c));
    REFUSED(r->s, cards_set(r->s, &other), KR_E_CARD_NUMBER);
    assert_int_equal(cards_by_number(r->s, c.number, &other), KR_E_NOT_FOUND);
}

static void a_spoiled_piece_stays_spoiled_and_is_remade_with_the_same_number(void **state)
{
    struct records *r = *state;
    struct card_record c = a_card("10001000000000000007", "C1", "washed"), again, found, all[4];
    size_t count;
    IN_TRANSACTION(r->s, cards_put(r->s, &c));
    strcpy(c.state, "spoiled");
    IN_TRANSACTION(r->s, cards_set(r->s, &c));
    again = a_card(c.number, "C2", "issued");
    IN_TRANSACTION(r->s, cards_put(r->s, &again));
    assert_int_not_equal(again.piece, c.piece);
    assert_int_equal(cards_by_number(r->s, c.number, &found), KR_OK);
    assert_memory_equal(&found, &again, sizeof found);
    strcpy(c.state, "verified"); /* a doubtful card never comes back into the good pile */
    REFUSED(r->s, cards_set(r->s, &c), KR_E_ARGUMENT);
    strcpy(c.state, "destroyed");
    IN_TRANSACTION(r->s, cards_set(r->s, &c));
    assert_int_equal(cards_by_chip(r->s, "C1", &found), KR_OK);
    assert_memory_equal(&found, &c, sizeof c);
    assert_int_equal(cards_list(r->s, NULL, NULL, all, 4, &count), KR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(cards_list(r->s, "issued", "mother", all, 4, &count), KR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(cards_list(r->s, NULL, "psam", all, 4, &count), KR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(cards_by_chip(r->s, "C9", &found), KR_E_NOT_FOUND);
    c.piece = 99;
    REFUSED(r->s, cards_set(r->s, &c), KR_E_NOT_FOUND);
}

/* ---- Ceremonies ---- */

static void a_ceremony_goes_on_where_it_was(void **state)
{
    struct records *r = *state;
    struct ceremony_record c = {.id = "ROOT-2026-003",
                                .script = "root-generate",
                                .status = "open",
                                .opened_ms = 42,
                                .script_text = (char[]){"id: root-generate\n"},
                                .state = (char[]){"step 1\n"}};
    struct ceremony_record back;
    char ids[4][40];
    size_t count;
    IN_TRANSACTION(r->s, ceremonies_put(r->s, &c));
    c.state = (char[]){"step 2\n"};
    IN_TRANSACTION(r->s, ceremonies_put(r->s, &c));
    reopen(r);
    assert_int_equal(ceremonies_get(r->s, c.id, &back), KR_OK);
    assert_string_equal(back.state, "step 2\n");
    assert_string_equal(back.script_text, c.script_text);
    assert_string_equal(back.status, "open");
    assert_int_equal(back.opened_ms, 42);
    ceremony_record_free(&back);
    strcpy(c.id, "WASH-2026-001");
    c.opened_ms = 43;
    IN_TRANSACTION(r->s, ceremonies_put(r->s, &c));
    assert_int_equal(ceremonies_list(r->s, "open", ids, 4, &count), KR_OK);
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "WASH-2026-001");
    strcpy(c.status, "closed");
    IN_TRANSACTION(r->s, ceremonies_put(r->s, &c));
    assert_int_equal(ceremonies_list(r->s, "open", ids, 4, &count), KR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(ceremonies_get(r->s, "ROOT-2026-9", &back), KR_E_NOT_FOUND);
    strcpy(c.status, "lost");
    REFUSED(r->s, ceremonies_put(r->s, &c), KR_E_ARGUMENT);
}

static void ceremony_ids_count_on_within_the_year(void **state)
{
    struct records *r = *state;
    char id[40], wanted[40];
    struct tm day;
    time_t now = time(NULL);
    gmtime_r(&now, &day);
    for (int i = 1; i <= 12; i++) {
        struct ceremony_record c = {.script = "root-generate", .status = "open", .opened_ms = i};
        assert_int_equal(ceremonies_next_id(r->s, "ROOT", id), KR_OK);
        snprintf(wanted, sizeof wanted, "ROOT-%04d-%03d", day.tm_year + 1900, i);
        assert_string_equal(id, wanted);
        strcpy(c.id, id);
        IN_TRANSACTION(r->s, ceremonies_put(r->s, &c));
    }
    assert_int_equal(ceremonies_next_id(r->s, "ROO", id), KR_OK);
    assert_non_null(strstr(id, "-001"));
    assert_int_equal(ceremonies_next_id(r->s, "A-PREFIX-THAT-IS-MUCH-TOO-LONG-FOR-IT", id),
                     KR_E_TOO_LONG);
}

/* ---- Journal and anchor ---- */

static void append_note(struct records *r)
{
    if (journal_size(r->s) == 0)
        fixture_found(r->f, r->s);
    IN_TRANSACTION(r->s, fixture_note(r->f, r->s));
}

static void checkpoint(struct records *r)
{
    fixture_checkpoint(r->f, r->s);
}

static void an_old_database_under_a_newer_anchor_is_refused(void **state)
{
    struct records *r = *state;
    char old[64];
    assert_true(folder_make(old, "old"));
    append_note(r);
    checkpoint(r);
    append_note(r);
    checkpoint(r);
    store_close(&r->s);
    fixture_copy(r->f->dir, "journal.db", old);
    assert_int_equal(fixture_open(r->f, false, &r->s), KR_OK);
    append_note(r);
    checkpoint(r);
    store_close(&r->s);
    fixture_copy(old, "journal.db", r->f->dir);
    assert_int_equal(fixture_open(r->f, false, &r->s), KR_E_STORE_OLD);
    fixture_remove_files(old);
    rmdir(old);
}

static void an_anchor_left_behind_by_a_crash_is_brought_up_to_date(void **state)
{
    struct records *r = *state;
    uint8_t first[CHECKPOINT_MAX], now[CHECKPOINT_MAX], last[CHECKPOINT_MAX];
    append_note(r);
    checkpoint(r);
    size_t first_len = fixture_read(r->f->dir, "anchor", first, sizeof first);
    append_note(r);
    checkpoint(r);
    size_t last_len = fixture_read(r->f->dir, "anchor", last, sizeof last);
    store_close(&r->s);
    fixture_write(r->f->dir, "anchor", first, first_len);
    assert_int_equal(fixture_open(r->f, true, &r->s), KR_OK);
    store_close(&r->s);
    assert_int_equal(fixture_read(r->f->dir, "anchor", now, sizeof now),
                     first_len); /* a reader changes nothing */
    assert_int_equal(fixture_open(r->f, false, &r->s), KR_OK);
    assert_int_equal(fixture_read(r->f->dir, "anchor", now, sizeof now), last_len);
    assert_memory_equal(now, last, last_len);
}

static void a_lost_or_altered_anchor_is_refused(void **state)
{
    struct records *r = *state;
    uint8_t text[CHECKPOINT_MAX];
    char path[128];
    append_note(r);
    checkpoint(r);
    append_note(r);
    checkpoint(r);
    store_close(&r->s);
    size_t len = fixture_read(r->f->dir, "anchor", text, sizeof text);
    for (size_t i = 0; i < len; i += 3) {
        text[i] ^= 1;
        fixture_write(r->f->dir, "anchor", text, len);
        assert_int_equal(fixture_open(r->f, false, &r->s), KR_E_STORE_DAMAGED);
        text[i] ^= 1;
    }
    snprintf(path, sizeof path, "%s/anchor", r->f->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(fixture_open(r->f, false, &r->s), KR_E_STORE_OLD);
    assert_int_equal(fixture_open(r->f, true, &r->s),
                     KR_OK); /* a copy may lack it; the report says so */
}

static void an_anchor_that_cannot_be_written_freezes_the_store(void **state)
{
    struct records *r = *state;
    struct signer log = fixture_signer(r->f, "", "");
    char path[128];
    append_note(r);
    checkpoint(r);
    append_note(r);
    snprintf(path, sizeof path, "%s/anchor.new", r->f->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(checkpoint_make(r->s, &log, NULL, 0, NULL, 0), KR_E_STORE_WRITE);
    assert_int_equal(store_begin(r->s), KR_E_STORE_WRITE);
    assert_int_equal(rmdir(path), 0);
    reopen(r); /* the checkpoint was committed: the anchor follows it */
    uint8_t text[CHECKPOINT_MAX] = {0};
    fixture_read(r->f->dir, "anchor", text, sizeof text - 1);
    assert_non_null(strstr((char *)text, "\n3\n"));
}

static void *take_numbers(void *state)
{
    struct records *r = state;
    char first[24], second[24];
    for (int i = 0; i < 25; i++) {
        if (store_begin(r->s) != KR_OK || cards_next_number(r->s, "KSN", first) != KR_OK)
            return NULL;
        usleep(200); /* long enough for the other to get in between, if it could */
        if (cards_next_number(r->s, "KSN", second) != KR_OK || store_commit(r->s) != KR_OK ||
            atoi(second + 11) != atoi(first + 11) + 1)
            return NULL;
    }
    return state;
}

static void two_threads_never_share_a_transaction(void **state)
{
    struct records *r = *state;
    pthread_t threads[2];
    char number[24];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_numbers, r), 0);
    for (int i = 0; i < 2; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, r);
    }
    IN_TRANSACTION(r->s, cards_next_number(r->s, "KSN", number));
    assert_int_equal(atoi(number + 11), 101);
}

static void a_rolled_back_entry_leaves_the_journal_as_it_was(void **state)
{
    struct records *r = *state;
    uint8_t before[32], after[32];
    append_note(r);
    assert_int_equal(journal_root(r->s, before), KR_OK);
    assert_int_equal(store_begin(r->s), KR_OK);
    assert_int_equal(fixture_note(r->f, r->s), KR_OK);
    assert_int_equal(journal_size(r->s), 3);
    store_rollback(r->s);
    assert_int_equal(journal_size(r->s), 2);
    assert_int_equal(journal_root(r->s, after), KR_OK);
    assert_memory_equal(before, after, 32);
    append_note(r);
    reopen(r);
    assert_int_equal(journal_size(r->s), 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_person_is_found_with_roles_key_and_revocation),
        CASE(a_key_comes_back_as_it_was_stored),
        CASE(the_same_key_is_not_stored_twice),
        CASE(the_active_version_serves_and_before_any_was_activated_the_first_one),
        CASE(a_destroyed_key_leaves_for_the_archive_without_its_material_and_never_comes_back),
        CASE(sealed_things_are_kept_until_dropped),
        CASE(knowledge_of_a_component_is_never_forgotten),
        CASE(knowledge_of_another_group_or_person_is_not_taken_for_it),
        CASE(numbers_are_never_given_out_twice),
        CASE(a_live_number_is_refused_to_another_piece),
        CASE(a_spoiled_piece_stays_spoiled_and_is_remade_with_the_same_number),
        CASE(a_ceremony_goes_on_where_it_was),
        CASE(ceremony_ids_count_on_within_the_year),
        CASE(an_old_database_under_a_newer_anchor_is_refused),
        CASE(an_anchor_left_behind_by_a_crash_is_brought_up_to_date),
        CASE(a_lost_or_altered_anchor_is_refused),
        CASE(an_anchor_that_cannot_be_written_freezes_the_store),
        CASE(two_threads_never_share_a_transaction),
        CASE(a_rolled_back_entry_leaves_the_journal_as_it_was),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
