#include "piece.h"

#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../prerequisites.h"
#include "../vocabulary.h"
#include "gone.h"
#include "mother.h"

#define _(text) gettext(text)

static size_t step_reader(const struct ceremony *c)
{
    return (size_t)step_now(c)->reader - 1;
}

/* A batch whose cards come with work of another centre on them has no blanks to begin anew with. */
static bool may_remake(const struct ceremony *c, const struct piece_work *work)
{
    return !work->batch || strcmp(work->state_before(c), "authenticated") == 0;
}

static const char *step_plastic(const struct ceremony *c)
{
    return step_now(c)->card == NULL ? "mother" : step_now(c)->card;
}

/* What is written on the card of the open intent: one for a row of the data file bears the number
 * that it had in the box until it is made. */
static void written_number(struct ceremony *c, char grouped[32])
{
    struct card_record rec;
    const char *number = var_get(c, "number");
    if (var_get(c, "remake")[0] == '\0' &&
        cards_by_chip(session_store(c->session), var_get(c, "chip"), &rec) == KR_OK)
        number = rec.number;
    number_grouped(number, grouped);
}

static void trouble_ask(struct ceremony *c, struct request *r, const struct piece_work *work)
{
    char grouped[32];
    written_number(c, grouped);
    request_from_step(c, r, REQUEST_CHOICE, "trouble");
    snprintf(r->text, sizeof r->text,
             _("Card %s is in doubt: nobody can know yet what it holds. It does not go into the "
               "good pile."),
             grouped);
    request_option(r, "look", false,
                   _("Put the same card back: keyrite looks at it and completes it"));
    if (may_remake(c, work))
        request_option(r, "void", true,
                       _("Void it: it is marked spoiled and goes into the red tray; a new card is "
                         "made with the same number"));
    if (work->batch)
        request_option(
            r, "aside", true,
            _("Set it aside: it is marked spoiled and goes into the red tray; its number "
              "is not made again, the next card is drawn"));
}

static void back_ask(struct ceremony *c, struct request *r, const struct piece_work *work)
{
    request_card(c, r, "back", step_reader(c), step_plastic(c), work->state_before(c));
    written_number(c, r->card_hint);
    snprintf(r->text, sizeof r->text,
             c->untouched ? _("Nothing has been written on card %s yet. Put that same card into "
                              "reader %d again.")
                          : _("Work on card %s was interrupted. Put that same card back into "
                              "reader %d; keyrite looks at it first."),
             r->card_hint, step_now(c)->reader);
    gone_offer(r, may_remake(c, work), work->batch);
}

/* More cards were taken in than this step still needs. */
static bool spare_taken_in(struct ceremony *c)
{
    unsigned done = 0, total = 0;
    size_t there = 0;
    batch_size(c, &done, &total);
    size_t wanted = total > done ? total - done : 1;
    return cards_there(session_store(c->session), step_plastic(c), "authenticated", wanted,
                       &there) == KR_OK &&
           there >= wanted;
}

static void remake_ask(struct ceremony *c, struct request *r)
{
    number_grouped(var_get(c, "remake"), r->card_write);
    request_card(c, r, NULL, step_reader(c), step_plastic(c),
                 spare_taken_in(c) ? "authenticated" : "");
    snprintf(r->text, sizeof r->text,
             _("The spoiled card goes into the red tray. Put a blank card into reader %d: one that "
               "was taken in, whose own number is then set aside, or a new one. It is made with "
               "the number %s of the spoiled one: write that on it."),
             step_now(c)->reader, r->card_write);
}

bool piece_wants_card(const struct ceremony *c)
{
    return c->phase == PIECE_CARD || c->phase == PIECE_BACK;
}

enum kr_error piece_ask(struct ceremony *c, struct request *r, const struct piece_work *work)
{
    char grouped[32];
    if (c->phase == PIECE_TROUBLE)
        trouble_ask(c, r, work);
    else if (c->phase == PIECE_STOPPED)
        stopped_ask(c, r);
    else if (c->phase == PIECE_GONE) {
        written_number(c, grouped);
        return gone_ask(c, r, grouped);
    } else if (c->phase == PIECE_BACK)
        back_ask(c, r, work);
    else if (var_get(c, "remake")[0] != '\0')
        remake_ask(c, r);
    else
        request_card(c, r, NULL, step_reader(c), step_plastic(c), work->state_before(c));
    return KR_OK;
}

