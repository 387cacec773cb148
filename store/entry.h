/*
 * A journal entry and its one canonical encoding (docs/journal-format.md describes it byte for
 * byte).
 *
 * header (signed):                          body (committed to by the header, so it can be withheld
 * later): keyrite-entry/1\n                         NAME SP VALUE\n ...  in the order they were
 * added; origin TEXT\n                             NAME [a-z0-9.-]{1,24}; VALUE UTF-8 with \\ and
 * bytes below 20h seq N\n                                   and 7Fh written \xHH prev HEX64\n leaf
 * hash of the entry before (64 zeros for the first) tree N HEX64\n    tree size and root before
 * this entry time N.MMM\n      wall clock, UTC, Unix seconds and milliseconds mono N BOOTID\n
 * milliseconds since boot, kernel boot id (- when unknown) kind WORD\n       level N\n
 * confidentiality 0..3 body HEX64\n      SHA-256("keyrite-body/1\n" || salt 32 || body) signer
 * PERSON ROLE KEYID8\n     1 to 8 lines, in signing order; KEYID8 = first 4 bytes of SHA-256(public
 * key) leaf = header, then per signer "sig HEX128\n". Leaf hash = SHA-256(00 || leaf) (RFC 6962
 * section 2.1). Each signature is Ed25519 over the header.
 */
#ifndef KEYRITE_STORE_ENTRY_H
#define KEYRITE_STORE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../crypto/error.h"

#define ENTRY_SIGNERS_MAX 8
#define ENTRY_BODY_MAX    16384
#define ENTRY_HEADER_MAX  2048
#define ENTRY_NAME_MAX    24
#define ENTRY_LEAF_MAX    (ENTRY_HEADER_MAX + ENTRY_SIGNERS_MAX * 133)
#define ORIGIN_MAX        128
#define KIND_MAX          16

struct entry_signer {
    char person[24];
    char role[16];
    uint8_t key_id[4];
    uint8_t signature[64];
};
struct entry {
    /* filled by the caller */
    char kind[KIND_MAX]; /* found enrol sign-in open intent outcome approval note exception refusal
                            checkpoint close ... */
    uint8_t level;
    char *body; /* canonical text, grown by entry_add(); owned by the entry */
    size_t body_len;
    struct entry_signer signers[ENTRY_SIGNERS_MAX];
    size_t signer_count;
    /* filled by journal_append() or entry_decode() */
    char origin[ORIGIN_MAX];
    uint64_t seq;
    uint8_t prev[32];
    uint64_t tree_size;
    uint8_t root[32];
    int64_t time_ms;
    int64_t mono_ms;
    char boot_id[40];
    uint8_t salt[32];
    enum kr_error failed; /* first error of entry_add(): journal_append() answers it, nothing is
                             left out unseen */
    /* decoded, and the body not given yet: only its commitment is known */
    bool body_withheld;
    uint8_t body_hash[32];
};

void entry_begin(struct entry *e, const char *kind);
void entry_free(struct entry *e);
/* Appends one body line; value is formatted, then escaped. KR_E_TOO_LONG past ENTRY_BODY_MAX;
 * KR_E_ARGUMENT for a name or UTF-8 that is not well formed. The error is also kept in e->failed.
 */
enum kr_error entry_add(struct entry *e, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Value of the n-th line of that name (0-based), unescaped, or NULL with KR_E_NOT_FOUND. out holds
 * it. */
enum kr_error entry_get(const struct entry *e, const char *name, size_t n, char *out,
                        size_t out_size);
/* Whether its ceremony line names that one. */
bool entry_is_of(const struct entry *e, const char *ceremony);

/* Header bytes for signing (needs everything but the signatures). */
enum kr_error entry_header(const struct entry *e, char out[ENTRY_HEADER_MAX], size_t *len);
/* Leaf bytes = header and signatures. */
enum kr_error entry_leaf(const struct entry *e, char *out, size_t room, size_t *len);
enum kr_error entry_leaf_hash(const struct entry *e, uint8_t hash[32]);
/* Strict reading of a leaf; KR_E_ENTRY_FORMAT unless re-encoding gives the same bytes. salt and
 * body are set by entry_set_body(), which checks the commitment. */
enum kr_error entry_decode(const char *leaf, size_t len, struct entry *e);
enum kr_error entry_set_body(struct entry *e, const uint8_t salt[32], const char *body,
                             size_t body_len);

#endif
