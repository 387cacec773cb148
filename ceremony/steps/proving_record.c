/* What a proof leaves in the journal and in the saved state, and what people read of it. MACs and
 * TACs are no secrets; they cannot be made again from these lines, which leave out the card's
 * random number. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../../crypto/wire.h"
#include "prove.h"

#define _(text)  gettext(text)
#define KEPT_MAX 64

/* ---- variables ---- */

static enum kr_error keep(struct ceremony *c, const char *name, struct wire *w)
{
    char hex[2 * KEPT_MAX + 1];
    enum kr_error err = wire_end(w);
    if (err != KR_OK)
        return err;
    hex_encode(w->bytes, w->len, hex);
    return var_set(c, name, "%s", hex);
}

static bool kept(const struct ceremony *c, const char *name, uint8_t bytes[KEPT_MAX],
                 struct wire *w)
{
    size_t len = strlen(var_get(c, name)) / 2;
    if (len == 0 || len > KEPT_MAX || hex_decode(var_get(c, name), bytes, len) != KR_OK)
        return false;
    wire_read(w, bytes, len);
    return true;
}

static void put(struct wire *w, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        wire_put_u8(w, bytes[i]);
}

static void get(struct wire *w, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = wire_get_u8(w);
}

enum kr_error proving_keep_terms(const struct proving *p)
{
    const struct transaction_terms *terms = proving_terms((struct proving *)p);
    uint8_t bytes[KEPT_MAX];
    struct wire w;
    wire_begin(&w, bytes, sizeof bytes);
    put(&w, terms->asn, sizeof terms->asn);
    put(&w, terms->date, sizeof terms->date);
    put(&w, terms->time, sizeof terms->time);
    wire_put_u32(&w, terms->amount);
    wire_put_u8(&w, p->purchase.group);
    put(&w, p->terminal, sizeof p->terminal);
    return keep(p->c, "proof-terms", &w);
}

bool proving_read_terms(const struct ceremony *c, struct proving *p)
{
    struct transaction_terms *terms = proving_terms(p);
    uint8_t bytes[KEPT_MAX];
    struct wire w;
    if (!kept(c, "proof-terms", bytes, &w))
        return false;
    get(&w, terms->asn, sizeof terms->asn);
    get(&w, terms->date, sizeof terms->date);
    get(&w, terms->time, sizeof terms->time);
    terms->amount = wire_get_u32(&w);
    p->purchase.group = wire_get_u8(&w);
    get(&w, p->terminal, sizeof p->terminal);
    return wire_end(&w) == KR_OK;
}

/* The places of struct transaction that are one byte each. */
#define FLAGS 8

enum kr_error proving_keep_state(const struct proving *p)
{
    const struct transaction *t = &p->t;
    const uint8_t flags[FLAGS] = {
        (uint8_t)t->purse,
        t->begun,
        t->looked,
        t->waiting,
        (uint8_t)t->mac1_verdict,
        (uint8_t)t->mac2_verdict,
        (uint8_t)t->tac_verdict,
        (uint8_t)t->balance_verdict,
    };
    uint8_t bytes[KEPT_MAX];
    struct wire w;
    wire_begin(&w, bytes, sizeof bytes);
    put(&w, flags, sizeof flags);
    put(&w, t->terminal, sizeof t->terminal);
    wire_put_u32(&w, t->balance_before);
    wire_put_u32(&w, t->balance_after);
    wire_put_u32(&w, t->terminal_number);
    wire_put_u32(&w, t->counter);
    wire_put_u8(&w, t->version);
    wire_put_u8(&w, t->algorithm);
    put(&w, t->random, sizeof t->random);
    put(&w, t->mac1, sizeof t->mac1);
    put(&w, t->mac2, sizeof t->mac2);
    put(&w, t->tac, sizeof t->tac);
    return keep(p->c, "proof-state", &w);
}

