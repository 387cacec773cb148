/* R8: after issuing, the card is looked at as its next user will. */
#include "personalise_parts.h"
#include <string.h>

static enum kr_error verify_directory(struct card *c, const struct layout_directory *d,
                                      const struct key_ring *ring, const struct card_audit *audit,
                                      size_t *proved)
{
    enum kr_error err = compare_files(c, d, audit);
    if (!err)
        err = compare_keys(c, d, ring);
    return err ? err : prove_keys(c, d, ring, proved);
}

enum kr_error personalise_verify(struct card *c, const struct layout *l,
                                 const struct layout_value *values, size_t count,
                                 const struct card_audit *audit, struct card *partner,
                                 vault_handle partner_pin, size_t *proved)
{
    const struct key_ring ring = {values, count};
    *proved = 0;
    enum kr_error err = card_speaks(c, l);
    if (!err && partner)
        err = open_partner(partner, partner_pin);
    if (!err)
        err = card_open(c);
    card_put_off(c);
    if (!err && l->second) /* of another centre's MF only the control key is ours to prove */
        err = card_prove_derived(c, ring_find(&ring, &l->mf.keys[0]), CARD_KEY_CONTROL, 0);
    else if (!err)
        err = verify_directory(c, &l->mf, &ring, audit, proved);
    if (err || !l->adf.id)
        return card_settle(c, err);
    err = card_select_name(c, l->adf.name, l->adf.name_len);
    if (!err)
        err = open_application(c, &l->adf, partner, partner_pin, proved);
    /* A card that nobody opens with a PIN or a partner: its centre's control key does, proved first
     * so that no try is spent. */
    vault_handle control = partner || partner_pin ? 0 : ring_find(&ring, &l->adf.keys[0]);
    if (!err && control)
        err = card_prove_derived(c, control, CARD_KEY_CONTROL, l->adf.keys[0].kid);
    if (!err && control)
        err = card_external_authenticate(c, control, l->adf.keys[0].kid);
    if (!err)
        err = verify_directory(c, &l->adf, &ring, audit, proved);
    return card_settle(c, err);
}
