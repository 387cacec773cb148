/* One row per card operating system, and what is read off the rows. */
#include "dialect.h"
#include <string.h>

#define PROTECTION    0xC0 /* of a key type in a record */
#define ATTRIBUTES    0xC0 /* of a master key, in the follow-on byte */
#define COUNTER_NEVER 0xFF
#define ALGORITHM_DES 0x01
#define FILLING       0xFF
#define KID_ADD       0x80 /* in P1 beside a KID */
#define P1_ADD        0x01 /* in P1 instead of a type */

/* Source S of cards.md: one form for every key. */
static const struct record_form pboc_record = {{FIELD_VERSION, FIELD_ALGORITHM, FIELD_TYPE,
                                                FIELD_USE_RIGHT, FIELD_FOLLOW_STATE,
                                                FIELD_CHANGE_RIGHT, FIELD_COUNTER}};
/* Source F: what follows the rights depends on what the key is for. */
static const struct record_form fmcos_computing = {
    {FIELD_TYPE, FIELD_USE_RIGHT, FIELD_CHANGE_RIGHT, FIELD_VERSION, FIELD_ALGORITHM}};
static const struct record_form fmcos_opening = {
    {FIELD_TYPE, FIELD_USE_RIGHT, FIELD_CHANGE_RIGHT, FIELD_FOLLOW_STATE, FIELD_COUNTER}};
static const struct record_form fmcos_protecting = {
    {FIELD_TYPE, FIELD_USE_RIGHT, FIELD_CHANGE_RIGHT, FIELD_FILLING, FIELD_COUNTER}};
/* As computing, of types that are master keys in a mother card. */
static const struct record_form fmcos_master = {
    {FIELD_TYPE, FIELD_USE_RIGHT, FIELD_CHANGE_RIGHT, FIELD_VERSION, FIELD_ALGORITHM_ATTRIBUTES}};

/* Types of cards.md section 1; 33 and 3B are ours (docs/simulated-cos.md section 3). */
#define TYPES                                                                                      \
    {                                                                                              \
        [CARD_KEY_CONTROL] = 0x39, [CARD_KEY_MAINTENANCE] = 0x36, [CARD_KEY_EXTERNAL] = 0x39,      \
        [CARD_KEY_INTERNAL] = 0x34, [CARD_KEY_TRANSPORT] = 0x3B, [CARD_KEY_PURCHASE] = 0x3E,       \
        [CARD_KEY_LOAD] = 0x3F, [CARD_KEY_UNLOAD] = 0x3D, [CARD_KEY_TAC] = 0x33,                   \
        [CARD_KEY_PIN] = 0x3A, [CARD_KEY_PIN_UNLOCK] = 0x37, [CARD_KEY_PIN_RELOAD] = 0x38,         \
    }

