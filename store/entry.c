#include "entry.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../crypto/hash.h"
#include "body.h"

static const char first_line[] = "keyrite-entry/1\n";

void entry_begin(struct entry *e, const char *kind)
{
    memset(e, 0, sizeof *e);
    snprintf(e->kind, sizeof e->kind, "%s", kind);
}

void entry_free(struct entry *e)
{
    free(e->body);
    e->body = NULL;
    e->body_len = 0;
}

/* ---- Writing ---- */

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char decimal[] = "0123456789";

/* A word of 1 to size - 1 characters, each from one of the sets. */
static bool is_word(const char *text, size_t size, const char *a, const char *b, const char *c)
{
    size_t len = strnlen(text, size);
    for (size_t i = 0; i < len; i++) {
        if (!strchr(a, text[i]) && !strchr(b, text[i]) && !strchr(c, text[i])) {
            return false;
        }
    }
    return len > 0 && len < size;
}

/* C2SP signed notes: no spaces and no plus sign in the name of a key, and the origin is one. */
static bool is_origin(const char *text)
{
    size_t len = strnlen(text, ORIGIN_MAX);
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7F || text[i] == '+') {
            return false;
        }
    }
    return len > 0 && len < ORIGIN_MAX;
}

static const char *wrong_signer(const struct entry *e)
{
    for (size_t i = 0; i < e->signer_count; i++) {
        const struct entry_signer *s = &e->signers[i];
        if (!is_word(s->person, sizeof s->person, lower, upper, "0123456789._-") ||
            !is_word(s->role, sizeof s->role, lower, "-", "-")) {
            return "signer";
        }
    }
    return NULL;
}

/* Name of the first field that has no canonical form, NULL when all have. */
static const char *wrong_field(const struct entry *e)
{
    if (!is_origin(e->origin)) {
        return "origin";
    }
    if (e->time_ms < 0) {
        return "time";
    }
    if (e->mono_ms < 0 || !is_word(e->boot_id, sizeof e->boot_id, decimal, "abcdef", "-")) {
        return "mono";
    }
    if (!is_word(e->kind, sizeof e->kind, lower, "-", "-")) {
        return "kind";
    }
    if (e->level > 3) {
        return "level";
    }
    bool signers = e->signer_count >= 1 && e->signer_count <= ENTRY_SIGNERS_MAX;
    return signers ? wrong_signer(e) : "signer";
}

struct text {
    char *at;
    size_t left; /* room, with the NUL */
    bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->at, t->left, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->left) {
        t->full = true;
        t->left = 0;
        return;
    }
    t->at += n;
    t->left -= (size_t)n;
}

static void put_hex(struct text *t, const char *before, const uint8_t *bytes, size_t len)
{
    char hex[129];
    hex_encode(bytes, len, hex);
    put(t, "%s%s\n", before, hex);
}

static void put_header(struct text *t, const struct entry *e, const uint8_t body_hash[32])
{
    put(t, "%sorigin %s\nseq %" PRIu64 "\n", first_line, e->origin, e->seq);
    put_hex(t, "prev ", e->prev, 32);
    put(t, "tree %" PRIu64, e->tree_size);
    put_hex(t, " ", e->root, 32);
    put(t, "time %" PRId64 ".%03d\n", e->time_ms / 1000, (int)(e->time_ms % 1000));
    put(t, "mono %" PRId64 " %s\n", e->mono_ms, e->boot_id);
    put(t, "kind %s\nlevel %u\n", e->kind, (unsigned)e->level);
    put_hex(t, "body ", body_hash, 32);
    for (size_t i = 0; i < e->signer_count; i++) {
        put(t, "signer %s %s", e->signers[i].person, e->signers[i].role);
        put_hex(t, " ", e->signers[i].key_id, 4);
    }
}

enum kr_error entry_header(const struct entry *e, char out[ENTRY_HEADER_MAX], size_t *len)
{
    uint8_t hash[32];
    enum kr_error error = KR_OK;
    const char *wrong = wrong_field(e);
    if (wrong) {
        return kr_fail(KR_E_ENTRY_FORMAT, "%s", wrong);
    }
    if (e->body_withheld) {
        memcpy(hash, e->body_hash, 32);
    } else {
        error = body_commitment(e->salt, e->body, e->body_len, hash);
    }
    if (error != KR_OK) {
        return error;
    }
    struct text t = {out, ENTRY_HEADER_MAX, false};
    put_header(&t, e, hash);
    *len = (size_t)(t.at - out);
    return t.full ? kr_fail(KR_E_TOO_LONG, "entry header") : KR_OK;
}

enum kr_error entry_leaf(const struct entry *e, char *out, size_t room, size_t *len)
{
    char header[ENTRY_HEADER_MAX];
    size_t header_len;
    enum kr_error error = entry_header(e, header, &header_len);
    if (error != KR_OK) {
        return error;
    }
    struct text t = {out, room, false};
    put(&t, "%s", header);
    for (size_t i = 0; i < e->signer_count; i++) {
        put_hex(&t, "sig ", e->signers[i].signature, 64);
    }
    *len = (size_t)(t.at - out);
    return t.full ? kr_fail(KR_E_TOO_LONG, "entry leaf") : KR_OK;
}

enum kr_error entry_leaf_hash(const struct entry *e, uint8_t hash[32])
{
    char leaf[ENTRY_LEAF_MAX];
    size_t len;
    static const uint8_t prefix = 0x00;
    enum kr_error error = entry_leaf(e, leaf, sizeof leaf, &len);
    if (error != KR_OK) {
        return error;
    }
    struct piece pieces[2] = {{&prefix, 1}, {leaf, len}};
    return sha256_pieces(pieces, 2, hash);
}

