/* Washing: the manufacturer's key gives way to the centre's, the MF gets its files and audit data.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../vocabulary.h"
#include "piece.h"

#define _(text) gettext(text)

static enum kr_error wash_admit(struct ceremony *c, struct card *card, const char *chip,
                                struct card_record *rec)
{
    (void)card;
    enum kr_error err = cards_by_chip(session_store(c->session), chip, rec);
    if (err == KR_E_NOT_FOUND)
        return kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
    if (err != KR_OK)
        return err;
    if (strcmp(rec->kind, step_now(c)->card == NULL ? "mother" : step_now(c)->card) != 0)
        return kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(rec->kind));
    if (strcmp(rec->state, "authenticated") != 0)
        return kr_fail(KR_E_CARD_KEPT, "%s (%s)", rec->number, vocabulary(rec->state));
    return KR_OK;
}

static const char *wash_state(const struct ceremony *c)
{
    (void)c;
    return "authenticated";
}

static enum kr_error wash_act(struct ceremony *c, struct card *card, struct card_record *rec,
                              const struct piece_kit *kit, const struct card_values *values)
{
    struct card_audit audit;
    snprintf(rec->layout, sizeof rec->layout, "%s", step_now(c)->layout);
    audit_for(c, &kit->layout, rec->number, &audit);
    return kit_wash(card, kit, values, &audit);
}

static enum kr_error wash_finish(struct ceremony *c, const struct card_record *rec)
{
    char who[PERSON_ID_MAX];
    const char *count = strcmp(rec->state, "spoiled") == 0 ? "aside" : "washed";
    snprintf(who, sizeof who, "%s", step_person(c));
    step_count(c, count);
    if (step_counted(c, "washed") + step_counted(c, "aside") >= var_number(c, "quantity"))
        step_done(c, who, _("%d cards"), step_counted(c, "washed"));
    else
        step_goto(c, PIECE_CARD);
    return KR_OK;
}

static const struct piece_work washing = {
    .doing = N_("washing the card"),
    .state_after = "washed",
    .state_before = wash_state,
    .admit = wash_admit,
    .act = wash_act,
    .finish = wash_finish,
    .batch = true,
};

enum kr_error wash_ask(struct ceremony *c, struct request *r)
{
    enum kr_error err = piece_ask(c, r, &washing);
    if (err == KR_OK)
        request_fact(r, _("washed so far"), _("%d of %d"), step_counted(c, "washed"),
                     var_number(c, "quantity"));
    return err;
}

enum kr_error wash_take(struct ceremony *c, const struct answer *a)
{
    return piece_take(c, a, &washing);
}
