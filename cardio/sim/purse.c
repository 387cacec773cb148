/* Purse files: their content, INITIALIZE FOR LOAD and FOR PURCHASE, GET BALANCE, GET TRANSACTION
 * PROOF. */
#include "purse.h"

#include <string.h>
#include "../../crypto/hash.h"

#define FOR_LOAD     0x00
#define FOR_PURCHASE 0x01
#define ORDER_LEN    11 /* key index 1, amount 4, terminal 6 */
#define PROOF_LEN    (2 * (size_t)MAC_LEN)

void purse_read(const struct sim_file *f, struct purse *p)
{
    const uint8_t *at = f->content;

    p->balance = number_read(at, 4);
    p->overdraft = number_read(at + 4, 3);
    p->online = (uint16_t)number_read(at + 7, 2);
    p->offline = (uint16_t)number_read(at + 9, 2);
    p->proof_type = at[11];
    p->proof_number = (uint16_t)number_read(at + 12, 2);
    memcpy(p->mac, at + 14, MAC_LEN);
    memcpy(p->tac, at + 18, MAC_LEN);
}

void purse_write(struct sim_file *f, const struct purse *p)
{
    uint8_t *at = f->content;

    number_write(p->balance, at, 4);
    number_write(p->overdraft, at + 4, 3);
    number_write(p->online, at + 7, 2);
    number_write(p->offline, at + 9, 2);
    at[11] = p->proof_type;
    number_write(p->proof_number, at + 12, 2);
    memcpy(at + 14, p->mac, MAC_LEN);
    memcpy(at + 18, p->tac, MAC_LEN);
}

struct sim_file *purse_file(struct sim_card *c, uint16_t id)
{
    struct sim_file *f = directory_file(current_directory(c), id);

    return f && f->type == FILE_PURSE ? f : NULL;
}

struct sim_file *purse_log(struct sim_card *c, const struct sim_file *purse)
{
    uint16_t id = purse->access == 0xFF ? PURSE_LOG_ID : purse->access;
    struct sim_file *f = directory_file(current_directory(c), id);

    return f && (f->type & 0x3F) == FILE_CYCLIC && f->record_len == LOG_LEN ? f : NULL;
}

uint16_t purse_tac_key(struct sim_card *c, struct sim_key **found)
{
    uint8_t kid = 0;

    while (kid < 0x7E && !directory_key(current_directory(c), KEY_TAC, kid))
        kid++;
    return usable_key(c, KEY_TAC, kid, found);
}

/* What INITIALIZE works on. */
struct order {
    struct sim_file *file;
    struct sim_key *key;
    struct purse purse;
    uint32_t amount;
};

static uint16_t find_keys(struct sim_card *c, const struct apdu *a, struct order *o)
{
    struct sim_key *tac;
    uint8_t type = a->p1 == FOR_LOAD ? KEY_LOAD : KEY_PURCHASE;
    uint16_t sw = usable_key(c, type, a->data[0], &o->key);

    if (sw != SW_OK)
        return sw == SW_NO_KEY ? SW_KEY_INDEX : sw;
    return purse_tac_key(c, &tac);
}

static uint16_t check_order(struct sim_card *c, const struct apdu *a, struct order *o)
{
    uint16_t sw;

    if ((a->p1 != FOR_LOAD && a->p1 != FOR_PURCHASE) || !purse_id(a->p2))
        return SW_P1P2;
    if (a->lc != ORDER_LEN)
        return SW_LENGTH;
    o->file = purse_file(c, a->p2);
    if (!o->file)
        return SW_NO_FILE;
    if (!purse_log(c, o->file))
        return SW_CONDITIONS;
    sw = find_keys(c, a, o);
    if (sw != SW_OK)
        return sw;
    purse_read(o->file, &o->purse);
    o->amount = number_read(a->data + 1, 4);
    if ((a->p1 == FOR_LOAD ? o->purse.online : o->purse.offline) == UINT16_MAX)
        return SW_COUNTER_FULL;
    if (a->p1 == FOR_LOAD)
        return o->amount > UINT32_MAX - o->purse.balance ? SW_CONDITIONS : SW_OK;
    return o->amount > o->purse.balance ? SW_BALANCE : SW_OK;
}

