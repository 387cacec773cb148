/* R8: the card is reset and checked as its next user would; only then is it "verified". */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../vocabulary.h"
#include "../card_values.h"
#include "gone.h"
#include "piece.h"

#define _(text) gettext(text)

enum {
    PHASE_CARD,
    PHASE_PIN,
    PHASE_WORK,
    PHASE_LAST_TRY,
    PHASE_LAST_TRY_PASSPHRASE,
    PHASE_TROUBLE,
    PHASE_GONE
};

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

/* While the card was issued, a mother card lay where its partner has to lie now. */
static bool partner_first(const struct ceremony *c)
{
    const struct script_step *issued = issuing_step(c, step_now(c)->layout);
    return c->phase == PHASE_CARD && issued != NULL && issued->mother != NULL &&
           partner_step(c) != NULL && strcmp(var_get(c, "partner-there"), step_now(c)->id) != 0;
}

static void partner_ask(struct ceremony *c, struct request *r)
{
    const struct script_step *other = partner_step(c);
    char grouped[32];
    number_grouped(issued_number(c, other->id), grouped);
    request_card(c, r, "partner", (size_t)other->reader - 1, "mother", "verified");
    snprintf(r->card_hint, sizeof r->card_hint, "%s", grouped);
    snprintf(r->text, sizeof r->text,
             _("%s takes the mother card out of reader %d and puts the authentication card %s in."),
             r->person_name, other->reader, grouped);
}

/* A card that its holder opens with a PIN, or whose partner's PIN opens both. */
static bool pin_wanted(struct ceremony *c)
{
    bool own = false;
    return partner_step(c) != NULL || layout_has_pin(c, step_now(c)->layout, &own) != KR_OK || own;
}

static void trouble_ask(struct ceremony *c, struct request *r, const char *number)
{
    char grouped[32];
    number_grouped(number, grouped);
    request_from_step(c, r, REQUEST_CHOICE, "trouble");
    snprintf(r->text, sizeof r->text,
             _("Card %s does not read back as it should. It is not tried again until it fits: it "
               "is voided and made anew, or the ceremony is aborted."),
             grouped);
    request_option(r, "wait", false, _("Not yet: the card is still looked into"));
    request_option(r, "void", true,
                   _("Void it: it is marked spoiled, and a new card is made with the same number"));
}

static void card_ask(struct ceremony *c, struct request *r, const struct script_step *issued)
{
    request_from_step(c, r, REQUEST_CARD, NULL);
    r->reader = (size_t)step_now(c)->reader - 1;
    if (issued == NULL)
        return;
    number_grouped(issued_number(c, issued->id), r->card_hint);
    gone_offer(r, true, false);
}

enum kr_error read_back_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    const struct script_step *issued = issuing_step(c, step_now(c)->layout);
    char grouped[32];
    if (c->phase == PHASE_PIN) {
        request_from_step(c, r, REQUEST_SECRET, "pin");
        snprintf(r->text, sizeof r->text,
                 _("%s types the PIN of the authentication card, as its next user will."),
                 r->person_name);
        return request_secret(c, r, &spec, false);
    }
    if (c->phase == PHASE_LAST_TRY || c->phase == PHASE_LAST_TRY_PASSPHRASE)
        return last_try_ask(c, r, c->phase == PHASE_LAST_TRY_PASSPHRASE);
    if (c->phase == PHASE_TROUBLE && issued != NULL) {
        trouble_ask(c, r, issued_number(c, issued->id));
        return KR_OK;
    }
    if (c->phase == PHASE_WORK && (c->pin != 0 || !pin_wanted(c))) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    if (partner_first(c)) {
        partner_ask(c, r);
        return KR_OK;
    }
    if (c->phase == PHASE_GONE && issued != NULL) {
        number_grouped(issued_number(c, issued->id), grouped);
        return gone_ask(c, r, grouped);
    }
    card_ask(c, r, issued);
    return KR_OK;
}

static enum kr_error right_card(struct ceremony *c, const struct script_step *lies_for,
                                struct card *card, const char *number, struct card_record *rec)
{
    char chip[20];
    enum kr_error err = card_begin_chip_in(c, (size_t)lies_for->reader - 1, card, chip);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), chip, rec);
    if (err == KR_E_NOT_FOUND)
        return kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
    /* A spoiled piece bears the number of the one that was made in its place. */
    if (err == KR_OK && strcmp(rec->state, "spoiled") == 0)
        return kr_fail(KR_E_CARD_SWAPPED, "%s (%s)", rec->number, vocabulary(rec->state));
    if (err == KR_OK && strcmp(rec->number, number) != 0)
        return kr_fail(KR_E_CARD_SWAPPED, "%s", rec->number);
    return err;
}

