#include "sealed.h"

#include <inttypes.h>
#include <string.h>

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

/* Numbers go up by one and sizes never shrink. */
enum kr_error sealed_after(struct store *s, uint64_t size, int64_t *id)
{
    int64_t low = 0, high;
    enum kr_error error = count_checkpoints(s, &high);
    int64_t count = high;
    for (high++; error == KR_OK && high - low > 1;) {
        int64_t middle = low + (high - low) / 2;
        uint64_t here = 0;
        error = size_of(s, middle, &here);
        if (here > size)
            high = middle;
        else
            low = middle;
    }
    *id = high > count ? 0 : high;
    return error;
}

enum kr_error sealed_load(struct store *s, int64_t id, struct sealed *c)
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

enum kr_error sealed_grow(struct store *s, struct tree *tree, uint64_t size, uint64_t seq,
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
            q.error = tree_append(tree, own && tree->size == seq ? own : hash);
    }
    return query_end(&q);
}
