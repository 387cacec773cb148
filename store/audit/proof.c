#include "proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../tree.h"
#include "saying.h"

int proof_asked(const struct audit_options *o)
{
    int asked = (o->entry >= 0) + (o->from >= 0) + (o->checkpoint_count > 0);
    if (asked != 1 || o->checkpoint_count > 1 || (o->until >= 0 && o->from < 0)) {
        return audit_misused("One proof at a time: --entry N, --from N [--until N] or --checkpoint",
                             NULL);
    }
    return EXIT_AGREES;
}

void proof_begin(struct proof *p, const struct audit_options *o)
{
    *p = (struct proof){.o = o};
}

void proof_end(struct proof *p)
{
    free(p->list);
    p->list = NULL;
}

/* ---- What the tree is made of ---- */

static enum kr_error add(struct proof *p, unsigned height, const uint8_t hash[32])
{
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 1024;
        struct gap *list = realloc(p->list, room * sizeof *list);
        if (!list) {
            return KR_E_MEMORY;
        }
        p->list = list;
        p->room = room;
    }
    struct gap *one = &p->list[p->count++];
    *one = (struct gap){.from = p->size, .height = height};
    memcpy(one->hash, hash, 32);
    p->size += UINT64_C(1) << height;
    return KR_OK;
}

/* The size in whose tree an entry is looked for, or up to which the journal grew; 0: the newest
 * checkpoint's. */
static uint64_t wanted_size(const struct audit_options *o)
{
    int64_t size = o->from >= 0 ? o->until : o->size;
    return size > 0 ? (uint64_t)size : 0;
}

static void keep_note(struct proof *p, const struct bundle_item *item)
{
    uint64_t wanted = wanted_size(p->o);
    if (wanted == 0 || wanted == p->size) {
        memcpy(p->note, item->note, sizeof p->note);
        p->note_size = p->size;
    }
}

enum kr_error proof_item(void *ctx, struct bundle_item *item, const struct entry *e)
{
    struct proof *p = ctx;
    uint8_t hash[32];
    if (item->kind == BUNDLE_CHECKPOINT) {
        keep_note(p, item);
        return KR_OK;
    }
    if (item->kind == BUNDLE_GAP) {
        bool power = item->count != 0 && (item->count & (item->count - 1)) == 0;
        return power ? add(p, (unsigned)__builtin_ctzll(item->count), item->hash) : KR_OK;
    }
    enum kr_error error = entry_leaf_hash(e, hash);
    return error == KR_OK ? add(p, 0, hash) : error;
}

