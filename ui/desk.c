#include "desk.h"

#include <string.h>

#include "language.h"
#include "masked.h"

#define BLOCK_TEXT 5 /* four digits and the check letter */

/* "12AB" and a letter, eight times: the blocks of a component; NULL for any other line. */
static const char *blocks_of(const char *line)
{
    const char *colon = strstr(line, ": ");

    if (!colon || strncmp(line, "component", 9) != 0 || strstr(line, " kcv:"))
        return NULL;
    return colon + 2;
}

static void draw_component(struct pane *p, const char *line, const char *blocks)
{
    int a_row = (p->area.width - MASKED_LABEL) / MASKED_BLOCK;
    char name[16];
    size_t name_len = (size_t)(blocks - 2 - line);

    a_row = a_row >= 8 ? 8 : a_row >= 4 ? 4 : 1;
    if (name_len >= sizeof name)
        name_len = sizeof name - 1;
    memcpy(name, line, name_len);
    name[name_len] = '\0';
    if (strncmp(name, "component ", 10) == 0)
        memmove(name, name + 10, strlen(name + 10) + 1);
    pane_put(p, 3, INK_FAINT, name);
    for (int n = 0; strlen(blocks) >= BLOCK_TEXT; n++) {
        if (n > 0 && n % a_row == 0)
            pane_next(p);
        pane_putf(p, MASKED_LABEL + n % a_row * MASKED_BLOCK, INK_STRONG, "%.*s", BLOCK_TEXT,
                  blocks);
        blocks += BLOCK_TEXT;
        blocks += *blocks == ' ';
    }
    pane_next(p);
}

/* Sheets are written in English: what stands before the colon is said in the reader's language. */
static void draw_value(struct pane *p, char *line)
{
    static const char *const labels[] = {
        N_("component A kcv"),    N_("component B kcv"),       N_("component C kcv"),
        N_("component 1 kcv"),    N_("component 2 kcv"),       N_("key kcv"),
        N_("key of A and B kcv"), N_("key of A, B and C kcv"), N_("pin")};
    char *colon = strstr(line, ": ");
    const char *label = line;

    if (colon)
        *colon = '\0';
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (strcmp(labels[i], line) == 0)
            label = _(labels[i]);
    pane_putf(p, 3, INK_FAINT, "%s%s%s", label, colon ? ": " : "", colon ? colon + 2 : "");
    pane_next(p);
}

void desk_draw(struct pane *p, char *text)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *blocks = blocks_of(line);
        /* what it is for stands on the screen already */
        if (strncmp(line, "REHEARSAL", 9) == 0 || strncmp(line, "sheet:", 6) == 0)
            continue;
        if (blocks)
            draw_component(p, line, blocks);
        else
            draw_value(p, line);
    }
}
