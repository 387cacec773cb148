/* The cards of a proof: opened, worked on, looked at. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../crypto/hash.h"
#include "prove.h"

#define PSAM_READER  0
#define USER_READER  1
#define ASN_FACTOR   8
#define MASTER_GROUP 1 /* load and TAC keys: the first of their groups serves */

enum prove_kind prove_kind_now(const struct ceremony *c)
{
    const char *kind = step_now(c)->kind;
    if (strcmp(kind, "load") == 0)
        return PROVE_LOAD;
    return strcmp(kind, "refusal") == 0 ? PROVE_REFUSAL : PROVE_PURCHASE;
}

int prove_group(const struct ceremony *c)
{
    if (step_group(c) != 0)
        return step_group(c);
    return var_get(c, "proof-group")[0] != '\0' ? var_number(c, "proof-group") : group_at(c, 1);
}

struct transaction_terms *proving_terms(struct proving *p)
{
    return p->kind == PROVE_LOAD ? &p->load.terms : &p->purchase.terms;
}

/* ---- open, close ---- */

static enum kr_error open_one(struct ceremony *c, size_t reader, struct card *card, char chip[20],
                              char number[24])
{
    struct card_record rec;
    enum kr_error err = card_begin_chip_in(c, reader, card, chip);
    if (err != KR_OK)
        return err;
    snprintf(number, 24, "-");
    err = cards_by_chip(session_store(c->session), chip, &rec);
    if (err == KR_OK && rec.number[0] != '\0')
        snprintf(number, 24, "%s", rec.number);
    return err == KR_E_NOT_FOUND ? KR_OK : err;
}

enum kr_error proving_open(struct ceremony *c, struct proving *p, bool *psam_fault)
{
    enum kr_error err = KR_OK;
    memset(p, 0, sizeof *p);
    p->c = c;
    p->kind = prove_kind_now(c);
    memcpy(p->terminal, session_slots(c->session)->centre.identifier + 2, sizeof p->terminal);
    if (p->kind != PROVE_LOAD) {
        err = open_one(c, PSAM_READER, &p->psam, p->psam_chip, p->psam_number);
        if (err == KR_OK)
            err = transaction_meet_psam(&p->psam, p->terminal);
    }
    *psam_fault = err != KR_OK;
    if (err == KR_OK)
        err = open_one(c, USER_READER, &p->user, p->user_chip, p->user_number);
    return err == KR_OK ? transaction_meet_user(&p->user, &p->facts) : err;
}

enum kr_error proving_open_again(struct ceremony *c, struct proving *p)
{
    memset(p, 0, sizeof *p);
    p->c = c;
    p->kind = prove_kind_now(c);
    p->t.purse = PURSE_IN_DOUBT;
    if (p->kind != PROVE_LOAD) {
        card_begin(c, PSAM_READER, &p->psam);
        if (sscanf(var_get(c, "proof-psam"), "%19s %23s", p->psam_chip, p->psam_number) != 2)
            return kr_fail(KR_E_STORE_ROW, "proof-psam");
    }
    enum kr_error err = open_one(c, USER_READER, &p->user, p->user_chip, p->user_number);
    if (err == KR_OK && strcmp(p->user_chip, var_get(c, "chip")) != 0)
        err = kr_fail(KR_E_CARD_SWAPPED, "%s", p->user_chip);
    return err == KR_OK ? transaction_meet_user(&p->user, &p->facts) : err;
}

void proving_close(struct proving *p)
{
    struct vault *v = session_vault(p->c->session);
    vault_drop(v, proving_terms(p)->tac);
    vault_drop(v, p->load.key);
    if (p->psam.readers != NULL && p->t.purse != PURSE_IN_DOUBT)
        card_close(&p->psam);
    if (p->user.readers != NULL)
        card_close(&p->user);
}

bool proving_wants_pin(const struct proving *p)
{
    bool wanted = p->kind == PROVE_LOAD ? p->facts.pin_to_load : p->facts.pin_to_pay;
    return wanted && p->c->pin == 0;
}

/* ---- what the transaction is about ---- */

static enum kr_error key_of_card(struct proving *p, const char *kind, vault_handle *derived)
{
    struct vault *v = session_vault(p->c->session);
    struct key_record rec;
    struct kcv kcv;
    vault_handle master = 0;
    const uint8_t *asn = proving_terms(p)->asn + sizeof p->facts.asn - ASN_FACTOR;
    enum kr_error err = key_load(p->c, kind, MASTER_GROUP, &master, &rec);
    if (err == KR_OK)
        err = vault_diversify(v, master, asn, 1, PURPOSE_TRANSACTION, derived, &kcv);
    vault_drop(v, master);
    return err;
}

