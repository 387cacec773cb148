/* The inventory: a page of it is read at a time, off the screen's thread, so that neither its size
 * nor a long search is felt at the keyboard. */
#include "inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "../store/inventory.h"
#include "language.h"
#include "pages.h"
#include "text.h"

#define PAGE_MAX 96

enum move { MOVE_NONE, MOVE_FIRST, MOVE_LAST, MOVE_NEXT, MOVE_PREVIOUS, MOVE_STAY };

/* One reading of the store, by the worker. */
struct lookup {
    struct store *store;
    enum move move;
    enum card_order order;
    struct card_filter filter;
    bool count_all; /* the filter is new: how many match */
    size_t room;
    bool has_edge;
    struct card_record edge; /* the page begins after this one, or ends before it */
    struct card_record rows[PAGE_MAX];
    size_t count;
    uint64_t matching, total;
    enum kr_error error;
    char detail[192];
};
struct inventory {
    struct card_record rows[PAGE_MAX];
    size_t count;
    struct choice list;
    char filter[64];
    enum card_order order;
    uint64_t matching, total;
    bool known; /* something was read already */
    size_t room;
    enum move wanted; /* as soon as the worker is free */
    bool recount, leaving;
    struct lookup job;
};

void card_number_text(const char *number, char out[32])
{
    size_t at = 0, len = strlen(number);

    if (len != 20) {
        snprintf(out, 32, "%.31s", len ? number : "—");
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && i % 4 == 0)
            out[at++] = ' ';
        out[at++] = number[i];
    }
    out[at] = '\0';
}

void card_count_text(uint64_t n, char out[32])
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;

    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ' ';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

/* ---- The filter ---- */

/* Stable words that stand in the inventory, each of which people may type in their own language. */
static const char *const known_words[] = {
    "received",
    "authenticated",
    "washed",
    "issued",
    "verified",
    "delivered",
    "spoiled",
    "destroyed",
    "mother",
    "psam",
    "user",
    "rmkc",
    "rakc",
    "bkc",
    "back",
    "mkc",
    "makc",
    "manufacturer",
    "pakc",
    "rptk",
    "mkc-export",
    "hsm-init",
    "checkpoint-card",
    "checkpoint-card-region",
    "checkpoint-card-member",
};

static void add_meanings(struct card_filter *f, size_t term)
{
    size_t n = 1;

    for (size_t i = 0; i < sizeof known_words / sizeof known_words[0] && n < FILTER_WORDS; i++)
        if (strcasestr(vocabulary(known_words[i]), f->words[term][0]))
            snprintf(f->words[term][n++], sizeof f->words[0][0], "%s", known_words[i]);
}

static bool digits_only(const char *text)
{
    return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* Words typed apart must all be found; groups of digits are one number. */
static void filter_make(const char *text, struct card_filter *f)
{
    char copy[sizeof((struct inventory *)0)->filter], *rest = copy, *word;
    size_t terms = 0;

    memset(f, 0, sizeof *f);
    snprintf(copy, sizeof copy, "%s", text);
    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        char *last = terms > 0 ? f->words[terms - 1][0] : NULL;
        size_t len = last ? strlen(last) : 0;
        if (last && digits_only(last) && digits_only(word))
            snprintf(last + len, sizeof f->words[0][0] - len, "%s", word);
        else if (terms < FILTER_TERMS)
            snprintf(f->words[terms++][0], sizeof f->words[0][0], "%s", word);
    }
    for (size_t i = 0; i < terms; i++)
        add_meanings(f, i);
}

/* ---- Reading, on the worker ---- */

static enum kr_error read_page(struct lookup *l, const struct card_record *from, bool backwards,
                               size_t keep)
{
    struct card_page page = {
        .filter = &l->filter, .order = l->order, .from = from, .backwards = backwards};
    enum kr_error error =
        inventory_page(l->store, &page, l->rows + keep, l->room - keep, &l->count);

    l->count += keep;
    return error;
}

static enum kr_error read_rows(struct lookup *l)
{
    enum kr_error error = KR_OK;

    switch (l->has_edge || l->move == MOVE_LAST ? l->move : MOVE_FIRST) {
    case MOVE_NEXT:
        return read_page(l, &l->edge, false, 0);
    case MOVE_PREVIOUS:
        error = read_page(l, &l->edge, true, 0);
        /* Less than a page lies before it: the first page, whole. */
        return error == KR_OK && l->count < l->room ? read_page(l, NULL, false, 0) : error;
    case MOVE_LAST:
        return read_page(l, NULL, true, 0);
    case MOVE_STAY:
        l->rows[0] = l->edge;
        return read_page(l, &l->edge, false, 1);
    default:
        return read_page(l, NULL, false, 0);
    }
}

static void lookup_job(void *ctx)
{
    struct lookup *l = &((struct inventory *)ctx)->job;

    l->error = read_rows(l);
    if (l->error == KR_OK && l->count_all)
        l->error = inventory_count(l->store, &l->filter, &l->matching);
    if (l->error == KR_OK && l->count_all)
        l->error = inventory_count(l->store, NULL, &l->total);
    snprintf(l->detail, sizeof l->detail, "%s", kr_detail());
}

