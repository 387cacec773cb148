/* Meeting the two cards, and what both kinds of transaction ask of a user card. */
#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"
#include "transaction_parts.h"

#define APPLICATION     0x3F01
#define USER_NAME       "KEYRITE.USER"
#define PSAM_NAME       "KEYRITE.PSAM"
#define USER_PUBLIC_SFI 0x15
#define USER_PUBLIC_LEN 28
#define TERMINAL_SFI    0x16
#define TERMINAL_LEN    6
#define FILE_MAX        240
#define PURSE           0x02
#define PIN_KID         0x00
#define LOAD_INDEX      0x01
#define SW_NOT_THERE    0x6A82
#define SW_NO_PROOF     0x9406
#define INS_INITIALIZE  0x50
#define INS_PROOF       0x5A
#define INS_BALANCE     0x5C

void put_number(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint32_t get_number(const uint8_t *in, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | in[i];
    return value;
}

void error_note(struct first_error *f, enum kr_error err)
{
    if (f->err || !err)
        return;
    f->err = err;
    snprintf(f->detail, sizeof f->detail, "%s", kr_detail());
}

enum kr_error error_end(const struct first_error *f)
{
    return f->err ? kr_fail(f->err, "%s", f->detail) : KR_OK;
}

/* ---- who is who ---- */

/* Whatever a card of ours would not answer makes it another card. */
static enum kr_error not_ours(const struct card *c, enum kr_error err, enum kr_error wrong)
{
    bool answered = err == KR_E_CARD_REFUSED || err == KR_E_CARD_FOREIGN || err == KR_E_TOO_LONG;
    return answered ? kr_fail(wrong, "%zu", c->reader + 1) : err;
}

static enum kr_error enter(struct card *c, const char *name, enum kr_error wrong)
{
    uint8_t got[16];
    size_t len;
    enum kr_error err = card_select_directory(c, APPLICATION, got, &len);
    if (!err && (len != strlen(name) || memcmp(got, name, len) != 0))
        err = kr_fail(KR_E_CARD_FOREIGN, "FCI");
    return not_ours(c, err, wrong);
}

/* At least so many bytes of a file that anybody may read. */
static enum kr_error read_least(struct card *c, uint8_t sfi, uint8_t *out, size_t least,
                                enum kr_error wrong)
{
    uint8_t file[256];
    size_t len = sizeof file;
    enum kr_error err = card_read_binary(c, sfi, file, &len);
    if (!err && len < least)
        err = kr_fail(KR_E_CARD_FOREIGN, "%02X", sfi);
    if (!err)
        memcpy(out, file, least);
    return not_ours(c, err, wrong);
}

/* A right that state 0 does not satisfy, and that can be satisfied. A key that is not there asks
 * nothing. */
static enum kr_error asks_pin(struct card *c, enum card_key_kind kind, uint8_t kid, bool *asks)
{
    struct key_info info;
    enum kr_error err = card_key_info(c, kind, kid, &info);
    if (err == KR_E_CARD_REFUSED)
        return KR_OK;
    if (err)
        return err;
    unsigned least = info.header.use_right & 0x0F, most = info.header.use_right >> 4;
    *asks = *asks || (least > 0 && least <= most);
    return KR_OK;
}

static enum kr_error read_rights(struct card *user, struct user_facts *facts)
{
    bool tac = false;
    enum kr_error err = KR_OK;
    for (uint8_t kid = 0; kid <= 1 && !err; kid++)
        err = asks_pin(user, CARD_KEY_TAC, kid, &tac);
    facts->pin_to_load = facts->pin_to_pay = tac;
    if (!err)
        err = asks_pin(user, CARD_KEY_LOAD, LOAD_INDEX, &facts->pin_to_load);
    for (uint8_t group = 1; group <= TRANSACTION_GROUPS && !err; group++)
        err = asks_pin(user, CARD_KEY_PURCHASE, group, &facts->pin_to_pay);
    return err;
}

static enum kr_error read_public(struct card *user, struct user_facts *facts)
{
    uint8_t f[USER_PUBLIC_LEN];
    enum kr_error err = read_least(user, USER_PUBLIC_SFI, f, sizeof f, KR_E_NOT_USER_CARD);
    if (err)
        return err;
    *facts = (struct user_facts){.type = f[8], .version = f[9]};
    memcpy(facts->issuer, f, 8);
    memcpy(facts->asn, f + 10, 10);
    memcpy(facts->start, f + 20, 4);
    memcpy(facts->end, f + 24, 4);
    return KR_OK;
}

enum kr_error transaction_meet_user(struct card *user, struct user_facts *facts)
{
    enum kr_error err = card_open(user);
    if (!err)
        err = enter(user, USER_NAME, KR_E_NOT_USER_CARD);
    if (!err)
        err = read_public(user, facts);
    return err ? err : read_rights(user, facts);
}

enum kr_error transaction_meet_psam(struct card *psam, uint8_t terminal[6])
{
    enum kr_error err = card_open(psam);
    if (!err)
        err = read_least(psam, TERMINAL_SFI, terminal, TERMINAL_LEN, KR_E_NOT_PSAM);
    return err ? err : enter(psam, PSAM_NAME, KR_E_NOT_PSAM);
}

enum kr_error user_open(struct card *user, const struct transaction_terms *terms)
{
    struct user_facts facts;
    char asn[21];
    enum kr_error err = card_open(user);
    if (!err)
        err = enter(user, USER_NAME, KR_E_NOT_USER_CARD);
    if (!err)
        err = read_public(user, &facts);
    if (err || memcmp(facts.asn, terms->asn, sizeof facts.asn) == 0)
        return err;
    hex_encode_upper(facts.asn, sizeof facts.asn, asn);
    return kr_fail(KR_E_CARD_SWAPPED, "%s", asn);
}

/* ---- commands ---- */

const struct beginning load_begins = {
    .p1 = 0x00, .type = TYPE_LOAD, .index = LOAD_INDEX, .key = "load", .answer_len = 16};

struct beginning purchase_begins(uint8_t group)
{
    return (struct beginning){
        .p1 = 0x01, .type = TYPE_PURCHASE, .index = group, .key = "purchase", .answer_len = 15};
}

static enum kr_error beginning_error(const struct card *user, const struct beginning *b,
                                     uint32_t amount, enum kr_error err)
{
    if (user->sw == SW_BALANCE_LOW)
        return kr_fail(KR_E_BALANCE_LOW, "%u", (unsigned)amount);
    if (user->sw == SW_NO_INDEX)
        return kr_fail(KR_E_GROUP_CARD, "%s %u", b->key, (unsigned)b->index);
    if (user->sw == SW_NO_RIGHT)
        return kr_fail(KR_E_PIN_NEEDED, "%s", b->key);
    return err;
}

enum kr_error user_begin(struct card *user, const struct beginning *b,
                         const struct transaction_terms *terms, uint32_t amount,
                         const uint8_t terminal[6], uint8_t *answer)
{
    struct apdu a = {.cla = 0x80,
                     .ins = INS_INITIALIZE,
                     .p1 = b->p1,
                     .p2 = PURSE,
                     .lc = 11,
                     .has_le = true,
                     .le = (uint8_t)b->answer_len};
    int tries;
    enum kr_error err = KR_OK;
    if (terms->pin)
        err = card_verify_pin(user, terms->pin, PIN_KID, user->last_try, &tries);
    if (err)
        return err;
    a.data[0] = b->index;
    put_number(a.data + 1, amount);
    memcpy(a.data + 5, terminal, TERMINAL_LEN);
    err = card_ask(user, &a, answer, b->answer_len);
    return err ? beginning_error(user, b, amount, err) : KR_OK;
}

size_t put_names(const struct transaction_terms *terms, uint8_t type, const uint8_t terminal[6],
                 uint8_t out[NAMES_LEN])
{
    put_number(out, terms->amount);
    out[4] = type;
    memcpy(out + 5, terminal, TERMINAL_LEN);
    memcpy(out + 11, terms->date, 4);
    memcpy(out + 15, terms->time, 3);
    return NAMES_LEN;
}

/* ---- looking ---- */

/* KR_OK with *found. */
static enum kr_error ask_proof(struct card *user, uint8_t type, uint16_t number, uint8_t proof[8],
                               bool *found)
{
    struct apdu a = {.cla = 0x80, .ins = INS_PROOF, .p2 = type, .lc = 2, .has_le = true, .le = 8};
    a.data[0] = (uint8_t)(number >> 8);
    a.data[1] = (uint8_t)number;
    enum kr_error err = card_ask(user, &a, proof, 8);
    *found = !err;
    return user->sw == SW_NO_PROOF ? KR_OK : err;
}

/* Without a proof the counter tells: a transaction of amount 0 is begun and left. Where it has
 * moved on, the card has been used elsewhere meanwhile. */
static enum kr_error ask_counter(struct card *user, const struct beginning *b,
                                 const struct transaction_terms *terms, struct transaction *t)
{
    uint8_t answer[16];
    enum kr_error err = user_begin(user, b, terms, 0, t->terminal, answer);
    if (!err && get_number(answer + 4, 2) == t->counter)
        t->purse = PURSE_UNTOUCHED;
    return err;
}

enum kr_error user_look(struct card *user, const struct beginning *b,
                        const struct transaction_terms *terms, struct transaction *t,
                        uint8_t proof[8], enum kr_error why)
{
    struct first_error first = {KR_OK, ""};
    bool found = false;
    error_note(&first, why);
    t->purse = PURSE_IN_DOUBT;
    enum kr_error err = user_open(user, terms);
    if (!err)
        err = ask_proof(user, b->type, (uint16_t)(t->counter + 1), proof, &found);
    if (!err && found)
        t->purse = PURSE_CHANGED;
    else if (!err)
        err = ask_counter(user, b, terms, t);
    error_note(&first, err);
    error_note(&first, KR_E_CARD_GONE);
    t->looked = t->purse != PURSE_IN_DOUBT;
    return t->purse == PURSE_CHANGED ? KR_OK : error_end(&first);
}

enum kr_error user_balance(struct card *user, uint32_t expected, struct transaction *t)
{
    struct apdu a = {.cla = 0x80, .ins = INS_BALANCE, .p2 = PURSE, .has_le = true, .le = 4};
    uint8_t answer[4];
    enum kr_error err = card_ask(user, &a, answer, sizeof answer);
    if (err)
        return err;
    t->balance_after = get_number(answer, sizeof answer);
    t->balance_verdict = t->balance_after == expected ? VERDICT_HOLDS : VERDICT_FAILS;
    return t->balance_verdict == VERDICT_HOLDS
               ? KR_OK
               : kr_fail(KR_E_CARD_DIFFERS, "%u/%u", (unsigned)t->balance_after,
                         (unsigned)expected);
}

enum kr_error tac_check(struct card *user, const struct transaction_terms *terms,
                        const uint8_t *data, size_t len, struct transaction *t)
{
    uint8_t expected[4];
    enum kr_error err = vault_tac(user->vault, terms->tac, data, len, expected);
    if (err)
        return err;
    t->tac_verdict = memcmp(expected, t->tac, 4) == 0 ? VERDICT_HOLDS : VERDICT_FAILS;
    return t->tac_verdict == VERDICT_HOLDS ? KR_OK
                                           : kr_fail(KR_E_TAC, "%u", (unsigned)t->counter + 1);
}
