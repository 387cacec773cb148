/* The list of papers. */
#include "papers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "pages.h"

#define CEREMONIES_MAX 400

struct papers {
    char ceremonies[CEREMONIES_MAX][40];
    size_t ceremony_count;
    struct choice list;
};

/* Before the ceremonies. */
static const struct {
    enum paper_kind kind;
    const char *title;
} fixed[] = {
    {PAPER_STATISTICS, N_("Statistics: keys, cards and acts")},
    {PAPER_COMPONENT_SHEET, N_("Blank form: component sheet")},
    {PAPER_PIN_ENVELOPE, N_("Blank form: PIN or passphrase envelope")},
};
#define FIXED (sizeof fixed / sizeof fixed[0])

static void add_ceremonies(struct console *c, struct papers *p)
{
    static const char *const status[] = {"open", "closed", "aborted"};

    for (size_t i = 0; i < sizeof status / sizeof status[0]; i++) {
        size_t count = 0;
        enum kr_error error =
            ceremonies_list(session_store(c->session), status[i], p->ceremonies + p->ceremony_count,
                            CEREMONIES_MAX - p->ceremony_count, &count);
        if (error != KR_OK)
            console_say_error(c, error, NULL);
        else
            p->ceremony_count += count;
    }
}

static void papers_draw(struct console *c, struct screen *s, struct pane *pane)
{
    struct papers *p = s->state;
    char text[160];

    (void)c;
    for (size_t i = 0; i < p->list.count; i++) {
        bool here = i == p->list.chosen;
        if (i >= FIXED && (i - FIXED) % 2 == 0)
            snprintf(text, sizeof text, _("Report of %s"), p->ceremonies[(i - FIXED) / 2]);
        else if (i >= FIXED)
            snprintf(text, sizeof text, _("Record of the destruction of cards spoiled in %s"),
                     p->ceremonies[(i - FIXED) / 2]);
        else
            snprintf(text, sizeof text, "%s", _(fixed[i].title));
        pane_put(pane, 1, INK_CHOSEN, here ? "▶" : " ");
        pane_put(pane, 3, here ? INK_CHOSEN : INK_PLAIN, text);
        if (here)
            s->scroll = pane_reveal(pane, pane->row, pane->row);
        pane_next(pane);
    }
}

static void papers_command(struct console *c, struct screen *s, enum command k)
{
    struct papers *p = s->state;
    size_t i = p->list.chosen;

    if (k == COMMAND_BACK)
        console_pop(c);
    else if (k == COMMAND_ENTER && i < FIXED)
        paper_push(c, fixed[i].kind, "");
    else if (k == COMMAND_ENTER && i < p->list.count)
        paper_push(c, (i - FIXED) % 2 == 0 ? PAPER_REPORT : PAPER_DESTRUCTION,
                   p->ceremonies[(i - FIXED) / 2]);
    else
        choice_command(&p->list, k, 10);
}

static size_t papers_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = page_keys(c, s, out);

    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("make it")};
    return n;
}

static const char *papers_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Papers");
}

void papers_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "papers",
                                          .draw = papers_draw,
                                          .command = papers_command,
                                          .keys = papers_keys,
                                          .title = papers_title,
                                          .close = page_close};
    struct papers *p = calloc(1, sizeof *p);

    if (!p) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    add_ceremonies(c, p);
    choice_count(&p->list, FIXED + 2 * p->ceremony_count);
    console_push(c, &ops, p);
}
