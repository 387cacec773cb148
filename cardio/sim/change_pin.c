/* RELOAD PIN, CHANGE PIN, PIN UNBLOCK. A PIN's reload and unlock keys have its KID. */
#include "purse.h"

#include <string.h>

#define PIN_MIN   2
#define PIN_MAX   6
#define SEPARATOR 0xFF

/* In place of the old one, with all its tries. */
static uint16_t replace_pin(struct sim_card *c, uint8_t kid, const uint8_t *pin, size_t len)
{
    struct sim_directory *d = current_directory(c);
    const struct sim_key *old = directory_key(d, KEY_PIN, kid);
    struct key_header h = old->header;
    uint8_t protection = old->protection;
    enum kr_error rc;

    h.algorithm = (uint8_t)len;
    h.counter = (uint8_t)(h.counter >> 4 | (h.counter & 0xF0));
    if (len < PIN_MIN || len > PIN_MAX || !key_record_valid(c->dialect, &h, pin, len))
        return SW_DATA;
    rc = directory_put_key(d, kid, &h, pin, len);
    if (rc != KR_OK)
        return rc == KR_E_CARD_FULL ? SW_NO_ROOM : SW_MEMORY;
    directory_key(d, KEY_PIN, kid)->protection = protection;
    c->changed = true;
    return SW_OK;
}

static uint16_t reload_pin(struct sim_card *c, const struct apdu *a)
{
    size_t len = a->lc - (size_t)MAC_LEN;
    uint8_t mac[MAC_LEN];
    struct sim_key *k;
    uint16_t sw;

    if (a->lc < PIN_MIN + MAC_LEN || a->lc > PIN_MAX + MAC_LEN)
        return SW_LENGTH;
    if (!directory_key(current_directory(c), KEY_PIN, a->p2))
        return SW_NO_KEY;
    sw = usable_key(c, KEY_PIN_RELOAD, a->p2, &k);
    if (sw != SW_OK)
        return sw;
    if (folded_mac(k, a->data, len, mac) != KR_OK)
        return SW_MEMORY;
    if (!bytes_equal(mac, a->data + len, MAC_LEN)) {
        key_failed(c, k);
        return SW_MAC;
    }
    key_succeeded(c, k);
    return replace_pin(c, a->p2, a->data, len);
}

/* old PIN, FF (as often as the old one was filled), new PIN */
static uint16_t change_pin(struct sim_card *c, const struct apdu *a)
{
    size_t old_len = 0, at;
    struct sim_key *k;
    uint16_t sw;

    while (old_len < a->lc && a->data[old_len] != SEPARATOR)
        old_len++;
    for (at = old_len; at < a->lc && a->data[at] == SEPARATOR;)
        at++;
    if (at == a->lc || old_len < PIN_MIN || old_len > PIN_MAX)
        return SW_DATA;
    sw = usable_key(c, KEY_PIN, a->p2, &k);
    if (sw != SW_OK)
        return sw;
    if (!pins_equal(a->data, old_len, k->value->bytes, k->value->len))
        return SW_TRIES | key_failed(c, k);
    return replace_pin(c, a->p2, a->data + at, a->lc - at);
}

uint16_t reload_or_change_pin(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;

    switch (a->p1) {
    case 0x00:
        return reload_pin(c, a);
    case 0x01:
        return a->lc > 0 ? change_pin(c, a) : SW_LENGTH;
    default:
        return SW_P1P2;
    }
}

static uint16_t open_unblock(struct sim_card *c, struct exchange *x, struct sim_key **key)
{
    uint16_t sw = usable_key(c, KEY_PIN_UNLOCK, x->command->p2, key);

    if (sw != SW_OK)
        return sw;
    if (!messaging_mac_fits(x, *key)) {
        key_failed(c, *key);
        return SW_MESSAGING_WRONG;
    }
    key_succeeded(c, *key);
    return SW_OK;
}

uint16_t unblock_pin(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint8_t pin[256];
    size_t len = 0;
    struct sim_key *k;
    uint16_t sw;

    if (a->p1 != 0)
        return SW_P1P2;
    if (a->lc != 8 + MAC_LEN)
        return SW_LENGTH;
    if (!directory_key(current_directory(c), KEY_PIN, a->p2))
        return SW_NO_KEY;
    if (x->challenge_len == 0)
        return SW_CONDITIONS;
    sw = open_unblock(c, x, &k);
    if (sw == SW_OK)
        sw = messaging_decrypt(k, a->data, 8, pin, &len);
    if (sw == SW_OK)
        sw = replace_pin(c, a->p2, pin, len);
    secret_wipe(pin, sizeof pin);
    return sw;
}
