#include "suite_row.h"

#include <stdio.h>
#include <string.h>
#include "hash.h"

#define KCV_MIN      ((size_t)2)
#define RANDOM_DRAWS 16

static const struct suite *const suites[] = {
    &suite_3des,
    &suite_sm4,
    &suite_aes128,
};

const struct suite *suite_by_id(const char *id)
{
    const struct suite *s;

    for (size_t i = 0; (s = suite_at(i)) && strcmp(s->id, id) != 0;)
        i++;
    return s;
}

const struct suite *suite_at(size_t index)
{
    return index < sizeof suites / sizeof suites[0] ? suites[index] : NULL;
}

static enum kr_error right_length(const struct suite *s, const struct secret *key)
{
    if (key->len != s->key_len)
        return kr_fail(KR_E_KEY_LENGTH, "%zu", key->len);
    return KR_OK;
}

static enum kr_error right_blocks(const struct suite *s, const struct secret *key, size_t len)
{
    if (len % s->block != 0)
        return kr_fail(KR_E_ARGUMENT, "%zu", len);
    return right_length(s, key);
}

enum kr_error suite_encrypt(const struct suite *s, const struct secret *key, const uint8_t *in,
                            uint8_t *out, size_t len)
{
    enum kr_error rc = right_blocks(s, key, len);

    return rc == KR_OK ? s->encrypt(key, in, out, len) : rc;
}

enum kr_error suite_decrypt(const struct suite *s, const struct secret *key, const uint8_t *in,
                            uint8_t *out, size_t len)
{
    enum kr_error rc = right_blocks(s, key, len);

    return rc == KR_OK ? s->decrypt(key, in, out, len) : rc;
}

enum kr_error suite_mac(const struct suite *s, const struct secret *key, const uint8_t *iv,
                        const uint8_t *data, size_t len, uint8_t mac[MAC_LEN])
{
    uint8_t full[BLOCK_MAX];
    bool session = s->session_key_len > 0 && key->len == s->session_key_len;
    enum kr_error rc = session ? KR_OK : right_length(s, key);

    if (rc == KR_OK)
        rc = s->mac(key, iv, data, len, full);
    if (rc == KR_OK)
        memcpy(mac, full, MAC_LEN);
    return rc;
}

enum kr_error suite_diversify(const struct suite *s, const struct secret *key,
                              const uint8_t factor[8], struct secret **out)
{
    return suite_diversify_many(s, &key, 1, factor, 1, out);
}

enum kr_error suite_diversify_down(const struct suite *s, const struct secret *key,
                                   const uint8_t *factors8, size_t levels, struct secret **out)
{
    struct secret *value = secret_duplicate(key);
    enum kr_error rc = value ? KR_OK : KR_E_MEMORY;

    for (size_t i = 0; i < levels && rc == KR_OK; i++) {
        struct secret *below = NULL;
        rc = suite_diversify(s, value, factors8 + 8 * i, &below);
        secret_free(&value);
        value = below;
    }
    *out = value;
    return rc;
}

enum kr_error suite_kcv(const struct suite *s, const struct secret *key, struct kcv *out)
{
    enum kr_error rc = right_length(s, key);

    return rc == KR_OK ? s->kcv(key, out) : rc;
}

enum kr_error suite_check_key(const struct suite *s, const struct secret *key)
{
    enum kr_error rc = right_length(s, key);

    return rc == KR_OK ? s->check(key) : rc;
}

enum kr_error suite_random_key(const struct suite *s, struct secret **out)
{
    struct secret *key = secret_new(s->key_len);
    enum kr_error rc = key ? KR_E_RANDOM : KR_E_MEMORY;

    /* One draw in 2^50 is refused: so many in a row mean a broken generator. */
    for (int draw = 0; key && draw < RANDOM_DRAWS && rc != KR_OK; draw++) {
        if (random_bytes(key->bytes, key->len) != KR_OK)
            break;
        s->adjust(key);
        rc = s->check(key) == KR_OK ? KR_OK : KR_E_RANDOM;
    }
    if (rc == KR_OK)
        *out = key;
    else
        secret_free(&key);
    return rc;
}

/* Labels are compared where both sides have one: equal digits of two algorithms agree by chance
 * only. */
bool kcv_equal(const struct kcv *a, const struct kcv *b)
{
    unsigned any = 0;
    unsigned difference = 0;

    if (a->len == 0 || a->len > KCV_MAX || a->len != b->len)
        return false;
    if (a->algorithm[0] && b->algorithm[0] && strcmp(a->algorithm, b->algorithm) != 0)
        return false;
    for (size_t i = 0; i < a->len; i++) {
        any |= a->bytes[i];
        difference |= (unsigned)(a->bytes[i] ^ b->bytes[i]);
    }
    return any != 0 && difference == 0;
}

void kcv_text(const struct kcv *k, char out[16])
{
    size_t len = k->len <= KCV_MAX ? k->len : KCV_MAX;

    out[0] = '\0';
    for (size_t i = 0; i < len; i++) {
        hex_encode_upper(k->bytes + i, 1, out + 3 * i);
        if (i + 1 < len)
            out[3 * i + 2] = ' ';
    }
}

enum kr_error kcv_parse(const struct suite *s, const char *text, struct kcv *out)
{
    char digits[2 * KCV_MAX + 1];
    size_t count = 0;
    struct kcv parsed = {.len = 0};

    for (; *text && count < sizeof digits; text++)
        if (*text != ' ')
            digits[count++] = *text;
    if (count < 2 * KCV_MIN || count > 2 * KCV_MAX || count % 2 != 0)
        return kr_fail(KR_E_KCV_TEXT, "%zu", 2 * s->kcv_len);
    digits[count] = '\0';
    parsed.len = count / 2;
    if (hex_decode(digits, parsed.bytes, parsed.len) != KR_OK)
        return kr_fail(KR_E_KCV_TEXT, "%zu", 2 * s->kcv_len);
    snprintf(parsed.algorithm, sizeof parsed.algorithm, "%s", s->kcv_algorithm);
    *out = parsed;
    return KR_OK;
}
