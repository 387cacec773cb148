/* Card cryptography against ../shared/vectors/cards.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/suite.h"
#include "../../crypto/hash.h"

#define ROOM 512

static const struct suite *des3(void)
{
    const struct suite *s = suite_by_id("3des");

    assert_non_null(s);
    return s;
}

static void same_as(const char *name, const char *member, const uint8_t *bytes, size_t len)
{
    uint8_t expected[ROOM];

    assert_int_equal(vector_bytes(name, "expected", member, expected, sizeof expected), len);
    assert_memory_equal(bytes, expected, len);
}

/* Joins named inputs of a case, separated by spaces. */
static size_t joined(const char *name, const char *inputs, uint8_t *message)
{
    char member[64];
    size_t len = 0;

    while (*inputs) {
        size_t n = strcspn(inputs, " ");
        memcpy(member, inputs, n);
        member[n] = '\0';
        vector_append(name, "inputs", member, message, &len, ROOM);
        inputs += n + (inputs[n] == ' ');
    }
    return len;
}

static void mac_of_inputs(const char *name, const struct secret *key, const char *inputs,
                          const char *member)
{
    static const uint8_t zero[8];
    uint8_t message[ROOM];
    uint8_t mac[MAC_LEN];
    size_t len = joined(name, inputs, message);

    assert_int_equal(suite_mac(des3(), key, zero, message, len, mac), KR_OK);
    same_as(name, member, mac, sizeof mac);
}

static struct secret *session_key(const char *name, const char *master, const uint8_t factor[8],
                                  const char *member)
{
    struct secret *key = vector_secret(name, "inputs", master);
    struct secret *session = secret_new(8);

    assert_non_null(session);
    assert_int_equal(suite_encrypt(des3(), key, factor, session->bytes, 8), KR_OK);
    same_as(name, member, session->bytes, 8);
    secret_free(&key);
    return session;
}

static void purchase_session_key_and_macs_are_those_of_the_published_example(void **state)
{
    const char *name = "purchase session key, MAC1, MAC2";
    uint8_t factor[ROOM];
    (void)state;

    joined(name, "card_random card_counter terminal_txn_no_last2", factor);
    struct secret *session = session_key(name, "DPK", factor, "SESPK");
    mac_of_inputs(name, session, "amount type terminal_id date_time", "MAC1");
    mac_of_inputs(name, session, "amount", "MAC2");
    secret_free(&session);
}

static void load_session_key_and_macs_are_those_of_the_published_example(void **state)
{
    const char *name = "load session key, MAC1, MAC2";
    uint8_t factor[ROOM];
    (void)state;

    joined(name, "card_random card_counter", factor);
    factor[6] = 0x80;
    factor[7] = 0x00;
    struct secret *session = session_key(name, "DLK", factor, "SESLK");
    mac_of_inputs(name, session, "balance amount type terminal_id", "MAC1");
    mac_of_inputs(name, session, "amount type terminal_id date_time", "MAC2");
    secret_free(&session);
}

static void authentication_under_an_8_byte_key_is_that_of_the_card_manual(void **state)
{
    const char *external = "external authentication, 8-byte key, 4-byte challenge";
    const char *internal = "internal authentication, 8-byte key";
    uint8_t block[8] = {0};
    uint8_t out[8];
    (void)state;

    struct secret *key = vector_secret(external, "inputs", "key");
    vector_bytes(external, "inputs", "challenge", block, sizeof block);
    assert_int_equal(des_encrypt_block(key, block, out), KR_OK);
    same_as(external, "cryptogram", out, sizeof out);
    secret_free(&key);

    key = vector_secret(internal, "inputs", "key");
    vector_bytes(internal, "inputs", "data", block, sizeof block);
    assert_int_equal(des_encrypt_block(key, block, out), KR_OK);
    same_as(internal, "cryptogram", out, sizeof out);
    mac_of_inputs(internal, key, "data", "mac");
    secret_free(&key);
}

