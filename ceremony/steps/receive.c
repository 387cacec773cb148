/*
 * Receiving: a mother card with its authentication card, a card with a PIN of its own, or PSAMs one
 * by one. Each proves itself genuine before it enters the inventory: a pair opens each other and
 * proves the delivery key, a PSAM and the opened PAKC prove the same key.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../card_values.h"
#include "../layout_kinds.h"
#include "../notes.h"
#include "mother.h"
#include "steps.h"

#define _(text) gettext(text)

enum { RECEIVE_CARD, RECEIVE_PAIR, RECEIVE_PIN, RECEIVE_LAST_TRY, RECEIVE_LAST_TRY_PASSPHRASE };

struct reception {
    struct card card, pair;
    struct card_record rec, pair_rec;
    struct layout layout;
};

static bool has_pair(const struct ceremony *c)
{
    return step_now(c)->partner != NULL;
}

enum kr_error receive_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    switch (c->phase) {
    case RECEIVE_PAIR:
        request_card(c, r, "pair", 1, "mother", "elsewhere");
        note_facts(c, r, step_now(c)->partner);
        snprintf(r->text, sizeof r->text,
                 _("%s puts the authentication card that came with it into reader 2."),
                 r->person_name);
        return KR_OK;
    case RECEIVE_PIN:
        request_from_step(c, r, REQUEST_SECRET, "pin");
        snprintf(r->text, sizeof r->text,
                 _("%s types the PIN that came in its own envelope. Everyone else: please look "
                   "away."),
                 r->person_name);
        return request_secret(c, r, &spec, false);
    case RECEIVE_LAST_TRY:
    case RECEIVE_LAST_TRY_PASSPHRASE:
        return last_try_ask(c, r, c->phase == RECEIVE_LAST_TRY_PASSPHRASE);
    default:
        request_card(c, r, NULL, 0, "mother", "elsewhere");
        note_facts(c, r, step_now(c)->layout);
        return KR_OK;
    }
}

static enum kr_error audit_in(struct ceremony *c, size_t reader, struct card_audit *audit)
{
    struct card card;
    char chip[20];
    enum kr_error err = card_begin_chip_in(c, reader, &card, chip);
    if (err == KR_OK)
        err = personalise_read_audit(&card, audit);
    card_close(&card);
    return err;
}

/* The mother card belongs into reader 1, the one that came with it into reader 2. */
static enum kr_error kind_fits(struct ceremony *c, size_t reader, uint8_t type)
{
    const char *names[] = {step_now(c)->layout, step_now(c)->partner};
    char id[LAYOUT_ID_MAX], other_id[LAYOUT_ID_MAX];
    struct card_audit other;
    enum kr_error err = layout_of_type(c->session, type, id);
    if (err != KR_OK || strcmp(id, names[reader]) == 0)
        return err;
    if (has_pair(c) && strcmp(id, names[1 - reader]) == 0 &&
        audit_in(c, 1 - reader, &other) == KR_OK &&
        layout_of_type(c->session, other.personalisation_id, other_id) == KR_OK &&
        strcmp(other_id, names[reader]) == 0)
        return kr_fail(KR_E_CARD_CROSSED, "%s", id);
    return wrong_kind(c->session, type);
}

static enum kr_error look(struct ceremony *c, size_t reader, struct card *card,
                          struct card_record *rec)
{
    const struct script_step *step = step_now(c);
    struct card_record known;
    struct card_audit audit;
    memset(rec, 0, sizeof *rec);
    enum kr_error err = card_begin_chip_in(c, reader, card, rec->chip);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), rec->chip, &known);
    if (err == KR_OK)
        return card_known(&known, reader == 0 ? step_now(c)->layout : step_now(c)->partner);
    if (err == KR_E_NOT_FOUND)
        err = personalise_read_audit(card, &audit);
    if (err == KR_E_CARD_BLANK)
        return KR_E_CARD_EMPTY;
    if (err == KR_OK)
        err = kind_fits(c, reader, audit.personalisation_id);
    if (err == KR_OK)
        hex_encode_upper(audit.serial, sizeof audit.serial, rec->number);
    if (err == KR_OK)
        err = note_lists(c, rec, reader == 0 ? step->layout : step->partner);
    return err;
}

/* Both know the delivery key, and nobody else does. */
static enum kr_error delivery_proved(struct ceremony *c, struct reception *rp)
{
    const struct layout_directory *d = &rp->layout.adf;
    enum kr_error err = kr_fail(KR_E_KEY_MISSING, "%s", step_now(c)->key);
    for (size_t i = 0; i < d->key_count; i++) {
        vault_handle key = 0;
        struct key_record rec;
        if (d->keys[i].kind != CARD_KEY_TRANSPORT || strcmp(d->keys[i].name, step_now(c)->key) != 0)
            continue;
        err = key_load(c, step_now(c)->key, 0, &key, &rec);
        if (err == KR_OK)
            err = card_prove_derived(&rp->card, key, CARD_KEY_TRANSPORT, d->keys[i].kid);
        vault_drop(session_vault(c->session), key);
    }
    return err;
}

