#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <argon2.h>
#include "vectors.h"
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"

/* ---- AES-256-GCM: McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, cases 13-16
 * ---- */

struct gcm_case {
    const char *key, *nonce, *label, *plain, *cipher, *tag;
};
static const struct gcm_case gcm_cases[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void sealed_material_of_the_gcm_specification_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gcm_cases / sizeof gcm_cases[0]; i++) {
        const struct gcm_case *c = &gcm_cases[i];
        struct secret *key = secret_of(c->key);
        struct secret *wanted = secret_of(c->plain);
        struct secret *plain = NULL;
        uint8_t label[32] = {0}; /* ends with a zero, none inside */
        uint8_t blob[128];
        bytes_of(c->label, label, sizeof label);
        size_t len = bytes_of(c->nonce, blob, 12);
        len += bytes_of(c->cipher, blob + len, sizeof blob - len);
        len += bytes_of(c->tag, blob + len, sizeof blob - len);
        assert_int_equal(unseal(key, (const char *)label, blob, len, &plain), KR_OK);
        assert_true(secret_equal(plain, wanted));
        secret_free(&plain);
        secret_free(&wanted);
        secret_free(&key);
    }
}

static void what_was_sealed_opens_for_every_length_and_never_twice_the_same(void **state)
{
    struct secret *key = secret_new(32);
    uint8_t plain[70];
    uint8_t first[70 + SEAL_OVERHEAD];
    uint8_t second[70 + SEAL_OVERHEAD];
    (void)state;

    assert_int_equal(random_bytes(key->bytes, 32), KR_OK);
    assert_int_equal(random_bytes(plain, sizeof plain), KR_OK);
    for (size_t len = 0; len <= sizeof plain; len++) {
        struct secret *opened = NULL;
        assert_int_equal(seal(key, "key/GMPK/3/7", plain, len, first), KR_OK);
        assert_int_equal(seal(key, "key/GMPK/3/7", plain, len, second), KR_OK);
        assert_memory_not_equal(first, second, 12);
        assert_int_equal(unseal(key, "key/GMPK/3/7", first, len + SEAL_OVERHEAD, &opened), KR_OK);
        assert_int_equal(opened->len, len);
        assert_memory_equal(opened->bytes, plain, len);
        secret_free(&opened);
    }
    secret_free(&key);
}

static void broken(const struct secret *key, const char *label, const uint8_t *blob, size_t len)
{
    struct secret *opened = NULL;

    assert_int_equal(unseal(key, label, blob, len, &opened), KR_E_SEAL_BROKEN);
    assert_null(opened);
    assert_string_equal(kr_detail(), label);
}

static void no_altered_cut_moved_or_foreign_material_opens(void **state)
{
    struct secret *key = secret_new(32);
    uint8_t blob[16 + SEAL_OVERHEAD];
    (void)state;

    assert_int_equal(random_bytes(key->bytes, 32), KR_OK);
    assert_int_equal(seal(key, "key/1", (const uint8_t *)"sixteen bytes...", 16, blob), KR_OK);
    for (size_t bit = 0; bit < 8 * sizeof blob; bit++) {
        blob[bit / 8] ^= (uint8_t)(1U << bit % 8);
        broken(key, "key/1", blob, sizeof blob);
        blob[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t len = 0; len < sizeof blob; len++)
        broken(key, "key/1", blob, len);
    broken(key, "key/2", blob, sizeof blob);
    broken(key, "", blob, sizeof blob);
    key->bytes[31] ^= 1;
    broken(key, "key/1", blob, sizeof blob);
    secret_free(&key);
}

static void sealing_takes_only_keys_of_32_bytes(void **state)
{
    struct secret *key = secret_new(16);
    struct secret *opened = NULL;
    uint8_t blob[SEAL_OVERHEAD] = {0};
    (void)state;

    assert_int_equal(seal(key, "", NULL, 0, blob), KR_E_KEY_LENGTH);
    assert_int_equal(unseal(key, "", blob, sizeof blob, &opened), KR_E_KEY_LENGTH);
    secret_free(&key);
}

/* ---- Argon2id ---- */

/* RFC 9106 section 5.3; it uses a secret value and associated data, which our passphrases do not.
 */
static void the_argon2_library_gives_the_tag_of_rfc_9106(void **state)
{
    uint8_t password[32];
    uint8_t salt[16];
    uint8_t pepper[8];
    uint8_t data[12];
    uint8_t tag[32];
    uint8_t expected[32];
    argon2_context context = {.out = tag,
                              .outlen = sizeof tag,
                              .pwd = password,
                              .pwdlen = sizeof password,
                              .salt = salt,
                              .saltlen = sizeof salt,
                              .secret = pepper,
                              .secretlen = sizeof pepper,
                              .ad = data,
                              .adlen = sizeof data,
                              .t_cost = 3,
                              .m_cost = 32,
                              .lanes = 4,
                              .threads = 4,
                              .version = ARGON2_VERSION_13};
    (void)state;

    memset(password, 1, sizeof password);
    memset(salt, 2, sizeof salt);
    memset(pepper, 3, sizeof pepper);
    memset(data, 4, sizeof data);
    assert_int_equal(argon2_ctx(&context, Argon2_id), ARGON2_OK);
    bytes_of("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659", expected, 32);
    assert_memory_equal(tag, expected, sizeof tag);
}

static void passphrase_keys_are_argon2id_with_the_cost_that_is_stored(void **state)
{
    static const struct kdf_cost costs[] = {{64, 2, 1}, {256, 3, 2}, {128, 1, 4}};
    struct secret *passphrase = secret_from("密码 correct horse", 20);
    uint8_t salt[16];
    (void)state;

    assert_int_equal(random_bytes(salt, sizeof salt), KR_OK);
    for (size_t i = 0; i < 3; i++) {
        const struct kdf_cost *c = &costs[i];
        struct secret *key = NULL;
        uint8_t expected[32];
        assert_int_equal(argon2id_hash_raw(c->passes, c->memory_kib, c->lanes, passphrase->bytes,
                                           20, salt, sizeof salt, expected, sizeof expected),
                         ARGON2_OK);
        assert_int_equal(kdf_derive(passphrase, salt, c, &key), KR_OK);
        assert_int_equal(key->len, 32);
        assert_memory_equal(key->bytes, expected, 32);
        secret_free(&key);
    }
    assert_memory_equal(passphrase->bytes, "密码 correct horse", 20);
    secret_free(&passphrase);
}

static void another_salt_gives_another_key(void **state)
{
    struct kdf_cost cost = {64, 1, 1};
    struct secret *passphrase = secret_from("passphrase", 10);
    struct secret *one = NULL;
    struct secret *other = NULL;
    uint8_t salt[16] = {0};
    (void)state;

    assert_int_equal(kdf_derive(passphrase, salt, &cost, &one), KR_OK);
    salt[15] = 1;
    assert_int_equal(kdf_derive(passphrase, salt, &cost, &other), KR_OK);
    assert_false(secret_equal(one, other));
    secret_free(&one);
    secret_free(&other);
    secret_free(&passphrase);
}

static void an_impossible_cost_is_refused(void **state)
{
    static const struct kdf_cost costs[] = {{64, 0, 1}, {64, 1, 0}, {0, 1, 1}, {8, 1, 2}};
    struct secret *passphrase = secret_from("passphrase", 10);
    struct secret *key = NULL;
    uint8_t salt[16] = {0};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kdf_derive(passphrase, salt, &costs[i], &key), KR_E_CRYPTO);
        assert_null(key);
    }
    secret_free(&passphrase);
}

