#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"

/* Founding, checkpoint, two ceremonies, cosigned checkpoint, one ceremony above it. */
#define FIRST   CENTRE_FOUNDING
#define SECOND  (FIRST + 8)
#define COVERED (SECOND + 8)
#define WHOLE   (COVERED + 8)

static int begin(void **state)
{
    struct test_centre *c = calloc(1, sizeof *c);
    assert_non_null(c);
    centre_found(c);
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    centre_ceremony(c, "ROOT-2026-001");
    centre_ceremony(c, "ROOT-2026-002");
    assert_int_equal(centre_checkpoint(c, "carol", NULL, 0), KR_OK);
    centre_ceremony(c, "WASH-2026-001");
    *state = c;
    return 0;
}

static int end(void **state)
{
    struct test_centre *c = *state;
    centre_end(c);
    free(c);
    return 0;
}

static struct verify_report verdict(struct test_centre *c)
{
    struct verify_report r;
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    return r;
}

static void assert_bad(struct test_centre *c, enum kr_error problem, uint64_t seq)
{
    struct verify_report r = verdict(c);
    if (r.problem != problem || r.bad_seq != seq) {
        fail_msg("verdict %s at %llu (%s)", kr_name(r.problem), (unsigned long long)r.bad_seq,
                 r.what);
    }
}

static void a_sound_store_verifies_and_everything_is_counted(void **state)
{
    struct test_centre *c = *state;
    struct verify_report r = verdict(c);
    assert_string_equal(r.what, "");
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.entries, WHOLE);
    assert_int_equal(r.signatures, 6 * 2 + 3 * 11);
    assert_int_equal(r.checkpoints, 2);
    assert_int_equal(r.cosignatures, 1);
    assert_int_equal(r.people, 7);
    assert_int_equal(r.ceremonies, 3);
    assert_int_equal(r.open_intents, 0);
    assert_true(r.anchor);
    assert_int_equal(r.head.size, WHOLE);
    centre_close(c);
    assert_int_equal(centre_open(c, true), KR_OK);
    assert_int_equal(verdict(c).problem, KR_OK);
}

static bool cancel(void *ctx, uint64_t done, uint64_t all)
{
    *(uint64_t *)ctx = done;
    assert_int_equal(all, WHOLE);
    return false;
}

static void verifying_can_be_cancelled(void **state)
{
    struct test_centre *c = *state;
    struct verify_report r;
    uint64_t done = 0;
    assert_int_equal(store_verify(c->store, cancel, &done, &r), KR_E_CANCELLED);
    assert_int_equal(done, WHOLE);
}

static void an_altered_body_is_found_at_every_entry(void **state)
{
    struct test_centre *c = *state;
    for (uint64_t seq = 0; seq < WHOLE; seq++) {
        struct entry e;
        char sql[96];
        snprintf(sql, sizeof sql, "UPDATE entries SET body = ?1 WHERE seq = %llu",
                 (unsigned long long)seq);
        assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
        e.body[e.body_len - 2] ^= 1;
        centre_tamper(c, sql, e.body, e.body_len);
        assert_bad(c, KR_E_ENTRY_FORMAT, seq);
        e.body[e.body_len - 2] ^= 1;
        centre_tamper(c, sql, e.body, e.body_len);
        entry_free(&e);
    }
    assert_int_equal(verdict(c).problem, KR_OK);
}

static void an_altered_leaf_is_found_at_every_entry(void **state)
{
    struct test_centre *c = *state;
    for (uint64_t seq = 0; seq < WHOLE; seq++) {
        struct entry e;
        assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
        e.time_ms += 3600000;
        centre_replace(c, seq, &e);
        assert_bad(c, KR_E_SIGNATURE, seq);
        e.time_ms -= 3600000;
        centre_replace(c, seq, &e);
        entry_free(&e);
    }
    assert_int_equal(verdict(c).problem, KR_OK);
}

static void an_altered_signature_is_found_at_every_entry(void **state)
{
    struct test_centre *c = *state;
    for (uint64_t seq = 0; seq < WHOLE; seq++) {
        struct entry e;
        assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
        uint8_t *last = e.signers[e.signer_count - 1].signature;
        last[seq % 64] ^= 0x10;
        centre_replace(c, seq, &e);
        assert_bad(c, KR_E_SIGNATURE, seq);
        last[seq % 64] ^= 0x10;
        centre_replace(c, seq, &e);
        entry_free(&e);
    }
}

