/* The kinds of key a centre makes for itself, with their purpose: one row each.
 * Source: ../shared/domain/system.md section 2. */
#ifndef KEYRITE_CEREMONY_KEY_KINDS_H
#define KEYRITE_CEREMONY_KEY_KINDS_H

#include "../crypto/vault.h"

struct key_kind {
    const char *name;
    enum key_purpose purpose;
    const char *title; /* N_() text */
};
extern const struct key_kind key_kinds[];
extern const size_t key_kind_count;
/* NULL when unknown. */
const struct key_kind *key_kind_by_name(const char *name);

#endif
