#include "kit.h"

#include <string.h>

enum kr_error piece_kit_load(struct ceremony *c, bool with_adf, bool with_old,
                             struct piece_kit *kit)
{
    struct key_record rec;
    memset(kit, 0, sizeof *kit);
    enum kr_error err = layout_for(c, step_now(c)->layout, &kit->layout);
    if (err == KR_OK)
        err = values_load(c, &kit->layout, with_adf, kit->values, LAYOUT_KEYS_MAX, &kit->count);
    if (err != KR_OK || !with_old)
        return err;
    err = key_load(c, "kMprd", 0, &kit->old_control, &rec);
    return err == KR_E_KEY_MISSING ? KR_OK : err;
}

void piece_kit_drop(struct ceremony *c, struct piece_kit *kit)
{
    vault_drop(session_vault(c->session), kit->old_control);
    values_drop(c, kit->values, kit->count);
    kit->old_control = 0;
    kit->count = 0;
}
