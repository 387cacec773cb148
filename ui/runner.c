#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drawer.h"
#include "language.h"
#include "paper_page.h"
#include "runner_acts.h"
#include "text.h"

#define WIDE_COLUMNS   116
#define WORK_COLUMNS   69 /* a component's eight blocks and the frame */
#define CARD_STABLE_MS 500

/* ---- The worker's part ---- */

static void job(void *ctx)
{
    const struct screen *s = ctx;
    struct runner *r = s->state;
    enum kr_error e = KR_OK;

    kr_detail_clear();
    if (!r->ceremony && r->path[0])
        e = ceremony_begin(r->session, r->path, &r->ceremony);
    else if (!r->ceremony)
        e = ceremony_resume(r->session, r->id, &r->ceremony);
    else if (r->answering)
        e = ceremony_answer(r->ceremony, &r->answer);
    if (e == KR_OK)
        e = ceremony_next(r->ceremony, &r->fresh);
    r->error = e;
    snprintf(r->detail, sizeof r->detail, "%s", kr_detail());
}

/* ---- Taking a request over ---- */

static void fields_for(struct console *c, struct runner *r, bool same, const char *typed)
{
    struct field_spec spec = {
        .label = "▶", .initial = r->request.initial, .most = r->request.text_max};

    if (same && typed[0])
        spec.initial = typed;
    spec.proposed = strcmp(spec.initial, r->request.initial) == 0;
    fields_close(&r->fields);
    if (r->request.kind == REQUEST_TEXT)
        r->fields = fields_open(&c->terminal.theme, &spec, 1);
}

static void watch_reader(struct console *c, struct runner *r)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem;
    size_t count = readers_status(session_readers(c->session), status, READERS_MAX, &problem);

    r->card_ms = 0;
    r->card_changes = r->request.reader < count ? status[r->request.reader].changes : 0;
}

static void take_request(struct console *c, struct screen *s, struct runner *r)
{
    char typed[512] = "";
    bool same = r->asking && strcmp(r->request.key, r->fresh.key) == 0;
    bool told = strcmp(r->request.problem, r->fresh.problem) == 0;

    if (r->fields)
        fields_get(r->fields, 0, typed, sizeof typed);
    r->request = r->fresh;
    r->asking = true;
    if (!same || !told) {
        r->scrolled = false;
        s->scroll = 0;
    }
    if (!same)
        r->options.chosen = 0; /* the safe one */
    choice_count(&r->options, r->request.option_count);
    fields_for(c, r, same, typed);
    if (r->request.kind == REQUEST_CARD)
        watch_reader(c, r);
    r->step_count = ceremony_steps(r->ceremony, r->steps, RUNNER_STEPS, &r->current);
}

static void over(struct console *c, struct runner *r)
{
    char text[512];
    enum kr_error e = r->error;
    char detail[192];

    memcpy(detail, r->detail, sizeof detail);
    kr_explain(e, detail, text, sizeof text);
    runner_leave(c);
    console_say(c, e == KR_E_PAUSED ? INK_GOOD : INK_WARN, text);
}

static void job_done(struct console *c, void *ctx)
{
    struct screen *s = ctx;
    struct runner *r = s->state;

    r->working = false;
    r->answering = false;
    secret_wipe(&r->answer, sizeof r->answer);
    c->running = r->ceremony;
    bool pause = r->pause_after && r->error == KR_OK;
    r->pause_after = false;
    if (r->error == KR_OK)
        take_request(c, s, r);
    if (pause && r->request.kind != REQUEST_FINISHED)
        runner_answer(c, s, ANSWER_PAUSE, "");
    else if (r->error == KR_E_PAUSED || r->error == KR_E_ABORTED)
        over(c, r);
}

void runner_work(struct console *c, struct screen *s)
{
    struct runner *r = s->state;

    r->working = true;
    r->working_ms = terminal_now_ms();
    r->pace_count = 0;
    r->pace_done = 0;
    r->pace_ms = r->working_ms;
    console_work(c, job, job_done, s);
}

void runner_leave(struct console *c)
{
    bool open = c->session && session_is_open(c->session);

    c->running = NULL;
    if (open && !c->setup.rehearsal)
        paper_or_home(c);
    else
        console_pop(c);
}

/* ---- Drawing ---- */

static void draw_work(struct console *c, struct screen *s, struct pane *p)
{
    struct runner *r = s->state;
    struct row_span chosen = runner_work_draw(c, r, p);

    if (!r->scrolled && chosen.last > 0)
        s->scroll = pane_reveal(p, chosen.first, chosen.last);
}

static void draw_narrow(struct console *c, struct screen *s, struct pane *p)
{
    struct runner *r = s->state;
    struct area a = p->area, whole = p->area;
    struct pane part;
    char where[64];
    int rows = 5 + (a.height - 18) / 2;

    if (rows > (int)r->step_count && !r->details)
        rows = (int)r->step_count;
    a.height = rows > 0 ? rows : 1;
    pane_begin(&part, p->window, p->theme, a, 0);
    if (r->details)
        runner_details_draw(r, &part);
    else
        runner_script_draw(r, &part, false);
    a = (struct area){whole.y + a.height, whole.x, 1, whole.width};
    pane_begin(&part, p->window, p->theme, a, 0);
    pane_rule(&part, "─", INK_FAINT);
    part.row = 0;
    part.right = 1;
    snprintf(where, sizeof where, _(" step %zu of %zu "), r->current + 1, r->step_count);
    pane_right(&part, INK_FAINT, r->step_count ? where : "");
    p->area = (struct area){a.y + 1, whole.x, whole.height - (a.y + 1 - whole.y), whole.width};
    draw_work(c, s, p);
}

