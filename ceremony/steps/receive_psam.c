/* PSAMs that another centre washed: each is opened by the PAKC in reader 1 before it is taken in.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../layout_kinds.h"
#include "../notes.h"
#include "mother.h"
#include "steps.h"

#define _(text) gettext(text)

#define PAK_KID 0x01 /* on the PSAM and on the PAKC */

enum { RECEIVE_EACH, RECEIVE_STOPPED, RECEIVE_NO_MORE };

/* What is left out here cannot be taken in on this note later: so it is said once more. */
static void no_more_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "no-more");
    snprintf(r->text, sizeof r->text, "%s",
             _("These are on the transfer note and were not taken in. Look into the bag once more: "
               "what is recorded as missing cannot be taken in on this note later. The balance "
               "names each of them, and two people sign it."));
    request_option(r, "look", false, _("There is another one: it is put in"));
    request_option(r, "missing", true, _("They did not come: they are recorded as missing"));
    note_missing_facts(c, r);
}

enum kr_error receive_psam_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == RECEIVE_STOPPED) {
        stopped_ask(c, r);
        return KR_OK;
    }
    if (c->phase == RECEIVE_NO_MORE) {
        no_more_ask(c, r);
        return KR_OK;
    }
    if (mother_wanted(c))
        return mother_ask(c, r);
    request_card(c, r, NULL, (size_t)step_now(c)->reader - 1, "psam", "elsewhere");
    note_facts(c, r, step_now(c)->layout);
    request_fact(r, _("taken in so far"), _("%d of %d"), step_counted(c, "taken"),
                 var_number(c, "quantity"));
    request_option(r, "insert", false, _("The card lies in the reader: go on"));
    request_option(r, "no-more", false, _("No more of them are in the bag"));
    return KR_OK;
}

static enum kr_error prove(struct ceremony *c, struct card *card, const char *chip,
                           struct card_record *rec)
{
    struct card_record known;
    struct card_audit audit;
    struct layout layout;
    memset(rec, 0, sizeof *rec);
    snprintf(rec->chip, sizeof rec->chip, "%s", chip);
    enum kr_error err = mother_crossed(c, chip);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), chip, &known);
    if (err == KR_OK)
        return card_known(&known, step_now(c)->layout);
    if (err == KR_E_NOT_FOUND)
        err = layout_for(c, step_now(c)->layout, &layout);
    if (err == KR_OK)
        err = personalise_read_audit(card, &audit);
    if (err == KR_E_CARD_BLANK)
        return KR_E_CARD_EMPTY;
    if (err == KR_OK && audit.personalisation_id != layout.card_type)
        err = wrong_kind(c->session, audit.personalisation_id);
    if (err == KR_OK) {
        hex_encode_upper(audit.serial, sizeof audit.serial, rec->number);
        err = note_lists(c, rec, step_now(c)->layout);
    }
    if (err == KR_OK)
        err = card_authenticate_by_partner(card, PAK_KID, mother_card(c), PAK_KID);
    return err;
}

static enum kr_error taken_in(struct ceremony *c, struct card_record *rec)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    snprintf(rec->kind, sizeof rec->kind, "%s", step_now(c)->layout);
    snprintf(rec->layout, sizeof rec->layout, "%s", step_now(c)->layout);
    snprintf(rec->state, sizeof rec->state, "received");
    snprintf(rec->ceremony, sizeof rec->ceremony, "%s", c->id);
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    err = cards_put(session_store(c->session), rec);
    record_begin(c, &e, "card");
    record_card(&e, rec);
    entry_add(&e, "result", "received");
    entry_add(&e, "text", "opened by card %s", mother_record(c)->number);
    if (err == KR_OK)
        err = note_lines(c, &e, rec);
    if (err == KR_OK)
        err = piece_note(c, &e, rec->number, rec->chip, "good");
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_count(c, "taken");
    var_clear(c, "rejects");
    if (step_counted(c, "taken") >= var_number(c, "quantity"))
        step_done(c, who, _("%d cards"), step_counted(c, "taken"));
    return record_commit(c, &e, err);
}

static enum kr_error refused(struct ceremony *c, enum kr_error err)
{
    mother_check(c);
    if (card_untouched(err))
        return step_problem(c, err);
    if (!card_error(err))
        return err;
    if (piece_rejected(c))
        step_goto(c, RECEIVE_STOPPED);
    return refuse(c, step_person(c), err);
}

static enum kr_error no_more_take(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX];
    if (answer_is(a, "look")) {
        step_goto(c, RECEIVE_EACH);
        return KR_OK;
    }
    if (!answer_is(a, "missing"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    step_done(c, who, _("%d of %d"), step_counted(c, "taken"), var_number(c, "quantity"));
    return state_persist(c);
}

enum kr_error receive_psam_take(struct ceremony *c, const struct answer *a)
{
    struct card card;
    struct card_record rec;
    char chip[20] = "";
    if (c->phase == RECEIVE_STOPPED)
        return stopped_take(c, a, RECEIVE_EACH);
    if (c->phase == RECEIVE_NO_MORE)
        return no_more_take(c, a);
    if (mother_wanted(c))
        return mother_answer(c, a);
    if (answer_is(a, "no-more")) {
        step_goto(c, RECEIVE_NO_MORE);
        return KR_OK;
    }
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    enum kr_error err = card_begin_chip(c, &card, chip);
    if (err == KR_OK)
        err = prove(c, &card, chip, &rec);
    card_close(&card);
    return err == KR_OK ? taken_in(c, &rec) : refused(c, err);
}