/* A new folder is cheaper than undoing what was done to the rows. */
static void with_each_entry(void (*tamper)(struct test_centre *c, uint64_t seq), uint64_t to)
{
    for (uint64_t seq = 0; seq < to; seq++) {
        void *state;
        begin(&state);
        tamper(state, seq);
        end(&state);
    }
}

static void remove_leaving_a_gap(struct test_centre *c, uint64_t seq)
{
    char sql[96];
    snprintf(sql, sizeof sql, "DELETE FROM entries WHERE seq = %llu", (unsigned long long)seq);
    centre_tamper(c, sql, NULL, 0);
    assert_bad(c, KR_E_STORE_DAMAGED, seq);
}

static void remove_and_close_up(struct test_centre *c, uint64_t seq)
{
    char sql[96];
    snprintf(sql, sizeof sql, "DELETE FROM entries WHERE seq = %llu", (unsigned long long)seq);
    centre_tamper(c, sql, NULL, 0);
    for (uint64_t later = seq + 1; later < WHOLE; later++) {
        snprintf(sql, sizeof sql, "UPDATE entries SET seq = seq - 1 WHERE seq = %llu",
                 (unsigned long long)later);
        centre_tamper(c, sql, NULL, 0);
    }
    assert_bad(c, KR_E_STORE_DAMAGED, seq);
}

static void swap_with_next(struct test_centre *c, uint64_t seq)
{
    char sql[160];
    static const int64_t parked = 1000000;
    const int64_t moves[3][2] = {
        {(int64_t)seq, parked}, {(int64_t)seq + 1, (int64_t)seq}, {parked, (int64_t)seq + 1}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(sql, sizeof sql, "UPDATE entries SET seq = %lld WHERE seq = %lld",
                 (long long)moves[i][1], (long long)moves[i][0]);
        centre_tamper(c, sql, NULL, 0);
    }
    assert_bad(c, KR_E_STORE_DAMAGED, seq);
}

static void a_removed_entry_is_found_at_every_place(void **state)
{
    (void)state;
    with_each_entry(remove_leaving_a_gap, WHOLE - 1);
    with_each_entry(remove_and_close_up, WHOLE - 1);
}

static void two_reordered_entries_are_found_at_every_place(void **state)
{
    (void)state;
    with_each_entry(swap_with_next, WHOLE - 1);
}

/* The copy gets the next number and links that fit; only the signature cannot be made. */
static void insert_copy_after(struct test_centre *c, uint64_t seq)
{
    char sql[128];
    struct entry e;
    struct journal_head head = {0};
    for (uint64_t i = WHOLE; i-- > seq + 1;) {
        snprintf(sql, sizeof sql, "UPDATE entries SET seq = seq + 1 WHERE seq = %llu",
                 (unsigned long long)i);
        centre_tamper(c, sql, NULL, 0);
    }
    snprintf(sql, sizeof sql,
             "INSERT INTO entries SELECT %llu, leaf_hash, kind, salt, leaf, body FROM entries "
             "WHERE seq = %llu",
             (unsigned long long)seq + 1, (unsigned long long)seq);
    centre_tamper(c, sql, NULL, 0);
    for (uint64_t i = 0; i <= seq; i++) {
        assert_int_equal(journal_read(c->store, i, &e), KR_OK);
        assert_int_equal(entry_leaf_hash(&e, head.last_leaf), KR_OK);
        assert_int_equal(tree_append(&head.tree, head.last_leaf), KR_OK);
        if (i < seq) {
            entry_free(&e);
        }
    }
    e.seq = e.tree_size = seq + 1;
    memcpy(e.prev, head.last_leaf, 32);
    assert_int_equal(tree_root(&head.tree, e.root), KR_OK);
    bool outcome = strcmp(e.kind, "outcome") == 0;
    centre_replace(c, seq + 1, &e);
    entry_free(&e);
    if (seq == 0) {
        assert_bad(c, KR_E_STORE_DAMAGED, 1); /* a second founding */
    } else {
        struct verify_report r = verdict(c);
        assert_int_equal(r.bad_seq, seq + 1);
        assert_true(r.problem == KR_E_SIGNATURE || (outcome && r.problem == KR_E_ENTRY_FORMAT));
    }
}

static void an_inserted_entry_is_found_at_every_place(void **state)
{
    (void)state;
    with_each_entry(insert_copy_after, WHOLE - 1);
}

