/* The Merkle tree of RFC 6962 section 2.1 (SHA-256; leaf 00, node 01), grown one leaf at a time. */
#ifndef KEYRITE_STORE_TREE_H
#define KEYRITE_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../crypto/error.h"

/* The roots of the full subtrees that make up a tree of that size: one per 1 bit, largest first. */
struct tree {
    uint64_t size;
    uint8_t peaks[64][32];
    size_t peak_count;
};
void tree_begin(struct tree *t);
enum kr_error tree_leaf_hash(const void *leaf, size_t len, uint8_t hash[32]);
/* SHA-256(01 || left || right); hash may be one of the two. */
enum kr_error tree_node_hash(const uint8_t left[32], const uint8_t right[32], uint8_t hash[32]);
enum kr_error tree_append(struct tree *t, const uint8_t leaf_hash[32]);
/* A whole subtree of 2^height leaves, of which only the root is known. KR_E_ARGUMENT unless size is
 * a multiple of 2^height. */
enum kr_error tree_append_subtree(struct tree *t, unsigned height, const uint8_t hash[32]);
/* Root; of the empty tree SHA-256 of nothing. */
enum kr_error tree_root(const struct tree *t, uint8_t root[32]);
/* size 8 bytes, then peaks; and back (KR_E_ARGUMENT when the number of peaks does not fit the
 * size). */
size_t tree_save(const struct tree *t, uint8_t out[8 + 64 * 32]);
enum kr_error tree_load(struct tree *t, const uint8_t *bytes, size_t len);

/* Proofs over leaf hashes given by a function (so that they may lie in a database). */
typedef enum kr_error (*tree_leaf_at)(void *ctx, uint64_t index, uint8_t hash[32]);
#define TREE_PROOF_MAX 64
enum kr_error tree_inclusion(tree_leaf_at leaf, void *ctx, uint64_t index, uint64_t size,
                             uint8_t proof[TREE_PROOF_MAX][32], size_t *count);
enum kr_error tree_consistency(tree_leaf_at leaf, void *ctx, uint64_t old_size, uint64_t new_size,
                               uint8_t proof[TREE_PROOF_MAX][32], size_t *count);
/* The same over subtrees: the root of the leaves from..to-1. */
typedef enum kr_error (*tree_range_root)(void *ctx, uint64_t from, uint64_t to, uint8_t root[32]);
enum kr_error tree_inclusion_over(tree_range_root range, void *ctx, uint64_t index, uint64_t size,
                                  uint8_t proof[TREE_PROOF_MAX][32], size_t *count);
enum kr_error tree_consistency_over(tree_range_root range, void *ctx, uint64_t old_size,
                                    uint64_t new_size, uint8_t proof[TREE_PROOF_MAX][32],
                                    size_t *count);
/* RFC 9162 section 2.1.3.2 and 2.1.4.2. KR_E_CHECKPOINT when they do not hold. */
enum kr_error tree_check_inclusion(const uint8_t leaf_hash[32], uint64_t index, uint64_t size,
                                   const uint8_t proof[][32], size_t count, const uint8_t root[32]);
enum kr_error tree_check_consistency(uint64_t old_size, const uint8_t old_root[32],
                                     uint64_t new_size, const uint8_t new_root[32],
                                     const uint8_t proof[][32], size_t count);

#endif
