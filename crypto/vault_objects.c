/* The vault's table: everything that has a handle. */
#include "vault_service.h"

#include <string.h>

static struct vault_object *find(struct vault_service *s, vault_handle h, enum vault_kind kind)
{
    struct vault_object *o = &s->objects[h % VAULT_OBJECTS_MAX];
    return h != 0 && o->handle == h && o->kind == kind ? o : NULL;
}

/* A handle is never used again: a place in the table returns under another serial number. */
struct vault_object *vault_object_new(struct vault_service *s, enum vault_kind kind)
{
    for (uint32_t i = 0; i < VAULT_OBJECTS_MAX; i++) {
        struct vault_object *o = &s->objects[i];
        if (o->kind != VAULT_FREE)
            continue;
        s->serial = s->serial % (UINT32_MAX / VAULT_OBJECTS_MAX - 1) + 1;
        *o = (struct vault_object){.kind = kind, .handle = s->serial * VAULT_OBJECTS_MAX + i};
        return o;
    }
    kr_fail(KR_E_MEMORY, "vault");
    return NULL;
}

void vault_object_drop(struct vault_object *o)
{
    if (o->kind == VAULT_ENTRY)
        typed_entry_close(&o->entry);
    secret_free(&o->key);
    memset(o, 0, sizeof *o);
}

enum kr_error vault_entry_find(struct vault_service *s, vault_handle h, struct typed_entry **entry)
{
    struct vault_object *o = find(s, h, VAULT_ENTRY);
    *entry = o ? &o->entry : NULL;
    return o ? KR_OK : kr_fail(KR_E_ARGUMENT, "entry handle %u", h);
}

enum kr_error vault_entry_complete(struct vault_service *s, vault_handle h,
                                   enum secret_entry_kind kind, struct typed_entry **entry)
{
    enum kr_error err = vault_entry_find(s, h, entry);
    if (!err && (*entry)->spec.kind != kind)
        err = kr_fail(KR_E_ARGUMENT, "entry of another kind");
    return err ? err : typed_entry_complete(*entry);
}

static const char *purpose_name(enum key_purpose p)
{
    static const char *const names[] = {"",     "control",   "maintenance", "transport", "master",
                                        "auth", "component", "transaction", "block"};
    return names[p];
}

enum kr_error vault_key_find(struct vault_service *s, vault_handle h, unsigned purposes,
                             struct vault_object **key)
{
    *key = find(s, h, VAULT_KEY);
    if (!*key)
        return kr_fail(KR_E_ARGUMENT, "key handle %u", h);
    if (!(PURPOSE_BIT((*key)->purpose) & purposes))
        return kr_fail(KR_E_KEY_PURPOSE, "%s", purpose_name((*key)->purpose));
    return KR_OK;
}

enum kr_error vault_suite_find(const char *id, const struct suite **suite)
{
    *suite = suite_by_id(id);
    return *suite ? KR_OK : kr_fail(KR_E_SUITE, "%s", id);
}

enum kr_error vault_purpose_check(unsigned purpose)
{
    if (purpose < PURPOSE_CONTROL || purpose > PURPOSE_BLOCK)
        return kr_fail(KR_E_ARGUMENT, "purpose");
    if (purpose == PURPOSE_TRANSACTION || purpose == PURPOSE_COMPONENT)
        return kr_fail(KR_E_KEY_PURPOSE, "%s", purpose_name((enum key_purpose)purpose));
    return KR_OK;
}

enum kr_error vault_may_leave(const struct vault_object *key)
{
    bool stays = key->mark.text[0] && key->mark.text[VAULT_MARK_LEN - 1] == 'N';
    return stays ? kr_fail(KR_E_BLOCK_EXPORT, "%s", key->mark.text) : KR_OK;
}

enum kr_error vault_key_keep(struct vault_service *s, const struct suite *suite,
                             enum key_purpose purpose, struct secret **key, struct wire *out)
{
    struct vault_object *o;
    return vault_key_keep_object(s, suite, purpose, key, out, &o);
}

enum kr_error vault_key_keep_object(struct vault_service *s, const struct suite *suite,
                                    enum key_purpose purpose, struct secret **key, struct wire *out,
                                    struct vault_object **object)
{
    struct kcv kcv;
    enum kr_error err = suite_kcv(suite, *key, &kcv);
    struct vault_object *o = err ? NULL : vault_object_new(s, VAULT_KEY);
    if (!err && !o)
        err = KR_E_MEMORY;
    if (err) {
        secret_free(key);
        return err;
    }
    o->suite = suite;
    o->purpose = purpose;
    o->key = *key;
    *key = NULL;
    wire_put_u32(out, o->handle);
    vault_put_kcv(out, &kcv);
    *object = o;
    return KR_OK;
}

enum kr_error handle_drop(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    vault_handle h = wire_get_u32(in);
    struct vault_object *o = &s->objects[h % VAULT_OBJECTS_MAX];
    if (h != 0 && o->handle == h) {
        prepared_forget_from(&s->prepared, h);
        vault_object_drop(o);
    }
    return wire_end(in);
}