static const struct dialect dialects[] = {
    {
        .id = "pboc-key",
        .mark = 0x00,
        .type = TYPES,
        .record = {[0x0] = &pboc_record, /* DES encryption */
                   [0x1] = &pboc_record, /* DES decryption */
                   [0x2] = &pboc_record, /* DES MAC */
                   [0x3] = &pboc_record,
                   [0x4] = &pboc_record,
                   [0x6] = &pboc_record,
                   [0x7] = &pboc_record,
                   [0x8] = &pboc_record,
                   [0x9] = &pboc_record,
                   [0xA] = &pboc_record,
                   [0xB] = &pboc_record,
                   [0xC] = &pboc_record,
                   [0xD] = &pboc_record,
                   [0xE] = &pboc_record,
                   [0xF] = &pboc_record},
        .field_count = 7,
        .type_at = 2,
        .parameters = KID_THEN_TYPE,
        .write_key_cla = 0x84,
        .write_key_ins = 0xD4,
        .algorithm_3des = 0x00,
        .algorithm_rules = true,
        .key_file_type = 0x3F,
        .protection = 0x00,
    },
    {
        .id = "fmcos",
        .mark = 0x01,
        .type = TYPES,
        .record = {[0x0] = &fmcos_computing, /* DES encryption */
                   [0x1] = &fmcos_computing, /* DES decryption */
                   [0x2] = &fmcos_computing, /* DES MAC */
                   [0x3] = &fmcos_master,
                   [0x4] = &fmcos_computing,
                   [0x6] = &fmcos_protecting,
                   [0x7] = &fmcos_protecting,
                   [0x8] = &fmcos_protecting,
                   [0x9] = &fmcos_opening,
                   [0xA] = &fmcos_opening,
                   [0xB] = &fmcos_protecting,
                   [0xC] = &fmcos_master,
                   [0xD] = &fmcos_master,
                   [0xE] = &fmcos_master,
                   [0xF] = &fmcos_master},
        .field_count = 5,
        .type_at = 0,
        .parameters = TYPE_THEN_KID,
        .write_key_cla = 0x84,
        .write_key_ins = 0xD4,
        .algorithm_3des = 0x00,
        .algorithm_rules = false,
        .key_file_type = 0xFF, /* 3F: keys are added with MAC and encryption */
        .protection = 0xC0,
    },
};

static const char *const kind_names[CARD_KEY_KINDS] = {
    [CARD_KEY_CONTROL] = "control",
    [CARD_KEY_MAINTENANCE] = "maintenance",
    [CARD_KEY_EXTERNAL] = "external",
    [CARD_KEY_INTERNAL] = "internal",
    [CARD_KEY_TRANSPORT] = "transport",
    [CARD_KEY_PURCHASE] = "purchase",
    [CARD_KEY_LOAD] = "load",
    [CARD_KEY_UNLOAD] = "unload",
    [CARD_KEY_TAC] = "tac",
    [CARD_KEY_PIN] = "pin",
    [CARD_KEY_PIN_UNLOCK] = "pin-unlock",
    [CARD_KEY_PIN_RELOAD] = "pin-reload",
};

const struct dialect *dialect_by_id(const char *id)
{
    for (size_t i = 0; id && i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(dialects[i].id, id) == 0)
            return &dialects[i];
    return NULL;
}

const struct dialect *dialect_at(size_t n)
{
    return n < sizeof dialects / sizeof *dialects ? &dialects[n] : NULL;
}

enum card_key_kind card_key_kind_by_name(const char *name)
{
    for (int i = 0; name && i < CARD_KEY_KINDS; i++)
        if (strcmp(kind_names[i], name) == 0)
            return (enum card_key_kind)i;
    return CARD_KEY_KINDS;
}

const char *card_key_kind_name(enum card_key_kind kind)
{
    return (unsigned)kind < CARD_KEY_KINDS ? kind_names[kind] : "?";
}

bool card_key_is_master(enum card_key_kind kind)
{
    return kind >= CARD_KEY_PURCHASE && kind <= CARD_KEY_PIN_RELOAD && kind != CARD_KEY_PIN;
}

void dialect_write_key(const struct dialect *d, bool change, uint8_t kid, uint8_t type,
                       uint8_t command[4])
{
    command[0] = d->write_key_cla;
    command[1] = d->write_key_ins;
    switch (d->parameters) {
    case KID_THEN_TYPE:
        command[2] = change ? kid : (uint8_t)(kid | KID_ADD);
        command[3] = type;
        break;
    case TYPE_THEN_KID:
        command[2] = change ? type : P1_ADD;
        command[3] = kid;
        break;
    }
}

static const enum record_field *fields_of(const struct dialect *d, uint8_t type)
{
    const struct record_form *form = type >> 4 == 3 ? d->record[type & 0x0F] : NULL;
    return form ? form->fields : NULL;
}

