#include "key_life.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *word, *standard;
} states[KEY_STATES] = {
    [KEY_GENERATED] = {"generated", N_("pre-activation")},
    [KEY_ACTIVE] = {"active", N_("active")},
    [KEY_RETIRED] = {"retired", N_("deactivated")},
    [KEY_COMPROMISED] = {"compromised", N_("compromised")},
    [KEY_DESTROYED] = {"destroyed", N_("destroyed")},
    [KEY_DESTROYED_COMPROMISED] = {"destroyed-compromised", N_("destroyed compromised")},
};
static const char *const acts[KEY_ACTS] = {
    [KEY_ACTIVATE] = "activate", [KEY_RETIRE] = "retire",         [KEY_RESTORE] = "restore",
    [KEY_DESTROY] = "destroy",   [KEY_COMPROMISE] = "compromise", [KEY_SUPERSEDE] = "supersede",
};

const char *key_state_word(enum key_state state)
{
    return states[state].word;
}

const char *key_state_standard(enum key_state state)
{
    return states[state].standard;
}

bool key_state_by_word(const char *word, enum key_state *state)
{
    for (*state = 0; *state < KEY_STATES; (*state)++)
        if (strcmp(states[*state].word, word) == 0)
            return true;
    return false;
}

const char *key_act_word(enum key_act act)
{
    return acts[act];
}

bool key_act_by_word(const char *word, enum key_act *act)
{
    for (*act = 0; *act < KEY_ACTS; (*act)++)
        if (strcmp(acts[*act], word) == 0)
            return true;
    return false;
}

bool key_state_is_gone(enum key_state state)
{
    return state == KEY_DESTROYED || state == KEY_DESTROYED_COMPROMISED;
}

/* ---- The table ---- */

#define TO(state)                                                                                  \
    {                                                                                              \
        KR_OK, (state)                                                                             \
    }
#define NO(error)                                                                                  \
    {                                                                                              \
        (error), KEY_STATES                                                                        \
    }

/* A key that is active is not destroyed: it has to be out of use first. One that was never active
 * may be, and may be superseded: a first version serves from its birth on. */
static const struct {
    enum kr_error error;
    enum key_state next;
} table[KEY_STATES][KEY_ACTS] = {
    [KEY_GENERATED] = {[KEY_ACTIVATE] = TO(KEY_ACTIVE),
                       [KEY_RETIRE] = NO(KR_E_KEY_NEVER_ACTIVE),
                       [KEY_RESTORE] = NO(KR_E_KEY_NEVER_RETIRED),
                       [KEY_DESTROY] = TO(KEY_DESTROYED),
                       [KEY_COMPROMISE] = TO(KEY_COMPROMISED),
                       [KEY_SUPERSEDE] = TO(KEY_RETIRED)},
    [KEY_ACTIVE] = {[KEY_ACTIVATE] = NO(KR_E_KEY_ACTIVE),
                    [KEY_RETIRE] = TO(KEY_RETIRED),
                    [KEY_RESTORE] = NO(KR_E_KEY_NEVER_RETIRED),
                    [KEY_DESTROY] = NO(KR_E_KEY_IN_USE),
                    [KEY_COMPROMISE] = TO(KEY_COMPROMISED),
                    [KEY_SUPERSEDE] = TO(KEY_RETIRED)},
    [KEY_RETIRED] = {[KEY_ACTIVATE] = NO(KR_E_KEY_RETIRED),
                     [KEY_RETIRE] = NO(KR_E_KEY_RETIRED_ALREADY),
                     [KEY_RESTORE] = TO(KEY_ACTIVE),
                     [KEY_DESTROY] = TO(KEY_DESTROYED),
                     [KEY_COMPROMISE] = TO(KEY_COMPROMISED),
                     [KEY_SUPERSEDE] = NO(KR_E_KEY_RETIRED_ALREADY)},
    [KEY_COMPROMISED] = {[KEY_ACTIVATE] = NO(KR_E_KEY_COMPROMISED),
                         [KEY_RETIRE] = NO(KR_E_KEY_COMPROMISED),
                         [KEY_RESTORE] = NO(KR_E_KEY_COMPROMISED),
                         [KEY_DESTROY] = TO(KEY_DESTROYED_COMPROMISED),
                         [KEY_COMPROMISE] = NO(KR_E_KEY_MARKED),
                         [KEY_SUPERSEDE] = NO(KR_E_KEY_COMPROMISED)},
    [KEY_DESTROYED] = {[KEY_ACTIVATE] = NO(KR_E_KEY_DESTROYED),
                       [KEY_RETIRE] = NO(KR_E_KEY_DESTROYED),
                       [KEY_RESTORE] = NO(KR_E_KEY_DESTROYED),
                       [KEY_DESTROY] = NO(KR_E_KEY_DESTROYED),
                       [KEY_COMPROMISE] = TO(KEY_DESTROYED_COMPROMISED),
                       [KEY_SUPERSEDE] = NO(KR_E_KEY_DESTROYED)},
    [KEY_DESTROYED_COMPROMISED] = {[KEY_ACTIVATE] = NO(KR_E_KEY_DESTROYED),
                                   [KEY_RETIRE] = NO(KR_E_KEY_DESTROYED),
                                   [KEY_RESTORE] = NO(KR_E_KEY_DESTROYED),
                                   [KEY_DESTROY] = NO(KR_E_KEY_DESTROYED),
                                   [KEY_COMPROMISE] = NO(KR_E_KEY_MARKED),
                                   [KEY_SUPERSEDE] = NO(KR_E_KEY_DESTROYED)},
};

enum kr_error key_life_next(enum key_state state, enum key_act act, const char *key,
                            enum key_state *next)
{
    *next = table[state][act].next;
    return table[state][act].error == KR_OK ? KR_OK : kr_fail(table[state][act].error, "%s", key);
}

bool key_life_admits(enum key_act act, enum key_state from, enum key_state to)
{
    bool replaces = act == KEY_ACTIVATE || act == KEY_RESTORE;
    return (act != KEY_SUPERSEDE && table[from][act].next == to) ||
           (replaces && table[from][KEY_SUPERSEDE].next == to);
}
