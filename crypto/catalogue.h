/*
 * The messages' catalogue and the one UTF-8 locale under which LANGUAGE chooses it
 * (docs/decisions/0006-one-locale.md), for every program that speaks to people.
 */
#ifndef KEYRITE_CRYPTO_CATALOGUE_H
#define KEYRITE_CRYPTO_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

/* The folder "locale" beside the running program, or where it is installed; "" where there is none:
 * then the system's own locales and catalogues serve. */
void catalogue_beside_program(char *folder, size_t room);
/* Sets the locale and opens the catalogue in folder ("" for the system's). Call before any thread.
 * KR_E_LOCALE when no UTF-8 locale can be set. */
enum kr_error catalogue_open(const char *folder);
/* Every gettext() from now on; any thread, any time. */
void catalogue_language(bool chinese);
bool catalogue_is_chinese(void);
/* Chinese can be shown here: in plain C.UTF-8 some systems translate nothing. */
bool catalogue_can_switch(void);

#endif
