#include "chain_row.h"

#include <inttypes.h>
#include <string.h>

static enum kr_error damaged(const struct chain *c, const char *what)
{
    return kr_fail(KR_E_STORE_DAMAGED, "entry %" PRIu64 ", %s", c->head->tree.size, what);
}

/* The row's own columns and the leaf must tell the same. */
static enum kr_error read_row(const struct chain *c, struct query *q, struct entry *e,
                              const char **leaf, size_t *leaf_len)
{
    char kind[KIND_MAX];
    uint8_t salt[32], stored_hash[32], leaf_hash[32];
    size_t body_len;
    uint64_t seq = (uint64_t)query_get_int(q, 0);
    query_get_bytes(q, 1, stored_hash, 32);
    query_get_text(q, 2, kind, sizeof kind);
    query_get_bytes(q, 3, salt, 32);
    *leaf = query_peek(q, 4, leaf_len);
    const char *body = query_peek(q, 5, &body_len);
    if (q->error != KR_OK) {
        return q->error;
    }
    if (seq != c->head->tree.size) {
        return damaged(c, "missing");
    }
    enum kr_error error = entry_decode(*leaf ? *leaf : "", *leaf_len, e);
    if (error == KR_OK) {
        error = tree_leaf_hash(*leaf, *leaf_len, leaf_hash);
    }
    if (error == KR_OK && (memcmp(leaf_hash, stored_hash, 32) != 0 || strcmp(kind, e->kind) != 0)) {
        error = damaged(c, "columns differ from the leaf");
    }
    return error == KR_OK ? entry_set_body(e, salt, body ? body : "", body_len) : error;
}

enum kr_error chain_next(struct chain *c, struct query *q, struct entry *e)
{
    const char *leaf;
    size_t leaf_len;
    memset(e, 0, sizeof *e);
    enum kr_error error = read_row(c, q, e, &leaf, &leaf_len);
    if (error == KR_OK) {
        error = chain_take(c, e, leaf, leaf_len);
    }
    if (error != KR_OK) {
        entry_free(e);
    }
    return error;
}