bool proving_read_state(const struct ceremony *c, struct transaction *t)
{
    uint8_t bytes[KEPT_MAX], flags[FLAGS];
    struct wire w;
    memset(t, 0, sizeof *t);
    if (!kept(c, "proof-state", bytes, &w))
        return false;
    get(&w, flags, sizeof flags);
    get(&w, t->terminal, sizeof t->terminal);
    t->balance_before = wire_get_u32(&w);
    t->balance_after = wire_get_u32(&w);
    t->terminal_number = wire_get_u32(&w);
    t->counter = (uint16_t)wire_get_u32(&w);
    t->version = wire_get_u8(&w);
    t->algorithm = wire_get_u8(&w);
    get(&w, t->random, sizeof t->random);
    get(&w, t->mac1, sizeof t->mac1);
    get(&w, t->mac2, sizeof t->mac2);
    get(&w, t->tac, sizeof t->tac);
    t->purse = (enum purse_state)flags[0];
    t->begun = flags[1] != 0;
    t->looked = flags[2] != 0;
    t->waiting = flags[3] != 0;
    t->mac1_verdict = (enum verdict)flags[4];
    t->mac2_verdict = (enum verdict)flags[5];
    t->tac_verdict = (enum verdict)flags[6];
    t->balance_verdict = (enum verdict)flags[7];
    return wire_end(&w) == KR_OK;
}

void proving_forget(struct ceremony *c)
{
    static const char *const names[] = {"proof-psam",  "proof-terms", "proof-state", "proof-error",
                                        "proof-group", "chip",        "number"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        var_clear(c, names[i]);
}

/* ---- the journal ---- */

static void add_cards(const struct proving *p, struct entry *e)
{
    entry_add(e, "card", "%s user %s", p->user_number, p->user_chip);
    if (p->kind != PROVE_LOAD)
        entry_add(e, "card", "%s psam %s", p->psam_number, p->psam_chip);
}

static void add_terms(const struct proving *p, struct entry *e)
{
    const struct transaction_terms *terms = proving_terms((struct proving *)p);
    char asn[21], date[9], time[7];
    hex_encode_upper(terms->asn, sizeof terms->asn, asn);
    hex_encode(terms->date, sizeof terms->date, date);
    hex_encode(terms->time, sizeof terms->time, time);
    if (p->kind == PROVE_LOAD)
        entry_add(e, "text", "load of %" PRIu32 ", ASN %s, %s %s UTC", terms->amount, asn, date,
                  time);
    else
        entry_add(e, "text", "%s of %" PRIu32 " under group %u, ASN %s, %s %s UTC",
                  p->kind == PROVE_REFUSAL ? "purchase that has to be refused" : "purchase",
                  terms->amount, (unsigned)p->purchase.group, asn, date, time);
    if (p->kind == PROVE_REFUSAL)
        entry_add(e, "text", "to be refused: %s", step_now(p->c)->refuses);
}

static void add_mac(struct entry *e, const char *name, const uint8_t mac[4], enum verdict verdict)
{
    static const char *const words[] = {"not checked", "holds", "fails"};
    char hex[9];
    hex_encode_upper(mac, 4, hex);
    entry_add(e, "text", "%s %s %s", name, hex, words[verdict]);
}

static void add_state(const struct transaction *t, struct entry *e)
{
    static const char *const purses[] = {"untouched", "changed", "in doubt"};
    char terminal[13];
    hex_encode_upper(t->terminal, sizeof t->terminal, terminal);
    entry_add(e, "text", "purse %s%s", purses[t->purse],
              t->looked ? ", as the card told later" : "");
    if (!t->begun)
        return;
    entry_add(e, "text",
              "key version %u, counter %u, terminal %s number %" PRIu32 ", balance before %" PRIu32,
              (unsigned)t->version, (unsigned)t->counter, terminal, t->terminal_number,
              t->balance_before);
    add_mac(e, "MAC1", t->mac1, t->mac1_verdict);
    add_mac(e, "MAC2", t->mac2, t->mac2_verdict);
    add_mac(e, "TAC", t->tac, t->tac_verdict);
    if (t->balance_verdict != VERDICT_NONE)
        entry_add(e, "text", "balance after %" PRIu32 " %s", t->balance_after,
                  t->balance_verdict == VERDICT_HOLDS ? "holds" : "fails");
}

/* A phase that looks for the card: whatever happens from here on is found out first. */
enum kr_error proving_intend(struct proving *p)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(p->c));
    enum kr_error err = var_set(p->c, "chip", "%s", p->user_chip);
    if (err == KR_OK)
        err = var_set(p->c, "number", "%s", p->user_number);
    if (err == KR_OK)
        err = var_set(p->c, "proof-psam", "%s %s", p->psam_chip, p->psam_number);
    if (err == KR_OK)
        err = proving_keep_terms(p);
    var_clear(p->c, "proof-state");
    if (err != KR_OK)
        return err;
    record_begin(p->c, &e, "intent");
    add_cards(p, &e);
    add_terms(p, &e);
    return record_intent(p->c, &e, who);
}

