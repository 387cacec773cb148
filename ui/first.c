#include "first.h"

#include <stdio.h>

#include "../ceremony/vocabulary.h"
#include "language.h"
#include "pages.h"
#include "runner.h"
#include "sign_in.h"

static void fact(struct pane *p, const char *label, const char *value)
{
    pane_put(p, 3, INK_FAINT, label);
    pane_put(p, 24, INK_PLAIN, value);
    pane_next(p);
}

static void first_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct session_options *o = session_options(c->session);
    const struct slots *slots = session_slots(c->session);

    (void)s;
    pane_next(p);
    pane_putf(p, 3, INK_STRONG, "keyrite %s", KEYRITE_VERSION);
    pane_next(p);
    pane_next(p);
    if (slots) {
        fact(p, _("centre"), slots->centre.name);
        fact(p, _("tier"), vocabulary(tier_name(slots->centre.tier)));
        fact(p, _("journal"), slots->centre.origin);
    }
    fact(p, _("store"), o->store_dir);
    fact(p, _("readers"), o->readers == READER_SIM ? _("simulated") : "PC/SC");
    pane_next(p);
    if (slots)
        pane_wrap(p, 3, INK_STRONG, _("▶ Press Enter to sign in."));
    else
        pane_wrap(p, 3, INK_STRONG,
                  _("▶ There is no store here yet. Press Enter to found the centre: who it is, its "
                    "people, and how many custodians open the vault."));
    pane_next(p);
    pane_wrap(p, 3, INK_FAINT, _("Press F3 for the other language. 按 F3 切换中文。"));
}

static void first_command(struct console *c, struct screen *s, enum command k)
{
    char path[PATH_ROOM];

    (void)s;
    if (k == COMMAND_LEAVE || k == COMMAND_BACK) {
        c->leave = true;
    } else if (k == COMMAND_DETAILS) {
        security_push(c);
    } else if (k == COMMAND_ENTER && session_has_store(c->session)) {
        sign_in_push(c, true);
    } else if (k == COMMAND_ENTER) {
        enum kr_error e = paths_script(&c->setup.paths, "site-init", path);
        if (e == KR_OK)
            runner_push(c, path, NULL);
        else
            console_say_error(c, e, NULL);
    }
}

static size_t first_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)s;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_DETAILS, _("Security")};
    out[n++] = (struct key_hint){COMMAND_LEAVE, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] =
        (struct key_hint){COMMAND_ENTER, session_has_store(c->session) ? _("sign in") : _("found")};
    return n;
}

static void first_close(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
}

void first_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "first",
                                          .draw = first_draw,
                                          .command = first_command,
                                          .keys = first_keys,
                                          .close = first_close};

    console_push(c, &ops, NULL);
}
