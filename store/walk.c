#include "walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "journal_reading.h"

#define ROWS 256 /* read under the lock at a time, so that others get their turn */

struct walk {
    struct store *store;
    enum kr_error (*item)(void *ctx, struct bundle_item *item, const struct entry *e);
    void *ctx;
    uint64_t done;      /* entries so far */
    int64_t checkpoint; /* id of the newest that was passed */
    struct bundle_item at;
};

enum kr_error journal_covered(struct store *s, uint64_t *size)
{
    struct query q;
    *size = 0;
    query_begin(&q, s, "SELECT ifnull(max(size), 0) FROM checkpoints");
    if (query_row(&q)) {
        *size = (uint64_t)query_get_int(&q, 0);
    }
    return query_end(&q);
}

static enum kr_error pass_checkpoints(struct walk *w)
{
    struct query q;
    query_begin(&q, w->store,
                "SELECT id, text FROM checkpoints WHERE id > ?1 AND size = ?2 ORDER BY id");
    query_int(&q, 1, w->checkpoint);
    query_int(&q, 2, (int64_t)w->done);
    while (query_row(&q)) {
        w->checkpoint = query_get_int(&q, 0);
        query_get_text(&q, 1, w->at.note, sizeof w->at.note);
        w->at.kind = BUNDLE_CHECKPOINT;
        w->at.note_len = strlen(w->at.note);
        if (q.error == KR_OK) {
            q.error = w->item(w->ctx, &w->at, NULL);
        }
    }
    return query_end(&q);
}

/* Where the next checkpoint stands, or the end. */
static enum kr_error next_stop(struct walk *w, uint64_t size, uint64_t *stop)
{
    struct query q;
    *stop = size;
    query_begin(&q, w->store,
                "SELECT size FROM checkpoints WHERE id > ?1 AND size > 0 ORDER BY id LIMIT 1");
    query_int(&q, 1, w->checkpoint);
    if (query_row(&q) && query_get_int(&q, 0) < (int64_t)size) {
        *stop = (uint64_t)query_get_int(&q, 0);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && *stop < w->done ? kr_fail(KR_E_STORE_DAMAGED, "checkpoints") : error;
}

static enum kr_error pass_row(struct walk *w, struct query *q)
{
    struct entry e;
    struct bundle_item *to = &w->at;
    enum kr_error error = entry_from_row(q, 1, &e);
    if (error == KR_OK && (uint64_t)query_get_int(q, 0) != w->done) {
        error = kr_fail(KR_E_STORE_DAMAGED, "entry %" PRIu64, w->done);
    }
    if (error == KR_OK) {
        const char *leaf = query_peek(q, 2, &to->leaf_len);
        to->kind = BUNDLE_ENTRY;
        to->withheld = false;
        memcpy(to->leaf, leaf, to->leaf_len);
        memcpy(to->salt, e.salt, 32);
        memcpy(to->body, e.body, e.body_len + 1);
        to->body_len = e.body_len;
        error = w->item(w->ctx, to, &e);
    }
    entry_free(&e);
    w->done += error == KR_OK;
    return error;
}

static enum kr_error pass_rows(struct walk *w, uint64_t stop)
{
    struct query q;
    uint64_t end = stop - w->done > ROWS ? w->done + ROWS : stop;
    query_begin(&q, w->store,
                "SELECT seq, salt, leaf, body FROM entries WHERE seq >= ?1 AND seq < ?2 "
                "ORDER BY seq");
    query_int(&q, 1, (int64_t)w->done);
    query_int(&q, 2, (int64_t)end);
    while (query_row(&q)) {
        q.error = pass_row(w, &q);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && w->done != end ? kr_fail(KR_E_STORE_DAMAGED, "entry %" PRIu64, w->done)
                                            : error;
}

enum kr_error journal_walk(struct store *s, uint64_t size,
                           enum kr_error (*item)(void *ctx, struct bundle_item *item,
                                                 const struct entry *e),
                           void *ctx)
{
    struct walk *w = calloc(1, sizeof *w);
    uint64_t stop = 0;
    enum kr_error error = w ? KR_OK : KR_E_MEMORY;
    if (w) {
        *w = (struct walk){.store = s, .item = item, .ctx = ctx};
    }
    while (error == KR_OK && w->done < size) {
        error = next_stop(w, size, &stop);
        if (error == KR_OK && stop > w->done) {
            error = pass_rows(w, stop);
        }
        if (error == KR_OK && w->done == stop) {
            error = pass_checkpoints(w);
        }
    }
    free(w);
    return error;
}