enum kr_error proving_conclude(struct proving *p, enum kr_error err, int phase)
{
    struct ceremony *c = p->c;
    struct entry e;
    char who[PERSON_ID_MAX], detail[192];
    bool good = proving_good(p, err);
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(detail, sizeof detail, "%s", kr_detail());
    const char *persons[] = {who, NULL};
    enum kr_error written = record_open(c);
    if (written != KR_OK)
        return written;
    record_outcome_begin(c, &e, good ? "ok" : "failed");
    add_cards(p, &e);
    add_terms(p, &e);
    add_state(&p->t, &e);
    if (proving_accepted(p))
        entry_add(&e, "text", "accepted although it has to be refused");
    if (err != KR_OK)
        entry_add(&e, "error", "%s", kr_name(err));
    if (err != KR_OK && detail[0] != '\0')
        entry_add(&e, "text", "%s", detail);
    var_set(c, "proof-error", "%s", err == KR_OK ? "" : kr_name(err));
    written = proving_keep_state(p);
    if (written == KR_OK)
        written = record_sign(c, &e, persons, NULL);
    step_goto(c, phase);
    return record_commit(c, &e, written);
}

/* ---- what people read ---- */

static void fact_mac(struct request *r, const char *label, const uint8_t mac[4],
                     enum verdict verdict)
{
    const char *words[] = {_("not checked"), _("verified"), _("wrong")};
    char hex[9];
    hex_encode_upper(mac, 4, hex);
    if (verdict != VERDICT_NONE)
        request_fact(r, label, "%s  %s", hex, words[verdict]);
}

/* Cards count in fen; people read yuan, as on a till. */
#define YUAN "%" PRIu32 ".%02" PRIu32
static uint32_t yuan(uint32_t amount)
{
    return amount / 100;
}

static uint32_t fen(uint32_t amount)
{
    return amount % 100;
}

static void fact_amount(struct request *r, const char *label, uint32_t amount)
{
    request_fact(r, label, YUAN, yuan(amount), fen(amount));
}

void proving_facts(struct ceremony *c, struct request *r)
{
    struct proving p = {.c = c, .kind = prove_kind_now(c)};
    char asn[21], grouped[32];
    if (!proving_read_terms(c, &p))
        return;
    hex_encode_upper(proving_terms(&p)->asn, 10, asn);
    number_grouped(asn, grouped);
    request_fact(r, _("ASN of the user card"), "%s", grouped);
    if (p.kind != PROVE_LOAD)
        request_fact(r, _("group"), "%u", (unsigned)p.purchase.group);
    fact_amount(r, _("amount"), proving_terms(&p)->amount);
    if (!proving_read_state(c, &p.t) || !p.t.begun)
        return;
    request_fact(r, _("counter of the card"), "%u", (unsigned)p.t.counter);
    if (p.t.terminal_number != 0)
        request_fact(r, _("number of the terminal"), "%" PRIu32, p.t.terminal_number);
    if (p.t.balance_verdict != VERDICT_NONE)
        request_fact(r, _("balance of the purse"), YUAN " → " YUAN, yuan(p.t.balance_before),
                     fen(p.t.balance_before), yuan(p.t.balance_after), fen(p.t.balance_after));
    else
        fact_amount(r, _("balance of the purse before"), p.t.balance_before);
    fact_mac(r, "MAC1", p.t.mac1, p.t.mac1_verdict);
    fact_mac(r, "MAC2", p.t.mac2, p.t.mac2_verdict);
    fact_mac(r, "TAC", p.t.tac, p.t.tac_verdict);
}
