/* R8: after issuing, the card is looked at as its next user will. */
#include "personalise_parts.h"
#include <string.h>

#define PAIR_KID     0x01
#define PAIR_PIN_KID 0x00

static const struct layout_key *key_of_kind(const struct layout_directory *d,
                                            enum card_key_kind kind)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind == kind)
            return &d->keys[i];
    return NULL;
}

static enum kr_error open_partner(struct card *partner, vault_handle pin)
{
    int tries;
    if (!pin)
        return KR_OK;
    enum kr_error err = card_open(partner);
    if (!err)
        err = card_select_file(partner, CARD_ADF);
    return err ? err : card_verify_pin(partner, pin, PAIR_PIN_KID, partner->last_try, &tries);
}

static enum kr_error authenticate(struct card *c, const struct layout_directory *d,
                                  struct card *partner, vault_handle pin, size_t *proved)
{
    const struct layout_key *external = key_of_kind(d, CARD_KEY_EXTERNAL);
    const struct layout_key *own_pin = key_of_kind(d, CARD_KEY_PIN);
    int tries;
    if (partner && !external)
        return kr_fail(KR_E_ARGUMENT, "partner");
    if (partner)
        return card_authenticate_by_partner(c, external->kid, partner, PAIR_KID);
    if (!pin || !own_pin)
        return KR_OK;
    enum kr_error err = card_verify_pin(c, pin, own_pin->kid, c->last_try, &tries);
    *proved += err ? 0 : 1;
    return err;
}

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
    if (!err && l->second) /* of another centre's MF only the control key is ours to prove */
        err = card_prove_derived(c, ring_find(&ring, &l->mf.keys[0]), CARD_KEY_CONTROL, 0);
    else if (!err)
        err = verify_directory(c, &l->mf, &ring, audit, proved);
    if (err || !l->adf.id)
        return err;
    err = card_select_name(c, l->adf.name, l->adf.name_len);
    if (!err)
        err = authenticate(c, &l->adf, partner, partner_pin, proved);
    return err ? err : verify_directory(c, &l->adf, &ring, audit, proved);
}
