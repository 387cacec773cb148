#include "masked.h"

#include <stdio.h>
#include <string.h>

#include "../crypto/component.h"
#include "language.h"

size_t masked_digits(const struct secret_entry_state *state)
{
    size_t digits = 0;

    for (size_t b = 0; b < state->blocks && b < ENTRY_BLOCKS_MAX; b++)
        digits += state->fill[b] < BLOCK_DIGITS ? state->fill[b] : BLOCK_DIGITS;
    return digits;
}

size_t masked_wrong(const struct secret_entry_state *state)
{
    for (size_t b = 0; b < state->blocks && b < ENTRY_BLOCKS_MAX; b++)
        if (state->state[b] == BLOCK_WRONG)
            return b + 1;
    return 0;
}

/* "●●▏" : as many dots as characters, and where the next one goes. */
static void dots(size_t count, bool cursor, char *out, size_t room)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && at + 8 < room; i++)
        at += (size_t)snprintf(out + at, room - at, "●");
    if (cursor)
        snprintf(out + at, room - at, "▏");
}

static void draw_free(struct pane *p, const struct secret_entry_state *state)
{
    char line[512];
    size_t most = p->area.width > MASKED_LABEL + 4 ? (size_t)(p->area.width - MASKED_LABEL - 4) : 1;
    size_t shown = state->typed < most ? state->typed : most;

    dots(shown, true, line, sizeof line);
    pane_put(p, 2, INK_KEY, "▶");
    pane_put(p, 4, INK_STRONG, line);
    pane_next(p);
}

static void draw_mark(struct pane *p, int column, enum block_state state)
{
    if (state == BLOCK_GOOD)
        pane_put(p, column, INK_GOOD, "✓");
    else if (state == BLOCK_WRONG)
        pane_put(p, column, INK_BAD, "✗");
    else if (state == BLOCK_FULL)
        pane_put(p, column, INK_PLAIN, "·");
}

static void draw_row(struct pane *p, const struct secret_entry_state *state, size_t first,
                     size_t last)
{
    char line[64];
    int column;

    pane_put(p, 3, INK_FAINT, _("block"));
    for (size_t b = first; b < last; b++) {
        column = MASKED_LABEL + (int)(b - first) * MASKED_BLOCK;
        pane_putf(p, column + 1, b == state->block ? INK_STRONG : INK_FAINT, "%zu", b + 1);
    }
    pane_next(p);
    for (size_t b = first; b < last; b++) {
        bool here = b == state->block && !state->complete;
        column = MASKED_LABEL + (int)(b - first) * MASKED_BLOCK;
        dots(state->fill[b], here, line, sizeof line);
        pane_put(p, column, here ? INK_STRONG : INK_PLAIN, line);
    }
    pane_next(p);
    for (size_t b = first; b < last; b++)
        draw_mark(p, MASKED_LABEL + (int)(b - first) * MASKED_BLOCK + 2, state->state[b]);
    pane_next(p);
}

static void draw_blocks(struct pane *p, const struct secret_entry_state *state)
{
    size_t blocks = state->blocks < ENTRY_BLOCKS_MAX ? state->blocks : ENTRY_BLOCKS_MAX;
    int room = (p->area.width - MASKED_LABEL) / MASKED_BLOCK;
    size_t a_row = room >= 8 ? 8 : room >= 4 ? 4 : 1;

    for (size_t b = 0; b < blocks; b += a_row)
        draw_row(p, state, b, b + a_row < blocks ? b + a_row : blocks);
}

void masked_draw(struct pane *p, const struct secret_entry_spec *spec,
                 const struct secret_entry_state *state)
{
    if (spec->kind != ENTRY_COMPONENT) {
        draw_free(p, state);
        if (spec->kind == ENTRY_PIN)
            pane_putf(p, 4, INK_FAINT, _("%zu digits typed; Enter when done"), state->typed);
        else
            pane_putf(p, 4, INK_FAINT, _("%zu characters typed; Enter when done"), state->typed);
        pane_next(p);
        return;
    }
    draw_blocks(p, state);
    pane_putf(p, 4, INK_FAINT,
              spec->check_letters
                  ? _("%zu of %zu digits · each block is checked as you type")
                  : _("%zu of %zu digits · parity and value are checked at the end"),
              masked_digits(state), spec->digits);
    pane_next(p);
}
