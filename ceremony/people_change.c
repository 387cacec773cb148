/* What happens when people come and go: one transaction, with the slot file that it puts in force
 * lying ready beside the old one. */
#include "people.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"

#define KEYS_MOST     1024
#define KEYS_AN_ENTRY 60 /* about 170 bytes each, of 16 KiB */

const struct kdf_cost *passphrase_cost(const struct session *s)
{
    if (!session_is_rehearsal(s))
        return &kdf_production;
    return session_options(s)->scripted ? &kdf_scripted : &kdf_rehearsal;
}

void enrol_lines(struct entry *e, const struct person *p)
{
    char hex[65], roles[96];
    roles_words(p->roles, roles);
    hex_encode(p->slot.public_key, 32, hex);
    entry_add(e, "person", "%s", p->slot.person);
    entry_add(e, "name", "%s", p->name);
    entry_add(e, "roles", "%s", roles);
    entry_add(e, "public-key", "%s", hex);
    hex_encode(p->slot.share_key, 32, hex);
    if (strspn(hex, "0") != 64)
        entry_add(e, "share-key", "%s", hex);
}

/* ---- Made ready ---- */

static uint32_t newest_sharing(const struct slots *s)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->people[i].slot.sharing > newest)
            newest = s->people[i].slot.sharing;
    return newest;
}

static void place_subject(struct people_change *x)
{
    struct slots *s = x->next;
    if (x->plan.entry == NULL)
        return;
    const struct person *known = slots_find(s, x->plan.subject.slot.person);
    x->who = known == NULL ? &s->people[s->count++] : &s->people[known - s->people];
    if (known == NULL)
        *x->who = x->plan.subject;
    if (strcmp(x->plan.entry, "revoke") == 0)
        x->who->revoked = true;
    else
        x->who->roles = x->plan.roles;
}

enum kr_error change_begin(struct ceremony *c, struct people_change *x)
{
    *x = (struct people_change){.next = calloc(1, sizeof *x->next)};
    enum kr_error err = x->next == NULL ? KR_E_MEMORY : people_plan(c, &x->plan);
    if (err != KR_OK)
        return err;
    *x->next = *session_slots(c->session);
    place_subject(x);
    x->next->quorum = x->plan.quorum;
    x->next->holders = x->plan.holders;
    return vault_renew_begin(session_vault(c->session), x->plan.share ? x->plan.quorum : 0,
                             x->plan.share ? x->plan.holders : 0, newest_sharing(x->next) + 1);
}

enum kr_error change_slot(struct ceremony *c, struct people_change *x)
{
    struct slot old = x->who->slot;
    return vault_renew_slot(session_vault(c->session), old.person, c->first_entry,
                            passphrase_cost(c->session), x->next->founding, &old, &x->who->slot);
}

enum kr_error change_end(struct ceremony *c, struct people_change *x, enum kr_error so_far)
{
    char detail[192];
    struct store *store = session_store(c->session);
    snprintf(detail, sizeof detail, "%s", kr_detail());
    vault_renew_cancel(session_vault(c->session));
    if (store != NULL)
        store_slots_withdraw(store);
    free(x->next);
    *x = (struct people_change){0};
    return so_far == KR_OK ? KR_OK : kr_fail(so_far, "%s", detail);
}

/* ---- Shares and keys ---- */

static enum kr_error deal_shares(struct ceremony *c, struct people_change *x)
{
    uint8_t index = 0;
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && x->plan.share && i < x->next->count; i++) {
        struct person *p = &x->next->people[i];
        if (!p->revoked && (p->roles & ROLE_CUSTODIAN) != 0)
            err = vault_renew_share(session_vault(c->session), ++index, &p->slot);
        else if (p->slot.share_index > 0)
            vault_slot_unshare(&p->slot);
    }
    if (err == KR_OK && x->plan.share)
        err = vault_renew_prove(session_vault(c->session), &x->sets);
    return err;
}

/* Nothing of the slot is left but the name and the key by which old signatures are known. */
static void close_revoked(struct people_change *x)
{
    if (x->who == NULL || !x->who->revoked)
        return;
    struct slot *slot = &x->who->slot;
    memset(slot->salt, 0, sizeof slot->salt);
    memset(slot->sealed, 0, sizeof slot->sealed);
    memset(slot->box, 0, sizeof slot->box);
    slot->sealed_len = slot->box_len = 0;
    slot->share_index = slot->quorum = slot->sealed_index = slot->sealed_quorum = 0;
}

static enum kr_error seal_key_anew(struct ceremony *c, struct key_record *rec)
{
    char label[64];
    if (rec->blob_len == 0) /* destroyed */
        return KR_OK;
    key_label(rec, label);
    return vault_renew_material(session_vault(c->session), label, rec->blob, &rec->blob_len);
}

/* ---- The transaction ---- */

struct acting {
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
};

static enum kr_error decide(struct ceremony *c, const struct people_change *x,
                            const struct acting *a, const uint8_t digest[32])
{
    struct entry e;
    char hex[65];
    uint64_t seq = 0;
    const char *both[] = {a->who, a->with, NULL};
    hex_encode(digest, 32, hex);
    record_begin(c, &e, "policy");
    entry_add(&e, "policy", "slots %s", hex);
    entry_add(&e, "policy", "quorum %u/%u", x->next->quorum, x->next->holders);
    if (x->plan.share)
        entry_add(&e, "text", "the vault key is changed; each of %u sets of %u people opens it",
                  x->sets, x->plan.quorum);
    enum kr_error err = record_sign(c, &e, both, &seq);
    entry_free(&e);
    return err == KR_OK ? store_slots_decided(session_store(c->session), seq) : err;
}

