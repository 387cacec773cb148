#include "drawer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cardio/deck.h"
#include "../ceremony/vocabulary.h"
#include "demo.h"
#include "desk.h"
#include "language.h"
#include "text.h"

#define CARDS_MAX 128

struct drawer {
    size_t reader;
    bool sheets; /* the sheets are shown, not the cards */
    struct deck_card cards[CARDS_MAX];
    size_t card_count;
    char names[SHEETS_MAX][SHEET_NAME_MAX];
    size_t sheet_count;
    struct choice card, sheet;
    char problem[512];
};

static const char *deck_of(struct console *c)
{
    return session_options(c->session)->deck;
}

static void look(struct console *c, struct drawer *d)
{
    char text[sizeof d->problem];
    enum kr_error e = deck_list(deck_of(c), d->cards, CARDS_MAX, &d->card_count);

    if (e != KR_OK)
        memcpy(d->problem, kr_explain(e, NULL, text, sizeof text), sizeof d->problem);
    if (d->card_count > CARDS_MAX)
        d->card_count = CARDS_MAX;
    d->sheet_count = sheets_list(deck_of(c), d->names, SHEETS_MAX);
    choice_count(&d->card, d->card_count);
    choice_count(&d->sheet, d->sheet_count);
}

static void drawer_size(struct console *c, struct screen *s, int *height, int *width)
{
    (void)s;
    *height = c->terminal.height - 4;
    *width = c->terminal.width > 100 ? 96 : c->terminal.width - 4;
}

static void draw_cards(const struct drawer *d, struct screen *s, struct pane *p)
{
    for (size_t i = 0; i < d->card_count; i++) {
        const struct deck_card *card = &d->cards[i];
        bool here = i == d->card.chosen;
        enum ink ink = here ? INK_CHOSEN : INK_PLAIN;
        if (here)
            s->scroll = pane_reveal(p, p->row, p->row);
        if (card->slot >= 0) {
            char where[48];
            snprintf(where, sizeof where, _("in reader %d ✓"), card->slot + 1);
            pane_right(p, INK_GOOD, where);
        } else {
            pane_right(p, INK_FAINT, _("in the drawer"));
        }
        pane_put(p, 0, INK_CHOSEN, here ? "▶" : " ");
        pane_put(p, 2, ink, card->name);
        pane_put(p, 20, card->looks[0] ? INK_STRONG : INK_FAINT,
                 card->looks[0] ? card->looks : vocabulary(card->kind));
        pane_next(p);
    }
}

static void draw_sheet_text(struct console *c, const struct drawer *d, struct pane *p)
{
    char text[SHEET_TEXT_MAX];

    if (d->sheet_count == 0 || sheet_read(deck_of(c), d->names[d->sheet.chosen], text) != KR_OK)
        return;
    desk_draw(p, text);
}

/* The chosen sheet's text stands on top, the names below it in columns. */
static void draw_sheets(struct console *c, const struct drawer *d, struct pane *p)
{
    const char *desk = c->setup.demo ? c->setup.demo->desk : "";
    int columns = p->area.width / 24 > 0 ? p->area.width / 24 : 1;
    int start = 10;

    draw_sheet_text(c, d, p);
    p->row = start;
    for (size_t i = 0; i < d->sheet_count; i++) {
        bool here = i == d->sheet.chosen;
        bool lies = strcmp(desk, d->names[i]) == 0;
        int column = (int)(i % (size_t)columns) * 24;
        p->row = start + (int)i / columns;
        pane_put(p, column, INK_CHOSEN, here ? "▶" : " ");
        pane_putf(p, column + 2, here ? INK_CHOSEN : INK_PLAIN, "%s%s", d->names[i],
                  lies ? " ✓" : "");
    }
    pane_next(p);
}

static void drawer_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct drawer *d = s->state;

    look(c, d);
    if (d->sheets)
        draw_sheets(c, d, p);
    else
        draw_cards(d, s, p);
    if (d->problem[0]) {
        pane_next(p);
        pane_marked(p, 0, INK_WARN, "!", d->problem);
    }
}

/* Into the reader, or back into the drawer when it lies there already. What lay in the reader goes
 * back first. */
static void put_card(struct console *c, struct drawer *d, int slot)
{
    char text[sizeof d->problem];
    enum kr_error e = KR_OK;

    if (d->card.chosen >= d->card_count)
        return;
    const struct deck_card *card = &d->cards[d->card.chosen];
    int lies = card->slot;
    d->problem[0] = '\0';
    if (lies >= 0)
        e = deck_eject(deck_of(c), lies);
    if (e == KR_OK && slot >= 0 && lies != slot) {
        char other[DECK_NAME_MAX] = "";
        e = deck_in_slot(deck_of(c), slot, other);
        if (e == KR_OK && other[0])
            e = deck_eject(deck_of(c), slot);
        if (e == KR_OK)
            e = deck_insert(deck_of(c), card->name, slot);
    }
    if (e != KR_OK)
        memcpy(d->problem, kr_explain(e, NULL, text, sizeof text), sizeof d->problem);
}