static enum kr_error identifier(const struct ceremony *c, const char *name, uint8_t out[8])
{
    const char *text = var_get(c, name);
    if (strlen(text) != 16 || hex_decode(text, out, 8) != KR_OK)
        return kr_fail(KR_E_IDENTIFIER, "%s", text);
    return KR_OK;
}

/* All but terms that are kept. */
static enum kr_error supply(struct proving *p)
{
    proving_terms(p)->pin = p->c->pin;
    enum kr_error err = key_of_card(p, "MTK", &proving_terms(p)->tac);
    if (err != KR_OK)
        return err;
    if (p->kind == PROVE_LOAD) {
        memcpy(p->load.terminal, p->terminal, sizeof p->load.terminal);
        return key_of_card(p, "MLK", &p->load.key);
    }
    p->purchase.no_region = tier_is_city(session_slots(p->c->session)->centre.tier);
    if (!p->purchase.no_region)
        err = identifier(p->c, "region", p->purchase.region);
    return err == KR_OK ? identifier(p->c, "bank", p->purchase.bank) : err;
}

static void now_bcd(struct transaction_terms *terms)
{
    time_t now = time(NULL);
    struct tm day;
    localtime_r(&now, &day);
    bcd_day(&day, terms->date);
    terms->time[0] = bcd(day.tm_hour);
    terms->time[1] = bcd(day.tm_min);
    terms->time[2] = bcd(day.tm_sec);
}

/* Of a purchase that has to be refused nothing is asked: the card may be empty, and would say so
 * before MAC1. */
static uint32_t amount_of(const struct proving *p)
{
    if (p->kind == PROVE_REFUSAL)
        return 0;
    return p->kind == PROVE_LOAD ? PROOF_LOAD : PROOF_PURCHASE;
}

enum kr_error proving_prepare(struct proving *p)
{
    struct transaction_terms *terms = proving_terms(p);
    memcpy(terms->asn, p->facts.asn, sizeof terms->asn);
    terms->amount = amount_of(p);
    p->purchase.group = (uint8_t)prove_group(p->c);
    now_bcd(terms);
    return supply(p);
}

enum kr_error proving_restore(struct proving *p, bool *known)
{
    if (!proving_read_terms(p->c, p))
        return kr_fail(KR_E_STORE_ROW, "proof-terms");
    *known = proving_read_state(p->c, &p->t);
    return supply(p);
}

enum kr_error proving_run(struct proving *p)
{
    if (p->kind == PROVE_LOAD)
        return transaction_load(&p->user, &p->load, &p->t);
    return transaction_purchase(&p->psam, &p->user, &p->purchase, &p->t);
}

enum kr_error proving_look(struct proving *p, bool known)
{
    if (known && p->kind == PROVE_LOAD)
        return transaction_load_look(&p->user, &p->load, &p->t);
    if (known)
        return transaction_purchase_look(&p->psam, &p->user, &p->purchase, &p->t);
    uint8_t type = p->kind == PROVE_LOAD ? TYPE_LOAD : TYPE_PURCHASE;
    enum kr_error err =
        transaction_log_look(&p->user, proving_terms(p), type, p->terminal, &p->t.purse);
    p->t.looked = p->t.purse != PURSE_IN_DOUBT;
    return err == KR_OK ? KR_E_CARD_GONE : err; /* its MACs are lost, so it proves nothing */
}

/* ---- what the step wanted ---- */

static bool refused_rightly(const struct ceremony *c, enum kr_error err)
{
    if (strcmp(step_now(c)->refuses, "group") == 0)
        return err == KR_E_GROUP_PSAM || err == KR_E_GROUP_CARD;
    return err == KR_E_MAC1;
}

bool proving_accepted(const struct proving *p)
{
    return p->kind == PROVE_REFUSAL && p->t.purse == PURSE_CHANGED;
}

bool proving_good(const struct proving *p, enum kr_error err)
{
    if (p->kind != PROVE_REFUSAL)
        return err == KR_OK;
    return p->t.purse == PURSE_UNTOUCHED && refused_rightly(p->c, err);
}
