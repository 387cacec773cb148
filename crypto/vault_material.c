/* Keys at rest: what of the vault goes into the database, sealed under the vault key. */
#include "vault_service.h"

#include <stdio.h>
#include <string.h>

#define SUITE_ID_MAX 16

/* version u8, purpose u8, suite (counted text), from version 2 on the mark of a key block (counted
 * text), sealed key (counted). */
#define BLOB_OWN    1
#define BLOB_MARKED 2

enum kr_error vault_key_open(const struct vault_people *p)
{
    struct vault_presence now;
    people_presence(p, &now);
    return now.open ? KR_OK : kr_fail(KR_E_QUORUM, "%u/%u", now.shares, now.quorum);
}

/* What the seal binds; a mark that was taken off opens nothing. */
static void material_label(const char *suite, unsigned purpose, const struct vault_mark *mark,
                           const char *label, char *out, size_t size)
{
    bool marked = mark->text[0] != '\0';
    snprintf(out, size, "keyrite-key/%d %s %u %s%s%s", marked ? BLOB_MARKED : BLOB_OWN, suite,
             purpose, mark->text, marked ? " " : "", label);
}

static void put_material(const struct vault_object *o, const uint8_t *sealed, size_t len,
                         struct wire *w)
{
    bool marked = o->mark.text[0] != '\0';
    wire_put_u8(w, marked ? BLOB_MARKED : BLOB_OWN);
    wire_put_u8(w, (uint8_t)o->purpose);
    wire_put_text(w, o->suite->id);
    if (marked)
        wire_put_text(w, o->mark.text);
    wire_put_bytes(w, sealed, len);
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
        err = vault_key_find(s, h, PURPOSES_KEPT, &o);
    if (!err)
        err = vault_key_open(&s->people);
    if (err)
        return err;
    material_label(o->suite->id, o->purpose, &o->mark, label, bound, sizeof bound);
    err = seal(s->people.vault_key, bound, o->key->bytes, o->key->len, sealed);
    wire_begin(&w, blob, sizeof blob);
    put_material(o, sealed, o->key->len + SEAL_OVERHEAD, &w);
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
    struct vault_mark mark;
    const uint8_t *sealed;
    size_t sealed_len;
};

static bool material_is_sound(uint8_t version, const struct material *m)
{
    bool kept = m->purpose < 32 && (PURPOSE_BIT(m->purpose) & PURPOSES_KEPT) != 0;
    size_t mark = strlen(m->mark.text);
    return kept && (version == BLOB_OWN ? mark == 0 : mark == VAULT_MARK_LEN);
}

static enum kr_error read_material(uint8_t *blob, size_t len, const char *label, struct material *m)
{
    struct wire w;
    m->mark = (struct vault_mark){.text = ""};
    wire_read(&w, blob, len);
    uint8_t version = wire_get_u8(&w);
    m->purpose = wire_get_u8(&w);
    wire_get_text(&w, m->suite_id, sizeof m->suite_id);
    if (version == BLOB_MARKED)
        wire_get_text(&w, m->mark.text, sizeof m->mark.text);
    m->sealed = wire_get_bytes(&w, &m->sealed_len);
    m->suite = suite_by_id(m->suite_id);
    if (wire_end(&w) || (version != BLOB_OWN && version != BLOB_MARKED) ||
        !material_is_sound(version, m))
        return kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    return m->suite ? KR_OK : kr_fail(KR_E_SUITE, "%s", m->suite_id);
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
    material_label(m.suite_id, m.purpose, &m.mark, label, bound, sizeof bound);
    err = unseal(s->people.vault_key, bound, m.sealed, m.sealed_len, &key);
    if (err == KR_E_SEAL_BROKEN || (!err && key->len != m.suite->key_len))
        err = kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    struct vault_object *o = NULL;
    if (!err)
        err = vault_key_keep_object(s, m.suite, (enum key_purpose)m.purpose, &key, out, &o);
    if (!err) {
        o->use = use_of(label);
        o->mark = m.mark;
    }
    secret_free(&key);
    return err;
}

/* In its place: the same length under another key. */
static enum kr_error seal_anew(const struct vault_people *p, const struct material *m,
                               const char *bound, uint8_t *sealed)
{
    struct secret *value = NULL;
    enum kr_error err = unseal(p->vault_key, bound, m->sealed, m->sealed_len, &value);
    if (!err)
        err = seal(p->renewal.vault_key, bound, value->bytes, value->len, sealed);
    secret_free(&value);
    return err;
}

enum kr_error handle_renew_material(struct vault_service *s, struct wire *in, struct wire *out)
{
    char label[VAULT_LABEL_MAX];
    char bound[VAULT_LABEL_MAX + 48];
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len = sizeof blob;
    struct material m;
    wire_get_upto(in, blob, &blob_len);
    wire_get_text(in, label, sizeof label);
    enum kr_error err = wire_end(in);
    if (!err && !s->people.renewal.vault_key)
        err = kr_fail(KR_E_ARGUMENT, "renewal");
    if (!err)
        err = vault_key_open(&s->people);
    if (!err)
        err = read_material(blob, blob_len, label, &m);
    if (err)
        return err;
    material_label(m.suite_id, m.purpose, &m.mark, label, bound, sizeof bound);
    err = seal_anew(&s->people, &m, bound, blob + (m.sealed - blob));
    if (!err)
        wire_put_bytes(out, blob, blob_len);
    return err == KR_E_SEAL_BROKEN ? kr_fail(err, "%s", label) : err;
}
