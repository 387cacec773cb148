#include "tree.h"

#include <string.h>
#include "../crypto/hash.h"

void tree_begin(struct tree *t)
{
    memset(t, 0, sizeof *t);
}

enum kr_error tree_leaf_hash(const void *leaf, size_t len, uint8_t hash[32])
{
    static const uint8_t prefix = 0x00;
    struct piece pieces[2] = {{&prefix, 1}, {leaf, len}};
    return sha256_pieces(pieces, 2, hash);
}

enum kr_error tree_node_hash(const uint8_t left[32], const uint8_t right[32], uint8_t hash[32])
{
    static const uint8_t prefix = 0x01;
    struct piece pieces[3] = {{&prefix, 1}, {left, 32}, {right, 32}};
    return sha256_pieces(pieces, 3, hash);
}

enum kr_error tree_append_subtree(struct tree *t, unsigned height, const uint8_t subtree[32])
{
    uint8_t hash[32];
    size_t peaks = t->peak_count;
    if (height > 62 || t->size & ((UINT64_C(1) << height) - 1) ||
        t->size > UINT64_MAX / 2 - (UINT64_C(1) << height)) {
        return kr_fail(KR_E_ARGUMENT, "subtree of height %u", height);
    }
    memcpy(hash, subtree, 32);
    for (uint64_t size = t->size >> height; size & 1; size >>= 1) {
        enum kr_error e = tree_node_hash(t->peaks[peaks - 1], hash, hash);
        if (e != KR_OK) {
            return e;
        }
        peaks--;
    }
    memcpy(t->peaks[peaks], hash, 32);
    t->peak_count = peaks + 1;
    t->size += UINT64_C(1) << height;
    return KR_OK;
}

enum kr_error tree_append(struct tree *t, const uint8_t leaf_hash[32])
{
    return tree_append_subtree(t, 0, leaf_hash);
}

enum kr_error tree_root(const struct tree *t, uint8_t root[32])
{
    if (t->peak_count == 0) {
        return sha256("", 0, root);
    }
    size_t i = t->peak_count - 1;
    memcpy(root, t->peaks[i], 32);
    while (i > 0) {
        enum kr_error e = tree_node_hash(t->peaks[--i], root, root);
        if (e != KR_OK) {
            return e;
        }
    }
    return KR_OK;
}

static size_t ones(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

size_t tree_save(const struct tree *t, uint8_t out[8 + 64 * 32])
{
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(t->size >> (56 - 8 * i));
    }
    memcpy(out + 8, t->peaks, t->peak_count * 32);
    return 8 + t->peak_count * 32;
}

enum kr_error tree_load(struct tree *t, const uint8_t *bytes, size_t len)
{
    tree_begin(t);
    if (len < 8) {
        return kr_fail(KR_E_ARGUMENT, "saved tree of %zu bytes", len);
    }
    uint64_t size = 0;
    for (int i = 0; i < 8; i++) {
        size = size << 8 | bytes[i];
    }
    if (len != 8 + 32 * ones(size)) {
        return kr_fail(KR_E_ARGUMENT, "saved tree of %zu bytes", len);
    }
    t->size = size;
    t->peak_count = ones(size);
    memcpy(t->peaks, bytes + 8, len - 8);
    return KR_OK;
}

/* Leaf hashes given one by one. */
struct leaves {
    tree_leaf_at at;
    void *ctx;
};

/* MTH(D[from:to]) of RFC 6962. */
static enum kr_error root_of_leaves(void *ctx, uint64_t from, uint64_t to, uint8_t root[32])
{
    const struct leaves *leaves = ctx;
    struct tree t;
    tree_begin(&t);
    for (uint64_t i = from; i < to; i++) {
        uint8_t hash[32];
        enum kr_error e = leaves->at(leaves->ctx, i, hash);
        if (e == KR_OK) {
            e = tree_append(&t, hash);
        }
        if (e != KR_OK) {
            return e;
        }
    }
    return tree_root(&t, root);
}

/* The largest power of two below n (n > 1). */
static uint64_t split_at(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void reverse(uint8_t proof[][32], size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        uint8_t swap[32];
        memcpy(swap, proof[i], 32);
        memcpy(proof[i], proof[count - 1 - i], 32);
        memcpy(proof[count - 1 - i], swap, 32);
    }
}

/* PATH(m, D[n]) of RFC 6962 section 2.1.1, gathered from the root down and turned round. */
enum kr_error tree_inclusion_over(tree_range_root range, void *ctx, uint64_t index, uint64_t size,
                                  uint8_t proof[TREE_PROOF_MAX][32], size_t *count)
{
    uint64_t from = 0, n = size;
    *count = 0;
    if (index >= size) {
        return kr_fail(KR_E_ARGUMENT, "leaf %llu of %llu", (unsigned long long)index,
                       (unsigned long long)size);
    }
    while (n > 1) {
        uint64_t k = split_at(n);
        bool left = index - from < k;
        enum kr_error e = left ? range(ctx, from + k, from + n, proof[(*count)++])
                               : range(ctx, from, from + k, proof[(*count)++]);
        if (e != KR_OK) {
            return e;
        }
        from = left ? from : from + k;
        n = left ? k : n - k;
    }
    reverse(proof, *count);
    return KR_OK;
}