/* LD || data || 80.. in whole blocks, also when the data fill one; returns the length. */
static size_t record(const uint8_t *data, size_t len, uint8_t *out)
{
    size_t at = 0;

    out[at++] = (uint8_t)len;
    memcpy(out + at, data, len);
    at += len;
    out[at++] = 0x80;
    while (at % 8 != 0)
        out[at++] = 0x00;
    return at;
}

static void line_case(const char *name)
{
    uint8_t data[ROOM];
    uint8_t block[ROOM];
    uint8_t out[ROOM];
    struct secret *key = vector_secret(name, "inputs", "key");
    size_t len = record(data, vector_bytes(name, "inputs", "data", data, sizeof data), block);

    for (size_t at = 0; at < len; at += 8)
        assert_int_equal(des_encrypt_block(key, block + at, out + at), KR_OK);
    same_as(name, "ciphertext", out, len);
    secret_free(&key);
}

static void line_encryption_is_that_of_the_card_manual(void **state)
{
    (void)state;
    line_case("line encryption of a record");
    line_case("line encryption of a PIN");
}

static void script_session_key_and_mac_are_those_of_the_published_example(void **state)
{
    const char *name = "PBOC session key and PUT DATA script MAC";
    uint8_t factor[8] = {0};
    (void)state;

    struct secret *card_key = vector_secret(name, "inputs", "UDK");
    struct secret *session = secret_new(16);
    assert_non_null(session);
    for (size_t half = 0; half < 2; half++) {
        vector_bytes(name, "inputs", "ATC", factor + 6, 2);
        factor[6] ^= half ? 0xFF : 0;
        factor[7] ^= half ? 0xFF : 0;
        assert_int_equal(suite_encrypt(des3(), card_key, factor, session->bytes + 8 * half, 8),
                         KR_OK);
    }
    same_as(name, "SK", session->bytes, 16);
    mac_of_inputs(name, session, "header ATC last_cryptogram data", "MAC");
    secret_free(&session);
    secret_free(&card_key);
}

static void emv_key(const char *issuer_key, const char *expected_kcv)
{
    const char *name = "EMV option A card keys (odd parity)";
    uint8_t pan_and_sequence[ROOM];
    uint8_t expected[ROOM];
    struct kcv kcv;
    struct secret *card_key = NULL;
    struct secret *key = vector_secret(name, "inputs", issuer_key);
    size_t len = joined(name, "pan psn", pan_and_sequence);

    assert_int_equal(suite_diversify(des3(), key, pan_and_sequence + len - 8, &card_key), KR_OK);
    des3()->adjust(card_key);
    assert_int_equal(suite_kcv(des3(), card_key, &kcv), KR_OK);
    vector_bytes(name, "expected", expected_kcv, expected, sizeof expected);
    assert_memory_equal(kcv.bytes, expected, 3);
    secret_free(&card_key);
    secret_free(&key);
}

static void emv_card_keys_have_the_published_check_values(void **state)
{
    (void)state;
    emv_key("IMK_MAC", "KCV_MAC");
    emv_key("IMK_ENC", "KCV_ENC");
    emv_key("IMK_AC", "KCV_AC");
}

static void pin_script(const char *name)
{
    static const uint8_t zero[8];
    uint8_t block[ROOM];
    uint8_t wrapped[ROOM];
    uint8_t message[ROOM];
    uint8_t mac[BLOCK_MAX];
    struct secret *key = vector_secret(name, "inputs", "session_key_ENC");
    size_t len =
        record(block, vector_bytes(name, "expected", "pin_block", block, sizeof block), wrapped);

    assert_int_equal(suite_encrypt(des3(), key, wrapped, wrapped, len), KR_OK);
    same_as(name, "encrypted", wrapped, len);
    secret_free(&key);

    key = vector_secret(name, "inputs", "session_key_MAC");
    size_t header = vector_bytes(name, "inputs", "header", message, sizeof message);
    memcpy(message + header, wrapped, len);
    assert_int_equal(des3()->mac(key, zero, message, header + len, mac), KR_OK);
    same_as(name, "mac", mac, 8);
    secret_free(&key);
}

