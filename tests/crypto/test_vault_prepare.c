/* Keys derived ahead in the vault: they are those that it would have derived, go out once, and do
 * not stay. */
#include "vault_fixture.h"
#include "process_memory.h"

#include <unistd.h>

#define COUNT   300
#define MASTERS 3

static const uint8_t value[16] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6,
                                  0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
static const uint8_t zero[8];
static uint8_t factors[8 * COUNT];

/* Numbers that run on, as in a data file. */
static void number_the_cards(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t number[8] = {0x12, 0x34, 0x56, 0, 0, 0, (uint8_t)(i / 100), (uint8_t)i};
        memcpy(factors + 8 * i, number, 8);
    }
}

static vault_handle master(struct vault *v, unsigned n)
{
    uint8_t own[16];
    memcpy(own, value, sizeof own);
    own[0] = (uint8_t)(own[0] ^ (2 * n));
    return key_of(v, own, PURPOSE_MASTER);
}

/* What a challenge becomes under the derived key. */
static void proof_of(struct vault *v, vault_handle from, const uint8_t factor[8], uint8_t out[8])
{
    struct kcv kcv;
    vault_handle derived;
    assert_int_equal(vault_diversify(v, from, factor, 1, PURPOSE_AUTH, &derived, &kcv), KR_OK);
    assert_int_equal(vault_cryptogram(v, derived, zero, out), KR_OK);
    vault_drop(v, derived);
}

static void a_key_prepared_is_the_key_that_would_be_derived(void **state)
{
    struct vault *v = *state;
    vault_handle keys[MASTERS];
    uint8_t singly[MASTERS][8], ahead[8];
    number_the_cards();
    for (unsigned n = 0; n < MASTERS; n++)
        keys[n] = master(v, n);
    for (size_t i = 0; i < COUNT; i += 37) {
        assert_int_equal(vault_prepare(v, keys, 1, zero, 1), KR_OK);
        for (size_t n = 0; n < MASTERS; n++)
            proof_of(v, keys[n], factors + 8 * i, singly[n]);
        assert_int_equal(vault_prepare(v, keys, MASTERS, factors, COUNT), KR_OK);
        for (size_t n = 0; n < MASTERS; n++) {
            proof_of(v, keys[n], factors + 8 * i, ahead);
            assert_memory_equal(ahead, singly[n], 8);
            proof_of(v, keys[n], factors + 8 * i, ahead); /* taken: derived anew */
            assert_memory_equal(ahead, singly[n], 8);
        }
    }
}

static void prepared_keys_serve_only_the_key_and_factor_they_were_made_for(void **state)
{
    struct vault *v = *state;
    uint8_t before[8], after[8];
    vault_handle prepared = master(v, 0), other = master(v, 1);
    number_the_cards();
    proof_of(v, other, factors, before);
    assert_int_equal(vault_prepare(v, &prepared, 1, factors, COUNT - 1), KR_OK);
    proof_of(v, other, factors, after);
    assert_memory_equal(after, before, 8);
    proof_of(v, prepared, factors, after);
    assert_memory_not_equal(after, before, 8);
    proof_of(v, prepared, factors + 8 * (COUNT - 1), before);
    assert_int_equal(vault_prepare(v, &prepared, 1, factors + 8 * (COUNT - 1), 1), KR_OK);
    proof_of(v, prepared, factors + 8 * (COUNT - 1), after);
    assert_memory_equal(after, before, 8);
}

