/* Keys: made, derived, stored. */
#include "vault_service.h"

enum kr_error handle_component(struct vault_service *s, struct wire *in, struct wire *out)
{
    char id[SUITE_ID_MAX];
    const struct suite *suite = NULL;
    struct typed_entry *entry;
    struct secret *value = NULL;
    vault_handle h = wire_get_u32(in);
    wire_get_text(in, id, sizeof id);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_suite_find(id, &suite);
    if (!err)
        err = vault_entry_complete(s, h, ENTRY_COMPONENT, &entry);
    if (!err && entry->spec.digits != 2 * suite->key_len)
        err = kr_fail(KR_E_KEY_LENGTH, "%zu", entry->spec.digits / 2);
    if (!err)
        err = typed_entry_component(entry, &value);
    if (!err)
        err = component_check(suite, value);
    if (!err)
        err = vault_key_keep(s, suite, PURPOSE_COMPONENT, &value, out);
    if (!err)
        vault_object_drop(&s->objects[h % VAULT_OBJECTS_MAX]);
    secret_free(&value);
    return err;
}

static enum kr_error find_components(struct vault_service *s, const struct suite *suite,
                                     const vault_handle *handles, size_t count,
                                     const struct secret **components)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < count && !err; i++) {
        struct vault_object *o;
        err = vault_key_find(s, handles[i], PURPOSE_BIT(PURPOSE_COMPONENT), &o);
        if (!err && o->suite != suite)
            err = kr_fail(KR_E_SUITE, "%s", o->suite->id);
        if (!err)
            components[i] = o->key;
    }
    return err;
}

enum kr_error handle_combine(struct vault_service *s, struct wire *in, struct wire *out)
{
    char id[SUITE_ID_MAX];
    const struct suite *suite;
    vault_handle handles[COMPONENTS_MAX] = {0};
    const struct secret *components[COMPONENTS_MAX];
    struct secret *key = NULL;
    wire_get_text(in, id, sizeof id);
    unsigned purpose = wire_get_u8(in);
    size_t count = wire_get_u32(in);
    if (!in->broken && (count < COMPONENTS_MIN || count > COMPONENTS_MAX))
        return kr_fail(KR_E_COMPONENT_COUNT, "%zu", count);
    for (size_t i = 0; i < count && !in->broken; i++)
        handles[i] = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_suite_find(id, &suite);
    if (!err)
        err = vault_purpose_check(purpose);
    if (!err)
        err = find_components(s, suite, handles, count, components);
    if (!err)
        err = component_combine(suite, components, count, &key);
    return err ? err : vault_key_keep(s, suite, (enum key_purpose)purpose, &key, out);
}

enum kr_error handle_random(struct vault_service *s, struct wire *in, struct wire *out)
{
    char id[SUITE_ID_MAX];
    const struct suite *suite = NULL;
    struct secret *key = NULL;
    wire_get_text(in, id, sizeof id);
    unsigned purpose = wire_get_u8(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_suite_find(id, &suite);
    if (!err)
        err = vault_purpose_check(purpose);
    if (!err)
        err = suite_random_key(suite, &key);
    return err ? err : vault_key_keep(s, suite, (enum key_purpose)purpose, &key, out);
}

static enum kr_error derive_levels(struct vault_service *s, const struct vault_object *from,
                                   const uint8_t *factors, size_t levels, struct secret **key)
{
    if (levels == 1 && prepared_take(&s->prepared, from, factors, key))
        return KR_OK;
    return suite_diversify_down(from->suite, from->key, factors, levels, key);
}

/* By a factor's complement the same two halves come out, exchanged. */
bool factors_are_sound(const uint8_t *factors, size_t len, size_t most)
{
    bool sound = len > 0 && len % 8 == 0 && len / 8 <= most;
    for (size_t i = 0; sound && i < len; i += 8)
        sound = factors[i] != VAULT_PROOF_MARK && factors[i] != (VAULT_PROOF_MARK ^ 0xFF);
    return sound;
}

/* Only from a master key: a key that also computes cryptograms would, asked for those of X and ~X,
 * give out the key derived by X. */
enum kr_error handle_diversify(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct vault_object *from = NULL;
    struct secret *key = NULL;
    size_t len;
    vault_handle h = wire_get_u32(in);
    const uint8_t *factors = wire_get_bytes(in, &len);
    unsigned purpose = wire_get_u8(in);
    enum kr_error err = wire_end(in);
    if (!err && !factors_are_sound(factors, len, VAULT_FACTORS_MAX))
        err = kr_fail(KR_E_ARGUMENT, "factors");
    if (!err && purpose == PURPOSE_BLOCK) /* whoever chose the factors would choose the key */
        err = kr_fail(KR_E_KEY_PURPOSE, "block");
    else if (!err && purpose != PURPOSE_TRANSACTION)
        err = vault_purpose_check(purpose);
    if (!err)
        err = vault_key_find(s, h, PURPOSE_BIT(PURPOSE_MASTER), &from);
    if (!err)
        err = derive_levels(s, from, factors, len / 8, &key);
    return err ? err : vault_key_keep(s, from->suite, (enum key_purpose)purpose, &key, out);
}

enum kr_error handle_kcv(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct vault_object *o;
    struct kcv kcv;
    vault_handle h = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_key_find(s, h, PURPOSES_KEPT, &o);
    if (!err)
        err = suite_kcv(o->suite, o->key, &kcv);
    if (!err)
        vault_put_kcv(out, &kcv);
    return err;
}
