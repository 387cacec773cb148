#include "verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chain.h"

/* Rows read under the lock at a time, so that others get their turn. */
#define ROWS 256

/* A checkpoint of the database that is still to be reached; they are read in the order they were
 * made. */
struct pending {
    bool any;
    int64_t id;
    uint64_t size;
    uint8_t peaks[8 + 64 * 32];
    size_t peaks_len;
    char text[CHECKPOINT_MAX + 1];
};
struct verification {
    struct store *store;
    struct verify_report *report;
    struct journal_head head;
    struct intents intents;
    struct chain chain;
    struct pending next;
    struct checkpoint anchor;
    enum kr_error trouble; /* what kept the check from running */
};

/* Errors that say something about the store; all others mean that the check could not run. */
static bool is_verdict(enum kr_error e)
{
    switch (e) {
    case KR_E_STORE_DAMAGED:
    case KR_E_STORE_OLD:
    case KR_E_ENTRY_FORMAT:
    case KR_E_SIGNATURE:
    case KR_E_SAME_PERSON:
    case KR_E_PERSON_UNKNOWN:
    case KR_E_PERSON_REVOKED:
    case KR_E_ROLE:
    case KR_E_CHECKPOINT:
    case KR_E_SLOTS:
    case KR_E_ARGUMENT:
    case KR_E_TOO_LONG:
    case KR_E_NOT_FOUND:
        return true;
    default:
        return false;
    }
}

/* Keeps the first problem. Returns true while all is well. */
static bool judge(struct verification *v, enum kr_error e, uint64_t seq)
{
    struct verify_report *r = v->report;
    if (e != KR_OK && !is_verdict(e)) {
        v->trouble = v->trouble == KR_OK ? e : v->trouble;
    } else if (e != KR_OK && r->problem == KR_OK) {
        r->problem = e;
        r->bad_seq = seq;
        snprintf(r->what, sizeof r->what, "%s", kr_detail());
    }
    return v->trouble == KR_OK && r->problem == KR_OK;
}

/* ---- Checkpoints ---- */

static enum kr_error load_next(struct verification *v)
{
    struct query q;
    struct pending *p = &v->next;
    query_begin(&q, v->store,
                "SELECT id, size, tree, text FROM checkpoints WHERE id > ?1 ORDER BY id LIMIT 1");
    query_int(&q, 1, p->id);
    p->any = query_row(&q);
    if (p->any) {
        p->id = query_get_int(&q, 0);
        p->size = (uint64_t)query_get_int(&q, 1);
        query_get_blob(&q, 2, p->peaks, sizeof p->peaks, &p->peaks_len);
        query_get_text(&q, 3, p->text, sizeof p->text);
    }
    return query_end(&q);
}

static enum kr_error disagrees(uint64_t size, const char *what)
{
    return kr_fail(KR_E_CHECKPOINT, "%" PRIu64 ", %s", size, what);
}

/* The signed text against the tree as it stands now. */
static enum kr_error compare(const struct verification *v, const struct checkpoint *c)
{
    uint8_t root[32];
    enum kr_error e = tree_root(&v->head.tree, root);
    if (e == KR_OK && strcmp(c->origin, v->store->slots.centre.origin) != 0) {
        e = disagrees(c->size, "origin");
    }
    if (e == KR_OK && (c->size != v->head.tree.size || memcmp(c->root, root, 32) != 0)) {
        e = disagrees(c->size, "root");
    }
    return e;
}

static enum kr_error check_log_signature(const struct slots *slots, const char *text)
{
    enum kr_error e =
        checkpoint_verify(text, strlen(text), slots->centre.origin, 0x01, slots->log_public, NULL);
    return e == KR_E_NOT_FOUND ? kr_fail(KR_E_CHECKPOINT, "log key") : e;
}

/* Signature lines of people enrolled by now; names that nobody has are passed over, as the format
 * asks. */
static enum kr_error check_cosignatures(struct verification *v, const char *text)
{
    for (size_t i = 0; i < v->head.roster.count; i++) {
        const struct enrolled *p = &v->head.roster.people[i];
        char name[ORIGIN_MAX + 40];
        enum kr_error e =
            checkpoint_person_name(v->store->slots.centre.origin, p->person, name, sizeof name);
        if (e != KR_OK || !strstr(text, name)) {
            continue;
        }
        e = checkpoint_verify(text, strlen(text), name, 0x04, p->public_key, NULL);
        if (e != KR_OK && e != KR_E_NOT_FOUND) {
            return e;
        }
        v->report->cosignatures += e == KR_OK;
    }
    return KR_OK;
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
        e = disagrees(p->size, "tree");
    }
    if (e == KR_OK) {
        e = check_log_signature(&v->store->slots, p->text);
    }
    return e == KR_OK ? check_cosignatures(v, p->text) : e;
}

