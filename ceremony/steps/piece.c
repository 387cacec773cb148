#include "piece.h"

#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"

#define _(text) gettext(text)

static size_t step_reader(const struct ceremony *c)
{
    return (size_t)step_now(c)->reader - 1;
}

static void trouble_ask(struct ceremony *c, struct request *r, const struct piece_work *work)
{
    char grouped[32];
    number_grouped(var_get(c, "number"), grouped);
    request_from_step(c, r, REQUEST_CHOICE, "trouble");
    snprintf(r->text, sizeof r->text,
             _("Card %s is in doubt: nobody can know yet what it holds. It does not go into the "
               "good pile."),
             grouped);
    request_option(r, "look", false,
                   _("Put the same card back: keyrite looks at it and completes it"));
    request_option(r, "void", true,
                   _("Void it: it is marked spoiled and goes into the red tray; a new card is made "
                     "with the same number"));
    if (work->batch)
        request_option(
            r, "aside", true,
            _("Set it aside: it is marked spoiled and goes into the red tray; its number "
              "is not made again, the next card is drawn"));
}

enum kr_error piece_ask(struct ceremony *c, struct request *r, const struct piece_work *work)
{
    char grouped[32];
    number_grouped(var_get(c, "number"), grouped);
    if (c->phase == PIECE_TROUBLE)
        trouble_ask(c, r, work);
    else if (c->phase == PIECE_STOPPED)
        stopped_ask(c, r);
    if (c->phase == PIECE_TROUBLE || c->phase == PIECE_STOPPED)
        return KR_OK;
    bool remake = var_get(c, "remake")[0] != '\0';
    request_card(c, r, c->phase == PIECE_BACK ? "back" : NULL, step_reader(c),
                 step_now(c)->card == NULL ? "mother" : step_now(c)->card,
                 remake ? "" : work->state_before(c));
    if (c->phase == PIECE_BACK) {
        snprintf(r->card_hint, sizeof r->card_hint, "%s", grouped);
        snprintf(r->text, sizeof r->text,
                 _("Work on card %s was interrupted. Put that same card back into reader %d; "
                   "keyrite looks at it first."),
                 grouped, step_now(c)->reader);
    } else if (remake) {
        number_grouped(var_get(c, "remake"), grouped);
        snprintf(r->text, sizeof r->text,
                 _("The spoiled card goes into the red tray. Put a new blank card into reader %d: "
                   "it is made with the number %s of the spoiled one."),
                 step_now(c)->reader, grouped);
    }
    return KR_OK;
}

enum kr_error piece_admit_remake(struct ceremony *c, struct card *card, const char *chip,
                                 struct card_record *rec)
{
    struct key_record key;
    struct card_record spoiled;
    vault_handle auth = 0;
    enum kr_error err = cards_by_chip(session_store(c->session), chip, &spoiled);
    if (err == KR_OK)
        return kr_fail(KR_E_CARD_KEPT, "%s", spoiled.number);
    err = key_load(c, "kMprd-auth", 0, &auth, &key);
    if (err == KR_OK)
        err = personalise_prove_blank(card, auth);
    vault_drop(session_vault(c->session), auth);
    if (err != KR_OK)
        return err;
    memset(rec, 0, sizeof *rec);
    snprintf(rec->number, sizeof rec->number, "%s", var_get(c, "remake"));
    snprintf(rec->kind, sizeof rec->kind, "%s", var_get(c, "remake-kind"));
    snprintf(rec->chip, sizeof rec->chip, "%s", chip);
    snprintf(rec->state, sizeof rec->state, "authenticated");
    snprintf(rec->ceremony, sizeof rec->ceremony, "%s", c->id);
    return KR_OK;
}

/* ---- From the card in the reader to its outcome ---- */

/* Before the first command that changes the card. A remade piece enters the inventory together with
 * its intent. */
static enum kr_error intend(struct ceremony *c, const struct piece_work *work,
                            struct card_record *rec)
{
    struct entry e;
    uint64_t seq = 0;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    if (rec->piece == 0)
        err = cards_put(session_store(c->session), rec);
    var_set(c, "chip", "%s", rec->chip);
    var_set(c, "number", "%s", rec->number);
    step_goto(c, PIECE_BACK);
    record_begin(c, &e, "intent");
    record_card(&e, rec);
    if (err == KR_OK)
        err = piece_note(c, &e, rec->number, rec->chip, "doubt");
    entry_add(&e, "text", "%s", work->doing);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, &seq);
    if (err == KR_OK)
        err = var_set(c, "intent", "%" PRIu64, seq);
    return record_commit_start(c, &e, err);
}

static enum kr_error complete(struct ceremony *c, const struct piece_work *work,
                              struct card_record *rec)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    snprintf(rec->state, sizeof rec->state, "%s", work->state_after);
    snprintf(rec->ceremony, sizeof rec->ceremony, "%s", c->id);
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "ok");
    record_card(&e, rec);
    err = cards_set(session_store(c->session), rec);
    /* Issued is not good yet: that is said by reading it back (R8). */
    if (err == KR_OK)
        err = piece_note(c, &e, rec->number, rec->chip,
                         strcmp(rec->state, "issued") == 0 ? "doubt" : "good");
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    var_clear(c, "remake");
    var_clear(c, "rejects");
    if (err == KR_OK)
        err = work->finish(c, rec);
    return record_commit_start(c, &e, err);
}

