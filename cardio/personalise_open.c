/* Opening an issued card as its holder does, and taking or adding keys while it is open. */
#include "card_command.h"
#include "personalise_parts.h"
#include "../crypto/hash.h"
#include <string.h>

#define PAIR_KID     0x01
#define PAIR_PIN_KID 0x00
#define KEY_BYTES    16
#define NO_SUCH_KEY  0x6A88

enum kr_error open_partner(struct card *partner, vault_handle pin)
{
    int tries;
    if (!pin)
        return KR_OK;
    enum kr_error err = card_open(partner);
    if (!err)
        err = card_select_file(partner, CARD_ADF);
    return err ? err : card_verify_pin(partner, pin, PAIR_PIN_KID, partner->last_try, &tries);
}

/* What one of the two answered with a refusal, as a sentence about the pair; what the reader
 * reports stays what it is. */
static enum kr_error pair_error(enum kr_error err, enum kr_error about)
{
    return err == KR_E_CARD_AUTH || err == KR_E_CARD_REFUSED ? about : err;
}

/* The partner first, which the card's keys wait for; then, where the layout has a key for it, the
 * card: else anything that says 9000 to the partner would pass for a mother card. */
static enum kr_error open_by_partner(struct card *c, const struct layout_directory *d,
                                     struct card *partner)
{
    const struct layout_key *external = layout_key_of_kind(d, CARD_KEY_EXTERNAL);
    const struct layout_key *internal = layout_key_of_kind(d, CARD_KEY_INTERNAL);
    if (!external)
        return kr_fail(KR_E_ARGUMENT, "partner");
    enum kr_error err = card_authenticate_by_partner(c, external->kid, partner, PAIR_KID);
    if (err || !internal)
        return pair_error(err, KR_E_CARD_PAIR);
    err = card_authenticate_by_partner(partner, PAIR_KID, c, internal->kid);
    return pair_error(err, KR_E_MOTHER_FAKE);
}

enum kr_error open_application(struct card *c, const struct layout_directory *d,
                               struct card *partner, vault_handle pin, size_t *proved)
{
    const struct layout_key *own_pin = layout_key_of_kind(d, CARD_KEY_PIN);
    int tries;
    if (partner)
        return open_by_partner(c, d, partner);
    if (!pin || !own_pin)
        return KR_OK;
    enum kr_error err = card_verify_pin(c, pin, own_pin->kid, c->last_try, &tries);
    *proved += err ? 0 : 1;
    return err;
}

enum kr_error personalise_open(struct card *c, const struct layout *l, struct card *partner,
                               vault_handle pin)
{
    size_t proved = 0;
    enum kr_error err = l->adf.id ? card_speaks(c, l) : kr_fail(KR_E_LAYOUT, "%s: adf", l->id);
    if (!err && partner)
        err = open_partner(partner, pin);
    if (!err)
        err = card_open(c);
    if (!err)
        err = card_select_name(c, l->adf.name, l->adf.name_len);
    return err ? err : open_application(c, &l->adf, partner, pin, &proved);
}

enum kr_error personalise_take_key(const struct mother_key *m, const struct key_header *as,
                                   vault_handle transport, enum key_purpose purpose,
                                   vault_handle *key, struct kcv *kcv)
{
    uint8_t wrapped[64], iv[8] = {0};
    size_t len = sizeof wrapped;
    struct write_key_form form;
    struct card *c = m->card;
    *key = 0;
    enum kr_error err = card_write_key_form(c, true, 0, as, KEY_BYTES, &form);
    if (!err)
        err = random_bytes(iv, 4);
    if (!err)
        err = card_export(c, m->kind, m->kid, m->transport_kid, m->factors, m->factor_count, as,
                          form.command, iv, wrapped, &len);
    if (!err)
        err = vault_unwrap(c->vault, transport, c->suite, purpose, form.fields, form.field_count,
                           form.command, sizeof form.command, iv, wrapped, len, key, kcv);
    return err;
}

enum kr_error personalise_has_key(struct card *c, enum card_key_kind kind, uint8_t kid, bool *has)
{
    struct key_info info;
    enum kr_error err = card_key_info(c, kind, kid, &info);
    *has = !err;
    return err && c->sw == NO_SUCH_KEY ? KR_OK : err;
}

enum kr_error personalise_add_key(struct card *c, const struct layout_key *k,
                                  vault_handle transport, vault_handle value)
{
    bool there;
    enum kr_error err = personalise_has_key(c, k->kind, k->kid, &there);
    if (!err && !there)
        err = card_write_key_under(c, transport, value, k->kid, &k->header);
    return err ? err : card_prove_derived(c, value, k->kind, k->kid);
}

enum kr_error personalise_read_limit(struct card *c, uint32_t *left)
{
    uint8_t content[256];
    size_t len = sizeof content;
    *left = 0;
    enum kr_error err = card_read_binary(c, LIMIT_SFI, content, &len);
    if (!err && len < LIMIT_LEN)
        err = kr_fail(KR_E_CARD_DIFFERS, "%04X", LIMIT_SFI);
    for (size_t i = LIMIT_LEN / 2; !err && i < LIMIT_LEN; i++)
        *left = *left << 8 | content[i];
    return err;
}

enum kr_error personalise_read_subject(struct card *c, uint8_t region[8], uint8_t bank[8])
{
    uint8_t content[256];
    size_t len = sizeof content;
    enum kr_error err = card_read_binary(c, SUBJECT_SFI, content, &len);
    if (!err && len < SUBJECT_LEN)
        err = kr_fail(KR_E_CARD_DIFFERS, "%04X", SUBJECT_SFI);
    if (!err) {
        memcpy(region, content, 8);
        memcpy(bank, content + 8, 8);
    }
    return err;
}
