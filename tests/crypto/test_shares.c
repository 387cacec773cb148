#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"

#define HOLDERS_MAX 9

static struct secret *random_secret(size_t len)
{
    struct secret *s = secret_new(len);

    assert_non_null(s);
    assert_int_equal(random_bytes(s->bytes, len), KR_OK);
    return s;
}

static void free_all(struct secret **shares, size_t n)
{
    for (size_t i = 0; i < n; i++)
        secret_free(&shares[i]);
}

/* Joins the shares whose bits are set in subset. */
static enum kr_error join_subset(struct secret *const *shares, unsigned subset, struct secret **out)
{
    const struct secret *chosen[HOLDERS_MAX];
    uint8_t indices[HOLDERS_MAX];
    size_t count = 0;

    for (unsigned i = 0; i < HOLDERS_MAX; i++)
        if (subset >> i & 1) {
            chosen[count] = shares[i];
            indices[count++] = (uint8_t)(i + 1);
        }
    return shares_join(chosen, indices, count, out);
}

static void try_all_subsets(unsigned k, unsigned n)
{
    struct secret *secret = random_secret(32);
    struct secret *shares[HOLDERS_MAX];

    assert_int_equal(shares_split(secret, k, n, shares), KR_OK);
    for (unsigned subset = 0; subset < 1U << n; subset++) {
        unsigned count = (unsigned)__builtin_popcount(subset);
        struct secret *joined = NULL;
        if (count < 2)
            continue;
        assert_int_equal(join_subset(shares, subset, &joined), KR_OK);
        if (secret_equal(joined, secret) != (count >= k))
            fail_msg("%u of %u: subset %x", k, n, subset);
        secret_free(&joined);
    }
    free_all(shares, n);
    secret_free(&secret);
}

static void every_quorum_opens_and_one_share_less_never_does(void **state)
{
    (void)state;
    try_all_subsets(2, 3);
    try_all_subsets(3, 5);
    try_all_subsets(5, 9);
    try_all_subsets(2, 2);
    try_all_subsets(9, 9);
}

/* Points of f(x) = 53 + ca x and of f(x) = 00 + 01 x + 02 x^2, computed by hand in the AES field.
 */
static void shares_made_elsewhere_join(void **state)
{
    struct secret *line[] = {secret_of("99"), secret_of("dc")};
    struct secret *curve[] = {secret_of("03"), secret_of("0a"), secret_of("09")};
    const uint8_t indices[] = {1, 2, 3};
    struct secret *joined = NULL;
    (void)state;

    /* 53 ^ ca = 99; ca * 2 = 94 ^ 1b = 8f, 53 ^ 8f = dc */
    assert_int_equal(shares_join((const struct secret *const *)line, indices, 2, &joined), KR_OK);
    assert_int_equal(joined->bytes[0], 0x53);
    secret_free(&joined);
    /* 1 ^ 2*1 = 3; 2 ^ 2*4 = a; 3 ^ 2*5 = 9 */
    assert_int_equal(shares_join((const struct secret *const *)curve, indices, 3, &joined), KR_OK);
    assert_int_equal(joined->bytes[0], 0x00);
    secret_free(&joined);
    free_all(line, 2);
    free_all(curve, 3);
}

/* Plain field arithmetic, another way than the one tested: Russian peasants with branches. */
static unsigned field_times(unsigned a, unsigned b)
{
    unsigned product = 0;

    for (; b; b >>= 1) {
        if (b & 1)
            product ^= a;
        a <<= 1;
        if (a & 0x100)
            a ^= 0x11B;
    }
    return product;
}

/* Two shares of a line: the slope is (y1 ^ y2) / (x1 ^ x2); holds for every pair of indices. */
static void the_line_through_any_two_points_is_found_for_all_indices(void **state)
{
    (void)state;
    for (unsigned x1 = 1; x1 < 256; x1++)
        for (unsigned x2 = x1 + 1; x2 < 256; x2 += 7) {
            unsigned slope = (x1 * 31 + x2 * 7 + 1) & 0xFF;
            struct secret *points[] = {secret_new(1), secret_new(1)};
            const uint8_t indices[] = {(uint8_t)x1, (uint8_t)x2};
            struct secret *joined = NULL;
            points[0]->bytes[0] = (uint8_t)(0xA7 ^ field_times(slope, x1));
            points[1]->bytes[0] = (uint8_t)(0xA7 ^ field_times(slope, x2));
            assert_int_equal(shares_join((const struct secret *const *)points, indices, 2, &joined),
                             KR_OK);
            assert_int_equal(joined->bytes[0], 0xA7);
            secret_free(&joined);
            free_all(points, 2);
        }
}