static enum kr_error answer_purchase(const struct order *o, const struct begun *b,
                                     struct exchange *x)
{
    uint8_t *out = x->answer;

    number_write(o->purse.balance, out, 4);
    number_write(o->purse.offline, out + 4, 2);
    number_write(o->purse.overdraft, out + 6, 3);
    out[9] = o->key->header.version;
    out[10] = o->key->header.algorithm;
    memcpy(out + 11, b->random, 4);
    x->answer_len = 15;
    return KR_OK;
}

/* MAC1 proves the card to its issuer: old balance, amount, type, terminal. */
static enum kr_error answer_load(const struct order *o, const struct begun *b, struct exchange *x)
{
    struct secret *session = NULL;
    uint8_t factor[8] = {0}, data[15];
    uint8_t *out = x->answer;
    enum kr_error rc;

    number_write(o->purse.balance, out, 4);
    number_write(o->purse.online, out + 4, 2);
    out[6] = o->key->header.version;
    out[7] = o->key->header.algorithm;
    memcpy(out + 8, b->random, 4);
    memcpy(factor, b->random, 4);
    number_write(o->purse.online, factor + 4, 2);
    factor[6] = 0x80;
    number_write(o->purse.balance, data, 4);
    memcpy(data + 4, b->amount, 4);
    data[8] = b->type;
    memcpy(data + 9, b->terminal, 6);
    rc = session_key(o->key, factor, &session);
    if (rc == KR_OK)
        rc = transaction_mac(session, data, sizeof data, out + 12);
    if (rc == KR_OK)
        x->answer_len = 16;
    secret_free(&session);
    return rc;
}

uint16_t initialize(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    bool load = a->p1 == FOR_LOAD;
    struct begun b = {.step = load ? BEGUN_LOAD : BEGUN_PURCHASE,
                      .purse = a->p2,
                      .kid = a->data[0],
                      .type = (uint8_t)(a->p2 + (load ? 0 : 4))}; /* 01, 02; 05, 06 */
    struct order o;
    uint16_t sw = check_order(c, a, &o);

    if (sw != SW_OK)
        return sw;
    memcpy(b.amount, a->data + 1, 4);
    memcpy(b.terminal, a->data + 5, 6);
    if (random_bytes(b.random, sizeof b.random) != KR_OK ||
        (load ? answer_load : answer_purchase)(&o, &b, x) != KR_OK)
        return SW_MEMORY;
    c->begun = b;
    return SW_OK;
}

uint16_t get_balance(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct sim_file *f = purse_file(c, a->p2);

    if (a->p1 != 0 || !purse_id(a->p2))
        return SW_P1P2;
    if (a->lc > 0)
        return SW_LENGTH;
    if (!f)
        return SW_NO_FILE;
    if (!right_satisfied(c, f->read_right))
        return SW_SECURITY;
    memcpy(x->answer, f->content, 4);
    x->answer_len = 4;
    return SW_OK;
}

/* For a terminal whose card was pulled before the answer came: it asks again, without a PIN. */
uint16_t get_transaction_proof(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint16_t id = a->p2 > 4 ? (uint16_t)(a->p2 - 4) : a->p2;
    const struct sim_file *f = purse_file(c, id);
    struct purse p;

    if (a->p1 != 0 || !purse_id(id))
        return SW_P1P2;
    if (a->lc != 2)
        return SW_LENGTH;
    if (!f)
        return SW_NO_FILE;
    purse_read(f, &p);
    if (p.proof_type != a->p2 || p.proof_number != number_read(a->data, 2))
        return SW_NO_PROOF;
    memcpy(x->answer, p.mac, MAC_LEN);
    memcpy(x->answer + MAC_LEN, p.tac, MAC_LEN);
    x->answer_len = PROOF_LEN;
    return SW_OK;
}
