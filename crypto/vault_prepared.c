/* Keys that the coming cards of a data file will take, derived ahead in bulk. */
#include "vault_service.h"

#include <string.h>

#define KEY_LEN(p) ((p)->values->len / ((p)->key_count * (p)->count))

void prepared_forget(struct vault_prepared *p)
{
    secret_free(&p->values);
    p->key_count = p->count = 0;
}

static bool prepared_from(const struct vault_prepared *p, vault_handle key, size_t *index)
{
    for (*index = 0; *index < p->key_count; ++*index)
        if (p->keys[*index] == key)
            return true;
    return false;
}

void prepared_forget_from(struct vault_prepared *p, vault_handle key)
{
    size_t index;
    if (prepared_from(p, key, &index))
        prepared_forget(p);
}

static bool prepared_by(const struct vault_prepared *p, const uint8_t factor[8], size_t *index)
{
    for (*index = 0; *index < p->count; ++*index)
        if (memcmp(p->factors + 8 * *index, factor, 8) == 0)
            return true;
    return false;
}

bool prepared_take(struct vault_prepared *p, const struct vault_object *from,
                   const uint8_t factor[8], struct secret **value)
{
    size_t key, by;
    if (!prepared_from(p, from->handle, &key) || !prepared_by(p, factor, &by))
        return false;
    size_t at = key * p->count + by;
    uint8_t *bytes = p->values->bytes + at * KEY_LEN(p);
    if (p->taken[at])
        return false;
    *value = secret_from(bytes, KEY_LEN(p));
    if (!*value)
        return false;
    secret_wipe(bytes, KEY_LEN(p));
    p->taken[at] = true;
    return true;
}

/* The same keys as vault_diversify() takes: master keys alone. */
static enum kr_error find_masters(struct vault_service *s, const vault_handle *handles,
                                  size_t count, const struct secret **keys,
                                  const struct suite **suite)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < count && !err; i++) {
        struct vault_object *o;
        err = vault_key_find(s, handles[i], PURPOSE_BIT(PURPOSE_MASTER), &o);
        if (!err && i > 0 && o->suite != *suite)
            err = kr_fail(KR_E_SUITE, "%s", o->suite->id);
        if (err)
            break;
        *suite = o->suite;
        keys[i] = o->key;
    }
    return err;
}

enum kr_error handle_prepare(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct vault_prepared *p = &s->prepared;
    vault_handle handles[VAULT_PREPARE_KEYS] = {0};
    const struct secret *keys[VAULT_PREPARE_KEYS];
    const struct suite *suite = NULL;
    size_t len;
    (void)out;
    prepared_forget(p);
    size_t key_count = wire_get_u32(in);
    if (!in->broken && (key_count == 0 || key_count > VAULT_PREPARE_KEYS))
        return kr_fail(KR_E_ARGUMENT, "keys");
    for (size_t i = 0; i < key_count && !in->broken; i++)
        handles[i] = wire_get_u32(in);
    const uint8_t *factors = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (!err && !factors_are_sound(factors, len, DIVERSIFY_MAX))
        err = kr_fail(KR_E_ARGUMENT, "factors");
    if (!err)
        err = find_masters(s, handles, key_count, keys, &suite);
    if (!err)
        err = suite_diversify_many(suite, keys, key_count, factors, len / 8, &p->values);
    if (err)
        return err;
    memcpy(p->keys, handles, key_count * sizeof handles[0]);
    memcpy(p->factors, factors, len);
    memset(p->taken, 0, sizeof p->taken);
    p->key_count = key_count;
    p->count = len / 8;
    return KR_OK;
}
