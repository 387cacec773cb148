/*
 * PINs of cards: changed by the holder, who knows the one in force; or replaced by the centre that
 * made the card, when it is locked or forgotten.
 *
 * What is typed is lost with a restart. A replacement is then simply done again. A change whose
 * answer was not heard is in doubt: the new PIN is typed once, and the card says whether it is in
 * force; if not, the old one still is.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../card_values.h"
#include "../vocabulary.h"
#include "new_pin.h"

#define _(text) gettext(text)

enum {
    PHASE_CARD,
    PHASE_OLD,
    PHASE_NEW,
    PHASE_WORK,
    PHASE_DOUBT,
    PHASE_LAST_TRY,
    PHASE_LAST_TRY_PASSPHRASE
};

static bool changes(const struct ceremony *c)
{
    return strcmp(step_now(c)->kind, "pin-change") == 0;
}

/* With the PINs that a later phase needs lost, it begins with the card. */
static int phase_of(const struct ceremony *c)
{
    bool old_lost = changes(c) && c->pin == 0;
    if (c->phase == PHASE_NEW && old_lost)
        return PHASE_CARD;
    return c->phase == PHASE_WORK && (old_lost || c->held == 0) ? PHASE_CARD : c->phase;
}

static void pins_drop(struct ceremony *c)
{
    struct vault *v = session_vault(c->session);
    vault_drop(v, c->pin);
    vault_drop(v, c->held);
    c->pin = c->held = 0;
    entry_drop(c);
}

/* ---- Questions ---- */

static void tries_fact(const struct ceremony *c, struct request *r)
{
    int tries = var_number(c, "pin-tries");
    if (tries > 0)
        request_fact(r, _("tries left"), "%d", tries);
    else
        request_fact(r, _("tries left"), "%s", _("none: the PIN is locked"));
}

static enum kr_error ask_secret(struct ceremony *c, struct request *r)
{
    static const char *const parts[] = {
        [PHASE_OLD] = "pin", [PHASE_NEW] = "new-pin", [PHASE_DOUBT] = "doubt"};
    const struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    request_from_step(c, r, REQUEST_SECRET, parts[c->phase]);
    snprintf(r->text, sizeof r->text,
             c->phase == PHASE_OLD
                 ? _("%s types the PIN that is in force. Everyone else: please look away.")
             : c->phase == PHASE_DOUBT ? _("The change was interrupted, and nobody heard the "
                                           "card's answer. %s types the new PIN: the card says "
                                           "whether it is in force.")
             : c->first_entry == 0 ? _("%s chooses the new PIN, 6 digits. Everyone else: please "
                                       "look away.")
                                   : _("%s types the new PIN once more."),
             r->person_name);
    tries_fact(c, r);
    return request_secret(c, r, &spec, c->first_entry != 0);
}

enum kr_error card_pin_ask(struct ceremony *c, struct request *r)
{
    switch (phase_of(c)) {
    case PHASE_OLD:
    case PHASE_NEW:
    case PHASE_DOUBT:
        return ask_secret(c, r);
    case PHASE_LAST_TRY:
    case PHASE_LAST_TRY_PASSPHRASE:
        return last_try_ask(c, r, c->phase == PHASE_LAST_TRY_PASSPHRASE);
    case PHASE_WORK:
        r->kind = REQUEST_WORK;
        return KR_OK;
    default:
        request_from_step(c, r, REQUEST_CARD, NULL);
        r->reader = (size_t)step_now(c)->reader - 1;
        return KR_OK;
    }
}

/* ---- The card ---- */

struct pin_card {
    struct card card;
    struct card_record rec;
    struct layout layout;
};

static bool for_layout(const struct ceremony *c, const char *name)
{
    for (size_t i = 0; i < step_now(c)->layouts_count; i++)
        if (strcmp(step_now(c)->layouts[i], name) == 0)
            return true;
    return false;
}