/* ---- Reading: loosely, because entry_decode() then demands that re-encoding gives the same bytes
 * ---- */

struct reading {
    const char *at;
    bool broken;
};

static void expect(struct reading *r, const char *word)
{
    size_t len = strlen(word);
    if (r->broken || strncmp(r->at, word, len) != 0) {
        r->broken = true;
        return;
    }
    r->at += len;
}

static bool comes(const struct reading *r, const char *word)
{
    return !r->broken && strncmp(r->at, word, strlen(word)) == 0;
}

/* Everything up to the delimiter, which is passed over too. */
static void take(struct reading *r, char delimiter, char *out, size_t room)
{
    out[0] = '\0';
    const char *end = r->broken ? NULL : strchr(r->at, delimiter);
    size_t len = end ? (size_t)(end - r->at) : 0;
    if (!end || len >= room || memchr(r->at, '\n', len)) {
        r->broken = true;
        return;
    }
    memcpy(out, r->at, len);
    out[len] = '\0';
    r->at = end + 1;
}

static uint64_t take_number(struct reading *r, char delimiter, uint64_t most)
{
    char text[24];
    uint64_t value = 0;
    take(r, delimiter, text, sizeof text);
    r->broken = r->broken || text[0] == '\0';
    for (const char *c = text; *c && !r->broken; c++) {
        uint64_t digit = (uint64_t)(unsigned char)*c - '0';
        if (digit > 9 || value > (most - digit) / 10) {
            r->broken = true;
        } else {
            value = value * 10 + digit;
        }
    }
    return value;
}

static void take_hex(struct reading *r, uint8_t *out, size_t len)
{
    char hex[129];
    take(r, '\n', hex, sizeof hex);
    r->broken = r->broken || hex_decode(hex, out, len) != KR_OK;
}

static void take_signers(struct reading *r, struct entry *e)
{
    while (comes(r, "signer ") && e->signer_count < ENTRY_SIGNERS_MAX) {
        struct entry_signer *s = &e->signers[e->signer_count++];
        expect(r, "signer ");
        take(r, ' ', s->person, sizeof s->person);
        take(r, ' ', s->role, sizeof s->role);
        take_hex(r, s->key_id, 4);
    }
    for (size_t i = 0; i < e->signer_count; i++) {
        expect(r, "sig ");
        take_hex(r, e->signers[i].signature, 64);
    }
}

static void take_time(struct reading *r, struct entry *e)
{
    expect(r, "time ");
    int64_t seconds = (int64_t)take_number(r, '.', INT64_MAX / 1000 - 1);
    e->time_ms = seconds * 1000 + (int64_t)take_number(r, '\n', 999);
    expect(r, "mono ");
    e->mono_ms = (int64_t)take_number(r, ' ', INT64_MAX);
    take(r, '\n', e->boot_id, sizeof e->boot_id);
}

static void take_leaf(struct reading *r, struct entry *e)
{
    expect(r, first_line);
    expect(r, "origin ");
    take(r, '\n', e->origin, sizeof e->origin);
    expect(r, "seq ");
    e->seq = take_number(r, '\n', UINT64_MAX);
    expect(r, "prev ");
    take_hex(r, e->prev, 32);
    expect(r, "tree ");
    e->tree_size = take_number(r, ' ', UINT64_MAX);
    take_hex(r, e->root, 32);
    take_time(r, e);
    expect(r, "kind ");
    take(r, '\n', e->kind, sizeof e->kind);
    expect(r, "level ");
    e->level = (uint8_t)take_number(r, '\n', 3);
    expect(r, "body ");
    take_hex(r, e->body_hash, 32);
    take_signers(r, e);
    r->broken = r->broken || *r->at != '\0';
}

enum kr_error entry_decode(const char *leaf, size_t len, struct entry *e)
{
    char text[ENTRY_LEAF_MAX], again[ENTRY_LEAF_MAX];
    size_t again_len;
    memset(e, 0, sizeof *e);
    e->body_withheld = true;
    if (len >= sizeof text || memchr(leaf, '\0', len)) {
        return kr_fail(KR_E_ENTRY_FORMAT, "leaf of %zu bytes", len);
    }
    memcpy(text, leaf, len);
    text[len] = '\0';
    struct reading r = {text, false};
    take_leaf(&r, e);
    if (r.broken) {
        return kr_fail(KR_E_ENTRY_FORMAT, "leaf, byte %zu", (size_t)(r.at - text));
    }
    enum kr_error error = entry_leaf(e, again, sizeof again, &again_len);
    if (error == KR_OK && (again_len != len || memcmp(again, leaf, len) != 0)) {
        error = kr_fail(KR_E_ENTRY_FORMAT, "leaf written another way");
    }
    return error;
}

enum kr_error entry_set_body(struct entry *e, const uint8_t salt[32], const char *body,
                             size_t body_len)
{
    uint8_t hash[32];
    enum kr_error error = body_commitment(salt, body, body_len, hash);
    if (error == KR_OK && memcmp(hash, e->body_hash, 32) != 0) {
        error = kr_fail(KR_E_ENTRY_FORMAT, "body does not fit its commitment");
    }
    if (error == KR_OK) {
        error = body_check(body, body_len);
    }
    if (error != KR_OK) {
        return error;
    }
    char *copy = malloc(body_len + 1);
    if (!copy) {
        return KR_E_MEMORY;
    }
    memcpy(copy, body ? body : "", body_len);
    copy[body_len] = '\0';
    free(e->body);
    e->body = copy;
    e->body_len = body_len;
    memcpy(e->salt, salt, 32);
    e->body_withheld = false;
    return KR_OK;
}
