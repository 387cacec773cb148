/* The steps purchase, load and refusal: which cards, a PIN where one is wanted, what came of it. */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prove.h"

#define _(text) gettext(text)

enum {
    PHASE_BEGIN,
    PHASE_GROUP,
    PHASE_PSAM,
    PHASE_USER,
    PHASE_PIN,
    PHASE_GO,
    PHASE_BACK,
    PHASE_LOOK,
    PHASE_RESULT,
    PHASE_TROUBLE
};

/* A refusal begins with the question whether there is such a card; the others with a card. */
static int phase_now(const struct ceremony *c)
{
    if (c->phase != PHASE_BEGIN || prove_kind_now(c) == PROVE_REFUSAL)
        return c->phase;
    return prove_kind_now(c) == PROVE_LOAD ? PHASE_USER : PHASE_PSAM;
}

static bool intent_open(const struct ceremony *c)
{
    return var_get(c, "intent")[0] != '\0';
}

/* ---- Asking ---- */

static void shown_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    request_option(r, "none", false, _("There is no such card here: it is recorded as not shown"));
    request_option(r, "show", false,
                   _("There is one: the purchase is tried, and has to be refused"));
}

static void group_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "group");
    snprintf(r->text, sizeof r->text, "%s", _("Which group was retired?"));
    for (int g = 1; g <= TRANSACTION_GROUPS; g++) {
        char word[12], text[48];
        snprintf(word, sizeof word, "%d", g);
        snprintf(text, sizeof text, _("group %d"), g);
        request_option(r, word, false, text);
    }
}

/* Of the two cards of a refusal only the one that has to be refused is not our own. */
static bool from_elsewhere(const struct ceremony *c, bool psam)
{
    return prove_kind_now(c) == PROVE_REFUSAL &&
           strcmp(step_now(c)->refuses, psam ? "root" : "bank") == 0;
}

static void card_ask(struct ceremony *c, struct request *r, const char *part, size_t reader,
                     const char *text)
{
    bool psam = reader == 0;
    request_card(c, r, part, reader, psam ? "psam" : "user",
                 from_elsewhere(c, psam) ? "elsewhere" : "verified");
    if (text != NULL)
        snprintf(r->text, sizeof r->text, "%s", text);
}

static enum kr_error pin_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    request_from_step(c, r, REQUEST_SECRET, "pin");
    snprintf(r->text, sizeof r->text,
             _("The user card does this only after its PIN. %s types it. Everyone else: please "
               "look away."),
             r->person_name);
    return request_secret(c, r, &spec, false);
}

static const char *result_text(enum prove_kind kind)
{
    if (kind == PROVE_LOAD)
        return _("The load is proved: the card's MAC1 and TAC agree with the keys of this centre, "
                 "and the card accepted the MAC2.");
    if (kind == PROVE_REFUSAL)
        return _("The purchase was refused, as it has to be. Nothing was debited.");
    return _("The purchase is proved: the user card accepted MAC1, the PSAM accepted MAC2, and the "
             "TAC agrees with the key of this centre.");
}

/* Which of the two refused, and why. */
static const char *refused_by(const struct ceremony *c)
{
    const char *error = var_get(c, "proof-error");
    if (strcmp(error, kr_name(KR_E_GROUP_PSAM)) == 0)
        return _("PSAM: it has no key of that group");
    if (strcmp(error, kr_name(KR_E_GROUP_CARD)) == 0)
        return _("user card: it has no key of that group");
    return _("user card: MAC1 does not verify");
}

static void result_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_SHOW, "result");
    snprintf(r->text, sizeof r->text, "%s", result_text(prove_kind_now(c)));
    proving_facts(c, r);
    if (prove_kind_now(c) == PROVE_REFUSAL)
        request_fact(r, _("refused by"), "%s", refused_by(c));
}

static bool was_accepted(const struct ceremony *c)
{
    struct proving p = {.kind = prove_kind_now(c)};
    return proving_read_state(c, &p.t) && proving_accepted(&p);
}

static void trouble_ask(struct ceremony *c, struct request *r)
{
    bool accepted = !intent_open(c) && was_accepted(c);
    request_from_step(c, r, REQUEST_CHOICE, "trouble");
    proving_facts(c, r);
    if (accepted)
        snprintf(r->text, sizeof r->text, "%s",
                 _("This purchase had to be refused, and it was ACCEPTED. The chain of keys does "
                   "not hold. It is recorded as a failure; stop, and call the auditor."));
    else if (intent_open(c))
        snprintf(r->text, sizeof r->text, "%s",
                 _("Nobody knows yet whether the purse was changed."));
    else
        snprintf(r->text, sizeof r->text, "%s",
                 _("That did not go as it has to, and is recorded as a failure."));
    if (!accepted)
        request_option(r, "again", false,
                       intent_open(c) ? _("Put the same card back: keyrite looks at it once more")
                                      : _("Try once more, with these cards or with others"));
    request_option(r, "leave", true, _("Leave it: this step has failed, and the report says so"));
}