static void lookup_done(struct console *c, void *ctx);

static void lookup_start(struct console *c, struct inventory *v)
{
    struct lookup *l = &v->job;

    if (v->wanted == MOVE_NONE || console_busy(c) || v->room == 0)
        return;
    memset(l, 0, sizeof *l);
    l->store = session_store(c->session);
    l->move = v->wanted;
    l->order = v->order;
    l->count_all = v->recount || !v->known;
    l->room = v->room;
    filter_make(v->filter, &l->filter);
    l->has_edge = v->count > 0;
    if (l->has_edge)
        l->edge = v->rows[v->wanted == MOVE_NEXT ? v->count - 1 : 0];
    v->wanted = MOVE_NONE;
    v->recount = false;
    console_work(c, lookup_job, lookup_done, v);
}

static void lookup_take(struct inventory *v, const struct lookup *l)
{
    bool end = l->move == MOVE_NEXT && l->count == 0;

    v->known = true;
    if (l->count_all) {
        v->matching = l->matching;
        v->total = l->total;
    }
    if (end) { /* the page shown is the last one */
        v->list.chosen = v->count ? v->count - 1 : 0;
        return;
    }
    memcpy(v->rows, l->rows, l->count * sizeof v->rows[0]);
    v->count = l->count;
    if (l->move == MOVE_FIRST || l->move == MOVE_NEXT)
        v->list.chosen = 0;
    if (l->move == MOVE_LAST || l->move == MOVE_PREVIOUS)
        v->list.chosen = v->count ? v->count - 1 : 0;
    choice_count(&v->list, v->count);
}

static void lookup_done(struct console *c, void *ctx)
{
    struct inventory *v = ctx;

    if (v->job.error == KR_OK)
        lookup_take(v, &v->job);
    else
        console_say_error(c, v->job.error, v->job.detail);
    if (v->leaving && c->top->state == v)
        console_pop(c);
    else
        lookup_start(c, v);
}

static void want(struct console *c, struct inventory *v, enum move move)
{
    v->wanted = move;
    lookup_start(c, v);
}

static void filter_changed(struct console *c, struct inventory *v)
{
    v->recount = true;
    want(c, v, MOVE_FIRST);
}

/* ---- Drawing ---- */

static void draw_filter(const struct inventory *v, struct pane *p)
{
    char matching[32], total[32], text[128];
    const char *order = v->order == CARDS_BY_NUMBER ? _("by number") : _("newest first");

    card_count_text(v->matching, matching);
    card_count_text(v->total, total);
    if (!v->known)
        snprintf(text, sizeof text, "%s", _("reading …"));
    else if (v->filter[0])
        snprintf(text, sizeof text, _("%s of %s cards, %s"), matching, total, order);
    else
        snprintf(text, sizeof text, _("%s cards, %s"), total, order);
    pane_right(p, INK_PLAIN, text);
    int column = 2 + pane_put(p, 2, INK_FAINT, _("find")) + 2;
    pane_putf(p, column, v->filter[0] ? INK_STRONG : INK_FAINT, "%s▏", v->filter);
    pane_next(p);
}

static void column_put(struct pane *p, int column, int width, enum ink ink, const char *text)
{
    char cell[160];

    text_fit(text, width, cell, sizeof cell);
    pane_put(p, column, ink, cell);
}

static void draw_heads(struct pane *p)
{
    pane_put(p, 2, INK_FAINT, _("number"));
    pane_put(p, 28, INK_FAINT, _("kind"));
    pane_put(p, 54, INK_FAINT, _("state"));
    if (p->area.width >= 110) {
        pane_put(p, 70, INK_FAINT, _("layout"));
        pane_put(p, 86, INK_FAINT, _("ceremony"));
    }
    pane_next(p);
}

static void draw_card(struct pane *p, const struct card_record *r, bool here)
{
    enum ink ink = here ? INK_CHOSEN : INK_PLAIN;
    bool bad = strcmp(r->state, "spoiled") == 0 || strcmp(r->state, "destroyed") == 0;
    char number[32], state[64];

    card_number_text(r->number, number);
    snprintf(state, sizeof state, "%s%s", bad ? "✗ " : "", vocabulary(r->state));
    pane_put(p, 0, INK_CHOSEN, here ? "▶" : " ");
    pane_put(p, 2, ink, number);
    column_put(p, 28, 25, ink, vocabulary(r->kind));
    column_put(p, 54, 15, bad && !here ? INK_WARN : ink, state);
    if (p->area.width >= 110) {
        column_put(p, 70, 15, ink, r->layout);
        column_put(p, 86, p->area.width - 87, ink, r->ceremony);
    }
    pane_next(p);
}