/* A mother card says whom it is for; that has to be this centre. */
static enum kr_error for_us(struct ceremony *c, struct reception *rp)
{
    const struct centre *centre = &session_slots(c->session)->centre;
    uint8_t region[8], bank[8];
    char text[17];
    bool said = false;
    for (size_t i = 0; i < rp->layout.adf.file_count; i++)
        said = said || strcmp(rp->layout.adf.files[i].content, "subject") == 0;
    if (!said)
        return KR_OK;
    enum kr_error err = personalise_read_subject(&rp->card, region, bank);
    const uint8_t *whom = tier_issues_users(centre->tier) ? bank : region;
    hex_encode_upper(whom, 8, text);
    if (err == KR_OK && memcmp(whom, centre->identifier, 8) != 0)
        err = kr_fail(KR_E_CARD_SUBJECT, "%s", text);
    return err;
}

static enum kr_error receive_record(struct ceremony *c, struct reception *rp)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    struct store *store = session_store(c->session);
    const struct script_step *step = step_now(c);
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    struct card_record *both[] = {&rp->rec, has_pair(c) ? &rp->pair_rec : NULL};
    const char *layouts[] = {step->layout, step->partner};
    record_begin(c, &e, "card");
    for (size_t i = 0; err == KR_OK && i < 2 && both[i] != NULL; i++) {
        snprintf(both[i]->kind, sizeof both[i]->kind, "%s", layouts[i]);
        snprintf(both[i]->layout, sizeof both[i]->layout, "%s", layouts[i]);
        snprintf(both[i]->state, sizeof both[i]->state, "received");
        snprintf(both[i]->ceremony, sizeof both[i]->ceremony, "%s", c->id);
        if (has_pair(c))
            snprintf(both[i]->pair, sizeof both[i]->pair, "%s", both[1 - i]->number);
        err = cards_put(store, both[i]);
        record_card(&e, both[i]);
        if (err == KR_OK)
            err = note_lines(c, &e, both[i]);
        if (err == KR_OK)
            err = piece_note(c, &e, both[i]->number, both[i]->chip, "good");
    }
    entry_add(&e, "result", "received");
    entry_add(&e, "text", "opened as its holder does; proved the delivery key %s by a challenge",
              step->key);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_done(c, who, "%s", rp->rec.number);
    return record_commit(c, &e, err);
}

static enum kr_error receive_work(struct ceremony *c, vault_handle pin, struct reception *rp)
{
    enum kr_error err = layout_for(c, step_now(c)->layout, &rp->layout);
    if (err == KR_OK)
        err = look(c, 0, &rp->card, &rp->rec);
    if (err == KR_OK && has_pair(c))
        err = look(c, 1, &rp->pair, &rp->pair_rec);
    if (err == KR_OK && has_pair(c))
        err = note_pairs(c, &rp->rec, &rp->pair_rec);
    struct card *with_pin = has_pair(c) ? &rp->pair : &rp->card;
    if (err == KR_OK) {
        var_set(c, "pin-chip", "%s", has_pair(c) ? rp->pair_rec.chip : rp->rec.chip);
        err = last_try_use(c, var_get(c, "pin-chip"), &with_pin->last_try);
    }
    if (err == KR_OK)
        err = personalise_open(&rp->card, &rp->layout, has_pair(c) ? &rp->pair : NULL, pin);
    if (err == KR_OK)
        err = delivery_proved(c, rp);
    return err == KR_OK ? for_us(c, rp) : err;
}

static enum kr_error pin_take(struct ceremony *c)
{
    struct reception rp;
    memset(&rp, 0, sizeof rp);
    enum kr_error err = receive_work(c, c->entry, &rp);
    if (rp.card.readers != NULL)
        card_close(&rp.card);
    if (rp.pair.readers != NULL)
        card_close(&rp.pair);
    entry_drop(c);
    if (err == KR_OK)
        return receive_record(c, &rp);
    if (!card_error(err))
        return err;
    step_goto(c, err == KR_E_PIN_LAST_TRY ? RECEIVE_LAST_TRY
                 : err == KR_E_PIN_WRONG  ? RECEIVE_PIN
                                          : RECEIVE_CARD);
    return refuse(c, step_person(c), err);
}

static enum kr_error last_try(struct ceremony *c, const struct answer *a)
{
    static const int phases[] = {RECEIVE_LAST_TRY, RECEIVE_LAST_TRY_PASSPHRASE, RECEIVE_PIN,
                                 RECEIVE_CARD};
    return last_try_phases(c, a, phases, var_get(c, "pin-chip"));
}

enum kr_error receive_take(struct ceremony *c, const struct answer *a)
{
    struct card card;
    struct card_record rec;
    if (c->phase == RECEIVE_LAST_TRY || c->phase == RECEIVE_LAST_TRY_PASSPHRASE)
        return last_try(c, a);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (c->phase == RECEIVE_PIN)
        return pin_take(c);
    enum kr_error err = look(c, c->phase == RECEIVE_PAIR ? 1 : 0, &card, &rec);
    card_close(&card);
    if (err != KR_OK)
        return card_untouched(err) ? step_problem(c, err)
               : card_error(err)   ? refuse(c, step_person(c), err)
                                   : err;
    step_goto(c, c->phase == RECEIVE_CARD && has_pair(c) ? RECEIVE_PAIR : RECEIVE_PIN);
    return KR_OK;
}
