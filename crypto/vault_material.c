/* Keys at rest: what of the vault goes into the database, sealed under the vault key. */
#include "vault_service.h"

#include <stdio.h>
#include <string.h>

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

/* Stored material as it is handed in. */
struct material {
    char label[VAULT_LABEL_MAX];
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len;
    unsigned purpose;
    const struct suite *suite;
    struct vault_mark mark;
    const uint8_t *sealed; /* within blob */
    size_t sealed_len;
    char bound[VAULT_LABEL_MAX + 48]; /* what the seal binds */
};

static bool material_is_sound(uint8_t version, const struct material *m)
{
    bool kept = m->purpose < 32 && (PURPOSE_BIT(m->purpose) & PURPOSES_KEPT) != 0;
    size_t mark = strlen(m->mark.text);
    return kept && (version == BLOB_OWN ? mark == 0 : mark == VAULT_MARK_LEN);
}

static enum kr_error read_material(struct material *m)
{
    struct wire w;
    char suite[SUITE_ID_MAX];
    m->mark = (struct vault_mark){.text = ""};
    wire_read(&w, m->blob, m->blob_len);
    uint8_t version = wire_get_u8(&w);
    m->purpose = wire_get_u8(&w);
    wire_get_text(&w, suite, sizeof suite);
    if (version == BLOB_MARKED)
        wire_get_text(&w, m->mark.text, sizeof m->mark.text);
    m->sealed = wire_get_bytes(&w, &m->sealed_len);
    if (wire_end(&w) || (version != BLOB_OWN && version != BLOB_MARKED) ||
        !material_is_sound(version, m))
        return kr_fail(KR_E_SEAL_BROKEN, "%s", m->label);
    return vault_suite_find(suite, &m->suite);
}

/* The key inside is the caller's to free. */
static enum kr_error open_material(const struct vault_people *p, struct wire *in,
                                   struct material *m, struct secret **key)
{
    *key = NULL;
    m->blob_len = sizeof m->blob;
    wire_get_upto(in, m->blob, &m->blob_len);
    wire_get_text(in, m->label, sizeof m->label);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_key_open(p);
    if (!err)
        err = read_material(m);
    if (err)
        return err;
    material_label(m->suite->id, m->purpose, &m->mark, m->label, m->bound, sizeof m->bound);
    err = unseal(p->vault_key, m->bound, m->sealed, m->sealed_len, key);
    if (err == KR_E_SEAL_BROKEN || (!err && (*key)->len != m->suite->key_len))
        err = kr_fail(KR_E_SEAL_BROKEN, "%s", m->label);
    return err;
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
    struct material m;
    struct secret *key = NULL;
    struct vault_object *o = NULL;
    enum kr_error err = open_material(&s->people, in, &m, &key);
    if (!err)
        err = vault_key_keep_object(s, m.suite, (enum key_purpose)m.purpose, &key, out, &o);
    if (!err) {
        o->use = use_of(m.label);
        o->mark = m.mark;
    }
    secret_free(&key);
    return err;
}

/* In its place: the same length under another key. */
enum kr_error handle_renew_material(struct vault_service *s, struct wire *in, struct wire *out)
{
    const struct vault_people *p = &s->people;
    struct material m;
    struct secret *key = NULL;
    if (!p->renewal.vault_key)
        return kr_fail(KR_E_ARGUMENT, "renewal");
    enum kr_error err = open_material(p, in, &m, &key);
    if (!err)
        err =
            seal(p->renewal.vault_key, m.bound, key->bytes, key->len, m.blob + (m.sealed - m.blob));
    if (!err)
        wire_put_bytes(out, m.blob, m.blob_len);
    secret_free(&key);
    return err;
}
