#include "lock.h"

#include <stdlib.h>

#include "language.h"
#include "present_choice.h"

struct lock {
    struct choice people;
};

static void lock_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct lock *l = s->state;

    pane_next(p);
    pane_put(p, 2, INK_STRONG, _("Locked"));
    pane_next(p);
    pane_next(p);
    pane_wrap(p, 2, INK_PLAIN,
              _("Nobody has pressed a key for a while. Nothing is lost: whoever is present chooses "
                "the own name, types the passphrase, and the work goes on where it was."));
    pane_next(p);
    present_choice_draw(c, &l->people, NULL, NULL, p);
    if (l->people.count == 0)
        pane_wrap(p, 2, INK_WARN, _("Nobody is signed in any more; press Enter."));
}

static void unlocked(struct console *c, void *ctx)
{
    (void)ctx;
    console_pop(c);
}

static void lock_command(struct console *c, struct screen *s, enum command k)
{
    struct lock *l = s->state;
    struct present_person anybody[1];

    if (choice_command(&l->people, k, 8) || k != COMMAND_ENTER)
        return;
    if (session_present(c->session, anybody, 1) == 0)
        console_pop(c);
    else
        present_choice_prove(c, &l->people, PASSPHRASE_UNLOCK, unlocked);
}

static size_t lock_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)c;
    (void)s;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("unlock")};
    return n;
}

static const char *lock_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Locked");
}

static void lock_close(struct console *c, struct screen *s)
{
    (void)c;
    free(s->state);
}

static const struct screen_ops lock_ops = {.id = "lock",
                                           .draw = lock_draw,
                                           .command = lock_command,
                                           .keys = lock_keys,
                                           .title = lock_title,
                                           .close = lock_close};

void lock_push(struct console *c)
{
    struct present_person anybody[1];

    for (const struct screen *s = c->top; s; s = s->below)
        if (s->ops == &lock_ops)
            return;
    if (!c->session || session_present(c->session, anybody, 1) == 0)
        return;
    c->message[0] = '\0';
    console_push(c, &lock_ops, calloc(1, sizeof(struct lock)));
}