/* Everything an insider with everybody's signing keys would do, except what the rules forbid. */
static void write_past_the_rules(struct test_centre *c, uint64_t seq, const char *kind,
                                 const char *const persons[], const char *const roles[],
                                 size_t count)
{
    struct entry e;
    char header[ENTRY_HEADER_MAX];
    size_t len;
    assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
    snprintf(e.kind, sizeof e.kind, "%s", kind);
    e.signer_count = count;
    for (size_t i = 0; i < count; i++) {
        struct entry_signer *s = &e.signers[i];
        uint8_t key[32] = {0};
        memset(s, 0, sizeof *s);
        snprintf(s->person, sizeof s->person, "%s", persons[i]);
        snprintf(s->role, sizeof s->role, "%s", roles[i]);
        people_public_key(c->store, persons[i], key);
        assert_int_equal(roster_key_id(key, s->key_id), KR_OK);
    }
    assert_int_equal(entry_header(&e, header, &len), KR_OK);
    for (size_t i = 0; i < count; i++) {
        centre_sign(NULL, persons[i], (const uint8_t *)header, len, e.signers[i].signature);
    }
    centre_replace(c, seq, &e);
    entry_free(&e);
}

static void one_person_signing_twice_is_found(void **state)
{
    write_past_the_rules(*state, WHOLE - 1, "open", (const char *[]){"kate", "kate"},
                         (const char *[]){"custodian", "supervisor"}, 2);
    assert_bad(*state, KR_E_SAME_PERSON, WHOLE - 1);
}

static void an_unknown_signer_is_found(void **state)
{
    write_past_the_rules(*state, WHOLE - 1, "note", (const char *[]){"mallory"},
                         (const char *[]){"operator"}, 1);
    assert_bad(*state, KR_E_PERSON_UNKNOWN, WHOLE - 1);
}

static void an_entry_that_its_signers_may_not_sign_is_found(void **state)
{
    static const struct {
        const char *kind, *person, *role;
    } wrong[] = {
        {"approval", "kate", "custodian"},  {"approval", "adam", "administrator"},
        {"approval", "kate", "supervisor"}, {"open", "carol", "supervisor"},
        {"open", "kate", "custodian"},      {"enrol", "adam", "administrator"},
        {"note", "ann", "auditor"},         {"intent", "ann", "auditor"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_past_the_rules(*state, WHOLE - 1, wrong[i].kind, &wrong[i].person, &wrong[i].role, 1);
        assert_bad(*state, KR_E_ROLE, WHOLE - 1);
    }
}

static void a_signature_after_revocation_is_found(void **state)
{
    struct test_centre *c = *state;
    uint64_t note = centre_write(c, "note", "kurt custodian", "text late");
    uint64_t revoke =
        centre_write(c, "revoke", "adam administrator, chen supervisor", "person kurt");
    uint64_t last = centre_write(c, "note", "kate custodian", "text later");
    centre_tamper(c, "UPDATE people SET revoked = 1 WHERE person = 'kurt'", NULL, 0);
    assert_int_equal(verdict(c).problem, KR_OK);
    write_past_the_rules(c, last, "note", (const char *[]){"kurt"}, (const char *[]){"custodian"},
                         1);
    assert_bad(c, KR_E_PERSON_REVOKED, last);
    assert_int_equal(revoke, note + 1);
}

/* carol's approval of the first ceremony put in place of that of the third. */
static void an_approval_moved_elsewhere_is_found(void **state)
{
    struct test_centre *c = *state;
    struct entry old, here;
    uint64_t from = FIRST + 1, to = COVERED + 1;
    assert_int_equal(journal_read(c->store, from, &old), KR_OK);
    assert_int_equal(journal_read(c->store, to, &here), KR_OK);
    assert_string_equal(old.kind, "approval");
    assert_string_equal(here.kind, "approval");
    centre_replace(c, to, &old);
    assert_bad(c, KR_E_STORE_DAMAGED, to);
    memcpy(here.signers[0].signature, old.signers[0].signature, 64);
    centre_replace(c, to, &here);
    assert_bad(c, KR_E_SIGNATURE, to);
    entry_free(&old);
    entry_free(&here);
}

static void a_tail_cut_below_a_checkpoint_is_found(void **state)
{
    for (uint64_t size = WHOLE; size-- > COVERED;) {
        char sql[96];
        snprintf(sql, sizeof sql, "DELETE FROM entries WHERE seq >= %llu",
                 (unsigned long long)size);
        centre_tamper(*state, sql, NULL, 0);
        /* Signed by nobody yet, but the ceremony's row speaks of what is gone. */
        assert_int_equal(verdict(*state).problem, size == WHOLE ? KR_OK : KR_E_STORE_ROW);
    }
    for (uint64_t size = COVERED; size-- > 0;) {
        char sql[96];
        snprintf(sql, sizeof sql, "DELETE FROM entries WHERE seq >= %llu",
                 (unsigned long long)size);
        centre_tamper(*state, sql, NULL, 0);
        assert_bad(*state, KR_E_STORE_OLD, size);
    }
}

static void a_tail_and_its_checkpoint_cut_together_are_found_by_the_anchor(void **state)
{
    struct test_centre *c = *state;
    centre_tamper(c, "DELETE FROM checkpoints WHERE id > 1", NULL, 0);
    centre_tamper(c, "DELETE FROM entries WHERE seq >= 10", NULL, 0);
    assert_bad(c, KR_E_STORE_OLD, 10);
}

static void a_checkpoint_that_was_altered_is_found(void **state)
{
    struct test_centre *c = *state;
    char text[CHECKPOINT_MAX];
    assert_int_equal(checkpoint_last(c->store, text, sizeof text), KR_OK);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char altered[CHECKPOINT_MAX];
        memcpy(altered, text, len);
        altered[i] ^= 1;
        centre_tamper(c, "UPDATE checkpoints SET text = ?1 WHERE id = 2", altered, len);
        assert_int_not_equal(verdict(c).problem, KR_OK);
    }
    centre_tamper(c, "UPDATE checkpoints SET size = 21, text = ?1 WHERE id = 2", text, len);
    assert_int_equal(verdict(c).problem, KR_E_CHECKPOINT);
}

