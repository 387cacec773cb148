/* A supervisor approves with the own credential at that moment; the signature binds the journal
 * head. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../key_acts.h"
#include "../key_holding.h"
#include "../notes.h"
#include "../people.h"
#include "../vocabulary.h"
#include "steps.h"

#define _(text) gettext(text)

enum { PHASE_DECIDE, PHASE_PASSPHRASE };

static bool step_named(const struct script_step *approve, const char *id)
{
    for (size_t i = 0; i < approve->covers_count; i++)
        if (strcmp(approve->covers[i], id) == 0)
            return true;
    return false;
}

static bool covered_work_left(struct ceremony *c)
{
    bool left = false;
    for (size_t i = 0; i < c->script->steps_count; i++) {
        const struct script_step *s = &c->script->steps[i];
        if (step_named(step_now(c), s->id))
            left = left || s->unless_key == NULL || !key_exists(c, s->unless_key, 0);
    }
    return left;
}

/* As people read it; value is one that was answered. */
static void parameter_fact(struct ceremony *c, struct request *r, const struct script_parameter *p,
                           const char *value)
{
    const struct transfer_note *note;
    struct key_record key;
    char grouped[32];
    bool number = strcmp(p->type, "card-number") == 0;
    if (strcmp(p->type, "note") == 0 && note_held(c, &note) == KR_OK) {
        note_summary(r, note); /* its path says nothing about what is approved */
        return;
    }
    if (strcmp(p->type, "person") == 0)
        value = person_name(c, value);
    if (strcmp(p->type, "key") == 0 && key_chosen(c, &key) == KR_OK) {
        key_facts(r, &key);
        return;
    }
    if (strcmp(p->type, "choice") == 0)
        value = vocabulary(value);
    if (number && strcmp(value, "-") == 0)
        value = _("not limited");
    else if (number || strcmp(p->type, "identifier") == 0) {
        number_grouped(value, grouped);
        value = grouped;
    }
    request_fact(r, vocabulary(p->id), "%s", value);
}

/* What is approved, in full: the check values computed so far, and what each covered step will do.
 * People read phrases, the journal keeps the stable words. */
static void approve_facts(struct ceremony *c, struct request *r, bool read)
{
    for (size_t i = 0; i < c->var_count; i++) {
        char label[64];
        char kind[32];
        int group;
        if (sscanf(c->vars[i].name, "kcv.%31[^.].%d", kind, &group) != 2)
            continue;
        if (group != 0)
            snprintf(label, sizeof label, "%s %d · KCV", kind, group);
        else
            snprintf(label, sizeof label, "%s · KCV", kind);
        request_fact(r, label, "%s", c->vars[i].value);
    }
    char held[KEY_HOLDING_ROOM];
    if (c->script->key_holding_count > 0 && key_holding_now(c->session, held) == KR_OK)
        request_fact(r, read ? vocabulary(KEY_HOLDING_POLICY) : KEY_HOLDING_POLICY, "%s",
                     read ? vocabulary(held) : held);
    if (read)
        people_facts(c, r);
    for (size_t i = 0; i < c->script->parameters_count; i++) {
        const struct script_parameter *p = &c->script->parameters[i];
        if (read)
            parameter_fact(c, r, p, var_get(c, p->id));
        else
            request_fact(r, p->id, "%s", var_get(c, p->id));
    }
}

enum kr_error approve_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == PHASE_PASSPHRASE) {
        enum kr_error err = credential_ask(c, r, step_person(c), "passphrase");
        snprintf(r->text, sizeof r->text,
                 _("%s approves with the own passphrase. Everyone else: please look away."),
                 r->person_name);
        return err;
    }
    if (!covered_work_left(c)) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    approve_facts(c, r, true);
    request_option(r, "wait", false, _("Not yet: look at it again"));
    request_option(r, "approve", false, _("Approve: it is done next, and signed with my name"));
    return KR_OK;
}

static enum kr_error approve_record(struct ceremony *c)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    record_begin(c, &e, "approval");
    for (size_t i = 0; i < step_now(c)->covers_count; i++)
        entry_add(&e, "covers", "%s", step_now(c)->covers[i]);
    struct request facts = {0};
    approve_facts(c, &facts, false);
    for (size_t i = 0; i < facts.fact_count; i++)
        entry_add(&e, "text", "%s: %s", facts.facts[i].label, facts.facts[i].value);
    step_done(c, who, "%s", "");
    return record_simple(c, &e, who, NULL, NULL);
}

enum kr_error approve_take(struct ceremony *c, const struct answer *a)
{
    const char *person = step_person(c);
    if (a == NULL) {
        step_skip(c);
        return KR_OK;
    }
    if (c->phase == PHASE_DECIDE) {
        enum kr_error err = custody_free_to_approve(c, person);
        if (err == KR_E_CONFLICT)
            return refuse(c, person, err);
        if (answer_is(a, "approve"))
            step_goto(c, PHASE_PASSPHRASE);
        else if (!answer_is(a, "wait"))
            return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
        return err;
    }
    enum kr_error err = credential_take(c, a, person);
    if (err == KR_E_ANSWER)
        return step_problem(c, err);
    if (err == KR_E_PASSPHRASE) {
        step_goto(c, PHASE_DECIDE);
        return refuse(c, person, err);
    }
    return err == KR_OK ? approve_record(c) : err;
}
