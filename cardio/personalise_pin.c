/* PINs of issued cards: changed by who knows the one in force, or replaced under the application's
 * control key. */
#include "personalise_parts.h"

static const struct layout_key *pin_of(const struct layout *l)
{
    return layout_key_of_kind(&l->adf, CARD_KEY_PIN);
}

static enum kr_error open_at_pin(struct card *c, const struct layout *l)
{
    enum kr_error err = pin_of(l) ? card_speaks(c, l) : kr_fail(KR_E_LAYOUT, "%s: PIN", l->id);
    if (!err)
        err = card_open(c);
    return err ? err : card_select_name(c, l->adf.name, l->adf.name_len);
}

enum kr_error personalise_pin_tries(struct card *c, const struct layout *l, int *tries_left)
{
    *tries_left = 0;
    enum kr_error err = open_at_pin(c, l);
    return err ? err : card_pin_tries(c, pin_of(l)->kid, tries_left);
}

/* As the next user will, after a reset. */
enum kr_error personalise_pin_is(struct card *c, const struct layout *l, vault_handle pin,
                                 int *tries_left)
{
    enum kr_error err = open_at_pin(c, l);
    return err ? err : card_verify_pin(c, pin, pin_of(l)->kid, c->last_try, tries_left);
}

enum kr_error personalise_change_pin(struct card *c, const struct layout *l, vault_handle old_pin,
                                     vault_handle new_pin, int *tries_left)
{
    enum kr_error err = open_at_pin(c, l);
    if (!err)
        err = card_change_pin(c, old_pin, new_pin, pin_of(l)->kid, pin_of(l)->header.algorithm,
                              c->last_try, tries_left);
    return err ? err : personalise_pin_is(c, l, new_pin, tries_left);
}

enum kr_error personalise_replace_pin(struct card *c, const struct layout *l, vault_handle control,
                                      vault_handle pin)
{
    const struct layout_key *key = layout_key_of_kind(&l->adf, CARD_KEY_CONTROL);
    int tries;
    enum kr_error err = key ? open_at_pin(c, l) : kr_fail(KR_E_LAYOUT, "%s: control", l->id);
    if (!err) /* proved first, so that no try of it is spent */
        err = card_prove_derived(c, control, CARD_KEY_CONTROL, key->kid);
    if (!err)
        err = card_external_authenticate(c, control, key->kid);
    if (!err)
        err = card_write_key(c, control, pin, true, pin_of(l)->kid, &pin_of(l)->header);
    return err ? err : personalise_pin_is(c, l, pin, &tries);
}
