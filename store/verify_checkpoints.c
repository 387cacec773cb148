#include "verification.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brought.h"
#include "checkpoint_lines.h"
#include "verdict.h"

static enum kr_error load_next(struct verification *v)
{
    struct query q;
    struct pending *p = &v->next;
    query_begin(&q, v->store,
                "SELECT id, size, tree, text FROM checkpoints WHERE id > ?1 ORDER BY id LIMIT 1");
    /* From the very first row, so that none can hide below 1; the ids have no gaps. */
    query_int(&q, 1, p->id == 0 ? INT64_MIN : p->id);
    p->any = query_row(&q);
    if (p->any) {
        if (query_get_int(&q, 0) != ++p->id && q.error == KR_OK) {
            q.error = kr_fail(KR_E_STORE_ROW, "checkpoints %" PRId64 ": missing", p->id);
        }
        p->size = (uint64_t)query_get_int(&q, 1);
        query_get_blob(&q, 2, p->peaks, sizeof p->peaks, &p->peaks_len);
        query_get_text(&q, 3, p->text, sizeof p->text);
    }
    return query_end(&q);
}

/* The signed text against the tree as it stands now. */
static enum kr_error compare(const struct verification *v, const struct checkpoint *c)
{
    return checkpoint_is_of(c, v->store->slots.centre.origin, &v->head.tree);
}

static enum kr_error check_log_signature(const struct slots *slots, const char *text)
{
    return lines_by_log(text, slots->centre.origin, slots->log_public);
}

/* No stranger signs in the database: each line is the log's or that of somebody enrolled. */
static enum kr_error check_signatures(struct verification *v, const char *text)
{
    const struct slots *slots = &v->store->slots;
    uint64_t people;
    enum kr_error e =
        lines_by_known(text, slots->centre.origin, slots->log_public, &v->head.roster, &people);
    v->report->cosignatures += e == KR_OK ? people : 0;
    return e;
}

static enum kr_error check_stored(struct verification *v)
{
    struct checkpoint c;
    uint8_t peaks[8 + 64 * 32];
    const struct pending *p = &v->next;
    size_t len = tree_save(&v->head.tree, peaks);
    enum kr_error e = checkpoint_parse(p->text, strlen(p->text), &c);
    if (e == KR_OK) {
        e = compare(v, &c);
    }
    if (e == KR_OK && (len != p->peaks_len || memcmp(peaks, p->peaks, len) != 0)) {
        e = checkpoint_differs(p->size, "tree");
    }
    return e == KR_OK ? check_signatures(v, p->text) : e;
}

bool checkpoints_at_this_size(struct verification *v)
{
    uint64_t size = v->head.tree.size, newest = size > 0 ? size - 1 : 0;
    while (v->next.any && v->next.size <= size) {
        enum kr_error e =
            v->next.size == size ? check_stored(v) : checkpoint_differs(v->next.size, "order");
        if (e == KR_OK) {
            v->report->checkpoints++;
            e = load_next(v);
        }
        if (!verification_judge(v, e, newest)) {
            return false;
        }
    }
    if (!v->report->anchor || v->anchor.size != size) {
        return true;
    }
    enum kr_error e =
        v->anchor_kept ? compare(v, &v->anchor)
                       : kr_fail(KR_E_STORE_ROW, "checkpoints of size %" PRIu64 ": missing", size);
    return verification_judge(v, e, newest);
}

/* The anchor is a copy of a checkpoint the database holds; where the journal does not reach that
 * far, that is said at its end. Without this a cosignature spoiled in the file would pass for one
 * of a stranger. */
static enum kr_error check_anchor_copy(struct verification *v, const char *text)
{
    struct query q;
    int64_t of_size = 0, equal = 0;
    query_begin(&q, v->store, "SELECT count(*), sum(text = ?2) FROM checkpoints WHERE size = ?1");
    query_int(&q, 1, (int64_t)v->anchor.size);
    query_text(&q, 2, text);
    if (query_row(&q)) {
        of_size = query_get_int(&q, 0);
        equal = query_get_int(&q, 1);
    }
    enum kr_error e = query_end(&q);
    v->anchor_kept = of_size > 0;
    return e == KR_OK && of_size > 0 && equal == 0 ? KR_E_STORE_DAMAGED : e;
}

static enum kr_error load_anchor(struct verification *v)
{
    char text[CHECKPOINT_MAX + 1];
    size_t len = 0;
    enum kr_error e = anchor_read(v->store->dir, text, sizeof text, &len);
    if (e == KR_E_NOT_FOUND) {
        return KR_OK;
    }
    if (e == KR_OK) {
        e = checkpoint_parse(text, len, &v->anchor);
    }
    if (e == KR_OK) {
        e = check_log_signature(&v->store->slots, text);
    }
    if (e == KR_OK) {
        e = check_anchor_copy(v, text);
    }
    v->report->anchor = e == KR_OK;
    return e == KR_OK || !verdict_decides(e) ? e : kr_fail(KR_E_STORE_DAMAGED, "anchor");
}

