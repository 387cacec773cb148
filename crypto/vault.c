/* The console's side of the vault: its process, its calls, typed entries and the PIN lane. */
#include "vault_call.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer than any key derivation on any machine; a vault that is silent so long is as good as dead.
 */
#define ANSWER_MS 120000

struct vault {
    struct child child;
    uint8_t *buffer;
};

/* ---- the process ---- */

/* The vault's first message says whether it could lock its memory and close its sandbox. */
static enum kr_error greet(struct vault *v)
{
    struct vault_call c = {.v = v};
    size_t len;
    enum kr_error err = child_receive(v->child.fd, v->buffer, WIRE_MAX, &len, ANSWER_MS, NULL);
    if (err) {
        child_kill(&v->child);
        return KR_E_VAULT_GONE;
    }
    wire_read(&c.w, v->buffer, len);
    c.err = (enum kr_error)wire_get_u8(&c.w);
    wire_get_u8(&c.w);
    err = vault_call_end(&c);
    if (err)
        child_kill(&v->child);
    return err;
}

enum kr_error vault_start(struct vault **v)
{
    *v = calloc(1, sizeof **v);
    if (!*v)
        return KR_E_MEMORY;
    (*v)->child.fd = -1;
    (*v)->buffer = vault_buffer_new();
    enum kr_error err = (*v)->buffer ? vault_restart(*v) : KR_E_LOCKED_MEMORY;
    if (err)
        vault_stop(v);
    return err;
}

enum kr_error vault_restart(struct vault *v)
{
    child_kill(&v->child);
    enum kr_error err = child_start(&v->child, vault_role.word);
    return err ? err : greet(v);
}

void vault_stop(struct vault **v)
{
    if (!*v)
        return;
    child_kill(&(*v)->child);
    vault_buffer_free(&(*v)->buffer);
    free(*v);
    *v = NULL;
}

pid_t vault_pid(const struct vault *v)
{
    return v->child.pid > 0 ? v->child.pid : 0;
}

/* ---- calls ---- */

void vault_call_begin(struct vault_call *c, struct vault *v, enum vault_op op)
{
    *c = (struct vault_call){.v = v};
    wire_begin(&c->w, v->buffer, WIRE_MAX);
    wire_put_u8(&c->w, (uint8_t)op);
}

/* A vault that answered late, or not at all, cannot be spoken to again: the next answer would be
 * the last one's. */
static enum kr_error gone(struct vault *v)
{
    child_kill(&v->child);
    kr_detail_clear();
    return KR_E_VAULT_GONE;
}

static enum kr_error exchange(struct vault_call *c, int pass_fd)
{
    struct vault *v = c->v;
    size_t len = 0;
    if (!child_running(&v->child))
        return gone(v);
    if (child_send(v->child.fd, v->buffer, c->w.len, pass_fd) ||
        child_receive(v->child.fd, v->buffer, WIRE_MAX, &len, ANSWER_MS, NULL))
        return gone(v);
    if (len > c->used)
        c->used = len;
    wire_read(&c->w, v->buffer, len);
    c->err = (enum kr_error)wire_get_u8(&c->w);
    return KR_OK;
}

bool vault_call_run(struct vault_call *c, int pass_fd)
{
    bool too_long = wire_end(&c->w) != KR_OK;
    c->used = c->w.len;
    if (too_long) {
        c->err = kr_fail(KR_E_TOO_LONG, "vault");
        c->w.len = 0;
        return false;
    }
    enum kr_error err = exchange(c, pass_fd);
    if (err) {
        c->err = err;
        c->w.len = 0;
        return false;
    }
    return wire_get_u8(&c->w) != 0;
}

enum kr_error vault_call_end(struct vault_call *c)
{
    char detail[192];
    enum kr_error err = c->err;
    if (c->w.len > 0) {
        wire_get_text(&c->w, detail, sizeof detail);
        err = wire_end(&c->w) || err >= KR_ERROR_COUNT ? kr_fail(KR_E_MESSAGE, "vault")
              : err                                    ? kr_fail(err, "%s", detail)
                                                       : KR_OK;
    }
    secret_wipe(c->v->buffer, c->used > c->w.len ? c->used : c->w.len);
    return err;
}

enum kr_error vault_call_for_key(struct vault_call *c, vault_handle *key, struct kcv *kcv)
{
    *key = 0;
    *kcv = (struct kcv){.len = 0};
    if (vault_call_run(c, -1)) {
        *key = wire_get_u32(&c->w);
        vault_get_kcv(&c->w, kcv);
    }
    return vault_call_end(c);
}

