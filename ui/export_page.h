/* A bundle of the journal for an auditor (docs/bundle-format.md): asks for the file, then writes
 * and verifies it with its pace. */
#ifndef KEYRITE_UI_EXPORT_PAGE_H
#define KEYRITE_UI_EXPORT_PAGE_H

#include "console.h"

void export_push(struct console *c);

#endif
