/* R8: the card is reset and checked as its next user would; only then is it "verified". */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "piece.h"

#define _(text) gettext(text)

enum { PHASE_CARD, PHASE_PIN, PHASE_WORK };

static const char *issued_number(const struct ceremony *c, const char *step_id)
{
    char name[48];
    snprintf(name, sizeof name, "card.%.40s", step_id);
    return var_get(c, name);
}

/* Step that issued the card of this read-back: the last issue step before it with the same layout.
 */
static const struct script_step *issuing_step(const struct ceremony *c, const char *layout)
{
    for (size_t i = instance_now((struct ceremony *)c)->step; i-- > 0;) {
        const struct script_step *s = &c->script->steps[i];
        if (strcmp(s->kind, "issue") == 0 && strcmp(s->layout, layout) == 0)
            return s;
    }
    return NULL;
}

static const struct script_step *partner_step(const struct ceremony *c)
{
    for (size_t i = 0; step_now(c)->partner != NULL && i < c->script->steps_count; i++)
        if (strcmp(c->script->steps[i].id, step_now(c)->partner) == 0)
            return &c->script->steps[i];
    return NULL;
}

enum kr_error read_back_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    const struct script_step *issued = issuing_step(c, step_now(c)->layout);
    if (c->phase == PHASE_PIN) {
        request_from_step(c, r, REQUEST_SECRET, "pin");
        snprintf(r->text, sizeof r->text,
                 _("%s types the PIN of the authentication card, as its next user will."),
                 r->person_name);
        return request_secret(c, r, &spec, false);
    }
    if (c->phase == PHASE_WORK && c->pin != 0) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_CARD, NULL);
    r->reader = (size_t)step_now(c)->reader - 1;
    if (issued != NULL)
        number_grouped(issued_number(c, issued->id), r->card_hint);
    return KR_OK;
}

static enum kr_error right_card(struct ceremony *c, struct card *card, const char *number,
                                struct card_record *rec)
{
    uint8_t serial[8];
    char chip[20];
    enum kr_error err = card_open(card);
    if (err == KR_OK)
        err = card_chip_serial(card, serial);
    if (err != KR_OK)
        return err;
    for (size_t i = 0; i < sizeof serial; i++)
        snprintf(chip + 2 * i, 3, "%02X", serial[i]);
    err = cards_by_chip(session_store(c->session), chip, rec);
    if (err == KR_E_NOT_FOUND)
        return kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
    if (err == KR_OK && strcmp(rec->number, number) != 0)
        return kr_fail(KR_E_CARD_SWAPPED, "%s", rec->number);
    return err;
}

struct reading {
    struct card card, partner;
    struct card_record rec, pair;
    struct layout layout;
    struct layout_value values[LAYOUT_KEYS_MAX];
    size_t count, proved;
    const struct script_step *issued, *other;
};

static enum kr_error reading_open(struct ceremony *c, struct reading *rd)
{
    memset(rd, 0, sizeof *rd);
    rd->issued = issuing_step(c, step_now(c)->layout);
    rd->other = partner_step(c);
    if (rd->issued == NULL)
        return kr_fail(KR_E_SCRIPT_RULE, "%s", step_now(c)->id);
    card_begin(c, (size_t)step_now(c)->reader - 1, &rd->card);
    enum kr_error err = layout_for(c, step_now(c)->layout, &rd->layout);
    if (err == KR_OK)
        err = right_card(c, &rd->card, issued_number(c, rd->issued->id), &rd->rec);
    if (err == KR_OK && rd->other != NULL) {
        card_begin(c, (size_t)rd->other->reader - 1, &rd->partner);
        err = right_card(c, &rd->partner, issued_number(c, rd->other->id), &rd->pair);
    }
    return err;
}

static enum kr_error reading_verify(struct ceremony *c, struct reading *rd)
{
    struct card_audit audit;
    audit_for(c, &rd->layout, rd->rec.number, &audit);
    enum kr_error err = values_load(c, &rd->layout, true, rd->values, LAYOUT_KEYS_MAX, &rd->count);
    progress_set(c, _("reading the card back"), 0, 0);
    if (err == KR_OK)
        err = personalise_verify(&rd->card, &rd->layout, rd->values, rd->count, &audit,
                                 rd->other == NULL ? NULL : &rd->partner, c->pin, &rd->proved);
    values_drop(c, rd->values, rd->count);
    card_close(&rd->card);
    if (rd->other != NULL)
        card_close(&rd->partner);
    return err;
}

static enum kr_error reading_record(struct ceremony *c, struct reading *rd)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    snprintf(rd->rec.state, sizeof rd->rec.state, "verified");
    if (rd->other != NULL) {
        snprintf(rd->rec.pair, sizeof rd->rec.pair, "%s", rd->pair.number);
        snprintf(rd->pair.pair, sizeof rd->pair.pair, "%s", rd->rec.number);
        err = cards_set(session_store(c->session), &rd->pair);
    }
    record_begin(c, &e, "card");
    record_card(&e, &rd->rec);
    if (rd->other != NULL)
        record_card(&e, &rd->pair);
    entry_add(&e, "result", "verified");
    entry_add(&e, "text", "read back as its next user would: %zu keys proved, audit data equal",
              rd->proved);
    if (err == KR_OK)
        err = cards_set(session_store(c->session), &rd->rec);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    vault_drop(session_vault(c->session), c->pin);
    c->pin = 0;
    step_done(c, who, _("%zu keys proved"), rd->proved);
    return record_commit(c, &e, err);
}

static enum kr_error reading_failed(struct ceremony *c, enum kr_error err)
{
    if (err < KR_E_PCSC_DOWN || err > KR_E_DECK_CARD || err == KR_E_LAYOUT)
        return err;
    vault_drop(session_vault(c->session), c->pin);
    c->pin = 0;
    step_goto(c, PHASE_CARD);
    return refuse(c, step_person(c), err);
}

enum kr_error read_back_take(struct ceremony *c, const struct answer *a)
{
    struct reading rd;
    enum kr_error err;
    if (a != NULL && a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (c->phase == PHASE_PIN) {
        c->pin = c->entry;
        c->entry = 0;
        entry_drop(c);
        step_goto(c, PHASE_WORK);
        return KR_OK;
    }
    err = reading_open(c, &rd);
    if (err == KR_OK && c->phase != PHASE_WORK) {
        step_goto(c, PHASE_PIN);
        return KR_OK;
    }
    if (err == KR_OK && c->pin == 0) { /* the PIN was lost with a restart: type it again */
        step_goto(c, PHASE_PIN);
        return KR_OK;
    }
    if (err == KR_OK)
        err = reading_verify(c, &rd);
    if (err == KR_OK)
        return reading_record(c, &rd);
    return reading_failed(c, err);
}
