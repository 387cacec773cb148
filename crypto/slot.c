#include "slot.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>

void vault_slot_label(const struct slot *slot, char label[VAULT_SLOT_LABEL_MAX])
{
    char key[2 * sizeof slot->public_key + 1], founding[2 * sizeof slot->founding + 1];
    hex_encode(slot->public_key, sizeof slot->public_key, key);
    hex_encode(slot->founding, sizeof slot->founding, founding);
    snprintf(label, VAULT_SLOT_LABEL_MAX, "keyrite-slot/2 %.*s share %u of %u key %s journal %s",
             PERSON_ID_MAX - 1, slot->person, slot->share_index, slot->quorum, key, founding);
}

enum kr_error slot_person_check(const char *person)
{
    size_t len = strlen(person);
    bool sound = len > 0 && len < PERSON_ID_MAX;
    for (size_t i = 0; i < len; i++)
        sound = sound && (unsigned char)person[i] > 0x20 && (unsigned char)person[i] != 0x7F;
    return sound ? KR_OK : kr_fail(KR_E_ARGUMENT, "person");
}

static enum kr_error check_cost(const struct kdf_cost *c)
{
    bool sound = c->lanes >= 1 && c->lanes <= 16 && c->memory_kib >= 8 * c->lanes &&
                 c->memory_kib <= 4u * 1024 * 1024 && c->passes >= 1 && c->passes <= 64;
    return sound ? KR_OK : kr_fail(KR_E_ARGUMENT, "Argon2id");
}

enum kr_error slot_passphrase_key(const struct slot *slot, const struct secret *passphrase,
                                  struct secret **key)
{
    enum kr_error err = check_cost(&slot->cost);
    return err ? err : kdf_derive(passphrase, slot->salt, &slot->cost, key);
}

enum kr_error slot_unseal(const struct slot *slot, const struct secret *passphrase,
                          struct secret **content)
{
    char label[VAULT_SLOT_LABEL_MAX];
    struct secret *key = NULL;
    *content = NULL;
    enum kr_error err = slot_person_check(slot->person);
    if (!err)
        err = slot_passphrase_key(slot, passphrase, &key);
    if (err)
        return err;
    vault_slot_label(slot, label);
    err = unseal(key, label, slot->sealed, slot->sealed_len, content);
    secret_free(&key);
    /* A wrong passphrase and an altered slot look alike from here; the first is far likelier. */
    if (err == KR_E_SEAL_BROKEN)
        return kr_fail(KR_E_PASSPHRASE, "%s", slot->person);
    if (!err && (*content)->len != SLOT_CONTENT) {
        secret_free(content);
        err = kr_fail(KR_E_SEAL_BROKEN, "%s", slot->person);
    }
    return err;
}

enum kr_error slot_database_key(const struct slot *slot, const struct secret *passphrase,
                                struct secret **database_key)
{
    struct secret *content = NULL;
    *database_key = NULL;
    enum kr_error err = slot_unseal(slot, passphrase, &content);
    if (err)
        return err;
    *database_key = secret_from(content->bytes, SLOT_PIECE);
    secret_free(&content);
    return *database_key ? KR_OK : KR_E_MEMORY;
}
