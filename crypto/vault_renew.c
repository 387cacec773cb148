/* People come and go: slots made anew, the vault key changed and shared anew. Whoever knows an old
 * slot and its passphrase, or an old quorum together, has nothing of the new key. */
#include "vault_service.h"

#include <stdio.h>
#include <string.h>

void renewal_forget(struct vault_renewal *r)
{
    for (size_t i = 0; i < VAULT_HOLDERS_MAX; i++)
        secret_free(&r->shares[i]);
    secret_free(&r->vault_key);
    secret_free(&r->seed);
    *r = (struct vault_renewal){0};
}

static enum kr_error is_begun(const struct vault_renewal *r)
{
    return r->begun ? KR_OK : kr_fail(KR_E_ARGUMENT, "renewal");
}

static enum kr_error share_anew(struct vault_people *p, unsigned quorum, unsigned holders)
{
    struct vault_renewal *r = &p->renewal;
    enum kr_error err = people_quorum_check(quorum, holders);
    if (!err)
        err = vault_key_open(p);
    if (!err)
        err = people_draw(&r->vault_key);
    return err ? err : shares_split(r->vault_key, quorum, holders, r->shares);
}

enum kr_error handle_renew_begin(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    struct vault_people *p = &s->people;
    uint32_t quorum = wire_get_u32(in);
    uint32_t holders = wire_get_u32(in);
    uint32_t sharing = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    if (!p->database_key || p->founding.holders > 0)
        return kr_fail(KR_E_NOT_SIGNED_IN, "?");
    renewal_forget(&p->renewal);
    if (holders > 0)
        err = share_anew(p, quorum, holders);
    if (err) {
        renewal_forget(&p->renewal);
        return err;
    }
    p->renewal.begun = true;
    p->renewal.quorum = quorum;
    p->renewal.holders = holders;
    p->renewal.sharing = sharing;
    return KR_OK;
}

/* A passphrase that opens the old slot is not a new one. */
static enum kr_error is_another(struct vault_service *s, const struct slot *old,
                                vault_handle passphrase)
{
    struct opened_slot opened;
    if (old->sealed_len == 0)
        return KR_OK;
    enum kr_error err = slot_open(s, old, passphrase, &opened);
    opened_slot_free(&opened);
    if (err == KR_E_PASSPHRASE)
        return KR_OK;
    return err ? err : kr_fail(KR_E_PASSPHRASE_SAME, "%s", old->person);
}

static enum kr_error new_slot(struct vault_service *s, struct slot *slot, vault_handle passphrase)
{
    struct vault_people *p = &s->people;
    struct opened_slot content = {.database_key = p->database_key, .log_seed = p->log_seed};
    struct secret *key = NULL;
    enum kr_error err = people_draw(&content.seed);
    if (!err)
        err = slot_close(s, slot, passphrase, &content, &key);
    secret_free(&key);
    if (err) {
        secret_free(&content.seed);
        return err;
    }
    secret_free(&p->renewal.seed);
    p->renewal.seed = content.seed;
    snprintf(p->renewal.person, sizeof p->renewal.person, "%s", slot->person);
    return KR_OK;
}

enum kr_error handle_renew_slot(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct slot slot = {.sealed_len = 0};
    struct slot old;
    wire_get_text(in, slot.person, sizeof slot.person);
    vault_handle passphrase = wire_get_u32(in);
    vault_get_cost(in, &slot.cost);
    wire_get_exactly(in, slot.founding, sizeof slot.founding);
    vault_get_slot(in, &old);
    enum kr_error err = wire_end(in);
    if (!err)
        err = is_begun(&s->people.renewal);
    if (!err)
        err = slot_person_check(slot.person);
    if (!err)
        err = passphrase_long_enough(s, passphrase);
    if (!err)
        err = is_another(s, &old, passphrase);
    if (!err)
        err = new_slot(s, &slot, passphrase);
    if (!err)
        vault_put_slot(out, &slot);
    return err;
}

/* To which key the share of that person is sealed. Whose slot is of the old form has none in it;
 * the seed of somebody who is here tells it. */
static enum kr_error share_key_of(struct vault_people *p, const struct slot *slot,
                                  uint8_t share_key[32])
{
    static const uint8_t none[32];
    const struct vault_person *here = people_find(p->present, slot->person);
    if (memcmp(slot->share_key, none, sizeof none) != 0) {
        memcpy(share_key, slot->share_key, 32);
        return KR_OK;
    }
    return here ? slot_share_key(here->seed, share_key)
                : kr_fail(KR_E_SHARE_KEY, "%s", slot->person);
}

static enum kr_error share_goes_to(struct vault_renewal *r, uint8_t index, const char *person)
{
    if (index == 0 || index > r->holders)
        return kr_fail(KR_E_ARGUMENT, "share %u of %u", index, r->holders);
    for (unsigned i = 0; i < r->holders; i++)
        if (strcmp(r->dealt_to[i], person) == 0 || (i + 1 == index && r->dealt_to[i][0] != '\0'))
            return kr_fail(KR_E_SHARES, "%u", index);
    snprintf(r->dealt_to[index - 1], PERSON_ID_MAX, "%s", person);
    return KR_OK;
}

