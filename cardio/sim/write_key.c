/* WRITE KEY: a key enters a card only as ciphertext with MAC under the key that stands above it. */
#include "card_state.h"

#include <string.h>

#define HEADER_LEN      ((size_t)7)
#define UNDER_TRANSPORT 0x80 /* bit 8 of P2 */
#define ADD             0x80 /* bit 8 of P1 */

struct key_write {
    uint8_t kid, type;
    bool add, under_transport;
    struct sim_directory *directory;
    struct sim_key *old; /* NULL when it is added */
};

static bool is_control(const struct key_write *w)
{
    return w->type == KEY_EXTERNAL && w->kid == KID_CONTROL;
}

static uint16_t check_target(struct sim_card *c, struct exchange *x, struct key_write *w)
{
    const struct apdu *a = x->command;

    if (a->cla != 0x84)
        return SW_MESSAGING_MISSING;
    if (a->lc != 0x14 && a->lc != 0x1C && a->lc != 0x24)
        return SW_LENGTH;
    if (x->challenge_len == 0)
        return SW_CONDITIONS;
    *w = (struct key_write){.kid = a->p1 & 0x7F,
                            .type = a->p2 & 0x7F,
                            .add = a->p1 & ADD,
                            .under_transport = a->p2 & UNDER_TRANSPORT,
                            .directory = current_directory(c)};
    if (w->kid == 0x7F)
        return SW_P1P2;
    if (!w->directory->has_key_file)
        return SW_NO_KEY;
    w->old = directory_key(w->directory, w->type, w->kid);
    if (w->add && w->old)
        return SW_DATA;
    if (!w->add && !w->old)
        return SW_NO_KEY;
    if (!right_satisfied(c, w->add ? w->directory->key_add_right : w->old->header.change_right))
        return SW_SECURITY;
    return w->under_transport && is_control(w) ? SW_CONDITIONS : SW_OK;
}

static uint16_t try_wrapping(struct sim_card *c, struct exchange *x, struct sim_key *k)
{
    if (key_locked(k))
        return SW_LOCKED;
    if (!messaging_mac_fits(x, k)) {
        key_failed(c, k);
        return SW_MESSAGING_WRONG;
    }
    key_succeeded(c, k);
    return SW_OK;
}

/* A transport key is not named by the command: its MAC names it, so tries are taken only when none
 * fits. */
static uint16_t find_transport(struct sim_card *c, struct exchange *x, struct sim_directory *d,
                               struct sim_key **found)
{
    uint16_t sw = SW_NO_KEY;

    for (uint8_t kid = 0; kid < 0x7F && sw != SW_OK; kid++) {
        struct sim_key *k = directory_key(d, KEY_TRANSPORT, kid);
        if (!k)
            continue;
        if (!right_satisfied(c, k->header.use_right))
            sw = sw == SW_NO_KEY ? SW_SECURITY : sw;
        else if (key_locked(k))
            sw = sw == SW_NO_KEY ? SW_LOCKED : sw;
        else
            sw = messaging_mac_fits(x, k) ? SW_OK : SW_MESSAGING_WRONG;
        if (sw == SW_OK)
            *found = k;
    }
    return sw;
}

static void fail_transports(struct sim_card *c, struct sim_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++) {
        struct sim_key *k = &d->keys[i];
        if (k->header.usage == KEY_TRANSPORT && right_satisfied(c, k->header.use_right) &&
            !key_locked(k))
            key_failed(c, k);
    }
}

static uint16_t open_under_transport(struct sim_card *c, struct exchange *x, struct sim_key **key)
{
    struct sim_directory *here = current_directory(c);
    struct sim_directory *mf = &c->directories[0];
    uint16_t sw = find_transport(c, x, here, key);
    uint16_t above = sw != SW_OK && here != mf ? find_transport(c, x, mf, key) : SW_NO_KEY;

    if (sw == SW_OK || above == SW_OK) {
        key_succeeded(c, *key);
        return SW_OK;
    }
    if (sw == SW_MESSAGING_WRONG)
        fail_transports(c, here);
    if (above == SW_MESSAGING_WRONG)
        fail_transports(c, mf);
    if (sw == SW_MESSAGING_WRONG || above == SW_MESSAGING_WRONG)
        return SW_MESSAGING_WRONG;
    return sw != SW_NO_KEY ? sw : above;
}

