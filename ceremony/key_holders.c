#include "key_holders.h"

#include <stdlib.h>
#include <string.h>

#include "../store/inventory.h"
#include "layout_kinds.h"

#define TALLY_MAX 256

struct search {
    struct key_holder *out;
    size_t room, count;
    bool full;
};

static struct key_holder *holder_of(struct search *s, const struct layout *l,
                                    const struct layout_key *k)
{
    for (size_t i = 0; i < s->count; i++) {
        struct key_holder *h = &s->out[i];
        if (h->group == k->group && strcmp(h->source, k->source) == 0 &&
            strcmp(h->layout, l->id) == 0 && strcmp(h->name, k->name) == 0)
            return h;
    }
    if (s->count == s->room) {
        s->full = true;
        return NULL;
    }
    struct key_holder *h = &s->out[s->count++];
    *h = (struct key_holder){.group = k->group, .later = true};
    memcpy(h->source, k->source, sizeof h->source);
    memcpy(h->layout, l->id, sizeof h->layout);
    memcpy(h->name, k->name, sizeof h->name);
    memcpy(h->plastic, l->plastic, sizeof h->plastic);
    return h;
}

static void look_in(struct search *s, const struct layout *l, const struct layout_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        struct key_holder *h = k->kind == CARD_KEY_PIN ? NULL : holder_of(s, l, k);
        if (h == NULL)
            continue;
        h->diverse = h->diverse || k->factor_count > 0;
        h->washed = h->washed || d == &l->mf;
        h->later = h->later && k->later;
    }
}

static void look(void *ctx, const struct layout *l)
{
    look_in(ctx, l, &l->mf);
    look_in(ctx, l, &l->adf);
}

/* Each card once, under the state that it is in. */
static void count_cards(struct key_holder *h, const struct card_tally *tally, size_t count)
{
    static const char *const in_use[] = {"issued", "verified", "received", "delivered"};
    for (size_t i = 0; i < count; i++) {
        const struct card_tally *t = &tally[i];
        bool used = h->washed && strcmp(t->state, "washed") == 0;
        for (size_t n = 0; n < sizeof in_use / sizeof in_use[0]; n++)
            used = used || strcmp(t->state, in_use[n]) == 0;
        if (strcmp(t->layout, h->layout) != 0)
            continue;
        h->cards += used ? t->count : 0;
        h->spoiled += strcmp(t->state, "spoiled") == 0 ? t->count : 0;
    }
}

static int in_order(const void *a, const void *b)
{
    const struct key_holder *x = a, *y = b;
    int order = strcmp(x->source, y->source);
    if (order == 0)
        order = x->group - y->group;
    if (order == 0)
        order = strcmp(x->layout, y->layout);
    return order != 0 ? order : strcmp(x->name, y->name);
}

enum kr_error key_map(struct session *s, struct key_holder *out, size_t room, size_t *count)
{
    struct search search = {.out = out, .room = room};
    struct card_tally *tally = calloc(TALLY_MAX, sizeof *tally);
    size_t tallied = 0;
    enum kr_error err = tally == NULL ? KR_E_MEMORY : layouts_each(s, look, &search);
    if (err == KR_OK && search.full)
        err = kr_fail(KR_E_TOO_LONG, "card layouts");
    if (err == KR_OK && session_store(s) != NULL)
        err = inventory_tally(session_store(s), tally, TALLY_MAX, &tallied);
    for (size_t i = 0; err == KR_OK && i < search.count; i++)
        count_cards(&out[i], tally, tallied);
    if (err == KR_OK)
        qsort(out, search.count, sizeof *out, in_order);
    *count = search.count;
    free(tally);
    return err;
}

enum kr_error key_holders(struct session *s, const char *kind, int group, struct key_holder *out,
                          size_t room, size_t *count)
{
    struct key_holder *all = calloc(KEY_MAP_MAX, sizeof *all);
    size_t found = 0;
    *count = 0;
    enum kr_error err = all == NULL ? KR_E_MEMORY : key_map(s, all, KEY_MAP_MAX, &found);
    for (size_t i = 0; err == KR_OK && i < found; i++) {
        if (all[i].group != group || strcmp(all[i].source, kind) != 0)
            continue;
        if (*count == room)
            err = kr_fail(KR_E_TOO_LONG, "%s", kind);
        else
            out[(*count)++] = all[i];
    }
    free(all);
    return err;
}

/* ---- Offspring ---- */

struct family {
    char (*names)[24];
    size_t count;
    const char *root, *of;
    bool full;
};

static void adopt(struct family *f, const char *name)
{
    if (strcmp(name, f->root) == 0)
        return;
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->names[i], name) == 0)
            return;
    if (f->count == KEY_OFFSPRING_MAX)
        f->full = true;
    else
        memcpy(f->names[f->count++], name, sizeof f->names[0]);
}

static void adopt_from(struct family *f, const struct layout_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind != CARD_KEY_PIN && strcmp(d->keys[i].source, f->of) == 0 &&
            strcmp(d->keys[i].name, f->of) != 0)
            adopt(f, d->keys[i].name);
}

static void adopt_in(void *ctx, const struct layout *l)
{
    adopt_from(ctx, &l->mf);
    adopt_from(ctx, &l->adf);
}

enum kr_error key_offspring(struct session *s, const char *kind, char out[KEY_OFFSPRING_MAX][24],
                            size_t *count)
{
    struct family f = {.names = out, .root = kind, .of = kind};
    enum kr_error err = layouts_each(s, adopt_in, &f);
    for (size_t i = 0; err == KR_OK && i < f.count; i++) {
        f.of = out[i];
        err = layouts_each(s, adopt_in, &f);
    }
    *count = f.count;
    return err == KR_OK && f.full ? kr_fail(KR_E_TOO_LONG, "%s", kind) : err;
}
