/* The states of keys: what the entries say of them, in which order it may be said and by whom, and
 * that the rows say the same. */
#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"
#include "../../store/key_life.h"

#define ID    "KEYS-2026-001"
#define TWO   "kate custodian, carol supervisor"
#define THREE "kate custodian, carol supervisor, olga operator"

struct keys {
    struct test_centre centre;
    struct key_record first, second; /* GMPK 3, versions 1 and 2 */
};

/* The lines of a key as record_key() has them. */
static void key_lines(const struct key_record *k, const char *state, char *out, size_t room)
{
    uint8_t digest[32];
    enum key_state word;
    char hex[65] = "-";
    assert_int_equal(sha256(k->blob, k->blob_len, digest), KR_OK);
    if (key_state_by_word(state, &word) && !key_state_is_gone(word))
        hex_encode(digest, 32, hex);
    snprintf(out, room, "\nkey %s %d %d %s %s %s %s %d %d\nmaterial key/%s/%d/%d %s", k->kind,
             k->group, k->version, k->kcv_algorithm, k->kcv, state, k->suite, k->purpose,
             k->components, k->kind, k->group, k->version, hex);
}

static void commit(struct test_centre *c)
{
    assert_int_equal(store_commit(c->store), KR_OK);
}

static struct key_record born(struct test_centre *c, int version)
{
    struct key_record k = {.kind = "GMPK",
                           .group = 3,
                           .version = version,
                           .suite = "3des",
                           .purpose = 4,
                           .state = "generated",
                           .kcv_algorithm = "3des-zeros",
                           .components = 2,
                           .ceremony = ID,
                           .blob_len = 40};
    char lines[512], key[320];
    memset(k.blob, 0x5A + version, k.blob_len);
    snprintf(k.kcv, sizeof k.kcv, "8CA64%d", version);
    key_lines(&k, k.state, key, sizeof key);
    uint64_t intent =
        centre_write(c, "intent", "kate custodian", "ceremony " ID "\nstep " CENTRE_STEP);
    snprintf(lines, sizeof lines, "ceremony " ID "\nstep " CENTRE_STEP "\nintent %llu\nresult ok%s",
             (unsigned long long)intent, key);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "outcome", "kate custodian", lines), KR_OK);
    assert_int_equal(keys_put(c->store, &k), KR_OK);
    commit(c);
    return k;
}

/* Entry and row. */
static void enter_component(struct test_centre *c, const char *person, const char *key)
{
    char signer[PERSON_ID_MAX + 16], lines[256];
    struct knowledge known = {.component = 1, .seq = journal_size(c->store)};
    snprintf(known.key, sizeof known.key, "%s", key);
    snprintf(known.person, sizeof known.person, "%s", person);
    snprintf(signer, sizeof signer, "%s custodian", person);
    snprintf(lines, sizeof lines,
             "ceremony " ID "\ncomponent %s 1 3des-zeros 8C A6 4D\nmaterial component/%.*s/1 -",
             key, (int)(strrchr(key, '/') - key), key);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "component", signer, lines), KR_OK);
    assert_int_equal(knowledge_put(c->store, &known), KR_OK);
    commit(c);
}

static int begin(void **state)
{
    struct keys *k = calloc(1, sizeof *k);
    assert_non_null(k);
    centre_found(&k->centre);
    centre_open_covered(&k->centre, ID);
    enter_component(&k->centre, "kurt", "GMPK/3/1");
    k->first = born(&k->centre, 1);
    k->second = born(&k->centre, 2);
    *state = k;
    return 0;
}

static int end(void **state)
{
    centre_end(&((struct keys *)*state)->centre);
    free(*state);
    return 0;
}

static void act_lines(char *out, size_t room, const char *act, const char *more)
{
    snprintf(out, room, "ceremony " ID "\nstep " CENTRE_STEP "\nact %s%s", act, more);
}

/* Entry and row; the row follows. */
static void turn(struct keys *k, const char *signers, const char *act, struct key_record *key,
                 const char *to)
{
    char lines[640], of[320], more[400];
    key_lines(key, to, of, sizeof of);
    snprintf(more, sizeof more, "%s%s", of, strcmp(act, "destroy") ? "" : "\nwitness olga");
    act_lines(lines, sizeof lines, act, more);
    assert_int_equal(store_begin(k->centre.store), KR_OK);
    assert_int_equal(centre_append(&k->centre, "key-state", signers, lines), KR_OK);
    assert_int_equal(keys_set_state(k->centre.store, key, to), KR_OK);
    commit(&k->centre);
    snprintf(key->state, sizeof key->state, "%s", to);
}