/* A DF's own control key comes from above: under the MF's. */
static uint16_t find_wrapping(struct sim_card *c, struct exchange *x, const struct key_write *w,
                              struct sim_key **key)
{
    struct sim_directory *above = is_control(w) ? &c->directories[0] : w->directory;

    if (w->under_transport)
        return open_under_transport(c, x, key);
    *key = directory_key(above, KEY_EXTERNAL, KID_CONTROL);
    return *key ? try_wrapping(c, x, *key) : SW_NO_KEY;
}

static bool known_type(uint8_t type)
{
    return type == KEY_TAC || type == KEY_INTERNAL || (type >= KEY_MAINTENANCE && type <= KEY_LOAD);
}

/* Digits, then F to the end. */
static bool pin_well_formed(const uint8_t *value, size_t len)
{
    bool filling = false;
    bool good = len > 0 && value[0] >> 4 <= 9;

    for (size_t i = 0; i < 2 * len && good; i++) {
        uint8_t digit = i % 2 ? value[i / 2] & 0x0F : value[i / 2] >> 4;
        good = digit == 0x0F || (digit <= 9 && !filling);
        filling = digit == 0x0F;
    }
    return good;
}

static bool length_fits(const struct key_header *h, const uint8_t *value, size_t len)
{
    if (h->usage == KEY_PIN)
        return h->algorithm >= 2 && h->algorithm <= 6 && len == h->algorithm &&
               pin_well_formed(value, len);
    return (h->algorithm == 0 && len == 16) || (h->algorithm == 1 && len == 8);
}

static bool counter_fits(const struct key_header *h)
{
    uint8_t maximum = h->counter >> 4;
    uint8_t left = h->counter & 0x0F;

    return left >= 1 && left <= maximum && !(h->usage == KEY_PIN && h->counter == COUNTER_NEVER);
}

bool key_record_valid(const struct key_header *h, const uint8_t *value, size_t len)
{
    return known_type(h->usage) && length_fits(h, value, len);
}

static uint16_t store(struct sim_card *c, const struct key_write *w, const uint8_t *record,
                      size_t len)
{
    const struct key_header h = {record[0], record[1], record[2], record[3],
                                 record[4], record[5], record[6]};
    const uint8_t *value = record + HEADER_LEN;
    size_t value_len = len - HEADER_LEN;
    enum kr_error rc;

    if (h.usage != w->type || !key_record_valid(&h, value, value_len) || !counter_fits(&h))
        return SW_DATA;
    rc = directory_put_key(w->directory, w->kid, &h, value, value_len);
    if (rc != KR_OK)
        return rc == KR_E_CARD_FULL ? SW_NO_ROOM : SW_MEMORY;
    c->changed = true;
    return SW_OK;
}

uint16_t write_key(struct sim_card *c, struct exchange *x)
{
    struct key_write w = {0};
    struct sim_key *wrapping = NULL;
    struct secret *record = secret_new(256);
    size_t len = 0;
    uint16_t sw = record ? check_target(c, x, &w) : SW_MEMORY;

    if (sw == SW_OK)
        sw = find_wrapping(c, x, &w, &wrapping);
    if (sw == SW_OK)
        sw =
            messaging_decrypt(wrapping, x->command->data, x->command->lc - 4u, record->bytes, &len);
    if (sw == SW_OK)
        sw = len > HEADER_LEN ? store(c, &w, record->bytes, len) : SW_DATA;
    secret_free(&record);
    return sw;
}
