/* Keys: made, derived, stored. */
#include "vault_service.h"

#include <stdio.h>
#include <string.h>

#define SUITE_ID_MAX 16

static enum kr_error suite_find(const char *id, const struct suite **suite)
{
    *suite = suite_by_id(id);
    return *suite ? KR_OK : kr_fail(KR_E_SUITE, "%s", id);
}

/* A purpose that a key can have which is not one card's alone. */
static enum kr_error purpose_check(unsigned purpose)
{
    if (purpose < PURPOSE_CONTROL || purpose > PURPOSE_TRANSACTION)
        return kr_fail(KR_E_ARGUMENT, "purpose");
    if (purpose == PURPOSE_TRANSACTION)
        return kr_fail(KR_E_KEY_PURPOSE, "transaction");
    return purpose == PURPOSE_COMPONENT ? kr_fail(KR_E_KEY_PURPOSE, "component") : KR_OK;
}

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
        err = suite_find(id, &suite);
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
        err = suite_find(id, &suite);
    if (!err)
        err = purpose_check(purpose);
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
        err = suite_find(id, &suite);
    if (!err)
        err = purpose_check(purpose);
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
    if (!err && purpose != PURPOSE_TRANSACTION)
        err = purpose_check(purpose);
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
        err = vault_key_find(s, h, PURPOSES_ALL, &o);
    if (!err)
        err = suite_kcv(o->suite, o->key, &kcv);
    if (!err)
        vault_put_kcv(out, &kcv);
    return err;
}

/* ---- stored material: version u8, purpose u8, suite (counted text), sealed key (counted) ---- */

#define BLOB_VERSION 1

static enum kr_error vault_key_open(const struct vault_people *p)
{
    struct vault_presence now;
    people_presence(p, &now);
    return now.open ? KR_OK : kr_fail(KR_E_QUORUM, "%u/%u", now.shares, now.quorum);
}

static void material_label(const char *suite, unsigned purpose, const char *label, char *out,
                           size_t size)
{
    snprintf(out, size, "keyrite-key/1 %s %u %s", suite, purpose, label);
}

enum kr_error handle_store_key(struct vault_service *s, struct wire *in, struct wire *out)
{
    char label[VAULT_LABEL_MAX];
    char bound[VAULT_LABEL_MAX + 48];
    struct vault_object *o;
    uint8_t sealed[VAULT_BLOB_MAX];
    uint8_t blob[VAULT_BLOB_MAX];
    struct wire w;
    vault_handle h = wire_get_u32(in);
    wire_get_text(in, label, sizeof label);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_key_find(s, h, PURPOSES_ALL, &o);
    if (!err)
        err = vault_key_open(&s->people);
    if (err)
        return err;
    material_label(o->suite->id, o->purpose, label, bound, sizeof bound);
    err = seal(s->people.vault_key, bound, o->key->bytes, o->key->len, sealed);
    wire_begin(&w, blob, sizeof blob);
    wire_put_u8(&w, BLOB_VERSION);
    wire_put_u8(&w, (uint8_t)o->purpose);
    wire_put_text(&w, o->suite->id);
    wire_put_bytes(&w, sealed, o->key->len + SEAL_OVERHEAD);
    if (!err)
        err = wire_end(&w);
    if (!err)
        wire_put_bytes(out, blob, w.len);
    return err;
}

struct material {
    unsigned purpose;
    char suite_id[SUITE_ID_MAX];
    const struct suite *suite;
    const uint8_t *sealed;
    size_t sealed_len;
};

static enum kr_error read_material(uint8_t *blob, size_t len, const char *label, struct material *m)
{
    struct wire w;
    wire_read(&w, blob, len);
    uint8_t version = wire_get_u8(&w);
    m->purpose = wire_get_u8(&w);
    wire_get_text(&w, m->suite_id, sizeof m->suite_id);
    m->sealed = wire_get_bytes(&w, &m->sealed_len);
    if (wire_end(&w) || version != BLOB_VERSION || m->purpose < PURPOSE_CONTROL ||
        m->purpose > PURPOSE_COMPONENT)
        return kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    return suite_find(m->suite_id, &m->suite);
}

/* A key is loaded under the label it was sealed with: its name cannot be another. */
static enum vault_use use_of(const char *label)
{
    if (strncmp(label, "key/kMprd/", 10) == 0)
        return USE_REPLACED;
    return strncmp(label, "key/kMtk/", 9) == 0 ? USE_UNWRAPS : USE_BY_PURPOSE;
}

enum kr_error handle_load_key(struct vault_service *s, struct wire *in, struct wire *out)
{
    char label[VAULT_LABEL_MAX];
    char bound[VAULT_LABEL_MAX + 48];
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len = sizeof blob;
    struct material m;
    struct secret *key = NULL;
    wire_get_upto(in, blob, &blob_len);
    wire_get_text(in, label, sizeof label);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_key_open(&s->people);
    if (!err)
        err = read_material(blob, blob_len, label, &m);
    if (err)
        return err;
    material_label(m.suite_id, m.purpose, label, bound, sizeof bound);
    err = unseal(s->people.vault_key, bound, m.sealed, m.sealed_len, &key);
    if (err == KR_E_SEAL_BROKEN || (!err && key->len != m.suite->key_len))
        err = kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    struct vault_object *o = NULL;
    if (!err)
        err = vault_key_keep_object(s, m.suite, (enum key_purpose)m.purpose, &key, out, &o);
    if (!err)
        o->use = use_of(label);
    secret_free(&key);
    return err;
}
