#include "layout_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"

#define LAYOUT_BYTES_MAX 65536

void layout_files_free(struct layout_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->list[i].text);
    memset(f, 0, sizeof *f);
}

const struct script_layout *layout_files_find(const struct layout_files *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->list[i].name, name) == 0)
            return &f->list[i];
    return NULL;
}

static enum kr_error add_name(struct layout_files *f, const char *name)
{
    if (name == NULL || layout_files_find(f, name) != NULL)
        return KR_OK;
    if (f->count == LAYOUT_FILES_MAX || strlen(name) >= sizeof f->list[0].name)
        return kr_fail(KR_E_TOO_LONG, "%s", name);
    snprintf(f->list[f->count++].name, sizeof f->list[0].name, "%s", name);
    return KR_OK;
}

static enum kr_error add_names(const struct script *s, struct layout_files *f)
{
    enum kr_error err = KR_OK;
    memset(f, 0, sizeof *f);
    for (size_t i = 0; err == KR_OK && i < s->steps_count; i++) {
        err = add_name(f, s->steps[i].mother);
        if (err == KR_OK)
            err = add_name(f, s->steps[i].layout);
        for (size_t n = 0; err == KR_OK && n < s->steps[i].layouts_count; n++)
            err = add_name(f, s->steps[i].layouts[n]);
    }
    return err;
}

static enum kr_error read_file(const char *path, struct script_layout *l)
{
    uint8_t digest[32];
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    enum kr_error err = KR_OK;
    l->text = malloc(LAYOUT_BYTES_MAX + 1);
    if (l->text == NULL)
        err = KR_E_MEMORY;
    if (err == KR_OK)
        l->len = fread(l->text, 1, LAYOUT_BYTES_MAX + 1, in);
    if (err == KR_OK && ferror(in))
        err = kr_fail(KR_E_FILE, "%s", path);
    if (err == KR_OK && l->len > LAYOUT_BYTES_MAX)
        err = kr_fail(KR_E_TOO_LONG, "%s", path);
    fclose(in);
    if (err == KR_OK)
        err = sha256(l->text, l->len, digest);
    if (err == KR_OK)
        hex_encode(digest, sizeof digest, l->hex);
    return err;
}

enum kr_error layout_files_read(const struct script *s, layout_finder *find, const void *ctx,
                                struct layout_files *f)
{
    char path[512];
    enum kr_error err = add_names(s, f);
    for (size_t i = 0; err == KR_OK && i < f->count; i++) {
        err = find(ctx, f->list[i].name, path, sizeof path);
        if (err == KR_OK)
            err = read_file(path, &f->list[i]);
    }
    if (err != KR_OK)
        layout_files_free(f);
    return err;
}

void layout_files_describe(const struct layout_files *f, struct entry *e)
{
    for (size_t i = 0; i < f->count; i++)
        entry_add(e, "layout", "%s %s", f->list[i].name, f->list[i].hex);
}

enum kr_error layout_files_keep(const struct layout_files *f, struct store *s)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < f->count; i++)
        err = layouts_put(s, f->list[i].text, f->list[i].len);
    return err;
}

enum kr_error layout_files_restore(const struct script *s, const struct entry *opening,
                                   struct store *store, struct layout_files *f)
{
    char line[160], name[24];
    enum kr_error err = add_names(s, f);
    for (size_t i = 0; err == KR_OK && i < f->count; i++) {
        struct script_layout *l = &f->list[i];
        if (entry_get(opening, "layout", i, line, sizeof line) != KR_OK ||
            sscanf(line, "%23s %64s", name, l->hex) != 2 || strcmp(name, l->name) != 0)
            err = kr_fail(KR_E_SCRIPT_CHANGED, "%s", l->name);
        else
            err = layouts_get(store, l->hex, &l->text, &l->len);
    }
    if (err == KR_OK && entry_get(opening, "layout", f->count, line, sizeof line) == KR_OK)
        err = kr_fail(KR_E_SCRIPT_CHANGED, "%s", s->id);
    if (err != KR_OK)
        layout_files_free(f);
    return err;
}

enum kr_error evidence_hash(const struct script *s, const struct layout_files *f, uint8_t hash[32])
{
    char text[(LAYOUT_FILES_MAX + 1) * 128], hex[65];
    size_t len = 0;
    hex_encode(s->hash, 32, hex);
    len += (size_t)snprintf(text, sizeof text, "script %.40s %s\n", s->id, hex);
    for (size_t i = 0; i < f->count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "layout %s %s\n", f->list[i].name,
                                f->list[i].hex);
    return sha256(text, len, hash);
}