struct reading {
    struct card card, partner;
    struct card_record rec, pair;
    struct layout layout;
    struct key_roots roots;
    struct card_values values;
    size_t proved;
    const struct script_step *issued, *other;
};

static enum kr_error reading_open(struct ceremony *c, struct reading *rd)
{
    memset(rd, 0, sizeof *rd);
    rd->issued = issuing_step(c, step_now(c)->layout);
    rd->other = partner_step(c);
    if (rd->issued == NULL)
        return kr_fail(KR_E_SCRIPT_RULE, "%s", step_now(c)->id);
    enum kr_error err = layout_for(c, step_now(c)->layout, &rd->layout);
    if (err == KR_OK)
        err = right_card(c, step_now(c), &rd->card, issued_number(c, rd->issued->id), &rd->rec);
    if (err == KR_E_CARD_SWAPPED && rd->other != NULL &&
        strcmp(rd->rec.number, issued_number(c, rd->other->id)) == 0)
        err = kr_fail(KR_E_CARD_CROSSED, "%s", rd->rec.number);
    if (err == KR_OK && rd->other != NULL)
        err = right_card(c, rd->other, &rd->partner, issued_number(c, rd->other->id), &rd->pair);
    return err;
}

static void reading_close(struct reading *rd)
{
    if (rd->card.readers != NULL)
        card_close(&rd->card);
    if (rd->partner.readers != NULL)
        card_close(&rd->partner);
}

/* The card whose PIN is typed: the paired one where there is one. */
static struct card *pin_card(struct reading *rd)
{
    return rd->other == NULL ? &rd->card : &rd->partner;
}

static enum kr_error reading_verify(struct ceremony *c, struct reading *rd)
{
    struct card_audit audit;
    const struct card_record *with_pin = rd->other == NULL ? &rd->rec : &rd->pair;
    audit_for(c, &rd->layout, rd->rec.number, &audit);
    enum kr_error err = roots_load(c, &rd->layout, true, &rd->roots);
    if (err == KR_OK)
        err = card_values_make(c, &rd->layout, true, &rd->roots, rd->rec.number, &rd->values);
    progress_set(c, _("reading the card back"), 0, 0);
    if (err == KR_OK)
        err = var_set(c, "pin-chip", "%s", with_pin->chip);
    if (err == KR_OK)
        err = last_try_use(c, with_pin->chip, &pin_card(rd)->last_try);
    if (err == KR_OK)
        err =
            personalise_verify(&rd->card, &rd->layout, rd->values.values, rd->values.count, &audit,
                               rd->other == NULL ? NULL : &rd->partner, c->pin, &rd->proved);
    card_values_drop(c, &rd->values);
    roots_drop(c, &rd->roots);
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
    snprintf(rd->rec.ceremony, sizeof rd->rec.ceremony, "%s", c->id);
    if (rd->other != NULL) {
        snprintf(rd->pair.ceremony, sizeof rd->pair.ceremony, "%s", c->id);
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
        err = piece_verified(c, &e, &rd->rec);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    vault_drop(session_vault(c->session), c->pin);
    c->pin = 0;
    step_done(c, who, _("%zu keys proved"), rd->proved);
    return record_commit(c, &e, err);
}

/* What another try may mend: a cable, a digit. A mismatch is never tried away. */
static bool may_try_again(enum kr_error err)
{
    return card_untouched(err) || err == KR_E_PIN_WRONG || err == KR_E_CARD_GONE ||
           err == KR_E_CARD_RESET || err == KR_E_CARD_MUTE || err == KR_E_READER_BUSY;
}

static enum kr_error reading_failed(struct ceremony *c, enum kr_error err, bool begun)
{
    if (!card_error(err))
        return err;
    vault_drop(session_vault(c->session), c->pin);
    c->pin = 0;
    step_goto(c, err == KR_E_PIN_LAST_TRY       ? PHASE_LAST_TRY
                 : begun && !may_try_again(err) ? PHASE_TROUBLE
                                                : PHASE_CARD);
    return refuse(c, step_person(c), err);
}

static size_t instance_of(const struct ceremony *c, const struct script_step *step)
{
    size_t i = 0;
    while (i + 1 < c->instance_count && &c->script->steps[c->instances[i].step] != step)
        i++;
    return i;
}

/* Back to the step that issued it, with another piece under the same number. reason: why it does
 * not come back; NULL for one that lies there and does not read back. */
static enum kr_error void_card(struct ceremony *c, const char *reason)
{
    const struct script_step *issued = issuing_step(c, step_now(c)->layout);
    struct card_record rec;
    struct entry e;
    char who[PERSON_ID_MAX], name[48];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, reason == NULL ? NULL : seated_supervisor(c), NULL};
    if (issued == NULL)
        return kr_fail(KR_E_SCRIPT_RULE, "%s", step_now(c)->id);
    enum kr_error err =
        cards_by_number(session_store(c->session), issued_number(c, issued->id), &rec);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    if (reason != NULL)
        err = gone_record(c, who, &rec, reason);
    snprintf(rec.state, sizeof rec.state, "spoiled");
    snprintf(rec.ceremony, sizeof rec.ceremony, "%s", c->id);
    record_begin(c, &e, "card");
    record_card(&e, &rec);
    entry_add(&e, "result", "failed");
    entry_add(&e, "text", "%s: marked spoiled, to be remade with the same number",
              reason == NULL ? "does not read back" : "does not come back");
    var_set(c, "remake", "%s", rec.number);
    var_set(c, "remake-kind", "%s", issued->card == NULL ? "mother" : issued->card);
    snprintf(name, sizeof name, "card.%.40s", issued->id);
    var_clear(c, name);
    var_clear(c, "partner-there"); /* the mother card lies in its place again to issue the next */
    if (err == KR_OK)
        err = cards_set(session_store(c->session), &rec);
    if (err == KR_OK)
        err = piece_note(c, &e, rec.number, rec.chip, gone_what(reason));
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_back_to(c, instance_of(c, issued));
    return record_commit(c, &e, err);
}

