/* The pages that only show: people, security status, journal. Each is pushed over the screen that
 * asks for it. */
#ifndef KEYRITE_UI_PAGES_H
#define KEYRITE_UI_PAGES_H

#include "console.h"

void people_push(struct console *c);
void security_push(struct console *c);
void journal_push(struct console *c);
/* One entry whole, with its proof. */
void entry_push(struct console *c, uint64_t seq);
/* The whole journal is verified, with its pace. */
void verify_push(struct console *c);
/* Lines of a list of entries: each is read as it comes into view, so that their number does not
 * matter. */
#define JOURNAL_CACHE 64
struct journal_row {
    bool known;
    uint64_t seq;
    int64_t time_ms;
    char kind[KIND_MAX];
    char ceremony[40];
    char about[96]; /* the step, or whom the entry is about */
    char who[96];
};
void journal_head_draw(struct pane *p);
void journal_row_draw(struct console *c, struct pane *p, struct journal_row cache[JOURNAL_CACHE],
                      uint64_t seq, bool chosen);
/* "2026-11-25 04:40:12" */
void journal_stamp(int64_t time_ms, char *out, size_t room);

/* The keys of a page that only scrolls, and what they do. */
size_t page_keys(struct console *c, struct screen *s, struct key_hint *out);
void page_command(struct console *c, struct screen *s, enum command k);
void page_close(struct console *c, struct screen *s); /* free(s->state) */

#endif
