/* A passphrase is changed by its owner: first the one in force, then the new one twice. */
#include <libintl.h>
#include <stdio.h>

#include "new_slot.h"

#define _(text) gettext(text)

/* The one in force was typed in this process; it is kept in the vault until the step is done. */
static bool has_shown(const struct ceremony *c)
{
    return c->pin != 0;
}

static enum kr_error old_ask(struct ceremony *c, struct request *r)
{
    enum kr_error err = credential_ask(c, r, var_get(c, "person"), "old");
    snprintf(r->text, sizeof r->text,
             _("%s types the passphrase that is in force. Everyone else: please look away."),
             r->person_name);
    return err;
}

enum kr_error person_credential_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == SLOT_LOOK) {
        slot_look_ask(c, r, _("The person is here and changes the own passphrase"));
        return KR_OK;
    }
    if (c->phase > SLOT_OLD && !has_shown(c))
        c->phase = SLOT_OLD;
    return c->phase == SLOT_OLD ? old_ask(c, r) : slot_passphrase_ask(c, r);
}

static enum kr_error old_take(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX];
    struct vault *v = session_vault(c->session);
    const struct person *p = slots_find(session_slots(c->session), var_get(c, "person"));
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    enum kr_error err = p == NULL ? kr_fail(KR_E_PERSON_UNKNOWN, "%s", var_get(c, "person"))
                                  : vault_approver_ready(v, &p->slot, c->entry);
    if (err == KR_E_PASSPHRASE) {
        snprintf(who, sizeof who, "%s", step_person(c));
        entry_drop(c);
        return refuse(c, who, kr_fail(err, "%s", p->name));
    }
    if (err == KR_OK) {
        vault_drop(v, c->pin);
        c->pin = c->entry;
        c->entry = 0;
        step_goto(c, SLOT_NEW);
    }
    entry_drop(c);
    return err;
}

enum kr_error person_credential_take(struct ceremony *c, const struct answer *a)
{
    size_t step = c->current;
    if (c->phase == SLOT_LOOK)
        return slot_look_take(c, a, SLOT_OLD);
    if (c->phase == SLOT_OLD)
        return old_take(c, a);
    enum kr_error err = slot_passphrase_take(c, a);
    if (c->current != step) {
        vault_drop(session_vault(c->session), c->pin);
        c->pin = 0;
    }
    return err;
}
