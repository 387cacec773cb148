/* Signatures: what may be signed by whom. A signing key that signed anything at all could be made
 * to sign a journal entry dressed as something else, so the first bytes decide. */
#include "vault_service.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>

static bool begins_with(const uint8_t *message, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);
    return len > n && memcmp(message, prefix, n) == 0;
}

static bool is_for_people(const uint8_t *message, size_t len)
{
    return begins_with(message, len, "keyrite-entry/1\n") ||
           begins_with(message, len, "cosignature/v1\n");
}

/* Length of the line at the start, without its line feed; len when there is none. */
static size_t line_length(const uint8_t *text, size_t len)
{
    const uint8_t *end = len ? memchr(text, '\n', len) : NULL;
    return end ? (size_t)(end - text) : len;
}

static bool is_number(const uint8_t *text, size_t len)
{
    bool sound = len > 0 && len <= 19 && (text[0] != '0' || len == 1);
    for (size_t i = 0; i < len; i++)
        sound = sound && text[i] >= '0' && text[i] <= '9';
    return sound;
}

static bool is_root(const uint8_t *text, size_t len)
{
    uint8_t root[33];
    size_t root_len = sizeof root;
    return base64_decode((const char *)text, len, root, &root_len) == KR_OK && root_len == 32;
}

/* C2SP tlog-checkpoint: origin, tree size, base64 of the root, each a line; further lines are not
 * ours. */
static bool is_checkpoint(const uint8_t *message, size_t len)
{
    size_t origin = line_length(message, len);
    if (origin == 0 || origin == len || is_for_people(message, len))
        return false;
    const uint8_t *size = message + origin + 1;
    size_t left = len - origin - 1;
    size_t size_len = line_length(size, left);
    if (size_len == left || !is_number(size, size_len))
        return false;
    const uint8_t *root = size + size_len + 1;
    left -= size_len + 1;
    size_t root_len = line_length(root, left);
    return root_len + 1 == left && is_root(root, root_len);
}

static bool line_is(const uint8_t *line, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(line, text, len) == 0;
}

/* What nobody signs with a key that stands ready for the whole session: an approval, and a balance
 * or closing as second signer. The header of an entry is lines of a name and a value, and no value
 * has a line feed in it, so the first line of a name is the one. */
static bool asks_credential(const uint8_t *message, size_t len, const char *person)
{
    bool both = false, first = true;
    char signer[PERSON_ID_MAX + 16];
    snprintf(signer, sizeof signer, "signer %s ", person);
    while (len > 0) {
        size_t line = line_length(message, len);
        if (line_is(message, line, "kind approval"))
            return true;
        if (line_is(message, line, "kind balance") || line_is(message, line, "kind close"))
            both = true;
        if (begins_with(message, line, "signer ")) {
            if (both && !first && begins_with(message, line, signer))
                return true;
            first = false;
        }
        size_t taken = line < len ? line + 1 : line;
        message += taken;
        len -= taken;
    }
    return false;
}

static enum kr_error sign_for_person(const struct secret *seed, const uint8_t *message, size_t len,
                                     struct wire *out)
{
    uint8_t sig[64];
    if (!is_for_people(message, len))
        return kr_fail(KR_E_KEY_PURPOSE, "signature");
    enum kr_error err = sign_make(seed, message, len, sig);
    if (!err)
        wire_put_bytes(out, sig, sizeof sig);
    return err;
}

enum kr_error handle_sign(struct vault_service *s, struct wire *in, struct wire *out)
{
    char person[PERSON_ID_MAX];
    size_t len;
    wire_get_text(in, person, sizeof person);
    const uint8_t *message = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (!err)
        err = slot_person_check(person);
    if (err)
        return err;
    struct vault_person *ready = people_find(s->people.ready, person);
    struct vault_person *signer = ready ? ready : people_find(s->people.present, person);
    if (!signer)
        return kr_fail(KR_E_NOT_SIGNED_IN, "%s", person);
    if (!ready && asks_credential(message, len, person))
        err = kr_fail(KR_E_CREDENTIAL, "%s", person);
    else
        err = sign_for_person(signer->seed, message, len, out);
    /* Used up even by a message that was refused: one chance, not one success. */
    if (ready)
        people_leave(ready);
    return err;
}

enum kr_error handle_sign_fresh(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct slot slot;
    struct opened_slot opened = {0};
    size_t len;
    vault_get_slot(in, &slot);
    vault_handle passphrase = wire_get_u32(in);
    const uint8_t *message = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (!err && !is_for_people(message, len))
        err = kr_fail(KR_E_KEY_PURPOSE, "signature");
    if (!err)
        err = slot_open(s, &slot, passphrase, &opened);
    if (!err)
        err = sign_for_person(opened.seed, message, len, out);
    opened_slot_free(&opened);
    return err;
}

enum kr_error handle_approver_ready(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    struct slot slot;
    struct opened_slot opened = {0};
    vault_get_slot(in, &slot);
    vault_handle passphrase = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = slot_open(s, &slot, passphrase, &opened);
    struct vault_person *place = err ? NULL : people_find(s->people.ready, slot.person);
    if (!err && !place)
        place = people_find(s->people.ready, "");
    if (!err && !place)
        err = kr_fail(KR_E_MEMORY, "people");
    if (!err && place) {
        secret_free(&place->seed);
        snprintf(place->id, sizeof place->id, "%s", slot.person);
        place->seed = opened.seed;
        opened.seed = NULL;
    }
    opened_slot_free(&opened);
    return err;
}

enum kr_error handle_log_public(struct vault_service *s, struct wire *in, struct wire *out)
{
    uint8_t public_key[32];
    enum kr_error err = wire_end(in);
    if (!err && !s->people.log_seed)
        err = kr_fail(KR_E_NOT_SIGNED_IN, "?");
    if (!err)
        err = sign_public(s->people.log_seed, public_key);
    if (!err)
        wire_put_bytes(out, public_key, sizeof public_key);
    return err;
}

enum kr_error handle_log_sign(struct vault_service *s, struct wire *in, struct wire *out)
{
    uint8_t sig[64];
    size_t len;
    const uint8_t *message = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (!err && !s->people.log_seed)
        err = kr_fail(KR_E_NOT_SIGNED_IN, "?");
    if (!err && !is_checkpoint(message, len))
        err = kr_fail(KR_E_KEY_PURPOSE, "signature");
    if (!err)
        err = sign_make(s->people.log_seed, message, len, sig);
    if (!err)
        wire_put_bytes(out, sig, sizeof sig);
    return err;
}
