/* The slot file: who may open the store. docs/store-format.md gives it byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "slot_format.h"
#include "database.h"
#include "verdict.h"
#include "../crypto/hash.h"

static const char *const copies[2] = {"slots.a", "slots.b"};

struct copy {
    uint8_t bytes[SLOT_FILE_MAX];
    size_t len;
    struct slots slots;
    enum kr_error error; /* of reading it */
};

static void copy_read(const char *dir, size_t which, struct copy *c)
{
    c->error = file_read(dir, copies[which], c->bytes, sizeof c->bytes, &c->len);
    if (c->error == KR_OK)
        c->error = slot_file_decode(c->bytes, c->len, copies[which], &c->slots);
    else if (c->error == KR_E_TOO_LONG)
        c->error = kr_fail(KR_E_SLOTS, "%s", copies[which]);
}

/* A machine that fails says nothing about the files. */
static enum kr_error none_whole(const struct copy c[2])
{
    for (size_t i = 0; i < 2; i++)
        if (!verdict_decides(c[i].error))
            return kr_fail(c[i].error, "%s", copies[i]);
    return kr_fail(KR_E_SLOTS, "%s, %s", copies[0], copies[1]);
}

/* Index of the newest copy that is whole, or why there is none. */
static enum kr_error newest(const struct copy c[2], size_t *which)
{
    /* A newer program has been here: going on from the other, older copy would undo what it did. */
    if (c[0].error == KR_E_STORE_NEWER || c[1].error == KR_E_STORE_NEWER)
        return kr_fail(KR_E_STORE_NEWER, "%u", c[c[0].error != KR_E_STORE_NEWER].slots.format);
    if (c[0].error == KR_E_NOT_FOUND && c[1].error == KR_E_NOT_FOUND)
        return KR_E_STORE_MISSING;
    if (c[0].error != KR_OK && c[1].error != KR_OK)
        return none_whole(c);
    *which = c[0].error != KR_OK;
    if (c[0].error == KR_OK && c[1].error == KR_OK && c[1].slots.generation > c[0].slots.generation)
        *which = 1;
    return KR_OK;
}

static enum kr_error both_read(const char *dir, struct copy **both, size_t *which)
{
    *both = calloc(2, sizeof **both);
    if (!*both)
        return KR_E_MEMORY;
    copy_read(dir, 0, &(*both)[0]);
    copy_read(dir, 1, &(*both)[1]);
    enum kr_error error = newest(*both, which);
    if (error == KR_E_STORE_MISSING)
        kr_fail(error, "%s", dir);
    return error;
}

enum kr_error slots_read(const char *dir, struct slots *s)
{
    struct copy *both = NULL;
    size_t which = 0;
    enum kr_error error = both_read(dir, &both, &which);
    if (error == KR_OK)
        *s = both[which].slots;
    free(both);
    return error;
}

enum kr_error slots_write(const char *dir, struct slots *s, const struct secret *database_key)
{
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    if (!bytes)
        return KR_E_MEMORY;
    size_t len = 0;
    s->format = SLOT_FORMAT;
    s->generation++;
    enum kr_error error = slot_file_encode(s, database_key, bytes, &len);
    if (error == KR_OK)
        error = file_replace(dir, copies[0], bytes, len);
    /* From here on the new generation is the one that slots_read() finds. */
    if (error != KR_OK)
        s->generation--;
    else
        error = file_replace(dir, copies[1], bytes, len);
    free(bytes);
    return error;
}

enum kr_error slots_check(const char *dir, const struct slots *s, const struct secret *database_key)
{
    struct copy *both = NULL;
    size_t which = 0, len = 0;
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    enum kr_error error = bytes ? both_read(dir, &both, &which) : KR_E_MEMORY;
    /* Encoding what was read gives the very bytes of the file, MAC included, or the file is not
     * ours. */
    if (error == KR_OK)
        error = slot_file_encode(s, database_key, bytes, &len);
    if (error == KR_OK && (len != both[which].len || memcmp(bytes, both[which].bytes, len) != 0))
        error = kr_fail(KR_E_SLOTS, "%s", copies[which]);
    free(both);
    free(bytes);
    return error;
}

static bool alike(const struct copy *good, const struct copy *other)
{
    return other->error == KR_OK && other->len == good->len &&
           memcmp(other->bytes, good->bytes, good->len) == 0;
}

enum kr_error slots_repair(const char *dir)
{
    struct copy *both = NULL;
    size_t which = 0;
    enum kr_error error = both_read(dir, &both, &which);
    if (error == KR_OK && !alike(&both[which], &both[1 - which]))
        error = file_replace(dir, copies[1 - which], both[which].bytes, both[which].len);
    free(both);
    return error;
}

const char *slots_odd_copy(const char *dir)
{
    struct copy *both = NULL;
    size_t which = 0;
    bool odd = both_read(dir, &both, &which) == KR_OK && !alike(&both[which], &both[1 - which]);
    free(both);
    return odd ? copies[1 - which] : NULL;
}

enum kr_error slots_file_read(const char *dir, const char *name, struct slots *s)
{
    size_t len = 0;
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    if (!bytes)
        return KR_E_MEMORY;
    enum kr_error error = file_read(dir, name, bytes, SLOT_FILE_MAX, &len);
    if (error == KR_OK)
        error = slot_file_decode(bytes, len, name, s);
    free(bytes);
    return error;
}

enum kr_error slots_digest(const struct slots *s, const struct secret *database_key,
                           uint8_t digest[32])
{
    size_t len = 0;
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    if (!bytes)
        return KR_E_MEMORY;
    enum kr_error error = slot_file_encode(s, database_key, bytes, &len);
    if (error == KR_OK)
        memcpy(digest, bytes + len - SHA256_LEN, SHA256_LEN);
    free(bytes);
    return error;
}

const struct person *slots_find(const struct slots *s, const char *person)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->people[i].slot.person, person) == 0)
            return &s->people[i];
    return NULL;
}
