/*
 * Shamir's scheme. Multiplication works by masks instead of tables or branches, so that the time it
 * takes and the cache lines it touches say nothing of the bytes.
 */
#include "seal.h"

#include <string.h>
#include "hash.h"

#define QUORUM_MIN 2
#define SHARES_MAX 255

static uint8_t times(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    unsigned factor = a;
    unsigned bits = b;

    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= factor & (0U - (bits >> bit & 1U));
        factor = factor << 1 ^ (0x11BU & (0U - (factor >> 7 & 1U)));
    }
    return (uint8_t)product;
}

/* a^254 = 1/a: all 255 values but zero form a group. */
static uint8_t inverse(uint8_t a)
{
    uint8_t power = a;
    uint8_t result = 1;

    for (int i = 1; i < 8; i++) {
        power = times(power, power);
        result = times(result, power);
    }
    return result;
}

/* coefficients: k - 1 rows of len bytes, lowest power first. */
static void evaluate(const struct secret *secret, const struct secret *coefficients, unsigned k,
                     uint8_t x, uint8_t *y)
{
    size_t len = secret->len;

    memset(y, 0, len);
    for (unsigned power = k - 1; power > 0; power--)
        for (size_t b = 0; b < len; b++)
            y[b] = times((uint8_t)(y[b] ^ coefficients->bytes[(power - 1) * len + b]), x);
    for (size_t b = 0; b < len; b++)
        y[b] ^= secret->bytes[b];
}

enum kr_error shares_split(const struct secret *secret, unsigned k, unsigned n,
                           struct secret **shares)
{
    struct secret *coefficients;
    enum kr_error rc;

    if (k < QUORUM_MIN || k > n || n > SHARES_MAX)
        return kr_fail(KR_E_ARGUMENT, "%u/%u", k, n);
    memset(shares, 0, n * sizeof *shares);
    coefficients = secret_new((k - 1) * secret->len);
    if (!coefficients)
        return KR_E_MEMORY;
    rc = random_bytes(coefficients->bytes, coefficients->len);
    for (unsigned i = 0; rc == KR_OK && i < n; i++) {
        shares[i] = secret_new(secret->len);
        if (shares[i])
            evaluate(secret, coefficients, k, (uint8_t)(i + 1), shares[i]->bytes);
        else
            rc = KR_E_MEMORY;
    }
    if (rc != KR_OK)
        for (unsigned i = 0; i < n; i++)
            secret_free(&shares[i]);
    secret_free(&coefficients);
    return rc;
}

static enum kr_error check_shares(const struct secret *const *shares, const uint8_t *indices,
                                  size_t count)
{
    if (count < QUORUM_MIN || count > SHARES_MAX)
        return KR_E_SHARES;
    for (size_t i = 0; i < count; i++) {
        if (indices[i] == 0 || shares[i]->len != shares[0]->len)
            return KR_E_SHARES;
        for (size_t j = 0; j < i; j++)
            if (indices[i] == indices[j])
                return KR_E_SHARES;
    }
    return KR_OK;
}

/* Lagrange's weight of share i at x = 0; minus is plus in this field. */
static uint8_t weight(const uint8_t *indices, size_t count, size_t i)
{
    uint8_t above = 1;
    uint8_t below = 1;

    for (size_t j = 0; j < count; j++) {
        if (j == i)
            continue;
        above = times(above, indices[j]);
        below = times(below, (uint8_t)(indices[j] ^ indices[i]));
    }
    return times(above, inverse(below));
}

enum kr_error shares_join(const struct secret *const *shares, const uint8_t *indices, size_t count,
                          struct secret **secret)
{
    struct secret *joined;
    enum kr_error rc = check_shares(shares, indices, count);

    if (rc != KR_OK)
        return rc;
    joined = secret_new(shares[0]->len);
    if (!joined)
        return KR_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        uint8_t factor = weight(indices, count, i);
        for (size_t b = 0; b < joined->len; b++)
            joined->bytes[b] ^= times(shares[i]->bytes[b], factor);
    }
    *secret = joined;
    return KR_OK;
}
