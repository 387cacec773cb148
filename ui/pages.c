#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/harden.h"
#include "language.h"
#include "presence.h"

size_t page_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)c;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (s->more)
        out[n++] = (struct key_hint){COMMAND_PAGE_DOWN, NULL};
    return n;
}

void page_command(struct console *c, struct screen *s, enum command k)
{
    if (k == COMMAND_BACK || k == COMMAND_ENTER)
        console_pop(c);
    else if (k == COMMAND_DOWN || k == COMMAND_PAGE_DOWN)
        s->scroll += k == COMMAND_DOWN ? 1 : 10;
    else if (k == COMMAND_UP || k == COMMAND_PAGE_UP)
        s->scroll -= k == COMMAND_UP ? 1 : 10;
}

void page_close(struct console *c, struct screen *s)
{
    (void)c;
    free(s->state);
}

/* ---- People ---- */

static void people_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct slots *slots = session_slots(c->session);
    char roles[128], line[160];

    (void)s;
    if (!slots) {
        pane_wrap(p, 2, INK_PLAIN, _("Nobody is enrolled yet: the centre has not been founded."));
        return;
    }
    snprintf(line, sizeof line, _("The vault opens with %u of %u custodians."), slots->quorum,
             slots->holders);
    pane_wrap(p, 2, INK_PLAIN, line);
    pane_next(p);
    pane_put(p, 4, INK_FAINT, _("name"));
    pane_put(p, 32, INK_FAINT, _("short name"));
    pane_put(p, 46, INK_FAINT, _("roles"));
    pane_right(p, INK_FAINT, _("vault share"));
    pane_next(p);
    for (size_t i = 0; i < slots->count; i++) {
        const struct person *who = &slots->people[i];
        bool present = session_is_present(c->session, who->slot.person);
        presence_roles(who->roles, roles, sizeof roles);
        if (who->slot.share_index)
            snprintf(line, sizeof line, "%u", (unsigned)who->slot.share_index);
        else
            snprintf(line, sizeof line, "—");
        pane_right(p, INK_PLAIN, line);
        pane_put(p, 2, present ? INK_GOOD : INK_FAINT, who->revoked ? "✗" : present ? "●" : "○");
        pane_put(p, 4, INK_PLAIN, who->name);
        pane_put(p, 32, INK_PLAIN, who->slot.person);
        pane_put(p, 46, INK_PLAIN, who->revoked ? _("revoked") : roles);
        pane_next(p);
    }
}

static const char *people_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("People");
}

void people_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "people",
                                          .draw = people_draw,
                                          .command = page_command,
                                          .keys = page_keys,
                                          .title = people_title,
                                          .close = page_close};

    console_push(c, &ops, NULL);
}

/* ---- Security status ---- */

#define SECURITY_ROWS 32
struct security {
    struct security_item items[SECURITY_ROWS];
    size_t count;
};

static void security_draw(struct console *c, struct screen *s, struct pane *p)
{
    static const char *const marks[] = {"✓", "!", "✗"};
    static const enum ink inks[] = {INK_GOOD, INK_WARN, INK_BAD};
    struct security *status = s->state;
    char line[256];

    (void)c;
    pane_wrap(p, 2, INK_PLAIN,
              _("A general-purpose computer is not a secure cryptographic device. What this one "
                "offers to keep secrets in:"));
    pane_next(p);
    for (size_t i = 0; i < status->count; i++) {
        const struct security_item *item = &status->items[i];
        pane_put(p, 2, inks[item->level], marks[item->level]);
        pane_put(p, 4, INK_STRONG, _(item->name));
        snprintf(line, sizeof line, "%s%s%s", _(item->finding), item->detail[0] ? " · " : "",
                 item->detail);
        pane_wrap(p, 28, item->level == SECURITY_GOOD ? INK_PLAIN : inks[item->level], line);
    }
}

static const char *security_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Security status");
}

void security_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "security",
                                          .draw = security_draw,
                                          .command = page_command,
                                          .keys = page_keys,
                                          .title = security_title,
                                          .close = page_close};
    struct security *status = calloc(1, sizeof *status);

    if (!status) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    struct vault *vault = c->session ? session_vault(c->session) : NULL;
    status->count = security_probe(vault ? vault_pid(vault) : 0, status->items, SECURITY_ROWS);
    console_push(c, &ops, status);
}
