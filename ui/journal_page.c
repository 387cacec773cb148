/* The journal: what is typed is made into the set of entries that match, on the worker; any page of
 * it is then there at once. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_page.h"
#include "export_page.h"
#include "inventory.h"
#include "journal_words.h"
#include "language.h"
#include "text.h"

struct journal {
    char filter[96];
    struct journal_matches *matches; /* NULL until the first set is there */
    uint64_t chosen;                 /* counts from the newest that matches */
    uint64_t page;                   /* lines of the last drawing */
    bool wanted, leaving;            /* a set, as soon as the worker is free */
    bool stay;                       /* on the entry, which the new set has too */
    struct journal_row cache[JOURNAL_CACHE];
    struct {
        struct store *store;
        struct journal_filter filter;
        struct journal_matches *matches;
        enum kr_error error;
        char detail[192];
    } job;
};

/* ---- Looking for entries, on the worker ---- */

static void match_job(void *ctx)
{
    struct journal *j = ctx;

    j->job.error = journal_match(j->job.store, &j->job.filter, &j->job.matches);
    snprintf(j->job.detail, sizeof j->job.detail, "%s", kr_detail());
}

static void match_done(struct console *c, void *ctx);

static void match_start(struct console *c, struct journal *j)
{
    if (!j->wanted || console_busy(c))
        return;
    j->wanted = false;
    j->job.store = session_store(c->session);
    journal_words(j->filter, session_slots(c->session), &j->job.filter);
    console_work(c, match_job, match_done, j);
}

static void match_take(struct journal *j)
{
    uint64_t count = journal_matches_count(j->job.matches), chosen = 0;

    if (j->stay && j->matches && j->chosen < journal_matches_count(j->matches))
        chosen = journal_matches_before(j->job.matches, journal_matches_at(j->matches, j->chosen));
    journal_matches_free(&j->matches);
    j->matches = j->job.matches;
    j->job.matches = NULL;
    j->chosen = chosen < count ? chosen : 0;
    j->stay = false;
}

static void match_done(struct console *c, void *ctx)
{
    struct journal *j = ctx;

    if (j->job.error == KR_OK)
        match_take(j);
    else
        console_say_error(c, j->job.error, j->job.detail);
    if (j->leaving && c->top->state == j)
        console_pop(c);
    else
        match_start(c, j);
}

static void match_again(struct console *c, struct journal *j)
{
    j->wanted = true;
    match_start(c, j);
}

/* ---- Drawing ---- */

static void draw_filter(const struct journal *j, struct pane *p)
{
    char count[32], total[32], text[128];

    card_count_text(j->matches ? journal_matches_count(j->matches) : 0, count);
    card_count_text(j->matches ? journal_matches_size(j->matches) : 0, total);
    if (!j->matches)
        snprintf(text, sizeof text, "…");
    else if (j->filter[0])
        snprintf(text, sizeof text, _("%s of %s entries"), count, total);
    else
        snprintf(text, sizeof text, _("%s entries, newest first"), total);
    pane_right(p, INK_PLAIN, text);
    int column = 2 + pane_put(p, 2, INK_FAINT, _("find")) + 2;
    pane_putf(p, column, j->filter[0] ? INK_STRONG : INK_FAINT, "%s▏", j->filter);
    pane_next(p);
    if (j->matches && journal_matches_cut(j->matches)) {
        snprintf(text, sizeof text,
                 _("A word fits more than %d things; only entries of these many are shown: type "
                   "more of it."),
                 JOURNAL_VALUES);
        pane_marked(p, 2, INK_WARN, "!", text);
    }
}

static void journal_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct journal *j = s->state;

    draw_filter(j, p);
    journal_head_draw(p);
    j->page = p->area.height > p->row ? (uint64_t)(p->area.height - p->row) : 1;
    uint64_t first = j->chosen / j->page * j->page;
    for (uint64_t i = first; j->matches && i < first + j->page; i++)
        if (i < journal_matches_count(j->matches))
            journal_row_draw(c, p, j->cache, journal_matches_at(j->matches, i), i == j->chosen);
    if (j->matches && journal_matches_count(j->matches) == 0)
        pane_wrap(p, 2, INK_PLAIN, _("No entry matches. Esc clears what was typed."));
}

/* ---- Commands ---- */

static void filter_changed(struct console *c, struct journal *j)
{
    j->chosen = 0;
    match_again(c, j);
}

static void journal_type(struct console *c, struct screen *s, const struct key_event *e)
{
    struct journal *j = s->state;
    size_t len = strlen(j->filter);

    if (len + e->len >= sizeof j->filter)
        return;
    memcpy(j->filter + len, e->utf8, e->len);
    j->filter[len + e->len] = '\0';
    filter_changed(c, j);
}

static bool journal_typing(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return true;
}

/* What was chosen among those found stays chosen among all. */
static void go_back(struct console *c, struct journal *j)
{
    if (j->filter[0]) {
        j->filter[0] = '\0';
        j->stay = true;
        match_again(c, j);
    } else if (console_busy(c)) {
        j->leaving = true;
    } else {
        console_pop(c);
    }
}

static void go(struct journal *j, enum command k)
{
    struct choice list = {(size_t)j->chosen, (size_t)journal_matches_count(j->matches)};

    if (choice_command(&list, k, (size_t)j->page))
        j->chosen = list.chosen;
}

static void journal_command(struct console *c, struct screen *s, enum command k)
{
    struct journal *j = s->state;
    bool any = j->matches && j->chosen < journal_matches_count(j->matches);

    if (k == COMMAND_BACK) {
        go_back(c, j);
    } else if (k == COMMAND_ERASE && j->filter[0]) {
        text_chop(j->filter, strlen(j->filter));
        filter_changed(c, j);
    } else if (k == COMMAND_NOTE) {
        checkpoint_push(c);
    } else if (k == COMMAND_EXCEPTION) {
        export_push(c);
    } else if (k == COMMAND_DETAILS) {
        verify_push(c);
    } else if (k == COMMAND_ENTER && any) {
        entry_push(c, journal_matches_at(j->matches, j->chosen));
    } else if (any) {
        go(j, k);
    }
}

static void journal_tick(struct console *c, struct screen *s)
{
    struct journal *j = s->state;

    if (!console_busy(c) && j->matches &&
        journal_size(session_store(c->session)) != journal_matches_size(j->matches)) {
        j->stay = true;
        j->wanted = true;
    }
    match_start(c, j);
}

static size_t journal_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct journal *j = s->state;
    size_t n = 0;

    (void)c;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    out[n++] = (struct key_hint){COMMAND_NOTE, _("Checkpoint")};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_DETAILS, _("Verify")};
    out[n++] = (struct key_hint){COMMAND_EXCEPTION, _("Export")};
    out[n++] = (struct key_hint){COMMAND_BACK, j->filter[0] ? _("clear") : NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (!j->matches || journal_matches_count(j->matches) == 0)
        return n;
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("show")};
    return n;
}

static const char *journal_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Journal");
}

static void journal_close(struct console *c, struct screen *s)
{
    struct journal *j = s->state;

    (void)c;
    journal_matches_free(&j->matches);
    journal_matches_free(&j->job.matches);
    free(j);
}

void journal_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "journal",
                                          .draw = journal_draw,
                                          .command = journal_command,
                                          .type = journal_type,
                                          .typing = journal_typing,
                                          .keys = journal_keys,
                                          .tick = journal_tick,
                                          .title = journal_title,
                                          .close = journal_close};
    struct journal *j = calloc(1, sizeof *j);

    if (!j) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    console_push(c, &ops, j);
    if (c->top->state == j)
        match_again(c, j);
}