static void mac_algorithm_3_gives_the_published_block(void **state)
{
    const char *name = "ISO 9797-1 MAC algorithm 3, padding 2";
    static const uint8_t zero[8];
    uint8_t data[ROOM];
    uint8_t full[BLOCK_MAX];
    (void)state;

    struct secret *key = vector_secret(name, "inputs", "key");
    size_t len = vector_bytes(name, "inputs", "data", data, sizeof data);
    assert_int_equal(des3()->mac(key, zero, data, len, full), KR_OK);
    same_as(name, "mac", full, 8);
    secret_free(&key);
}

static void pin_change_scripts_are_the_published_ones(void **state)
{
    (void)state;
    pin_script("PIN change script, new 9999");
    pin_script("PIN change script, new 9999 with current 8888");
}

static void three_levels_of_diversification_give_the_known_keys(void **state)
{
    const char *name = "three-level PBOC diversification";
    static const char *const factors[] = {"region", "bank", "ASN"};
    static const char *const keys[] = {"BMPK", "MPK", "DPK"};
    struct secret *key = vector_secret(name, "inputs", "GMPK");
    (void)state;

    for (size_t level = 0; level < 3; level++) {
        uint8_t factor[ROOM];
        struct secret *derived = NULL;
        size_t len = vector_bytes(name, "inputs", factors[level], factor, sizeof factor);
        assert_int_equal(suite_diversify(des3(), key, factor + len - 8, &derived), KR_OK);
        same_as(name, keys[level], derived->bytes, derived->len);
        secret_free(&key);
        key = derived;
    }
    secret_free(&key);
}

static void many_keys_at_once_equal_those_derived_one_by_one(void **state)
{
    enum { COUNT = 700 };
    uint8_t factors[8 * COUNT];
    struct secret *all = NULL;
    struct secret *one = NULL;
    struct secret *const key[2] = {secret_of("2B7E151628AED2A6ABF7158809CF4F3C"),
                                   secret_of("0123456789ABCDEFFEDCBA9876543210")};
    const struct secret *const keys[2] = {key[0], key[1]};
    (void)state;

    assert_int_equal(random_bytes(factors, sizeof factors), KR_OK);
    assert_int_equal(suite_diversify_many(des3(), keys, 2, factors, COUNT, &all), KR_OK);
    assert_int_equal(all->len, 2 * 16 * COUNT);
    for (size_t i = 0; i < 2 * COUNT; i++) {
        assert_int_equal(suite_diversify(des3(), keys[i / COUNT], factors + 8 * (i % COUNT), &one),
                         KR_OK);
        assert_memory_equal(all->bytes + 16 * i, one->bytes, 16);
        secret_free(&one);
    }
    secret_free(&all);
    for (size_t i = 0; i < 2; i++)
        secret_free(&(struct secret *){key[i]});
}

static void no_keys_and_more_than_the_heap_is_to_hold_are_refused(void **state)
{
    static uint8_t factors[8 * (DIVERSIFY_MAX + 1)];
    struct secret *all = NULL;
    struct secret *key = secret_of("2B7E151628AED2A6ABF7158809CF4F3C");
    struct secret *half = secret_of("2B7E151628AED2A6");
    const struct secret *const keys[2] = {key, half};
    (void)state;

    assert_int_equal(suite_diversify_many(des3(), keys, 1, factors, 0, &all), KR_E_ARGUMENT);
    assert_int_equal(suite_diversify_many(des3(), keys, 0, factors, 1, &all), KR_E_ARGUMENT);
    assert_int_equal(suite_diversify_many(des3(), keys, 1, factors, DIVERSIFY_MAX + 1, &all),
                     KR_E_ARGUMENT);
    assert_int_equal(suite_diversify_many(des3(), keys, 2, factors, DIVERSIFY_MAX / 2 + 1, &all),
                     KR_E_ARGUMENT);
    assert_int_equal(suite_diversify_many(des3(), keys, 2, factors, 1, &all), KR_E_KEY_LENGTH);
    assert_null(all);
    assert_int_equal(suite_diversify_many(des3(), keys, 1, factors, DIVERSIFY_MAX, &all), KR_OK);
    secret_free(&all);
    secret_free(&half);
    secret_free(&key);
}

