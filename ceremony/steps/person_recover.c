/* A lost passphrase: nobody may know the old one, so the person is enrolled anew under the same
 * name, with another signing key; whatever the old one signs from now on is refused. */
#include <libintl.h>

#include "new_slot.h"

#define _(text) gettext(text)

enum kr_error person_recover_ask(struct ceremony *c, struct request *r)
{
    if (c->phase != SLOT_LOOK)
        return slot_passphrase_ask(c, r);
    slot_look_ask(c, r,
                  _("Everybody here knows the person by sight: a new passphrase is chosen, and the "
                    "old signing key ends"));
    return KR_OK;
}

enum kr_error person_recover_take(struct ceremony *c, const struct answer *a)
{
    return c->phase == SLOT_LOOK ? slot_look_take(c, a, SLOT_NEW) : slot_passphrase_take(c, a);
}
