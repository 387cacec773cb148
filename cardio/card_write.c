/* The commands that change a card: files, keys, protected updates, exports, PIN tries. */
#include "card_command.h"
#include "../crypto/hash.h"
#include <string.h>

#define MAC_BYTES       4
#define FIRST_LINE_KEY  0xFF /* the maintenance key with the lowest KID */
#define PIN_FIELD       6    /* PINs are loaded in records of one length */
#define BLOCK           8
#define UNDER_TRANSPORT 0x80 /* in P2 of WRITE KEY (docs/simulated-cos.md section 3) */

enum kr_error card_create_file(struct card *c, const struct file_control *f)
{
    struct apdu a = {.cla = 0x80, .ins = 0xE0, .p1 = (uint8_t)(f->id >> 8), .p2 = (uint8_t)f->id};
    const uint8_t head[5] = {f->type, (uint8_t)(f->size >> 8), (uint8_t)f->size, f->read_right,
                             f->write_right};
    if (f->name_len > sizeof f->name)
        return kr_fail(KR_E_ARGUMENT, "DF name of %zu bytes", f->name_len);
    memcpy(a.data, head, sizeof head);
    a.lc = sizeof head;
    a.data[a.lc++] = 0xFF;
    a.data[a.lc++] = FIRST_LINE_KEY;
    if (f->type == FILE_DIRECTORY) {
        a.data[a.lc++] = 0xFF;
        memcpy(a.data + a.lc, f->name, f->name_len);
        a.lc = (uint8_t)(a.lc + f->name_len);
    }
    return card_tell(c, &a);
}

static enum kr_error erase(struct card *c, uint16_t id)
{
    struct apdu a = {.cla = 0x80, .ins = 0x0E, .p1 = (uint8_t)(id >> 8), .p2 = (uint8_t)id};
    return card_tell(c, &a);
}

enum kr_error card_erase_directory(struct card *c)
{
    return erase(c, 0);
}

enum kr_error card_erase_below(struct card *c, uint16_t directory)
{
    return erase(c, directory);
}

/* LD, record's fields, value, padding always: whole blocks (cards.md section 1). */
static uint8_t wrapped_length(size_t fields, size_t value_len)
{
    size_t plain = 1 + fields + value_len;
    return (uint8_t)((plain / BLOCK + 1) * BLOCK + MAC_BYTES);
}

/* What a key's header becomes in the card's dialect: the record's fields, and WRITE KEY's own. */
enum kr_error card_write_key_form(const struct card *c, bool change, uint8_t kid,
                                  const struct key_header *h, size_t value_len,
                                  struct write_key_form *form)
{
    const char *what;
    if (!dialect_can_say(c->dialect, h, value_len, &what))
        return kr_fail(KR_E_ARGUMENT, "%s: %s", c->dialect->id, what);
    form->field_count = dialect_put_record(c->dialect, h, form->fields);
    dialect_write_key(c->dialect, change, kid, h->usage, form->command);
    form->command[4] = wrapped_length(form->field_count, value_len);
    return KR_OK;
}

/* A PIN's length stands in its header, so the PIN that was typed has to be of that length. */
static enum kr_error check_pin_length(struct card *c, vault_handle pin, const struct key_header *h)
{
    struct secret_entry_state state;
    enum kr_error err = vault_entry_state(c->vault, pin, &state);
    if (!err && (state.typed + 1) / 2 != h->algorithm)
        err = kr_fail(KR_E_KEY_LENGTH, "PIN %zu/%d", state.typed, 2 * h->algorithm);
    return err;
}

static enum kr_error send_key(struct card *c, const struct write_key_form *form, struct apdu *a)
{
    a->cla = form->command[0];
    a->ins = form->command[1];
    a->p1 = form->command[2];
    a->p2 = form->command[3];
    a->lc = form->command[4];
    return card_tell(c, a);
}