static uint8_t say_field(const struct dialect *d, const struct key_header *h, enum record_field f)
{
    switch (f) {
    case FIELD_VERSION:
        return h->version;
    case FIELD_ALGORITHM:
        return h->algorithm;
    case FIELD_ALGORITHM_ATTRIBUTES:
        return (uint8_t)(h->algorithm | (h->follow_state & ATTRIBUTES));
    case FIELD_TYPE:
        return h->usage | d->protection;
    case FIELD_USE_RIGHT:
        return h->use_right;
    case FIELD_FOLLOW_STATE:
        return h->follow_state;
    case FIELD_CHANGE_RIGHT:
        return h->change_right;
    case FIELD_COUNTER:
        return h->counter;
    case FIELD_FILLING:
        break;
    }
    return FILLING;
}

size_t dialect_put_record(const struct dialect *d, const struct key_header *h,
                          uint8_t out[RECORD_FIELDS_MAX])
{
    const enum record_field *fields = fields_of(d, h->usage);
    for (size_t i = 0; fields && i < d->field_count; i++)
        out[i] = say_field(d, h, fields[i]);
    return fields ? d->field_count : 0;
}

/* False: a byte that may not stand there. The type was taken before. */
static bool take_field(struct key_header *h, enum record_field f, uint8_t byte)
{
    switch (f) {
    case FIELD_VERSION:
        h->version = byte;
        return true;
    case FIELD_ALGORITHM:
        h->algorithm = byte;
        return true;
    case FIELD_ALGORITHM_ATTRIBUTES:
        h->algorithm = (uint8_t)(byte & ~ATTRIBUTES);
        h->follow_state = byte & ATTRIBUTES;
        return true;
    case FIELD_USE_RIGHT:
        h->use_right = byte;
        return true;
    case FIELD_FOLLOW_STATE:
        h->follow_state = byte;
        return true;
    case FIELD_CHANGE_RIGHT:
        h->change_right = byte;
        return true;
    case FIELD_COUNTER:
        h->counter = byte;
        return true;
    case FIELD_FILLING:
        return byte == FILLING;
    case FIELD_TYPE:
        break;
    }
    return true;
}

/* What a record without the field means. */
static struct key_header unsaid(const struct dialect *d, uint8_t type, size_t value_len)
{
    struct key_header h = {.usage = type, .algorithm = d->algorithm_3des, .counter = COUNTER_NEVER};
    if (type == d->type[CARD_KEY_PIN])
        h.algorithm = (uint8_t)value_len;
    else if (value_len == 8)
        h.algorithm = ALGORITHM_DES;
    return h;
}

bool dialect_get_record(const struct dialect *d, const uint8_t *record, size_t len,
                        struct key_header *h, uint8_t *protection, const uint8_t **value,
                        size_t *value_len)
{
    size_t n = d->field_count;
    if (len <= n)
        return false;
    uint8_t type = record[d->type_at] & (uint8_t) ~(d->protection ? PROTECTION : 0);
    const enum record_field *fields = fields_of(d, type);
    if (!fields)
        return false;
    *h = unsaid(d, type, len - n);
    *protection = record[d->type_at] & (uint8_t)~type;
    *value = record + n;
    *value_len = len - n;
    bool good = true;
    for (size_t i = 0; i < n && good; i++)
        good = take_field(h, fields[i], record[i]);
    return good;
}

bool dialect_can_say(const struct dialect *d, const struct key_header *h, size_t value_len,
                     const char **what)
{
    uint8_t record[RECORD_FIELDS_MAX + UINT8_MAX] = {0}, protection;
    struct key_header said;
    const uint8_t *value;
    size_t n = dialect_put_record(d, h, record);
    *what = "type";
    if (n == 0 || value_len > UINT8_MAX ||
        !dialect_get_record(d, record, n + value_len, &said, &protection, &value, &value_len))
        return false;
    *what = said.version != h->version             ? "version"
            : said.algorithm != h->algorithm       ? "algorithm"
            : said.follow_state != h->follow_state ? "state"
            : said.counter != h->counter           ? "counter"
                                                   : NULL;
    return !*what;
}
