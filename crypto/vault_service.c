#include "vault_service.h"
#include "harden.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

const struct child_role vault_role = {"@vault", vault_serve};

struct operation {
    vault_handler *run;
    bool answers_anyway; /* results also with an error: what an entry looks like after a refused key
                          */
};
static const struct operation operations[VAULT_OP_COUNT] = {
    [VAULT_OP_ENTRY_OPEN] = {handle_entry_open, false},
    [VAULT_OP_DRAW_PIN] = {handle_draw_pin, false},
    [VAULT_OP_ENTRY_KEY] = {handle_entry_key, true},
    [VAULT_OP_ENTRY_BLOCK] = {handle_entry_block, true},
    [VAULT_OP_ENTRY_STATE] = {handle_entry_state, true},
    [VAULT_OP_ENTRY_COMPARE] = {handle_entry_compare, true},
    [VAULT_OP_ENTRY_TYPE] = {handle_entry_type, true},
    [VAULT_OP_DROP] = {handle_drop, false},
    [VAULT_OP_FOUND] = {handle_found, false},
    [VAULT_OP_SLOT_MAKE] = {handle_slot_make, false},
    [VAULT_OP_SLOT_BIND] = {handle_slot_bind, false},
    [VAULT_OP_FOUND_DONE] = {handle_found_done, false},
    [VAULT_OP_RENEW_BEGIN] = {handle_renew_begin, false},
    [VAULT_OP_RENEW_SLOT] = {handle_renew_slot, false},
    [VAULT_OP_RENEW_SHARE] = {handle_renew_share, false},
    [VAULT_OP_RENEW_MATERIAL] = {handle_renew_material, false},
    [VAULT_OP_RENEW_PROVE] = {handle_renew_prove, false},
    [VAULT_OP_RENEW_DONE] = {handle_renew_done, false},
    [VAULT_OP_RENEW_CANCEL] = {handle_renew_cancel, false},
    [VAULT_OP_SIGN_IN] = {handle_sign_in, false},
    [VAULT_OP_SIGN_OUT] = {handle_sign_out, false},
    [VAULT_OP_PRESENCE] = {handle_presence, false},
    [VAULT_OP_DATABASE_KEY] = {handle_database_key, false},
    [VAULT_OP_LOG_PUBLIC] = {handle_log_public, false},
    [VAULT_OP_SIGN] = {handle_sign, false},
    [VAULT_OP_SIGN_FRESH] = {handle_sign_fresh, false},
    [VAULT_OP_APPROVER_READY] = {handle_approver_ready, false},
    [VAULT_OP_LOG_SIGN] = {handle_log_sign, false},
    [VAULT_OP_COMPONENT] = {handle_component, false},
    [VAULT_OP_COMBINE] = {handle_combine, false},
    [VAULT_OP_RANDOM] = {handle_random, false},
    [VAULT_OP_DIVERSIFY] = {handle_diversify, false},
    [VAULT_OP_PREPARE] = {handle_prepare, false},
    [VAULT_OP_KCV] = {handle_kcv, false},
    [VAULT_OP_STORE_KEY] = {handle_store_key, false},
    [VAULT_OP_LOAD_KEY] = {handle_load_key, false},
    [VAULT_OP_CRYPTOGRAM] = {handle_cryptogram, false},
    [VAULT_OP_PROOF] = {handle_proof, false},
    [VAULT_OP_WRAP] = {handle_wrap, false},
    [VAULT_OP_UNWRAP] = {handle_unwrap, false},
    [VAULT_OP_SECURE_MESSAGE] = {handle_secure_message, false},
    [VAULT_OP_TAC] = {handle_tac, false},
    [VAULT_OP_LOAD_MAC] = {handle_load_mac, false},
    [VAULT_OP_LANE] = {handle_lane, false},
    [VAULT_OP_SEND_PIN] = {handle_send_pin, false},
    [VAULT_OP_BLOCK_WRAP] = {handle_block_wrap, false},
    [VAULT_OP_BLOCK_UNWRAP] = {handle_block_unwrap, false},
    [VAULT_OP_SEND_PIN_CHANGE] = {handle_send_pin_change, false},
};

static enum kr_error run(struct vault_service *s, struct wire *in, struct wire *out)
{
    size_t start = out->len;
    uint8_t op = wire_get_u8(in);
    if (op >= VAULT_OP_COUNT || !operations[op].run)
        return kr_fail(KR_E_MESSAGE, "vault");
    enum kr_error err = operations[op].run(s, in, out);
    if (err && !operations[op].answers_anyway) {
        secret_wipe(out->bytes + start, out->len - start);
        out->len = start;
        out->at = start;
    }
    return err;
}

static enum kr_error answer(int fd, struct wire *out, enum kr_error err, bool has_results)
{
    wire_put_text(out, err ? kr_detail() : "");
    out->bytes[0] = (uint8_t)err;
    out->bytes[1] = has_results;
    err = wire_end(out);
    return err ? err : child_send(fd, out->bytes, out->len, -1);
}

static enum kr_error serve_one(struct vault_service *s, int fd, uint8_t *request, size_t len,
                               uint8_t *reply)
{
    struct wire in;
    struct wire out;
    kr_detail_clear();
    wire_read(&in, request, len);
    wire_begin(&out, reply, WIRE_MAX);
    wire_put_u8(&out, 0);
    wire_put_u8(&out, 0);
    enum kr_error err = run(s, &in, &out);
    secret_wipe(request, len);
    secret_wipe_stack();
    err = answer(fd, &out, err, out.len > 2);
    secret_wipe(reply, out.len);
    if (s->received >= 0)
        close(s->received);
    s->received = -1;
    return err;
}

static void serve_all(struct vault_service *s, int fd, uint8_t *request, uint8_t *reply)
{
    enum kr_error err;
    size_t len;
    do {
        err = child_receive(fd, request, WIRE_MAX, &len, -1, &s->received);
        if (!err)
            err = serve_one(s, fd, request, len, reply);
    } while (!err);
}

static void release(struct vault_service *s)
{
    for (size_t i = 0; i < VAULT_OBJECTS_MAX; i++)
        vault_object_drop(&s->objects[i]);
    prepared_forget(&s->prepared);
    people_forget(&s->people);
    if (s->lane >= 0)
        close(s->lane);
    free(s);
}

static enum kr_error make_safe(void)
{
    /* Threads that come later shall not make heaps of their own: glibc would look into /proc for
     * that. */
    mallopt(M_ARENA_MAX, 1);
    enum kr_error err = harden_process();
    if (!err)
        err = vault_warm();
    return err ? err : harden_vault();
}

int vault_serve(int fd)
{
    int status = (int)KR_E_LOCKED_MEMORY;
    struct vault_service *s = calloc(1, sizeof *s);
    uint8_t *request = vault_buffer_new();
    uint8_t *reply = vault_buffer_new();
    if (!s || !request || !reply)
        goto out;
    s->lane = -1;
    s->received = -1;
    enum kr_error err = make_safe();
    struct wire out;
    wire_begin(&out, reply, WIRE_MAX);
    wire_put_u8(&out, 0);
    wire_put_u8(&out, 0);
    if (answer(fd, &out, err, false) == KR_OK && !err)
        serve_all(s, fd, request, reply);
    status = 0;
out:
    vault_buffer_free(&reply);
    vault_buffer_free(&request);
    if (s)
        release(s);
    return status;
}
