/* What people may do at any time beside answering: a note, an exception sheet, a pause, an abort
 * (R6). */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

#define _(text) gettext(text)

static bool is_open(const struct ceremony *c)
{
    return session_store(c->session) != NULL && var_get(c, "open-entry")[0] != '\0';
}

static bool may_act(struct ceremony *c, const char *person)
{
    return person[0] != '\0' && session_is_present(c->session, person) &&
           role_by_name(acting_role(c, person)) != ROLE_AUDITOR;
}

bool acting_person(struct ceremony *c, char out[PERSON_ID_MAX])
{
    struct present_person present[PEOPLE_MAX];
    size_t count = session_present(c->session, present, PEOPLE_MAX);
    const char *found = may_act(c, step_person(c)) ? step_person(c) : "";
    for (size_t i = 0; i < c->script->seats_count && found[0] == '\0'; i++)
        for (int n = 1; n <= c->script->seats[i].most && found[0] == '\0'; n++)
            if (may_act(c, seat_person(c, c->script->seats[i].id, n)))
                found = seat_person(c, c->script->seats[i].id, n);
    for (size_t i = 0; i < count && found[0] == '\0'; i++)
        if (may_act(c, present[i].person))
            found = present[i].person;
    snprintf(out, PERSON_ID_MAX, "%.23s", found);
    return found[0] != '\0';
}

enum kr_error take_note(struct ceremony *c, const struct answer *a)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (!is_open(c) || !acting_person(c, who))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", _("the journal is not open yet")));
    if (a->text[0] == '\0' || !text_is_utf8(a->text))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", _("a note has words")));
    record_begin(c, &e, a->kind == ANSWER_NOTE ? "note" : "exception");
    entry_add(&e, "text", "%s", a->text);
    return record_simple(c, &e, who, NULL, NULL);
}

static enum kr_error pause_record(struct ceremony *c)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (!is_open(c) || !acting_person(c, who))
        return KR_OK;
    record_begin(c, &e, "pause");
    return record_simple(c, &e, who, NULL, NULL);
}

enum kr_error take_pause(struct ceremony *c)
{
    c->dirty = true;
    enum kr_error err = pause_record(c);
    if (err == KR_OK)
        err = state_persist(c);
    c->paused = err == KR_OK;
    return err;
}

enum kr_error record_resumption(struct ceremony *c)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    const char *persons[] = {who, NULL};
    if (!is_open(c) || !acting_person(c, who))
        return KR_OK;
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "resume");
    err = pieces_adopt(c, &e);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    return record_commit(c, &e, err);
}

/* An intent that is open when people abort will never be concluded: its card is spoiled then (R4).
 */
static enum kr_error intent_abandon(struct ceremony *c, const char *const *persons)
{
    struct entry e;
    if (var_get(c, "intent")[0] == '\0')
        return KR_OK;
    record_outcome_begin(c, &e, "abandoned");
    enum kr_error err = piece_in_doubt_spoil(c, &e, var_get(c, "chip"));
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    entry_free(&e);
    return err;
}

/* What was done already. */
static void abort_lines(struct ceremony *c, struct entry *e)
{
    for (size_t i = 0; i < c->instance_count; i++) {
        const struct instance *in = &c->instances[i];
        const struct script_step *step = &c->script->steps[in->step];
        if (in->state == STEP_DONE && step_kind_by_name(step->kind)->effect)
            entry_add(e, "result", "done: %s %s", step->id, in->fact);
    }
}

static enum kr_error abort_record(struct ceremony *c, const char *who)
{
    struct entry e;
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    err = intent_abandon(c, persons);
    record_begin(c, &e, "abort");
    entry_add(&e, "text", "%s", var_get(c, "aborted"));
    abort_lines(c, &e);
    if (err == KR_OK)
        err = pieces_in_doubt_spoil(c, &e, who);
    if (err == KR_OK)
        err = pieces_lines(c, &e, who);
    if (err == KR_OK)
        err = state_leave_nothing(c);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    return record_commit(c, &e, err);
}

enum kr_error take_abort(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX];
    if (strcmp(step_now(c)->kind, "close") == 0 && c->phase != 0)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", _("the ceremony is closed already")));
    if (!text_is_utf8(a->text))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", _("a reason has words")));
    if (is_open(c) && !acting_person(c, who))
        return step_problem(c, kr_fail(KR_E_NOT_SIGNED_IN, "%s", person_name(c, step_person(c))));
    c->aborted = true;
    enum kr_error err = var_set(c, "aborted", "%s", a->text);
    if (err == KR_OK)
        err = is_open(c) ? abort_record(c, who) : state_persist(c);
    return err;
}
