/* The first screen of a demonstration: what it is, who is in it, and how to begin. */
#include "demo_centre.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "language.h"
#include "runner.h"
#include "sign_in.h"

enum begin { BEGIN_GO_ON, BEGIN_ENROLLED, BEGIN_FOUND };
struct first {
    enum begin begins[3];
    struct choice list;
    bool working;
    enum begin chosen;
    /* the worker's */
    struct demo *demo;
    struct paths *paths;
    struct session *session;
    enum kr_error error;
    char detail[192];
};

/* ---- Preparing, on the worker ---- */

static enum kr_error prepare(struct first *f)
{
    enum kr_error e = KR_OK;

    if (f->chosen != BEGIN_GO_ON)
        e = demo_clear(f->demo);
    if (e == KR_OK)
        e = demo_fill_deck(f->demo);
    if (e == KR_OK && f->chosen == BEGIN_ENROLLED) {
        struct session *founding = NULL;
        e = demo_session(f->demo, f->paths, &founding);
        if (e == KR_OK)
            e = demo_centre_found(founding, f->paths);
        session_end(&founding);
    }
    if (e == KR_OK)
        e = demo_session(f->demo, f->paths, &f->session);
    return e;
}

static void job(void *ctx)
{
    struct first *f = ctx;

    f->error = prepare(f);
    snprintf(f->detail, sizeof f->detail, "%s", kr_detail());
}

static void job_done(struct console *c, void *ctx)
{
    struct first *f = ctx;
    char path[PATH_ROOM];

    f->working = false;
    if (f->error != KR_OK) {
        console_say_error(c, f->error, f->detail);
        return;
    }
    c->session = f->session;
    f->session = NULL;
    if (f->chosen != BEGIN_FOUND)
        sign_in_push(c, true);
    else if (paths_script(&c->setup.paths, "site-init", path) == KR_OK)
        runner_push(c, path, NULL);
}

/* ---- Screen ---- */

static const char *begin_title(enum begin b)
{
    static const char *const titles[] = {
        [BEGIN_GO_ON] = N_("Go on with the last demonstration"),
        [BEGIN_ENROLLED] =
            N_("Hold ceremonies in a centre whose people are enrolled (recommended)"),
        [BEGIN_FOUND] = N_("Found a centre yourself: site-init, from the first person on"),
    };

    return _(titles[b]);
}

static void draw_people(struct pane *p)
{
    pane_put(p, 3, INK_FAINT, _("name"));
    pane_put(p, 18, INK_FAINT, _("role"));
    pane_put(p, 38, INK_FAINT, _("passphrase"));
    pane_next(p);
    for (size_t i = 0; i < DEMO_PEOPLE; i++) {
        pane_put(p, 3, INK_PLAIN, demo_people[i].name);
        pane_put(p, 18, INK_PLAIN, vocabulary(demo_people[i].role));
        pane_put(p, 38, INK_STRONG, demo_people[i].passphrase);
        pane_next(p);
    }
}

static void demo_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct first *f = s->state;

    pane_wrap(
        p, 1, INK_STRONG,
        _("This is a rehearsal: a throw-away centre with simulated readers and cards. Nothing "
          "made here can ever be used for real."));
    pane_next(p);
    for (size_t i = 0; i < f->list.count; i++) {
        bool here = i == f->list.chosen;
        pane_put(p, 1, INK_CHOSEN, here ? "▶" : " ");
        pane_put(p, 3, here ? INK_CHOSEN : INK_PLAIN, begin_title(f->begins[i]));
        pane_next(p);
    }
    pane_next(p);
    draw_people(p);
    pane_next(p);
    pane_put(p, 1, INK_FAINT, _("Code sheets to type from: F9 shows them. As files they lie in"));
    pane_next(p);
    pane_putf(p, 3, INK_FAINT, "%s/sheets", c->setup.demo->deck);
    pane_next(p);
    if (f->working)
        pane_put(p, 1, INK_WARN,
                 _("Making the centre, its people and its cards; this takes a moment."));
    else
        pane_put(p, 1, INK_FAINT, "F3: 中文 / English");
    pane_next(p);
}

static void demo_command(struct console *c, struct screen *s, enum command k)
{
    struct first *f = s->state;

    if (f->working)
        return;
    if (k == COMMAND_LEAVE || k == COMMAND_BACK) {
        c->leave = true;
    } else if (k == COMMAND_ENTER) {
        session_end(&c->session); /* from an earlier choice */
        f->chosen = f->begins[f->list.chosen];
        f->working = true;
        console_work(c, job, job_done, f);
    } else {
        choice_command(&f->list, k, 3);
    }
}

static size_t demo_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct first *f = s->state;
    size_t n = 0;

    (void)c;
    if (f->working)
        return 0;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_LEAVE, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("begin")};
    return n;
}

static const char *demo_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Demonstration");
}

static void demo_close(struct console *c, struct screen *s)
{
    struct first *f = s->state;

    (void)c;
    if (f)
        session_end(&f->session);
    free(f);
}

void demo_first_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "demo",
                                          .draw = demo_draw,
                                          .command = demo_command,
                                          .keys = demo_keys,
                                          .title = demo_title,
                                          .close = demo_close};
    struct first *f = calloc(1, sizeof *f);

    if (!f)
        return;
    f->demo = c->setup.demo;
    f->paths = &c->setup.paths;
    bool exists = demo_exists(c->setup.demo);
    if (exists)
        f->begins[f->list.count++] = BEGIN_GO_ON;
    if (!exists || c->setup.demo->folder[0]) {
        f->begins[f->list.count++] = BEGIN_ENROLLED;
        f->begins[f->list.count++] = BEGIN_FOUND;
    }
    console_push(c, &ops, f);
}
