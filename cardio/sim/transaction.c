/* Session keys, MACs and TACs of purchases and loads: cards.md section 4. */
#include "purse.h"

#include <string.h>

#define BLOCK ((size_t)8)

uint32_t number_read(const uint8_t *bytes, size_t len)
{
    uint32_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | bytes[i];
    return number;
}

void number_write(uint32_t number, uint8_t *bytes, size_t len)
{
    while (len-- > 0) {
        bytes[len] = (uint8_t)number;
        number >>= 8;
    }
}

void forget_begun(struct begun *b)
{
    secret_free(&b->session);
    *b = (struct begun){0};
}

enum kr_error session_key(const struct sim_key *k, const uint8_t data[8], struct secret **out)
{
    struct secret *wide = key_wide(k);
    struct secret *session = secret_new(BLOCK);
    enum kr_error rc = wide && session ? KR_OK : KR_E_MEMORY;

    if (rc == KR_OK)
        rc = suite_encrypt(suite_by_id("3des"), wide, data, session->bytes, BLOCK);
    secret_free(&wide);
    if (rc == KR_OK)
        *out = session;
    else
        secret_free(&session);
    return rc;
}

enum kr_error transaction_mac(const struct secret *key8, const uint8_t *data, size_t len,
                              uint8_t mac[MAC_LEN])
{
    static const uint8_t iv[BLOCK];

    return suite_mac(suite_by_id("3des"), key8, iv, data, len, mac);
}

enum kr_error folded_mac(const struct sim_key *k, const uint8_t *data, size_t len,
                         uint8_t mac[MAC_LEN])
{
    struct secret *folded = secret_from(k->value->bytes, BLOCK);
    enum kr_error rc = KR_E_MEMORY;

    for (size_t i = 0; folded && i < BLOCK && k->value->len == 2 * BLOCK; i++)
        folded->bytes[i] ^= k->value->bytes[BLOCK + i];
    if (folded)
        rc = transaction_mac(folded, data, len, mac);
    secret_free(&folded);
    return rc;
}

enum kr_error diversify_from_right(const struct secret *key, const uint8_t *factors, size_t count,
                                   struct secret **out)
{
    struct secret *value = secret_duplicate(key);
    enum kr_error rc = value ? KR_OK : KR_E_MEMORY;

    while (rc == KR_OK && count-- > 0) {
        struct secret *below = NULL;
        rc = suite_diversify(suite_by_id("3des"), value, factors + count * BLOCK, &below);
        secret_free(&value);
        value = below;
    }
    if (rc == KR_OK)
        *out = value;
    else
        secret_free(&value);
    return rc;
}
