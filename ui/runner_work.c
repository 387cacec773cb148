#include "runner.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "demo.h"
#include "desk.h"
#include "language.h"
#include "masked.h"
#include "presence.h"
#include "runner_batch.h"
#include "text.h"

static void draw_facts(const struct request *q, struct pane *p)
{
    int widest = 0;

    for (size_t i = 0; i < q->fact_count; i++) {
        int width = text_width(q->facts[i].label);
        widest = width > widest ? width : widest;
    }
    if (widest > p->area.width / 2)
        widest = p->area.width / 2;
    for (size_t i = 0; i < q->fact_count; i++) {
        struct pane label = *p;
        label.right = p->area.width - 3 - widest;
        pane_put(&label, 3, INK_FAINT, q->facts[i].label);
        pane_wrap(p, 3 + widest + 2, INK_STRONG, q->facts[i].value);
    }
    if (q->fact_count > 0)
        pane_next(p);
}

static struct row_span draw_options(const struct runner *r, struct pane *p)
{
    struct row_span chosen = {0, 0};

    for (size_t i = 0; i < r->request.option_count; i++) {
        const struct request_option *o = &r->request.options[i];
        bool here = i == r->options.chosen;
        int first = p->row;
        pane_put(p, 1, INK_CHOSEN, here ? "▶" : " ");
        pane_wrap(p, 3, here ? INK_CHOSEN : o->destructive ? INK_WARN : INK_PLAIN, o->text);
        if (here)
            chosen = (struct row_span){first, p->row - 1};
    }
    return chosen;
}

static void draw_card(struct console *c, const struct runner *r, struct pane *p)
{
    char looks[96];

    presence_reader(c, r->request.reader, looks, sizeof looks);
    pane_putf(p, 3, INK_STRONG, _("Reader %zu"), r->request.reader + 1);
    pane_put(p, 15, INK_PLAIN, looks);
    pane_next(p);
    if (r->request.card_hint[0]) {
        pane_put(p, 3, INK_FAINT, _("wanted"));
        pane_put(p, 15, INK_STRONG, r->request.card_hint);
        pane_next(p);
    }
    if (session_options(c->session)->deck && session_options(c->session)->readers == READER_SIM)
        pane_wrap(p, 3, INK_FAINT, _("F9 opens the drawer: choose a card, then 1 or 2."));
}

static void draw_fields(struct console *c, const struct runner *r, struct pane *p)
{
    struct area a = {p->area.y + p->row - p->scroll, p->area.x + 1, 1, p->area.width - 2};
    int y;

    if (!r->fields)
        return;
    if (!pane_where(p, &y) || c->top->ops->overlay)
        a.height = 0;
    fields_place(r->fields, a);
    if (a.height > 0)
        c->cursor = true;
    pane_next(p);
}

static void draw_problem(const struct request *q, struct pane *p)
{
    size_t wrong = q->kind == REQUEST_SECRET ? masked_wrong(&q->secret_state) : 0;
    char text[256];

    if (wrong) {
        snprintf(text, sizeof text,
                 q->second_typing
                     ? _("Block %zu differs from the first typing: type block %zu again. Nothing "
                         "else is lost.")
                     : _("Block %zu does not match its check letter: type block %zu again. Nothing "
                         "else is lost."),
                 wrong, wrong);
        pane_next(p);
        pane_marked(p, 1, INK_WARN, "!", text);
    } else if (q->problem[0]) {
        pane_next(p);
        pane_marked(p, 1, INK_WARN, "!", q->problem);
    }
}

/* A code sheet of the demonstration that was laid on the desk. */
static void draw_desk(struct console *c, const struct request *q, struct pane *p)
{
    char text[SHEET_TEXT_MAX];
    const struct demo *d = c->setup.demo;

    if (q->kind != REQUEST_SECRET && q->kind != REQUEST_TEXT)
        return;
    if (!d || !d->desk[0] || sheet_read(d->deck, d->desk, text) != KR_OK)
        return;
    pane_next(p);
    desk_draw(p, text);
}