static enum kr_error last_try(struct ceremony *c, const struct answer *a)
{
    static const int phases[] = {PHASE_LAST_TRY, PHASE_LAST_TRY_PASSPHRASE, PHASE_CARD,
                                 PHASE_TROUBLE};
    return last_try_phases(c, a, phases, var_get(c, "pin-chip"));
}

static enum kr_error card_take(struct ceremony *c)
{
    struct reading rd;
    enum kr_error err = reading_open(c, &rd);
    bool begun = false;
    if (err == KR_OK && c->phase == PHASE_WORK && (c->pin != 0 || !pin_wanted(c))) {
        begun = true;
        err = reading_verify(c, &rd);
    } else if (err == KR_OK) { /* also when the PIN was lost with a restart */
        step_goto(c, pin_wanted(c) ? PHASE_PIN : PHASE_WORK);
    }
    reading_close(&rd);
    if (err == KR_OK)
        return begun ? reading_record(c, &rd) : KR_OK;
    return reading_failed(c, err, begun);
}

static enum kr_error gone_take(struct ceremony *c, const struct answer *a)
{
    const char *reason;
    enum gone what;
    enum kr_error err = gone_decided(c, a, &what, &reason);
    if (err != KR_OK || what == GONE_ASKED)
        return err == KR_E_ANSWER ? step_problem(c, err) : err;
    step_goto(c, PHASE_CARD);
    return what == GONE_NOT ? KR_OK : void_card(c, reason);
}

enum kr_error read_back_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == PHASE_LAST_TRY || c->phase == PHASE_LAST_TRY_PASSPHRASE)
        return last_try(c, a);
    if (c->phase == PHASE_GONE)
        return gone_take(c, a);
    if (c->phase == PHASE_TROUBLE && answer_is(a, "void"))
        return void_card(c, NULL);
    if (c->phase == PHASE_CARD && a != NULL && !partner_first(c) &&
        gone_chosen(c, a, true, false) != GONE_NOT) {
        step_goto(c, PHASE_GONE);
        return KR_OK;
    }
    if (c->phase == PHASE_TROUBLE && answer_is(a, "wait"))
        return KR_OK;
    if (a != NULL && (a->kind != ANSWER_OK || c->phase == PHASE_TROUBLE))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (partner_first(c))
        return var_set(c, "partner-there", "%s", step_now(c)->id);
    if (c->phase != PHASE_PIN)
        return card_take(c);
    c->pin = c->entry;
    c->entry = 0;
    entry_drop(c);
    step_goto(c, PHASE_WORK);
    return KR_OK;
}
