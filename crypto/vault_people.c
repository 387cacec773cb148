/* Who is present, and with them the vault key. */
#include "vault_service.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>

#define QUORUM_MIN     2
#define PASSPHRASE_MIN 8

void people_leave(struct vault_person *p)
{
    secret_free(&p->seed);
    secret_free(&p->share);
    secret_free(&p->slot_key);
    *p = (struct vault_person){0};
}

struct vault_person *people_find(struct vault_person *list, const char *id)
{
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++) {
        if (strcmp(list[i].id, id) == 0)
            return &list[i];
    }
    return NULL;
}

/* Two people with one share would look like a quorum; so would one person twice. */
static bool share_is_held(const struct vault_people *p, const char *but, uint8_t index)
{
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++) {
        const struct vault_person *other = &p->present[i];
        if (other->share && other->share_index == index && strcmp(other->id, but) != 0)
            return true;
    }
    return false;
}

enum kr_error people_enter(struct vault_people *p, const char *person, struct secret **seed,
                           struct secret **share, uint8_t share_index)
{
    if (*share && share_is_held(p, person, share_index))
        return kr_fail(KR_E_SHARES, "%u", share_index);
    struct vault_person *place = people_find(p->present, person);
    if (!place)
        place = people_find(p->present, "");
    if (!place)
        return kr_fail(KR_E_MEMORY, "people");
    people_leave(place);
    snprintf(place->id, sizeof place->id, "%s", person);
    place->seed = *seed;
    place->share = *share;
    place->share_index = share_index;
    *seed = NULL;
    *share = NULL;
    return people_settle(p);
}

static size_t collect_shares(const struct vault_people *p, const struct secret **shares,
                             uint8_t *indices)
{
    size_t count = 0;
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++) {
        if (!p->present[i].share)
            continue;
        shares[count] = p->present[i].share;
        indices[count++] = p->present[i].share_index;
    }
    return count;
}

enum kr_error people_settle(struct vault_people *p)
{
    const struct secret *shares[VAULT_PEOPLE_MAX];
    uint8_t indices[VAULT_PEOPLE_MAX];
    if (p->founding.holders > 0)
        return KR_OK;
    size_t count = collect_shares(p, shares, indices);
    if (p->quorum == 0 || count < p->quorum) {
        secret_free(&p->vault_key);
        return KR_OK;
    }
    return p->vault_key ? KR_OK : shares_join(shares, indices, count, &p->vault_key);
}

void people_presence(const struct vault_people *p, struct vault_presence *presence)
{
    const struct secret *shares[VAULT_PEOPLE_MAX];
    uint8_t indices[VAULT_PEOPLE_MAX];
    presence->quorum = p->quorum;
    presence->shares = (unsigned)collect_shares(p, shares, indices);
    presence->open = p->vault_key != NULL;
}

static void founding_end(struct vault_founding *f)
{
    for (size_t i = 0; i < VAULT_HOLDERS_MAX; i++)
        secret_free(&f->shares[i]);
    *f = (struct vault_founding){0};
}

void people_forget(struct vault_people *p)
{
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++) {
        people_leave(&p->present[i]);
        people_leave(&p->ready[i]);
    }
    founding_end(&p->founding);
    renewal_forget(&p->renewal);
    secret_free(&p->vault_key);
    secret_free(&p->log_seed);
    secret_free(&p->database_key);
    p->quorum = 0;
    p->sharing = 0;
}

/* ---- founding ---- */

enum kr_error people_draw(struct secret **out)
{
    *out = secret_new(32);
    return *out ? random_bytes((*out)->bytes, 32) : KR_E_MEMORY;
}

enum kr_error people_quorum_check(unsigned quorum, unsigned holders)
{
    bool good = quorum >= QUORUM_MIN && holders >= quorum && holders <= VAULT_HOLDERS_MAX;
    return good ? KR_OK : kr_fail(KR_E_ARGUMENT, "%u of %u", quorum, holders);
}

