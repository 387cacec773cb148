/* What a ceremony writes into the journal, and the rows that go with it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "run.h"

static void add_actors(const struct ceremony *c, struct entry *e)
{
    for (size_t i = 0; i < c->script->seats_count; i++) {
        const struct script_seat *seat = &c->script->seats[i];
        for (int n = 1; n <= seat->most; n++) {
            const char *person = seat_person(c, seat->id, n);
            if (person[0] != '\0')
                entry_add(e, "actor", "%s %s %s-%d", person, seat->role, seat->id, n);
        }
    }
    for (int n = 1; n <= PEOPLE_MAX && seat_person(c, "quorum", n)[0] != '\0'; n++)
        entry_add(e, "actor", "%s custodian quorum-%d", seat_person(c, "quorum", n), n);
}

void record_begin(struct ceremony *c, struct entry *e, const char *kind)
{
    char hash[65], key[64];
    entry_begin(e, kind);
    hex_encode(c->script->hash, 32, hash);
    step_request_key(c, NULL, key);
    entry_add(e, "ceremony", "%s", c->id);
    entry_add(e, "script", "%s %s", c->script->id, hash);
    entry_add(e, "step", "%s", key);
    add_actors(c, e);
    const struct script_step *step = step_now(c);
    for (size_t i = 0; i < step->requires_count; i++)
        entry_add(e, "requirement", "%s", step->requires[i]);
    entry_add(e, "software", "%s", KEYRITE_VERSION);
}

static enum kr_error sign_in_vault(void *ctx, const char *person, const uint8_t *message,
                                   size_t len, uint8_t sig[64])
{
    return vault_sign(ctx, person, message, len, sig);
}

const char *acting_role(const struct ceremony *c, const char *person)
{
    for (size_t i = 0; i < c->script->seats_count; i++)
        for (int n = 1; n <= c->script->seats[i].most; n++)
            if (strcmp(seat_person(c, c->script->seats[i].id, n), person) == 0)
                return c->script->seats[i].role;
    const struct slots *slots = session_slots(c->session);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, person);
    for (unsigned bit = 1; p != NULL && bit <= ROLE_AUDITOR; bit <<= 1)
        if ((p->roles & bit) != 0)
            return role_name(bit);
    return "custodian";
}

static void signer_for(const struct ceremony *c, const char *person, struct signer *s)
{
    snprintf(s->person, sizeof s->person, "%s", person);
    snprintf(s->role, sizeof s->role, "%s", acting_role(c, person));
    s->sign = sign_in_vault;
    s->ctx = session_vault(c->session);
}

enum kr_error record_open(struct ceremony *c)
{
    struct store *store = session_store(c->session);
    if (store == NULL)
        return kr_fail(KR_E_STORE_MISSING, "%s", session_options(c->session)->store_dir);
    return store_begin(store);
}

enum kr_error record_sign(struct ceremony *c, struct entry *e, const char *const *persons,
                          uint64_t *seq)
{
    struct signer signers[ENTRY_SIGNERS_MAX];
    size_t count = 0;
    memset(signers, 0, sizeof signers);
    for (; *persons != NULL && count < ENTRY_SIGNERS_MAX; persons++) {
        bool seen = (*persons)[0] == '\0';
        for (size_t i = 0; i < count; i++)
            seen = seen || strcmp(signers[i].person, *persons) == 0;
        if (!seen)
            signer_for(c, *persons, &signers[count++]);
    }
    enum kr_error err = journal_append(session_store(c->session), e, signers, count);
    if (err == KR_OK && seq != NULL)
        *seq = e->seq;
    return err;
}

static enum kr_error save_and(enum kr_error (*commit)(struct store *s), struct ceremony *c,
                              struct entry *e, enum kr_error so_far)
{
    struct store *store = session_store(c->session);
    enum kr_error err = so_far;
    if (err == KR_OK)
        err = state_save(c);
    if (err == KR_OK)
        err = commit(store);
    else
        store_rollback(store);
    if (err != KR_OK)
        state_put_back(c);
    entry_free(e);
    return err;
}

enum kr_error record_commit(struct ceremony *c, struct entry *e, enum kr_error so_far)
{
    enum kr_error err = save_and(store_commit, c, e, so_far);
    if (err == KR_OK)
        state_keep(c);
    return err;
}

enum kr_error record_commit_start(struct ceremony *c, struct entry *e, enum kr_error so_far)
{
    enum kr_error err = save_and(store_commit_start, c, e, so_far);
    c->committing = err == KR_OK;
    return err;
}

enum kr_error record_commit_finish(struct ceremony *c)
{
    if (!c->committing)
        return KR_OK;
    c->committing = false;
    enum kr_error err = store_commit_finish(session_store(c->session));
    if (err == KR_OK)
        state_keep(c);
    else
        state_put_back(c);
    return err;
}

enum kr_error record_simple(struct ceremony *c, struct entry *e, const char *who, const char *with,
                            uint64_t *seq)
{
    const char *persons[] = {who, with, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK) {
        entry_free(e);
        return err;
    }
    return record_commit(c, e, record_sign(c, e, persons, seq));
}

enum kr_error record_intent(struct ceremony *c, struct entry *e, const char *who)
{
    const char *persons[] = {who, NULL};
    uint64_t seq = 0;
    enum kr_error err = record_open(c);
    if (err != KR_OK) {
        entry_free(e);
        return err;
    }
    err = record_sign(c, e, persons, &seq);
    if (err == KR_OK)
        err = var_set(c, "intent", "%" PRIu64, seq);
    err = record_commit(c, e, err);
    if (err != KR_OK)
        var_clear(c, "intent");
    return err;
}

enum kr_error record_checkpoint(struct ceremony *c, const struct signer *people, size_t count,
                                char *text, size_t room)
{
    struct signer log = session_log(c->session);
    return checkpoint_make(session_store(c->session), &log, people, count, text, room);
}

enum kr_error record_seal_when_due(struct ceremony *c)
{
    struct store *store = session_store(c->session);
    struct present_person anybody;
    if (store == NULL || c->script->founding || journal_unsealed(store) < CHECKPOINT_EVERY ||
        session_present(c->session, &anybody, 1) == 0)
        return KR_OK; /* the log key comes with whoever signs in */
    return record_checkpoint(c, NULL, 0, NULL, 0);
}