static void people_rows_that_differ_from_the_journal_are_found(void **state)
{
    centre_tamper(*state, "UPDATE people SET roles = 31 WHERE person = 'kate'", NULL, 0);
    assert_bad(*state, KR_E_STORE_ROW, 2);
}

static void an_outcome_without_intent_or_twice_is_found(void **state)
{
    static const char again[] = "ceremony ROOT-2026-001\nstep " CENTRE_STEP "\nintent 8";
    struct test_centre *c = *state;
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "outcome", "kate custodian", "intent 3"), KR_E_ENTRY_FORMAT);
    assert_int_equal(centre_append(c, "outcome", "kate custodian", "result ok"), KR_E_ENTRY_FORMAT);
    assert_int_equal(centre_append(c, "outcome", "kate custodian", again), KR_E_ENTRY_FORMAT);
    store_rollback(c->store);
    uint64_t twice = centre_forge(c, "outcome", "kate custodian", again);
    assert_bad(c, KR_E_ENTRY_FORMAT, twice);
}

/* A program that was talked into going past the approval, and a supervisor whose approval was of
 * another step, of another ceremony, or came afterwards. */
static void an_effect_without_an_approval_before_it_is_found(void **state)
{
    struct test_centre *c = *state;
    static const char *const kinds[] = {"intent", "card"};
    static const char effect[] = "ceremony ROOT-2026-009\nstep wash[1]\n"
                                 "card 10000000000000000001 mother 01 washed - -";
    centre_course(c, "open", "ROOT-2026-009");
    centre_write(c, "approval", "carol supervisor", "ceremony ROOT-2026-009\ncovers issue");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(store_begin(c->store), KR_OK);
        assert_int_equal(centre_append(c, kinds[i], "kate custodian", effect), KR_E_NOT_APPROVED);
        store_rollback(c->store);
    }
    uint64_t seq = centre_forge(c, "intent", "kate custodian", effect);
    centre_forge(c, "approval", "carol supervisor", "ceremony ROOT-2026-009\ncovers wash");
    assert_bad(c, KR_E_NOT_APPROVED, seq);
}

/* A card whose issuing nobody approved cannot come in through an outcome either: that needs its
 * intent. Outside a ceremony there is no approval at all. */
static void an_effect_outside_a_ceremony_is_refused(void **state)
{
    struct test_centre *c = *state;
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "intent", "kate custodian", "step wash"), KR_E_NOT_APPROVED);
    store_rollback(c->store);
    assert_bad(c, KR_E_NOT_APPROVED, centre_forge(c, "intent", "kate custodian", NULL));
}

