#include "gaps.h"

#include <string.h>

#include "../tree.h"

static bool are_one_subtree(const struct gap *left, const struct gap *right)
{
    return left->height == right->height && left->from % (UINT64_C(2) << left->height) == 0;
}

static enum kr_error push(struct gaps *g, const struct gap *one)
{
    enum kr_error error = KR_OK;
    g->list[g->count++] = *one;
    while (error == KR_OK && g->count > 1 &&
           are_one_subtree(&g->list[g->count - 2], &g->list[g->count - 1])) {
        struct gap *left = &g->list[--g->count - 1];
        error = tree_node_hash(left->hash, g->list[g->count].hash, left->hash);
        left->height++;
    }
    return error;
}

enum kr_error gaps_add(struct gaps *g, uint64_t seq, const uint8_t leaf_hash[32])
{
    enum kr_error error = g->any ? push(g, &g->last) : KR_OK;
    g->any = true;
    g->last = (struct gap){.from = seq};
    memcpy(g->last.hash, leaf_hash, 32);
    return error;
}

static enum kr_error write_one(const struct gap *one, struct bundle_writer *w,
                               struct bundle_item *item)
{
    item->kind = BUNDLE_GAP;
    item->from = one->from;
    item->count = UINT64_C(1) << one->height;
    memcpy(item->hash, one->hash, 32);
    return bundle_write(w, item);
}

enum kr_error gaps_write(struct gaps *g, struct bundle_writer *w, struct bundle_item *item)
{
    enum kr_error error = KR_OK;
    for (size_t i = 0; error == KR_OK && i < g->count; i++) {
        error = write_one(&g->list[i], w, item);
    }
    if (error == KR_OK && g->any) {
        error = write_one(&g->last, w, item);
    }
    g->count = 0;
    g->any = false;
    return error;
}
