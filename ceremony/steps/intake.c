/* Taking in: the manufacturer's mother card gives its key (wrapped), each blank proves that it
 * holds it and gets a number. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "steps.h"

#define _(text) gettext(text)

/* ---- The manufacturer's mother card ---- */

enum { MAKER_BEGIN, MAKER_CARD, MAKER_PIN, MAKER_LAST_TRY, MAKER_LAST_TRY_PASSPHRASE };

enum kr_error manufacturer_card_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    if (c->phase == MAKER_BEGIN) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    if (c->phase == MAKER_PIN) {
        request_from_step(c, r, REQUEST_SECRET, "pin");
        snprintf(r->text, sizeof r->text, _("%s types the PIN of the manufacturer's mother card."),
                 r->person_name);
        return request_secret(c, r, &spec, false);
    }
    if (c->phase == MAKER_LAST_TRY || c->phase == MAKER_LAST_TRY_PASSPHRASE)
        return last_try_ask(c, r, c->phase == MAKER_LAST_TRY_PASSPHRASE);
    request_card(c, r, NULL, (size_t)step_now(c)->reader - 1, "manufacturer", "");
    return KR_OK;
}

static enum kr_error maker_card(struct ceremony *c)
{
    struct card card;
    char chip[20] = "";
    enum kr_error err = card_begin_chip(c, &card, chip);
    card_close(&card);
    if (err != KR_OK)
        return card_error(err) ? step_problem(c, err) : err;
    step_goto(c, MAKER_PIN);
    return var_set(c, "maker-chip", "%s", chip);
}

static enum kr_error maker_keep(struct ceremony *c, vault_handle control, vault_handle auth,
                                const struct kcv *kcv)
{
    struct key_record rec;
    struct entry e;
    char who[PERSON_ID_MAX], shown[16];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "ok");
    err = key_keep(c, "kMprd", 0, PURPOSE_CONTROL, control, kcv, 0, &rec);
    if (err == KR_OK) {
        record_key(&e, &rec);
        err = key_keep(c, "kMprd-auth", 0, PURPOSE_AUTH, auth, kcv, 0, &rec);
    }
    if (err == KR_OK)
        record_key(&e, &rec);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    kcv_text(kcv, shown);
    step_done(c, who, "KCV %s", shown);
    return record_commit(c, &e, err);
}

static enum kr_error maker_export(struct ceremony *c, struct card *card)
{
    vault_handle transport = 0, control = 0, auth = 0;
    struct key_record rec;
    struct kcv kcv;
    enum kr_error err = key_load(c, "kMtk", 0, &transport, &rec);
    if (err == KR_OK)
        err = personalise_take_manufacturer_key(card, c->entry, transport, &control, &auth, &kcv);
    card_close(card);
    entry_drop(c);
    vault_drop(session_vault(c->session), transport);
    if (err == KR_E_SEAL_BROKEN || err == KR_E_KEY_ZERO || err == KR_E_KEY_WEAK ||
        err == KR_E_KEY_HALVES)
        err = kr_fail(KR_E_CARD_FAKE, "kMtk"); /* what it gave is not under our transport key */
    if (err == KR_OK)
        err = maker_keep(c, control, auth, &kcv);
    else if (card_error(err)) {
        step_goto(c, err == KR_E_PIN_WRONG      ? MAKER_PIN
                     : err == KR_E_PIN_LAST_TRY ? MAKER_LAST_TRY
                                                : MAKER_CARD);
        err = refuse(c, step_person(c), err);
    }
    vault_drop(session_vault(c->session), control);
    vault_drop(session_vault(c->session), auth);
    return err;
}

/* The intent names one card; where people go on with another one it has come to nothing. */
static enum kr_error maker_abandon(struct ceremony *c, const char *who)
{
    struct entry e;
    record_outcome_begin(c, &e, "abandoned");
    entry_add(&e, "text", "another card of the manufacturer is taken in its place");
    return record_simple(c, &e, who, NULL, NULL);
}

static enum kr_error maker_intend(struct ceremony *c, const char *chip)
{
    struct entry e;
    char who[PERSON_ID_MAX], named[48];
    enum kr_error err = KR_OK;
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(named, sizeof named, "- manufacturer %s", chip);
    bool open = var_get(c, "intent")[0] != '\0';
    if (open && strcmp(var_get(c, "intent.card"), named) == 0)
        return KR_OK;
    if (open)
        err = maker_abandon(c, who);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "intent");
    entry_add(&e, "card", "%s", named);
    entry_add(&e, "text", "export kMprd under kMtk from the manufacturer's mother card");
    var_set(c, "intent.card", "%s", named);
    return record_intent(c, &e, who);
}

static enum kr_error maker_pin(struct ceremony *c)
{
    struct card card;
    char chip[20] = "";
    enum kr_error err = card_begin_chip(c, &card, chip);
    if (err == KR_OK && strcmp(chip, var_get(c, "maker-chip")) != 0)
        err = kr_fail(KR_E_CARD_SWAPPED, "%s", chip);
    if (err != KR_OK) {
        card_close(&card);
        entry_drop(c);
        step_goto(c, MAKER_CARD);
        return card_error(err) ? step_problem(c, err) : err;
    }
    err = maker_intend(c, chip);
    if (err == KR_OK)
        err = last_try_use(c, chip, &card.last_try);
    if (err == KR_OK)
        return maker_export(c, &card);
    card_close(&card);
    return err;
}

