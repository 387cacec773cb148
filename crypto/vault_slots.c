/* Slots: what a person's passphrase opens. */
#include "vault_service.h"
#include "hash.h"

#include <string.h>

void opened_slot_free(struct opened_slot *o)
{
    secret_free(&o->share);
    secret_free(&o->seed);
    secret_free(&o->log_seed);
    secret_free(&o->database_key);
}

static enum kr_error typed_passphrase(struct vault_service *s, vault_handle passphrase,
                                      struct secret **text)
{
    struct typed_entry *entry;
    enum kr_error err = vault_entry_complete(s, passphrase, ENTRY_PASSPHRASE, &entry);
    return err ? err : typed_entry_passphrase(entry, text);
}

static enum kr_error take_apart(const struct secret *content, struct opened_slot *o)
{
    const uint8_t *at = content->bytes;
    o->database_key = secret_from(at, SLOT_PIECE);
    o->log_seed = secret_from(at + SLOT_PIECE, SLOT_PIECE);
    o->seed = secret_from(at + 2 * SLOT_PIECE, SLOT_PIECE);
    o->share = secret_from(at + 3 * SLOT_PIECE, SLOT_PIECE);
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
    enum kr_error err = take_apart(content, o);
    if (!err)
        err = sign_public(o->seed, public_key);
    if (!err && (memcmp(public_key, slot->public_key, sizeof public_key) != 0 ||
                 !of_this_centre(people, o)))
        err = kr_fail(KR_E_SEAL_BROKEN, "%s", slot->person);
    if (slot->share_index == 0 || slot->box_len > 0)
        secret_free(&o->share);
    if (!err && slot->share_index > 0 && slot->box_len > 0)
        err = slot_box_open(slot, o->seed, &o->share);
    return err;
}

enum kr_error slot_open(struct vault_service *s, const struct slot *slot, vault_handle passphrase,
                        struct opened_slot *opened)
{
    struct secret *text = NULL;
    struct secret *content = NULL;
    *opened = (struct opened_slot){0};
    enum kr_error err = typed_passphrase(s, passphrase, &text);
    if (!err)
        err = slot_unseal(slot, text, &content);
    secret_free(&text);
    if (!err)
        err = check_content(&s->people, content, slot, opened);
    secret_free(&content);
    if (err)
        opened_slot_free(opened);
    return err;
}

static struct secret *put_together(const struct opened_slot *o)
{
    struct secret *content = secret_new(SLOT_CONTENT);
    if (!content)
        return NULL;
    memcpy(content->bytes, o->database_key->bytes, SLOT_PIECE);
    memcpy(content->bytes + SLOT_PIECE, o->log_seed->bytes, SLOT_PIECE);
    memcpy(content->bytes + 2 * SLOT_PIECE, o->seed->bytes, SLOT_PIECE);
    if (o->share)
        memcpy(content->bytes + 3 * SLOT_PIECE, o->share->bytes, SLOT_PIECE);
    return content;
}

static enum kr_error seal_under(const struct secret *key, const struct secret *plain,
                                struct slot *slot)
{
    char label[VAULT_SLOT_LABEL_MAX];
    vault_slot_label(slot, label);
    slot->sealed_len = SLOT_CONTENT + SEAL_OVERHEAD;
    return seal(key, label, plain->bytes, plain->len, slot->sealed);
}

enum kr_error slot_rebind(struct slot *slot, const struct secret *key, const uint8_t founding[32])
{
    char label[VAULT_SLOT_LABEL_MAX];
    struct secret *plain = NULL;
    vault_slot_label(slot, label);
    enum kr_error err = unseal(key, label, slot->sealed, slot->sealed_len, &plain);
    memcpy(slot->founding, founding, sizeof slot->founding);
    if (!err)
        err = seal_under(key, plain, slot);
    secret_free(&plain);
    return err;
}

enum kr_error slot_close(struct vault_service *s, struct slot *slot, vault_handle passphrase,
                         const struct opened_slot *content, struct secret **key)
{
    struct secret *text = NULL;
    struct secret *plain = put_together(content);
    enum kr_error err = plain ? random_bytes(slot->salt, sizeof slot->salt) : KR_E_MEMORY;
    if (!err)
        err = sign_public(content->seed, slot->public_key);
    if (!err)
        err = slot_share_key(content->seed, slot->share_key);
    if (!err)
        err = typed_passphrase(s, passphrase, &text);
    if (!err)
        err = slot_passphrase_key(slot, text, key);
    if (!err)
        err = seal_under(*key, plain, slot);
    secret_free(&text);
    secret_free(&plain);
    return err;
}