enum kr_error vault_call_for_bytes(struct vault_call *c, uint8_t *out, size_t len)
{
    memset(out, 0, len);
    if (vault_call_run(c, -1))
        wire_get_exactly(&c->w, out, len);
    return vault_call_end(c);
}

enum kr_error vault_call_for_upto(struct vault_call *c, uint8_t *out, size_t *len)
{
    size_t room = *len;
    *len = 0;
    if (vault_call_run(c, -1)) {
        wire_get_upto(&c->w, out, &room);
        *len = room;
    }
    return vault_call_end(c);
}

void vault_drop(struct vault *v, vault_handle handle)
{
    struct vault_call c;
    if (handle == 0)
        return;
    vault_call_begin(&c, v, VAULT_OP_DROP);
    wire_put_u32(&c.w, handle);
    vault_call_run(&c, -1);
    vault_call_end(&c); /* with the vault gone, so is what was to be dropped */
}

/* ---- typed entries ---- */

static enum kr_error for_state(struct vault_call *c, struct secret_entry_state *s)
{
    memset(s, 0, sizeof *s);
    if (vault_call_run(c, -1))
        vault_get_state(&c->w, s);
    return vault_call_end(c);
}

enum kr_error vault_entry_open(struct vault *v, const struct secret_entry_spec *spec,
                               vault_handle *entry)
{
    struct vault_call c;
    *entry = 0;
    vault_call_begin(&c, v, VAULT_OP_ENTRY_OPEN);
    vault_put_spec(&c.w, spec);
    if (vault_call_run(&c, -1))
        *entry = wire_get_u32(&c.w);
    return vault_call_end(&c);
}

enum kr_error vault_draw_pin(struct vault *v, size_t digits, vault_handle *entry)
{
    struct vault_call c;
    *entry = 0;
    vault_call_begin(&c, v, VAULT_OP_DRAW_PIN);
    wire_put_u32(&c.w, digits > UINT32_MAX ? UINT32_MAX : (uint32_t)digits);
    if (vault_call_run(&c, -1))
        *entry = wire_get_u32(&c.w);
    return vault_call_end(&c);
}

enum kr_error vault_entry_key(struct vault *v, vault_handle entry, uint8_t byte,
                              struct secret_entry_state *s)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_ENTRY_KEY);
    wire_put_u32(&c.w, entry);
    wire_put_u8(&c.w, byte);
    return for_state(&c, s);
}

enum kr_error vault_entry_block(struct vault *v, vault_handle entry, size_t block,
                                struct secret_entry_state *s)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_ENTRY_BLOCK);
    wire_put_u32(&c.w, entry);
    wire_put_u32(&c.w, block > ENTRY_BLOCKS_MAX ? ENTRY_BLOCKS_MAX : (uint32_t)block);
    return for_state(&c, s);
}

enum kr_error vault_entry_state(struct vault *v, vault_handle entry, struct secret_entry_state *s)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_ENTRY_STATE);
    wire_put_u32(&c.w, entry);
    return for_state(&c, s);
}

enum kr_error vault_entry_compare(struct vault *v, vault_handle first, vault_handle second,
                                  struct secret_entry_state *s)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_ENTRY_COMPARE);
    wire_put_u32(&c.w, first);
    wire_put_u32(&c.w, second);
    return for_state(&c, s);
}

enum kr_error vault_entry_type(struct vault *v, vault_handle entry, const char *text,
                               struct secret_entry_state *s)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_ENTRY_TYPE);
    wire_put_u32(&c.w, entry);
    wire_put_text(&c.w, text);
    return for_state(&c, s);
}

/* ---- PIN lane ---- */

enum kr_error vault_lane(struct vault *v, int fd)
{
    struct vault_call c;
    /* A card process that stopped reading must not stop the vault. */
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return kr_fail(KR_E_ARGUMENT, "lane");
    vault_call_begin(&c, v, VAULT_OP_LANE);
    vault_call_run(&c, fd);
    close(fd);
    return vault_call_end(&c);
}

enum kr_error vault_send_pin(struct vault *v, vault_handle pin_entry, uint32_t tag)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SEND_PIN);
    wire_put_u32(&c.w, pin_entry);
    wire_put_u32(&c.w, tag);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

enum kr_error vault_send_pin_change(struct vault *v, vault_handle old_pin, vault_handle new_pin,
                                    size_t pin_len, uint32_t tag)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SEND_PIN_CHANGE);
    wire_put_u32(&c.w, old_pin);
    wire_put_u32(&c.w, new_pin);
    wire_put_u32(&c.w, (uint32_t)pin_len);
    wire_put_u32(&c.w, tag);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}
