/* The whole journal verified on the worker, with its pace; Esc stops it. */
#include "pages.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "../store/verify.h"
#include "inventory.h"
#include "language.h"

struct verifying {
    struct store *store;
    struct verify_report report;
    atomic_uint_fast64_t done, all;
    atomic_bool stop;
    bool started, finished, leaving;
    int64_t begun_ms, took_ms;
    enum kr_error error;
    char detail[192];
};

/* ---- On the worker ---- */

static bool progress(void *ctx, uint64_t done, uint64_t all)
{
    struct verifying *v = ctx;

    atomic_store(&v->done, done);
    atomic_store(&v->all, all);
    return !atomic_load(&v->stop) && !terminal_must_leave();
}

static void verify_job(void *ctx)
{
    struct verifying *v = ctx;

    v->error = store_verify(v->store, progress, v, &v->report);
    snprintf(v->detail, sizeof v->detail, "%s", kr_detail());
}

static void verify_done(struct console *c, void *ctx)
{
    struct verifying *v = ctx;

    v->finished = true;
    v->took_ms = terminal_now_ms() - v->begun_ms;
    if (v->error != KR_OK && v->error != KR_E_CANCELLED)
        console_say_error(c, v->error, v->detail);
    if (v->leaving && c->top->state == v)
        console_pop(c);
}

static void verify_start(struct console *c, struct verifying *v)
{
    if (v->started || console_busy(c))
        return;
    v->started = true;
    v->store = session_store(c->session);
    v->begun_ms = terminal_now_ms();
    atomic_store(&v->all, journal_size(v->store));
    console_work(c, verify_job, verify_done, v);
}

/* ---- Drawing ---- */

static void draw_progress(struct pane *p, const struct verifying *v)
{
    uint64_t done = atomic_load(&v->done), all = atomic_load(&v->all);
    int64_t ms = terminal_now_ms() - v->begun_ms;
    char so_far[32], total[32], text[160];

    card_count_text(done, so_far);
    card_count_text(all, total);
    pane_wrap(p, 2, INK_STRONG, _("Every entry, signature and checkpoint is being verified."));
    pane_next(p);
    int width = p->area.width - 12;
    uint64_t unit = all / 1000000 + 1;
    draw_bar(p, 2, width, (unsigned)(done / unit), (unsigned)(all / unit));
    pane_putf(p, width + 4, INK_PLAIN, "%3u %%", all ? (unsigned)(done * 100 / all) : 0);
    pane_next(p);
    snprintf(text, sizeof text, _("%s of %s entries"), so_far, total);
    pane_put(p, 2, INK_PLAIN, text);
    if (ms > 1000 && done > 0) {
        uint64_t left = (all - done) * (uint64_t)ms / done / 1000;
        snprintf(text, sizeof text, _("%llu entries a second · %llu s left"),
                 (unsigned long long)(done * 1000 / (uint64_t)ms), (unsigned long long)left);
        pane_right(p, INK_FAINT, text);
    }
    pane_next(p);
    pane_next(p);
    pane_wrap(p, 2, INK_FAINT, _("Esc stops it. Nothing is changed by verifying."));
}

static void count_line(struct pane *p, const char *label, uint64_t n)
{
    char text[32];

    card_count_text(n, text);
    pane_put(p, 4, INK_FAINT, label);
    pane_put(p, 40, INK_PLAIN, text);
    pane_next(p);
}

static void draw_verdict(struct pane *p, const struct verifying *v)
{
    const struct verify_report *r = &v->report;
    char text[700], sentence[512];

    if (r->problem == KR_OK) {
        pane_marked(p, 2, INK_GOOD, "✓", _("Everything that was checked agrees."));
        return;
    }
    kr_explain(r->problem, r->what, sentence, sizeof sentence);
    if (r->bad_seq == VERIFY_NO_ENTRY)
        snprintf(text, sizeof text, _("ALTERED. %s"), sentence);
    else
        snprintf(text, sizeof text, _("ALTERED. The first entry that fails is %llu. %s"),
                 (unsigned long long)r->bad_seq, sentence);
    pane_marked(p, 2, INK_BAD, "✗", text);
}

static void draw_result(struct pane *p, const struct verifying *v)
{
    const struct verify_report *r = &v->report;
    char text[64];

    draw_verdict(p, v);
    pane_next(p);
    count_line(p, _("entries"), r->entries);
    count_line(p, _("signatures"), r->signatures);
    count_line(p, _("checkpoints"), r->checkpoints);
    count_line(p, _("signatures of people on checkpoints"), r->cosignatures);
    count_line(p, _("people"), r->people);
    count_line(p, _("intents without outcome"), r->open_intents);
    count_line(p, _("rows of keys and cards compared"), r->keys + r->cards);
    snprintf(text, sizeof text, _("%.1f s"), (double)v->took_ms / 1000);
    pane_put(p, 4, INK_FAINT, _("it took"));
    pane_put(p, 40, INK_PLAIN, text);
    pane_next(p);
    pane_next(p);
    pane_wrap(p, 2, INK_FAINT,
              _("That nothing was cut off at the end is shown only by a checkpoint kept elsewhere: "
                "the one on paper. An auditor verifies the same with keyrite-audit, without this "
                "console."));
}

static void verify_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct verifying *v = s->state;
    char done[32], text[160];

    (void)c;
    pane_next(p);
    if (!v->finished) {
        draw_progress(p, v);
    } else if (v->error == KR_OK) {
        draw_result(p, v);
    } else {
        card_count_text(atomic_load(&v->done), done);
        snprintf(text, sizeof text, _("Stopped after %s entries: no verdict."), done);
        pane_marked(p, 2, INK_WARN, "!", text);
    }
}

/* ---- Commands ---- */

static void verify_command(struct console *c, struct screen *s, enum command k)
{
    struct verifying *v = s->state;

    if (v->finished)
        page_command(c, s, k);
    else if (k == COMMAND_BACK && atomic_exchange(&v->stop, true))
        v->leaving = true;
}

static void verify_tick(struct console *c, struct screen *s)
{
    verify_start(c, s->state);
}

static size_t verify_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct verifying *v = s->state;
    size_t n = 0;

    if (v->finished)
        return page_keys(c, s, out);
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, _("stop")};
    return n;
}

static const char *verify_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Verification of the journal");
}

void verify_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "verify",
                                          .draw = verify_draw,
                                          .command = verify_command,
                                          .keys = verify_keys,
                                          .tick = verify_tick,
                                          .title = verify_title,
                                          .close = page_close};
    struct verifying *v = calloc(1, sizeof *v);

    if (!v) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    console_push(c, &ops, v);
    if (c->top->state == v)
        verify_start(c, v);
}
