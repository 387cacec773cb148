#include "chain.h"

#include <inttypes.h>
#include <string.h>
#include "founding.h"
#include "signing_rules.h"

/* "sig " HEX128 "\n" */
#define SIGNATURE_LINE 133

static enum kr_error damaged(const struct chain *c, const char *what)
{
    return kr_fail(KR_E_STORE_DAMAGED, "entry %" PRIu64 ", %s", c->head->tree.size, what);
}

/* The row's own columns and the leaf must tell the same. */
static enum kr_error read_row(const struct chain *c, struct query *q, struct entry *e,
                              uint8_t leaf_hash[32], char header[ENTRY_HEADER_MAX])
{
    char kind[KIND_MAX];
    uint8_t salt[32], stored_hash[32];
    size_t leaf_len, body_len;
    uint64_t seq = (uint64_t)query_get_int(q, 0);
    query_get_bytes(q, 1, stored_hash, 32);
    query_get_text(q, 2, kind, sizeof kind);
    query_get_bytes(q, 3, salt, 32);
    const char *leaf = query_peek(q, 4, &leaf_len);
    const char *body = query_peek(q, 5, &body_len);
    if (q->error != KR_OK) {
        return q->error;
    }
    if (seq != c->head->tree.size) {
        return damaged(c, "missing");
    }
    enum kr_error error = entry_decode(leaf ? leaf : "", leaf_len, e);
    if (error == KR_OK) {
        memcpy(header, leaf, leaf_len - e->signer_count * SIGNATURE_LINE);
        error = tree_leaf_hash(leaf, leaf_len, leaf_hash);
    }
    if (error == KR_OK && (memcmp(leaf_hash, stored_hash, 32) != 0 || strcmp(kind, e->kind) != 0)) {
        error = damaged(c, "columns differ from the leaf");
    }
    return error == KR_OK ? entry_set_body(e, salt, body ? body : "", body_len) : error;
}

static enum kr_error check_links(const struct chain *c, const struct entry *e)
{
    const struct journal_head *h = c->head;
    uint8_t root[32];
    enum kr_error error = tree_root(&h->tree, root);
    if (error != KR_OK) {
        return error;
    }
    if (strcmp(e->origin, c->slots->centre.origin) != 0) {
        return damaged(c, "of another journal");
    }
    if (e->seq != h->tree.size) {
        return damaged(c, "out of order");
    }
    if (memcmp(e->prev, h->last_leaf, 32) != 0) {
        return damaged(c, "does not follow the entry before");
    }
    if (e->tree_size != h->tree.size || memcmp(e->root, root, 32) != 0) {
        return damaged(c, "tree before it differs");
    }
    bool found = strcmp(e->kind, "found") == 0;
    return found == (e->seq == 0) ? KR_OK : damaged(c, "founding");
}

static enum kr_error check_signers(struct chain *c, const struct entry *e, const char *header,
                                   size_t header_len)
{
    const uint8_t *keys[ENTRY_SIGNERS_MAX];
    struct roster *roster = &c->head->roster;
    bool found = strcmp(e->kind, "found") == 0;
    enum kr_error error = found ? roster_apply(roster, e) : KR_OK;
    if (error == KR_OK) {
        error = signing_check(e, roster);
    }
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++) {
        keys[i] = roster_find(roster, e->signers[i].person)->public_key;
    }
    if (error == KR_OK) {
        error = pool_add(c->pool, e, header, header_len, keys);
    }
    return error == KR_OK && !found ? roster_apply(roster, e) : error;
}

/* After its signatures were handed over: one that fails is the deeper fault. */
static enum kr_error check_founding(const struct chain *c, const struct entry *e,
                                    const uint8_t leaf_hash[32])
{
    if (e->seq != 0) {
        return KR_OK;
    }
    enum kr_error error = founding_is_bound(leaf_hash, c->slots);
    return error == KR_OK ? founding_check(e, c->slots) : error;
}

enum kr_error chain_next(struct chain *c, struct query *q, struct entry *e)
{
    char header[ENTRY_LEAF_MAX];
    uint8_t leaf_hash[32];
    size_t header_len = 0, leaf_len;
    memset(e, 0, sizeof *e);
    enum kr_error error = read_row(c, q, e, leaf_hash, header);
    if (error == KR_OK) {
        query_peek(q, 4, &leaf_len);
        header_len = leaf_len - e->signer_count * SIGNATURE_LINE;
        error = check_links(c, e);
    }
    if (error == KR_OK) {
        error = check_signers(c, e, header, header_len);
    }
    if (error == KR_OK) {
        error = check_founding(c, e, leaf_hash);
    }
    if (error == KR_OK && c->courses) {
        error = courses_apply(c->courses, e);
    }
    if (error == KR_OK && c->intents) {
        error = intents_apply(c->intents, e);
    }
    if (error == KR_OK) {
        error = tree_append(&c->head->tree, leaf_hash);
    }
    if (error != KR_OK) {
        entry_free(e);
        return error;
    }
    memcpy(c->head->last_leaf, leaf_hash, 32);
    return KR_OK;
}
