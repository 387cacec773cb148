/* Issuing: a washed card gets its application. */
#include "personalise_parts.h"
#include <string.h>

static enum kr_error create_adf(struct card *c, const struct layout_directory *d)
{
    struct file_control adf = {.id = d->id,
                               .type = FILE_DIRECTORY,
                               .size = d->size,
                               .read_right = d->create_right,
                               .write_right = d->erase_right,
                               .name_len = d->name_len};
    const struct file_control keys = {.type = c->dialect->key_file_type,
                                      .size = d->key_file_size,
                                      .read_right = 0xFF,
                                      .write_right = d->key_right};
    memcpy(adf.name, d->name, d->name_len);
    enum kr_error err = card_create_file(c, &adf);
    /* Selected while it has no key file, the directory is free until it is left: everything is
     * written in one go. */
    if (!err)
        err = card_select_file(c, d->id);
    return err ? err : card_create_file(c, &keys);
}

static enum kr_error write_adf(struct card *c, const struct layout *l, const struct key_ring *ring,
                               const struct card_audit *audit)
{
    const struct layout_key *k = &l->adf.keys[0];
    vault_handle mf_control = ring_find(ring, &l->mf.keys[0]);
    vault_handle adf_control = ring_find(ring, k);
    enum kr_error err = create_adf(c, &l->adf);
    /* The directory's own control key is loaded under the one above it, all others under it. */
    if (!err)
        err = card_write_key(c, mf_control, adf_control, false, k->kid, &k->header);
    if (!err)
        err = card_prove_derived(c, adf_control, k->kind, k->kid);
    if (!err)
        err = write_keys(c, &l->adf, 1, ring, adf_control, false);
    if (!err)
        err = write_files(c, &l->adf, ring, audit);
    if (!err)
        err = write_keys(c, &l->adf, 1, ring, adf_control, true);
    return err ? err : write_mark(c, &l->adf, ring, audit);
}

static enum kr_error prepare_mf(struct card *c, const struct layout *l, const struct key_ring *ring,
                                const struct card_look *look, const struct card_audit *audit)
{
    uint8_t cdf[CDF_LEN];
    audit_encode(audit, cdf);
    enum kr_error err = card_select_file(c, MF_ID);
    if (!err)
        err = card_external_authenticate(c, ring_find(ring, &l->mf.keys[0]), 0);
    if (!err && look->adf_present)
        err = card_erase_below(c, l->adf.id);
    if (!err && !l->second && memcmp(cdf, look->cdf, sizeof cdf) != 0)
        err =
            card_update_binary(c, CDF_SFI, cdf, sizeof cdf, ring_maintenance(ring, &l->mf), false);
    return err;
}

/* A card that our key does not fit may still be a blank: then the sentence should say so. */
static enum kr_error explain_foreign(struct card *c, const struct card_look *look)
{
    struct key_info info;
    if (look->condition == CARD_IS_FOREIGN && !look->other_kind &&
        card_key_info(c, CARD_KEY_INTERNAL, 0, &info) == KR_OK)
        return KR_E_CARD_BLANK;
    return look_refusal(look);
}

static enum kr_error already_issued(const struct layout *l, const struct card_look *look,
                                    const struct card_audit *audit)
{
    uint8_t wanted[CDF_LEN];
    audit_encode(audit, wanted);
    return l->second || memcmp(wanted, look->cdf, sizeof wanted) == 0 ? KR_OK : kept(look);
}

enum kr_error personalise_issue(struct card *c, const struct layout *l,
                                const struct layout_value *values, size_t count,
                                const struct card_audit *audit)
{
    const struct key_ring ring = {values, count};
    struct card_look look;
    if (!l->adf.id)
        return kr_fail(KR_E_LAYOUT, "%s: adf", l->id);
    enum kr_error err = KR_OK;
    if (l->second && !ring_find(&ring, &l->mf.keys[0]))
        err = kr_fail(KR_E_KEY_MISSING, "%s", l->mf.keys[0].name);
    else if (!l->second)
        err = ring_check(&ring, &l->mf);
    if (!err)
        err = ring_check(&ring, &l->adf);
    if (!err)
        err = card_look(c, l, 0, ring_find(&ring, &l->mf.keys[0]), &look);
    if (!err)
        err = explain_foreign(c, &look);
    if (err)
        return err;
    if (look.condition == CARD_IS_ISSUED)
        return already_issued(l, &look, audit);
    if (!look.mf_complete)
        return KR_E_CARD_BLANK;
    card_put_off(c);
    err = prepare_mf(c, l, &ring, &look, audit);
    if (!err)
        err = write_adf(c, l, &ring, audit);
    return card_settle(c, err);
}