/* Everything that was said about a journal of just this size. */
static bool check_at_this_size(struct verification *v)
{
    uint64_t size = v->head.tree.size, newest = size > 0 ? size - 1 : 0;
    while (v->next.any && v->next.size <= size) {
        enum kr_error e = v->next.size == size ? check_stored(v) : disagrees(v->next.size, "order");
        if (e == KR_OK) {
            v->report->checkpoints++;
            e = load_next(v);
        }
        if (!judge(v, e, newest)) {
            return false;
        }
    }
    bool anchored = v->report->anchor && v->anchor.size == size;
    return !anchored || judge(v, compare(v, &v->anchor), newest);
}

/* The anchor is a copy of a checkpoint the database holds. Where none of its size is there, the
 * journal is older than it and that is said elsewhere. Without this a cosignature spoiled in the
 * file would pass for one of a stranger. */
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
    return e == KR_OK || !is_verdict(e) ? e : kr_fail(KR_E_STORE_DAMAGED, "anchor");
}

/* Checkpoints and anchor that speak of more than there is: the tail was cut, or an old file put
 * back. */
static bool check_beyond_end(struct verification *v)
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
            return judge(v, e, size);
        }
    }
    return true;
}

/* ---- Entries ---- */

/* *more is false after the last row. */
static bool read_rows(struct verification *v, bool *more)
{
    struct query q;
    size_t rows = 0;
    uint64_t size = v->head.tree.size;
    query_begin(&q, v->store,
                "SELECT " CHAIN_COLUMNS " FROM entries WHERE seq >= ?1 ORDER BY seq LIMIT 256");
    /* From the very first row, so that none can hide below 0. */
    query_int(&q, 1, size == 0 ? INT64_MIN : (int64_t)size);
    while (query_row(&q)) {
        struct entry e;
        q.error = chain_next(&v->chain, &q, &e);
        if (q.error != KR_OK) {
            break;
        }
        v->report->ceremonies += strcmp(e.kind, "open") == 0;
        entry_free(&e);
        rows++;
        if (!check_at_this_size(v)) {
            break;
        }
    }
    *more = rows == ROWS;
    return judge(v, query_end(&q), v->head.tree.size);
}

static bool read_all(struct verification *v, bool (*progress)(void *, uint64_t, uint64_t),
                     void *ctx)
{
    uint64_t all = journal_size(v->store);
    bool more = true;
    if (!check_at_this_size(v)) {
        return false;
    }
    while (more && read_rows(v, &more)) {
        if (pool_has_failed(v->chain.pool)) {
            return false;
        }
        if (progress && !progress(ctx, v->head.tree.size, all)) {
            return judge(v, KR_E_CANCELLED, 0);
        }
    }
    return !more;
}

/* A signature further up may be what is really wrong when the chain breaks: the lowest entry
 * counts. */
static void take_signatures(struct verification *v)
{
    struct verify_report *r = v->report;
    uint64_t seq = 0;
    enum kr_error e = pool_finish(v->chain.pool, &seq);
    r->signatures = pool_checked(v->chain.pool);
    if (e != KR_OK && is_verdict(e) && (r->problem == KR_OK || seq <= r->bad_seq)) {
        r->problem = KR_OK;
    }
    judge(v, e, seq);
}

/* ---- What other places say of people ---- */

static enum kr_error check_slots(struct verification *v)
{
    const struct slots *slots = &v->store->slots;
    for (size_t i = 0; i < slots->count; i++) {
        const struct person *p = &slots->people[i];
        const struct enrolled *known = roster_find(&v->head.roster, p->slot.person);
        /* The slot file is written before the founding entries: not to be in them yet is no fault.
         */
        if (known && !known->revoked &&
            (known->roles != p->roles || memcmp(known->public_key, p->slot.public_key, 32) != 0)) {
            return kr_fail(KR_E_SLOTS, "%s", p->slot.person);
        }
    }
    return KR_OK;
}

static enum kr_error check_people(struct verification *v)
{
    struct query q;
    query_begin(&q, v->store, "SELECT person, roles, public_key, revoked FROM people");
    while (query_row(&q)) {
        char person[PERSON_ID_MAX];
        uint8_t key[32];
        query_get_text(&q, 0, person, sizeof person);
        query_get_bytes(&q, 2, key, 32);
        if (q.error != KR_OK) {
            break;
        }
        const struct enrolled *known = roster_find(&v->head.roster, person);
        if (!known || known->roles != (unsigned)query_get_int(&q, 1) ||
            known->revoked != (query_get_int(&q, 3) != 0) ||
            memcmp(known->public_key, key, 32) != 0) {
            q.error = kr_fail(KR_E_STORE_DAMAGED, "people, %s", person);
        }
    }
    return query_end(&q);
}

