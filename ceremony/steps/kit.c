#include "kit.h"

#include <string.h>

enum kr_error piece_kit_load(struct ceremony *c, bool with_adf, bool with_old,
                             struct piece_kit *kit)
{
    struct key_record rec;
    memset(kit, 0, sizeof *kit);
    kit->with_adf = with_adf;
    enum kr_error err = layout_for(c, step_now(c)->layout, &kit->layout);
    if (err == KR_OK)
        err = roots_load(c, &kit->layout, with_adf, &kit->roots);
    if (err != KR_OK || !with_old)
        return err;
    err = key_load(c, "kMprd", 0, &kit->old_control, &rec);
    return err == KR_E_KEY_MISSING ? KR_OK : err;
}

void piece_kit_drop(struct ceremony *c, struct piece_kit *kit)
{
    vault_drop(session_vault(c->session), kit->old_control);
    roots_drop(c, &kit->roots);
    kit->old_control = 0;
}

enum kr_error kit_values(struct ceremony *c, const struct piece_kit *kit, const char *number,
                         struct card_values *values)
{
    return card_values_make(c, &kit->layout, kit->with_adf, &kit->roots, number, values);
}

enum kr_error kit_probe(struct card *card, const struct piece_kit *kit,
                        const struct card_values *values, enum card_condition *condition)
{
    vault_handle control = 0;
    const struct layout *l = &kit->layout;
    for (size_t i = 0; i < values->count; i++)
        if (l->mf.key_count > 0 && strcmp(values->values[i].name, l->mf.keys[0].name) == 0)
            control = values->values[i].handle;
    return personalise_probe(card, l, kit->old_control, control, condition);
}

enum kr_error kit_wash(struct card *card, const struct piece_kit *kit,
                       const struct card_values *values, const struct card_audit *audit)
{
    if (kit->old_control == 0)
        return kr_fail(KR_E_KEY_MISSING, "kMprd");
    return personalise_wash(card, &kit->layout, kit->old_control, values->values, values->count,
                            audit);
}
