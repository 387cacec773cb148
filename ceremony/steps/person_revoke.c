/* Somebody goes: no signature of that key counts from now on, and the slot is empty. */
#include <libintl.h>

#include "../people.h"
#include "steps.h"

#define _(text) gettext(text)

enum kr_error person_revoke_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    people_facts(c, r);
    request_option(r, "wait", false, _("Not yet: talk it over, or abort the ceremony (F8)"));
    request_option(r, "go", true, _("Revoke: this person never signs in here again"));
    return KR_OK;
}

enum kr_error person_revoke_take(struct ceremony *c, const struct answer *a)
{
    if (answer_is(a, "wait"))
        return KR_OK;
    return answer_is(a, "go") ? change_whole(c)
                              : step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
}
