#include "slot.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>

/* Whether share and quorum are others than those that the slot was sealed with. */
static bool has_moved(const struct slot *slot)
{
    return slot->box_len > 0 || slot->sealed_quorum > 0;
}

static void write_label(const struct slot *slot, const char *what, unsigned index, unsigned quorum,
                        char label[VAULT_SLOT_LABEL_MAX])
{
    char key[2 * sizeof slot->public_key + 1], founding[2 * sizeof slot->founding + 1];
    hex_encode(slot->public_key, sizeof slot->public_key, key);
    hex_encode(slot->founding, sizeof slot->founding, founding);
    snprintf(label, VAULT_SLOT_LABEL_MAX, "%s share %u of %u key %s journal %s", what, index,
             quorum, key, founding);
}

void vault_slot_label(const struct slot *slot, char label[VAULT_SLOT_LABEL_MAX])
{
    char what[PERSON_ID_MAX + 16];
    bool moved = has_moved(slot);
    snprintf(what, sizeof what, "keyrite-slot/2 %.*s", PERSON_ID_MAX - 1, slot->person);
    write_label(slot, what, moved ? slot->sealed_index : slot->share_index,
                moved ? slot->sealed_quorum : slot->quorum, label);
}

void vault_box_label(const struct slot *slot, char label[VAULT_SLOT_LABEL_MAX])
{
    char what[PERSON_ID_MAX + 40];
    snprintf(what, sizeof what, "keyrite-box/1 %.*s sharing %u", PERSON_ID_MAX - 1, slot->person,
             slot->sharing);
    write_label(slot, what, slot->share_index, slot->quorum, label);
}

void vault_slot_unshare(struct slot *slot)
{
    if (!has_moved(slot)) {
        slot->sealed_index = slot->share_index;
        slot->sealed_quorum = slot->quorum;
    }
    slot->share_index = slot->quorum = 0;
    slot->box_len = 0;
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

static enum kr_error share_private(const struct secret *seed, struct secret **private32)
{
    *private32 = secret_new(SLOT_PIECE);
    return *private32 ? hkdf_sha256(seed->bytes, seed->len, "keyrite share key",
                                    (*private32)->bytes, SLOT_PIECE)
                      : KR_E_MEMORY;
}

enum kr_error slot_share_key(const struct secret *seed, uint8_t share_key[32])
{
    struct secret *private32 = NULL;
    enum kr_error err = share_private(seed, &private32);
    if (!err)
        err = box_public(private32, share_key);
    secret_free(&private32);
    return err;
}

enum kr_error slot_box_open(const struct slot *slot, const struct secret *seed,
                            struct secret **share)
{
    char label[VAULT_SLOT_LABEL_MAX];
    struct secret *private32 = NULL;
    vault_box_label(slot, label);
    enum kr_error err = share_private(seed, &private32);
    if (!err)
        err = box_open(private32, label, slot->box, slot->box_len, share);
    secret_free(&private32);
    return err == KR_E_SEAL_BROKEN ? kr_fail(err, "%s", slot->person) : err;
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