static void draw_resumed(const struct runner *r, struct pane *p)
{
    const struct step_line *last = NULL, *next = NULL;
    char text[512], when[16] = "";

    for (size_t i = 0; i < r->step_count; i++) {
        if (r->steps[i].state == STEP_DONE)
            last = &r->steps[i];
        if (i == r->current)
            next = &r->steps[i];
    }
    if (!last || !next)
        return;
    time_t seconds = (time_t)(last->time_ms / 1000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(when, sizeof when, "%m-%d %H:%M", &local);
    snprintf(text, sizeof text, _("Last done: %s %s (%s, %s). Next: %s %s."), last->number,
             last->title, last->who, when, next->number, next->title);
    pane_marked(p, 1, INK_GOOD, "✓", text);
    pane_next(p);
}

/* In a demonstration nobody has to remember a passphrase. */
static void draw_hint(struct console *c, const struct request *q, struct pane *p)
{
    const char *hint = q->secret.kind == ENTRY_PASSPHRASE ? demo_hint(c, q->person) : NULL;

    if (!hint)
        return;
    pane_put(p, 4, INK_FAINT, hint);
    pane_next(p);
}

static struct row_span draw_widget(struct console *c, const struct runner *r, struct pane *p)
{
    const struct request *q = &r->request;
    struct row_span chosen = {0, 0};

    switch (q->kind) {
    case REQUEST_CHOICE:
        chosen = draw_options(r, p);
        break;
    case REQUEST_TEXT:
        draw_fields(c, r, p);
        break;
    case REQUEST_SECRET:
        masked_draw(p, &q->secret, &q->secret_state);
        draw_hint(c, q, p);
        break;
    case REQUEST_CARD:
        draw_card(c, r, p);
        if (q->option_count > 0)
            pane_next(p);
        chosen = draw_options(r, p);
        break;
    case REQUEST_SHOW:
        pane_put(p, 1, INK_CHOSEN, _("▶ Enter when everybody has read it"));
        pane_next(p);
        break;
    case REQUEST_FINISHED:
        pane_put(p, 1, INK_CHOSEN, _("▶ Enter goes back to what can be done now"));
        pane_next(p);
        break;
    }
    return chosen;
}

static void draw_over(const struct runner *r, struct pane *p)
{
    char text[512];

    pane_marked(p, 1, INK_BAD, "✗", kr_explain(r->error, r->detail, text, sizeof text));
    pane_next(p);
    pane_wrap(
        p, 1, INK_PLAIN,
        _("What was recorded is kept. Enter goes back; from there the ceremony can be gone on "
          "with."));
}

struct row_span runner_work_draw(struct console *c, const struct runner *r, struct pane *p)
{
    struct row_span chosen = {0, 0};
    const struct request *q = &r->request;
    bool batch = runner_batch_runs(r);

    if (r->working && terminal_now_ms() - r->working_ms > 120) {
        runner_progress_draw(r, p);
        return chosen;
    }
    if (r->error != KR_OK && !r->working) {
        draw_over(r, p);
        return chosen;
    }
    if (!r->asking)
        return chosen;
    if (r->resumed)
        draw_resumed(r, p);
    if (batch)
        runner_batch_draw(r, p);
    if (batch && q->kind != REQUEST_CHOICE)
        pane_next(p);
    /* The step's own title stands in the script already. */
    if (r->current >= r->step_count || strcmp(q->title, r->steps[r->current].title) != 0)
        pane_wrap(p, 1, INK_STRONG, q->title);
    if (q->text[0])
        pane_wrap(p, 1, INK_PLAIN, q->text);
    if (!batch || q->kind == REQUEST_SHOW) { /* else the bar says how many */
        pane_next(p);
        draw_facts(q, p);
    }
    chosen = draw_widget(c, r, p);
    draw_problem(q, p);
    if (batch)
        runner_batch_cards(r, p);
    draw_desk(c, q, p);
    return chosen;
}

/* ---- While something runs ---- */

static void draw_pace(const struct runner *r, const struct ceremony_progress *work, struct pane *p)
{
    char elapsed[48], left[48], pace[PACE_MAX * 4];
    int64_t ms = terminal_now_ms() - r->working_ms;

    duration_text(ms, elapsed, sizeof elapsed);
    pace_text(r->pace, r->pace_count, pace, sizeof pace);
    if (work->done > 0 && work->total > work->done) {
        duration_text(ms / work->done * (work->total - work->done), left, sizeof left);
        pane_putf(p, 1, INK_FAINT, _("%s so far · about %s left · pace %s"), elapsed, left, pace);
    } else {
        pane_putf(p, 1, INK_FAINT, _("%s so far"), elapsed);
    }
    pane_next(p);
}

void runner_progress_draw(const struct runner *r, struct pane *p)
{
    struct ceremony_progress work = {.doing = ""};
    bool batch = runner_batch_runs(r);

    if (r->ceremony)
        ceremony_progress(r->ceremony, &work);
    if (batch)
        runner_batch_draw(r, p);
    else
        pane_wrap(p, 1, INK_STRONG, r->request.title);
    pane_next(p);
    pane_put(p, 1, INK_PLAIN, work.doing[0] ? work.doing : _("Working…"));
    pane_next(p);
    if (work.total > 0 && !batch)
        runner_bar_draw(p, work.done, work.total);
    if (!batch)
        draw_pace(r, &work, p);
    pane_next(p);
    pane_wrap(
        p, 1, INK_FAINT,
        _("Leave the cards where they are. If the power fails now, the journal knows what was "
          "begun and the ceremony goes on from there."));
    if (r->pause_after)
        pane_marked(p, 1, INK_WARN, "!", _("Pauses after this card. F5 again: goes on."));
    if (batch)
        runner_batch_cards(r, p);
}
