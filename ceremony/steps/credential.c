/* The own passphrase at the moment of signing: being signed in is not enough for an approval, nor
 * for the second signature under a balance or a closing. */
#include <libintl.h>
#include <stdio.h>

#include "steps.h"

#define _(text) gettext(text)

const char *seated_supervisor(const struct ceremony *c)
{
    for (size_t i = 0; i < c->script->seats_count; i++)
        if (role_by_name(c->script->seats[i].role) == ROLE_SUPERVISOR)
            return seat_person(c, c->script->seats[i].id, 1);
    return "";
}

enum kr_error credential_ask(struct ceremony *c, struct request *r, const char *person,
                             const char *part)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    request_from_step(c, r, REQUEST_SECRET, part);
    snprintf(r->person, sizeof r->person, "%s", person);
    text_put(r->person_name, sizeof r->person_name, "%s", person_name(c, person));
    return request_secret(c, r, &spec, false);
}

enum kr_error credential_take(struct ceremony *c, const struct answer *a, const char *person)
{
    if (a->kind != ANSWER_OK)
        return kr_fail(KR_E_ANSWER, "%s", a->text);
    const struct person *p = slots_find(session_slots(c->session), person);
    enum kr_error err = p == NULL
                            ? kr_fail(KR_E_PERSON_UNKNOWN, "%s", person)
                            : vault_approver_ready(session_vault(c->session), &p->slot, c->entry);
    entry_drop(c);
    return err == KR_E_PASSPHRASE ? kr_fail(err, "%s", p->name) : err;
}

void request_by_second(struct ceremony *c, struct request *r)
{
    const char *person = seat_person(c, step_now(c)->with, 1);
    snprintf(r->person, sizeof r->person, "%s", person);
    text_put(r->person_name, sizeof r->person_name, "%s", person_name(c, person));
}

enum kr_error second_ask(struct ceremony *c, struct request *r)
{
    enum kr_error err = credential_ask(c, r, seat_person(c, step_now(c)->with, 1), "passphrase");
    snprintf(r->text, sizeof r->text,
             _("%s signs with the own passphrase. Everyone else: please look away."),
             r->person_name);
    return err;
}

enum kr_error second_take(struct ceremony *c, const struct answer *a, int again,
                          enum kr_error (*record)(struct ceremony *c))
{
    char with[PERSON_ID_MAX];
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    enum kr_error err = credential_take(c, a, with);
    if (err == KR_E_ANSWER)
        return step_problem(c, err);
    if (err == KR_E_PASSPHRASE) {
        step_goto(c, again);
        return refuse(c, with, err);
    }
    return err == KR_OK ? record(c) : err;
}
