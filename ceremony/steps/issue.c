/* Issuing one card: its application with keys and files, under the card master control key. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../vocabulary.h"
#include "mother.h"
#include "new_pin.h"
#include "piece.h"

#define _(text) gettext(text)

static const char *issue_state(const struct ceremony *c)
{
    return step_now(c)->blank ? "authenticated" : "washed";
}

static enum kr_error issue_admit(struct ceremony *c, struct card *card, const char *chip,
                                 struct card_record *rec)
{
    struct piece_kit kit;
    struct card_values values;
    enum card_condition condition = CARD_IS_FOREIGN;
    enum kr_error err = mother_crossed(c, chip);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), chip, rec);
    if (err == KR_OK && !step_now(c)->blank && strcmp(rec->state, "authenticated") == 0)
        return KR_E_CARD_BLANK;
    if (err == KR_OK && strcmp(rec->kind, step_now(c)->card) != 0)
        return kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(rec->kind));
    if (err == KR_OK && strcmp(rec->state, issue_state(c)) != 0)
        return kr_fail(KR_E_CARD_KEPT, "%s (%s)", rec->number, vocabulary(rec->state));
    struct layout layout;
    if (err == KR_OK)
        err = layout_for(c, step_now(c)->layout, &layout);
    if (err == KR_OK)
        return mother_suffices(c, &layout);
    if (err != KR_E_NOT_FOUND)
        return err;
    /* not in the inventory: say whether it is a blank or somebody else's */
    err = piece_kit_load(c, false, true, &kit);
    if (err == KR_OK)
        err = kit_values(c, &kit, "", &values);
    if (err == KR_OK)
        err = kit_probe(card, &kit, &values, &condition);
    piece_kit_drop(c, &kit);
    if (err == KR_OK && condition == CARD_IS_BLANK)
        return KR_E_CARD_BLANK;
    return err != KR_OK ? err : kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
}

static bool issued_by(struct ceremony *c, struct card_record *rec)
{
    snprintf(rec->layout, sizeof rec->layout, "%s", step_now(c)->layout);
    snprintf(rec->kind, sizeof rec->kind, "%s", step_now(c)->layout);
    return true;
}

static enum kr_error issue_act(struct ceremony *c, struct card *card, struct card_record *rec,
                               const struct piece_kit *kit, const struct card_values *values)
{
    enum card_condition condition = CARD_IS_WASHED;
    struct card_audit audit;
    enum kr_error err = KR_OK;
    if (strcmp(rec->state, "washed") != 0)
        err = kit_probe(card, kit, values, &condition);
    audit_for(c, &kit->layout, rec->number, &audit);
    if (err == KR_OK && (condition == CARD_IS_BLANK || condition == CARD_IS_HALF))
        err = kit_wash(card, kit, values, &audit);
    if (err == KR_OK)
        err = personalise_issue(card, &kit->layout, values->values, values->count, &audit);
    if (err != KR_OK)
        mother_check(c);
    else
        issued_by(c, rec);
    return err;
}

static enum kr_error issue_finish(struct ceremony *c, const struct card_record *rec)
{
    char name[48], who[PERSON_ID_MAX], grouped[32];
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(name, sizeof name, "card.%.40s", step_now(c)->id);
    var_set(c, name, "%s", rec->number);
    number_grouped(rec->number, grouped);
    vault_drop(session_vault(c->session), c->pin);
    c->pin = 0;
    step_done(c, who, "%s", grouped);
    return KR_OK;
}

static const struct piece_work issuing = {
    .doing = N_("issuing the card"),
    .state_after = "issued",
    .state_before = issue_state,
    .with_adf = true,
    .admit = issue_admit,
    .act = issue_act,
    .finish = issue_finish,
};

/* A card with a PIN: the holder chooses it, twice, before the card is asked for; also again after a
 * restart. */
static bool pin_wanted(struct ceremony *c, enum kr_error *err)
{
    bool wanted = false;
    *err = layout_has_pin(c, step_now(c)->layout, &wanted);
    return wanted && c->pin == 0 && piece_wants_card(c);
}

static bool opening(const struct ceremony *c)
{
    return mother_wanted(c) && piece_wants_card(c);
}

enum kr_error issue_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    enum kr_error err;
    if (opening(c))
        return mother_ask(c, r);
    if (pin_wanted(c, &err)) {
        request_from_step(c, r, REQUEST_SECRET, "pin");
        snprintf(r->text, sizeof r->text,
                 c->first_entry == 0 && c->phase == PIECE_BACK
                     ? _("%s types the PIN chosen for this card before the interruption. Everyone "
                         "else: please look away.")
                 : c->first_entry == 0 ? _("%s chooses the PIN of the new card, 6 digits. Everyone "
                                           "else: please look away.")
                                       : _("%s types the same PIN once more."),
                 r->person_name);
        return request_secret(c, r, &spec, c->first_entry != 0);
    }
    return err == KR_OK ? piece_ask(c, r, &issuing) : err;
}

enum kr_error issue_take(struct ceremony *c, const struct answer *a)
{
    enum kr_error err;
    if (opening(c))
        return mother_answer(c, a);
    if (pin_wanted(c, &err))
        return new_pin_take(c, a, 0, &c->pin);
    return err == KR_OK ? piece_take(c, a, &issuing) : err;
}