static void purchase_tac_is_the_known_one(void **state)
{
    const char *name = "purchase TAC";
    struct secret *key = vector_secret(name, "inputs", "DTK");
    struct secret *folded = secret_new(8);
    (void)state;

    assert_non_null(folded);
    for (size_t i = 0; i < 8; i++)
        folded->bytes[i] = key->bytes[i] ^ key->bytes[8 + i];
    same_as(name, "TACKEY", folded->bytes, 8);
    mac_of_inputs(name, folded, "data", "TAC");
    secret_free(&folded);
    secret_free(&key);
}

static void write_key_record_and_mac_are_the_known_ones(void **state)
{
    const char *name = "WRITE KEY, dialect pboc-key, 16-byte key";
    uint8_t iv[8] = {0};
    uint8_t value[ROOM];
    uint8_t block[ROOM];
    uint8_t message[ROOM];
    uint8_t mac[MAC_LEN];
    (void)state;

    struct secret *control = vector_secret(name, "inputs", "control_key");
    size_t len = record(value, joined(name, "record_header key", value), block);
    assert_int_equal(suite_encrypt(des3(), control, block, block, len), KR_OK);
    same_as(name, "ciphertext", block, len);

    size_t header = joined(name, "apdu_header", message);
    memcpy(message + header, block, len);
    vector_bytes(name, "inputs", "challenge", iv, sizeof iv);
    assert_int_equal(suite_mac(des3(), control, iv, message, header + len, mac), KR_OK);
    same_as(name, "mac", mac, sizeof mac);
    secret_free(&control);
}

static void check_values_are_the_known_ones(void **state)
{
    static const char *const names[] = {"KCV 3DES", "KCV 3DES all zero: refuse",
                                        "KCV 3DES default test key: refuse"};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct kcv kcv;
        struct secret *key = vector_secret(names[i], "inputs", "key");
        assert_int_equal(suite_kcv(des3(), key, &kcv), KR_OK);
        assert_int_equal(kcv.len, 3);
        assert_string_equal(kcv.algorithm, "3DES-ECB0");
        same_as(names[i], "kcv", kcv.bytes, kcv.len);
        secret_free(&key);
    }
}

static void decryption_undoes_encryption_for_long_data_too(void **state)
{
    static uint8_t data[8192];
    static uint8_t out[8192];
    struct secret *key = secret_of("0123456789ABCDEFFEDCBA9876543210");
    (void)state;

    assert_int_equal(random_bytes(data, sizeof data), KR_OK);
    assert_int_equal(suite_encrypt(des3(), key, data, out, sizeof data), KR_OK);
    assert_memory_not_equal(data, out, sizeof data);
    assert_int_equal(suite_decrypt(des3(), key, out, out, sizeof out), KR_OK);
    assert_memory_equal(data, out, sizeof data);
    secret_free(&key);
}

/* Block by block, as the standard draws it. */
static void slow_mac(const struct secret *key, const uint8_t iv[8], const uint8_t *data, size_t len,
                     uint8_t mac[8])
{
    struct secret *left = secret_from(key->bytes, 8);
    uint8_t state[8];

    memcpy(state, iv, 8);
    for (size_t at = 0; at <= len; at += 8) {
        for (size_t i = 0; i < 8 && at + i <= len; i++)
            state[i] ^= at + i == len ? 0x80 : data[at + i];
        if (at + 8 <= len || key->len == 8)
            assert_int_equal(des_encrypt_block(left, state, state), KR_OK);
        else
            assert_int_equal(suite_encrypt(des3(), key, state, state, 8), KR_OK);
    }
    memcpy(mac, state, 8);
    secret_free(&left);
}

