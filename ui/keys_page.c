/* The keys of the centre: read once, off the screen's thread, and shown as a list or as a tree. */
#include "keys_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/key_kinds.h"
#include "../ceremony/vocabulary.h"
#include "../store/key_classes.h"
#include "inventory.h"
#include "language.h"
#include "pages.h"
#include "text.h"

#define KEYS_ROOM 512
#define ROWS_ROOM (2 * KEYS_ROOM + KEY_MAP_MAX)

/* In the tree: what the keys below are for; a key; what a card makes of it. */
enum row_kind { ROW_HEADING, ROW_KEY, ROW_HOLDER };
struct row {
    enum row_kind kind;
    size_t key, holder; /* places in keys and map */
};
struct keys_page {
    struct session *session;
    struct key_record keys[KEYS_ROOM];
    size_t key_count;
    struct key_holder map[KEY_MAP_MAX];
    size_t map_count;
    struct row rows[ROWS_ROOM];
    struct choice list;
    bool known, tree, leaving;
    enum kr_error error;
    char detail[192];
};

/* ---- Texts ---- */

void key_title_text(const struct key_record *key, char out[64])
{
    if (key->group > 0)
        snprintf(out, 64, "%s %d", key->kind, key->group);
    else
        snprintf(out, 64, "%s", key->kind);
}

void key_kcv_text(const struct key_record *key, char out[24])
{
    snprintf(out, 24, "%.2s %.2s %.2s", key->kcv, key->kcv + 2, key->kcv + 4);
}

static bool is_gone(const struct key_record *key)
{
    enum key_state state;

    return key_state_by_word(key->state, &state) && key_state_is_gone(state);
}

void key_where_text(const struct key_record *key, uint64_t cards, char *out, size_t room)
{
    char many[32];

    if (is_gone(key))
        snprintf(out, room, "%s", vocabulary("archive"));
    else if (cards == 0)
        snprintf(out, room, "%s", _("vault"));
    else {
        card_count_text(cards, many);
        snprintf(out, room, ngettext("vault · %s card", "vault · %s cards", cards), many);
    }
}

/* The cards that bear it, each layout once. */
static uint64_t cards_of(const struct keys_page *v, const struct key_record *key)
{
    const struct key_holder *last = NULL;
    uint64_t cards = 0;

    for (size_t i = 0; i < v->map_count; i++) {
        const struct key_holder *h = &v->map[i];
        if (h->group != key->group || strcmp(h->source, key->kind) != 0)
            continue;
        if (!last || strcmp(last->layout, h->layout) != 0)
            cards += h->cards;
        last = h;
    }
    return cards;
}

/* ---- Rows ---- */

static void row_add(struct keys_page *v, enum row_kind kind, size_t key, size_t holder)
{
    if (v->list.count < ROWS_ROOM)
        v->rows[v->list.count++] = (struct row){kind, key, holder};
}

static void add_holders(struct keys_page *v, size_t key)
{
    for (size_t i = 0; i < v->map_count; i++)
        if (v->map[i].group == v->keys[key].group &&
            strcmp(v->map[i].source, v->keys[key].kind) == 0 &&
            v->map[i].cards + v->map[i].spoiled > 0)
            row_add(v, ROW_HOLDER, key, i);
}

static bool same_use(const struct key_class *a, const struct key_class *b)
{
    return strcmp(a->level, b->level) == 0 && strcmp(a->application, b->application) == 0;
}

/* Under each level and application its keys, under each key what cards make of it. */
static void make_tree(struct keys_page *v)
{
    bool done[KEYS_ROOM] = {false};

    for (size_t i = 0; i < v->key_count; i++) {
        const struct key_class *class = key_class_of(v->keys[i].kind);
        if (done[i])
            continue;
        row_add(v, ROW_HEADING, i, 0);
        for (size_t k = i; k < v->key_count; k++) {
            if (!same_use(class, key_class_of(v->keys[k].kind)))
                continue;
            done[k] = true;
            row_add(v, ROW_KEY, k, 0);
            add_holders(v, k);
        }
    }
}

static void make_rows(struct keys_page *v)
{
    v->list.count = 0;
    if (v->tree)
        make_tree(v);
    else
        for (size_t i = 0; i < v->key_count; i++)
            row_add(v, ROW_KEY, i, 0);
    choice_count(&v->list, v->list.count);
}

/* The same key stays chosen when the form changes. */
static void turn(struct keys_page *v)
{
    size_t key = v->list.chosen < v->list.count ? v->rows[v->list.chosen].key : 0;

    v->tree = !v->tree;
    make_rows(v);
    for (size_t i = 0; i < v->list.count; i++)
        if (v->rows[i].kind == ROW_KEY && v->rows[i].key == key)
            v->list.chosen = i;
}