enum kr_error handle_found(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    struct vault_people *p = &s->people;
    uint32_t quorum = wire_get_u32(in);
    uint32_t holders = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    if (p->database_key)
        return kr_fail(KR_E_ARGUMENT, "found");
    err = people_quorum_check(quorum, holders);
    if (err)
        return err;
    err = people_draw(&p->database_key);
    if (!err)
        err = people_draw(&p->log_seed);
    if (!err)
        err = people_draw(&p->vault_key);
    if (!err)
        err = shares_split(p->vault_key, quorum, holders, p->founding.shares);
    p->founding.holders = holders;
    p->quorum = (uint8_t)quorum;
    if (err)
        people_forget(p);
    return err;
}

/* The share that a new slot is to hold: only while founding, each once. */
static enum kr_error deal(struct vault_people *p, uint8_t index, struct secret **share)
{
    struct vault_founding *f = &p->founding;
    *share = NULL;
    if (index == 0)
        return KR_OK;
    if (index > f->holders)
        return kr_fail(KR_E_ARGUMENT, "share %u of %u", index, f->holders);
    if (f->dealt[index - 1])
        return kr_fail(KR_E_SHARES, "%u", index);
    *share = secret_duplicate(f->shares[index - 1]);
    return *share ? KR_OK : KR_E_MEMORY;
}

enum kr_error passphrase_long_enough(struct vault_service *s, vault_handle passphrase)
{
    struct typed_entry *entry;
    enum kr_error err = vault_entry_complete(s, passphrase, ENTRY_PASSPHRASE, &entry);
    if (!err && typed_entry_characters(entry) < PASSPHRASE_MIN)
        err = kr_fail(KR_E_PASSPHRASE_SHORT, "%d", PASSPHRASE_MIN);
    return err;
}

static enum kr_error make_slot(struct vault_service *s, struct slot *slot, vault_handle passphrase)
{
    struct vault_people *p = &s->people;
    struct opened_slot content = {.database_key = p->database_key, .log_seed = p->log_seed};
    struct secret *key = NULL;
    enum kr_error err = deal(p, slot->share_index, &content.share);
    if (!err)
        err = people_draw(&content.seed);
    slot->quorum = slot->share_index ? p->quorum : 0;
    if (!err)
        err = slot_close(s, slot, passphrase, &content, &key);
    if (!err)
        err = people_enter(p, slot->person, &content.seed, &content.share, slot->share_index);
    if (!err && slot->share_index)
        p->founding.dealt[slot->share_index - 1] = true;
    if (!err && p->founding.holders > 0) {
        people_find(p->present, slot->person)->slot_key = key;
        key = NULL;
    }
    secret_free(&key);
    secret_free(&content.share);
    secret_free(&content.seed);
    return err;
}

enum kr_error handle_slot_make(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct slot slot = {.sealed_len = 0};
    wire_get_text(in, slot.person, sizeof slot.person);
    vault_handle passphrase = wire_get_u32(in);
    vault_get_cost(in, &slot.cost);
    slot.share_index = wire_get_u8(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = slot_person_check(slot.person);
    if (!err && !s->people.database_key)
        err = kr_fail(KR_E_NOT_SIGNED_IN, "%s", slot.person);
    if (!err && people_find(s->people.present, slot.person))
        err = kr_fail(KR_E_ARGUMENT, "person");
    if (!err)
        err = passphrase_long_enough(s, passphrase);
    if (!err)
        err = make_slot(s, &slot, passphrase);
    if (!err)
        vault_put_slot(out, &slot);
    return err;
}

enum kr_error handle_slot_bind(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct slot slot;
    uint8_t founding[32];
    wire_get_exactly(in, founding, sizeof founding);
    vault_get_slot(in, &slot);
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    const struct vault_person *person = people_find(s->people.present, slot.person);
    if (slot.person[0] == '\0' || !person || !person->slot_key)
        return kr_fail(KR_E_NOT_SIGNED_IN, "%s", slot.person);
    err = slot_rebind(&slot, person->slot_key, founding);
    if (!err)
        vault_put_slot(out, &slot);
    return err;
}

enum kr_error handle_found_done(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    struct vault_founding *f = &s->people.founding;
    unsigned dealt = 0;
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    if (f->holders == 0)
        return kr_fail(KR_E_ARGUMENT, "found");
    for (unsigned i = 0; i < f->holders; i++)
        dealt += f->dealt[i];
    /* A share that nobody holds is lost with this call. */
    if (dealt < f->holders)
        return kr_fail(KR_E_QUORUM, "%u/%u", dealt, f->holders);
    founding_end(f);
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++)
        secret_free(&s->people.present[i].slot_key);
    return people_settle(&s->people);
}