/* The intent reaches the disk while the card is only looked at. */
static enum kr_error intent_is_durable(void *ctx)
{
    return record_commit_finish(ctx);
}

static enum kr_error act_on(struct ceremony *c, const struct piece_work *work, struct card *card,
                            struct card_record *rec, const struct piece_kit *kit)
{
    card->before_change = intent_is_durable;
    card->before_change_ctx = c;
    struct card_values values;
    enum kr_error err = kit_values(c, kit, rec->number, &values);
    if (err == KR_OK)
        err = work->act(c, card, rec, kit, &values);
    card_values_drop(c, &values);
    enum kr_error durable = record_commit_finish(c); /* where nothing had to be changed */
    return durable == KR_OK ? err : durable;
}

static enum kr_error work_on(struct ceremony *c, const struct piece_work *work, struct card *card,
                             struct card_record *rec, const struct piece_kit *kit)
{
    progress_set(c, _(work->doing), 0, 0);
    enum kr_error err = act_on(c, work, card, rec, kit);
    bool acted = err == KR_OK;
    if (acted)
        err = complete(c, work, rec);
    card_close(card);
    if (acted)
        return err == KR_OK ? record_commit_finish(c) : err;
    if (!card_error(err))
        return err;
    batch_trouble(c, rec->chip, err);
    if (!card_untouched(err))
        step_goto(c, PIECE_TROUBLE);
    return refuse(c, step_person(c), err);
}

static enum kr_error card_refused(struct ceremony *c, enum kr_error err)
{
    if (card_untouched(err))
        return step_problem(c, err);
    if (!card_error(err))
        return err;
    if (piece_rejected(c))
        step_goto(c, PIECE_STOPPED);
    return refuse(c, step_person(c), err);
}

static enum kr_error card_take(struct ceremony *c, const struct piece_work *work)
{
    struct card card;
    struct card_record rec;
    const struct piece_kit *kit = NULL;
    char chip[20] = "";
    batch_card(c);
    enum kr_error err = card_begin_chip(c, &card, chip);
    if (err == KR_OK && var_get(c, "remake")[0] != '\0')
        err = piece_admit_remake(c, &card, chip, &rec);
    else if (err == KR_OK)
        err = work->admit(c, &card, chip, &rec);
    if (err == KR_OK)
        err = kit_held(c, work->with_adf, strcmp(rec.state, "washed") != 0, &kit);
    if (err != KR_OK) {
        card_close(&card);
        return card_refused(c, err);
    }
    err = intend(c, work, &rec);
    if (err == KR_OK)
        return work_on(c, work, &card, &rec, kit);
    card_close(&card);
    return err;
}

static enum kr_error back_take(struct ceremony *c, const struct piece_work *work)
{
    struct card card;
    struct card_record rec;
    const struct piece_kit *kit = NULL;
    char chip[20] = "";
    batch_card(c);
    enum kr_error err = card_begin_chip(c, &card, chip);
    if (err == KR_OK && strcmp(chip, var_get(c, "chip")) != 0)
        err = kr_fail(KR_E_CARD_SWAPPED, "%s", chip);
    if (err == KR_OK)
        err = cards_by_chip(session_store(c->session), chip, &rec);
    if (err == KR_OK)
        err = kit_held(c, work->with_adf, strcmp(rec.state, "washed") != 0, &kit);
    if (err != KR_OK) {
        card_close(&card);
        if (!card_error(err))
            return err;
        if (!card_untouched(err))
            step_goto(c, PIECE_TROUBLE);
        return step_problem(c, err);
    }
    return work_on(c, work, &card, &rec, kit);
}

/* Nobody puts it back: it is spoiled, and its number made again, or set aside and left out. */
static enum kr_error void_piece(struct ceremony *c, const struct piece_work *work, bool aside)
{
    struct card_record rec;
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = cards_by_chip(session_store(c->session), var_get(c, "chip"), &rec);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "failed");
    if (!aside) {
        var_set(c, "remake", "%s", rec.number);
        var_set(c, "remake-kind", "%s", rec.kind);
    }
    snprintf(rec.state, sizeof rec.state, "spoiled");
    snprintf(rec.ceremony, sizeof rec.ceremony, "%s", c->id);
    record_card(&e, &rec);
    entry_add(&e, "text", "%s",
              aside ? "set aside: marked spoiled, its number is not made again"
                    : "voided: marked spoiled, to be remade with the same number");
    err = cards_set(session_store(c->session), &rec);
    if (err == KR_OK)
        err = piece_note(c, &e, rec.number, rec.chip, "spoiled");
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    if (aside)
        var_clear(c, "remake");
    if (aside && err == KR_OK)
        err = work->finish(c, &rec);
    else
        step_goto(c, PIECE_CARD);
    return record_commit(c, &e, err);
}

enum kr_error piece_take(struct ceremony *c, const struct answer *a, const struct piece_work *work)
{
    if (c->phase == PIECE_STOPPED)
        return stopped_take(c, a, PIECE_CARD);
    if (c->phase == PIECE_TROUBLE) {
        if (answer_is(a, "void") || (work->batch && answer_is(a, "aside")))
            return void_piece(c, work, answer_is(a, "aside"));
        if (!answer_is(a, "look"))
            return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
        step_goto(c, PIECE_BACK);
        return KR_OK;
    }
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    return c->phase == PIECE_CARD ? card_take(c, work) : back_take(c, work);
}