enum kr_error prove_ask(struct ceremony *c, struct request *r)
{
    switch (phase_now(c)) {
    case PHASE_BEGIN:
        shown_ask(c, r);
        break;
    case PHASE_GROUP:
        group_ask(c, r);
        break;
    case PHASE_PSAM:
        card_ask(c, r, "psam", 0, _("Put the PSAM into reader 1."));
        break;
    case PHASE_USER:
        card_ask(c, r, prove_kind_now(c) == PROVE_REFUSAL ? "user" : NULL, 1,
                 prove_kind_now(c) == PROVE_REFUSAL ? _("Put the user card into reader 2.") : NULL);
        break;
    case PHASE_PIN:
        return pin_ask(c, r);
    case PHASE_BACK:
        card_ask(
            c, r, "back", 1,
            _("The user card was interrupted. Put that same card back into reader 2, and leave "
              "the PSAM where it is; keyrite looks at the purse first."));
        if (strcmp(var_get(c, "number"), "-") != 0)
            number_grouped(var_get(c, "number"), r->card_hint);
        break;
    case PHASE_RESULT:
        result_ask(c, r);
        break;
    case PHASE_TROUBLE:
        trouble_ask(c, r);
        break;
    default:
        r->kind = REQUEST_WORK;
    }
    return KR_OK;
}

/* ---- Working ---- */

static void pin_drop(struct ceremony *c)
{
    vault_drop(session_vault(c->session), c->pin);
    c->pin = 0;
}

/* What has happened is known: it is written down, and shown. */
static enum kr_error decided(struct proving *p, enum kr_error err)
{
    struct ceremony *c = p->c;
    bool good = proving_good(p, err);
    if (!good && err != KR_OK)
        step_problem(c, err);
    if (!good)
        pin_drop(c);
    return proving_conclude(p, err, good ? PHASE_RESULT : PHASE_TROUBLE);
}

/* Cards may fail; anything else goes up. */
static enum kr_error settle_run(struct proving *p, enum kr_error err)
{
    struct ceremony *c = p->c;
    if (err != KR_OK && !card_error(err))
        return err;
    if (p->t.purse != PURSE_IN_DOUBT)
        return decided(p, err);
    step_problem(c, err);
    step_goto(c, card_untouched(err) || phase_now(c) == PHASE_GO ? PHASE_BACK : PHASE_TROUBLE);
    enum kr_error kept = p->t.begun ? proving_keep_state(p) : KR_OK;
    return kept == KR_OK ? state_persist(c) : kept;
}

static enum kr_error go(struct ceremony *c)
{
    struct proving p;
    bool psam_fault = false;
    enum kr_error err = proving_open(c, &p, &psam_fault);
    bool ready = err == KR_OK;
    if (ready && proving_wants_pin(&p)) {
        step_goto(c, PHASE_PIN);
    } else if (ready) {
        err = proving_prepare(&p);
        if (err == KR_OK)
            err = proving_intend(&p);
        if (err == KR_OK)
            err = settle_run(&p, proving_run(&p));
    } else if (card_error(err)) {
        step_goto(c, psam_fault ? PHASE_PSAM : PHASE_USER);
        err = step_problem(c, err);
    }
    proving_close(&p);
    return err;
}

/* An intent that a kill or a torn card left open. */
static enum kr_error look(struct ceremony *c)
{
    struct proving p;
    bool known = false;
    enum kr_error err = proving_open_again(c, &p);
    if (err == KR_OK && proving_wants_pin(&p)) {
        step_goto(c, PHASE_PIN);
    } else if (err == KR_OK) {
        err = proving_restore(&p, &known);
        if (err == KR_OK)
            err = settle_run(&p, proving_look(&p, known));
    } else if (card_error(err)) {
        step_goto(c, card_untouched(err) ? PHASE_BACK : PHASE_TROUBLE);
        err = step_problem(c, err);
    }
    proving_close(&p);
    return err;
}

/* ---- Leaving ---- */