/* A card of the inventory that this step is for; after the first look that very piece. */
static enum kr_error open_card(struct ceremony *c, struct pin_card *p)
{
    char chip[20];
    memset(p, 0, sizeof *p);
    enum kr_error err = card_begin_chip(c, &p->card, chip);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), chip, &p->rec);
    if (err == KR_E_NOT_FOUND)
        return kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
    if (err != KR_OK)
        return err;
    bool begun = phase_of(c) != PHASE_CARD || var_get(c, "intent")[0] != '\0';
    if (strcmp(p->rec.state, "spoiled") == 0 || (begun && strcmp(var_get(c, "chip"), chip) != 0))
        return kr_fail(KR_E_CARD_SWAPPED, "%s (%s)", p->rec.number, vocabulary(p->rec.state));
    if (!for_layout(c, p->rec.layout))
        return kr_fail(KR_E_CARD_WRONG_KIND, "%s",
                       vocabulary(p->rec.layout[0] != '\0' ? p->rec.layout : p->rec.kind));
    return layout_for(c, p->rec.layout, &p->layout);
}

static void close_card(struct pin_card *p)
{
    if (p->card.readers != NULL)
        card_close(&p->card);
}

/* What comes after the card was looked at. */
static int phase_after(const struct ceremony *c, int tries)
{
    if (!changes(c))
        return PHASE_NEW;
    if (tries == 1 && strcmp(var_get(c, "last-try"), var_get(c, "chip")) != 0)
        return PHASE_LAST_TRY;
    return var_get(c, "pin-sent")[0] != '\0' ? PHASE_DOUBT : PHASE_OLD;
}

static enum kr_error look(struct ceremony *c)
{
    struct pin_card p;
    int tries = 0;
    enum kr_error err = open_card(c, &p);
    if (err == KR_OK)
        err = personalise_pin_tries(&p.card, &p.layout, &tries);
    if (err == KR_E_CARD_LOCKED && !changes(c))
        err = KR_OK;
    close_card(&p);
    if (err != KR_OK)
        return card_error(err) ? refuse(c, step_person(c), err) : err;
    pins_drop(c);
    err = var_set(c, "chip", "%s", p.rec.chip);
    if (err == KR_OK)
        err = var_set(c, "pin-tries", "%d", tries);
    step_goto(c, phase_after(c, tries));
    return err;
}

/* ---- What is typed ---- */

static enum kr_error old_take(struct ceremony *c, const struct answer *a)
{
    enum kr_error err = pin_is_whole(c, a);
    if (err != KR_OK)
        return step_problem(c, err);
    c->pin = c->entry;
    c->entry = 0;
    entry_drop(c);
    step_goto(c, PHASE_NEW);
    return KR_OK;
}

static enum kr_error new_take(struct ceremony *c, const struct answer *a)
{
    enum kr_error err = new_pin_take(c, a, changes(c) ? c->pin : 0, &c->held);
    if (c->held != 0)
        step_goto(c, PHASE_WORK);
    return err;
}

/* ---- The work ---- */

static const char *words_of(const struct ceremony *c)
{
    return changes(c) ? "change the PIN" : "replace the PIN under the application's control key";
}

static enum kr_error begin(struct ceremony *c, const struct card_record *rec, const char *who)
{
    struct entry e;
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    record_begin(c, &e, "intent");
    enum kr_error err = record_intent_card(c, &e, rec);
    entry_add(&e, "text", "%s of card %s", words_of(c), rec->number);
    if (err == KR_OK)
        return record_intent(c, &e, who);
    entry_free(&e);
    return err;
}

static enum kr_error finish(struct ceremony *c, const struct card_record *rec, const char *who)
{
    struct entry e;
    char grouped[32];
    const char *persons[] = {who, NULL};
    struct card_record card = *rec;
    number_grouped(rec->number, grouped);
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    snprintf(card.ceremony, sizeof card.ceremony, "%s", c->id);
    record_outcome_begin(c, &e, "ok");
    record_card(&e, &card);
    entry_add(&e, "text", "%s of card %s: the new one was verified after a reset", words_of(c),
              rec->number);
    err = cards_set(session_store(c->session), &card);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    pins_drop(c);
    var_clear(c, "chip");
    var_clear(c, "pin-sent");
    var_clear(c, "pin-tries");
    step_done(c, who, "%s", grouped);
    return record_commit(c, &e, err);
}