static void only_master_keys_are_derived_from_ahead_and_no_more_than_fit(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    static uint8_t many[8 * (DIVERSIFY_MAX + 1)];
    uint8_t marked[8] = {VAULT_PROOF_MARK};
    vault_handle keys[VAULT_PREPARE_KEYS + 1] = {master(v, 0), master(v, 1)};
    vault_handle control, gone = master(v, 2);
    assert_int_equal(vault_random(v, "3des", PURPOSE_CONTROL, &control, &kcv), KR_OK);
    vault_drop(v, gone);
    assert_int_equal(vault_prepare(v, &control, 1, zero, 1), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_prepare(v, &gone, 1, zero, 1), KR_E_ARGUMENT);
    assert_int_equal(vault_prepare(v, keys, 0, zero, 1), KR_E_ARGUMENT);
    assert_int_equal(vault_prepare(v, keys, 1, zero, 0), KR_E_ARGUMENT);
    assert_int_equal(vault_prepare(v, keys, VAULT_PREPARE_KEYS + 1, zero, 1), KR_E_ARGUMENT);
    assert_int_equal(vault_prepare(v, keys, 1, many, DIVERSIFY_MAX + 1), KR_E_ARGUMENT);
    assert_int_equal(vault_prepare(v, keys, 2, many, DIVERSIFY_MAX / 2 + 1), KR_E_ARGUMENT);
    assert_int_equal(vault_prepare(v, keys, 1, marked, 1), KR_E_ARGUMENT);
    marked[0] ^= 0xFF;
    assert_int_equal(vault_prepare(v, keys, 1, marked, 1), KR_E_ARGUMENT);
    for (int round = 0; round < 3; round++) /* each in the place of the last */
        assert_int_equal(vault_prepare(v, keys, 1, many, DIVERSIFY_MAX), KR_OK);
}

/* The key that factor derives from the known master, made by itself. */
static struct pattern derived_pattern(const uint8_t factor[8])
{
    const struct suite *suite = suite_by_id("3des");
    struct secret *key = secret_from(value, sizeof value);
    struct secret *derived = NULL;
    struct pattern p = {.len = 16};
    suite->adjust(key);
    assert_int_equal(suite_diversify(suite, key, factor, &derived), KR_OK);
    for (size_t i = 0; i < p.len; i++)
        p.masked[i] = derived->bytes[i] ^ PATTERN_MASK;
    secret_free(&derived);
    secret_free(&key);
    return p;
}

static void what_was_prepared_is_wiped_when_taken_replaced_or_its_master_dropped(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle derived, keys[2] = {master(v, 0), master(v, 1)};
    number_the_cards();
    struct pattern first = derived_pattern(factors);
    struct pattern last = derived_pattern(factors + 8 * (COUNT - 1));
    if (!memory_can_be_read(vault_pid(v)))
        skip();
    assert_int_equal(vault_prepare(v, keys, 2, factors, COUNT), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &first), 1);
    assert_int_equal(vault_diversify(v, keys[0], factors, 1, PURPOSE_MASTER, &derived, &kcv),
                     KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &first), 1); /* moved, not copied */
    vault_drop(v, derived);
    assert_int_equal(memory_count(vault_pid(v), &first), 0);
    assert_int_equal(memory_count(vault_pid(v), &last), 1);
    vault_drop(v, keys[1]); /* one of them: the file's cards are not made any more */
    assert_int_equal(memory_count(vault_pid(v), &last), 0);
    assert_int_equal(vault_prepare(v, keys, 1, factors, COUNT), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &last), 1);
    assert_int_equal(vault_prepare(v, keys, 1, factors, 1), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &last), 0);
    assert_int_equal(memory_count(vault_pid(v), &first), 1);
    assert_int_equal(vault_prepare(v, keys, 0, factors, 1), KR_E_ARGUMENT);
    assert_int_equal(memory_count(vault_pid(v), &first), 0);
    assert_int_equal(memory_count(getpid(), &first), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(a_key_prepared_is_the_key_that_would_be_derived),
        vault_test(prepared_keys_serve_only_the_key_and_factor_they_were_made_for),
        vault_test(only_master_keys_are_derived_from_ahead_and_no_more_than_fit),
        vault_test(what_was_prepared_is_wiped_when_taken_replaced_or_its_master_dropped),
    };
    run_vault_tests("vault: prepared", argc, argv, tests);
}
