#include "entry_proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/seal.h"
#include "journal_reading.h"
#include "signing_rules.h"

/* ---- Who signed ---- */

/* Who was enrolled before the entry (by it, where it is the founding). That what is read here is
 * signed was seen when the store was opened. */
static enum kr_error roster_at(struct store *s, uint64_t seq, struct roster *roster)
{
    struct query q;
    query_begin(&q, s,
                "SELECT salt, leaf, body FROM entries WHERE kind IN ('found', 'enrol', 'revoke') "
                "AND (seq < ?1 OR seq = 0) ORDER BY seq");
    query_int(&q, 1, (int64_t)seq);
    while (query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 0, &e);
        if (q.error == KR_OK)
            q.error = roster_apply(roster, &e);
        entry_free(&e);
    }
    return query_end(&q);
}

static enum kr_error prove_signature(const struct entry *e, struct roster *roster, size_t i,
                                     const char *header, size_t len)
{
    const struct entry_signer *s = &e->signers[i];
    const struct enrolled *p = roster_find(roster, s->person);
    if (!p || memcmp(p->key_id, s->key_id, sizeof s->key_id) != 0)
        return KR_E_PERSON_UNKNOWN;
    if (p->revoked)
        return KR_E_PERSON_REVOKED;
    return sign_verify(p->public_key, (const uint8_t *)header, len, s->signature);
}

static enum kr_error prove_signatures(const struct entry *e, struct roster *roster,
                                      struct entry_proof *proof)
{
    char header[ENTRY_HEADER_MAX];
    size_t len;
    enum kr_error error = entry_header(e, header, &len);
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++)
        proof->signatures[i] = prove_signature(e, roster, i, header, len);
    proof->allowed = error == KR_OK ? signing_check(e, roster) : error;
    return error;
}

/* ---- The checkpoint after it ---- */

struct sealed {
    struct checkpoint head;
    struct tree tree;
    char text[CHECKPOINT_MAX + 1];
};

/* KR_E_CHECKPOINT where there is none of that number. */
static enum kr_error size_of(struct store *s, int64_t id, uint64_t *size)
{
    struct query q;
    query_begin(&q, s, "SELECT size FROM checkpoints WHERE id = ?1");
    query_int(&q, 1, id);
    if (query_row(&q))
        *size = (uint64_t)query_get_int(&q, 0);
    else if (q.error == KR_OK)
        q.error = kr_fail(KR_E_CHECKPOINT, "checkpoint %" PRId64, id);
    return query_end(&q);
}

static enum kr_error count_checkpoints(struct store *s, int64_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s, "SELECT ifnull(max(id), 0) FROM checkpoints");
    if (query_row(&q))
        *count = query_get_int(&q, 0);
    return query_end(&q);
}

/* Numbers go up by one and sizes never shrink: the first whose tree has the entry in it. 0: none
 * has. */
static enum kr_error first_after(struct store *s, uint64_t seq, int64_t *id)
{
    int64_t low = 0, high;
    enum kr_error error = count_checkpoints(s, &high);
    int64_t count = high;
    for (high++; error == KR_OK && high - low > 1;) {
        int64_t middle = low + (high - low) / 2;
        uint64_t size = 0;
        error = size_of(s, middle, &size);
        if (size > seq)
            high = middle;
        else
            low = middle;
    }
    *id = high > count ? 0 : high;
    return error;
}

/* Signed by the log, and the tree that is kept with it has the root that was signed. */
static enum kr_error load(struct store *s, int64_t id, struct sealed *c)
{
    struct query q;
    uint8_t peaks[8 + 64 * 32], root[32];
    size_t len = 0;
    query_begin(&q, s, "SELECT tree, text FROM checkpoints WHERE id = ?1");
    query_int(&q, 1, id);
    if (query_row(&q)) {
        query_get_blob(&q, 0, peaks, sizeof peaks, &len);
        query_get_text(&q, 1, c->text, sizeof c->text);
    }
    enum kr_error error = query_end(&q);
    if (error == KR_OK)
        error = checkpoint_parse(c->text, strlen(c->text), &c->head);
    if (error == KR_OK)
        error = checkpoint_verify(c->text, strlen(c->text), s->slots.centre.origin, 0x01,
                                  s->slots.log_public, NULL);
    if (error == KR_OK)
        error = tree_load(&c->tree, peaks, len);
    if (error == KR_OK)
        error = tree_root(&c->tree, root);
    if (error == KR_OK &&
        (c->tree.size != c->head.size || memcmp(root, c->head.root, sizeof root) != 0))
        error = KR_E_CHECKPOINT;
    return error;
}