static enum kr_error write_key(struct card *c, vault_handle wrapping, vault_handle payload,
                               bool change, bool transport, uint8_t kid, const struct key_header *h)
{
    struct apdu a = {0};
    struct write_key_form form;
    uint8_t iv[8];
    bool pin = h->usage == c->dialect->type[CARD_KEY_PIN];
    const struct suite *suite = suite_by_id(c->suite);
    if (!suite || (pin && h->algorithm > PIN_FIELD))
        return kr_fail(KR_E_ARGUMENT, "%s", suite ? "PIN" : c->suite);
    enum kr_error err =
        card_write_key_form(c, change, kid, h, pin ? h->algorithm : suite->key_len, &form);
    if (!err && transport)
        form.command[3] |= UNDER_TRANSPORT;
    if (!err && pin)
        err = check_pin_length(c, payload, h);
    if (!err)
        err = card_challenge_iv(c, iv);
    size_t len = sizeof a.data;
    if (!err)
        err = vault_wrap(c->vault, wrapping, payload, form.fields, form.field_count, form.command,
                         sizeof form.command, iv, a.data, &len);
    if (!err && len != form.command[4])
        err = kr_fail(KR_E_KEY_LENGTH, "%zu", len);
    return err ? err : send_key(c, &form, &a);
}

enum kr_error card_write_key(struct card *c, vault_handle control, vault_handle payload,
                             bool change, uint8_t kid, const struct key_header *h)
{
    return write_key(c, control, payload, change, false, kid, h);
}

enum kr_error card_write_key_under(struct card *c, vault_handle transport, vault_handle payload,
                                   uint8_t kid, const struct key_header *h)
{
    return write_key(c, transport, payload, false, true, kid, h);
}

enum kr_error card_write_key_from(struct card *c, const struct mother_key *m, uint8_t kid,
                                  const struct key_header *h)
{
    struct apdu a = {0};
    struct write_key_form form;
    uint8_t iv[8];
    size_t len = sizeof a.data;
    const struct suite *suite = suite_by_id(c->suite);
    if (!suite)
        return kr_fail(KR_E_ARGUMENT, "%s", c->suite);
    enum kr_error err = card_write_key_form(c, false, kid, h, suite->key_len, &form);
    if (!err) {
        form.command[3] |= UNDER_TRANSPORT;
        err = card_challenge_iv(c, iv);
    }
    if (!err)
        err = card_export(m->card, m->kind, m->kid, m->transport_kid, m->factors, m->factor_count,
                          h, form.command, iv, a.data, &len);
    if (!err && len != form.command[4])
        err = kr_fail(KR_E_KEY_LENGTH, "%zu", len);
    return err ? err : send_key(c, &form, &a);
}

enum kr_error card_update_binary(struct card *c, uint8_t sfi, const uint8_t *data, size_t len,
                                 vault_handle maintenance, bool encrypt)
{
    struct apdu a = {.ins = 0xD6, .p1 = (uint8_t)(0x80 | sfi)};
    uint8_t iv[8];
    size_t body = encrypt ? ((1 + len) / BLOCK + 1) * BLOCK : len;
    size_t total = maintenance ? body + MAC_BYTES : len;
    if (len == 0 || total > sizeof a.data)
        return kr_fail(KR_E_ARGUMENT, "UPDATE BINARY of %zu bytes", len);
    a.lc = (uint8_t)total;
    if (!maintenance) {
        memcpy(a.data, data, len);
        return card_tell(c, &a);
    }
    a.cla = 0x04;
    const uint8_t command[5] = {a.cla, a.ins, a.p1, a.p2, a.lc};
    size_t room = sizeof a.data;
    enum kr_error err = card_challenge_iv(c, iv);
    if (!err)
        err = vault_secure_message(c->vault, maintenance, encrypt, command, sizeof command, iv,
                                   data, len, a.data, &room);
    if (!err && room != a.lc)
        err = kr_fail(KR_E_CRYPTO, "%zu/%d", room, a.lc);
    return err ? err : card_tell(c, &a);
}