/* ---- coming and going ---- */

/* Shares of another sharing would join to another key. */
static bool is_of_the_same_sharing(const struct vault_people *p, const struct slot *slot)
{
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++)
        if (p->present[i].share && strcmp(p->present[i].id, slot->person) != 0)
            return p->quorum == slot->quorum && p->sharing == slot->sharing;
    return true;
}

static enum kr_error adopt(struct vault_people *p, const struct slot *slot, struct opened_slot *o)
{
    if (o->share && !is_of_the_same_sharing(p, slot))
        return kr_fail(KR_E_SHARES, "%s", slot->person);
    enum kr_error err = people_enter(p, slot->person, &o->seed, &o->share, slot->share_index);
    if (err || p->database_key)
        return err;
    p->database_key = o->database_key;
    p->log_seed = o->log_seed;
    o->database_key = NULL;
    o->log_seed = NULL;
    return KR_OK;
}

enum kr_error handle_sign_in(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct slot slot;
    struct opened_slot opened = {0};
    struct vault_presence presence;
    vault_get_slot(in, &slot);
    vault_handle passphrase = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = slot_open(s, &slot, passphrase, &opened);
    if (!err && slot.share_index && slot.quorum < QUORUM_MIN)
        err = kr_fail(KR_E_SHARES, "%s", slot.person);
    if (!err)
        err = adopt(&s->people, &slot, &opened);
    if (!err && slot.share_index) {
        s->people.quorum = slot.quorum;
        s->people.sharing = slot.sharing;
        err = people_settle(&s->people);
    }
    opened_slot_free(&opened);
    people_presence(&s->people, &presence);
    vault_put_presence(out, &presence);
    return err;
}

enum kr_error handle_sign_out(struct vault_service *s, struct wire *in, struct wire *out)
{
    char person[PERSON_ID_MAX];
    struct vault_presence presence;
    wire_get_text(in, person, sizeof person);
    enum kr_error err = wire_end(in);
    if (!err)
        err = slot_person_check(person);
    if (err)
        return err;
    struct vault_person *present = people_find(s->people.present, person);
    struct vault_person *ready = people_find(s->people.ready, person);
    if (!present && !ready)
        return kr_fail(KR_E_NOT_SIGNED_IN, "%s", person);
    if (present)
        people_leave(present);
    if (ready)
        people_leave(ready);
    err = people_settle(&s->people);
    people_presence(&s->people, &presence);
    vault_put_presence(out, &presence);
    return err;
}

enum kr_error handle_presence(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct vault_presence presence;
    people_presence(&s->people, &presence);
    vault_put_presence(out, &presence);
    return wire_end(in);
}

enum kr_error handle_database_key(struct vault_service *s, struct wire *in, struct wire *out)
{
    const struct secret *key = s->people.database_key;
    enum kr_error err = wire_end(in);
    if (!err && !key)
        err = kr_fail(KR_E_NOT_SIGNED_IN, "?");
    if (!err)
        wire_put_bytes(out, key->bytes, key->len);
    return err;
}