/* A blank of the inventory, or one that enters it now. */
static enum kr_error blank_for_remake(struct ceremony *c, const char *chip, struct card_record *rec)
{
    const char *kind = var_get(c, "remake-kind");
    enum kr_error err = cards_by_chip(session_store(c->session), chip, rec);
    if (err == KR_OK && strcmp(rec->state, "authenticated") != 0)
        return kr_fail(KR_E_CARD_KEPT, "%s (%s)", rec->number, vocabulary(rec->state));
    if (err == KR_OK && strcmp(rec->kind, kind) != 0)
        return kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(rec->kind));
    if (err != KR_E_NOT_FOUND)
        return err;
    memset(rec, 0, sizeof *rec);
    snprintf(rec->kind, sizeof rec->kind, "%s", kind);
    snprintf(rec->chip, sizeof rec->chip, "%s", chip);
    snprintf(rec->state, sizeof rec->state, "authenticated");
    return KR_OK;
}

static enum kr_error admit_remake(struct ceremony *c, struct card *card, const char *chip,
                                  struct card_record *rec)
{
    struct key_record key;
    struct layout layout;
    vault_handle auth = 0;
    enum kr_error err = blank_for_remake(c, chip, rec);
    if (err == KR_OK)
        err = layout_for(c, step_now(c)->layout, &layout);
    if (err == KR_OK)
        err = mother_suffices(c, &layout);
    if (err == KR_OK)
        err = key_load(c, "kMprd-auth", 0, &auth, &key);
    if (err == KR_OK)
        err = personalise_prove_blank(card, auth);
    vault_drop(session_vault(c->session), auth);
    snprintf(rec->number, sizeof rec->number, "%s", var_get(c, "remake"));
    snprintf(rec->ceremony, sizeof rec->ceremony, "%s", c->id);
    return err;
}

/* ---- From the card in the reader to its outcome ---- */

static void set_untouched(struct ceremony *c, bool untouched)
{
    pthread_mutex_lock(&c->lock);
    c->untouched = untouched;
    pthread_mutex_unlock(&c->lock);
}

/* A card that was taken in gets the number of its row in the data file, or of a spoiled one: its
 * own is given to nothing else. */
static enum kr_error own_number(struct ceremony *c, struct entry *e, const struct card_record *rec)
{
    struct card_record own;
    enum kr_error err = cards_by_chip(session_store(c->session), rec->chip, &own);
    if (err == KR_OK && strcmp(own.number, rec->number) != 0)
        entry_add(e, "text", "the number %s that the card has had is set aside", own.number);
    return err;
}

/* Before the first command that changes the card. A piece that was not taken in enters the
 * inventory together with its intent. */
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
    step_goto(c, PIECE_BACK);
    record_begin(c, &e, "intent");
    if (err == KR_OK)
        err = record_intent_card(c, &e, rec);
    if (err == KR_OK)
        err = piece_note(c, &e, rec->number, rec->chip, "doubt");
    entry_add(&e, "text", "%s", work->doing);
    if (err == KR_OK)
        err = own_number(c, &e, rec);
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
    set_untouched(c, false);
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
    /* A mother card counts what it exports: that is a change too, and nothing of it waits. */
    enum kr_error err = mother_is_open(c) ? record_commit_finish(c) : KR_OK;
    if (err == KR_OK)
        err = kit_values(c, kit, rec->number, &values);
    else
        memset(&values, 0, sizeof values);
    if (err == KR_OK)
        err = work->act(c, card, rec, kit, &values);
    card_values_drop(c, &values);
    set_untouched(c, c->untouched && !card->touched);
    enum kr_error durable = record_commit_finish(c); /* where nothing had to be changed */
    return durable == KR_OK ? err : durable;
}

static enum kr_error work_failed(struct ceremony *c, const struct card_record *rec,
                                 enum kr_error why)
{
    bool unwritten =
        c->untouched && (why == KR_E_CARD_GONE || why == KR_E_CARD_RESET || why == KR_E_CARD_MUTE);
    enum kr_error said = unwritten ? KR_E_CARD_UNWRITTEN : why;
    batch_trouble(c, rec->chip, said);
    if (!card_untouched(why) && !c->untouched)
        step_goto(c, PIECE_TROUBLE);
    enum kr_error err = refuse(c, step_person(c), why);
    return err == KR_OK && unwritten ? step_problem(c, said) : err;
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
    mother_check(c);
    return work_failed(c, rec, err);
}

