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

static enum kr_error check_links(const struct chain *c, const struct entry *e)
{
    const struct journal_head *h = c->head;
    uint8_t root[32];
    enum kr_error error = tree_root(&h->tree, root);
    if (error != KR_OK) {
        return error;
    }
    if (strcmp(e->origin, c->origin) != 0) {
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

static enum kr_error pass_withheld(struct chain *c, const struct entry *e)
{
    if (c->courses) {
        courses_withhold(c->courses, e);
    }
    return c->intents ? intents_withhold(c->intents, e) : KR_OK;
}

/* What the entries of a ceremony owe each other. */
static enum kr_error check_rules(struct chain *c, const struct entry *e)
{
    if (e->body_withheld) {
        return pass_withheld(c, e);
    }
    if (c->only && !entry_is_of(e, c->only)) {
        return KR_OK;
    }
    enum kr_error error = c->courses ? courses_apply(c->courses, e) : KR_OK;
    return error == KR_OK && c->intents ? intents_apply(c->intents, e) : error;
}

enum kr_error chain_take(struct chain *c, const struct entry *e, const char *leaf, size_t leaf_len)
{
    uint8_t leaf_hash[32];
    enum kr_error error = tree_leaf_hash(leaf, leaf_len, leaf_hash);
    if (error == KR_OK) {
        error = check_links(c, e);
    }
    if (error == KR_OK) {
        error = check_signers(c, e, leaf, leaf_len - e->signer_count * SIGNATURE_LINE);
    }
    if (error == KR_OK && c->slots) {
        error = check_founding(c, e, leaf_hash);
    }
    if (error == KR_OK) {
        error = check_rules(c, e);
    }
    if (error == KR_OK) {
        error = tree_append(&c->head->tree, leaf_hash);
    }
    if (error == KR_OK) {
        memcpy(c->head->last_leaf, leaf_hash, 32);
    }
    return error;
}
