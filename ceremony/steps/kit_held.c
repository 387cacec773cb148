#include "kit_held.h"
#include "ahead.h"

#include <stdlib.h>

struct held_kit {
    struct piece_kit kit;
    size_t instance;
    unsigned ahead; /* ahead_prepare() has seen to the rows of the data file up to this one */
    bool with_adf, with_old;
    vault_handle pin; /* a PIN among the values is the step's own and changes with each card */
};

void kit_forget(struct ceremony *c)
{
    free(c->kit);
    c->kit = NULL;
}

void kit_release(struct ceremony *c)
{
    if (c->kit != NULL)
        piece_kit_drop(c, &c->kit->kit);
    kit_forget(c);
}

void kit_release_of_other_steps(struct ceremony *c)
{
    if (c->kit != NULL && (c->finished || c->kit->instance != c->current))
        kit_release(c);
}

static bool serves(const struct ceremony *c, bool with_adf, bool with_old)
{
    const struct held_kit *k = c->kit;
    return k != NULL && k->instance == c->current && k->with_adf == with_adf &&
           k->with_old == with_old && k->pin == c->pin;
}

enum kr_error kit_held(struct ceremony *c, bool with_adf, bool with_old,
                       const struct piece_kit **kit)
{
    *kit = NULL;
    if (!serves(c, with_adf, with_old)) {
        kit_release(c);
        c->kit = calloc(1, sizeof *c->kit);
        if (c->kit == NULL)
            return KR_E_MEMORY;
        c->kit->instance = c->current;
        c->kit->with_adf = with_adf;
        c->kit->with_old = with_old;
        c->kit->pin = c->pin;
        enum kr_error err = piece_kit_load(c, with_adf, with_old, &c->kit->kit);
        if (err != KR_OK) {
            kit_release(c);
            return err;
        }
    }
    ahead_prepare(c, &c->kit->kit, &c->kit->ahead);
    *kit = &c->kit->kit;
    return KR_OK;
}
