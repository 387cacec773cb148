/* Keys of a simulated card: finding, counting tries, GET DATA. */
#include "card_state.h"

#include <string.h>

static size_t key_record_size(size_t value_len)
{
    return 8 + value_len;
}

struct sim_key *directory_key(struct sim_directory *d, uint8_t type, uint8_t kid)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].header.usage == type && d->keys[i].kid == kid)
            return &d->keys[i];
    return NULL;
}

static size_t key_file_used(const struct sim_directory *d)
{
    size_t used = 0;

    for (size_t i = 0; i < d->key_count; i++)
        used += key_record_size(d->keys[i].value->len);
    return used;
}

enum kr_error directory_put_key(struct sim_directory *d, uint8_t kid, const struct key_header *h,
                                const uint8_t *value, size_t len)
{
    struct sim_key *old = directory_key(d, h->usage, kid);
    size_t freed = old ? key_record_size(old->value->len) : 0;
    struct secret *fresh;

    if ((!old && d->key_count == SIM_KEYS_MAX) ||
        key_file_used(d) - freed + key_record_size(len) > d->key_file_size)
        return KR_E_CARD_FULL;
    fresh = secret_from(value, len);
    if (!fresh)
        return KR_E_MEMORY;
    if (old)
        secret_free(&old->value);
    else
        old = &d->keys[d->key_count++];
    *old = (struct sim_key){.kid = kid, .header = *h, .value = fresh};
    return KR_OK;
}

bool key_locked(const struct sim_key *k)
{
    return (k->header.counter & 0x0F) == 0;
}

uint16_t usable_key(struct sim_card *c, uint8_t type, uint8_t kid, struct sim_key **found)
{
    struct sim_key *k = directory_key(current_directory(c), type, kid);

    *found = k;
    if (!k)
        return SW_NO_KEY;
    if (key_locked(k))
        return SW_LOCKED;
    return right_satisfied(c, k->header.use_right) ? SW_OK : SW_SECURITY;
}

uint8_t key_failed(struct sim_card *c, struct sim_key *k)
{
    if (k->header.counter != COUNTER_NEVER) {
        k->header.counter--;
        c->changed = true;
    }
    return k->header.counter & 0x0F;
}

void key_succeeded(struct sim_card *c, struct sim_key *k)
{
    uint8_t maximum = k->header.counter >> 4;

    if ((k->header.counter & 0x0F) == maximum)
        return;
    k->header.counter = (uint8_t)(maximum << 4 | maximum);
    c->changed = true;
}

struct secret *key_wide(const struct sim_key *k)
{
    struct secret *wide = secret_new(16);

    if (!wide)
        return NULL;
    memcpy(wide->bytes, k->value->bytes, 8);
    memcpy(wide->bytes + 8, k->value->bytes + (k->value->len == 16 ? 8 : 0), 8);
    return wide;
}

bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    unsigned difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

/* The same bytes in every dialect. Only what a key is and how many tries it has: a value never
 * leaves this way. */
uint16_t get_data(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    const struct sim_key *k;

    if (a->lc > 0)
        return SW_LENGTH;
    if (a->has_le && a->le != 0 && a->le != 8)
        return SW_WRONG_LE | 8;
    if (a->p1 == 0 && a->p2 == 0) {
        memcpy(x->answer, c->serial, SIM_SERIAL_LEN);
        x->answer_len = SIM_SERIAL_LEN;
        return SW_OK;
    }
    k = directory_key(current_directory(c), a->p1, a->p2);
    if (!k)
        return SW_NO_KEY;
    const struct key_header *h = &k->header;
    const uint8_t info[8] = {
        k->kid,       h->version,      h->algorithm,    h->usage | k->protection,
        h->use_right, h->follow_state, h->change_right, h->counter};
    memcpy(x->answer, info, sizeof info);
    x->answer_len = sizeof info;
    return SW_OK;
}
