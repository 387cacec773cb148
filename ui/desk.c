#include "desk.h"

#include <string.h>

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

void desk_draw(struct pane *p, char *text)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *blocks = blocks_of(line);
        /* what it is for stands on the screen already */
        if (strncmp(line, "REHEARSAL", 9) == 0 || strncmp(line, "sheet:", 6) == 0)
            continue;
        if (blocks) {
            draw_component(p, line, blocks);
        } else {
            pane_put(p, 3, INK_FAINT, line);
            pane_next(p);
        }
    }
}
