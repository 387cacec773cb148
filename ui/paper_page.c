#include "paper_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_card_page.h"
#include "dialog.h"
#include "fields.h"
#include "home.h"
#include "language.h"
#include "paper_lost.h"
#include "sign_in.h"

struct paper {
    struct session *session;
    struct fields *fields;
    char typed[96];
    char shown[CHECKPOINT_SHORT_MAX]; /* in a demonstration: what its paper would say */
    enum kr_error error;
    char detail[192];
};

/* ---- On the worker ---- */

static void paper_job(void *ctx)
{
    struct paper *v = ctx;

    v->error = session_paper_shown(v->session, v->typed);
    snprintf(v->detail, sizeof v->detail, "%s", kr_detail());
}

static void paper_done(struct console *c, void *ctx)
{
    struct paper *v = ctx;

    if (v->error != KR_OK) {
        console_say_error(c, v->error, v->detail);
        return;
    }
    home_restart(c);
    console_say(c, INK_GOOD, _("The journal goes on from that paper."));
}

/* ---- The paper is lost ---- */

static void lost_text(struct console *c, void *ctx, char *out, size_t room)
{
    (void)c;
    (void)ctx;
    snprintf(out, room, "%s",
             _("Without the paper nobody can show that this is not an older copy of the store. Two "
               "people who are signed in, one of them a supervisor, answer for going on; both sign "
               "it into the journal, each with the own passphrase."));
}

static void lost_done(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    (void)ctx;
    (void)values;
    paper_lost_push(c);
}

static void lost(struct console *c)
{
    struct dialog_spec spec = {.id = "dialog",
                               .title = N_("The paper is lost"),
                               .text = lost_text,
                               .labels = {N_("word")},
                               .most = {16},
                               .word = "lost",
                               .go = N_("Choose the two"),
                               .done = lost_done};

    dialog_push(c, &spec);
}

/* ---- The page ---- */

static void paper_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct paper *v = s->state;
    char text[256];

    pane_next(p);
    pane_wrap(p, 2, INK_STRONG, _("Type the newest checkpoint from your ceremony papers."));
    pane_wrap(p, 2, INK_PLAIN,
              _("It shows that this is the store you left, and not an older copy. It stands on the "
                "paper of the last ceremony: a number and four groups of four letters."));
    pane_next(p);
    fields_label(v->fields, 0, _("checkpoint"));
    struct area place = {p->area.y + p->row, 4, fields_height(v->fields), p->area.width - 8};
    fields_place(v->fields, c->top == s ? place : (struct area){0, 0, 0, 0});
    c->cursor = c->top == s;
    for (int i = 0; i < fields_height(v->fields); i++)
        pane_next(p);
    pane_next(p);
    pane_wrap(p, 2, INK_FAINT,
              _("Small letters will do, and spaces for hyphens. F8 if the paper is lost. A "
                "supervisor's checkpoint card may take its place: F4."));
    if (!v->shown[0])
        return;
    pane_next(p);
    snprintf(text, sizeof text, _("The paper of this demonstration says: %s"), v->shown);
    pane_wrap(p, 2, INK_FAINT, text);
}

static void show_paper(struct console *c, struct paper *v)
{
    fields_get(v->fields, 0, v->typed, sizeof v->typed);
    v->session = c->session;
    console_work(c, paper_job, paper_done, v);
}

static void paper_command(struct console *c, struct screen *s, enum command k)
{
    struct paper *v = s->state;

    if (console_busy(c))
        return;
    if (k == COMMAND_BACK)
        console_pop(c);
    else if (k == COMMAND_ABORT)
        lost(c);
    else if (k == COMMAND_DETAILS)
        checkpoint_card_push(c);
    else if (k == COMMAND_ENTER)
        show_paper(c, v);
    else
        fields_command(v->fields, k);
}

static void paper_type(struct console *c, struct screen *s, const struct key_event *e)
{
    struct paper *v = s->state;

    (void)c;
    fields_type(v->fields, e);
}

static bool paper_typing(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return true;
}

static size_t paper_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)c;
    (void)s;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_DETAILS, _("the card")};
    out[n++] = (struct key_hint){COMMAND_ABORT, _("The paper is lost")};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("compare")};
    return n;
}

static const char *paper_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("The checkpoint on paper");
}

static void paper_close(struct console *c, struct screen *s)
{
    struct paper *v = s->state;

    (void)c;
    fields_close(&v->fields);
    free(v);
}

static void paper_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "paper",
                                          .draw = paper_draw,
                                          .command = paper_command,
                                          .type = paper_type,
                                          .typing = paper_typing,
                                          .keys = paper_keys,
                                          .title = paper_title,
                                          .close = paper_close};
    const struct field_spec field = {.label = _("checkpoint"), .most = 80};
    struct paper *v = calloc(1, sizeof *v);

    if (v)
        v->fields = fields_open(&c->terminal.theme, &field, 1);
    if (!v || !v->fields) {
        free(v);
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    if (c->setup.demo)
        session_paper_form(c->session, v->shown);
    console_push(c, &ops, v);
}

void paper_or_home(struct console *c)
{
    if (session_paper_due(c->session))
        paper_push(c);
    else
        home_restart(c);
}
