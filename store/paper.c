#include "paper.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "journal_reading.h"
#include "sealed.h"

static const char remembered[] = "paper";

/* A ceremony whose closing is signed shows its checkpoint when it is gone on with. */
static bool was_seen(struct store *s, const struct entry *e)
{
    char id[64], status[16] = "";
    struct query q;
    if (entry_get(e, "ceremony", 0, id, sizeof id) != KR_OK)
        return true;
    query_begin(&q, s, "SELECT status FROM ceremonies WHERE id = ?1");
    query_text(&q, 1, id);
    if (query_row(&q))
        query_get_text(&q, 0, status, sizeof status);
    return query_end(&q) != KR_OK || strcmp(status, "closing") != 0;
}

static bool tells_of_paper(void *ctx, const struct entry *e)
{
    char what[32];
    if (strcmp(e->kind, "close") == 0)
        return was_seen(ctx, e);
    return strcmp(e->kind, "exception") == 0 &&
           entry_get(e, PAPER_OVERRIDE_LINE, 0, what, sizeof what) == KR_OK &&
           strcmp(what, PAPER_OVERRIDE) == 0;
}

enum kr_error paper_size(struct store *s, uint64_t *size)
{
    struct entry e;
    int64_t taken = 1;
    *size = 0;
    enum kr_error error = s->slots.centre.rehearsal ? meta_get(s, remembered, &taken) : KR_OK;
    if (error != KR_OK || taken == 0)
        return error;
    error = journal_newest(s, NULL, tells_of_paper, s, &e);
    if (error == KR_E_NOT_FOUND)
        return KR_OK;
    if (error == KR_OK)
        *size = strcmp(e.kind, "close") == 0 ? e.seq + 1 : 0;
    entry_free(&e);
    return error;
}

enum kr_error paper_remember(struct store *s, uint64_t size)
{
    enum kr_error error = store_begin(s);
    if (error != KR_OK)
        return error;
    error = meta_put(s, remembered, (int64_t)size);
    if (error == KR_OK)
        return store_commit(s);
    store_rollback(s);
    return error;
}

/* The first checkpoint of at least that size. */
static enum kr_error find(struct store *s, uint64_t size, struct sealed *c)
{
    int64_t id = 0;
    enum kr_error error = size > 0 ? sealed_after(s, size - 1, &id) : KR_OK;
    if (error == KR_OK && id > 0)
        error = sealed_load(s, id, c);
    return error == KR_OK && id == 0 ? kr_fail(KR_E_NOT_FOUND, "%" PRIu64, size) : error;
}

/* Its tree and the leaves after it make the tree of today. */
static enum kr_error leads_here(struct store *s, const struct sealed *c)
{
    struct tree tree = c->tree;
    uint8_t then[32] = {0}, now[32] = {0};
    database_lock(s);
    enum kr_error error = sealed_grow(s, &tree, s->head.tree.size, 0, NULL);
    if (error == KR_OK)
        error = tree_root(&tree, then);
    if (error == KR_OK)
        error = tree_root(&s->head.tree, now);
    if (error == KR_OK && (tree.size != s->head.tree.size || memcmp(then, now, 32) != 0))
        error = kr_fail(KR_E_CHECKPOINT, "%" PRIu64, c->head.size);
    database_unlock(s);
    return error;
}

static enum kr_error compare(struct store *s, const char *form, struct sealed *c, uint64_t size)
{
    char here[CHECKPOINT_SHORT_MAX];
    enum kr_error error = find(s, size, c);
    if (error == KR_E_NOT_FOUND || (error == KR_OK && c->head.size != size))
        return kr_fail(KR_E_CHECKPOINT, "%s", form);
    if (error == KR_OK)
        error = checkpoint_short_form(&c->head, here, sizeof here);
    if (error == KR_OK && strcmp(here, form) != 0)
        error = kr_fail(KR_E_CHECKPOINT, "%s", form);
    return error == KR_OK ? leads_here(s, c) : error;
}

enum kr_error paper_check(struct store *s, const char *typed, size_t len,
                          char form[CHECKPOINT_SHORT_MAX])
{
    uint64_t size = 0, newest = 0;
    struct sealed *c = calloc(1, sizeof *c);
    enum kr_error error = c ? checkpoint_short_read(typed, len, &size, form) : KR_E_MEMORY;
    if (error == KR_OK)
        error = paper_size(s, &newest);
    if (error == KR_OK && size > journal_size(s))
        error = kr_fail(KR_E_STORE_OLD, "%" PRIu64 " < %" PRIu64, journal_size(s), size);
    if (error == KR_OK)
        error = compare(s, form, c, size);
    if (error == KR_OK && size < newest)
        error = kr_fail(KR_E_PAPER_OLDER, "%" PRIu64, newest);
    free(c);
    return error;
}

enum kr_error paper_form(struct store *s, char form[CHECKPOINT_SHORT_MAX])
{
    uint64_t size = 0;
    struct sealed *c = calloc(1, sizeof *c);
    enum kr_error error = c ? paper_size(s, &size) : KR_E_MEMORY;
    if (error == KR_OK)
        error = find(s, size, c);
    if (error == KR_OK)
        error = checkpoint_short_form(&c->head, form, CHECKPOINT_SHORT_MAX);
    free(c);
    return error;
}

static enum kr_error compare_whole(struct store *s, const struct checkpoint *said)
{
    struct sealed *c = calloc(1, sizeof *c);
    enum kr_error error = c ? find(s, said->size, c) : KR_E_MEMORY;
    if (error == KR_E_NOT_FOUND || (error == KR_OK && (c->head.size != said->size ||
                                                       memcmp(c->head.root, said->root, 32) != 0)))
        error = kr_fail(KR_E_CHECKPOINT, "%" PRIu64, said->size);
    if (error == KR_OK)
        error = leads_here(s, c);
    free(c);
    return error;
}

enum kr_error paper_check_compact(struct store *s, const char *compact, struct checkpoint *c)
{
    char note[CHECKPOINT_MAX];
    const struct slots *slots = &s->slots;
    memset(c, 0, sizeof *c);
    enum kr_error error =
        checkpoint_compact_read(compact, strlen(compact), slots->centre.origin, note);
    if (error == KR_OK)
        error = checkpoint_parse(note, strlen(note), c);
    if (error == KR_OK && checkpoint_verify(note, strlen(note), slots->centre.origin,
                                            CHECKPOINT_BY_LOG, slots->log_public, NULL) != KR_OK)
        error = kr_fail(KR_E_NOT_CHECKPOINT, "%.9s", compact);
    if (error == KR_OK && c->size > journal_size(s))
        error = kr_fail(KR_E_STORE_OLD, "%" PRIu64 " < %" PRIu64, journal_size(s), c->size);
    return error == KR_OK ? compare_whole(s, c) : error;
}
