#include "held_key.h"

#include "run.h"

enum key_purpose held_key_purpose(enum card_key_kind kind)
{
    switch (kind) {
    case CARD_KEY_CONTROL:
        return PURPOSE_CONTROL;
    case CARD_KEY_MAINTENANCE:
        return PURPOSE_MAINTENANCE;
    case CARD_KEY_EXTERNAL:
    case CARD_KEY_INTERNAL:
        return PURPOSE_AUTH;
    case CARD_KEY_TRANSPORT:
        return PURPOSE_TRANSPORT;
    default:
        return PURPOSE_MASTER;
    }
}

enum kr_error held_key(struct session *s, const struct layout_key *k, const uint8_t *number,
                       vault_handle *h)
{
    struct vault *vault = session_vault(s);
    struct key_record rec;
    struct kcv kcv;
    vault_handle whole = 0;
    *h = 0;
    if (k->mother || k->factor_count > 1 ||
        (k->factor_count == 1 && (k->factors[0] != FACTOR_SERIAL || number == NULL)))
        return kr_fail(KR_E_NOT_FOUND, "%s", k->name);
    enum kr_error err = keys_find(session_store(s), k->source[0] ? k->source : k->name, 0, &rec);
    if (err != KR_OK)
        return err;
    err = key_open(s, &rec, &whole);
    if (err != KR_OK || k->factor_count == 0) {
        *h = whole;
        return err;
    }
    /* the rightmost 8 bytes of the number */
    err = vault_diversify(vault, whole, number + 2, 1, held_key_purpose(k->kind), h, &kcv);
    vault_drop(vault, whole);
    return err;
}
