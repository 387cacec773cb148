/*
 * Language of the interface: one UTF-8 locale (built by `make locale`, beside the program) under
 * which LANGUAGE chooses the catalogue and can be switched live. docs/decisions/locale.md says why
 * it is not zh_CN.UTF-8.
 */
#ifndef KEYRITE_UI_LANGUAGE_H
#define KEYRITE_UI_LANGUAGE_H

#include <libintl.h>
#include <stdbool.h>
#include "paths.h"

#define _(text) gettext(text)

/* named: "zh_CN", "en", or NULL for what the environment says. Call before any thread and after
 * paths_find(). KR_E_LOCALE when no UTF-8 locale can be set; KR_E_COMMAND_LINE for another
 * language. */
enum kr_error language_start(const struct paths *p, const char *named);
/* Chinese can be shown here: in plain C.UTF-8 some systems translate nothing. */
bool language_can_switch(void);
void language_set(bool chinese);
bool language_chinese(void);

#endif
