#include "sign_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "language.h"
#include "paper_page.h"
#include "passphrase.h"
#include "presence.h"

struct sign_in {
    bool to_home;
    struct choice list; /* everybody, then "go on" once the store is open */
    char leaving[PERSON_ID_MAX];
    struct session *session;
    enum kr_error error;
    char detail[192];
};

static size_t rows(struct console *c)
{
    const struct slots *slots = session_slots(c->session);

    return (slots ? slots->count : 0) + (session_is_open(c->session) ? 1 : 0);
}

static const struct person *chosen(struct console *c, const struct sign_in *in)
{
    const struct slots *slots = session_slots(c->session);

    return slots && in->list.chosen < slots->count ? &slots->people[in->list.chosen] : NULL;
}

static void draw_person(struct console *c, struct pane *p, const struct person *who, bool here)
{
    bool present = session_is_present(c->session, who->slot.person);
    const char *hint = demo_hint(c, who->slot.person);
    char roles[128];

    presence_roles(who->roles, roles, sizeof roles);
    if (who->revoked)
        pane_right(p, INK_FAINT, _("revoked"));
    else if (present)
        pane_right(p, INK_GOOD, _("signed in ✓"));
    else if (hint)
        pane_right(p, INK_FAINT, hint);
    pane_put(p, 1, INK_CHOSEN, here ? "▶" : " ");
    pane_put(p, 3, present ? INK_GOOD : INK_FAINT, present ? "●" : "○");
    pane_put(p, 5, here ? INK_CHOSEN : INK_PLAIN, who->name);
    pane_put(p, 24, INK_FAINT, roles);
}

static void sign_in_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct sign_in *in = s->state;
    const struct slots *slots = session_slots(c->session);

    choice_count(&in->list, rows(c));
    pane_next(p);
    pane_wrap(p, 1, INK_STRONG, _("Who is here? Everybody who takes part signs in."));
    pane_wrap(p, 1, INK_PLAIN,
              _("Choose your name, press Enter and type your passphrase. A ceremony needs at least "
                "two people: one who acts and a supervisor."));
    pane_next(p);
    for (size_t i = 0; slots && i < slots->count; i++) {
        if (i == in->list.chosen)
            s->scroll = pane_reveal(p, p->row, p->row);
        draw_person(c, p, &slots->people[i], i == in->list.chosen);
        pane_next(p);
    }
    if (!session_is_open(c->session))
        return;
    bool here = !chosen(c, in);
    pane_next(p);
    if (here)
        s->scroll = pane_reveal(p, p->row, p->row);
    pane_put(p, 1, INK_CHOSEN, here ? "▶" : " ");
    pane_put(p, 3, here ? INK_CHOSEN : INK_PLAIN, _("Go on: what can be done now"));
    pane_next(p);
}

/* The next one who is not here yet, else "go on". */
static void signed_in(struct console *c, void *ctx)
{
    struct sign_in *in = ctx;
    const struct person *who = chosen(c, in);
    char text[160];

    if (who) {
        snprintf(text, sizeof text, _("%s is signed in."), who->name);
        console_say(c, INK_GOOD, text);
    }
    choice_count(&in->list, rows(c));
    while ((who = chosen(c, in)) && session_is_present(c->session, who->slot.person))
        in->list.chosen++;
}

static void leave(struct console *c, struct sign_in *in)
{
    if (in->to_home && session_is_open(c->session))
        paper_or_home(c);
    else
        console_pop(c);
}

static void sign_out_job(void *ctx)
{
    struct sign_in *in = ctx;

    in->error = session_sign_out(in->session, in->leaving);
    snprintf(in->detail, sizeof in->detail, "%s", kr_detail());
}

static void sign_out_done(struct console *c, void *ctx)
{
    struct sign_in *in = ctx;

    if (in->error != KR_OK)
        console_say_error(c, in->error, in->detail);
}

static void sign_in_command(struct console *c, struct screen *s, enum command k)
{
    struct sign_in *in = s->state;
    const struct person *who = chosen(c, in);

    if (console_busy(c))
        return;
    if (k == COMMAND_BACK) {
        leave(c, in);
    } else if (k == COMMAND_SIGN_OUT && who && session_is_present(c->session, who->slot.person)) {
        snprintf(in->leaving, sizeof in->leaving, "%s", who->slot.person);
        in->session = c->session;
        console_work(c, sign_out_job, sign_out_done, in);
    } else if (k == COMMAND_ENTER && !who) {
        leave(c, in);
    } else if (k == COMMAND_ENTER && !session_is_present(c->session, who->slot.person)) {
        passphrase_push(c, PASSPHRASE_SIGN_IN, who->slot.person, who->name,
                        demo_hint(c, who->slot.person), signed_in, in);
    } else {
        choice_command(&in->list, k, 8);
    }
}

static size_t sign_in_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct sign_in *in = s->state;
    const struct person *who = chosen(c, in);
    bool present = who && session_is_present(c->session, who->slot.person);
    size_t n = 0;

    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    if (present)
        out[n++] = (struct key_hint){COMMAND_SIGN_OUT, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    if (!present)
        out[n++] = (struct key_hint){COMMAND_ENTER, who ? _("sign in") : _("go on")};
    return n;
}

static const char *sign_in_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Sign in");
}

static void sign_in_close(struct console *c, struct screen *s)
{
    (void)c;
    free(s->state);
}

void sign_in_push(struct console *c, bool to_home)
{
    static const struct screen_ops ops = {.id = "sign-in",
                                          .draw = sign_in_draw,
                                          .command = sign_in_command,
                                          .keys = sign_in_keys,
                                          .title = sign_in_title,
                                          .close = sign_in_close};
    struct sign_in *in = calloc(1, sizeof *in);

    if (!in) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    in->to_home = to_home;
    console_push(c, &ops, in);
}
