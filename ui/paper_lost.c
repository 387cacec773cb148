#include "paper_lost.h"

#include <stdlib.h>

#include "home.h"
#include "language.h"
#include "present_choice.h"

struct paper_lost {
    struct choice people;
};

static void paper_lost_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct paper_lost *l = s->state;

    pane_next(p);
    pane_wrap(p, 2, INK_STRONG, _("Which two people answer for going on without the paper?"));
    pane_wrap(
        p, 2, INK_PLAIN,
        _("One of them is a supervisor. Each chooses the own name, presses Enter and types the "
          "passphrase; with the second one both have signed."));
    pane_next(p);
    present_choice_draw(c, &l->people, session_paper_lost_by(c->session), _("answers for it ✓"), p);
}

static void said(struct console *c, void *ctx)
{
    (void)ctx;
    if (session_paper_due(c->session))
        return; /* one more is needed */
    home_restart(c);
    console_say(c, INK_GOOD, _("Recorded. The next ceremony that is closed gives a new paper."));
}

static void paper_lost_command(struct console *c, struct screen *s, enum command k)
{
    struct paper_lost *l = s->state;

    if (console_busy(c) || choice_command(&l->people, k, 8))
        return;
    if (k == COMMAND_BACK)
        console_pop(c);
    else if (k == COMMAND_ENTER)
        present_choice_prove(c, &l->people, PASSPHRASE_PAPER_LOST, said);
}

static size_t paper_lost_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)c;
    (void)s;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("sign")};
    return n;
}

static const char *paper_lost_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("The paper is lost");
}

static void paper_lost_close(struct console *c, struct screen *s)
{
    if (c->session)
        session_paper_lost_forget(c->session);
    free(s->state);
}

void paper_lost_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "paper",
                                          .draw = paper_lost_draw,
                                          .command = paper_lost_command,
                                          .keys = paper_lost_keys,
                                          .title = paper_lost_title,
                                          .close = paper_lost_close};
    struct paper_lost *l = calloc(1, sizeof *l);

    if (!l) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    session_paper_lost_forget(c->session);
    console_push(c, &ops, l);
}
