#include "renewal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../crypto/hash.h"
#include "founding.h"
#include "journal_reading.h"
#include "slot_format.h"

static const char waiting[] = "slots.next";
static const char *const copies[2] = {"slots.a", "slots.b"};

struct slots_renewed {
    struct slots slots;
    struct slots_renewed *before;
};

/* ---- What the journal says ---- */

/* "slots HEX64" among the policy lines. */
static bool names_slots(void *digest, const struct entry *e)
{
    char line[128];
    for (size_t n = 0; entry_get(e, "policy", n, line, sizeof line) == KR_OK; n++)
        if (strncmp(line, "slots ", 6) == 0 && strlen(line) == 70 &&
            hex_decode(line + 6, digest, 32) == KR_OK)
            return true;
    return false;
}

/* Read-only the roster is not known yet; there verification proves the entry. */
static enum kr_error slots_said(struct store *s, uint8_t digest[32], bool *said)
{
    struct entry e;
    enum kr_error error = s->read_only
                              ? journal_newest_written(s, "policy", names_slots, digest, &e)
                              : journal_newest(s, "policy", names_slots, digest, &e);
    *said = error == KR_OK;
    entry_free(&e);
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

/* ---- Opening ---- */

static enum kr_error remove_waiting(struct store *s)
{
    char path[PATH_MAX];
    if (s->read_only || !file_exists(s->dir, waiting))
        return KR_OK;
    enum kr_error error = file_path(s->dir, waiting, path);
    if (error == KR_OK && unlink(path) != 0 && errno != ENOENT)
        error = kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    return error == KR_OK ? directory_sync(s->dir) : error;
}

static enum kr_error write_copies(struct store *s, const void *bytes, size_t len)
{
    enum kr_error error = file_replace(s->dir, copies[0], bytes, len);
    if (error == KR_OK)
        error = file_replace(s->dir, copies[1], bytes, len);
    return error == KR_OK ? remove_waiting(s) : error;
}

static enum kr_error take_over(struct store *s, const struct secret *database_key,
                               const uint8_t said[32])
{
    uint8_t digest[32] = {0};
    size_t len = 0;
    struct slots *next = calloc(1, sizeof *next);
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    enum kr_error error = next && bytes ? slots_file_read(s->dir, waiting, next) : KR_E_MEMORY;
    if (error == KR_OK)
        error = slot_file_encode(next, database_key, bytes, &len); /* with the MAC it must have */
    if (error == KR_OK)
        memcpy(digest, bytes + len - 32, 32);
    if (error == KR_E_NOT_FOUND || (error == KR_OK && memcmp(digest, said, 32) != 0))
        error = kr_fail(KR_E_SLOTS, "%s, %s", copies[0], copies[1]);
    if (error == KR_OK && !s->read_only)
        error = write_copies(s, bytes, len);
    if (error == KR_OK)
        s->slots = *next;
    free(bytes);
    free(next);
    return error;
}

enum kr_error renewal_settle(struct store *s, const struct secret *database_key)
{
    uint8_t said[32];
    bool any;
    enum kr_error error = slots_said(s, said, &any);
    if (error == KR_OK)
        error = slots_digest(&s->slots, database_key, s->slots_digest);
    if (error == KR_OK && any && memcmp(said, s->slots_digest, 32) != 0) {
        error = take_over(s, database_key, said);
        memcpy(s->slots_digest, said, 32);
        return error;
    }
    return error == KR_OK ? remove_waiting(s) : error;
}

enum kr_error renewal_agrees(struct store *s)
{
    uint8_t said[32];
    bool any;
    enum kr_error error = slots_said(s, said, &any);
    if (error == KR_OK && any && memcmp(said, s->slots_digest, 32) != 0)
        error = kr_fail(KR_E_SLOTS, "%s, %s", copies[0], copies[1]);
    return error;
}

/* ---- A new one ---- */

const struct slots *store_slots(const struct store *s)
{
    const struct slots_renewed *newest = __atomic_load_n(&s->renewed, __ATOMIC_ACQUIRE);
    return newest ? &newest->slots : &s->slots;
}

static void coming_drop(struct store *s)
{
    free(s->coming_bytes);
    free(s->coming);
    s->coming_bytes = NULL;
    s->coming = NULL;
}

enum kr_error store_slots_prepare(struct store *s, const struct slots *next,
                                  const struct secret *database_key, uint8_t digest[32])
{
    const struct slots *now = store_slots(s);
    coming_drop(s);
    s->coming = calloc(1, sizeof *s->coming);
    s->coming_bytes = malloc(SLOT_FILE_MAX);
    enum kr_error error = s->coming && s->coming_bytes ? database_usable(s) : KR_E_MEMORY;
    if (error == KR_OK) {
        struct slots *to = &s->coming->slots;
        *to = *next;
        to->format = SLOT_FORMAT;
        to->generation = now->generation + 1;
        if (to->founded_quorum == 0 && (to->quorum != now->quorum || to->holders != now->holders)) {
            to->founded_quorum = now->quorum;
            to->founded_holders = now->holders;
        }
        error = slot_file_encode(to, database_key, s->coming_bytes, &s->coming_len);
    }
    if (error == KR_OK)
        error = file_replace(s->dir, waiting, s->coming_bytes, s->coming_len);
    if (error == KR_OK)
        memcpy(digest, s->coming_bytes + s->coming_len - 32, 32);
    else
        coming_drop(s);
    return error;
}

enum kr_error store_slots_decided(struct store *s, uint64_t seq)
{
    enum kr_error error =
        s->coming ? policies_set(s, "slots", seq) : kr_fail(KR_E_ARGUMENT, "%s", waiting);
    if (error == KR_OK)
        error = policies_set(s, "quorum", seq);
    return error == KR_OK ? meta_put(s, "slots.generation", (int64_t)s->coming->slots.generation)
                          : error;
}

enum kr_error store_slots_publish(struct store *s)
{
    struct slots_renewed *next = s->coming;
    if (!next)
        return kr_fail(KR_E_ARGUMENT, "%s", waiting);
    enum kr_error error = write_copies(s, s->coming_bytes, s->coming_len);
    if (error != KR_OK) /* it is in force; the next opening writes it */
        error = database_freeze(s, waiting);
    memcpy(s->slots_digest, s->coming_bytes + s->coming_len - 32, 32);
    next->before = s->renewed;
    __atomic_store_n(&s->renewed, next, __ATOMIC_RELEASE);
    s->coming = NULL;
    coming_drop(s);
    return error;
}

void store_slots_withdraw(struct store *s)
{
    /* Of a store that is frozen nobody knows whether it came to be in force: the next opening does.
     */
    bool mine = s->coming && !s->frozen;
    coming_drop(s);
    if (mine)
        (void)remove_waiting(s); /* one that stays goes at the next opening */
}

void renewal_free(struct store *s)
{
    coming_drop(s);
    while (s->renewed) {
        struct slots_renewed *before = s->renewed->before;
        free(s->renewed);
        s->renewed = before;
    }
}