static enum kr_error maker_last_try(struct ceremony *c, const struct answer *a)
{
    static const int phases[] = {MAKER_LAST_TRY, MAKER_LAST_TRY_PASSPHRASE, MAKER_PIN, MAKER_CARD};
    return last_try_phases(c, a, phases, var_get(c, "maker-chip"));
}

enum kr_error manufacturer_card_take(struct ceremony *c, const struct answer *a)
{
    const struct script_step *step = step_now(c);
    if (c->phase == MAKER_BEGIN) {
        if (step->unless_key != NULL && key_exists(c, step->unless_key, 0))
            step_skip(c);
        else
            step_goto(c, MAKER_CARD);
        return KR_OK;
    }
    if (c->phase == MAKER_LAST_TRY || c->phase == MAKER_LAST_TRY_PASSPHRASE)
        return maker_last_try(c, a);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    return c->phase == MAKER_CARD ? maker_card(c) : maker_pin(c);
}

/* ---- Blanks ---- */

enum { INTAKE_CARD, INTAKE_LABEL, INTAKE_STOPPED };

static const char *kind_series(const char *kind)
{
    if (strcmp(kind, "psam") == 0)
        return "PSN";
    return strcmp(kind, "user") == 0 ? "ASN" : "KSN";
}

enum kr_error intake_ask(struct ceremony *c, struct request *r)
{
    char grouped[32];
    if (c->phase == INTAKE_STOPPED) {
        stopped_ask(c, r);
    } else if (c->phase == INTAKE_LABEL) {
        request_from_step(c, r, REQUEST_SHOW, "label");
        number_grouped(var_get(c, "number"), grouped);
        snprintf(r->text, sizeof r->text, "%s",
                 _("The card is genuine and is in the inventory now. Write this number on it, then "
                   "take it out."));
        request_fact(r, kind_series(var_get(c, "kind")), "%s", grouped);
    } else {
        request_card(c, r, NULL, (size_t)step_now(c)->reader - 1, var_get(c, "kind"), "");
    }
    request_fact(r, _("taken in so far"), _("%d of %d"), step_counted(c, "taken"),
                 var_number(c, "quantity"));
    return KR_OK;
}

static enum kr_error intake_prove(struct ceremony *c, struct card *card, const char *chip)
{
    struct card_record known;
    struct key_record rec;
    enum kr_error err = cards_by_chip(session_store(c->session), chip, &known);
    if (err == KR_OK)
        return kr_fail(KR_E_CARD_KEPT, "%s", known.number);
    if (err != KR_E_NOT_FOUND)
        return err;
    err = c->held == 0 ? key_load(c, "kMprd-auth", 0, &c->held, &rec) : KR_OK;
    return err == KR_OK ? personalise_prove_blank(card, c->held) : err;
}

static enum kr_error intake_record(struct ceremony *c, const char *chip)
{
    struct card_record rec = {0};
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    snprintf(rec.kind, sizeof rec.kind, "%s", var_get(c, "kind"));
    snprintf(rec.chip, sizeof rec.chip, "%s", chip);
    snprintf(rec.state, sizeof rec.state, "authenticated");
    snprintf(rec.ceremony, sizeof rec.ceremony, "%s", c->id);
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    err = cards_next_number(session_store(c->session), kind_series(rec.kind), rec.number);
    if (err == KR_OK)
        err = cards_put(session_store(c->session), &rec);
    record_begin(c, &e, "card");
    record_card(&e, &rec);
    entry_add(&e, "result", "authenticated");
    entry_add(&e, "text", "lot %s; proved kMprd by a challenge", var_get(c, "lot"));
    if (err == KR_OK)
        err = piece_note(c, &e, rec.number, rec.chip, "good");
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    var_set(c, "number", "%s", rec.number);
    step_count(c, "taken");
    var_clear(c, "rejects");
    step_goto(c, INTAKE_LABEL);
    return record_commit(c, &e, err);
}

/* A card of the delivery that does not prove the manufacturer's key goes back to where it came
 * from, and is counted. */
static enum kr_error intake_returned(struct ceremony *c, const char *chip)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "refusal");
    entry_add(&e, "error", "%s", kr_name(KR_E_CARD_FAKE));
    err = piece_note(c, &e, "-", chip, "returned");
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    return record_commit(c, &e, err);
}

static enum kr_error intake_refused(struct ceremony *c, const char *chip, enum kr_error err)
{
    if (card_untouched(err))
        return step_problem(c, err);
    if (!card_error(err))
        return err;
    if (piece_rejected(c))
        step_goto(c, INTAKE_STOPPED);
    if (err == KR_E_CARD_FAKE) {
        step_problem(c, err);
        return intake_returned(c, chip);
    }
    return refuse(c, step_person(c), err);
}

enum kr_error intake_take(struct ceremony *c, const struct answer *a)
{
    struct card card;
    char chip[20] = "", who[PERSON_ID_MAX];
    if (c->phase == INTAKE_STOPPED)
        return stopped_take(c, a, INTAKE_CARD);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (c->phase == INTAKE_LABEL) {
        snprintf(who, sizeof who, "%s", step_person(c));
        if (step_counted(c, "taken") < var_number(c, "quantity")) {
            step_goto(c, INTAKE_CARD);
            return KR_OK;
        }
        vault_drop(session_vault(c->session), c->held);
        c->held = 0;
        step_done(c, who, _("%d cards"), step_counted(c, "taken"));
        return KR_OK;
    }
    batch_card(c);
    enum kr_error err = card_begin_chip(c, &card, chip);
    if (err == KR_OK)
        err = intake_prove(c, &card, chip);
    card_close(&card);
    return err == KR_OK ? intake_record(c, chip) : intake_refused(c, chip, err);
}
