/* Looking at a card before anything is done to it. */
#include "personalise_parts.h"
#include "../crypto/hash.h"
#include <string.h>

#define NO_SUCH_FILE 0x6A82
#define NO_SUCH_KEY  0x6A88

/* Everything that the card itself refuses is an answer here; what the reader reports is an error.
 */
static bool card_said_no(const struct card *c, enum kr_error err)
{
    return err && c->sw != 0 && c->sw != 0x9000;
}

static bool written(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any != 0;
}

/* *holds: the card's control key is this one. Spends no try. */
static enum kr_error control_is(struct card *c, vault_handle key, bool *holds)
{
    *holds = false;
    if (!key)
        return KR_OK;
    enum kr_error err = card_prove_derived(c, key, CARD_KEY_CONTROL, 0);
    *holds = err == KR_OK;
    return err == KR_E_CARD_FAKE || card_said_no(c, err) ? KR_OK : err;
}

static enum kr_error look_at_mf(struct card *c, const struct layout *l, struct card_look *look)
{
    bool complete = true;
    size_t len = sizeof look->cdf;
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < l->mf.key_count && complete; i++) {
        const struct layout_key *k = &l->mf.keys[i];
        struct key_info info;
        err = card_key_info(c, k->kind, k->kid, &info);
        if (err && !card_said_no(c, err))
            return err;
        complete = !err && header_fits(&k->header, &info.header);
    }
    err = card_read_binary(c, CDF_SFI, look->cdf, &len);
    if (card_said_no(c, err)) {
        memset(look->cdf, 0, sizeof look->cdf);
        err = KR_OK;
    }
    look->mf_complete = complete && !err && written(look->cdf, sizeof look->cdf);
    return err;
}

/* The ADF's audit data is written last: where it stands, everything before it was carried out. */
static enum kr_error adf_is_complete(struct card *c, const struct layout *l, bool *complete)
{
    const struct layout_file *last = &l->adf.files[l->adf.file_count - 1];
    uint8_t content[256];
    size_t len = sizeof content;
    enum kr_error err = card_read_binary(c, (uint8_t)last->control.id, content, &len);
    *complete = !err && written(content, len);
    return card_said_no(c, err) ? KR_OK : err;
}

static enum kr_error look_at_adf(struct card *c, const struct layout *l, struct card_look *look)
{
    uint8_t name[16];
    size_t name_len;
    bool complete = false;
    enum kr_error err = card_select_directory(c, l->adf.id ? l->adf.id : CARD_ADF, name, &name_len);
    if (err && c->sw == NO_SUCH_FILE) {
        look->condition = look->mf_complete ? CARD_IS_WASHED : CARD_IS_HALF;
        return KR_OK;
    }
    if (err)
        return err;
    look->other_kind =
        l->adf.id && (name_len != l->adf.name_len || memcmp(name, l->adf.name, name_len) != 0);
    look->adf_present = !look->other_kind;
    if (look->other_kind) {
        look->condition = CARD_IS_FOREIGN;
        return KR_OK;
    }
    if (!l->adf.id)
        complete = true;
    else
        err = adf_is_complete(c, l, &complete);
    look->condition = complete && look->mf_complete ? CARD_IS_ISSUED : CARD_IS_HALF;
    return err;
}

enum kr_error card_speaks(struct card *c, const struct layout *l)
{
    const struct dialect *d = dialect_by_id(l->dialect);
    if (!d)
        return kr_fail(KR_E_LAYOUT, "%s: %s", l->id, l->dialect);
    c->dialect = d;
    return KR_OK;
}

enum kr_error card_look(struct card *c, const struct layout *l, vault_handle old_control,
                        vault_handle new_control, struct card_look *look)
{
    struct key_info info;
    bool ours = false, blank = false;
    memset(look, 0, sizeof *look);
    look->condition = CARD_IS_FOREIGN;
    enum kr_error err = card_speaks(c, l);
    if (!err)
        err = card_open(c);
    if (err)
        return err;
    err = card_key_info(c, CARD_KEY_CONTROL, 0, &info);
    if (err)
        return card_said_no(c, err) ? KR_OK : err;
    if (info.header.usage != c->dialect->type[CARD_KEY_CONTROL]) /* another dialect's card */
        return KR_OK;
    if (!card_tries_unlimited(&info) && info.tries_left <= TRIES_DOUBTFUL) {
        look->condition = CARD_IS_DOUBTFUL;
        look->tries = info.tries_left;
        return KR_OK;
    }
    err = control_is(c, new_control, &ours);
    if (!err && !ours)
        err = control_is(c, old_control, &blank);
    if (!err && blank)
        look->condition = CARD_IS_BLANK;
    if (!err && ours)
        err = look_at_mf(c, l, look);
    if (!err && ours)
        err = look_at_adf(c, l, look);
    return err;
}

enum kr_error look_refusal(const struct card_look *look)
{
    if (look->condition == CARD_IS_DOUBTFUL)
        return kr_fail(KR_E_CARD_AUTH, "%d", look->tries);
    if (look->other_kind)
        return kr_fail(KR_E_CARD_WRONG_KIND, "%02X", look->cdf[0]);
    if (look->condition == CARD_IS_FOREIGN)
        return kr_fail(KR_E_CARD_FOREIGN, "39/00");
    return KR_OK;
}

enum kr_error kept(const struct card_look *look)
{
    char number[21];
    hex_encode_upper(look->cdf + 11, 10, number);
    return kr_fail(KR_E_CARD_KEPT, "%s", number);
}

enum kr_error personalise_probe(struct card *c, const struct layout *l, vault_handle old_control,
                                vault_handle new_control, enum card_condition *condition)
{
    struct card_look look;
    enum kr_error err = card_look(c, l, old_control, new_control, &look);
    *condition = look.condition;
    return err;
}

enum kr_error personalise_prove_blank(struct card *c, vault_handle manufacturer_auth)
{
    enum kr_error err = card_open(c);
    if (!err)
        err = card_prove_key(c, manufacturer_auth, 0);
    if (err == KR_E_CARD_REFUSED && c->sw == NO_SUCH_KEY)
        err = kr_fail(KR_E_CARD_FAKE, "34/00");
    return err;
}

enum kr_error personalise_read_audit(struct card *c, struct card_audit *audit)
{
    uint8_t cdf[256];
    size_t len = sizeof cdf;
    enum kr_error err = card_open(c);
    if (!err)
        err = card_read_binary(c, CDF_SFI, cdf, &len);
    if (card_said_no(c, err) || (!err && (len < CDF_LEN || !written(cdf, CDF_LEN))))
        return KR_E_CARD_BLANK;
    if (!err)
        audit_decode(cdf, audit);
    return err;
}