static void draw_wide(struct console *c, struct screen *s, struct pane *p)
{
    struct runner *r = s->state;
    struct area left = p->area, right = p->area, inner;
    struct pane part;
    char title[192];

    left.width = p->area.width * 9 / 20;
    if (left.width > p->area.width - WORK_COLUMNS)
        left.width = p->area.width - WORK_COLUMNS;
    right.x += left.width;
    right.width -= left.width;
    snprintf(title, sizeof title, r->details ? "%s" : "%s  %zu/%zu",
             r->details ? _("Details") : _("Script"), r->current + 1, r->step_count);
    draw_box(p->window, p->theme, left, title, &inner);
    pane_begin(&part, p->window, p->theme, inner, 0);
    if (r->details)
        runner_details_draw(r, &part);
    else
        runner_script_draw(r, &part, true);
    title[0] = '\0';
    if (r->current < r->step_count)
        snprintf(title, sizeof title, "%s · %s", r->steps[r->current].number,
                 r->steps[r->current].title);
    draw_box(p->window, p->theme, right, title, &inner);
    p->area = inner;
    draw_work(c, s, p);
}

static void runner_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct runner *r = s->state;

    if (r->ceremony && (r->working || r->asking))
        r->step_count = ceremony_steps(r->ceremony, r->steps, RUNNER_STEPS, &r->current);
    if (c->terminal.width >= WIDE_COLUMNS)
        draw_wide(c, s, p);
    else
        draw_narrow(c, s, p);
}

/* ---- Between keys ---- */

static void tick_pace(struct runner *r)
{
    struct ceremony_progress work;
    int64_t now = terminal_now_ms();

    ceremony_progress(r->ceremony, &work);
    if (work.done == r->pace_done)
        return;
    if (work.done > r->pace_done) {
        if (r->pace_count == PACE_MAX)
            memmove(r->pace, r->pace + 1, --r->pace_count * sizeof r->pace[0]);
        r->pace[r->pace_count++] = (uint32_t)(now - r->pace_ms);
    }
    r->pace_done = work.done;
    r->pace_ms = now;
}

/* A card put in while it is asked for is an answer: hands are full then. One that lay there already
 * is not. */
static void tick_card(struct console *c, struct screen *s, struct runner *r)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem;
    size_t count = readers_status(session_readers(c->session), status, READERS_MAX, &problem);
    size_t n = r->request.reader;

    if (n >= count || !status[n].present || status[n].changes == r->card_changes) {
        r->card_ms = 0;
        return;
    }
    if (r->card_ms == 0)
        r->card_ms = terminal_now_ms();
    else if (terminal_now_ms() - r->card_ms >= CARD_STABLE_MS)
        runner_answer(c, s, ANSWER_OK, "");
}

static void runner_tick(struct console *c, struct screen *s)
{
    struct runner *r = s->state;

    if (r->working && r->ceremony)
        tick_pace(r);
    if (rehearse_watched(c, s))
        return;
    if (!r->working && r->asking && r->error == KR_OK && r->request.kind == REQUEST_CARD)
        tick_card(c, s, r);
}

static const char *runner_title(struct console *c, struct screen *s)
{
    struct runner *r = s->state;

    (void)c;
    if (!r->ceremony)
        return r->id;
    const struct script *script = ceremony_script(r->ceremony);
    const char *name = language_chinese() && script->title.zh ? script->title.zh : script->title.en;
    snprintf(r->title, sizeof r->title, "%s%s%s", ceremony_id(r->ceremony),
             ceremony_id(r->ceremony)[0] ? " " : "", name ? name : script->id);
    return r->title;
}

static void runner_close(struct console *c, struct screen *s)
{
    struct runner *r = s->state;

    c->running = NULL;
    if (!r)
        return;
    fields_close(&r->fields);
    ceremony_end(&r->ceremony);
    secret_wipe(&r->answer, sizeof r->answer);
    free(r);
}

void runner_push(struct console *c, const char *path, const char *id)
{
    static const struct screen_ops ops = {.id = "runner",
                                          .draw = runner_draw,
                                          .command = runner_command,
                                          .type = runner_type,
                                          .typing = runner_typing,
                                          .keys = runner_keys,
                                          .tick = runner_tick,
                                          .title = runner_title,
                                          .close = runner_close};
    struct runner *r = calloc(1, sizeof *r);

    if (!r) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    r->session = c->session;
    r->resumed = id != NULL;
    snprintf(r->path, sizeof r->path, "%s", path ? path : "");
    snprintf(r->id, sizeof r->id, "%s", id ? id : "");
    console_push(c, &ops, r);
    if (c->top && c->top->state == r)
        runner_work(c, c->top);
}
