#include "verify_bundle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../chain.h"
#include "../checkpoint_lines.h"
#include "../verdict.h"

struct reading {
    struct bundle_report *report;
    const struct bundle_watch *watch;
    struct bundle_reader *reader;
    struct bundle_item item;
    struct chain chain;
    struct journal_head head;
    struct intents intents;
    struct courses courses;
    uint8_t log_public[32];
    uint64_t gap;           /* entries in the gap that was read last; 0: no gap stands before */
    bool behind_checkpoint; /* the item before was one */
    struct brought_list brought;
    enum kr_error trouble;
};

static bool judge(struct reading *v, enum kr_error e, uint64_t seq)
{
    return verdict_judge(&v->report->journal, &v->trouble, e, seq);
}

static enum kr_error bad(const char *what)
{
    return kr_fail(KR_E_BUNDLE, "%s", what);
}

static enum kr_error show(struct reading *v, const struct entry *e)
{
    return v->watch && v->watch->item ? v->watch->item(v->watch->ctx, &v->item, e) : KR_OK;
}

/* ---- Entries ---- */

/* What entry 0 says of the centre; the log key is what checkpoints are checked with. */
static enum kr_error take_founding(struct reading *v, const struct entry *e)
{
    char key[65], rehearsal[8] = "";
    struct bundle_report *r = v->report;
    if (e->seq != 0) {
        return KR_OK;
    }
    (void)entry_get(e, "centre", 0, r->centre, sizeof r->centre);
    (void)entry_get(e, "tier", 0, r->tier, sizeof r->tier);
    (void)entry_get(e, "rehearsal", 0, rehearsal, sizeof rehearsal);
    r->rehearsal = strcmp(rehearsal, "yes") == 0;
    if (entry_get(e, "log-key", 0, key, sizeof key) != KR_OK ||
        hex_decode(key, v->log_public, 32) != KR_OK) {
        return kr_fail(KR_E_ENTRY_FORMAT, "log-key");
    }
    return brought_are_signed(&v->brought, v->chain.origin, v->log_public);
}

static enum kr_error take_entry(struct reading *v, struct entry *e)
{
    const struct bundle_item *item = &v->item;
    enum kr_error error = entry_decode(item->leaf, item->leaf_len, e);
    if (error == KR_OK && !item->withheld) {
        error = entry_set_body(e, item->salt, item->body, item->body_len);
    }
    if (error == KR_OK) {
        error = show(v, e);
    }
    if (error == KR_OK && v->gap > 1) {
        error = bad("the last entry of a gap has no hash of its own");
    }
    if (error == KR_OK) {
        error = chain_take(&v->chain, e, item->leaf, item->leaf_len);
    }
    if (error == KR_OK) {
        error = take_founding(v, e);
    }
    if (error == KR_OK) {
        v->report->journal.ceremonies += strcmp(e->kind, "open") == 0;
        error = bundle_count(&v->report->counts, item);
    }
    return error;
}

/* ---- Gaps ---- */

static enum kr_error take_gap(struct reading *v)
{
    const struct bundle_item *item = &v->item;
    uint64_t size = v->head.tree.size, all = v->report->head.size;
    if (v->report->head.ceremony[0] == '\0') {
        return bad("a gap in a whole journal");
    }
    if (size == 0 || item->from != size) {
        return bad("a gap in the wrong place");
    }
    bool power = item->count != 0 && (item->count & (item->count - 1)) == 0;
    if (!power || item->from % item->count != 0 || item->count > all || size > all - item->count) {
        return bad("a gap of the wrong size");
    }
    enum kr_error error =
        tree_append_subtree(&v->head.tree, (unsigned)__builtin_ctzll(item->count), item->hash);
    memcpy(v->head.last_leaf, item->hash, 32);
    return error == KR_OK ? bundle_count(&v->report->counts, item) : error;
}

/* ---- Checkpoints ---- */

static enum kr_error take_checkpoint(struct reading *v)
{
    struct checkpoint c;
    uint64_t people = 0;
    const struct bundle_item *item = &v->item;
    if (v->head.tree.size == 0) {
        return bad("a checkpoint before the first entry");
    }
    enum kr_error error = checkpoint_parse(item->note, item->note_len, &c);
    if (error == KR_OK) {
        error = checkpoint_is_of(&c, v->chain.origin, &v->head.tree);
    }
    if (error == KR_OK) {
        error =
            lines_by_known(item->note, v->chain.origin, v->log_public, &v->head.roster, &people);
    }
    if (error == KR_OK) {
        v->report->journal.checkpoints++;
        v->report->journal.cosignatures += people;
        error = bundle_count(&v->report->counts, item);
    }
    return error;
}

/* ---- The end ---- */