static void the_most_shares_there_can_be_still_join(void **state)
{
    static struct secret *shares[255];
    struct secret *secret = random_secret(4);
    struct secret *joined = NULL;
    uint8_t indices[255];
    (void)state;

    assert_int_equal(shares_split(secret, 128, 255, shares), KR_OK);
    for (size_t i = 0; i < 255; i++)
        indices[i] = (uint8_t)(i + 1);
    assert_int_equal(
        shares_join((const struct secret *const *)shares + 127, indices + 127, 128, &joined),
        KR_OK);
    assert_true(secret_equal(joined, secret));
    free_all(shares, 255);
    secret_free(&joined);
    secret_free(&secret);
}

static void a_share_says_nothing_and_splitting_again_gives_others(void **state)
{
    struct secret *zero = secret_new(32);
    struct secret *first[3];
    struct secret *second[3];
    (void)state;

    assert_int_equal(shares_split(zero, 2, 3, first), KR_OK);
    assert_int_equal(shares_split(zero, 2, 3, second), KR_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_false(secret_equal(first[i], zero));
        assert_false(secret_equal(first[i], second[i]));
    }
    free_all(first, 3);
    free_all(second, 3);
    secret_free(&zero);
}

static void an_altered_share_gives_another_secret(void **state)
{
    struct secret *secret = random_secret(32);
    struct secret *shares[3];
    struct secret *joined = NULL;
    (void)state;

    assert_int_equal(shares_split(secret, 2, 3, shares), KR_OK);
    shares[1]->bytes[7] ^= 0x10;
    assert_int_equal(
        shares_join((const struct secret *const *)shares, (const uint8_t[]){1, 2}, 2, &joined),
        KR_OK);
    assert_false(secret_equal(joined, secret));
    secret_free(&joined);
    free_all(shares, 3);
    secret_free(&secret);
}

static void impossible_quorums_are_refused(void **state)
{
    static const unsigned wrong[][2] = {{0, 3}, {1, 3}, {4, 3}, {2, 1}, {0, 0}, {2, 256}};
    struct secret *secret = random_secret(16);
    struct secret *shares[HOLDERS_MAX];
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(shares_split(secret, wrong[i][0], wrong[i][1], shares), KR_E_ARGUMENT);
    secret_free(&secret);
}

static void refused(struct secret *const *shares, const uint8_t *indices, size_t count)
{
    struct secret *joined = NULL;

    assert_int_equal(shares_join((const struct secret *const *)shares, indices, count, &joined),
                     KR_E_SHARES);
    assert_null(joined);
}

static void repeated_numbered_zero_single_or_unequal_shares_are_refused(void **state)
{
    struct secret *secret = random_secret(16);
    struct secret *shares[5];
    (void)state;

    assert_int_equal(shares_split(secret, 3, 5, shares), KR_OK);
    refused(shares, (const uint8_t[]){1, 2, 1}, 3);
    refused(shares, (const uint8_t[]){0, 2, 3}, 3);
    refused(shares, (const uint8_t[]){1, 2, 3}, 0);
    refused(shares, (const uint8_t[]){1, 2, 3}, 1);
    shares[2]->len = 15;
    refused(shares, (const uint8_t[]){1, 2, 3}, 3);
    free_all(shares, 5);
    secret_free(&secret);
}

static int open_heap(void **state)
{
    (void)state;
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quorum_opens_and_one_share_less_never_does),
        cmocka_unit_test(shares_made_elsewhere_join),
        cmocka_unit_test(the_line_through_any_two_points_is_found_for_all_indices),
        cmocka_unit_test(the_most_shares_there_can_be_still_join),
        cmocka_unit_test(a_share_says_nothing_and_splitting_again_gives_others),
        cmocka_unit_test(an_altered_share_gives_another_secret),
        cmocka_unit_test(impossible_quorums_are_refused),
        cmocka_unit_test(repeated_numbered_zero_single_or_unequal_shares_are_refused),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
