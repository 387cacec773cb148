#include "checkpoint_card_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/checkpoint_card.h"
#include "../ceremony/run.h"
#include "drawer.h"
#include "home.h"
#include "language.h"
#include "pages.h"

struct card_page {
    struct session *session;
    struct checkpoint_card card;
    bool write, asking, leaving;
    bool was_due, due; /* the paper, before and now */
    bool asked;
    enum kr_error error;
    char detail[192];
};

/* ---- On the worker ---- */

static void card_job(void *ctx)
{
    struct card_page *v = ctx;

    v->was_due = session_paper_due(v->session);
    v->error = v->write ? checkpoint_card_write(v->session, &v->card)
                        : checkpoint_card_compare(v->session, &v->card);
    snprintf(v->detail, sizeof v->detail, "%s", kr_detail());
    v->due = session_paper_due(v->session);
}

static void card_done(struct console *c, void *ctx)
{
    struct card_page *v = ctx;

    v->asking = false;
    v->asked = true;
    if (v->leaving && c->top->state == v) {
        console_pop(c);
    } else if (v->error == KR_OK && v->was_due && !v->due) {
        home_restart(c);
        console_say(c, INK_GOOD, _("The journal goes on from what the card bears."));
    }
}

static void ask(struct console *c, struct card_page *v, bool write)
{
    if (console_busy(c))
        return;
    v->session = c->session;
    v->write = write;
    v->asking = true;
    console_work(c, card_job, card_done, v);
}

/* ---- On the screen ---- */

static void draw_found(const struct card_page *v, struct pane *p)
{
    char text[512], number[32];

    if (v->card.number[0]) {
        number_grouped(v->card.number, number);
        pane_put(p, 2, INK_FAINT, _("card"));
        pane_put(p, 16, INK_STRONG, number);
        pane_next(p);
    }
    if (v->card.form[0]) {
        pane_put(p, 2, INK_FAINT, _("checkpoint"));
        pane_put(p, 16, INK_STRONG, v->card.form);
        pane_next(p);
    }
    pane_next(p);
    if (v->error != KR_OK)
        pane_marked(p, 2, INK_WARN, "!", kr_explain(v->error, v->detail, text, sizeof text));
    else if (v->write)
        pane_marked(p, 2, INK_GOOD, "✓",
                    _("The card bears the newest checkpoint now, and it was read back. The "
                      "supervisor takes the card along."));
    else
        pane_marked(p, 2, INK_GOOD, "✓", _("The journal goes on from what the card bears."));
    if (v->error == KR_OK && v->due)
        pane_marked(p, 2, INK_WARN, "!",
                    _("The paper is asked for all the same: the card is older than the last "
                      "ceremony, or no supervisor is signed in."));
}

static void card_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct card_page *v = s->state;

    (void)c;
    pane_next(p);
    pane_wrap(p, 2, INK_STRONG, _("Put the supervisor's checkpoint card into a reader."));
    pane_wrap(p, 2, INK_PLAIN,
              _("It bears the newest checkpoint of the day on which it was written, away from this "
                "workstation. Enter compares it with the journal. F2 writes the newest checkpoint "
                "on it; for that the vault is open."));
    pane_next(p);
    if (v->asking)
        pane_put(p, 2, INK_FAINT, _("Working…"));
    else if (v->asked)
        draw_found(v, p);
}

static void card_command(struct console *c, struct screen *s, enum command k)
{
    struct card_page *v = s->state;

    if (k == COMMAND_BACK && v->asking)
        v->leaving = true;
    else if (k == COMMAND_ENTER)
        ask(c, v, false);
    else if (k == COMMAND_NOTE)
        ask(c, v, true);
    else if (k == COMMAND_DRAWER && session_options(c->session)->deck)
        drawer_push(c, 0, "", false);
    else
        page_command(c, s, k);
}

static size_t card_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    const struct card_page *v = s->state;
    size_t n = 0;

    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (!v->asking)
        out[n++] = (struct key_hint){COMMAND_NOTE, _("write")};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    if (session_options(c->session)->deck)
        out[n++] = (struct key_hint){COMMAND_DRAWER, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (!v->asking)
        out[n++] = (struct key_hint){COMMAND_ENTER, _("compare")};
    return n;
}

static const char *card_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("The supervisor's checkpoint card");
}

void checkpoint_card_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "checkpoint-card",
                                          .draw = card_draw,
                                          .command = card_command,
                                          .keys = card_keys,
                                          .title = card_title,
                                          .close = page_close};
    struct card_page *v = calloc(1, sizeof *v);

    if (!v) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    console_push(c, &ops, v);
}
