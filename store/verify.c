#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "founding.h"
#include "renewal.h"
#include "verdict.h"
#include "slot_format.h"
#include "verification.h"

/* Rows read under the lock at a time, so that others get their turn. */
#define ROWS 256

bool verification_judge(struct verification *v, enum kr_error e, uint64_t seq)
{
    return verdict_judge(v->report, &v->trouble, e, seq);
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
        enum kr_error said = row_check_take(v->rows, &e);
        entry_free(&e);
        rows++;
        if (!verification_judge(v, said, v->head.tree.size - 1) || !checkpoints_at_this_size(v)) {
            break;
        }
    }
    *more = rows == ROWS;
    return verification_judge(v, query_end(&q), v->head.tree.size);
}

static bool read_all(struct verification *v, bool (*progress)(void *, uint64_t, uint64_t),
                     void *ctx)
{
    uint64_t all = journal_size(v->store);
    bool more = true;
    if (!checkpoints_at_this_size(v)) {
        return false;
    }
    while (more && read_rows(v, &more)) {
        if (pool_has_failed(v->chain.pool)) {
            return false;
        }
        if (progress && !progress(ctx, v->head.tree.size, all)) {
            return verification_judge(v, KR_E_CANCELLED, 0);
        }
    }
    return !more;
}

/* ---- What slots and rows say ---- */

/* What was written while this went on is read first: then nobody writes until all is compared. */
static bool check_rows(struct verification *v)
{
    uint64_t before;
    bool more, whole;
    database_lock(v->store);
    do {
        before = v->head.tree.size;
        whole = read_rows(v, &more);
    } while (whole && v->head.tree.size > before);
    if (whole) {
        v->row_fault.error =
            row_check_compare(v->rows, &v->head.roster, v->report, &v->row_fault.seq);
        snprintf(v->row_fault.what, sizeof v->row_fault.what, "%s", kr_detail());
    }
    database_unlock(v->store);
    return whole;
}

static void judge_rows(struct verification *v)
{
    enum kr_error e = v->row_fault.error;
    if (verification_judge(v, people_agree(store_slots(v->store), &v->head.roster),
                           VERIFY_NO_ENTRY) &&
        verification_judge(v, renewal_agrees(v->store), VERIFY_NO_ENTRY)) {
        verification_judge(v, e == KR_OK ? e : kr_fail(e, "%s", v->row_fault.what),
                           v->row_fault.seq);
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
    if (e == KR_OK && strcmp(answer, "ok") != 0)
        e = kr_fail(KR_E_STORE_DAMAGED, "journal.db, pages");
    return e == KR_OK ? database_pages_agree(v->store) : e;
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
    verification_judge(v, tree_root(&v->head.tree, r->head.root), VERIFY_NO_ENTRY);
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
    v->chain.origin = s->slots.centre.origin;
    v->chain.slots = &s->slots;
    v->chain.intents = &v->intents;
    v->chain.courses = &v->courses;
    enum kr_error error = pool_start(&v->chain.pool);
    if (error == KR_OK) {
        error = row_check_begin(s, &v->rows);
    }
    if (error == KR_OK) {
        error = checkpoints_begin(v);
    }
    bool whole = verification_judge(v, error, VERIFY_NO_ENTRY) && read_all(v, progress, ctx) &&
                 checkpoints_beyond_end(v) &&
                 verification_judge(v, check_pages(v), VERIFY_NO_ENTRY) && check_rows(v);
    if (v->chain.pool) {
        verdict_signatures(v->report, &v->trouble, v->chain.pool);
    }
    if (whole) {
        judge_rows(v);
    }
    sum_up(v);
    report->odd_copy = slots_odd_copy(s->dir);
    pool_stop(&v->chain.pool);
    row_check_end(&v->rows);
    intents_free(&v->intents);
    courses_free(&v->courses);
    error = v->trouble;
    free(v);
    return error;
}
