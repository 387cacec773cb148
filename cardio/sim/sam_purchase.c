/* A PSAM's side of a purchase: INIT SAM FOR PURCHASE, CREDIT SAM FOR PURCHASE. The group's master
 * key is used here and nowhere else. */
#include "purse.h"

#include <string.h>

#define FACTOR      ((size_t)8)
#define FACTORS_MAX ((size_t)3)
#define KEY_LEN     ((size_t)16)
#define TERMINAL_ID 0x0016 /* file under the MF that begins with it */

/* The command's data: random 4, counter 2, amount 4, type 1, date 4, time 3, version 1, algorithm
 * 1, factors. */
enum {
    AT_RANDOM = 0,
    AT_AMOUNT = 6,
    AT_TYPE = 10,
    AT_WHEN = 11,
    AT_VERSION = 18,
    AT_ALGORITHM = 19,
    AT_FACTORS = 20,
    WHEN_LEN = 7
};

struct sam_order {
    struct sim_key *key;
    const uint8_t *terminal;
    uint32_t number;
    size_t factor_count;
};

/* The group is the key's version; of two with the same one the lower KID serves. */
static uint16_t find_group(struct sim_card *c, uint8_t version, struct sim_key **key)
{
    struct sim_directory *d = current_directory(c);
    const struct sim_key *group = NULL;

    for (size_t i = 0; i < d->key_count; i++) {
        const struct sim_key *k = &d->keys[i];
        if (k->header.usage == KEY_PURCHASE && k->header.version == version &&
            k->value->len == KEY_LEN && (!group || k->kid < group->kid))
            group = k;
    }
    return group ? usable_key(c, KEY_PURCHASE, group->kid, key) : SW_KEY_INDEX;
}

static uint16_t check_order(struct sim_card *c, const struct apdu *a, struct sam_order *o)
{
    const struct sim_file *f = directory_file(&c->directories[0], TERMINAL_ID);
    uint16_t sw;

    if (a->p1 != 0 || a->p2 != 0)
        return SW_P1P2;
    o->factor_count = a->lc > AT_FACTORS ? (a->lc - (size_t)AT_FACTORS) / FACTOR : 0;
    if (o->factor_count < 1 || o->factor_count > FACTORS_MAX ||
        a->lc != AT_FACTORS + o->factor_count * FACTOR)
        return SW_LENGTH;
    if (!f || (f->type & 0x3F) != FILE_TRANSPARENT || f->size < 6)
        return SW_CONDITIONS;
    o->terminal = f->content;
    sw = find_group(c, a->data[AT_VERSION], &o->key);
    if (sw != SW_OK)
        return sw;
    if (a->data[AT_ALGORITHM] != o->key->header.algorithm ||
        (a->data[AT_TYPE] != TRANSACTION_PURCHASE_DEPOSIT &&
         a->data[AT_TYPE] != TRANSACTION_PURCHASE_PURSE))
        return SW_DATA;
    o->number = current_directory(c)->terminal_number;
    return o->number++ < UINT32_MAX ? SW_OK : SW_COUNTER_FULL;
}

static enum kr_error sam_session(const struct sam_order *o, const struct apdu *a,
                                 struct secret **session)
{
    struct sim_key card = {0};
    uint8_t factor[FACTOR];
    enum kr_error rc =
        diversify_from_right(o->key->value, a->data + AT_FACTORS, o->factor_count, &card.value);

    memcpy(factor, a->data + AT_RANDOM, 6); /* random, counter */
    number_write(o->number & 0xFFFF, factor + 6, 2);
    if (rc == KR_OK)
        rc = session_key(&card, factor, session);
    secret_free(&card.value);
    return rc;
}

/* Over amount, type, terminal, date, time. */
static enum kr_error sam_mac1(const struct sam_order *o, const struct apdu *a,
                              const struct secret *session, uint8_t mac[MAC_LEN])
{
    uint8_t data[5 + 6 + WHEN_LEN];

    memcpy(data, a->data + AT_AMOUNT, 5); /* amount, type */
    memcpy(data + 5, o->terminal, 6);
    memcpy(data + 11, a->data + AT_WHEN, WHEN_LEN);
    return transaction_mac(session, data, sizeof data, mac);
}

uint16_t init_sam_for_purchase(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct begun b = {.step = BEGUN_SAM_PURCHASE};
    struct sam_order o;
    uint16_t sw = check_order(c, a, &o);

    if (sw != SW_OK)
        return sw;
    if (sam_session(&o, a, &b.session) != KR_OK ||
        sam_mac1(&o, a, b.session, x->answer + 4) != KR_OK) {
        forget_begun(&b);
        return SW_MEMORY;
    }
    b.kid = o.key->kid;
    memcpy(b.amount, a->data + AT_AMOUNT, 4);
    c->begun = b;
    current_directory(c)->terminal_number = o.number;
    c->changed = true;
    number_write(o.number, x->answer, 4);
    x->answer_len = 4 + MAC_LEN;
    return SW_OK;
}

uint16_t credit_sam_for_purchase(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint8_t mac[MAC_LEN];
    struct sim_key *k;
    uint16_t sw;

    if (a->p1 != 0 || a->p2 != 0)
        return SW_P1P2;
    if (a->lc != MAC_LEN)
        return SW_LENGTH;
    if (x->begun.step != BEGUN_SAM_PURCHASE)
        return SW_NOT_BEGUN;
    sw = usable_key(c, KEY_PURCHASE, x->begun.kid, &k);
    if (sw != SW_OK)
        return sw;
    if (transaction_mac(x->begun.session, x->begun.amount, 4, mac) != KR_OK)
        return SW_MEMORY;
    if (!bytes_equal(mac, a->data, MAC_LEN)) {
        key_failed(c, k);
        return SW_MAC;
    }
    key_succeeded(c, k);
    return SW_OK;
}