static enum kr_error finish(struct ceremony *c)
{
    const struct script_step *step = step_now(c);
    struct transaction t;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    (void)proving_read_state(c, &t);
    bool refusal = prove_kind_now(c) == PROVE_REFUSAL;
    const char *by = refused_by(c);
    proving_forget(c);
    if (refusal)
        step_done(c, who, "%s · %s", _("refused"), by);
    else
        step_done(c, who, "MAC1 MAC2 TAC · %u → %u", (unsigned)t.balance_before,
                  (unsigned)t.balance_after);
    if (!c->finished && step_now(c) == step)
        step_goto(c, PHASE_GO); /* the next group, with the cards that lie there */
    else
        pin_drop(c);
    return state_persist(c);
}

/* A purse that stays in doubt needs its outcome still; else it is written already. */
static enum kr_error leave(struct ceremony *c)
{
    char who[PERSON_ID_MAX], error[64];
    enum kr_error err = KR_OK;
    snprintf(who, sizeof who, "%s", step_person(c));
    if (intent_open(c)) {
        struct proving p = {.c = c, .kind = prove_kind_now(c)};
        p.t.purse = PURSE_IN_DOUBT;
        snprintf(p.user_chip, sizeof p.user_chip, "%s", var_get(c, "chip"));
        snprintf(p.user_number, sizeof p.user_number, "%s", var_get(c, "number"));
        (void)sscanf(var_get(c, "proof-psam"), "%19s %23s", p.psam_chip, p.psam_number);
        (void)proving_read_terms(c, &p);
        (void)proving_read_state(c, &p.t);
        p.t.purse = PURSE_IN_DOUBT;
        kr_detail_clear();
        err = proving_conclude(&p, KR_E_CARD_GONE, PHASE_TROUBLE);
    }
    if (err != KR_OK)
        return err;
    snprintf(error, sizeof error, "%s",
             was_accepted(c) ? _("accepted!") : var_get(c, "proof-error"));
    pin_drop(c);
    proving_forget(c);
    step_failed(c, who, error);
    return state_persist(c);
}

static enum kr_error not_shown(struct ceremony *c)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    record_begin(c, &e, "note");
    entry_add(&e, "text", "no card was shown that has to be refused: %s", step_now(c)->refuses);
    entry_add(&e, "result", "not shown");
    step_done(c, who, "%s", _("not shown"));
    return record_simple(c, &e, who, NULL, NULL);
}

/* ---- Answers ---- */

static enum kr_error not_that(struct ceremony *c, const struct answer *a)
{
    return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
}

static enum kr_error shown_take(struct ceremony *c, const struct answer *a)
{
    if (answer_is(a, "none"))
        return not_shown(c);
    if (!answer_is(a, "show"))
        return not_that(c, a);
    step_goto(c, strcmp(step_now(c)->refuses, "group") == 0 ? PHASE_GROUP : PHASE_PSAM);
    return KR_OK;
}

static enum kr_error group_take(struct ceremony *c, const struct answer *a)
{
    long group = strtol(a->text, NULL, 10);
    if (a->kind != ANSWER_CHOICE || group < 1 || group > TRANSACTION_GROUPS)
        return not_that(c, a);
    step_goto(c, PHASE_PSAM);
    return var_set(c, "proof-group", "%ld", group);
}

static enum kr_error trouble_take(struct ceremony *c, const struct answer *a)
{
    if (answer_is(a, "leave"))
        return leave(c);
    if (!answer_is(a, "again") || (!intent_open(c) && was_accepted(c)))
        return not_that(c, a);
    int first = prove_kind_now(c) == PROVE_LOAD ? PHASE_USER : PHASE_PSAM;
    step_goto(c, intent_open(c) ? PHASE_BACK : first);
    return KR_OK;
}

static enum kr_error pin_take(struct ceremony *c)
{
    c->pin = c->entry;
    c->entry = 0;
    entry_drop(c);
    step_goto(c, intent_open(c) ? PHASE_LOOK : PHASE_GO);
    return KR_OK;
}

enum kr_error prove_take(struct ceremony *c, const struct answer *a)
{
    int phase = phase_now(c);
    if (a == NULL)
        return intent_open(c) ? look(c) : go(c);
    if (phase == PHASE_BEGIN)
        return shown_take(c, a);
    if (phase == PHASE_GROUP)
        return group_take(c, a);
    if (phase == PHASE_TROUBLE)
        return trouble_take(c, a);
    if (a->kind != ANSWER_OK)
        return not_that(c, a);
    if (phase == PHASE_PSAM)
        step_goto(c, PHASE_USER);
    else if (phase == PHASE_USER)
        step_goto(c, PHASE_GO);
    else if (phase == PHASE_BACK)
        step_goto(c, PHASE_LOOK);
    else if (phase == PHASE_PIN)
        return pin_take(c);
    else
        return finish(c);
    return KR_OK;
}
