#include "new_slot.h"

#include <libintl.h>
#include <stdio.h>

#include "new_passphrase.h"

#define _(text) gettext(text)

void slot_look_ask(struct ceremony *c, struct request *r, const char *go)
{
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    people_facts(c, r);
    request_option(r, "wait", false, _("Not yet: talk it over, or abort the ceremony (F8)"));
    request_option(r, "go", false, go);
}

enum kr_error slot_look_take(struct ceremony *c, const struct answer *a, int next)
{
    if (answer_is(a, "go"))
        step_goto(c, next);
    else if (!answer_is(a, "wait"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    return KR_OK;
}

enum kr_error slot_passphrase_ask(struct ceremony *c, struct request *r)
{
    struct people_plan p;
    enum kr_error err = people_plan(c, &p);
    if (err != KR_OK)
        return err;
    if (c->phase == SLOT_AGAIN && c->first_entry == 0)
        c->phase = SLOT_NEW;
    request_from_step(c, r, REQUEST_SECRET, "passphrase");
    return new_passphrase_ask(c, r, p.subject.slot.person, p.subject.name, c->phase == SLOT_AGAIN);
}

static enum kr_error renew(struct ceremony *c)
{
    struct people_change x;
    enum kr_error err = change_begin(c, &x);
    if (err == KR_OK)
        err = change_slot(c, &x);
    if (err == KR_OK)
        err = change_commit(c, &x);
    entry_drop(c);
    err = change_end(c, &x, err);
    if (err != KR_E_PASSPHRASE_SHORT && err != KR_E_PASSPHRASE_SAME)
        return err;
    step_goto(c, SLOT_NEW);
    return step_problem(c, err);
}

enum kr_error slot_passphrase_take(struct ceremony *c, const struct answer *a)
{
    bool twice;
    enum kr_error err = new_passphrase_take(c, a, SLOT_NEW, SLOT_AGAIN, &twice);
    return err == KR_OK && twice ? renew(c) : err;
}
