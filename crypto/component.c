#include "component.h"

#include <string.h>

/* GF(16) modulo x^4+x+1: times a = 2. */
static unsigned times_a(unsigned v)
{
    unsigned doubled = v << 1;

    return (doubled ^ (0x13U * (doubled >> 4 & 1U))) & 15U;
}

char component_check_letter(size_t block, const uint8_t digits[BLOCK_DIGITS])
{
    static const char letters[17] = "GHJKLMNPQRTUVWXY";
    /* Horner from the highest power: a^5*(b+1), a^4*d4 .. a*d1. */
    unsigned sum = times_a((unsigned)(block + 1) & 15U);

    for (size_t i = BLOCK_DIGITS; i-- > 0;)
        sum = times_a(sum ^ (digits[i] & 15U));
    return letters[sum];
}

enum kr_error component_check(const struct suite *s, const struct secret *component)
{
    enum kr_error rc = suite_check_key(s, component);

    /* Equal halves weaken a key, not a component: the others still differ. */
    return rc == KR_E_KEY_HALVES ? KR_OK : rc;
}

static enum kr_error check_each(const struct suite *s, const struct secret *const *components,
                                size_t count)
{
    enum kr_error rc;

    for (size_t i = 0; i < count; i++) {
        rc = component_check(s, components[i]);
        if (rc != KR_OK)
            return kr_fail(rc, "%zu", i + 1);
        for (size_t j = 0; j < i; j++)
            if (secret_equal(components[i], components[j]))
                return kr_fail(KR_E_COMPONENT_EQUAL, "%zu = %zu", j + 1, i + 1);
    }
    return KR_OK;
}

enum kr_error component_combine(const struct suite *s, const struct secret *const *components,
                                size_t count, struct secret **key)
{
    struct secret *sum;
    enum kr_error rc;

    if (count < COMPONENTS_MIN || count > COMPONENTS_MAX)
        return kr_fail(KR_E_COMPONENT_COUNT, "%zu", count);
    rc = check_each(s, components, count);
    if (rc != KR_OK)
        return rc;
    sum = secret_new(s->key_len);
    if (!sum)
        return KR_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < s->key_len; b++)
            sum->bytes[b] ^= components[i]->bytes[b];
    /* Zero is looked for before parity turns it into 01..01. */
    rc = suite_check_key(s, sum);
    s->adjust(sum);
    if (rc == KR_OK)
        *key = sum;
    else
        secret_free(&sum);
    return rc;
}
