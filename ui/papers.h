/* Papers: reports of ceremonies, statistics, blank forms. Each is made on the worker, written as
 * text and as PDF into the store's folder "exports", and shown. */
#ifndef KEYRITE_UI_PAPERS_H
#define KEYRITE_UI_PAPERS_H

#include "console.h"

enum paper_kind {
    PAPER_REPORT,      /* of a ceremony */
    PAPER_DESTRUCTION, /* of the cards that a ceremony spoiled */
    PAPER_STATISTICS,
    PAPER_COMPONENT_SHEET,
    PAPER_PIN_ENVELOPE,
};
/* The list. */
void papers_push(struct console *c);
/* One of them; ceremony "" where it is of none. */
void paper_push(struct console *c, enum paper_kind kind, const char *ceremony);

#endif