/* Leaves from the size of the tree on, the entry's own as it was read. */
static enum kr_error grow(struct store *s, struct tree *tree, uint64_t size, uint64_t seq,
                          const uint8_t own[32])
{
    struct query q;
    query_begin(&q, s, "SELECT leaf_hash FROM entries WHERE seq >= ?1 AND seq < ?2 ORDER BY seq");
    query_int(&q, 1, (int64_t)tree->size);
    query_int(&q, 2, (int64_t)size);
    while (query_row(&q)) {
        uint8_t hash[32];
        query_get_bytes(&q, 0, hash, sizeof hash);
        if (q.error == KR_OK)
            q.error = tree_append(tree, tree->size == seq ? own : hash);
    }
    return query_end(&q);
}

static unsigned count_cosigners(const struct sealed *c, const struct roster *roster)
{
    char name[ORIGIN_MAX + 40];
    unsigned count = 0;
    for (size_t i = 0; i < roster->count; i++)
        if (checkpoint_person_name(c->head.origin, roster->people[i].person, name, sizeof name) ==
                KR_OK &&
            checkpoint_verify(c->text, strlen(c->text), name, 0x04, roster->people[i].public_key,
                              NULL) == KR_OK)
            count++;
    return count;
}

static enum kr_error prove_inclusion(struct store *s, uint64_t seq, int64_t id,
                                     struct sealed *around, struct entry_proof *proof)
{
    struct sealed *before = &around[0], *after = &around[1];
    uint8_t root[32];
    enum kr_error error = load(s, id, after);
    if (error == KR_OK && id > 1)
        error = load(s, id - 1, before);
    else
        tree_begin(&before->tree);
    if (error == KR_OK)
        error = grow(s, &before->tree, after->head.size, seq, proof->leaf_hash);
    if (error == KR_OK)
        error = tree_root(&before->tree, root);
    if (error == KR_OK &&
        (before->tree.size != after->head.size || memcmp(root, after->head.root, 32) != 0))
        error = KR_E_CHECKPOINT;
    proof->checkpoint = after->head;
    return error;
}

static enum kr_error prove_sealed(struct store *s, uint64_t seq, const struct roster *roster,
                                  struct entry_proof *proof)
{
    int64_t id = 0;
    struct sealed *around = calloc(2, sizeof *around);
    enum kr_error error = around ? first_after(s, seq, &id) : KR_E_MEMORY;
    proof->sealed = error == KR_OK && id > 0;
    if (proof->sealed) {
        proof->included = prove_inclusion(s, seq, id, around, proof);
        proof->cosigners = count_cosigners(&around[1], roster);
    }
    free(around);
    return error;
}

enum kr_error journal_prove(struct store *s, uint64_t seq, struct entry *e,
                            struct entry_proof *proof)
{
    struct roster *roster = calloc(1, sizeof *roster);
    memset(proof, 0, sizeof *proof);
    memset(e, 0, sizeof *e);
    enum kr_error error = roster ? journal_read(s, seq, e) : KR_E_MEMORY;
    if (error == KR_OK)
        error = entry_leaf_hash(e, proof->leaf_hash);
    if (error == KR_OK)
        error = roster_at(s, seq, roster);
    if (error == KR_OK)
        error = prove_signatures(e, roster, proof);
    if (error == KR_OK)
        error = prove_sealed(s, seq, roster, proof);
    free(roster);
    return error;
}