static void check_people_elsewhere(struct verification *v)
{
    if (judge(v, check_slots(v), VERIFY_NO_ENTRY)) {
        judge(v, check_people(v), VERIFY_NO_ENTRY);
    }
}

/* Pages that no row of the journal lies in are read too. Not where others wait for the store. */
static enum kr_error check_pages(struct verification *v)
{
    struct query q;
    char answer[64] = "ok";
    if (!v->store->read_only) {
        return KR_OK;
    }
    query_begin(&q, v->store, "PRAGMA quick_check(1)");
    if (query_row(&q)) {
        query_get_text(&q, 0, answer, sizeof answer);
    }
    enum kr_error e = query_end(&q);
    return e != KR_OK || strcmp(answer, "ok") == 0
               ? e
               : kr_fail(KR_E_STORE_DAMAGED, "journal.db, pages");
}

/* ---- The whole ---- */

static void sum_up(struct verification *v)
{
    struct verify_report *r = v->report;
    r->entries = v->head.tree.size;
    r->people = v->head.roster.count;
    r->open_intents = v->intents.open;
    r->head.size = v->head.tree.size;
    snprintf(r->head.origin, sizeof r->head.origin, "%s", v->store->slots.centre.origin);
    judge(v, tree_root(&v->head.tree, r->head.root), VERIFY_NO_ENTRY);
}

enum kr_error store_verify(struct store *s,
                           bool (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                           struct verify_report *report)
{
    struct verification *v = calloc(1, sizeof *v);
    memset(report, 0, sizeof *report);
    report->bad_seq = VERIFY_NO_ENTRY;
    if (!v) {
        return KR_E_MEMORY;
    }
    v->store = s;
    v->report = report;
    v->chain.head = &v->head;
    v->chain.slots = &s->slots;
    v->chain.intents = &v->intents;
    enum kr_error error = pool_start(&v->chain.pool);
    if (error == KR_OK) {
        error = load_next(v);
    }
    if (error == KR_OK) {
        error = load_anchor(v);
    }
    bool whole = judge(v, error, VERIFY_NO_ENTRY) && read_all(v, progress, ctx) &&
                 check_beyond_end(v) && judge(v, check_pages(v), VERIFY_NO_ENTRY);
    if (v->chain.pool) {
        take_signatures(v);
    }
    if (whole) {
        check_people_elsewhere(v);
    }
    sum_up(v);
    pool_stop(&v->chain.pool);
    intents_free(&v->intents);
    error = v->trouble;
    free(v);
    return error;
}

/* The tree of the first size entries, from their leaves. */
static enum kr_error tree_of_first(struct store *s, uint64_t size, struct tree *t)
{
    struct query q;
    tree_begin(t);
    query_begin(&q, s, "SELECT leaf FROM entries WHERE seq < ?1 ORDER BY seq");
    query_int(&q, 1, size > INT64_MAX ? INT64_MAX : (int64_t)size);
    while (query_row(&q)) {
        size_t len;
        uint8_t hash[32];
        const void *leaf = query_peek(&q, 0, &len);
        if (q.error == KR_OK) {
            q.error = tree_leaf_hash(leaf ? leaf : "", len, hash);
        }
        if (q.error == KR_OK) {
            q.error = tree_append(t, hash);
        }
    }
    return query_end(&q);
}

enum kr_error store_verify_against(struct store *s, const char *checkpoint_text, size_t len,
                                   struct verify_report *report)
{
    struct verification v = {.store = s, .report = report};
    struct checkpoint c;
    char text[CHECKPOINT_MAX + 1] = "";
    if (report->problem != KR_OK) {
        return KR_OK;
    }
    enum kr_error e = checkpoint_parse(checkpoint_text, len, &c);
    if (e == KR_OK) {
        memcpy(text, checkpoint_text, len);
        text[len] = '\0';
        e = check_log_signature(&s->slots, text);
    }
    if (judge(&v, e, VERIFY_NO_ENTRY)) {
        judge(&v, tree_of_first(s, c.size, &v.head.tree), VERIFY_NO_ENTRY);
    }
    uint64_t size = v.head.tree.size;
    if (report->problem == KR_OK && v.trouble == KR_OK) {
        e = size < c.size ? kr_fail(KR_E_STORE_OLD, "%" PRIu64 " < %" PRIu64, size, c.size)
                          : compare(&v, &c);
        judge(&v, e, size < c.size ? size : c.size > 0 ? c.size - 1 : 0);
    }
    report->checkpoints += report->problem == KR_OK && v.trouble == KR_OK;
    return v.trouble;
}
