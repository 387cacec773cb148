/* SM4 and AES-128 against the numbers of their standards. What no standard prints (diversification,
 * MACs from a challenge) was computed with the openssl command: enc -sm4-ecb, -sm4-cbc,
 * -aes-128-ecb, mac CMAC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/component.h"
#include "../../crypto/hash.h"

#define LEN 16

static const struct suite *sm4(void)
{
    return suite_by_id("sm4");
}

static const struct suite *aes(void)
{
    return suite_by_id("aes128");
}

static void same(const uint8_t *bytes, const char *hex)
{
    uint8_t expected[64];
    size_t len = bytes_of(hex, expected, sizeof expected);

    assert_memory_equal(bytes, expected, len);
}

static void one_block(const struct suite *s, const char *key_hex, const char *in_hex,
                      const char *out_hex)
{
    uint8_t block[LEN];
    struct secret *key = secret_of(key_hex);

    bytes_of(in_hex, block, sizeof block);
    assert_int_equal(suite_encrypt(s, key, block, block, LEN), KR_OK);
    same(block, out_hex);
    assert_int_equal(suite_decrypt(s, key, block, block, LEN), KR_OK);
    same(block, in_hex);
    secret_free(&key);
}

static void a_block_is_encrypted_as_the_standards_print_it(void **state)
{
    (void)state;
    /* GB/T 32907 A.1, FIPS 197 C.1 */
    one_block(sm4(), "0123456789ABCDEFFEDCBA9876543210", "0123456789ABCDEFFEDCBA9876543210",
              "681EDF34D206965E86B3E94F536E4246");
    one_block(aes(), "000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF",
              "69C4E0D86A7B0430D8CDB78070B4C55A");
}

static void a_million_encryptions_end_where_the_standard_says(void **state)
{
    uint8_t block[LEN];
    struct secret *key = secret_of("0123456789ABCDEFFEDCBA9876543210");
    (void)state;

    bytes_of("0123456789ABCDEFFEDCBA9876543210", block, sizeof block);
    for (int i = 0; i < 1000000; i++)
        assert_int_equal(suite_encrypt(sm4(), key, block, block, LEN), KR_OK);
    same(block, "595298C7C6FD271F0402F804C33D3F66"); /* GB/T 32907 A.2 */
    secret_free(&key);
}

static void mac_is(const struct suite *s, const char *key_hex, const char *iv_hex,
                   const char *data_hex, const char *mac_hex)
{
    uint8_t iv[LEN], data[128], full[BLOCK_MAX], mac[MAC_LEN];
    struct secret *key = secret_of(key_hex);
    size_t len = bytes_of(data_hex, data, sizeof data);

    bytes_of(iv_hex, iv, sizeof iv);
    assert_int_equal(s->mac(key, iv, data, len, full), KR_OK);
    same(full, mac_hex);
    assert_int_equal(suite_mac(s, key, iv, data, len, mac), KR_OK);
    assert_memory_equal(mac, full, MAC_LEN);
    secret_free(&key);
}

#define NO_IV "00000000000000000000000000000000"
#define IV    "A1B2C3D4000000000000000000000000"

static void cmac_gives_the_four_values_of_its_standard(void **state)
{
    static const char key[] = "2B7E151628AED2A6ABF7158809CF4F3C";
    static const char text[] = "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
                               "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710";
    static const struct {
        size_t len;
        const char *mac;
    } rfc4493[] = {{0, "BB1D6929E95937287FA37D129B756746"},
                   {16, "070A16B46B4D4144F79BDD9DD04A287C"},
                   {40, "DFA66747DE9AE63030CA32611497C827"},
                   {64, "51F0BEBF7E3B9D92FC49741779363CFE"}};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        char here[sizeof text];
        memcpy(here, text, 2 * rfc4493[i].len);
        here[2 * rfc4493[i].len] = '\0';
        mac_is(aes(), key, NO_IV, here, rfc4493[i].mac);
    }
}

static void a_mac_begins_from_the_challenge_as_computed_outside(void **state)
{
    static const char key[] = "00112233445566778899AABBCCDDEEFF";
    static const char data[] = "000102030405060708090A0B0C0D0E0F10111213";
    (void)state;

    mac_is(sm4(), key, IV, data, "6C9BF672FAA7498938B333661C1E8CCC");
    mac_is(aes(), key, IV, data, "92AA376C93F7D289511BF372BFA94835");
}