void record_outcome_begin(struct ceremony *c, struct entry *e, const char *result)
{
    record_begin(c, e, "outcome");
    entry_add(e, "intent", "%s", var_get(c, "intent"));
    entry_add(e, "result", "%s", result);
    if (var_get(c, "intent.card")[0] != '\0')
        entry_add(e, "card", "%s", var_get(c, "intent.card"));
    var_clear(c, "intent");
    var_clear(c, "intent.card");
}

void record_material(struct entry *e, const char *label, const uint8_t *blob, size_t len)
{
    uint8_t digest[32];
    char hex[65] = "-";
    enum kr_error err = len > 0 ? sha256(blob, len, digest) : KR_OK;
    if (err == KR_OK && len > 0)
        hex_encode(digest, sizeof digest, hex);
    if (err == KR_OK)
        entry_add(e, "material", "%s %s", label, hex);
    else if (e->failed == KR_OK)
        e->failed = err;
}

void record_key(struct entry *e, const struct key_record *rec)
{
    char label[64];
    key_label(rec, label);
    entry_add(e, "key", "%s %d %d %s %s %s %s %d %d", rec->kind, rec->group, rec->version,
              rec->kcv_algorithm, rec->kcv, rec->state, rec->suite, rec->purpose, rec->components);
    record_material(e, label, rec->blob, rec->blob_len);
}

void record_card(struct entry *e, const struct card_record *card)
{
    entry_add(e, "card", "%s %s %s %s %s %s", card->number, card->kind, card->chip, card->state,
              card->layout[0] == '\0' ? "-" : card->layout,
              card->pair[0] == '\0' ? "-" : card->pair);
}