/* It may be the card in the other reader that failed: then that one is asked for again. */
static enum kr_error card_refused(struct ceremony *c, enum kr_error err)
{
    if (card_error(err))
        mother_check(c);
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
        err = admit_remake(c, &card, chip, &rec);
    else if (err == KR_OK)
        err = work->admit(c, &card, chip, &rec);
    if (err == KR_OK)
        err = kit_held(c, work->with_adf, strcmp(rec.state, "washed") != 0, &kit);
    if (err != KR_OK) {
        card_close(&card);
        return card_refused(c, err);
    }
    err = intend(c, work, &rec);
    set_untouched(c, err == KR_OK);
    if (err == KR_OK)
        return work_on(c, work, &card, &rec, kit);
    card_close(&card);
    return err;
}

/* The card of the open intent, with the number that it is made with. */
static enum kr_error intended_card(struct ceremony *c, struct card_record *rec)
{
    enum kr_error err = cards_by_chip(session_store(c->session), var_get(c, "chip"), rec);
    if (err == KR_OK)
        snprintf(rec->number, sizeof rec->number, "%s", var_get(c, "number"));
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
        err = intended_card(c, &rec);
    if (err == KR_OK)
        err = kit_held(c, work->with_adf, strcmp(rec.state, "washed") != 0, &kit);
    if (err != KR_OK) {
        card_close(&card);
        if (!card_error(err))
            return err;
        if (!card_untouched(err) && !c->untouched)
            step_goto(c, PIECE_TROUBLE);
        return step_problem(c, err);
    }
    return work_on(c, work, &card, &rec, kit);
}

/* It is spoiled, and its number made again, or set aside and left out. reason: why it does not come
 * back; NULL for one that lies there. */
static enum kr_error void_piece(struct ceremony *c, const struct piece_work *work, bool aside,
                                const char *reason)
{
    struct card_record rec;
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, reason == NULL ? NULL : seated_supervisor(c), NULL};
    enum kr_error err = intended_card(c, &rec);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    if (reason != NULL)
        err = gone_record(c, who, &rec, reason);
    record_outcome_begin(c, &e, "failed");
    set_untouched(c, false);
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
    if (err == KR_OK)
        err = cards_set(session_store(c->session), &rec);
    if (err == KR_OK)
        err = piece_note(c, &e, rec.number, rec.chip, gone_what(reason));
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

static enum kr_error trouble_take(struct ceremony *c, const struct answer *a,
                                  const struct piece_work *work)
{
    if ((may_remake(c, work) && answer_is(a, "void")) || (work->batch && answer_is(a, "aside")))
        return void_piece(c, work, answer_is(a, "aside"), NULL);
    if (!answer_is(a, "look"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    step_goto(c, PIECE_BACK);
    return KR_OK;
}

static enum kr_error gone_take(struct ceremony *c, const struct answer *a,
                               const struct piece_work *work)
{
    const char *reason;
    enum gone what;
    enum kr_error err = gone_decided(c, a, &what, &reason);
    if (err != KR_OK || what == GONE_ASKED)
        return err == KR_E_ANSWER ? step_problem(c, err) : err;
    if (what != GONE_NOT)
        return void_piece(c, work, what == GONE_ASIDE, reason);
    step_goto(c, PIECE_BACK);
    return KR_OK;
}

enum kr_error piece_take(struct ceremony *c, const struct answer *a, const struct piece_work *work)
{
    if (c->phase == PIECE_STOPPED)
        return stopped_take(c, a, PIECE_CARD);
    if (c->phase == PIECE_TROUBLE)
        return trouble_take(c, a, work);
    if (c->phase == PIECE_GONE)
        return gone_take(c, a, work);
    if (c->phase == PIECE_BACK && gone_chosen(c, a, may_remake(c, work), work->batch) != GONE_NOT) {
        step_goto(c, PIECE_GONE);
        return KR_OK;
    }
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    return c->phase == PIECE_CARD ? card_take(c, work) : back_take(c, work);
}