static struct verify_report verdict(struct keys *k)
{
    struct verify_report r;
    assert_int_equal(centre_checkpoint(&k->centre, "carol", NULL, 0), KR_OK);
    assert_int_equal(store_verify(k->centre.store, NULL, NULL, &r), KR_OK);
    return r;
}

static void a_whole_life_agrees_with_its_rows(void **state)
{
    struct keys *k = *state;
    turn(k, TWO, "activate", &k->first, "active");
    turn(k, TWO, "retire", &k->first, "retired");
    turn(k, TWO, "restore", &k->first, "active");
    turn(k, TWO, "compromise", &k->first, "compromised");
    turn(k, THREE, "destroy", &k->first, "destroyed-compromised");
    turn(k, THREE, "destroy", &k->second, "destroyed");
    struct verify_report r = verdict(k);
    assert_string_equal(r.what, "");
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.keys, 0);
}

static void the_version_that_served_is_retired_in_the_same_entry(void **state)
{
    struct keys *k = *state;
    char lines[900], first[320], second[320], both[700];
    turn(k, TWO, "activate", &k->first, "active");
    key_lines(&k->second, "active", second, sizeof second);
    key_lines(&k->first, "retired", first, sizeof first);
    snprintf(both, sizeof both, "%s%s", second, first);
    act_lines(lines, sizeof lines, "activate", both);
    assert_int_equal(store_begin(k->centre.store), KR_OK);
    assert_int_equal(centre_append(&k->centre, "key-state", TWO, lines), KR_OK);
    assert_int_equal(keys_set_state(k->centre.store, &k->first, "retired"), KR_OK);
    assert_int_equal(keys_set_state(k->centre.store, &k->second, "active"), KR_OK);
    commit(&k->centre);
    assert_int_equal(verdict(k).problem, KR_OK);
}

static void refused(struct keys *k, const char *signers, const char *lines, enum kr_error why)
{
    assert_int_equal(store_begin(k->centre.store), KR_OK);
    assert_int_equal(centre_append(&k->centre, "key-state", signers, lines), why);
    store_rollback(k->centre.store);
}

static void one_person_alone_changes_no_state_and_none_that_nobody_approved(void **state)
{
    struct keys *k = *state;
    char lines[640], of[320];
    key_lines(&k->first, "active", of, sizeof of);
    act_lines(lines, sizeof lines, "activate", of);
    refused(k, "kate custodian", lines, KR_E_ROLE);
    refused(k, "carol supervisor", lines, KR_E_ROLE);
    refused(k, "kate custodian, kurt custodian", lines, KR_E_ROLE);
    memcpy(strstr(lines, CENTRE_STEP), "kork", 4);
    refused(k, TWO, lines, KR_E_NOT_APPROVED);
}

static void a_destruction_without_a_witness_who_signs_is_refused(void **state)
{
    struct keys *k = *state;
    char lines[640], of[320], more[400];
    key_lines(&k->first, "destroyed", of, sizeof of);
    act_lines(lines, sizeof lines, "destroy", of);
    refused(k, THREE, lines, KR_E_ROLE);
    snprintf(more, sizeof more, "%s\nwitness olga", of);
    act_lines(lines, sizeof lines, "destroy", more);
    refused(k, TWO, lines, KR_E_ROLE);
    snprintf(more, sizeof more, "%s\nwitness kurt", of);
    act_lines(lines, sizeof lines, "destroy", more);
    refused(k, THREE, lines, KR_E_ROLE);
}

/* Signed by whoever it may be, and against the table. */
static void found_out(struct keys *k, const char *signers, const char *act,
                      const struct key_record *key, const char *to, const char *more,
                      enum kr_error problem)
{
    char lines[640], of[320], whole[400];
    key_lines(key, to, of, sizeof of);
    snprintf(whole, sizeof whole, "%s%s", of, more);
    act_lines(lines, sizeof lines, act, whole);
    uint64_t seq = centre_forge(&k->centre, "key-state", signers, lines);
    struct verify_report r;
    assert_int_equal(store_verify(k->centre.store, NULL, NULL, &r), KR_OK);
    if (r.problem != problem || r.bad_seq != seq)
        fail_msg("%s to %s: %s at %llu, not %llu (%s)", act, to, kr_name(r.problem),
                 (unsigned long long)r.bad_seq, (unsigned long long)seq, r.what);
}

static void an_act_that_its_state_does_not_allow_is_found_out(void **state)
{
    struct keys *k = *state;
    found_out(k, TWO, "restore", &k->first, "active", "", KR_E_ENTRY_FORMAT);
}

