#include "new_pin.h"

#include <libintl.h>

#define _(text)    gettext(text)
#define PIN_DIGITS 6

enum kr_error pin_is_whole(struct ceremony *c, const struct answer *a)
{
    if (a->kind != ANSWER_OK)
        return kr_fail(KR_E_ANSWER, "%s", a->text);
    if (c->entry_state.typed == PIN_DIGITS)
        return KR_OK;
    entry_drop(c);
    return kr_fail(KR_E_ENTRY_INCOMPLETE, "%s", _("a PIN of 6 digits"));
}

static enum kr_error first_typing(struct ceremony *c, const struct answer *a, vault_handle old)
{
    struct secret_entry_state state;
    enum kr_error err = pin_is_whole(c, a);
    if (err != KR_OK)
        return step_problem(c, err);
    err = old == 0 ? KR_E_ENTRY_TWICE
                   : vault_entry_compare(session_vault(c->session), old, c->entry, &state);
    if (err == KR_OK) {
        entry_drop(c);
        return step_problem(c, KR_E_PIN_SAME);
    }
    if (err != KR_E_ENTRY_TWICE)
        return err;
    c->first_entry = c->entry;
    c->entry = 0;
    return KR_OK;
}

enum kr_error new_pin_take(struct ceremony *c, const struct answer *a, vault_handle old,
                           vault_handle *pin)
{
    *pin = 0;
    if (c->first_entry == 0)
        return first_typing(c, a, old);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    enum kr_error err =
        vault_entry_compare(session_vault(c->session), c->first_entry, c->entry, &c->entry_state);
    if (err == KR_E_ENTRY_TWICE) {
        entry_drop(c);
        return step_problem(c, KR_E_ENTRY_DIFFERS);
    }
    if (err == KR_OK) {
        *pin = c->entry;
        c->entry = 0;
        entry_drop(c);
    }
    return err;
}