static void a_mac_of_any_length_equals_the_one_computed_block_by_block(void **state)
{
    const uint8_t iv[8] = {0xA1, 0xB2, 0xC3, 0xD4, 0, 0, 0, 0x5E};
    static uint8_t data[1100];
    struct secret *key = secret_of("11223344556677888877665544332211");
    (void)state;

    assert_int_equal(random_bytes(data, sizeof data), KR_OK);
    for (size_t len = 0; len <= sizeof data; len += len < 40 ? 1 : 53) {
        uint8_t full[BLOCK_MAX];
        uint8_t expected[8];
        key->len = len % 3 ? 16 : 8;
        slow_mac(key, iv, data, len, expected);
        assert_int_equal(des3()->mac(key, iv, data, len, full), KR_OK);
        assert_memory_equal(full, expected, 8);
    }
    key->len = 16;
    secret_free(&key);
}

static void keys_of_a_wrong_length_and_torn_blocks_are_refused(void **state)
{
    static const uint8_t zero[8];
    uint8_t block[16] = {0};
    struct secret *key8 = secret_of("0123456789ABCDEF");
    struct secret *key16 = secret_of("0123456789ABCDEFFEDCBA9876543210");
    struct secret *key15 = secret_of("0123456789ABCDEFFEDCBA98765432");
    struct secret *derived = NULL;
    struct kcv kcv;
    (void)state;

    assert_int_equal(suite_encrypt(des3(), key8, block, block, 8), KR_E_KEY_LENGTH);
    assert_int_equal(suite_decrypt(des3(), key15, block, block, 8), KR_E_KEY_LENGTH);
    assert_int_equal(suite_encrypt(des3(), key16, block, block, 9), KR_E_ARGUMENT);
    assert_int_equal(suite_decrypt(des3(), key16, block, block, 7), KR_E_ARGUMENT);
    assert_int_equal(suite_mac(des3(), key15, zero, block, 8, block), KR_E_KEY_LENGTH);
    assert_int_equal(suite_diversify(des3(), key8, block, &derived), KR_E_KEY_LENGTH);
    assert_null(derived);
    assert_int_equal(suite_kcv(des3(), key8, &kcv), KR_E_KEY_LENGTH);
    assert_int_equal(des_encrypt_block(key16, block, block), KR_E_KEY_LENGTH);
    assert_null(suite_by_id("3DES"));
    assert_null(suite_by_id(""));
    secret_free(&key8);
    secret_free(&key16);
    secret_free(&key15);
}

static int open_heap(void **state)
{
    (void)state;
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purchase_session_key_and_macs_are_those_of_the_published_example),
        cmocka_unit_test(load_session_key_and_macs_are_those_of_the_published_example),
        cmocka_unit_test(authentication_under_an_8_byte_key_is_that_of_the_card_manual),
        cmocka_unit_test(line_encryption_is_that_of_the_card_manual),
        cmocka_unit_test(script_session_key_and_mac_are_those_of_the_published_example),
        cmocka_unit_test(emv_card_keys_have_the_published_check_values),
        cmocka_unit_test(pin_change_scripts_are_the_published_ones),
        cmocka_unit_test(mac_algorithm_3_gives_the_published_block),
        cmocka_unit_test(three_levels_of_diversification_give_the_known_keys),
        cmocka_unit_test(many_keys_at_once_equal_those_derived_one_by_one),
        cmocka_unit_test(no_keys_and_more_than_the_heap_is_to_hold_are_refused),
        cmocka_unit_test(purchase_tac_is_the_known_one),
        cmocka_unit_test(write_key_record_and_mac_are_the_known_ones),
        cmocka_unit_test(check_values_are_the_known_ones),
        cmocka_unit_test(decryption_undoes_encryption_for_long_data_too),
        cmocka_unit_test(a_mac_of_any_length_equals_the_one_computed_block_by_block),
        cmocka_unit_test(keys_of_a_wrong_length_and_torn_blocks_are_refused),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