enum kr_error record_intent_card(struct ceremony *c, struct entry *e,
                                 const struct card_record *card)
{
    record_card(e, card);
    enum kr_error err = var_set(c, "chip", "%s", card->chip);
    return err == KR_OK ? var_set(c, "number", "%s", card->number) : err;
}

/* ---- Keys of the centre ---- */

bool key_newest(struct ceremony *c, const char *kind, int group, struct key_record *rec)
{
    struct store *store = session_store(c->session);
    int next = 0;
    return store != NULL && keys_next_version(store, kind, group, &next) == KR_OK && next > 1 &&
           keys_get(store, kind, group, next - 1, rec) == KR_OK;
}

bool key_exists(struct ceremony *c, const char *kind, int group)
{
    struct key_record rec;
    return session_store(c->session) != NULL &&
           (keys_find(session_store(c->session), kind, group, &rec) == KR_OK ||
            (key_newest(c, kind, group, &rec) && strcmp(rec.state, "generated") == 0));
}

int key_next_version(struct ceremony *c, const char *kind, int group)
{
    int next = 0;
    return keys_next_version(session_store(c->session), kind, group, &next) == KR_OK ? next : 1;
}

enum kr_error key_open(struct session *s, const struct key_record *rec, vault_handle *h)
{
    struct kcv kcv;
    char label[64], value[sizeof rec->kcv];
    key_label(rec, label);
    enum kr_error err = vault_load_key(session_vault(s), rec->blob, rec->blob_len, label, h, &kcv);
    if (err != KR_OK)
        return err;
    hex_encode_upper(kcv.bytes, kcv.len, value);
    if (strcmp(value, rec->kcv) == 0)
        return KR_OK;
    vault_drop(session_vault(s), *h);
    *h = 0;
    return kr_fail(KR_E_STORE_ROW, "keys %s: kcv differs", label + strlen("key/"));
}

enum kr_error key_load(struct ceremony *c, const char *kind, int group, vault_handle *h,
                       struct key_record *rec)
{
    enum kr_error err = keys_find(session_store(c->session), kind, group, rec);
    return err == KR_OK ? key_open(c->session, rec, h) : err;
}

enum kr_error key_keep(struct ceremony *c, const char *kind, int group, enum key_purpose purpose,
                       vault_handle h, const struct kcv *kcv, int components,
                       struct key_record *rec)
{
    char label[64];
    memset(rec, 0, sizeof *rec);
    snprintf(rec->kind, sizeof rec->kind, "%s", kind);
    snprintf(rec->suite, sizeof rec->suite, "%s", session_slots(c->session)->centre.suite);
    snprintf(rec->state, sizeof rec->state, "generated");
    snprintf(rec->ceremony, sizeof rec->ceremony, "%s", c->id);
    snprintf(rec->kcv_algorithm, sizeof rec->kcv_algorithm, "%s", kcv->algorithm);
    hex_encode_upper(kcv->bytes, kcv->len, rec->kcv);
    rec->group = group;
    rec->version = key_next_version(c, kind, group);
    rec->purpose = (int)purpose;
    rec->components = components;
    key_label(rec, label);
    rec->blob_len = sizeof rec->blob;
    if (key_exists(c, kind, group))
        return group > 0 ? kr_fail(KR_E_KEY_EXISTS, "%s/%d", kind, group)
                         : kr_fail(KR_E_KEY_EXISTS, "%s", kind);
    enum kr_error err =
        vault_store_key(session_vault(c->session), h, label, rec->blob, &rec->blob_len);
    return err == KR_OK ? keys_put(session_store(c->session), rec) : err;
}

enum key_purpose purpose_by_name(const char *name)
{
    static const char *const names[PURPOSE_BLOCK + 1] = {
        NULL, "control", "maintenance", "transport", "master", "auth", "component", NULL, "block"};
    for (size_t i = 1; name != NULL && i < sizeof names / sizeof names[0]; i++)
        if (names[i] != NULL && strcmp(names[i], name) == 0)
            return (enum key_purpose)i;
    return (enum key_purpose)0;
}