enum kr_error card_export(struct card *c, enum card_key_kind kind, uint8_t kid,
                          uint8_t transport_kid, const uint8_t *factors8, size_t n,
                          const struct key_header *target, const uint8_t target_command[5],
                          const uint8_t target_challenge[4], uint8_t *out, size_t *out_len)
{
    struct apdu a = {.cla = 0x80, .ins = 0xF8, .p1 = kid, .p2 = transport_kid, .has_le = true};
    struct reply reply;
    if (n > 4)
        return kr_fail(KR_E_ARGUMENT, "%zu factors", n);
    /* The high half names the source key's type where it differs from the target's usage. */
    uint8_t *d = a.data;
    *d++ = (uint8_t)((uint8_t)(c->dialect->type[kind] << 4) | (uint8_t)n);
    if (n)
        memcpy(d, factors8, 8 * n);
    d += 8 * n;
    d += dialect_put_record(c->dialect, target, d);
    memcpy(d, target_command, 5);
    memcpy(d + 5, target_challenge, 4);
    a.lc = (uint8_t)(d + 9 - a.data);
    enum kr_error err = card_command(c, &a, &reply);
    if (!err && reply.len > *out_len)
        err = kr_fail(KR_E_TOO_LONG, "%zu", reply.len);
    if (!err) {
        memcpy(out, reply.data, reply.len);
        *out_len = reply.len;
    }
    return err;
}

/* ---- PIN ---- */

/* VERIFY without data tells the tries left and spends none. */
enum kr_error card_pin_tries(struct card *c, uint8_t kid, int *tries_left)
{
    struct apdu a = {.ins = 0x20, .p2 = kid};
    struct reply reply;
    enum kr_error err = card_command(c, &a, &reply);
    *tries_left = 0;
    if (err == KR_E_CARD_AUTH) {
        *tries_left = reply.sw & 0xF;
        err = KR_OK;
    }
    return err;
}

/* A command whose data go from the vault to the card process: pin, or where there is a new one what
 * CHANGE PIN carries. */
static enum kr_error send_pins(struct card *c, const struct apdu *a, vault_handle pin,
                               vault_handle new_pin, struct reply *reply)
{
    uint8_t random[4];
    enum kr_error err = card_allow(c, a, reply);
    if (!err)
        err = readers_pin_lane(c->readers);
    if (!err)
        err = random_bytes(random, sizeof random);
    if (err)
        return err;
    uint32_t tag = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 |
                   (uint32_t)random[2] << 8 | random[3];
    c->fresh = false;
    err = new_pin ? vault_send_pin_change(c->vault, pin, new_pin, a->lc / 2, tag)
                  : vault_send_pin(c->vault, pin, tag);
    if (!err)
        err = reader_transmit_pin(c->readers, c->reader, a, tag, reply);
    card_heard(c, a, reply);
    if (!err && c->trace) {
        struct card_trace line = {.command = apdu_name(a), .sw = c->sw};
        c->trace(c->trace_ctx, &line);
    }
    return err ? err : card_status_error(a, reply->sw);
}

static enum kr_error try_pin(struct card *c, const struct apdu *a, vault_handle pin,
                             vault_handle new_pin, bool last_try, int *tries_left)
{
    struct reply reply = {.outcome = REPLY_NOT_SENT};
    int tries = 0;
    enum kr_error err = card_pin_tries(c, a->p2, &tries);
    *tries_left = tries;
    if (!err && tries <= 1 && !last_try)
        err = KR_E_PIN_LAST_TRY;
    if (!err)
        err = send_pins(c, a, pin, new_pin, &reply);
    if (err == KR_E_CARD_AUTH) {
        *tries_left = reply.sw & 0xF;
        err = *tries_left ? kr_fail(KR_E_PIN_WRONG, "%d", *tries_left)
                          : kr_fail(KR_E_CARD_LOCKED, "PIN");
    }
    return err;
}

enum kr_error card_verify_pin(struct card *c, vault_handle pin, uint8_t kid, bool last_try,
                              int *tries_left)
{
    const struct apdu a = {.ins = 0x20, .p2 = kid, .lc = VAULT_PIN_LEN};
    return try_pin(c, &a, pin, 0, last_try, tries_left);
}

enum kr_error card_change_pin(struct card *c, vault_handle old_pin, vault_handle new_pin,
                              uint8_t kid, size_t pin_len, bool last_try, int *tries_left)
{
    const struct apdu a = {
        .cla = 0x80, .ins = 0x5E, .p1 = 0x01, .p2 = kid, .lc = (uint8_t)(2 * pin_len + 1)};
    return try_pin(c, &a, old_pin, new_pin, last_try, tries_left);
}
