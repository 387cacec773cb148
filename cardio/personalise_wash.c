/* Washing: a manufacturer's blank becomes a card of this centre. */
#include "personalise_parts.h"
#include <string.h>

/* The old control key is in force: under it ours is loaded in its place. */
static enum kr_error replace_control(struct card *c, const struct layout_key *k,
                                     vault_handle old_control, vault_handle ours)
{
    enum kr_error err = card_external_authenticate(c, old_control, 0);
    return err ? err : card_write_key(c, old_control, ours, true, k->kid, &k->header);
}

/* Ours is in force. Erasing first makes every earlier attempt, and every key of the manufacturer's,
 * as if it had never been. */
static enum kr_error write_mf(struct card *c, const struct layout *l, const struct key_ring *ring,
                              vault_handle control, const struct card_audit *audit)
{
    enum kr_error err = card_external_authenticate(c, control, 0);
    if (!err)
        err = card_erase_directory(c);
    if (!err)
        err = write_keys(c, &l->mf, 1, ring, control, false);
    if (!err)
        err = write_files(c, &l->mf, ring, audit);
    return err ? err : write_mark(c, &l->mf, ring, audit);
}

static enum kr_error already_washed(struct card *c, const struct layout *l,
                                    const struct key_ring *ring, const struct card_look *look,
                                    const struct card_audit *audit)
{
    uint8_t wanted[CDF_LEN];
    size_t proved = 0;
    audit_encode(audit, wanted);
    if (memcmp(wanted, look->cdf, sizeof wanted) != 0)
        return kept(look);
    return prove_keys(c, &l->mf, ring, &proved);
}

enum kr_error personalise_wash(struct card *c, const struct layout *l, vault_handle old_control,
                               const struct layout_value *values, size_t count,
                               const struct card_audit *audit)
{
    const struct key_ring ring = {values, count};
    struct card_look look;
    enum kr_error err = ring_check(&ring, &l->mf);
    if (err)
        return err;
    vault_handle control = ring_find(&ring, &l->mf.keys[0]);
    err = card_look(c, l, old_control, control, &look);
    if (!err)
        err = look_refusal(&look);
    if (!err && look.condition == CARD_IS_ISSUED)
        err = kept(&look);
    if (err)
        return err;
    /* A failed SELECT in the look left MF current; a successful one did not. */
    card_put_off(c);
    err = card_select_file(c, MF_ID);
    if (!err && look.condition == CARD_IS_WASHED)
        return card_settle(c, already_washed(c, l, &ring, &look, audit));
    if (!err && look.condition == CARD_IS_BLANK)
        err = replace_control(c, &l->mf.keys[0], old_control, control);
    if (!err)
        err = write_mf(c, l, &ring, control, audit);
    return card_settle(c, err);
}
