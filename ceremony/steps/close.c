/* The balance of cards (R4), and closing with a checkpoint. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../vocabulary.h"
#include "steps.h"

#define _(text) gettext(text)

enum { BALANCE_FIRST, BALANCE_SECOND };

static void balance_facts(struct ceremony *c, struct request *r)
{
    request_fact(r, _("drawn"), "%d", piece_count(c, NULL));
    request_fact(r, _("good"), "%d", piece_count(c, "good"));
    request_fact(r, _("spoiled"), "%d", piece_count(c, "spoiled"));
    request_fact(r, _("returned"), "%d", piece_count(c, "returned"));
    for (int n = 1; n <= piece_count(c, NULL) && r->fact_count < REQUEST_FACTS_MAX; n++) {
        char name[32], number[24], chip[20], what[16], grouped[32];
        snprintf(name, sizeof name, "piece.%d", n);
        if (sscanf(var_get(c, name), "%23s %19s %15s", number, chip, what) != 3)
            continue;
        number_grouped(number, grouped);
        request_fact(r, grouped, "%s", vocabulary(what));
    }
}

enum kr_error balance_ask(struct ceremony *c, struct request *r)
{
    const char *person =
        c->phase == BALANCE_FIRST ? step_person(c) : seat_person(c, step_now(c)->with, 1);
    request_from_step(c, r, REQUEST_CHOICE, c->phase == BALANCE_FIRST ? NULL : "second");
    snprintf(r->person, sizeof r->person, "%s", person);
    snprintf(r->person_name, sizeof r->person_name, "%s", person_name(c, person));
    balance_facts(c, r);
    request_option(r, "count", false, _("Not yet: count the cards on the table again"));
    request_option(r, "agree", false, _("The cards on the table are these: I sign the balance"));
    return KR_OK;
}

enum kr_error balance_take(struct ceremony *c, const struct answer *a)
{
    int drawn = piece_count(c, NULL), good = piece_count(c, "good");
    int spoiled = piece_count(c, "spoiled"), returned = piece_count(c, "returned");
    struct entry e;
    if (drawn != good + spoiled + returned)
        return step_problem(
            c, kr_fail(KR_E_BALANCE, "%d ≠ %d + %d + %d", drawn, good, spoiled, returned));
    if (answer_is(a, "count"))
        return KR_OK;
    if (!answer_is(a, "agree"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (c->phase == BALANCE_FIRST) {
        step_goto(c, BALANCE_SECOND);
        return KR_OK;
    }
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    record_begin(c, &e, "balance");
    entry_add(&e, "text", "drawn %d = good %d + spoiled %d + returned %d", drawn, good, spoiled,
              returned);
    for (int n = 1; n <= drawn; n++) {
        char name[32];
        snprintf(name, sizeof name, "piece.%d", n);
        entry_add(&e, "piece", "%s", var_get(c, name));
    }
    step_done(c, who, "%d = %d + %d + %d", drawn, good, spoiled, returned);
    return record_simple(c, &e, who, with, NULL);
}

/* ---- close ---- */

enum { CLOSE_RECORD, CLOSE_CHECKPOINT, CLOSE_SHOW };

enum kr_error close_ask(struct ceremony *c, struct request *r)
{
    if (c->phase != CLOSE_SHOW) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_SHOW, NULL);
    request_fact(r, _("checkpoint"), "%s", var_get(c, "checkpoint"));
    return KR_OK;
}

static enum kr_error person_signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                                  uint8_t sig[64])
{
    return vault_sign(ctx, person, message, len, sig);
}

static enum kr_error close_checkpoint(struct ceremony *c, const char *who, const char *with)
{
    struct vault *v = session_vault(c->session);
    struct signer people[2];
    char text[CHECKPOINT_MAX], short_form[64];
    struct checkpoint head;
    memset(people, 0, sizeof people);
    snprintf(people[0].person, sizeof people[0].person, "%s", who);
    snprintf(people[1].person, sizeof people[1].person, "%s", with);
    people[0].sign = people[1].sign = person_signs;
    people[0].ctx = people[1].ctx = v;
    size_t count = with[0] == '\0' || strcmp(who, with) == 0 ? 1 : 2;
    enum kr_error err = record_checkpoint(c, people, count, text, sizeof text);
    if (err == KR_OK)
        err = checkpoint_parse(text, strlen(text), &head);
    if (err == KR_OK)
        err = checkpoint_short_form(&head, short_form, sizeof short_form);
    if (err == KR_OK)
        err = var_set(c, "checkpoint", "%s", short_form);
    return err;
}

/* Nothing sealed outlives its ceremony. */
static enum kr_error close_record(struct ceremony *c, struct entry *e, const char *who,
                                  const char *with)
{
    const char *persons[] = {who, with, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK) {
        entry_free(e);
        return err;
    }
    err = sealed_drop(session_store(c->session), c->id, NULL);
    if (err == KR_OK)
        err = record_sign(c, e, persons, NULL);
    return record_commit(c, e, err);
}

enum kr_error close_take(struct ceremony *c, const struct answer *a)
{
    struct entry e;
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    enum kr_error err = KR_OK;
    (void)a;
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s",
             step_now(c)->with == NULL ? "" : seat_person(c, step_now(c)->with, 1));
    if (c->phase == CLOSE_RECORD) {
        record_begin(c, &e, "close");
        entry_add(&e, "result", "ok");
        step_goto(c, CLOSE_CHECKPOINT);
        return close_record(c, &e, who, with);
    }
    if (c->phase == CLOSE_CHECKPOINT) {
        err = close_checkpoint(c, who, with);
        step_goto(c, CLOSE_SHOW);
        return err == KR_OK ? state_persist(c) : err;
    }
    step_done(c, who, "%s", var_get(c, "checkpoint"));
    return state_persist(c);
}
