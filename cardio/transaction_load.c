/* A load: the bank's load key, in the vault, and the user card prove each other. */
#include <string.h>

#include "transaction_parts.h"

#define INS_CREDIT 0x52

static void begun(struct transaction *t, const struct load *l, const uint8_t answer[16])
{
    t->begun = true;
    memcpy(t->terminal, l->terminal, sizeof t->terminal);
    t->balance_before = get_number(answer, 4);
    t->counter = (uint16_t)get_number(answer + 4, 2);
    t->version = answer[6];
    t->algorithm = answer[7];
    memcpy(t->random, answer + 8, 4);
    memcpy(t->mac1, answer + 12, 4);
}

static enum kr_error mac_of(struct card *user, const struct load *l, const struct transaction *t,
                            const uint8_t *data, size_t len, uint8_t mac[4])
{
    const uint8_t counter[2] = {(uint8_t)(t->counter >> 8), (uint8_t)t->counter};
    return vault_load_mac(user->vault, l->key, t->random, counter, data, len, mac);
}

/* balance || amount || type || terminal */
static enum kr_error check_mac1(struct card *user, const struct load *l, struct transaction *t)
{
    uint8_t data[4 + NAMES_LEN], mac[4];
    put_number(data, t->balance_before);
    put_names(&l->terms, TYPE_LOAD, l->terminal, data + 4);
    enum kr_error err = mac_of(user, l, t, data, 4 + 11, mac);
    if (err)
        return err;
    t->mac1_verdict = memcmp(mac, t->mac1, 4) == 0 ? VERDICT_HOLDS : VERDICT_FAILS;
    return t->mac1_verdict == VERDICT_HOLDS ? KR_OK
                                            : kr_fail(KR_E_MAC1, "%u", (unsigned)t->version);
}

static enum kr_error give_mac2(struct card *user, const struct load *l, struct transaction *t)
{
    uint8_t data[NAMES_LEN];
    size_t len = put_names(&l->terms, TYPE_LOAD, l->terminal, data);
    return mac_of(user, l, t, data, len, t->mac2);
}

/* The MAC of a proof is the MAC2 that the card accepted. */
static enum kr_error look(struct card *user, const struct load *l, struct transaction *t,
                          enum kr_error why)
{
    uint8_t proof[8];
    enum kr_error err = user_look(user, &load_begins, &l->terms, t, proof, why);
    if (err)
        return err;
    memcpy(t->tac, proof + 4, 4);
    t->mac2_verdict = memcmp(proof, t->mac2, 4) == 0 ? VERDICT_HOLDS : VERDICT_FAILS;
    return t->mac2_verdict == VERDICT_HOLDS ? KR_OK
                                            : kr_fail(KR_E_MAC2, "%u", (unsigned)t->version);
}

static enum kr_error credit(struct card *user, const struct load *l, struct transaction *t)
{
    struct apdu a = {.cla = 0x80, .ins = INS_CREDIT, .lc = 11, .has_le = true, .le = 4};
    memcpy(a.data, l->terms.date, 4);
    memcpy(a.data + 4, l->terms.time, 3);
    memcpy(a.data + 7, t->mac2, 4);
    enum kr_error err = card_ask(user, &a, t->tac, sizeof t->tac);
    if (err && user->sw == SW_MAC_WRONG) {
        t->mac2_verdict = VERDICT_FAILS;
        return kr_fail(KR_E_MAC2, "%u", (unsigned)t->version);
    }
    if (err) /* KR_E_NO_CARD says that the card never saw it */
        return err == KR_E_NO_CARD ? err : look(user, l, t, err);
    t->purse = PURSE_CHANGED;
    t->mac2_verdict = VERDICT_HOLDS;
    return KR_OK;
}

/* new balance || counter || amount || type || terminal || date || time */
static enum kr_error conclude(struct card *user, const struct load *l, struct transaction *t)
{
    uint8_t data[6 + NAMES_LEN];
    uint32_t balance = t->balance_before + l->terms.amount;
    put_number(data, balance);
    data[4] = (uint8_t)(t->counter >> 8);
    data[5] = (uint8_t)t->counter;
    put_names(&l->terms, TYPE_LOAD, l->terminal, data + 6);
    struct first_error first = {KR_OK, ""};
    error_note(&first, tac_check(user, &l->terms, data, sizeof data, t));
    error_note(&first, user_balance(user, balance, t));
    return error_end(&first);
}

enum kr_error transaction_load(struct card *user, const struct load *l, struct transaction *t)
{
    uint8_t answer[16];
    *t = (struct transaction){.purse = PURSE_UNTOUCHED};
    enum kr_error err = user_open(user, &l->terms);
    if (!err)
        err = user_begin(user, &load_begins, &l->terms, l->terms.amount, l->terminal, answer);
    if (err)
        return err;
    begun(t, l, answer);
    err = check_mac1(user, l, t);
    if (!err)
        err = give_mac2(user, l, t);
    if (!err)
        err = credit(user, l, t);
    return err ? err : conclude(user, l, t);
}

enum kr_error transaction_load_look(struct card *user, const struct load *l, struct transaction *t)
{
    if (t->purse != PURSE_IN_DOUBT)
        return kr_fail(KR_E_ARGUMENT, "purse");
    enum kr_error err = look(user, l, t, KR_OK);
    return err ? err : conclude(user, l, t);
}
