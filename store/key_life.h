/*
 * The life of a key: its states, as NIST SP 800-57 part 1, section 7, names them, the acts that
 * lead from one to another, and what is said to whoever asks for an act that its state does not
 * allow. One table; ceremonies ask it, and the auditor's check asks it again for every entry.
 * docs/journal-format.md, "The life of a key".
 */
#ifndef KEYRITE_STORE_KEY_LIFE_H
#define KEYRITE_STORE_KEY_LIFE_H

#include <stdbool.h>
#include "../crypto/error.h"

enum key_state {
    KEY_GENERATED,             /* pre-activation */
    KEY_ACTIVE,                /* active */
    KEY_RETIRED,               /* deactivated */
    KEY_COMPROMISED,           /* compromised */
    KEY_DESTROYED,             /* destroyed */
    KEY_DESTROYED_COMPROMISED, /* destroyed compromised */
    KEY_STATES
};
enum key_act {
    KEY_ACTIVATE,
    KEY_RETIRE,
    KEY_RESTORE,
    KEY_DESTROY,
    KEY_COMPROMISE,
    KEY_SUPERSEDE, /* what activating or restoring a version does to the one that served */
    KEY_ACTS
};
/* The word that rows and entries keep: "generated", "active", "retired", "compromised",
 * "destroyed", "destroyed-compromised". */
const char *key_state_word(enum key_state state);
bool key_state_by_word(const char *word, enum key_state *state);
/* The name that the standard has for it, N_() text: "deactivated" for "retired". */
const char *key_state_standard(enum key_state state);
/* "activate", "retire", "restore", "destroy", "compromise", "supersede". */
const char *key_act_word(enum key_act act);
bool key_act_by_word(const char *word, enum key_act *act);
/* Destroyed, compromised or not: nothing of its material is left. */
bool key_state_is_gone(enum key_state state);

/* The state after the act. Refused, with key (how people name it) as detail: KR_E_KEY_ACTIVE,
 * KR_E_KEY_RETIRED, KR_E_KEY_RETIRED_ALREADY, KR_E_KEY_NEVER_ACTIVE, KR_E_KEY_NEVER_RETIRED,
 * KR_E_KEY_IN_USE, KR_E_KEY_COMPROMISED, KR_E_KEY_MARKED, KR_E_KEY_DESTROYED. */
enum kr_error key_life_next(enum key_state state, enum key_act act, const char *key,
                            enum key_state *next);
/* Whether an entry that says it was this act may lead a key from one state to the other: the act
 * itself, or that the key was superseded by it. */
bool key_life_admits(enum key_act act, enum key_state from, enum key_state to);

#endif