/* A refused old PIN changed nothing; anything else that goes wrong leaves it open what happened. */
static enum kr_error failed(struct ceremony *c, enum kr_error err, const char *who)
{
    pins_drop(c);
    step_goto(c, PHASE_CARD);
    if (err == KR_E_PIN_WRONG || err == KR_E_CARD_LOCKED)
        var_clear(c, "pin-sent");
    if (!card_error(err))
        return err;
    enum kr_error saved = state_persist(c);
    return saved == KR_OK ? refuse(c, who, err) : saved;
}

static enum kr_error change(struct ceremony *c, struct pin_card *p)
{
    int tries;
    enum kr_error err = last_try_use(c, p->rec.chip, &p->card.last_try);
    if (err == KR_OK)
        err = var_set(c, "pin-sent", "yes");
    if (err == KR_OK)
        err = state_persist(c);
    return err == KR_OK ? personalise_change_pin(&p->card, &p->layout, c->pin, c->held, &tries)
                        : err;
}

static enum kr_error replace(struct ceremony *c, struct pin_card *p)
{
    const struct layout_key *key = layout_key_of_kind(&p->layout.adf, CARD_KEY_CONTROL);
    struct key_record rec;
    vault_handle control = 0;
    if (key == NULL)
        return kr_fail(KR_E_LAYOUT, "%s: control", p->layout.id);
    enum kr_error err = key_load(c, key->source, key->group, &control, &rec);
    if (err == KR_E_KEY_MISSING)
        err = kr_fail(KR_E_PIN_KEEPER, "%s", key->source);
    if (err == KR_OK)
        err = personalise_replace_pin(&p->card, &p->layout, control, c->held);
    vault_drop(session_vault(c->session), control);
    return err;
}

static enum kr_error work(struct ceremony *c)
{
    struct pin_card p;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = open_card(c, &p);
    if (err == KR_OK)
        err = begin(c, &p.rec, who);
    if (err == KR_OK)
        progress_set(c, changes(c) ? _("changing the PIN") : _("replacing the PIN"), 0, 0);
    if (err == KR_OK)
        err = changes(c) ? change(c, &p) : replace(c, &p);
    close_card(&p);
    return err == KR_OK ? finish(c, &p.rec, who) : failed(c, err, who);
}

/* Whether the new PIN is in force after a change that nobody heard the end of. */
static enum kr_error doubt_take(struct ceremony *c, const struct answer *a)
{
    struct pin_card p;
    char who[PERSON_ID_MAX];
    int tries;
    enum kr_error err = pin_is_whole(c, a);
    if (err != KR_OK)
        return step_problem(c, err);
    snprintf(who, sizeof who, "%s", step_person(c));
    err = open_card(c, &p);
    if (err == KR_OK)
        err = last_try_use(c, p.rec.chip, &p.card.last_try);
    if (err == KR_OK)
        err = personalise_pin_is(&p.card, &p.layout, c->entry, &tries);
    close_card(&p);
    return err == KR_OK ? finish(c, &p.rec, who) : failed(c, err, who);
}

static enum kr_error last_try(struct ceremony *c, const struct answer *a)
{
    static const int phases[] = {PHASE_LAST_TRY, PHASE_LAST_TRY_PASSPHRASE, PHASE_CARD, PHASE_CARD};
    return last_try_phases(c, a, phases, var_get(c, "chip"));
}

enum kr_error card_pin_take(struct ceremony *c, const struct answer *a)
{
    switch (phase_of(c)) {
    case PHASE_OLD:
        return old_take(c, a);
    case PHASE_NEW:
        return new_take(c, a);
    case PHASE_DOUBT:
        return doubt_take(c, a);
    case PHASE_LAST_TRY:
    case PHASE_LAST_TRY_PASSPHRASE:
        return last_try(c, a);
    case PHASE_WORK:
        return work(c);
    default:
        return a->kind == ANSWER_OK ? look(c)
                                    : step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    }
}
