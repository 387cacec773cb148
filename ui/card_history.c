/* One card's whole history: the journal is searched from its newest entry back, a stretch at a time
 * on the worker, and what was found so far is shown. */
#include "inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "../store/inventory.h"
#include "language.h"
#include "pages.h"

#define STRETCH     4096
#define HISTORY_MAX 4096

struct history {
    struct card_record card;
    struct store *store;
    uint64_t seqs[HISTORY_MAX + STRETCH];
    size_t count, fresh; /* fresh: found in the stretch just searched */
    uint64_t before;     /* entries from here on are searched */
    uint64_t size;
    bool searched, leaving;
    struct choice list;
    struct journal_row cache[JOURNAL_CACHE];
    enum kr_error error;
    char detail[192];
};

static void search_job(void *ctx)
{
    struct history *h = ctx;

    h->error = journal_naming(h->store, h->card.number, h->card.chip, h->before, STRETCH,
                              h->seqs + h->count, &h->fresh);
    snprintf(h->detail, sizeof h->detail, "%s", kr_detail());
}

static void search_done(struct console *c, void *ctx);

static void search_on(struct console *c, struct history *h)
{
    if (!h->searched && !console_busy(c))
        console_work(c, search_job, search_done, h);
}

static void search_done(struct console *c, void *ctx)
{
    struct history *h = ctx;

    if (h->error != KR_OK)
        console_say_error(c, h->error, h->detail);
    else
        h->count += h->fresh;
    h->before = h->before > STRETCH ? h->before - STRETCH : 0;
    h->searched = h->error != KR_OK || h->before == 0 || h->count >= HISTORY_MAX;
    choice_count(&h->list, h->count);
    if (h->leaving && c->top->state == h)
        console_pop(c);
    else
        search_on(c, h);
}

static void draw_card(const struct history *h, struct pane *p)
{
    const struct card_record *r = &h->card;
    char number[32], pair[32];

    card_number_text(r->number, number);
    card_number_text(r->pair, pair);
    pane_right(p, INK_PLAIN, vocabulary(r->state));
    pane_putf(p, 2, INK_STRONG, "%s · %s", number, vocabulary(r->kind));
    pane_next(p);
    pane_put(p, 2, INK_FAINT, _("chip"));
    pane_put(p, 13, INK_PLAIN, r->chip);
    pane_put(p, 38, INK_FAINT, _("layout"));
    pane_put(p, 48, INK_PLAIN, r->layout[0] ? r->layout : "—");
    pane_next(p);
    pane_put(p, 2, INK_FAINT, _("pair"));
    pane_put(p, 13, INK_PLAIN, pair);
    pane_put(p, 38, INK_FAINT, _("label"));
    pane_put(p, 48, INK_PLAIN, r->label[0] ? r->label : "—");
    pane_next(p);
}

static void draw_progress(const struct history *h, struct pane *p)
{
    char text[128];

    if (h->searched)
        snprintf(text, sizeof text,
                 ngettext("%zu entry names this card.", "%zu entries name this card.", h->count),
                 h->count);
    else
        snprintf(text, sizeof text, _("Searching the journal: %llu of %llu entries are left."),
                 (unsigned long long)h->before, (unsigned long long)h->size);
    pane_put(p, 2, INK_FAINT, text);
    pane_next(p);
}

static void history_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct history *h = s->state;
    size_t page = p->area.height > 6 ? (size_t)p->area.height - 6 : 1;
    size_t first = h->list.chosen / page * page;

    draw_card(h, p);
    draw_progress(h, p);
    journal_head_draw(p);
    for (size_t i = first; i < first + page && i < h->count; i++)
        journal_row_draw(c, p, h->cache, h->seqs[i], i == h->list.chosen);
}

static void history_command(struct console *c, struct screen *s, enum command k)
{
    struct history *h = s->state;
    size_t page = c->terminal.height > 13 ? (size_t)c->terminal.height - 12 : 1;

    if (k == COMMAND_BACK && console_busy(c))
        h->leaving = true;
    else if (k == COMMAND_BACK)
        console_pop(c);
    else if (k == COMMAND_ENTER && h->list.chosen < h->count)
        entry_push(c, h->seqs[h->list.chosen]);
    else
        choice_command(&h->list, k, page);
}

static void history_tick(struct console *c, struct screen *s)
{
    search_on(c, s->state);
}

static size_t history_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = page_keys(c, s, out);

    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("show")};
    return n;
}

static const char *history_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("History of a card");
}

void card_history_push(struct console *c, const struct card_record *card)
{
    static const struct screen_ops ops = {.id = "history",
                                          .draw = history_draw,
                                          .command = history_command,
                                          .keys = history_keys,
                                          .tick = history_tick,
                                          .title = history_title,
                                          .close = page_close};
    struct history *h = calloc(1, sizeof *h);

    if (!h) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    h->card = *card;
    h->store = session_store(c->session);
    h->size = h->before = journal_size(h->store);
    h->searched = h->size == 0;
    console_push(c, &ops, h);
    if (c->top->state == h)
        search_on(c, h);
}
