/* The whole journal verified on the worker, with its pace; Esc stops it. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "../store/verify.h"
#include "inventory.h"
#include "language.h"
#include "long_work.h"

struct verifying {
    struct store *store;
    struct verify_report report;
    struct long_work work;
};

static void verify_job(void *ctx)
{
    struct verifying *v = ctx;

    long_work_result(&v->work, store_verify(v->store, long_work_progress, &v->work, &v->report));
}

static void verify_done(struct console *c, void *ctx)
{
    struct verifying *v = ctx;

    long_work_done(c, &v->work, v);
}

/* ---- Drawing ---- */

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
    snprintf(text, sizeof text, _("%.1f s"), (double)v->work.took_ms / 1000);
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

    (void)c;
    pane_next(p);
    if (!v->work.finished) {
        long_work_draw(&v->work, p, _("Every entry, signature and checkpoint is being verified."));
        pane_wrap(p, 2, INK_FAINT, _("Esc stops it. Nothing is changed by verifying."));
    } else if (v->work.error == KR_OK) {
        draw_result(p, v);
    } else {
        long_work_draw_stopped(&v->work, p);
    }
}

/* ---- Commands ---- */

static void verify_command(struct console *c, struct screen *s, enum command k)
{
    struct verifying *v = s->state;

    long_work_command(c, s, &v->work, k);
}

static void verify_tick(struct console *c, struct screen *s)
{
    struct verifying *v = s->state;

    long_work_start(c, &v->work, verify_job, verify_done, v);
}

static size_t verify_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct verifying *v = s->state;

    return long_work_keys(c, s, &v->work, out);
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
    v->store = session_store(c->session);
    console_push(c, &ops, v);
    if (c->top->state == v)
        verify_tick(c, c->top);
}