static void production_costs_what_the_journal_demands(void **state)
{
    (void)state;
    assert_int_equal(kdf_production.memory_kib, 256 * 1024);
    assert_int_equal(kdf_production.passes, 3);
    assert_int_equal(kdf_production.lanes, 2);
    assert_int_equal(kdf_rehearsal.memory_kib, 19 * 1024);
    assert_int_equal(kdf_rehearsal.passes, 2);
    assert_int_equal(kdf_rehearsal.lanes, 1);
}

/* ---- Ed25519: RFC 8032 section 7.1, tests 1 to 3 ---- */

struct ed25519_case {
    const char *seed, *public_key, *message, *signature;
};
static const struct ed25519_case ed25519_cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_are_those_of_rfc_8032(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct ed25519_case *c = &ed25519_cases[i];
        struct secret *seed = secret_of(c->seed);
        uint8_t message[2];
        uint8_t expected[64];
        uint8_t public_key[32];
        uint8_t sig[64];
        size_t len = bytes_of(c->message, message, sizeof message);
        assert_int_equal(sign_public(seed, public_key), KR_OK);
        bytes_of(c->public_key, expected, 32);
        assert_memory_equal(public_key, expected, 32);
        assert_int_equal(sign_make(seed, message, len, sig), KR_OK);
        bytes_of(c->signature, expected, 64);
        assert_memory_equal(sig, expected, 64);
        assert_int_equal(sign_verify(public_key, message, len, sig), KR_OK);
        secret_free(&seed);
    }
}

static void no_altered_message_signature_or_key_verifies(void **state)
{
    struct secret *seed = secret_of(ed25519_cases[2].seed);
    uint8_t message[] = "keyrite-entry/1\n...";
    uint8_t public_key[32];
    uint8_t sig[64];
    (void)state;

    assert_int_equal(sign_public(seed, public_key), KR_OK);
    assert_int_equal(sign_make(seed, message, sizeof message, sig), KR_OK);
    for (size_t bit = 0; bit < 8 * sizeof sig; bit++) {
        sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(sign_verify(public_key, message, sizeof message, sig), KR_E_SIGNATURE);
        sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof public_key; bit++) {
        public_key[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(sign_verify(public_key, message, sizeof message, sig), KR_E_SIGNATURE);
        public_key[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(sign_verify(public_key, message, sizeof message - 1, sig), KR_E_SIGNATURE);
    message[3] ^= 1;
    assert_int_equal(sign_verify(public_key, message, sizeof message, sig), KR_E_SIGNATURE);
    secret_free(&seed);
}

static void signing_takes_only_seeds_of_32_bytes(void **state)
{
    struct secret *seed = secret_new(31);
    uint8_t out[64];
    (void)state;

    assert_int_equal(sign_public(seed, out), KR_E_KEY_LENGTH);
    assert_int_equal(sign_make(seed, out, 0, out), KR_E_KEY_LENGTH);
    secret_free(&seed);
}

static int open_heap(void **state)
{
    (void)state;
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_material_of_the_gcm_specification_opens),
        cmocka_unit_test(what_was_sealed_opens_for_every_length_and_never_twice_the_same),
        cmocka_unit_test(no_altered_cut_moved_or_foreign_material_opens),
        cmocka_unit_test(sealing_takes_only_keys_of_32_bytes),
        cmocka_unit_test(the_argon2_library_gives_the_tag_of_rfc_9106),
        cmocka_unit_test(passphrase_keys_are_argon2id_with_the_cost_that_is_stored),
        cmocka_unit_test(another_salt_gives_another_key),
        cmocka_unit_test(an_impossible_cost_is_refused),
        cmocka_unit_test(production_costs_what_the_journal_demands),
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(no_altered_message_signature_or_key_verifies),
        cmocka_unit_test(signing_takes_only_seeds_of_32_bytes),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
