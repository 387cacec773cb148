/* Somebody new: the passphrase is the own, and the vault key is shared anew where a custodian
 * comes.
 */
#include <libintl.h>

#include "new_slot.h"

#define _(text) gettext(text)

enum kr_error person_enrol_ask(struct ceremony *c, struct request *r)
{
    if (c->phase != SLOT_LOOK)
        return slot_passphrase_ask(c, r);
    slot_look_ask(c, r, _("The person is here and chooses a passphrase"));
    return KR_OK;
}

enum kr_error person_enrol_take(struct ceremony *c, const struct answer *a)
{
    return c->phase == SLOT_LOOK ? slot_look_take(c, a, SLOT_NEW) : slot_passphrase_take(c, a);
}
