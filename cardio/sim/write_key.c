/* WRITE KEY: a key enters a card as ciphertext with MAC under the key that stands above it. Only a
 * fmcos card takes what its key file and its keys allow to be sent with less. */
#include "card_state.h"

#include <string.h>

#define UNDER_TRANSPORT 0x80 /* bit 8 of P2 */
#define ADD             0x80 /* bit 8 of P1, beside a KID */
#define ADD_A_TYPE      0x01 /* P1, where a type would stand */
#define ANY_TYPE        0x00 /* only the record will tell */

struct key_write {
    uint8_t kid, type;
    uint8_t protection; /* demanded of this command: FILE_WITH_MAC, FILE_ENCRYPTED */
    bool add, under_transport;
    bool control; /* it is 39/00, or has to be because nothing else could have wrapped it */
    struct sim_directory *directory;
    struct sim_key *old; /* NULL when it is added */
};

static uint16_t check_rights(const struct sim_card *c, const struct key_write *w)
{
    return right_satisfied(c, w->add ? w->directory->key_add_right : w->old->header.change_right)
               ? SW_OK
               : SW_SECURITY;
}

static uint16_t target_of_kid_then_type(struct sim_card *c, struct exchange *x, struct key_write *w)
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
                            .protection = FILE_PROTECTION,
                            .add = a->p1 & ADD,
                            .under_transport = a->p2 & UNDER_TRANSPORT,
                            .directory = current_directory(c)};
    w->control = w->type == KEY_EXTERNAL && w->kid == KID_CONTROL;
    if (w->kid == 0x7F)
        return SW_P1P2;
    if (!w->directory->has_key_file)
        return SW_NO_KEY;
    w->old = directory_key(w->directory, w->type, w->kid);
    if (w->add && w->old)
        return SW_DATA;
    if (!w->add && !w->old)
        return SW_NO_KEY;
    uint16_t sw = check_rights(c, w);
    return sw == SW_OK && w->under_transport && w->control ? SW_CONDITIONS : sw;
}

/* The class has to be what the key file or the key demands; a transport key always does both. */
static uint16_t check_carriage(const struct exchange *x, const struct key_write *w)
{
    const struct apdu *a = x->command;

    if (!w->protection)
        return a->cla == 0x84 ? SW_FILE_KIND : SW_OK;
    if (a->cla != 0x84)
        return SW_MESSAGING_MISSING;
    if (a->lc <= MAC_LEN || ((w->protection & FILE_ENCRYPTED) && a->lc != 0x14 && a->lc != 0x1C))
        return SW_LENGTH;
    return x->challenge_len > 0 ? SW_OK : SW_CONDITIONS;
}

static uint8_t protection_of(const struct key_write *w)
{
    if (w->under_transport)
        return FILE_PROTECTION;
    return w->add ? w->directory->key_file_protection : w->old->protection;
}

/* A key that is added shows its type only inside the record: in a directory without a control key
 * it can but be that one. */
static uint16_t target_of_type_then_kid(struct sim_card *c, struct exchange *x, struct key_write *w)
{
    const struct apdu *a = x->command;
    struct sim_directory *d = current_directory(c);
    uint16_t sw;

    *w = (struct key_write){.kid = a->p2 & 0x7F,
                            .type = a->p1 == ADD_A_TYPE ? ANY_TYPE : a->p1,
                            .add = a->p1 == ADD_A_TYPE,
                            .under_transport = a->p2 & UNDER_TRANSPORT,
                            .directory = d};
    if (w->kid == 0x7F || (!w->add && w->type >> 4 != 3))
        return SW_P1P2;
    if (!d->has_key_file)
        return SW_NO_KEY;
    w->old = w->add ? NULL : directory_key(d, w->type, w->kid);
    if (!w->add && !w->old)
        return SW_NO_KEY;
    w->protection = protection_of(w);
    w->control = w->add ? !w->under_transport && !directory_key(d, KEY_EXTERNAL, KID_CONTROL)
                        : w->type == KEY_EXTERNAL && w->kid == KID_CONTROL;
    sw = check_carriage(x, w);
    if (sw == SW_OK)
        sw = check_rights(c, w);
    return sw == SW_OK && w->under_transport && w->control ? SW_CONDITIONS : sw;
}

