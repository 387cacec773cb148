/*
 * The demonstration: a throw-away centre, two simulated readers and a drawer of cards, in a folder
 * of its own. Its people, passphrases and code sheets are no secrets: they are shown.
 */
#ifndef KEYRITE_UI_DEMO_H
#define KEYRITE_UI_DEMO_H

#include "console.h"
#include "sheets.h"

#define DEMO_ORIGIN "keyrite.demo/national/0571"
#define DEMO_PEOPLE 8
struct demo_person {
    const char *id, *name, *role, *passphrase;
};
extern const struct demo_person demo_people[DEMO_PEOPLE];

struct demo {
    char folder[PATH_ROOM]; /* keyrite's own, made anew on request; "" when --store was given */
    char store[PATH_ROOM], deck[PATH_ROOM];
    enum reader_kind readers;
    char hint[96];
    char desk[SHEET_NAME_MAX]; /* name of the code sheet that lies on the desk, "" for none */
};

/* Folders under ${XDG_RUNTIME_DIR:-/tmp}/keyrite-demo-UID, or those named (NULL: not named). The
 * folder must belong to this user alone (KR_E_FILE). */
enum kr_error demo_place(struct demo *d, const char *store, const char *deck,
                         enum reader_kind readers);
/* There is a demonstration to go on with. */
bool demo_exists(const struct demo *d);
/* Removes keyrite's own folder's store and deck. */
enum kr_error demo_clear(struct demo *d);
/* The deck with its cards and the code sheets, where they are missing. */
enum kr_error demo_fill_deck(const struct demo *d);
enum kr_error demo_session(const struct demo *d, const struct paths *p, struct session **s);

/* "passphrase: wang-demo-1" for a person of the demonstration, else NULL. Good until the next call.
 */
const char *demo_hint(struct console *c, const char *person);
void demo_first_push(struct console *c);

#endif