/* ---- Reading, on the worker ---- */

static void read_job(void *ctx)
{
    struct keys_page *v = ctx;
    struct store *store = session_store(v->session);

    v->error = keys_list_all(store, v->keys, KEYS_ROOM, &v->key_count);
    if (v->error == KR_OK)
        v->error = key_map(v->session, v->map, KEY_MAP_MAX, &v->map_count);
    snprintf(v->detail, sizeof v->detail, "%s", kr_detail());
}

static void read_done(struct console *c, void *ctx)
{
    struct keys_page *v = ctx;

    if (v->error != KR_OK)
        console_say_error(c, v->error, v->detail);
    v->known = true;
    make_rows(v);
    if (v->leaving && c->top->state == v)
        console_pop(c);
}

static void read_start(struct console *c, struct keys_page *v)
{
    if (!v->known && !console_busy(c))
        console_work(c, read_job, read_done, v);
}

/* ---- Drawing ---- */

static void cell(struct pane *p, int column, int width, enum ink ink, const char *text)
{
    char fitted[200];

    text_fit(text, width, fitted, sizeof fitted);
    pane_put(p, column, ink, fitted);
}

static enum ink ink_of(const struct key_record *key, bool here)
{
    bool bad = strcmp(key->state, "compromised") == 0 || is_gone(key);

    return here                                 ? INK_CHOSEN
           : bad                                ? INK_WARN
           : strcmp(key->state, "retired") == 0 ? INK_FAINT
                                                : INK_PLAIN;
}

static void state_text(const struct key_record *key, char *out, size_t room)
{
    bool bad = strcmp(key->state, "compromised") == 0 || is_gone(key);

    snprintf(out, room, "%s%s", bad ? "✗ " : "", vocabulary(key->state));
}

static void draw_key(const struct keys_page *v, struct pane *p, const struct key_record *key,
                     bool here)
{
    char title[64], kcv[24], state[64], where[64], text[32];
    enum ink ink = ink_of(key, here);

    key_title_text(key, title);
    key_kcv_text(key, kcv);
    state_text(key, state, sizeof state);
    key_where_text(key, cards_of(v, key), where, sizeof where);
    pane_put(p, v->tree ? 2 : 0, INK_CHOSEN, here ? "▶" : " ");
    cell(p, v->tree ? 4 : 2, 14, ink, title);
    snprintf(text, sizeof text, "%d", key->version);
    cell(p, 19, 4, ink, text);
    cell(p, 24, 16, ink, state);
    pane_put(p, 41, ink, kcv);
    if (key->components > 0)
        snprintf(text, sizeof text, "%d", key->components);
    else
        snprintf(text, sizeof text, "%s", _("random"));
    cell(p, 52, 8, ink, text);
    cell(p, 61, p->area.width >= 110 ? 20 : 18, ink, where);
    if (p->area.width >= 110) {
        const struct key_class *class = key_class_of(key->kind);
        cell(p, 82, 16, ink, vocabulary(class->level));
        cell(p, 99, p->area.width - 100, ink, vocabulary(class->application));
    }
    pane_next(p);
}

static void draw_heads(const struct keys_page *v, struct pane *p)
{
    pane_put(p, v->tree ? 4 : 2, INK_FAINT, _("key"));
    pane_put(p, 19, INK_FAINT, _("ver."));
    pane_put(p, 24, INK_FAINT, _("state"));
    pane_put(p, 41, INK_FAINT, "KCV");
    pane_put(p, 52, INK_FAINT, _("people"));
    pane_put(p, 61, INK_FAINT, _("where held"));
    if (p->area.width >= 110) {
        pane_put(p, 82, INK_FAINT, _("level"));
        pane_put(p, 99, INK_FAINT, _("application"));
    }
    pane_next(p);
}

static void draw_heading(const struct keys_page *v, struct pane *p, const struct row *row,
                         bool here)
{
    const struct key_class *class = key_class_of(v->keys[row->key].kind);

    pane_put(p, 0, INK_CHOSEN, here ? "▶" : " ");
    pane_putf(p, 2, here ? INK_CHOSEN : INK_STRONG, "%s · %s", vocabulary(class->level),
              vocabulary(class->application));
    pane_next(p);
}

