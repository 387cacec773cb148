/* MACs of loads, and TACs, for whoever holds the master keys of a bank's cards. Formats:
 * ../shared/domain/cards.md section 4. */
#include "vault_service.h"

#include <string.h>

#define SESSION_LEN 8 /* single DES */

/* What both operations are asked: a key, and the data that the card computed over. */
struct question {
    const struct vault_object *key;
    const uint8_t *data;
    size_t len;
};

static enum kr_error question_end(struct vault_service *s, struct wire *in, vault_handle h,
                                  struct question *q)
{
    struct vault_object *o;
    q->data = wire_get_bytes(in, &q->len);
    enum kr_error err = wire_end(in);
    if (!err && q->len > VAULT_TRANSACTION_MAX)
        err = kr_fail(KR_E_TOO_LONG, "%zu", q->len);
    if (!err)
        err = vault_key_find(s, h, PURPOSE_BIT(PURPOSE_TRANSACTION), &o);
    if (!err && (o->suite->block != SESSION_LEN || o->suite->session_key_len != SESSION_LEN ||
                 o->key->len != 2 * SESSION_LEN))
        err = kr_fail(KR_E_SUITE, "%s", o->suite->id);
    if (!err)
        q->key = o;
    return err;
}

/* Both MACs begin with initial value 0. Takes the session key over. */
static enum kr_error answer_mac(const struct question *q, struct secret **session, struct wire *out)
{
    static const uint8_t zero[SESSION_LEN];
    uint8_t mac[MAC_LEN];
    enum kr_error err = suite_mac(q->key->suite, *session, zero, q->data, q->len, mac);
    if (!err)
        wire_put_bytes(out, mac, sizeof mac);
    secret_free(session);
    return err;
}

enum kr_error handle_tac(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct question q;
    vault_handle h = wire_get_u32(in);
    enum kr_error err = question_end(s, in, h, &q);
    if (err)
        return err;
    struct secret *folded = secret_new(SESSION_LEN);
    if (!folded)
        return KR_E_MEMORY;
    for (size_t i = 0; i < SESSION_LEN; i++)
        folded->bytes[i] = q.key->key->bytes[i] ^ q.key->key->bytes[SESSION_LEN + i];
    return answer_mac(&q, &folded, out);
}

enum kr_error handle_load_mac(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct question q;
    uint8_t factor[SESSION_LEN] = {[6] = 0x80};
    vault_handle h = wire_get_u32(in);
    wire_get_exactly(in, factor, 4);
    wire_get_exactly(in, factor + 4, 2);
    enum kr_error err = question_end(s, in, h, &q);
    if (err)
        return err;
    struct secret *session = secret_new(SESSION_LEN);
    if (!session)
        return KR_E_MEMORY;
    err = suite_encrypt(q.key->suite, q.key->key, factor, session->bytes, SESSION_LEN);
    if (!err)
        return answer_mac(&q, &session, out);
    secret_free(&session);
    return err;
}
