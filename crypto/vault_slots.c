/* Slots: what a person's passphrase opens. */
#include "vault_service.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>

#define PIECE   ((size_t)32)
#define CONTENT (4 * PIECE) /* database key, log seed, person's seed, share */

void vault_slot_label(const struct slot *slot, char label[VAULT_SLOT_LABEL_MAX])
{
    char key[2 * sizeof slot->public_key + 1];
    hex_encode(slot->public_key, sizeof slot->public_key, key);
    snprintf(label, VAULT_SLOT_LABEL_MAX, "keyrite-slot/1 %.*s share %u of %u key %s",
             PERSON_ID_MAX - 1, slot->person, slot->share_index, slot->quorum, key);
}

enum kr_error slot_person_check(const char *person)
{
    size_t len = strlen(person);
    bool sound = len > 0 && len < PERSON_ID_MAX;
    for (size_t i = 0; i < len; i++)
        sound = sound && (unsigned char)person[i] > 0x20 && (unsigned char)person[i] != 0x7F;
    return sound ? KR_OK : kr_fail(KR_E_ARGUMENT, "person");
}

void opened_slot_free(struct opened_slot *o)
{
    secret_free(&o->share);
    secret_free(&o->seed);
    secret_free(&o->log_seed);
    secret_free(&o->database_key);
}

/* A slot is read from a file that anyone may have written: it must not make the vault take all
 * memory. */
static enum kr_error check_cost(const struct kdf_cost *c)
{
    bool sound = c->memory_kib >= 8 * c->lanes && c->memory_kib <= 4u * 1024 * 1024 &&
                 c->passes >= 1 && c->passes <= 64 && c->lanes >= 1 && c->lanes <= 16;
    return sound ? KR_OK : kr_fail(KR_E_ARGUMENT, "Argon2id");
}

static enum kr_error passphrase_key(struct vault_service *s, const struct slot *slot,
                                    vault_handle passphrase, struct secret **key)
{
    struct typed_entry *entry;
    struct secret *text = NULL;
    enum kr_error err = check_cost(&slot->cost);
    if (!err)
        err = vault_entry_complete(s, passphrase, ENTRY_PASSPHRASE, &entry);
    if (!err)
        err = typed_entry_passphrase(entry, &text);
    if (!err)
        err = kdf_derive(text, slot->salt, &slot->cost, key);
    secret_free(&text);
    return err;
}

static enum kr_error take_apart(const struct secret *content, struct opened_slot *o)
{
    const uint8_t *at = content->bytes;
    o->database_key = secret_from(at, PIECE);
    o->log_seed = secret_from(at + PIECE, PIECE);
    o->seed = secret_from(at + 2 * PIECE, PIECE);
    o->share = secret_from(at + 3 * PIECE, PIECE);
    return o->database_key && o->log_seed && o->seed && o->share ? KR_OK : KR_E_MEMORY;
}

/* All slots of a centre hold the same two keys: another centre's slot must not mix in. */
static bool of_this_centre(const struct vault_people *p, const struct opened_slot *o)
{
    return !p->database_key || (secret_equal(p->database_key, o->database_key) &&
                                secret_equal(p->log_seed, o->log_seed));
}

static enum kr_error check_content(const struct vault_people *people, const struct secret *content,
                                   const struct slot *slot, struct opened_slot *o)
{
    uint8_t public_key[32];
    if (content->len != CONTENT)
        return kr_fail(KR_E_SEAL_BROKEN, "%s", slot->person);
    enum kr_error err = take_apart(content, o);
    if (!err)
        err = sign_public(o->seed, public_key);
    if (!err && (memcmp(public_key, slot->public_key, sizeof public_key) != 0 ||
                 !of_this_centre(people, o)))
        err = kr_fail(KR_E_SEAL_BROKEN, "%s", slot->person);
    if (slot->share_index == 0)
        secret_free(&o->share);
    return err;
}

enum kr_error slot_open(struct vault_service *s, const struct slot *slot, vault_handle passphrase,
                        struct opened_slot *opened)
{
    char label[VAULT_SLOT_LABEL_MAX];
    struct secret *key = NULL;
    struct secret *content = NULL;
    *opened = (struct opened_slot){0};
    enum kr_error err = slot_person_check(slot->person);
    if (!err)
        err = passphrase_key(s, slot, passphrase, &key);
    if (err)
        return err;
    vault_slot_label(slot, label);
    err = unseal(key, label, slot->sealed, slot->sealed_len, &content);
    secret_free(&key);
    /* A wrong passphrase and an altered slot look alike from here; the first is far likelier. */
    if (err == KR_E_SEAL_BROKEN)
        err = kr_fail(KR_E_PASSPHRASE, "%s", slot->person);
    if (!err)
        err = check_content(&s->people, content, slot, opened);
    secret_free(&content);
    if (err)
        opened_slot_free(opened);
    return err;
}

static struct secret *put_together(const struct opened_slot *o)
{
    struct secret *content = secret_new(CONTENT);
    if (!content)
        return NULL;
    memcpy(content->bytes, o->database_key->bytes, PIECE);
    memcpy(content->bytes + PIECE, o->log_seed->bytes, PIECE);
    memcpy(content->bytes + 2 * PIECE, o->seed->bytes, PIECE);
    if (o->share)
        memcpy(content->bytes + 3 * PIECE, o->share->bytes, PIECE);
    return content;
}

enum kr_error slot_close(struct vault_service *s, struct slot *slot, vault_handle passphrase,
                         const struct opened_slot *content)
{
    char label[VAULT_SLOT_LABEL_MAX];
    struct secret *key = NULL;
    struct secret *plain = put_together(content);
    enum kr_error err = plain ? random_bytes(slot->salt, sizeof slot->salt) : KR_E_MEMORY;
    if (!err)
        err = sign_public(content->seed, slot->public_key);
    if (!err)
        err = passphrase_key(s, slot, passphrase, &key);
    if (!err) {
        vault_slot_label(slot, label);
        slot->sealed_len = CONTENT + SEAL_OVERHEAD;
        err = seal(key, label, plain->bytes, plain->len, slot->sealed);
    }
    secret_free(&key);
    secret_free(&plain);
    return err;
}