static enum kr_error deal(struct vault_people *p, uint8_t index, struct slot *slot)
{
    uint8_t share_key[32];
    char label[VAULT_SLOT_LABEL_MAX];
    const struct secret *share = p->renewal.shares[index - 1];
    enum kr_error err = share_key_of(p, slot, share_key);
    if (err)
        return err;
    vault_slot_unshare(slot);
    slot->share_index = index;
    slot->quorum = (uint8_t)p->renewal.quorum;
    slot->sharing = p->renewal.sharing;
    slot->box_len = share->len + BOX_OVERHEAD;
    vault_box_label(slot, label);
    return box_seal(share_key, label, share->bytes, share->len, slot->box);
}

enum kr_error handle_renew_share(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct slot slot;
    struct vault_people *p = &s->people;
    uint8_t index = wire_get_u8(in);
    vault_get_slot(in, &slot);
    enum kr_error err = wire_end(in);
    if (!err)
        err = is_begun(&p->renewal);
    if (!err)
        err = slot_person_check(slot.person);
    if (!err)
        err = share_goes_to(&p->renewal, index, slot.person);
    if (err)
        return err;
    err = deal(p, index, &slot);
    if (err)
        p->renewal.dealt_to[index - 1][0] = '\0';
    else
        vault_put_slot(out, &slot);
    return err;
}

/* Goes on to the next set of k of n indices in order; false after the last. */
static bool next_set(uint8_t *set, unsigned k, unsigned n)
{
    unsigned i = k;
    while (i > 0 && set[i - 1] == n - k + i)
        i--;
    if (i == 0)
        return false;
    set[i - 1]++;
    for (; i < k; i++)
        set[i] = (uint8_t)(set[i - 1] + 1);
    return true;
}

static enum kr_error prove_set(const struct vault_renewal *r, const uint8_t *set)
{
    const struct secret *shares[VAULT_HOLDERS_MAX] = {NULL};
    struct secret *joined = NULL;
    for (unsigned i = 0; i < r->quorum; i++)
        shares[i] = r->shares[set[i] - 1];
    enum kr_error err = shares_join(shares, set, r->quorum, &joined);
    if (!err && !secret_equal(joined, r->vault_key))
        err = kr_fail(KR_E_SHARES, "%u", set[0]);
    secret_free(&joined);
    return err;
}

enum kr_error handle_renew_prove(struct vault_service *s, struct wire *in, struct wire *out)
{
    const struct vault_renewal *r = &s->people.renewal;
    uint8_t set[VAULT_HOLDERS_MAX];
    uint32_t sets = 0;
    enum kr_error err = wire_end(in);
    if (!err && (!r->begun || r->holders == 0))
        err = kr_fail(KR_E_ARGUMENT, "renewal");
    if (err)
        return err;
    for (unsigned i = 0; i < r->quorum; i++)
        set[i] = (uint8_t)(i + 1);
    do {
        err = prove_set(r, set);
        sets++;
    } while (!err && next_set(set, r->quorum, r->holders));
    if (!err)
        wire_put_u32(out, sets);
    return err;
}

/* ---- Done ---- */

static void take_shares(struct vault_people *p)
{
    struct vault_renewal *r = &p->renewal;
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++) {
        struct vault_person *here = &p->present[i];
        secret_free(&here->share);
        here->share_index = 0;
        for (uint8_t n = 0; here->id[0] != '\0' && n < r->holders; n++) {
            if (strcmp(r->dealt_to[n], here->id) != 0)
                continue;
            here->share = r->shares[n];
            here->share_index = (uint8_t)(n + 1);
            r->shares[n] = NULL;
        }
    }
    secret_free(&p->vault_key);
    p->vault_key = r->vault_key;
    r->vault_key = NULL;
    p->quorum = (uint8_t)r->quorum;
    p->sharing = r->sharing;
}

static void take_seed(struct vault_people *p)
{
    struct vault_renewal *r = &p->renewal;
    struct vault_person *here = r->seed ? people_find(p->present, r->person) : NULL;
    struct vault_person *ready = r->seed ? people_find(p->ready, r->person) : NULL;
    if (ready)
        people_leave(ready); /* by the slot that was */
    if (!here)
        return;
    secret_free(&here->seed);
    here->seed = r->seed;
    r->seed = NULL;
}

enum kr_error handle_renew_done(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    struct vault_people *p = &s->people;
    unsigned dealt = 0;
    enum kr_error err = wire_end(in);
    if (!err)
        err = is_begun(&p->renewal);
    if (err)
        return err;
    for (unsigned i = 0; i < p->renewal.holders; i++)
        dealt += p->renewal.dealt_to[i][0] != '\0';
    if (dealt < p->renewal.holders)
        return kr_fail(KR_E_QUORUM, "%u/%u", dealt, p->renewal.holders);
    if (p->renewal.holders > 0)
        take_shares(p);
    take_seed(p);
    renewal_forget(&p->renewal);
    return people_settle(p);
}

enum kr_error handle_renew_cancel(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    renewal_forget(&s->people.renewal);
    return wire_end(in);
}