static void lay_on_desk(struct console *c, struct drawer *d)
{
    struct demo *demo = c->setup.demo;

    if (!demo || d->sheet_count == 0)
        return;
    if (strcmp(demo->desk, d->names[d->sheet.chosen]) == 0)
        demo->desk[0] = '\0';
    else
        snprintf(demo->desk, sizeof demo->desk, "%s", d->names[d->sheet.chosen]);
    console_pop(c);
}

static void cards_command(struct console *c, struct drawer *d, enum command k)
{
    switch (k) {
    case COMMAND_SLOT_1:
        put_card(c, d, 0);
        break;
    case COMMAND_SLOT_2:
        put_card(c, d, 1);
        break;
    case COMMAND_PULL:
        put_card(c, d, -1);
        break;
    case COMMAND_ENTER:
        if (d->card.chosen < d->card_count && d->cards[d->card.chosen].slot != (int)d->reader)
            put_card(c, d, (int)d->reader);
        if (!d->problem[0])
            console_pop(c);
        break;
    default:
        choice_command(&d->card, k, 8);
        break;
    }
}

static void sheets_command(struct console *c, struct drawer *d, enum command k)
{
    if (k == COMMAND_ENTER)
        lay_on_desk(c, d);
    else if (k == COMMAND_LEFT)
        choice_command(&d->sheet, COMMAND_UP, 1);
    else if (k == COMMAND_RIGHT)
        choice_command(&d->sheet, COMMAND_DOWN, 1);
    else if (k == COMMAND_UP || k == COMMAND_DOWN) {
        size_t step = (size_t)((c->terminal.width > 100 ? 92 : c->terminal.width - 8) / 24);
        choice_command(&d->sheet, k == COMMAND_UP ? COMMAND_PAGE_UP : COMMAND_PAGE_DOWN, step);
    } else
        choice_command(&d->sheet, k, 8);
}

static void drawer_command(struct console *c, struct screen *s, enum command k)
{
    struct drawer *d = s->state;

    if (k == COMMAND_BACK || k == COMMAND_DRAWER) {
        console_pop(c);
    } else if (k == COMMAND_NEXT || k == COMMAND_PREVIOUS) {
        d->sheets = !d->sheets;
        s->scroll = 0;
    } else if (d->sheets) {
        sheets_command(c, d, k);
    } else {
        cards_command(c, d, k);
    }
}

static size_t drawer_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct drawer *d = s->state;
    size_t n = 0;

    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, _("close")};
    out[n++] = (struct key_hint){COMMAND_NEXT, d->sheets ? _("cards") : _("code sheets")};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    if (d->sheets) {
        if (c->setup.demo)
            out[n++] = (struct key_hint){COMMAND_ENTER, _("onto the desk")};
        return n;
    }
    out[n++] = (struct key_hint){COMMAND_SLOT_1, NULL};
    out[n++] = (struct key_hint){COMMAND_SLOT_2, NULL};
    out[n++] = (struct key_hint){COMMAND_PULL, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, d->reader == 1 ? _("reader 2") : _("reader 1")};
    return n;
}

static const char *drawer_title(struct console *c, struct screen *s)
{
    struct drawer *d = s->state;

    (void)c;
    return d->sheets ? _("Code sheets") : _("Drawer of simulated cards");
}

static void drawer_close(struct console *c, struct screen *s)
{
    (void)c;
    free(s->state);
}

void drawer_push(struct console *c, size_t reader, const char *card, bool sheets)
{
    static const struct screen_ops ops = {.id = "drawer",
                                          .overlay = true,
                                          .size = drawer_size,
                                          .draw = drawer_draw,
                                          .command = drawer_command,
                                          .keys = drawer_keys,
                                          .title = drawer_title,
                                          .close = drawer_close};
    struct drawer *d = calloc(1, sizeof *d);

    if (!d) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    d->reader = reader;
    d->sheets = sheets;
    look(c, d);
    for (size_t i = 0; i < d->card_count; i++)
        if (strcmp(d->cards[i].name, card) == 0)
            d->card.chosen = i;
    for (size_t i = 0; c->setup.demo && i < d->sheet_count; i++)
        if (strcmp(d->names[i], c->setup.demo->desk) == 0)
            d->sheet.chosen = i;
    console_push(c, &ops, d);
}