static void a_destroyed_key_that_an_entry_brings_back_is_found_out(void **state)
{
    struct keys *k = *state;
    turn(k, THREE, "destroy", &k->first, "destroyed");
    assert_int_equal(verdict(k).problem, KR_OK);
    found_out(k, TWO, "restore", &k->first, "active", "", KR_E_ENTRY_FORMAT);
}

static void a_state_that_is_not_that_of_the_act_is_found_out(void **state)
{
    struct keys *k = *state;
    found_out(k, TWO, "activate", &k->first, "compromised", "", KR_E_ENTRY_FORMAT);
}

static void a_key_that_nobody_made_is_found_out(void **state)
{
    struct keys *k = *state;
    struct key_record other = k->first;
    other.version = 7;
    found_out(k, TWO, "activate", &other, "active", "", KR_E_ENTRY_FORMAT);
}

static void a_witness_who_entered_a_component_in_whatever_version_is_found_out(void **state)
{
    struct keys *k = *state;
    found_out(k, "kate custodian, carol supervisor, kurt custodian", "destroy", &k->second,
              "destroyed", "\nwitness kurt", KR_E_WITNESS);
}

static void a_witness_who_entered_a_component_of_a_later_version_is_found_out(void **state)
{
    struct keys *k = *state;
    enter_component(&k->centre, "kate", "GMPK/30/2");
    turn(k, "kurt custodian, carol supervisor, olga operator", "destroy", &k->second, "destroyed");
    enter_component(&k->centre, "kate", "GMPK/3/3");
    found_out(k, "kurt custodian, carol supervisor, kate custodian", "destroy", &k->first,
              "destroyed", "\nwitness kate", KR_E_WITNESS);
}

static void rows_that_say_another_state_are_named(void **state)
{
    static const struct {
        const char *sql, *names;
    } cases[] = {
        {"UPDATE keys SET state = 'retired'", "state is retired, not generated"},
        {"INSERT INTO keys SELECT kind, grp, 1, suite, purpose, 'retired', kcv, kcv_algorithm, "
         "components, ceremony, made_ms, x'00' FROM keys",
         "keys GMPK/3/1: was destroyed"},
        {"UPDATE keys_archive SET state = 'destroyed-compromised'",
         "keys_archive GMPK/3/1: state is destroyed-compromised"},
        {"UPDATE keys_archive SET kcv = '000000'", "kcv is 000000"},
        {"DELETE FROM keys_archive", "keys GMPK/3/1: missing"},
        {"INSERT INTO keys_archive SELECT kind, grp, 2, suite, purpose, state, kcv, kcv_algorithm, "
         "components, ceremony, made_ms FROM keys_archive",
         "keys_archive GMPK/3/2: nothing"},
    };
    struct keys *k = *state;
    turn(k, THREE, "destroy", &k->first, "destroyed");
    assert_int_equal(verdict(k).problem, KR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct verify_report r;
        int on = sqlite3_db_config(k->centre.store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        assert_int_equal(on, SQLITE_OK);
        assert_int_equal(sqlite3_exec(k->centre.store->db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_exec(k->centre.store->db, cases[i].sql, NULL, NULL, NULL),
                         SQLITE_OK);
        assert_int_equal(store_verify(k->centre.store, NULL, NULL, &r), KR_OK);
        assert_int_equal(sqlite3_exec(k->centre.store->db, "ROLLBACK", NULL, NULL, NULL),
                         SQLITE_OK);
        if (r.problem != KR_E_STORE_ROW || !strstr(r.what, cases[i].names))
            fail_msg("%s: %s (%s)", cases[i].sql, kr_name(r.problem), r.what);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_life_agrees_with_its_rows),
        TEST(the_version_that_served_is_retired_in_the_same_entry),
        TEST(one_person_alone_changes_no_state_and_none_that_nobody_approved),
        TEST(a_destruction_without_a_witness_who_signs_is_refused),
        TEST(an_act_that_its_state_does_not_allow_is_found_out),
        TEST(a_destroyed_key_that_an_entry_brings_back_is_found_out),
        TEST(a_state_that_is_not_that_of_the_act_is_found_out),
        TEST(a_key_that_nobody_made_is_found_out),
        TEST(a_witness_who_entered_a_component_in_whatever_version_is_found_out),
        TEST(a_witness_who_entered_a_component_of_a_later_version_is_found_out),
        TEST(rows_that_say_another_state_are_named),
    };
    return cmocka_run_group_tests_name("verify_keys", tests, NULL, NULL);
}
