#include "long_work.h"

#include <stdio.h>

#include "inventory.h"
#include "language.h"
#include "pages.h"

void long_work_start(struct console *c, struct long_work *w, void (*job)(void *ctx),
                     void (*done)(struct console *c, void *ctx), void *ctx)
{
    if (w->started || console_busy(c))
        return;
    w->started = true;
    w->begun_ms = terminal_now_ms();
    atomic_store(&w->all, journal_size(session_store(c->session)));
    console_work(c, job, done, ctx);
}

bool long_work_progress(void *ctx, uint64_t done, uint64_t all)
{
    struct long_work *w = ctx;

    atomic_store(&w->done, done);
    atomic_store(&w->all, all);
    return !atomic_load(&w->stop) && !terminal_must_leave();
}

void long_work_result(struct long_work *w, enum kr_error error)
{
    w->error = error;
    snprintf(w->detail, sizeof w->detail, "%s", kr_detail());
}

void long_work_done(struct console *c, struct long_work *w, const void *state)
{
    w->finished = true;
    w->took_ms = terminal_now_ms() - w->begun_ms;
    if (w->error != KR_OK && w->error != KR_E_CANCELLED)
        console_say_error(c, w->error, w->detail);
    if (w->leaving && c->top->state == state)
        console_pop(c);
}

void long_work_draw(const struct long_work *w, struct pane *p, const char *what)
{
    uint64_t done = atomic_load(&w->done), all = atomic_load(&w->all);
    int64_t ms = terminal_now_ms() - w->begun_ms;
    char so_far[32], total[32], text[160];

    card_count_text(done, so_far);
    card_count_text(all, total);
    pane_wrap(p, 2, INK_STRONG, what);
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
}

void long_work_draw_stopped(const struct long_work *w, struct pane *p)
{
    char done[32], text[160];

    card_count_text(atomic_load(&w->done), done);
    snprintf(text, sizeof text, _("Stopped after %s entries: no verdict."), done);
    pane_marked(p, 2, INK_WARN, "!", text);
}

void long_work_command(struct console *c, struct screen *s, struct long_work *w, enum command k)
{
    if (w->finished)
        page_command(c, s, k);
    else if (k == COMMAND_BACK && atomic_exchange(&w->stop, true))
        w->leaving = true;
}

size_t long_work_keys(struct console *c, struct screen *s, const struct long_work *w,
                      struct key_hint *out)
{
    size_t n = 0;

    if (w->finished)
        return page_keys(c, s, out);
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, _("stop")};
    return n;
}
