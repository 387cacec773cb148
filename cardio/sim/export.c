/*
 * DERIVE AND EXPORT: a mother card derives a key below one of its masters and gives it away,
 * wrapped under a transport key exactly as the target's WRITE KEY takes it
 * (../../docs/simulated-cos.md section 6).
 */
#include "card_state.h"

#include <string.h>
#include "../../crypto/suite.h"

#define FACTOR_LEN  ((size_t)8)
#define FACTORS_MAX 4
#define COMMAND_LEN ((size_t)5)
#define KEY_LEN     ((size_t)16)
#define TAIL_LEN    (COMMAND_LEN + 4)

/* The command's data taken apart; all point into it. */
struct export_order {
    uint8_t type, factor_count;
    const uint8_t *factors, *fields, *command, *challenge;
    struct key_header target; /* what the fields say */
    bool target_known;
    struct sim_key *source, *transport;
};

/* The fields are those of a record whose value is still missing. */
static void read_target(const struct dialect *d, struct export_order *o)
{
    uint8_t record[RECORD_FIELDS_MAX + KEY_LEN] = {0}, protection = 0;
    const uint8_t *value;
    size_t value_len;

    memcpy(record, o->fields, d->field_count);
    o->target_known = dialect_get_record(d, record, d->field_count + KEY_LEN, &o->target,
                                         &protection, &value, &value_len) &&
                      protection_valid(protection);
    if (!o->target_known)
        o->target = (struct key_header){.usage = o->fields[d->type_at]};
}

static bool read_order(const struct dialect *d, const struct apdu *a, struct export_order *o)
{
    uint8_t count = a->data[0] & 0x0F;
    uint8_t type = a->data[0] >> 4;

    if (a->lc == 0 || count > FACTORS_MAX ||
        a->lc != 1 + count * FACTOR_LEN + d->field_count + TAIL_LEN)
        return false;
    o->factor_count = count;
    o->factors = a->data + 1;
    o->fields = o->factors + count * FACTOR_LEN;
    o->command = o->fields + d->field_count;
    o->challenge = o->command + COMMAND_LEN;
    read_target(d, o);
    o->type = type ? 0x30 | type : o->target.usage;
    return true;
}

static bool is_master_type(uint8_t type)
{
    return type == KEY_TAC || type == KEY_PIN_UNLOCK || type == KEY_PIN_RELOAD ||
           (type >= KEY_OVERDRAFT && type <= KEY_LOAD);
}

static uint16_t find_keys(struct sim_card *c, const struct apdu *a, struct export_order *o)
{
    struct sim_directory *here = current_directory(c);

    o->source = is_master_type(o->type) ? directory_key(here, o->type, a->p1) : NULL;
    o->transport = directory_key(here, KEY_TRANSPORT, a->p2);
    if (!o->transport)
        o->transport = directory_key(&c->directories[0], KEY_TRANSPORT, a->p2);
    if (!o->source || !o->transport || o->source->value->len != KEY_LEN)
        return SW_NO_KEY;
    return key_locked(o->source) || key_locked(o->transport) ? SW_LOCKED : SW_OK;
}

/* State 0 never suffices: whatever the use right says, somebody has to have opened the card. */
static uint16_t check_rights(const struct sim_card *c, const struct export_order *o)
{
    uint8_t attributes = o->source->header.follow_state;

    if (c->state == 0 || !right_satisfied(c, o->source->header.use_right) ||
        !right_satisfied(c, o->transport->header.use_right))
        return SW_SECURITY;
    if (o->factor_count == 0 && !(attributes & ATTRIBUTE_EXPORT))
        return SW_CONDITIONS;
    if (o->target.usage != o->type && !(attributes & ATTRIBUTE_ANY_TYPE))
        return SW_CONDITIONS;
    return SW_OK;
}

/* A WRITE KEY of this card's own dialect, for the key that the fields name. */
static bool command_fits(const struct dialect *d, const struct export_order *o)
{
    const uint8_t *command = o->command;
    size_t plain = 1 + d->field_count + KEY_LEN;
    bool named = d->parameters == KID_THEN_TYPE
                     ? (command[3] & 0x7F) == o->target.usage
                     : command[2] == 0x01 || command[2] == o->target.usage;

    return named && command[0] == d->write_key_cla && command[1] == d->write_key_ins &&
           command[4] == (plain / 8 + 1) * 8 + MAC_LEN;
}

/* Factors kept for INTERNAL AUTHENTICATE P1=01, and their complements, derive nothing that leaves.
 */
static bool target_fits(const struct dialect *d, const struct export_order *o)
{
    bool fits = o->target_known && command_fits(d, o) && o->target.usage != KEY_PIN &&
                o->target.algorithm == d->algorithm_3des;

    for (size_t i = 0; i < o->factor_count; i++) {
        uint8_t first = o->factors[i * FACTOR_LEN];
        fits = fits && first != 0xA5 && first != 0x5A;
    }
    return fits;
}

/* The file holds the limit and what is left of it, 4 bytes each. */
static bool count_down(struct sim_card *c)
{
    struct sim_file *f = directory_file(current_directory(c), LIMIT_FILE_ID);
    size_t digit;

    if (!f || (f->type & 0x3F) != FILE_TRANSPARENT || f->size < 8)
        return false;
    uint8_t *left = f->content + 4;
    if ((left[0] | left[1] | left[2] | left[3]) == 0)
        return false;
    for (digit = 3; left[digit] == 0; digit--)
        left[digit] = 0xFF;
    left[digit]--;
    c->changed = true;
    return true;
}

static enum kr_error wrap(const struct dialect *d, const struct export_order *o, uint8_t *out,
                          size_t *out_len)
{
    struct secret *key = NULL;
    struct secret *record = secret_new(d->field_count + KEY_LEN);
    enum kr_error rc = record ? suite_diversify_down(suite_by_id("3des"), o->source->value,
                                                     o->factors, o->factor_count, &key)
                              : KR_E_MEMORY;

    if (rc == KR_OK) {
        memcpy(record->bytes, o->fields, d->field_count);
        memcpy(record->bytes + d->field_count, key->bytes, KEY_LEN);
        rc = messaging_wrap(o->transport, record->bytes, record->len, o->command, o->challenge, out,
                            out_len);
    }
    secret_free(&record);
    secret_free(&key);
    return rc;
}

uint16_t derive_and_export(struct sim_card *c, struct exchange *x)
{
    struct export_order o;
    uint16_t sw;

    if (!read_order(c->dialect, x->command, &o))
        return SW_LENGTH;
    sw = find_keys(c, x->command, &o);
    if (sw == SW_OK)
        sw = check_rights(c, &o);
    if (sw == SW_OK && !target_fits(c->dialect, &o))
        sw = SW_DATA;
    if (sw == SW_OK && !count_down(c))
        sw = SW_CONDITIONS;
    if (sw == SW_OK && wrap(c->dialect, &o, x->answer, &x->answer_len) != KR_OK)
        sw = SW_MEMORY;
    return sw;
}
