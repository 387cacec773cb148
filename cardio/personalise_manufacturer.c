/* The manufacturer mother card (生产商母卡): how kMprd comes into the vault. */
#include "card_command.h"
#include "personalise_parts.h"
#include "../crypto/hash.h"
#include <string.h>

#define PIN_KID       0x00
#define KMPRD_KID     0x01
#define TRANSPORT_KID 0x01
#define KMPRD_LEN     16
#define NO_SUCH_KEY   0x6A88

/* The target is named as a control key's change: the form in which the card gives it
 * (docs/simulated-cos.md section 7). */
static const struct key_header target_header = {
    .usage = 0x39, .use_right = 0xF0, .follow_state = 0x0F, .change_right = 0xFF, .counter = 0x55};

static enum kr_error unwrap(struct card *c, vault_handle transport, enum key_purpose purpose,
                            const struct write_key_form *form, const uint8_t iv[8],
                            const uint8_t *wrapped, size_t len, vault_handle *key, struct kcv *kcv)
{
    return vault_unwrap(c->vault, transport, c->suite, purpose, form->fields, form->field_count,
                        form->command, sizeof form->command, iv, wrapped, len, key, kcv);
}

static enum kr_error open_manufacturer(struct card *c, vault_handle pin)
{
    struct key_info info;
    int tries;
    enum kr_error err = card_open(c);
    if (!err)
        err = card_key_info(c, CARD_KEY_PURCHASE, KMPRD_KID, &info);
    if (err == KR_E_CARD_REFUSED && c->sw == NO_SUCH_KEY)
        err = kr_fail(KR_E_CARD_WRONG_KIND, "3E/01");
    return err ? err : card_verify_pin(c, pin, PIN_KID, c->last_try, &tries);
}

enum kr_error personalise_take_manufacturer_key(struct card *c, vault_handle pin,
                                                vault_handle transport, vault_handle *control,
                                                vault_handle *auth, struct kcv *kcv)
{
    uint8_t wrapped[64], iv[8] = {0};
    size_t len = sizeof wrapped;
    struct write_key_form form;
    *control = *auth = 0;
    enum kr_error err = card_write_key_form(c, true, 0, &target_header, KMPRD_LEN, &form);
    if (!err)
        err = open_manufacturer(c, pin);
    if (!err)
        err = random_bytes(iv, 4);
    if (!err)
        err = card_export(c, CARD_KEY_PURCHASE, KMPRD_KID, TRANSPORT_KID, NULL, 0, &target_header,
                          form.command, iv, wrapped, &len);
    if (!err)
        err = unwrap(c, transport, PURPOSE_CONTROL, &form, iv, wrapped, len, control, kcv);
    if (!err)
        err = unwrap(c, transport, PURPOSE_AUTH, &form, iv, wrapped, len, auth, kcv);
    if (err) {
        vault_drop(c->vault, *control);
        *control = 0;
    }
    return err;
}