static void a_mac_of_any_length_equals_the_one_computed_block_by_block(void **state)
{
    static uint8_t data[1100];
    struct secret *key = secret_of("11223344556677888877665544332211");
    uint8_t iv[LEN];
    (void)state;

    assert_int_equal(random_bytes(data, sizeof data), KR_OK);
    assert_int_equal(random_bytes(iv, sizeof iv), KR_OK);
    for (size_t len = 0; len <= sizeof data; len += len < 70 ? 1 : 53) {
        uint8_t full[BLOCK_MAX], slow[LEN];
        memcpy(slow, iv, LEN);
        for (size_t at = 0; at <= len; at += LEN) {
            for (size_t i = 0; i < LEN && at + i <= len; i++)
                slow[i] ^= at + i == len ? 0x80 : data[at + i];
            assert_int_equal(suite_encrypt(sm4(), key, slow, slow, LEN), KR_OK);
        }
        assert_int_equal(sm4()->mac(key, iv, data, len, full), KR_OK);
        assert_memory_equal(full, slow, LEN);
    }
    secret_free(&key);
}

static void derived_is(const struct suite *s, const char *expected)
{
    struct secret *key = secret_of("00112233445566778899AABBCCDDEEFF");
    struct secret *derived = NULL;
    uint8_t factor[8];

    bytes_of("1122334455667788", factor, sizeof factor);
    assert_int_equal(suite_diversify(s, key, factor, &derived), KR_OK);
    assert_int_equal(derived->len, s->key_len);
    same(derived->bytes, expected);
    secret_free(&derived);
    secret_free(&key);
}

static void a_key_is_derived_as_computed_outside(void **state)
{
    (void)state;
    derived_is(sm4(), "5A9F65876227746D95606233700543A9");
    derived_is(aes(), "A238CC83738C1C933052EA108FCBDCB0");
}

static void many_keys_at_once_equal_those_derived_one_by_one(void **state)
{
    enum { COUNT = 700 };
    uint8_t factors[8 * COUNT];
    struct secret *key = secret_of("00112233445566778899AABBCCDDEEFF");
    const struct secret *const keys[] = {key};
    struct secret *all = NULL, *one = NULL;
    (void)state;

    assert_int_equal(random_bytes(factors, sizeof factors), KR_OK);
    assert_int_equal(suite_diversify_many(sm4(), keys, 1, factors, COUNT, &all), KR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(suite_diversify(sm4(), key, factors + 8 * i, &one), KR_OK);
        assert_memory_equal(all->bytes + LEN * i, one->bytes, LEN);
        secret_free(&one);
    }
    secret_free(&all);
    secret_free(&key);
}

static void kcv_is(const struct suite *s, const char *name, size_t len, const char *label,
                   const char *text)
{
    struct kcv kcv, typed;
    char shown[16];
    uint8_t expected[KCV_MAX];
    struct secret *key = vector_secret(name, "inputs", "key");

    assert_int_equal(suite_kcv(s, key, &kcv), KR_OK);
    assert_int_equal(kcv.len, len);
    assert_string_equal(kcv.algorithm, label);
    assert_int_equal(vector_bytes(name, "expected", "kcv", expected, sizeof expected), len);
    assert_memory_equal(kcv.bytes, expected, len);
    kcv_text(&kcv, shown);
    assert_string_equal(shown, text);
    assert_int_equal(kcv_parse(s, shown, &typed), KR_OK);
    assert_true(kcv_equal(&kcv, &typed));
    secret_free(&key);
}

static void check_values_have_the_length_and_the_label_of_their_suite(void **state)
{
    (void)state;
    kcv_is(sm4(), "KCV SM4 (ECB of 16 zero bytes)", 3, "SM4-ECB0", "26 77 F4");
    kcv_is(aes(), "KCV AES-128 (CMAC of 16 zero bytes)", 5, "AES-CMAC0", "BE 7E D6 AE 78");
}

static void the_same_digits_of_another_suite_are_not_the_same_check_value(void **state)
{
    struct kcv a = {.len = 3, .bytes = {1, 2, 3}, .algorithm = "SM4-ECB0"};
    struct kcv b = {.len = 3, .bytes = {1, 2, 3}, .algorithm = "3DES-ECB0"};
    (void)state;

    assert_false(kcv_equal(&a, &b));
}