static void draw_holder(const struct keys_page *v, struct pane *p, const struct row *row, bool here)
{
    const struct key_holder *h = &v->map[row->holder];
    char cards[32], text[160];

    card_count_text(h->cards, cards);
    pane_put(p, 4, INK_CHOSEN, here ? "▶" : " ");
    snprintf(text, sizeof text, "└ %s%s · %s", h->name, h->diverse ? _(", derived") : "",
             vocabulary(h->layout));
    cell(p, 6, 54, here ? INK_CHOSEN : INK_FAINT, text);
    snprintf(text, sizeof text, ngettext("%s card", "%s cards", h->cards), cards);
    cell(p, 61, 18, here ? INK_CHOSEN : INK_FAINT, text);
    pane_next(p);
}

static void draw_row(const struct keys_page *v, struct pane *p, size_t at)
{
    const struct row *row = &v->rows[at];
    bool here = at == v->list.chosen;

    if (row->kind == ROW_HEADING)
        draw_heading(v, p, row, here);
    else if (row->kind == ROW_HOLDER)
        draw_holder(v, p, row, here);
    else
        draw_key(v, p, &v->keys[row->key], here);
}

/* What the columns have no room for, of the chosen row's key. */
static void draw_chosen(const struct keys_page *v, struct pane *p)
{
    const struct key_record *key = &v->keys[v->rows[v->list.chosen].key];
    const struct key_kind *kind = key_kind_by_name(key->kind);
    const struct key_class *class = key_class_of(key->kind);

    pane_rule(p, "─", INK_FAINT);
    pane_put(p, 2, INK_PLAIN, kind ? gettext(kind->title) : key->kind);
    pane_right(p, INK_FAINT, key->ceremony);
    pane_next(p);
    pane_putf(p, 2, INK_FAINT, "%s · %s · %s %s", vocabulary(class->level),
              vocabulary(class->application), key->suite, key->kcv_algorithm);
    pane_next(p);
}

#define LINES_AROUND 5 /* count, heads, rule, two lines of the chosen key */

static void draw_count(const struct keys_page *v, struct pane *p)
{
    size_t gone = 0;

    for (size_t i = 0; i < v->key_count; i++)
        gone += is_gone(&v->keys[i]);
    pane_putf(p, 2, INK_FAINT, _("%zu keys in the vault, %zu in the archive"), v->key_count - gone,
              gone);
    pane_right(p, INK_FAINT, v->tree ? _("by use, with what is derived") : _("by name"));
    pane_next(p);
}

static size_t page_of(int height)
{
    return height > LINES_AROUND + 1 ? (size_t)(height - LINES_AROUND) : 1;
}

static void keys_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct keys_page *v = s->state;
    size_t page = page_of(p->area.height), first = v->list.chosen / page * page;

    read_start(c, v);
    if (!v->known) {
        pane_wrap(p, 2, INK_FAINT, _("reading …"));
        return;
    }
    draw_count(v, p);
    draw_heads(v, p);
    for (size_t i = first; i < first + page && i < v->list.count; i++)
        draw_row(v, p, i);
    if (v->list.count == 0)
        pane_wrap(p, 2, INK_PLAIN,
                  _("No key yet. They come by root-generate, seed-generate and their like."));
    else if (p->row <= (int)page + 2) {
        p->row = (int)page + 2;
        draw_chosen(v, p);
    }
}

/* ---- Commands ---- */

static void keys_command(struct console *c, struct screen *s, enum command k)
{
    struct keys_page *v = s->state;
    size_t page = c->terminal.height > 12 ? page_of(c->terminal.height - 7) : 1;

    if (k == COMMAND_BACK && console_busy(c))
        v->leaving = true;
    else if (k == COMMAND_BACK)
        console_pop(c);
    else if (k == COMMAND_NEXT || k == COMMAND_PREVIOUS)
        turn(v);
    else if (k == COMMAND_ENTER && v->list.chosen < v->list.count && !console_busy(c))
        key_push(c, &v->keys[v->rows[v->list.chosen].key]);
    else
        choice_command(&v->list, k, page);
}

static size_t keys_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct keys_page *v = s->state;
    size_t n = 0;

    (void)c;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NEXT, v->tree ? _("list") : _("tree")};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (v->list.count == 0)
        return n;
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("show")};
    return n;
}

static void keys_tick(struct console *c, struct screen *s)
{
    read_start(c, s->state);
}

static const char *keys_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Keys");
}

void keys_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "keys",
                                          .draw = keys_draw,
                                          .command = keys_command,
                                          .keys = keys_keys,
                                          .tick = keys_tick,
                                          .title = keys_title,
                                          .close = page_close};
    struct keys_page *v = calloc(1, sizeof *v);

    if (!v) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    v->session = c->session;
    console_push(c, &ops, v);
}