/* The first intent was durable before; each further outcome has one of its own, in this
 * transaction. */
static enum kr_error intend_again(struct ceremony *c, const char *who)
{
    struct entry e;
    uint64_t seq = 0;
    const char *one[] = {who, NULL};
    record_begin(c, &e, "intent");
    entry_add(&e, "text", "further keys are sealed under the changed vault key");
    enum kr_error err = record_sign(c, &e, one, &seq);
    entry_free(&e);
    return err == KR_OK ? var_set(c, "intent", "%" PRIu64, seq) : err;
}

static enum kr_error conclude(struct ceremony *c, struct key_record *keys, size_t count,
                              const char *who)
{
    struct entry e;
    const char *one[] = {who, NULL};
    enum kr_error err = KR_OK;
    record_outcome_begin(c, &e, "ok");
    for (size_t i = 0; err == KR_OK && i < count; i++) {
        if (keys[i].blob_len == 0)
            continue;
        err = seal_key_anew(c, &keys[i]);
        if (err == KR_OK)
            err = keys_set_material(session_store(c->session), &keys[i]);
        record_key(&e, &keys[i]);
    }
    if (err == KR_OK)
        err = record_sign(c, &e, one, NULL);
    entry_free(&e);
    return err;
}

static enum kr_error conclude_all(struct ceremony *c, const struct people_change *x,
                                  const char *who)
{
    size_t count = 0, at = 0;
    struct key_record *keys = calloc(KEYS_MOST, sizeof *keys);
    enum kr_error err = keys == NULL ? KR_E_MEMORY : KR_OK;
    if (err == KR_OK && x->plan.share)
        err = keys_list(session_store(c->session), keys, KEYS_MOST, &count);
    while (err == KR_OK) {
        size_t some = count - at < KEYS_AN_ENTRY ? count - at : KEYS_AN_ENTRY;
        err = conclude(c, keys + at, some, who);
        at += some;
        if (err != KR_OK || at == count)
            break;
        err = intend_again(c, who);
    }
    free(keys);
    return err;
}

/* Last: whose key is replaced signs with the old one up to here. */
static enum kr_error say_who(struct ceremony *c, const struct people_change *x,
                             const struct acting *a)
{
    struct entry e;
    char hex[65];
    uint8_t digest[32];
    const char *both[] = {a->who, a->with, NULL};
    enum kr_error err = KR_OK;
    if (x->who == NULL)
        return KR_OK;
    record_begin(c, &e, x->plan.entry);
    if (x->who->revoked) {
        entry_add(&e, "person", "%s", x->who->slot.person);
    } else {
        enrol_lines(&e, x->who);
        err = sha256(x->plan.subject.slot.public_key, 32, digest);
        hex_encode(digest, 4, hex);
        if (x->plan.subject.roles != 0)
            entry_add(&e, "replaces", "%s", hex);
    }
    if (err == KR_OK)
        err = record_sign(c, &e, both, NULL);
    entry_free(&e);
    return err == KR_OK ? people_put(session_store(c->session), x->who) : err;
}

static enum kr_error write_all(struct ceremony *c, const struct people_change *x,
                               const uint8_t digest[32])
{
    struct acting a;
    struct entry none;
    snprintf(a.who, sizeof a.who, "%s", step_person(c));
    snprintf(a.with, sizeof a.with, "%s", seat_person(c, step_now(c)->with, 1));
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    entry_begin(&none, "outcome");
    err = decide(c, x, &a, digest);
    if (err == KR_OK)
        err = conclude_all(c, x, a.who);
    if (err == KR_OK)
        err = say_who(c, x, &a);
    if (x->who != NULL)
        step_done(c, a.who, "%s", x->who->name);
    else
        step_done(c, a.who, "%u / %u", x->next->quorum, x->next->holders);
    return record_commit(c, &none, err);
}

static enum kr_error intend(struct ceremony *c, const struct people_change *x)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    snprintf(who, sizeof who, "%s", step_person(c));
    record_begin(c, &e, "intent");
    entry_add(&e, "text", "%s%s%s", x->plan.kind, x->who == NULL ? "" : ": ",
              x->who == NULL ? "" : x->who->slot.person);
    if (x->plan.share)
        entry_add(&e, "text", "the vault key is changed and shared anew, %u of %u", x->plan.quorum,
                  x->plan.holders);
    return record_intent(c, &e, who);
}

/* From the commit on it is in force, whatever becomes of this process. */
static enum kr_error take_effect(struct ceremony *c, const struct people_change *x)
{
    enum kr_error err = store_slots_publish(session_store(c->session));
    enum kr_error done = vault_renew_done(session_vault(c->session));
    if (x->who != NULL && x->who->revoked)
        session_revoked(c->session, x->who->slot.person);
    return err != KR_OK ? err : done;
}

enum kr_error change_commit(struct ceremony *c, struct people_change *x)
{
    uint8_t digest[32];
    struct secret *key = NULL;
    enum kr_error err = deal_shares(c, x);
    close_revoked(x);
    if (err == KR_OK)
        err = intend(c, x);
    if (err == KR_OK)
        err = vault_database_key(session_vault(c->session), &key);
    if (err == KR_OK)
        err = store_slots_prepare(session_store(c->session), x->next, key, digest);
    secret_free(&key);
    if (err == KR_OK)
        err = write_all(c, x, digest);
    return err == KR_OK ? take_effect(c, x) : err;
}

enum kr_error change_whole(struct ceremony *c)
{
    struct people_change x;
    enum kr_error err = change_begin(c, &x);
    if (err == KR_OK)
        err = change_commit(c, &x);
    return change_end(c, &x, err);
}