/* PROOF(m, D[n]) of RFC 6962 section 2.1.2; empty for equal sizes and for an old size of 0. */
enum kr_error tree_consistency_over(tree_range_root range, void *ctx, uint64_t old_size,
                                    uint64_t new_size, uint8_t proof[TREE_PROOF_MAX][32],
                                    size_t *count)
{
    uint64_t from = 0, m = old_size, n = new_size;
    enum kr_error e = KR_OK;
    *count = 0;
    if (old_size > new_size) {
        return kr_fail(KR_E_ARGUMENT, "size %llu of %llu", (unsigned long long)old_size,
                       (unsigned long long)new_size);
    }
    if (old_size == 0) {
        return KR_OK;
    }
    while (m < n && e == KR_OK) {
        uint64_t k = split_at(n);
        if (m <= k) {
            e = range(ctx, from + k, from + n, proof[(*count)++]);
            n = k;
        } else {
            e = range(ctx, from, from + k, proof[(*count)++]);
            from += k;
            m -= k;
            n -= k;
        }
    }
    /* Only when the old tree is not a whole left subtree does the verifier need its remaining root.
     */
    if (e == KR_OK && from > 0) {
        e = range(ctx, from, from + m, proof[(*count)++]);
    }
    reverse(proof, *count);
    return e;
}

enum kr_error tree_inclusion(tree_leaf_at leaf, void *ctx, uint64_t index, uint64_t size,
                             uint8_t proof[TREE_PROOF_MAX][32], size_t *count)
{
    struct leaves leaves = {leaf, ctx};
    return tree_inclusion_over(root_of_leaves, &leaves, index, size, proof, count);
}

enum kr_error tree_consistency(tree_leaf_at leaf, void *ctx, uint64_t old_size, uint64_t new_size,
                               uint8_t proof[TREE_PROOF_MAX][32], size_t *count)
{
    struct leaves leaves = {leaf, ctx};
    return tree_consistency_over(root_of_leaves, &leaves, old_size, new_size, proof, count);
}

static enum kr_error disagree(const char *what)
{
    return kr_fail(KR_E_CHECKPOINT, "%s", what);
}

enum kr_error tree_check_inclusion(const uint8_t leaf_hash[32], uint64_t index, uint64_t size,
                                   const uint8_t proof[][32], size_t count, const uint8_t root[32])
{
    if (index >= size) {
        return disagree("inclusion: index beyond the tree");
    }
    uint64_t fn = index, sn = size - 1;
    uint8_t r[32];
    memcpy(r, leaf_hash, 32);
    for (size_t i = 0; i < count; i++) {
        enum kr_error e;
        if (sn == 0) {
            return disagree("inclusion proof too long");
        }
        if ((fn & 1) || fn == sn) {
            e = tree_node_hash(proof[i], r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            e = tree_node_hash(r, proof[i], r);
        }
        if (e != KR_OK) {
            return e;
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, 32) == 0 ? KR_OK : disagree("inclusion proof");
}

/* One step of RFC 9162 section 2.1.4.2, part 6. */
static enum kr_error consistency_step(uint64_t *fn, uint64_t *sn, const uint8_t c[32],
                                      uint8_t fr[32], uint8_t sr[32])
{
    enum kr_error e;
    if (*sn == 0) {
        return disagree("consistency proof too long");
    }
    if ((*fn & 1) || *fn == *sn) {
        e = tree_node_hash(c, fr, fr);
        if (e == KR_OK) {
            e = tree_node_hash(c, sr, sr);
        }
        while (!(*fn & 1) && *fn != 0) {
            *fn >>= 1;
            *sn >>= 1;
        }
    } else {
        e = tree_node_hash(sr, c, sr);
    }
    *fn >>= 1;
    *sn >>= 1;
    return e;
}

enum kr_error tree_check_consistency(uint64_t old_size, const uint8_t old_root[32],
                                     uint64_t new_size, const uint8_t new_root[32],
                                     const uint8_t proof[][32], size_t count)
{
    uint8_t fr[32], sr[32];
    if (old_size > new_size) {
        return disagree("the old tree is larger");
    }
    if (old_size == new_size) {
        return count == 0 && memcmp(old_root, new_root, 32) == 0 ? KR_OK : disagree("equal sizes");
    }
    if (old_size == 0) {
        enum kr_error e = sha256("", 0, fr);
        return e != KR_OK                                    ? e
               : count == 0 && memcmp(old_root, fr, 32) == 0 ? KR_OK
                                                             : disagree("empty tree");
    }
    size_t at = 0;
    uint64_t fn = old_size - 1, sn = new_size - 1;
    bool whole = (old_size & (old_size - 1)) == 0;
    if (!whole && count == 0) {
        return disagree("consistency proof too short");
    }
    memcpy(fr, whole ? old_root : proof[at++], 32);
    memcpy(sr, fr, 32);
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; at < count; at++) {
        enum kr_error e = consistency_step(&fn, &sn, proof[at], fr, sr);
        if (e != KR_OK) {
            return e;
        }
    }
    bool good = sn == 0 && memcmp(fr, old_root, 32) == 0 && memcmp(sr, new_root, 32) == 0;
    return good ? KR_OK : disagree("consistency proof");
}
