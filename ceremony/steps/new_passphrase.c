#include "new_passphrase.h"

#include <libintl.h>
#include <stdio.h>

#define _(text) gettext(text)

enum kr_error new_passphrase_ask(struct ceremony *c, struct request *r, const char *person,
                                 const char *name, bool again)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    snprintf(r->person, sizeof r->person, "%s", person);
    text_put(r->person_name, sizeof r->person_name, "%s", name);
    snprintf(r->text, sizeof r->text,
             again ? _("%s types the same passphrase once more.")
                   : _("%s chooses a passphrase of at least 8 characters, better five words. "
                       "Everyone else: please look away."),
             r->person_name);
    return request_secret(c, r, &spec, again);
}

enum kr_error new_passphrase_take(struct ceremony *c, const struct answer *a, int first, int again,
                                  bool *twice)
{
    *twice = false;
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (c->phase == first) {
        c->first_entry = c->entry;
        c->entry = 0;
        step_goto(c, again);
        return KR_OK;
    }
    enum kr_error err =
        vault_entry_compare(session_vault(c->session), c->first_entry, c->entry, &c->entry_state);
    if (err == KR_E_ENTRY_TWICE) {
        entry_drop(c);
        step_goto(c, first);
        return step_problem(c, KR_E_ENTRY_DIFFERS);
    }
    *twice = err == KR_OK;
    return err;
}
