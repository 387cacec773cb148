#include "block_file.h"

#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"

#define _(text) gettext(text)

static enum kr_error take_text(const char *bytes, size_t len, struct block_file *f)
{
    uint8_t digest[32];
    while (len > 0 && strchr("\r\n", bytes[len - 1]) != NULL && bytes[len - 1] != '\0')
        len--;
    if (len > KEY_BLOCK_MAX)
        return kr_fail(KR_E_BLOCK_LENGTH, "%zu", len);
    memcpy(f->text, bytes, len);
    f->text[len] = '\0';
    f->len = len;
    enum kr_error err = sha256(f->text, f->len, digest);
    if (err != KR_OK)
        return err;
    hex_encode(digest, sizeof digest, f->sha256);
    return key_block_read(f->text, f->len, &f->block);
}

enum kr_error block_file_from(const char *text, struct block_file *f)
{
    return take_text(text, strlen(text), f);
}

enum kr_error block_file_read(const char *path, struct block_file *f)
{
    char bytes[KEY_BLOCK_MAX + 8];
    FILE *in = fopen(path, "rbe");
    if (in == NULL)
        return kr_fail(KR_E_FILE, "%.120s", path);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    bool failed = ferror(in) != 0;
    fclose(in);
    return failed ? kr_fail(KR_E_FILE, "%.120s", path) : take_text(bytes, len, f);
}

/* ---- In words ---- */

static void value_fact(struct request *r, const char *label, const char *value, const char *words)
{
    request_fact(r, label, words == NULL ? _("%s: not a value of the standard") : "%s: %s", value,
                 words == NULL ? "" : gettext(words));
}

static void option_facts(struct request *r, const struct block_file *f)
{
    for (size_t i = 0; i < f->block.option_count; i++) {
        const struct key_block_option *o = &f->block.options[i];
        const char *words = key_block_option_words(o->id);
        char label[64];
        snprintf(label, sizeof label, "%s %.48s", o->id, words == NULL ? "" : gettext(words));
        text_cut(label);
        if (strcmp(o->id, "PB") != 0)
            request_fact(r, label, "%.*s", (int)(o->len < 60 ? o->len : 60), f->text + o->at);
    }
}

void block_facts(struct request *r, const struct block_file *f)
{
    const struct key_block_head *h = &f->block.head;
    const char algorithm[2] = {h->algorithm, '\0'}, mode[2] = {h->mode, '\0'};
    const char exportability[2] = {h->exportability, '\0'}, context[2] = {h->context, '\0'};
    request_fact(r, _("version"), h->version == 'B' ? _("%c: Triple DES") : _("%c: AES"),
                 h->version);
    value_fact(r, _("key usage"), h->usage, key_block_usage_words(h->usage));
    value_fact(r, _("algorithm"), algorithm, key_block_algorithm_words(h->algorithm));
    value_fact(r, _("mode of use"), mode, key_block_mode_words(h->mode));
    request_fact(r, _("key version"), "%s", h->key_version);
    value_fact(r, _("exportability"), exportability,
               key_block_exportability_words(h->exportability));
    value_fact(r, _("context"), context, key_block_context_words(h->context));
    option_facts(r, f);
}

void block_key_title(const struct ceremony *c, char out[48])
{
    int group = var_number(c, "group");
    if (group > 0)
        snprintf(out, 48, "%.24s %d", var_get(c, "key"), group);
    else
        snprintf(out, 48, "%.24s", var_get(c, "key"));
}

enum kr_error block_protection(struct ceremony *c, vault_handle *h)
{
    struct key_record rec;
    return key_load(c, "KBPK", var_number(c, "partner"), h, &rec);
}
