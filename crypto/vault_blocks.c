/* Key blocks made and opened: which keys travel, as what, and that nothing becomes more on its way
 * than it was. */
#include "vault_service.h"

#include <stdio.h>
#include <string.h>

/* What a usage is here, and the modes that say no less than what we do with such a key; the first
 * is the one that our own go out with. */
static const struct fit {
    const char *usage;
    const char *modes;
    enum key_purpose purpose;
} fits[] = {
    {"E6", "XN", PURPOSE_MASTER}, {"E0", "XN", PURPOSE_MASTER},    {"E1", "XN", PURPOSE_MASTER},
    {"E2", "XN", PURPOSE_MASTER}, {"E3", "XN", PURPOSE_MASTER},    {"E4", "XN", PURPOSE_MASTER},
    {"E5", "XN", PURPOSE_MASTER}, {"K0", "BN", PURPOSE_TRANSPORT}, {"K1", "BN", PURPOSE_BLOCK},
};

static enum kr_error does_not_fit(const struct key_block_head *h)
{
    return kr_fail(KR_E_BLOCK_USAGE, "%.2s %c", h->usage, h->mode ? h->mode : '-');
}

/* The row for a purpose and a usage; "" for the purpose's first. NULL when there is none. */
static const struct fit *find_fit(enum key_purpose purpose, const char *usage)
{
    const struct fit *found = NULL;
    for (size_t i = 0; i < sizeof fits / sizeof fits[0] && !found; i++)
        if (fits[i].purpose == purpose && (!usage[0] || strcmp(fits[i].usage, usage) == 0))
            found = &fits[i];
    return found;
}

/* Fills in usage and mode where they were left open and checks them. */
static enum kr_error fit_head(enum key_purpose purpose, struct key_block_head *h)
{
    const struct fit *fit = find_fit(purpose, h->usage);
    if (!fit)
        return does_not_fit(h);
    snprintf(h->usage, sizeof h->usage, "%s", fit->usage);
    if (!h->mode)
        h->mode = fit->modes[0];
    return strchr(fit->modes, h->mode) ? KR_OK : does_not_fit(h);
}

/* An AES key of 16 bytes is worth more than two-key Triple DES; nothing goes under itself. */
static enum kr_error protects(const struct vault_object *protection, const struct vault_object *key)
{
    bool weaker = protection->suite->block < key->suite->block;
    if (weaker || secret_equal(protection->key, key->key))
        return kr_fail(KR_E_BLOCK_KBPK, "%s < %s", protection->suite->id, key->suite->id);
    return KR_OK;
}

static enum kr_error version_of(const struct vault_object *protection, char *version)
{
    char algorithm = key_block_algorithm(protection->suite);
    *version = algorithm == 'T' ? 'B' : 'D';
    return algorithm ? KR_OK : kr_fail(KR_E_BLOCK_KBPK, "%s", protection->suite->id);
}

/* ---- out ---- */

/* A key that came in a block goes out as what it came as. */
static enum kr_error keep_mark(const struct vault_mark *mark, struct key_block_head *h)
{
    if (!mark->text[0])
        return KR_OK;
    if (!h->usage[0])
        memcpy(h->usage, mark->text, 2);
    if (!h->mode)
        h->mode = mark->text[2];
    return memcmp(h->usage, mark->text, 2) == 0 && h->mode == mark->text[2] ? KR_OK
                                                                            : does_not_fit(h);
}

static enum kr_error complete_head(const struct vault_object *protection,
                                   const struct vault_object *key, struct key_block_head *h)
{
    enum kr_error err = vault_may_leave(key);
    if (!err)
        err = protects(protection, key);
    if (!err)
        err = version_of(protection, &h->version);
    if (!err)
        err = keep_mark(&key->mark, h);
    if (!err)
        err = fit_head(key->purpose, h);
    h->algorithm = key_block_algorithm(key->suite);
    if (!err && !h->algorithm)
        err = kr_fail(KR_E_SUITE, "%s", key->suite->id);
    if (!err && h->exportability != 'E' && h->exportability != 'N')
        err = kr_fail(KR_E_ARGUMENT, "exportability");
    if (!h->key_version[0])
        memcpy(h->key_version, "00", 3);
    h->context = '0';
    return err;
}

enum kr_error handle_block_wrap(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct vault_object *protection, *key = NULL;
    struct key_block_head head = {0};
    char options[KEY_BLOCK_KC_MAX], block[KEY_BLOCK_MAX];
    struct kcv kcv;
    vault_handle ph = wire_get_u32(in), kh = wire_get_u32(in);
    wire_get_text(in, head.usage, sizeof head.usage);
    head.mode = (char)wire_get_u8(in);
    wire_get_text(in, head.key_version, sizeof head.key_version);
    head.exportability = (char)wire_get_u8(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_key_find(s, ph, PURPOSE_BIT(PURPOSE_BLOCK), &protection);
    if (!err)
        err = vault_key_find(s, kh, PURPOSES_KEPT, &key);
    if (!err)
        err = complete_head(protection, key, &head);
    if (!err)
        err = suite_kcv(key->suite, key->key, &kcv);
    if (!err) {
        key_block_check_value(&kcv, head.version, options);
        err = key_block_wrap(protection->key, &head, options, key->key, NULL, block, sizeof block);
    }
    if (!err)
        wire_put_text(out, block);
    return err;
}

/* ---- in ---- */

/* Whether what the block allows is what the key is going to be used for. */
static enum kr_error check_head(const struct key_block_head *h, enum key_purpose purpose)
{
    struct key_block_head own = *h;
    bool exportability = strchr("ENS", h->exportability) != NULL;
    bool component = h->key_version[0] == 'c';
    if (!exportability || component || h->context == '1')
        return kr_fail(KR_E_BLOCK_USAGE, "%s%c/%s", component ? "c" : "", h->exportability,
                       h->context == '1' ? "1" : "0");
    return fit_head(purpose, &own);
}

static enum kr_error take_key(const struct vault_object *protection, const struct key_block *b,
                              const char *text, const struct secret *key)
{
    const struct suite *suite = key_block_suite(b->head.algorithm);
    if (!suite)
        return kr_fail(KR_E_BLOCK_USAGE, "%c", b->head.algorithm);
    enum kr_error err = key_block_verify_kcv(b, text, key);
    struct vault_object as = {.suite = suite, .key = (struct secret *)key};
    if (!err)
        err = protects(protection, &as);
    return err ? err : suite_check_key(suite, key);
}

static void mark_of(const struct key_block_head *h, struct vault_mark *mark)
{
    snprintf(mark->text, sizeof mark->text, "%.2s%c%c", h->usage, h->mode, h->exportability);
}

enum kr_error handle_block_unwrap(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct vault_object *protection, *o = NULL;
    struct key_block b;
    struct secret *key = NULL;
    size_t len;
    vault_handle h = wire_get_u32(in);
    const char *text = (const char *)wire_get_bytes(in, &len);
    unsigned purpose = wire_get_u8(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_key_find(s, h, PURPOSE_BIT(PURPOSE_BLOCK), &protection);
    if (!err)
        err = key_block_unwrap(protection->key, text, len, &b, &key);
    if (!err)
        err = vault_purpose_check(purpose);
    if (!err)
        err = check_head(&b.head, (enum key_purpose)purpose);
    if (!err)
        err = take_key(protection, &b, text, key);
    if (!err)
        err = vault_key_keep_object(s, key_block_suite(b.head.algorithm), (enum key_purpose)purpose,
                                    &key, out, &o);
    if (!err)
        mark_of(&b.head, &o->mark);
    secret_free(&key);
    return err;
}
