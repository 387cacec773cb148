/* The balance of cards (R4), and closing with a checkpoint. */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../store/paper.h"
#include "../notes.h"
#include "steps.h"

#define _(text) gettext(text)

enum { BALANCE_FIRST, BALANCE_SECOND, BALANCE_PASSPHRASE };

enum kr_error balance_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == BALANCE_PASSPHRASE)
        return second_ask(c, r);
    request_from_step(c, r, REQUEST_CHOICE, c->phase == BALANCE_FIRST ? NULL : "second");
    if (c->phase != BALANCE_FIRST) {
        request_by_second(c, r);
        snprintf(r->text, sizeof r->text,
                 _("%s counts the cards on the table too, and signs as the second."),
                 r->person_name);
    }
    request_option(r, "count", false, _("Not yet: count the cards on the table again"));
    request_option(r, "agree", false, _("The cards on the table are these: I sign the balance"));
    note_missing_facts(c, r);
    return pieces_facts(c, r);
}

/* Every piece with what became of it; the sums are signed by both. */
static enum kr_error balance_lines(struct ceremony *c, struct entry *e, const struct piece_sum *sum,
                                   const char *const *persons)
{
    char lost[32] = "";
    if (sum->lost > 0)
        snprintf(lost, sizeof lost, " + lost %u", sum->lost);
    entry_add(e, "text", "drawn %u = good %u + spoiled %u + returned %u%s", sum->drawn, sum->good,
              sum->spoiled, sum->returned, lost);
    if (sum->aside > 0)
        entry_add(e, "text", "of the spoiled%s %u set aside: their numbers were not made again",
                  sum->lost > 0 ? " and lost" : "", sum->aside);
    enum kr_error err = note_not_here_lines(c, e);
    if (err == KR_OK)
        err = pieces_lines(c, e, persons[0]);
    return err == KR_OK ? record_sign(c, e, persons, NULL) : err;
}

static enum kr_error balance_record(struct ceremony *c)
{
    struct entry e;
    struct piece_sum sum;
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    const char *persons[] = {who, with, NULL};
    enum kr_error err = pieces_balance(c, &sum);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "balance");
    err = balance_lines(c, &e, &sum, persons);
    /* after it: the second one's passphrase serves for one signature, and the balance is that */
    if (err == KR_OK)
        err = note_missing_record(c, persons);
    if (sum.lost > 0)
        step_done(c, who, "%u = %u + %u + %u + %u", sum.drawn, sum.good, sum.spoiled, sum.returned,
                  sum.lost);
    else
        step_done(c, who, "%u = %u + %u + %u", sum.drawn, sum.good, sum.spoiled, sum.returned);
    return record_commit(c, &e, err);
}

enum kr_error balance_take(struct ceremony *c, const struct answer *a)
{
    struct piece_sum sum;
    enum kr_error err = pieces_balance(c, &sum);
    if (err != KR_OK)
        return err == KR_E_BALANCE ? step_problem(c, err) : err;
    if (c->phase == BALANCE_PASSPHRASE)
        return second_take(c, a, BALANCE_SECOND, balance_record);
    if (answer_is(a, "count"))
        return KR_OK;
    if (!answer_is(a, "agree"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    step_goto(c, c->phase + 1);
    return KR_OK;
}

/* ---- close ---- */

enum { CLOSE_RECORD, CLOSE_CHECKPOINT, CLOSE_SHOW };

/* Whoever is to sign beside the one whose step it is; "" where nobody is. */
static const char *close_second(const struct ceremony *c)
{
    const char *with = step_now(c)->with == NULL ? "" : seat_person(c, step_now(c)->with, 1);
    return strcmp(with, step_person(c)) == 0 ? "" : with;
}

/* A ceremony that is closed is not yet one that went well. */
static void failed_facts(struct ceremony *c, struct request *r)
{
    for (size_t i = 0; i < c->instance_count; i++) {
        char title[96];
        if (c->instances[i].state != STEP_FAILED)
            continue;
        instance_title(c, &c->instances[i], title, sizeof title);
        request_fact(r, _("FAILED"), "%.60s: %.30s", title, c->instances[i].fact);
    }
}

static void failed_record(struct ceremony *c, struct entry *e)
{
    unsigned failed = 0;
    for (size_t i = 0; i < c->instance_count; i++)
        failed += c->instances[i].state == STEP_FAILED;
    entry_add(e, "result", "%s", failed > 0 ? "failed" : "ok");
    for (size_t i = 0; i < c->instance_count; i++) {
        char key[64];
        instance_key(c, &c->instances[i], NULL, key);
        if (c->instances[i].state == STEP_FAILED)
            entry_add(e, "text", "failed: %s", key);
    }
}

enum kr_error close_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == CLOSE_RECORD && close_second(c)[0] != '\0')
        return second_ask(c, r);
    if (c->phase != CLOSE_SHOW) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_SHOW, NULL);
    r->for_paper = true;
    request_fact(r, _("checkpoint"), "%s", var_get(c, "checkpoint"));
    failed_facts(c, r);
    note_missing_facts(c, r);
    return pieces_lost_facts(c, r);
}

static enum kr_error person_signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                                  uint8_t sig[64])
{
    return vault_sign(ctx, person, message, len, sig);
}

static enum kr_error close_checkpoint(struct ceremony *c)
{
    struct vault *v = session_vault(c->session);
    struct signer people[2];
    char text[CHECKPOINT_MAX], short_form[64];
    struct checkpoint head;
    memset(people, 0, sizeof people);
    snprintf(people[0].person, sizeof people[0].person, "%s", step_person(c));
    snprintf(people[1].person, sizeof people[1].person, "%s", close_second(c));
    people[0].sign = people[1].sign = person_signs;
    people[0].ctx = people[1].ctx = v;
    size_t count = close_second(c)[0] == '\0' ? 1 : 2;
    enum kr_error err = record_checkpoint(c, people, count, text, sizeof text);
    if (err == KR_OK)
        err = checkpoint_parse(text, strlen(text), &head);
    if (err == KR_OK)
        err = checkpoint_short_form(&head, short_form, sizeof short_form);
    if (err == KR_OK)
        err = var_set(c, "checkpoint", "%s", short_form);
    return err;
}

static enum kr_error close_record(struct ceremony *c)
{
    struct entry e;
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", close_second(c));
    const char *persons[] = {who, with, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "close");
    failed_record(c, &e);
    step_goto(c, CLOSE_CHECKPOINT);
    err = pieces_lost_lines(c, &e);
    if (err == KR_OK)
        err = state_leave_nothing(c);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    return record_commit(c, &e, err);
}

enum kr_error close_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == CLOSE_RECORD && a == NULL)
        return close_record(c);
    if (c->phase == CLOSE_RECORD)
        return second_take(c, a, CLOSE_RECORD, close_record);
    if (c->phase == CLOSE_CHECKPOINT) {
        enum kr_error err = close_checkpoint(c);
        step_goto(c, CLOSE_SHOW);
        return err == KR_OK ? state_persist(c) : err;
    }
    if (a->kind == ANSWER_OK && strcmp(a->text, REQUEST_ON_PAPER) == 0) {
        enum kr_error err =
            paper_remember(session_store(c->session), strtoull(var_get(c, "checkpoint"), NULL, 10));
        if (err != KR_OK)
            return err;
    }
    step_done(c, step_person(c), "%s", var_get(c, "checkpoint"));
    return state_persist(c);
}
