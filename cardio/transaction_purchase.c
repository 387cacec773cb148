/* A purchase: the PSAM and the user card prove to each other that one root key made both. */
#include <string.h>

#include "transaction_parts.h"

#define INS_INIT_SAM   0x70
#define INS_CREDIT_SAM 0x72
#define INS_DEBIT      0x54
#define ASN_FACTOR     8 /* rightmost bytes of the ASN */

static void begun(struct transaction *t, const uint8_t answer[15])
{
    t->begun = true;
    t->balance_before = get_number(answer, 4);
    t->counter = (uint16_t)get_number(answer + 4, 2);
    t->version = answer[9];
    t->algorithm = answer[10];
    memcpy(t->random, answer + 11, 4);
}

/* random || counter || amount || type || date || time || version || algorithm || ASN || bank ||
 * region -> number || MAC1 */
static enum kr_error init_sam(struct card *psam, const struct purchase *p, struct transaction *t)
{
    struct apdu a = {.cla = 0x80, .ins = INS_INIT_SAM, .lc = 44, .has_le = true, .le = 8};
    uint8_t answer[8], *d = a.data;
    memcpy(d, t->random, 4);
    d[4] = (uint8_t)(t->counter >> 8);
    d[5] = (uint8_t)t->counter;
    put_number(d + 6, p->terms.amount);
    d[10] = TYPE_PURCHASE;
    memcpy(d + 11, p->terms.date, 4);
    memcpy(d + 15, p->terms.time, 3);
    d[18] = t->version;
    d[19] = t->algorithm;
    memcpy(d + 20, p->terms.asn + sizeof p->terms.asn - ASN_FACTOR, ASN_FACTOR);
    memcpy(d + 28, p->bank, 8);
    if (p->no_region)
        a.lc = 36;
    else
        memcpy(d + 36, p->region, 8);
    enum kr_error err = card_ask(psam, &a, answer, sizeof answer);
    if (err)
        return psam->sw == SW_NO_INDEX ? kr_fail(KR_E_GROUP_PSAM, "%u", (unsigned)t->version) : err;
    t->terminal_number = get_number(answer, 4);
    memcpy(t->mac1, answer + 4, 4);
    t->waiting = true;
    return KR_OK;
}

/* What a DEBIT that was not refused did, is known only from its answer, or from a look. */
static enum kr_error debit(struct card *user, const struct purchase *p, struct transaction *t)
{
    const struct beginning b = purchase_begins(p->group);
    struct apdu a = {.cla = 0x80, .ins = INS_DEBIT, .p1 = 0x01, .lc = 15, .has_le = true, .le = 8};
    uint8_t answer[8];
    put_number(a.data, t->terminal_number);
    memcpy(a.data + 4, p->terms.date, 4);
    memcpy(a.data + 8, p->terms.time, 3);
    memcpy(a.data + 11, t->mac1, 4);
    enum kr_error err = card_ask(user, &a, answer, sizeof answer);
    if (err && user->sw == SW_MAC_WRONG) {
        t->mac1_verdict = VERDICT_FAILS;
        return kr_fail(KR_E_MAC1, "%u", (unsigned)t->version);
    }
    if (!err) {
        t->purse = PURSE_CHANGED;
        memcpy(t->tac, answer, 4);
        memcpy(t->mac2, answer + 4, 4);
    } else if (err != KR_E_NO_CARD) { /* which says that the card never saw it */
        err = user_look(user, &b, &p->terms, t, answer, err);
        if (!err) {
            memcpy(t->mac2, answer, 4);
            memcpy(t->tac, answer + 4, 4);
        }
    }
    if (!err)
        t->mac1_verdict = VERDICT_HOLDS;
    return err;
}

static enum kr_error credit_sam(struct card *psam, struct transaction *t)
{
    struct apdu a = {.cla = 0x80, .ins = INS_CREDIT_SAM, .lc = 4};
    struct reply reply;
    if (!t->waiting)
        return KR_OK;
    t->waiting = false;
    memcpy(a.data, t->mac2, 4);
    enum kr_error err = card_command(psam, &a, &reply);
    if (!err)
        t->mac2_verdict = VERDICT_HOLDS;
    else if (psam->sw == SW_MAC_WRONG)
        t->mac2_verdict = VERDICT_FAILS;
    return t->mac2_verdict == VERDICT_FAILS ? kr_fail(KR_E_MAC2, "%u", (unsigned)t->version) : err;
}

/* amount || type || terminal || number || date || time */
static enum kr_error check_tac(struct card *user, const struct purchase *p, struct transaction *t)
{
    uint8_t names[NAMES_LEN], data[NAMES_LEN + 4];
    put_names(&p->terms, TYPE_PURCHASE, t->terminal, names);
    memcpy(data, names, 11);
    put_number(data + 11, t->terminal_number);
    memcpy(data + 15, names + 11, 7);
    return tac_check(user, &p->terms, data, sizeof data, t);
}

/* The purse is changed: everything that can still be checked is, whatever the PSAM says. */
static enum kr_error conclude(struct card *psam, struct card *user, const struct purchase *p,
                              struct transaction *t)
{
    struct first_error first = {KR_OK, ""};
    error_note(&first, credit_sam(psam, t));
    error_note(&first, check_tac(user, p, t));
    error_note(&first, user_balance(user, t->balance_before - p->terms.amount, t));
    return error_end(&first);
}

enum kr_error transaction_purchase(struct card *psam, struct card *user, const struct purchase *p,
                                   struct transaction *t)
{
    const struct beginning b = purchase_begins(p->group);
    uint8_t answer[16];
    *t = (struct transaction){.purse = PURSE_UNTOUCHED};
    enum kr_error err = transaction_meet_psam(psam, t->terminal);
    if (!err)
        err = user_open(user, &p->terms);
    if (!err)
        err = user_begin(user, &b, &p->terms, p->terms.amount, t->terminal, answer);
    if (err)
        return err;
    begun(t, answer);
    err = init_sam(psam, p, t);
    if (!err)
        err = debit(user, p, t);
    return err ? err : conclude(psam, user, p, t);
}

enum kr_error transaction_purchase_look(struct card *psam, struct card *user,
                                        const struct purchase *p, struct transaction *t)
{
    const struct beginning b = purchase_begins(p->group);
    uint8_t proof[8];
    if (t->purse != PURSE_IN_DOUBT)
        return kr_fail(KR_E_ARGUMENT, "purse");
    enum kr_error err = user_look(user, &b, &p->terms, t, proof, KR_OK);
    if (err)
        return err;
    memcpy(t->mac2, proof, 4);
    memcpy(t->tac, proof + 4, 4);
    t->mac1_verdict = VERDICT_HOLDS;
    return conclude(psam, user, p, t);
}