static size_t place_of(const struct proof *p, uint64_t from)
{
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->list[middle].from < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum kr_error range_root(void *ctx, uint64_t from, uint64_t to, uint8_t root[32])
{
    const struct proof *p = ctx;
    struct tree t;
    enum kr_error error = KR_OK;
    tree_begin(&t);
    for (size_t i = place_of(p, from); error == KR_OK && from + t.size < to; i++) {
        const struct gap *one = &p->list[i];
        uint64_t at = from + t.size;
        if (i == p->count || one->from != at || to - at < UINT64_C(1) << one->height) {
            return kr_fail(KR_E_BUNDLE_LACKS,
                           "of the entries %" PRIu64 " to %" PRIu64 " some lie in a gap", from,
                           to - 1);
        }
        error = tree_append_subtree(&t, one->height, one->hash);
    }
    return error == KR_OK ? tree_root(&t, root) : error;
}

/* ---- The proofs ---- */

struct made {
    bool inclusion;
    uint64_t first, size; /* the entry or the smaller size; the tree's size */
    uint8_t is[32];       /* leaf hash, or the smaller root */
    uint8_t root[32];
    uint8_t hashes[TREE_PROOF_MAX][32];
    size_t count;
};

static enum kr_error make_inclusion(struct proof *p, struct made *m)
{
    enum kr_error error = range_root(p, m->first, m->first + 1, m->is);
    if (error == KR_OK) {
        error = tree_inclusion_over(range_root, p, m->first, m->size, m->hashes, &m->count);
    }
    return error == KR_OK ? tree_check_inclusion(m->is, m->first, m->size,
                                                 (const uint8_t(*)[32])m->hashes, m->count, m->root)
                          : error;
}

static enum kr_error make_consistency(struct proof *p, struct made *m)
{
    enum kr_error error = range_root(p, 0, m->first, m->is);
    if (error == KR_OK) {
        error = tree_consistency_over(range_root, p, m->first, m->size, m->hashes, &m->count);
    }
    return error == KR_OK ? tree_check_consistency(m->first, m->is, m->size, m->root,
                                                   (const uint8_t(*)[32])m->hashes, m->count)
                          : error;
}

/* Size of the checkpoint that was brought: it was compared already. */
static enum kr_error brought_size(const struct audit_options *o, uint64_t *size)
{
    char text[CHECKPOINT_MAX + 1], form[CHECKPOINT_SHORT_MAX];
    struct checkpoint c;
    size_t len;
    enum kr_error error = audit_read_checkpoint(o->checkpoints[0], text, &len);
    if (error == KR_OK && checkpoint_short_read(text, len, size, form) == KR_OK) {
        return KR_OK;
    }
    if (error == KR_OK) {
        error = checkpoint_parse(text, len, &c);
        *size = c.size;
    }
    return error;
}

static enum kr_error make(struct proof *p, struct made *m)
{
    const struct audit_options *o = p->o;
    uint64_t wanted = wanted_size(o);
    enum kr_error error = KR_OK;
    m->inclusion = o->entry >= 0;
    m->first = (uint64_t)(o->entry >= 0 ? o->entry : o->from);
    m->size = wanted ? wanted : p->note_size;
    if (o->checkpoint_count > 0) {
        error = brought_size(o, &m->first);
    }
    if (error == KR_OK && (m->size > p->size || m->first + m->inclusion > m->size)) {
        error = kr_fail(KR_E_NOT_FOUND, "%" PRIu64 " of %" PRIu64, m->first, m->size);
    }
    if (error == KR_OK) {
        error = range_root(p, 0, m->size, m->root);
    }
    if (error == KR_OK) {
        error = m->inclusion ? make_inclusion(p, m) : make_consistency(p, m);
    }
    return error;
}

/* ---- Printing ---- */

static void print_note_json(const char *note)
{
    printf(",\"checkpoint\":[");
    for (const char *at = note; *at;) {
        size_t len = strcspn(at, "\n");
        printf("%s\"%.*s\"", at == note ? "" : ",", (int)len, at);
        at += len + (at[len] == '\n');
    }
    printf("]");
}

static void print_json(const struct proof *p, const struct made *m, const struct verify_report *r)
{
    char is[65], root[65], hash[65];
    hex_encode(m->is, 32, is);
    hex_encode(m->root, 32, root);
    audit_json_verdict(r);
    printf(",\"proof\":\"%s\",\"%s\":%" PRIu64 ",\"%s\":\"%s\",\"size\":%" PRIu64
           ",\"root\":\"%s\",\"hashes\":[",
           m->inclusion ? "inclusion" : "consistency", m->inclusion ? "index" : "from", m->first,
           m->inclusion ? "leaf" : "from_root", is, m->size, root);
    for (size_t i = 0; i < m->count; i++) {
        hex_encode(m->hashes[i], 32, hash);
        printf("%s\"%s\"", i == 0 ? "" : ",", hash);
    }
    printf("]");
    if (p->note_size == m->size) {
        print_note_json(p->note);
    }
    printf("}\n");
}

static void print_text(const struct proof *p, const struct made *m, const struct verify_report *r)
{
    char is[65], root[65], hash[65];
    hex_encode(m->is, 32, is);
    hex_encode(m->root, 32, root);
    if (m->inclusion) {
        printf("VERDICT: entry %" PRIu64 " is in the journal of %" PRIu64 " entries.\n\n", m->first,
               m->size);
    } else {
        printf("VERDICT: the journal of %" PRIu64 " entries continues that of %" PRIu64
               " entries.\n\n",
               m->size, m->first);
    }
    printf("  %-12s %s\n", "origin", r->head.origin);
    printf("  %-12s %s\n", m->inclusion ? "leaf hash" : "from root", is);
    printf("  %-12s %s\n", "root", root);
    printf("  RFC 9162, section %s, from the leaves up:\n", m->inclusion ? "2.1.3" : "2.1.4");
    for (size_t i = 0; i < m->count; i++) {
        hex_encode(m->hashes[i], 32, hash);
        printf("  %12zu %s\n", i + 1, hash);
    }
    if (p->note_size == m->size) {
        printf("\nThat root is signed:\n\n%s", p->note);
    } else {
        printf("\nNo checkpoint of %" PRIu64
               " entries was signed; the root follows from the entries "
               "alone.\n",
               m->size);
    }
}

enum kr_error proof_print(struct proof *p, const struct verify_report *report)
{
    struct made m = {.count = 0};
    enum kr_error error = make(p, &m);
    if (error == KR_OK && p->o->json) {
        print_json(p, &m, report);
    } else if (error == KR_OK) {
        print_text(p, &m, report);
    }
    return error;
}
