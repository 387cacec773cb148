/* The own passphrase at the moment of signing: being signed in is not enough for an approval, nor
 * for the second signature under a balance or a closing. */
#include <stdio.h>

#include "steps.h"

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