static void zero_repeated_printed_and_doubled_values_are_no_keys(void **state)
{
    static const struct {
        const char *hex;
        enum kr_error error;
    } refused[] = {{"00000000000000000000000000000000", KR_E_KEY_ZERO},
                   {"7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F", KR_E_KEY_WEAK},
                   {"0123456789ABCDEFFEDCBA9876543210", KR_E_KEY_WEAK},
                   {"000102030405060708090A0B0C0D0E0F", KR_E_KEY_WEAK},
                   {"404142434445464748494A4B4C4D4E4F", KR_E_KEY_WEAK},
                   {"2B7E151628AED2A6ABF7158809CF4F3C", KR_E_KEY_WEAK},
                   {"00112233445566770011223344556677", KR_E_KEY_HALVES},
                   {"01010101010101010101010101010100", KR_OK},
                   {"FEFEFEFEFEFEFEFE0101010101010101", KR_OK}};
    (void)state;

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct secret *key = secret_of(refused[i].hex);
        assert_int_equal(suite_check_key(sm4(), key), refused[i].error);
        assert_int_equal(suite_check_key(aes(), key), refused[i].error);
        secret_free(&key);
    }
}

/* Parity is of DES alone: a key of another suite is not to lose sixteen bits to it. */
static void combining_components_changes_no_bit_of_their_sum(void **state)
{
    struct secret *a = secret_of("00112233445566778899AABBCCDDEEFF");
    struct secret *b = secret_of("0F1E2D3C4B5A69788796A5B4C3D2E1F1");
    const struct secret *const both[] = {a, b};
    struct secret *key = NULL;
    (void)state;

    assert_int_equal(component_combine(sm4(), both, 2, &key), KR_OK);
    for (size_t i = 0; i < LEN; i++)
        assert_int_equal(key->bytes[i], a->bytes[i] ^ b->bytes[i]);
    secret_free(&key);
    secret_free(&b);
    secret_free(&a);
}

static void keys_of_a_wrong_length_and_torn_blocks_are_refused(void **state)
{
    uint8_t block[32] = {0};
    struct secret *key8 = secret_of("0123456789ABCDEF");
    struct secret *key16 = secret_of("0123456789ABCDEFFEDCBA9876543210");
    struct kcv kcv;
    (void)state;

    assert_int_equal(suite_encrypt(sm4(), key8, block, block, LEN), KR_E_KEY_LENGTH);
    assert_int_equal(suite_encrypt(aes(), key16, block, block, 8), KR_E_ARGUMENT);
    assert_int_equal(suite_decrypt(sm4(), key16, block, block, 24), KR_E_ARGUMENT);
    assert_int_equal(suite_mac(sm4(), key8, block, block, 8, block), KR_E_KEY_LENGTH);
    assert_int_equal(suite_kcv(aes(), key8, &kcv), KR_E_KEY_LENGTH);
    secret_free(&key16);
    secret_free(&key8);
}

static void every_suite_is_found_by_the_name_that_its_row_bears(void **state)
{
    const struct suite *s;
    size_t count = 0;
    (void)state;

    for (; (s = suite_at(count)); count++) {
        struct secret *key = NULL;
        assert_ptr_equal(suite_by_id(s->id), s);
        assert_in_range(s->kcv_len, 3, KCV_MAX);
        assert_int_equal(suite_random_key(s, &key), KR_OK);
        assert_int_equal(key->len, s->key_len);
        secret_free(&key);
    }
    assert_int_equal(count, 3);
    assert_null(suite_at(SIZE_MAX));
}

static int open_heap(void **state)
{
    (void)state;
    vectors_open();
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_encrypted_as_the_standards_print_it),
        cmocka_unit_test(a_million_encryptions_end_where_the_standard_says),
        cmocka_unit_test(cmac_gives_the_four_values_of_its_standard),
        cmocka_unit_test(a_mac_begins_from_the_challenge_as_computed_outside),
        cmocka_unit_test(a_mac_of_any_length_equals_the_one_computed_block_by_block),
        cmocka_unit_test(a_key_is_derived_as_computed_outside),
        cmocka_unit_test(many_keys_at_once_equal_those_derived_one_by_one),
        cmocka_unit_test(check_values_have_the_length_and_the_label_of_their_suite),
        cmocka_unit_test(the_same_digits_of_another_suite_are_not_the_same_check_value),
        cmocka_unit_test(zero_repeated_printed_and_doubled_values_are_no_keys),
        cmocka_unit_test(combining_components_changes_no_bit_of_their_sum),
        cmocka_unit_test(keys_of_a_wrong_length_and_torn_blocks_are_refused),
        cmocka_unit_test(every_suite_is_found_by_the_name_that_its_row_bears),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