static void an_entry_under_another_script_than_its_opening_is_found(void **state)
{
    struct test_centre *c = *state;
    char lines[160];
    snprintf(lines, sizeof lines, "ceremony ROOT-2026-009\nscript test %064d\ntext looked at", 7);
    centre_course(c, "open", "ROOT-2026-009");
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "note", "kate custodian", lines), KR_E_ENTRY_FORMAT);
    store_rollback(c->store);
    assert_bad(c, KR_E_ENTRY_FORMAT, centre_forge(c, "note", "kate custodian", lines));
}

static void nothing_is_done_in_a_ceremony_that_is_over(void **state)
{
    struct test_centre *c = *state;
    static const char late[] = "ceremony ROOT-2026-001\nstep " CENTRE_STEP;
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "intent", "kate custodian", late), KR_E_ENTRY_FORMAT);
    store_rollback(c->store);
    assert_bad(c, KR_E_ENTRY_FORMAT, centre_forge(c, "intent", "kate custodian", late));
}

/* carol's approval is made one of the step that kate wants to do: the console itself sees it, not
 * only the auditor. */
static void an_altered_approval_covers_nothing(void **state)
{
    struct test_centre *c = *state;
    struct entry e;
    centre_course(c, "open", "ROOT-2026-009");
    uint64_t seq =
        centre_write(c, "approval", "carol supervisor", "ceremony ROOT-2026-009\ncovers issue");
    centre_write(c, "note", "kate custodian", "ceremony ROOT-2026-009\ntext looked at");
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
    char *covers = strstr(e.body, "covers issue");
    assert_non_null(covers);
    memcpy(covers, "covers awash", 12);
    centre_replace(c, seq, &e);
    entry_free(&e);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(
        centre_append(c, "intent", "kate custodian", "ceremony ROOT-2026-009\nstep awash"),
        KR_E_SIGNATURE);
    store_rollback(c->store);
}

static void a_checkpoint_the_auditor_brings_must_be_extended(void **state)
{
    struct test_centre *c = *state;
    struct verify_report r = verdict(c);
    char text[CHECKPOINT_MAX];
    assert_int_equal(checkpoint_last(c->store, text, sizeof text), KR_OK);
    assert_int_equal(store_verify_against(c->store, text, strlen(text), &r), KR_OK);
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.checkpoints, 3);
    /* What the log has not signed proves nothing against the store. */
    text[40] ^= 1;
    assert_int_equal(store_verify_against(c->store, text, strlen(text), &r), KR_E_NOT_CHECKPOINT);
    assert_int_equal(store_verify_against(c->store, "hello", 5, &r), KR_E_NOT_CHECKPOINT);
    assert_int_equal(r.problem, KR_OK);
}

struct forms {
    char list[8][CHECKPOINT_SHORT_MAX];
    size_t count;
};

static void keep_form(void *ctx, const char *form)
{
    struct forms *f = ctx;
    snprintf(f->list[f->count++], CHECKPOINT_SHORT_MAX, "%s", form);
}

/* The one on the paper of an older ceremony is as good as the newest. */
static void the_short_form_on_any_ceremony_paper_is_recognised(void **state)
{
    struct test_centre *c = *state;
    struct forms forms = {.count = 0};
    assert_int_equal(store_checkpoints(c->store, keep_form, &forms), KR_OK);
    assert_true(forms.count >= 2);
    for (size_t i = 0; i < forms.count; i++) {
        struct verify_report r = verdict(c);
        char *form = forms.list[i];
        assert_int_equal(store_verify_against(c->store, form, strlen(form), &r), KR_OK);
        assert_int_equal(r.problem, KR_OK);
        char *last = form + strlen(form) - 1;
        *last = *last == 'A' ? 'C' : 'A';
        assert_int_equal(store_verify_against(c->store, form, strlen(form), &r), KR_OK);
        assert_int_equal(r.problem, KR_E_CHECKPOINT);
    }
    struct verify_report r = verdict(c);
    static const char beyond[] = "999 AAAA-BBBB-CCCC-DDDD";
    assert_int_equal(store_verify_against(c->store, beyond, sizeof beyond - 1, &r), KR_OK);
    assert_int_equal(r.problem, KR_E_STORE_OLD);
}