/* What the columns have no room for, of the chosen card. */
static void draw_chosen(struct pane *p, const struct card_record *r)
{
    char pair[32];

    card_number_text(r->pair, pair);
    pane_rule(p, "─", INK_FAINT);
    pane_put(p, 2, INK_FAINT, _("layout"));
    pane_put(p, 13, INK_PLAIN, r->layout[0] ? r->layout : "—");
    pane_put(p, 38, INK_FAINT, _("pair"));
    pane_put(p, 48, INK_PLAIN, pair);
    pane_next(p);
    pane_put(p, 2, INK_FAINT, _("ceremony"));
    pane_put(p, 13, INK_PLAIN, r->ceremony[0] ? r->ceremony : "—");
    pane_put(p, 38, INK_FAINT, _("chip"));
    pane_put(p, 48, INK_PLAIN, r->chip);
    pane_next(p);
    pane_put(p, 2, INK_FAINT, _("label"));
    pane_put(p, 13, INK_PLAIN, r->label[0] ? r->label : "—");
    pane_next(p);
}

#define LINES_AROUND 6 /* filter, heads, rule, three lines of the chosen card */

static void inventory_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct inventory *v = s->state;
    int height = p->area.height - LINES_AROUND;
    size_t room = height < 1 ? 1 : height > PAGE_MAX ? PAGE_MAX : (size_t)height;

    if (room != v->room) {
        v->room = room;
        want(c, v, v->known ? MOVE_STAY : MOVE_FIRST);
    }
    draw_filter(v, p);
    draw_heads(p);
    for (size_t i = 0; i < v->count && i < room; i++)
        draw_card(p, &v->rows[i], i == v->list.chosen);
    if (v->known && v->count == 0)
        pane_wrap(p, 2, INK_PLAIN,
                  v->filter[0] ? _("No card matches. Esc clears what was typed.")
                               : _("The inventory is empty. Cards come into it by card-intake."));
    if (v->list.chosen < v->count && p->row <= (int)room + 2) {
        p->row = (int)room + 2;
        draw_chosen(p, &v->rows[v->list.chosen]);
    }
}

/* ---- Commands ---- */

static void inventory_type(struct console *c, struct screen *s, const struct key_event *e)
{
    struct inventory *v = s->state;
    size_t len = strlen(v->filter);

    if (len + e->len >= sizeof v->filter)
        return;
    memcpy(v->filter + len, e->utf8, e->len);
    v->filter[len + e->len] = '\0';
    filter_changed(c, v);
}

static bool inventory_typing(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return true;
}

static void go_back(struct console *c, struct inventory *v)
{
    if (v->filter[0]) {
        v->filter[0] = '\0';
        filter_changed(c, v);
    } else if (console_busy(c)) {
        v->leaving = true;
    } else {
        console_pop(c);
    }
}

static void go(struct console *c, struct inventory *v, enum command k)
{
    if (k == COMMAND_PAGE_DOWN || (k == COMMAND_DOWN && v->list.chosen + 1 >= v->count))
        want(c, v, MOVE_NEXT);
    else if (k == COMMAND_PAGE_UP || (k == COMMAND_UP && v->list.chosen == 0))
        want(c, v, MOVE_PREVIOUS);
    else if (k == COMMAND_FIRST || k == COMMAND_LAST)
        want(c, v, k == COMMAND_FIRST ? MOVE_FIRST : MOVE_LAST);
    else if (k == COMMAND_UP || k == COMMAND_DOWN)
        choice_command(&v->list, k, 1);
}

static void inventory_command(struct console *c, struct screen *s, enum command k)
{
    struct inventory *v = s->state;

    if (k == COMMAND_BACK) {
        go_back(c, v);
    } else if (k == COMMAND_ERASE && v->filter[0]) {
        text_chop(v->filter, strlen(v->filter));
        filter_changed(c, v);
    } else if (k == COMMAND_NEXT || k == COMMAND_PREVIOUS) {
        v->order = v->order == CARDS_BY_NUMBER ? CARDS_BY_ARRIVAL : CARDS_BY_NUMBER;
        want(c, v, MOVE_FIRST);
    } else if (k == COMMAND_CARDS && !console_busy(c)) {
        card_query_push(c);
    } else if (k == COMMAND_ENTER && v->list.chosen < v->count && !console_busy(c)) {
        card_history_push(c, &v->rows[v->list.chosen]);
    } else {
        go(c, v, k);
    }
}

static void inventory_tick(struct console *c, struct screen *s)
{
    lookup_start(c, s->state);
}

static size_t inventory_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct inventory *v = s->state;
    size_t n = 0;

    (void)c;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, v->filter[0] ? _("clear") : NULL};
    out[n++] = (struct key_hint){COMMAND_NEXT,
                                 v->order == CARDS_BY_NUMBER ? _("newest first") : _("by number")};
    out[n++] = (struct key_hint){COMMAND_CARDS, _("Card query")};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (v->count == 0)
        return n;
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("history")};
    return n;
}

static const char *inventory_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Cards");
}

void inventory_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "inventory",
                                          .draw = inventory_draw,
                                          .command = inventory_command,
                                          .type = inventory_type,
                                          .typing = inventory_typing,
                                          .keys = inventory_keys,
                                          .tick = inventory_tick,
                                          .title = inventory_title,
                                          .close = page_close};
    struct inventory *v = calloc(1, sizeof *v);

    if (!v) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    v->wanted = MOVE_FIRST;
    console_push(c, &ops, v);
}
