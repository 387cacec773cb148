/* A rehearsal that people watch: the console as it is, its keys pressed by the answers file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "language.h"
#include "rehearse_run.h"
#include "runner.h"
#include "runner_acts.h"

#define NEVER_LOCK_S (24 * 60 * 60)

static struct rehearsal *of_console(const struct console *c)
{
    return c->setup.rehearsal;
}

static void stop(struct console *c, enum kr_error why)
{
    struct rehearsal *r = of_console(c);

    r->stopped = why;
    snprintf(r->stopped_detail, sizeof r->stopped_detail, "%s", kr_detail());
    c->leave = true;
}

/* ---- One request ---- */

struct hands {
    struct console *console;
    struct screen *screen;
};

static enum kr_error press(struct rehearsal *r, const struct answer *a)
{
    const struct hands *h = r->hands;

    runner_answer(h->console, h->screen, a->kind, a->text);
    return KR_OK;
}

bool rehearse_watched(struct console *c, struct screen *s)
{
    struct runner *run = s->state;
    struct rehearsal *r = of_console(c);
    struct hands h = {c, s};

    if (!r)
        return false;
    if (run->working || !run->asking || run->error != KR_OK) {
        r->asked_ms = 0;
        return true;
    }
    if (r->asked_ms == 0)
        r->asked_ms = terminal_now_ms();
    if (terminal_now_ms() - r->asked_ms < r->pace_ms)
        return true;
    r->asked_ms = 0;
    if (run->request.kind == REQUEST_FINISHED) {
        runner_leave(c);
        return true;
    }
    if (!run->request.problem[0] && strcmp(run->request.key, r->request.key) != 0)
        answers_used_up(r->answers);
    r->request = run->request;
    r->ceremony = run->ceremony;
    r->hands = &h;
    enum kr_error e = rehearse_answer(r);
    r->hands = NULL;
    r->ceremony = NULL;
    if (e != KR_OK)
        stop(c, e);
    return true;
}

enum kr_error rehearse_say(struct rehearsal *r, const struct answer *a)
{
    return r->hands ? press(r, a) : ceremony_answer(r->ceremony, a);
}

/* ---- Between ceremonies ---- */

static void next_ceremony(struct console *c)
{
    struct rehearsal *r = of_console(c);
    char path[PATH_ROOM], open_id[40];
    size_t at = r->shown++;
    enum kr_error e = rehearse_open_store(r);

    if (e == KR_OK)
        e = rehearse_next(r, at, path, open_id);
    if (e == KR_OK)
        runner_push(c, open_id[0] ? NULL : path, open_id[0] ? open_id : NULL);
    else
        stop(c, e);
}

static void between_tick(struct console *c, struct screen *s)
{
    const struct rehearsal *r = of_console(c);

    (void)s;
    if (console_busy(c))
        return;
    if (c->message[0] && c->message_ink == INK_WARN)
        stop(c, KR_E_ABORTED);
    else if (r->shown == r->script_count)
        c->leave = true;
    else
        next_ceremony(c);
}

static void between_draw(struct console *c, struct screen *s, struct pane *p)
{
    (void)c;
    (void)s;
    pane_wrap(p, 1, INK_FAINT, _("The next ceremony of this rehearsal begins."));
}

static void between_command(struct console *c, struct screen *s, enum command k)
{
    (void)s;
    if (k == COMMAND_LEAVE || k == COMMAND_BACK)
        c->leave = true;
}

static size_t between_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    (void)c;
    (void)s;
    out[0] = (struct key_hint){COMMAND_LEAVE, NULL};
    return 1;
}

static const char *between_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Rehearsal");
}

static void between_close(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
}

static void between_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "demo",
                                          .draw = between_draw,
                                          .command = between_command,
                                          .keys = between_keys,
                                          .tick = between_tick,
                                          .title = between_title,
                                          .close = between_close};

    console_push(c, &ops, NULL);
}

enum kr_error rehearse_on_screen(struct rehearsal *r)
{
    struct console_setup setup = {
        .paths = r->paths, .session = r->session, .rehearsal = r, .lock_after_s = NEVER_LOCK_S};
    enum kr_error e = theme_by_name(NULL, &setup.theme);

    if (e == KR_OK)
        e = console_run(&setup, between_push);
    r->session = setup.session;
    if (e == KR_OK && r->stopped != KR_OK)
        e = kr_fail(r->stopped, "%s", r->stopped_detail);
    if (e == KR_OK && r->shown < r->script_count)
        e = KR_E_CANCELLED;
    return e;
}