static enum kr_error take_end(struct reading *v)
{
    const struct bundle_counts *said = &v->item.end, *is = &v->report->counts;
    if (v->head.tree.size != v->report->head.size) {
        return bad("it ends before the size that it names");
    }
    if (!v->behind_checkpoint) {
        return bad("no checkpoint at the end");
    }
    if (said->entries != is->entries || said->withheld != is->withheld ||
        said->hidden != is->hidden || said->checkpoints != is->checkpoints ||
        memcmp(said->notes, is->notes, sizeof is->notes) != 0) {
        return bad("its counts");
    }
    if (v->chain.only && v->courses.count == 0) {
        return bad("the ceremony's opening is not in it");
    }
    return KR_OK;
}

/* ---- Item by item ---- */

/* What was brought is compared where its size is reached, behind the bundle's own checkpoints. */
static bool compare_brought(struct reading *v)
{
    uint64_t size = v->head.tree.size;
    return judge(v,
                 brought_compare(&v->brought, v->chain.origin, &v->head.tree, &v->head.roster,
                                 &v->report->journal),
                 size > 0 ? size - 1 : 0);
}

static bool take_item(struct reading *v)
{
    uint64_t size = v->head.tree.size;
    struct entry e = {.seq = 0};
    bool good = false;
    switch (v->item.kind) {
    case BUNDLE_ENTRY:
        good = compare_brought(v) && judge(v, take_entry(v, &e), size);
        entry_free(&e);
        break;
    case BUNDLE_GAP:
        good = compare_brought(v) && judge(v, show(v, NULL), size) && judge(v, take_gap(v), size);
        break;
    case BUNDLE_CHECKPOINT:
        good =
            judge(v, show(v, NULL), size) && judge(v, take_checkpoint(v), size > 0 ? size - 1 : 0);
        break;
    case BUNDLE_END:
        good = compare_brought(v) && judge(v, take_end(v), VERIFY_NO_ENTRY);
        break;
    }
    v->gap = v->item.kind == BUNDLE_GAP ? v->item.count : 0;
    v->behind_checkpoint = v->item.kind == BUNDLE_CHECKPOINT;
    return good;
}

static bool is_cancelled(const struct reading *v)
{
    bool talks = v->watch && v->watch->progress &&
                 (v->head.tree.size % 256 == 0 || v->item.kind == BUNDLE_END);
    return talks && !v->watch->progress(v->watch->ctx, v->head.tree.size, v->report->head.size);
}

static void read_items(struct reading *v)
{
    bool going = true;
    while (going && !pool_has_failed(v->chain.pool)) {
        enum kr_error error = bundle_read(v->reader, &v->item);
        going = judge(v, error, v->head.tree.size) && take_item(v);
        if (going && is_cancelled(v)) {
            going = judge(v, KR_E_CANCELLED, 0);
        }
        going = going && v->item.kind != BUNDLE_END;
    }
}

static void sum_up(struct reading *v)
{
    struct verify_report *r = &v->report->journal;
    r->entries = v->report->counts.entries;
    r->people = v->head.roster.count;
    r->open_intents = v->intents.open;
    r->head.size = v->head.tree.size;
    memcpy(r->head.origin, v->report->head.origin, sizeof r->head.origin);
    judge(v, tree_root(&v->head.tree, r->head.root), VERIFY_NO_ENTRY);
}

static enum kr_error verify(struct reading *v)
{
    struct bundle_report *r = v->report;
    v->chain = (struct chain){.head = &v->head,
                              .origin = r->head.origin,
                              .intents = &v->intents,
                              .courses = &v->courses,
                              .only = r->head.ceremony[0] != '\0' ? r->head.ceremony : NULL};
    enum kr_error error = pool_start(&v->chain.pool);
    if (error != KR_OK) {
        return error;
    }
    read_items(v);
    verdict_signatures(&r->journal, &v->trouble, v->chain.pool);
    if (r->journal.problem == KR_OK) {
        judge(v, brought_beyond(&v->brought, v->head.tree.size), v->head.tree.size);
    }
    sum_up(v);
    pool_stop(&v->chain.pool);
    return v->trouble;
}

enum kr_error bundle_verify(FILE *f, const struct brought_text *brought, size_t count,
                            const struct bundle_watch *watch, struct bundle_report *report)
{
    struct reading *v = calloc(1, sizeof *v);
    memset(report, 0, sizeof *report);
    report->journal.bad_seq = VERIFY_NO_ENTRY;
    if (!v) {
        return KR_E_MEMORY;
    }
    v->report = report;
    v->watch = watch;
    enum kr_error error = brought_read(&v->brought, brought, count);
    if (error == KR_OK) {
        error = bundle_reader_open(f, &v->reader, &report->head);
    }
    if (error == KR_OK) {
        error = verify(v);
    } else if (verdict_decides(error)) {
        judge(v, error, 0);
        error = KR_OK;
    }
    bundle_reader_close(&v->reader);
    intents_free(&v->intents);
    courses_free(&v->courses);
    brought_free(&v->brought);
    free(v);
    return error;
}