static void a_checkpoint_that_is_gone_is_found(void **state)
{
    struct test_centre *c = *state;
    centre_tamper(c, "DELETE FROM checkpoints WHERE id = 2", NULL, 0);
    assert_bad(c, KR_E_STORE_ROW, COVERED - 1); /* the anchor knows of it */
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    centre_tamper(c, "DELETE FROM checkpoints WHERE id = 2", NULL, 0);
    assert_bad(c, KR_E_STORE_ROW, CENTRE_FOUNDING - 1);
}

/* A stranger's line is passed over, as the format asks; a person's that does not verify is not. */
static void a_spoiled_cosignature_on_a_brought_checkpoint_is_found(void **state)
{
    struct test_centre *c = *state;
    struct verify_report sound = verdict(c), r = sound;
    char text[CHECKPOINT_MAX];
    assert_int_equal(checkpoint_last(c->store, text, sizeof text), KR_OK);
    assert_int_equal(store_verify_against(c->store, text, strlen(text), &r), KR_OK);
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.cosignatures, sound.cosignatures + 1);
    char *signature = strstr(text, "/person/carol ") + strlen("/person/carol ") + 40;
    *signature = *signature == 'A' ? 'B' : 'A';
    r = sound;
    assert_int_equal(store_verify_against(c->store, text, strlen(text), &r), KR_OK);
    assert_int_equal(r.problem, KR_E_SIGNATURE);
    memcpy(strstr(text, "/person/carol "), "/person/mario ", 14);
    r = sound;
    assert_int_equal(store_verify_against(c->store, text, strlen(text), &r), KR_OK);
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.cosignatures, sound.cosignatures);
}

static void a_newer_checkpoint_shows_that_an_old_copy_was_put_back(void **state)
{
    struct test_centre *c = *state;
    char text[CHECKPOINT_MAX];
    assert_int_equal(centre_checkpoint(c, NULL, text, sizeof text), KR_OK);
    centre_tamper(c, "DELETE FROM entries WHERE seq >= 25", NULL, 0);
    centre_tamper(c, "DELETE FROM checkpoints WHERE size >= 25", NULL, 0);
    centre_tamper(c, "UPDATE ceremonies SET status = 'open' WHERE id = 'WASH-2026-001'", NULL, 0);
    char path[128];
    snprintf(path, sizeof path, "%s/anchor", c->dir);
    assert_int_equal(remove(path), 0);
    struct verify_report r = verdict(c);
    assert_int_equal(r.problem, KR_OK);
    assert_false(r.anchor);
    assert_int_equal(store_verify_against(c->store, text, strlen(text), &r), KR_OK);
    assert_int_equal(r.problem, KR_E_STORE_OLD);
    assert_int_equal(r.bad_seq, 25);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_store_verifies_and_everything_is_counted),
        TEST(verifying_can_be_cancelled),
        TEST(an_altered_body_is_found_at_every_entry),
        TEST(an_altered_leaf_is_found_at_every_entry),
        TEST(an_altered_signature_is_found_at_every_entry),
        cmocka_unit_test(a_removed_entry_is_found_at_every_place),
        cmocka_unit_test(two_reordered_entries_are_found_at_every_place),
        cmocka_unit_test(an_inserted_entry_is_found_at_every_place),
        TEST(one_person_signing_twice_is_found),
        TEST(an_unknown_signer_is_found),
        TEST(an_entry_that_its_signers_may_not_sign_is_found),
        TEST(a_signature_after_revocation_is_found),
        TEST(an_approval_moved_elsewhere_is_found),
        TEST(a_tail_cut_below_a_checkpoint_is_found),
        TEST(a_tail_and_its_checkpoint_cut_together_are_found_by_the_anchor),
        TEST(a_checkpoint_that_was_altered_is_found),
        TEST(people_rows_that_differ_from_the_journal_are_found),
        TEST(an_outcome_without_intent_or_twice_is_found),
        TEST(an_effect_without_an_approval_before_it_is_found),
        TEST(an_effect_outside_a_ceremony_is_refused),
        TEST(an_entry_under_another_script_than_its_opening_is_found),
        TEST(nothing_is_done_in_a_ceremony_that_is_over),
        TEST(an_altered_approval_covers_nothing),
        TEST(a_checkpoint_the_auditor_brings_must_be_extended),
        TEST(the_short_form_on_any_ceremony_paper_is_recognised),
        TEST(a_checkpoint_that_is_gone_is_found),
        TEST(a_spoiled_cosignature_on_a_brought_checkpoint_is_found),
        TEST(a_newer_checkpoint_shows_that_an_old_copy_was_put_back),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