bool checkpoints_beyond_end(struct verification *v)
{
    uint64_t size = v->head.tree.size;
    const struct {
        bool any;
        uint64_t size;
        const char *where;
    } said[2] = {
        {v->next.any, v->next.size, "checkpoint"},
        {v->report->anchor, v->anchor.size, "anchor"},
    };
    for (size_t i = 0; i < 2; i++) {
        if (said[i].any && said[i].size > size) {
            enum kr_error e = kr_fail(KR_E_STORE_OLD, "%" PRIu64 " < %" PRIu64 " (%s)", size,
                                      said[i].size, said[i].where);
            return verification_judge(v, e, size);
        }
    }
    return true;
}

enum kr_error checkpoints_begin(struct verification *v)
{
    enum kr_error e = load_next(v);
    return e == KR_OK ? load_anchor(v) : e;
}

/* ---- One that is brought ---- */

static enum kr_error enrol_again(struct verification *v, const char *leaf, size_t len,
                                 const uint8_t salt[32], const char *body, size_t body_len)
{
    struct entry entry;
    memset(&entry, 0, sizeof entry);
    enum kr_error e = entry_decode(leaf, len, &entry);
    if (e == KR_OK) {
        e = entry_set_body(&entry, salt, body, body_len);
    }
    if (e == KR_OK) {
        e = roster_apply(&v->head.roster, &entry);
    }
    entry_free(&entry);
    return e;
}

/* The first size entries: their tree, and who was enrolled by then. All were proved before. */
static enum kr_error read_first(struct verification *v, uint64_t size)
{
    struct query q;
    tree_begin(&v->head.tree);
    query_begin(&q, v->store,
                "SELECT leaf, kind, salt, body FROM entries WHERE seq < ?1 ORDER BY seq");
    query_int(&q, 1, size > INT64_MAX ? INT64_MAX : (int64_t)size);
    while (query_row(&q)) {
        size_t len, body_len;
        uint8_t hash[32], salt[32];
        char kind[KIND_MAX];
        const char *leaf = query_peek(&q, 0, &len);
        const char *body = query_peek(&q, 3, &body_len);
        query_get_text(&q, 1, kind, sizeof kind);
        query_get_bytes(&q, 2, salt, 32);
        if (q.error == KR_OK) {
            q.error = tree_leaf_hash(leaf ? leaf : "", len, hash);
        }
        if (q.error == KR_OK) {
            q.error = tree_append(&v->head.tree, hash);
        }
        if (q.error == KR_OK && roster_concerns(kind)) {
            q.error = enrol_again(v, leaf ? leaf : "", len, salt, body ? body : "", body_len);
        }
    }
    return query_end(&q);
}

static enum kr_error verify_against(struct verification *v, struct brought_list *brought)
{
    uint64_t said = brought->list[0].said.size;
    if (verification_judge(v, read_first(v, said), VERIFY_NO_ENTRY)) {
        uint64_t size = v->head.tree.size;
        enum kr_error e = brought_compare(brought, v->store->slots.centre.origin, &v->head.tree,
                                          &v->head.roster, v->report);
        verification_judge(v, e == KR_OK ? brought_beyond(brought, size) : e,
                           size < said ? size
                           : said > 0  ? said - 1
                                       : 0);
    }
    return v->trouble;
}

enum kr_error store_verify_against(struct store *s, const char *checkpoint_text, size_t len,
                                   struct verify_report *report)
{
    if (report->problem != KR_OK) {
        return KR_OK;
    }
    struct verification *v = calloc(1, sizeof *v);
    if (!v) {
        return KR_E_MEMORY;
    }
    v->store = s;
    v->report = report;
    struct brought_list brought;
    const struct brought_text text = {checkpoint_text, len};
    enum kr_error e = brought_read(&brought, &text, 1);
    if (e == KR_OK) {
        e = brought_are_signed(&brought, s->slots.centre.origin, s->slots.log_public);
    }
    if (e == KR_OK) {
        e = verify_against(v, &brought);
    }
    brought_free(&brought);
    free(v);
    return e;
}

enum kr_error store_checkpoints(struct store *s, void (*each)(void *ctx, const char *short_form),
                                void *ctx)
{
    struct query q;
    query_begin(&q, s, "SELECT text FROM checkpoints ORDER BY id");
    while (query_row(&q)) {
        struct checkpoint c;
        char text[CHECKPOINT_MAX + 1], form[CHECKPOINT_SHORT_MAX];
        query_get_text(&q, 0, text, sizeof text);
        if (q.error == KR_OK) {
            q.error = checkpoint_parse(text, strlen(text), &c);
        }
        if (q.error == KR_OK) {
            q.error = checkpoint_short_form(&c, form, sizeof form);
        }
        if (q.error == KR_OK) {
            each(ctx, form);
        }
    }
    return query_end(&q);
}