static uint16_t check_target(struct sim_card *c, struct exchange *x, struct key_write *w)
{
    return c->dialect->parameters == KID_THEN_TYPE ? target_of_kid_then_type(c, x, w)
                                                   : target_of_type_then_kid(c, x, w);
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
    struct sim_directory *above = w->control ? &c->directories[0] : w->directory;

    if (w->under_transport)
        return open_under_transport(c, x, key);
    *key = directory_key(above, KEY_EXTERNAL, KID_CONTROL);
    return *key ? try_wrapping(c, x, *key) : SW_NO_KEY;
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

static bool length_fits(const struct dialect *d, const struct key_header *h, const uint8_t *value,
                        size_t len)
{
    if (h->usage == KEY_PIN)
        return h->algorithm >= 2 && h->algorithm <= 6 && len == h->algorithm &&
               pin_well_formed(value, len);
    if (!d->algorithm_rules)
        return len == 16 || len == 8;
    return (h->algorithm == 0 && len == 16) || (h->algorithm == 1 && len == 8);
}

static bool counter_fits(const struct key_header *h)
{
    uint8_t maximum = h->counter >> 4;
    uint8_t left = h->counter & 0x0F;

    return left >= 1 && left <= maximum && !(h->usage == KEY_PIN && h->counter == COUNTER_NEVER);
}

bool key_record_valid(const struct dialect *d, const struct key_header *h, const uint8_t *value,
                      size_t len)
{
    const char *what;

    return dialect_can_say(d, h, len, &what) && length_fits(d, h, value, len);
}

/* The record's type against the command's; a key that is added has shown neither until now. */
static uint16_t check_type(const struct key_write *w, uint8_t type)
{
    bool control = type == KEY_EXTERNAL && w->kid == KID_CONTROL;

    if (w->type != ANY_TYPE)
        return type == w->type ? SW_OK : SW_DATA;
    if (w->protection && control != w->control)
        return SW_CONDITIONS;
    return directory_key(w->directory, type, w->kid) ? SW_DATA : SW_OK;
}

static uint16_t store(struct sim_card *c, const struct key_write *w, const uint8_t *record,
                      size_t len)
{
    struct key_header h;
    const uint8_t *value;
    size_t value_len;
    uint8_t protection;
    enum kr_error rc;
    uint16_t sw;

    if (!dialect_get_record(c->dialect, record, len, &h, &protection, &value, &value_len) ||
        !key_record_valid(c->dialect, &h, value, value_len) || !counter_fits(&h) ||
        !protection_valid(protection))
        return SW_DATA;
    sw = check_type(w, h.usage);
    if (sw != SW_OK)
        return sw;
    rc = directory_put_key(w->directory, w->kid, &h, value, value_len);
    if (rc != KR_OK)
        return rc == KR_E_CARD_FULL ? SW_NO_ROOM : SW_MEMORY;
    directory_key(w->directory, h.usage, w->kid)->protection = protection;
    c->changed = true;
    return SW_OK;
}

/* The record out of the command, as the protection demands. */
static uint16_t open_record(struct sim_card *c, struct exchange *x, const struct key_write *w,
                            uint8_t record[256], size_t *len)
{
    const struct apdu *a = x->command;
    struct sim_key *wrapping = NULL;
    uint16_t sw = w->protection ? find_wrapping(c, x, w, &wrapping) : SW_OK;

    if (sw != SW_OK)
        return sw;
    *len = a->lc - (w->protection ? (size_t)MAC_LEN : 0);
    if (w->protection & FILE_ENCRYPTED)
        return messaging_decrypt(wrapping, a->data, *len, record, len);
    memcpy(record, a->data, *len);
    return SW_OK;
}

uint16_t write_key(struct sim_card *c, struct exchange *x)
{
    struct key_write w = {0};
    struct secret *record = secret_new(256);
    size_t len = 0;
    uint16_t sw = record ? check_target(c, x, &w) : SW_MEMORY;

    if (sw == SW_OK)
        sw = open_record(c, x, &w, record->bytes, &len);
    if (sw == SW_OK)
        sw = store(c, &w, record->bytes, len);
    secret_free(&record);
    return sw;
}
