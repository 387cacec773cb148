/* CREDIT FOR LOAD and DEBIT FOR PURCHASE. All that can fail is done before the first byte changes;
 * the card is then written in one act. */
#include "purse.h"

#include <string.h>

#define WHEN_LEN ((size_t)7) /* date 4, time 3 */

/* A transaction about to be carried out. */
struct step {
    const struct begun *begun;
    struct sim_file *file, *log;
    struct sim_key *key, *tac_key;
    struct purse purse;
    const uint8_t *when;
    struct secret *session;
};

static uint16_t find_step(struct sim_card *c, struct exchange *x, uint8_t key_type, struct step *s)
{
    s->begun = &x->begun;
    s->file = purse_file(c, s->begun->purse);
    s->log = s->file ? purse_log(c, s->file) : NULL;
    if (!s->log)
        return SW_NOT_BEGUN;
    uint16_t sw = usable_key(c, key_type, s->begun->kid, &s->key);
    if (sw == SW_OK)
        sw = purse_tac_key(c, &s->tac_key);
    purse_read(s->file, &s->purse);
    return sw;
}

/* amount, type, terminal: what every MAC and TAC names. Returns their length. */
static size_t put_names(const struct begun *b, uint8_t *out)
{
    memcpy(out, b->amount, 4);
    out[4] = b->type;
    memcpy(out + 5, b->terminal, 6);
    return 11;
}

/* The other side's MAC over amount, type, terminal, date, time. Wrong: the key that should have
 * made it loses a try. */
static uint16_t check_mac(struct sim_card *c, const struct step *s, const uint8_t given[MAC_LEN])
{
    uint8_t data[32], mac[MAC_LEN];
    size_t len = put_names(s->begun, data);

    memcpy(data + len, s->when, WHEN_LEN);
    if (transaction_mac(s->session, data, len + WHEN_LEN, mac) != KR_OK)
        return SW_MEMORY;
    if (!bytes_equal(mac, given, MAC_LEN)) {
        key_failed(c, s->key);
        return SW_MAC;
    }
    key_succeeded(c, s->key);
    return SW_OK;
}

static enum kr_error begin_session(struct step *s, uint16_t counter, const uint8_t last[2])
{
    uint8_t factor[8];

    memcpy(factor, s->begun->random, 4);
    number_write(counter, factor + 4, 2);
    memcpy(factor + 6, last, 2);
    return session_key(s->key, factor, &s->session);
}

/* Nothing here fails: the log's record length was checked. */
static void carry_out(struct sim_card *c, const struct step *s)
{
    uint8_t record[LOG_LEN];
    size_t len;

    number_write(s->purse.proof_number, record, 2);
    number_write(s->purse.overdraft, record + 2, 3);
    len = 5 + put_names(s->begun, record + 5);
    memcpy(record + len, s->when, WHEN_LEN);
    append_to_file(s->log, record, sizeof record);
    purse_write(s->file, &s->purse);
    c->changed = true;
}

/* TAC over new balance, counter, amount, type, terminal, date, time. */
static uint16_t load(struct sim_card *c, struct step *s, struct exchange *x)
{
    static const uint8_t last[2] = {0x80, 0x00};
    const uint8_t *mac2 = x->command->data + WHEN_LEN;
    struct purse *p = &s->purse;
    uint8_t data[32];
    uint16_t sw = begin_session(s, p->online, last) == KR_OK ? check_mac(c, s, mac2) : SW_MEMORY;

    if (sw != SW_OK)
        return sw;
    p->balance += number_read(s->begun->amount, 4);
    number_write(p->balance, data, 4);
    number_write(p->online, data + 4, 2);
    size_t len = 6 + put_names(s->begun, data + 6);
    memcpy(data + len, s->when, WHEN_LEN);
    if (folded_mac(s->tac_key, data, len + WHEN_LEN, p->tac) != KR_OK)
        return SW_MEMORY;
    p->proof_type = s->begun->type;
    p->proof_number = ++p->online;
    memcpy(p->mac, mac2, MAC_LEN);
    carry_out(c, s);
    memcpy(x->answer, p->tac, MAC_LEN);
    x->answer_len = MAC_LEN;
    return SW_OK;
}

/* MAC2 over the amount; TAC over amount, type, terminal, its transaction number, date, time. */
static uint16_t purchase(struct sim_card *c, struct step *s, struct exchange *x)
{
    const uint8_t *number = x->command->data;
    struct purse *p = &s->purse;
    uint8_t data[32];
    uint16_t sw = SW_MEMORY;

    if (begin_session(s, p->offline, number + 2) == KR_OK)
        sw = check_mac(c, s, s->when + WHEN_LEN);
    if (sw != SW_OK)
        return sw;
    size_t len = put_names(s->begun, data);
    memcpy(data + len, number, 4);
    memcpy(data + len + 4, s->when, WHEN_LEN);
    if (transaction_mac(s->session, s->begun->amount, 4, p->mac) != KR_OK ||
        folded_mac(s->tac_key, data, len + 4 + WHEN_LEN, p->tac) != KR_OK)
        return SW_MEMORY;
    p->balance -= number_read(s->begun->amount, 4);
    p->proof_type = s->begun->type;
    p->proof_number = ++p->offline;
    carry_out(c, s);
    memcpy(x->answer, p->tac, MAC_LEN);
    memcpy(x->answer + MAC_LEN, p->mac, MAC_LEN);
    x->answer_len = 2 * MAC_LEN;
    return SW_OK;
}

uint16_t credit_for_load(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct step s = {.when = a->data};
    uint16_t sw;

    if (a->p1 != 0 || a->p2 != 0)
        return SW_P1P2;
    if (a->lc != WHEN_LEN + MAC_LEN)
        return SW_LENGTH;
    if (x->begun.step != BEGUN_LOAD)
        return SW_NOT_BEGUN;
    sw = find_step(c, x, KEY_LOAD, &s);
    if (sw == SW_OK)
        sw = load(c, &s, x);
    secret_free(&s.session);
    return sw;
}

uint16_t debit_for_purchase(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct step s = {.when = a->data + 4};
    uint16_t sw;

    if (a->p1 != 1 || a->p2 != 0)
        return SW_P1P2;
    if (a->lc != 4 + WHEN_LEN + MAC_LEN)
        return SW_LENGTH;
    if (x->begun.step != BEGUN_PURCHASE)
        return SW_NOT_BEGUN;
    sw = find_step(c, x, KEY_PURCHASE, &s);
    if (sw == SW_OK)
        sw = purchase(c, &s, x);
    secret_free(&s.session);
    return sw;
}
