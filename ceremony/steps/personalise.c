/*
 * A batch of cards made in one insertion each: washed where they are blank, issued, and read back
 * as their next user would (R8), under one intent and one outcome. PSAMs get their numbers at
 * intake; user cards get theirs from the rows of the data file, in its order.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../data_file.h"
#include "../vocabulary.h"
#include "mother.h"
#include "piece.h"

#define _(text) gettext(text)

/* Beyond the phases of a piece: a user card gets a new number, and the person writes it on. */
enum { LABEL = PIECE_OWN };

static bool from_rows(const struct ceremony *c)
{
    return step_now(c)->data != NULL;
}

static int made(const struct ceremony *c)
{
    return step_counted(c, "made") + step_counted(c, "aside");
}

static enum kr_error row_now(struct ceremony *c, struct data_row *row)
{
    return data_row_at(session_store(c->session), c->id, (unsigned)made(c) + 1, row);
}

/* The state that a card has to be in: washed by the centre before, received from another, or blank.
 */
static const char *wanted_state(const struct ceremony *c)
{
    return step_now(c)->blank ? "authenticated" : step_now(c)->from;
}

/* A blank user card loses the number that it had in the box for that of its row. */
static enum kr_error number_from_row(struct ceremony *c, struct card_record *rec)
{
    struct data_row row;
    struct card_record taken;
    enum kr_error err = row_now(c, &row);
    if (err != KR_OK || strcmp(rec->number, row.asn) == 0)
        return err;
    if (cards_by_number(session_store(c->session), row.asn, &taken) == KR_OK)
        return kr_fail(KR_E_CARD_KEPT, "%s", row.asn);
    snprintf(rec->number, sizeof rec->number, "%s", row.asn);
    return KR_OK;
}

static enum kr_error personalise_admit(struct ceremony *c, struct card *card, const char *chip,
                                       struct card_record *rec)
{
    (void)card;
    const struct script_step *step = step_now(c);
    enum kr_error err = mother_crossed(c, chip);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), chip, rec);
    if (err == KR_E_NOT_FOUND)
        return kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
    if (err != KR_OK)
        return err;
    if (strcmp(rec->kind, step->card) != 0)
        return kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(rec->kind));
    if (strcmp(rec->state, wanted_state(c)) != 0)
        return kr_fail(KR_E_CARD_KEPT, "%s (%s)", rec->number, vocabulary(rec->state));
    struct layout layout;
    err = layout_for(c, step->layout, &layout);
    if (err == KR_OK)
        err = mother_suffices(c, &layout);
    if (err != KR_OK)
        return err;
    return from_rows(c) ? number_from_row(c, rec) : KR_OK;
}

static enum kr_error audit_of(struct ceremony *c, const struct piece_kit *kit, const char *number,
                              struct card_audit *audit)
{
    struct data_row row;
    audit_for(c, &kit->layout, number, audit);
    if (!from_rows(c))
        return KR_OK;
    enum kr_error err = row_now(c, &row);
    if (err != KR_OK)
        return err;
    uint8_t dates[8];
    data_row_dates(&row, dates);
    memcpy(audit->valid_from, dates, 4);
    memcpy(audit->valid_to, dates + 4, 4);
    data_row_cardholder(&row, audit->holder);
    return KR_OK;
}

static enum kr_error make(struct card *card, const struct piece_kit *kit, bool blank,
                          const struct card_values *values, const struct card_audit *audit)
{
    enum card_condition condition = CARD_IS_WASHED;
    enum kr_error err = blank ? kit_probe(card, kit, values, &condition) : KR_OK;
    if (err == KR_OK && (condition == CARD_IS_BLANK || condition == CARD_IS_HALF))
        err = kit_wash(card, kit, values, audit);
    return err == KR_OK
               ? personalise_issue(card, &kit->layout, values->values, values->count, audit)
               : err;
}

static enum kr_error personalise_act(struct ceremony *c, struct card *card, struct card_record *rec,
                                     const struct piece_kit *kit, const struct card_values *values)
{
    struct card_audit audit;
    size_t proved;
    enum kr_error err = audit_of(c, kit, rec->number, &audit);
    if (err == KR_OK)
        err = make(card, kit, step_now(c)->blank, values, &audit);
    if (err == KR_OK)
        err = personalise_verify(card, &kit->layout, values->values, values->count, &audit, NULL, 0,
                                 &proved);
    if (err != KR_OK)
        return err;
    snprintf(rec->layout, sizeof rec->layout, "%s", step_now(c)->layout);
    snprintf(rec->kind, sizeof rec->kind, "%s", step_now(c)->layout);
    return KR_OK;
}

static void next_card(struct ceremony *c, const char *who)
{
    if (made(c) >= var_number(c, "quantity"))
        step_done(c, who, _("%d cards"), step_counted(c, "made"));
    else
        step_goto(c, PIECE_CARD);
}

static enum kr_error personalise_finish(struct ceremony *c, const struct card_record *rec)
{
    char who[PERSON_ID_MAX];
    const char *count = strcmp(rec->state, "spoiled") == 0 ? "aside" : "made";
    snprintf(who, sizeof who, "%s", step_person(c));
    step_count(c, count);
    if (from_rows(c) && strcmp(count, "made") == 0)
        step_goto(c, LABEL);
    else
        next_card(c, who);
    return KR_OK;
}

static const struct piece_work personalising = {
    .doing = N_("personalising the card"),
    .state_after = "verified",
    .state_before = wanted_state,
    .with_adf = true,
    .admit = personalise_admit,
    .act = personalise_act,
    .finish = personalise_finish,
    .batch = true,
};

static bool opening(const struct ceremony *c)
{
    return mother_wanted(c) && piece_wants_card(c);
}

static void label_ask(struct ceremony *c, struct request *r)
{
    char grouped[32];
    request_from_step(c, r, REQUEST_SHOW, "label");
    number_grouped(var_get(c, "number"), grouped);
    snprintf(r->text, sizeof r->text, "%s",
             _("The card is made and read back. Print or write this number on it, then take it "
               "out."));
    request_fact(r, "ASN", "%s", grouped);
}

enum kr_error personalise_ask(struct ceremony *c, struct request *r)
{
    if (opening(c))
        return mother_ask(c, r);
    enum kr_error err = KR_OK;
    if (c->phase == LABEL)
        label_ask(c, r);
    else
        err = piece_ask(c, r, &personalising);
    if (err == KR_OK)
        request_fact(r, _("made so far"), _("%d of %d"), step_counted(c, "made"),
                     var_number(c, "quantity"));
    mother_facts(c, r);
    return err;
}

enum kr_error personalise_take(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX];
    if (opening(c))
        return mother_answer(c, a);
    if (c->phase != LABEL)
        return piece_take(c, a, &personalising);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    next_card(c, who);
    return KR_OK;
}
