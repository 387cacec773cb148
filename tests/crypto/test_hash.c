#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/hash.h"

static void same(const uint8_t *bytes, size_t len, const char *hex)
{
    uint8_t expected[256];

    assert_int_equal(bytes_of(hex, expected, sizeof expected), len);
    assert_memory_equal(bytes, expected, len);
}

/* FIPS 180-4 examples. */
static void sha256_gives_the_standard_digests(void **state)
{
    static uint8_t million[1000000];
    uint8_t digest[32];
    (void)state;

    assert_int_equal(sha256("", 0, digest), KR_OK);
    same(digest, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(sha256("abc", 3, digest), KR_OK);
    same(digest, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    memset(million, 'a', sizeof million);
    assert_int_equal(sha256(million, sizeof million, digest), KR_OK);
    same(digest, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_hash_as_if_joined(void **state)
{
    const struct piece pieces[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};
    uint8_t digest[32];
    (void)state;

    assert_int_equal(sha256_pieces(pieces, 3, digest), KR_OK);
    same(digest, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(sha256_pieces(NULL, 0, digest), KR_OK);
    same(digest, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 cases 1, 2 and 6. */
static void hmac_gives_the_values_of_rfc_4231(void **state)
{
    uint8_t key[131];
    uint8_t mac[32];
    const char *long_text = "Test Using Larger Than Block-Size Key - Hash Key First";
    (void)state;

    memset(key, 0x0b, 20);
    assert_int_equal(hmac_sha256(key, 20, "Hi There", 8, mac), KR_OK);
    same(mac, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(
        hmac_sha256((const uint8_t *)"Jefe", 4, "what do ya want for nothing?", 28, mac), KR_OK);
    same(mac, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    assert_int_equal(hmac_sha256(key, sizeof key, long_text, strlen(long_text), mac), KR_OK);
    same(mac, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_int_equal(hmac_sha256(NULL, 0, NULL, 0, mac), KR_OK);
    same(mac, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869 test case 3: neither salt nor info. */
static void hkdf_gives_the_value_of_rfc_5869(void **state)
{
    uint8_t key[22];
    uint8_t out[42];
    (void)state;

    memset(key, 0x0b, sizeof key);
    assert_int_equal(hkdf_sha256(key, sizeof key, "", out, sizeof out), KR_OK);
    same(out, sizeof out,
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
         "9d201395faa4b61a96c8");
}

/* RFC 5869 section 2.3 by hand: PRK = HMAC(zeros, key), T1 = HMAC(PRK, label || 01). */
static void hkdf_labels_separate_keys_as_the_rfc_says(void **state)
{
    static const uint8_t no_salt[32];
    const uint8_t key[] = "input key";
    uint8_t prk[32];
    uint8_t expected[32];
    uint8_t out[32];
    uint8_t other[32];
    (void)state;

    assert_int_equal(hmac_sha256(no_salt, sizeof no_salt, key, sizeof key, prk), KR_OK);
    assert_int_equal(hmac_sha256(prk, sizeof prk, "slot file\x01", 10, expected), KR_OK);
    assert_int_equal(hkdf_sha256(key, sizeof key, "slot file", out, sizeof out), KR_OK);
    assert_memory_equal(out, expected, 32);
    assert_int_equal(hkdf_sha256(key, sizeof key, "slot files", other, sizeof other), KR_OK);
    assert_memory_not_equal(out, other, 32);
}

static void random_bytes_fill_all_and_differ(void **state)
{
    uint8_t a[64] = {0};
    uint8_t b[64] = {0};
    uint8_t seen[64] = {0};
    (void)state;

    assert_int_equal(random_bytes(a, sizeof a), KR_OK);
    assert_int_equal(random_bytes(b, sizeof b), KR_OK);
    assert_memory_not_equal(a, b, sizeof a);
    for (int draw = 0; draw < 16; draw++) {
        assert_int_equal(random_bytes(a, sizeof a), KR_OK);
        for (size_t i = 0; i < sizeof a; i++)
            seen[i] |= a[i];
    }
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_not_equal(seen[i], 0);
    assert_int_equal(random_bytes(a, 0), KR_OK);
}

static void hex_reads_back_in_both_cases_and_refuses_the_rest(void **state)
{
    const uint8_t bytes[] = {0x00, 0x1f, 0xa9, 0xff};
    uint8_t back[4];
    char text[9];
    static const char *const wrong[] = {
        "",         "001fa9f",  "001fa9ff0", "001fa9fg", "001fa9f ",  " 01fa9ff",
        "0x1fa9ff", "001fa9f:", "001fa9f@",  "001fa9f`", "001fa9ff ", "-01fa9ff"};
    (void)state;

    hex_encode(bytes, 4, text);
    assert_string_equal(text, "001fa9ff");
    hex_encode_upper(bytes, 4, text);
    assert_string_equal(text, "001FA9FF");
    assert_int_equal(hex_decode("001Fa9fF", back, 4), KR_OK);
    assert_memory_equal(back, bytes, 4);
    assert_int_equal(hex_decode("", back, 0), KR_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(hex_decode(wrong[i], back, 4), KR_E_ARGUMENT);
}

/* RFC 4648 section 10. */
static const char *const rfc4648[][3] = {
    {"", "", ""},
    {"f", "Zg==", "MY"},
    {"fo", "Zm8=", "MZXQ"},
    {"foo", "Zm9v", "MZXW6"},
    {"foob", "Zm9vYg==", "MZXW6YQ"},
    {"fooba", "Zm9vYmE=", "MZXW6YTB"},
    {"foobar", "Zm9vYmFy", "MZXW6YTBOI"},
};

static void base64_and_base32_are_those_of_rfc_4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc4648 / sizeof rfc4648[0]; i++) {
        const char *plain = rfc4648[i][0];
        uint8_t back[8];
        size_t len = sizeof back;
        char text[16];
        base64_encode((const uint8_t *)plain, strlen(plain), text);
        assert_string_equal(text, rfc4648[i][1]);
        assert_int_equal(base64_decode(text, strlen(text), back, &len), KR_OK);
        assert_int_equal(len, strlen(plain));
        assert_memory_equal(back, plain, len);
        base32_encode((const uint8_t *)plain, strlen(plain), text);
        assert_string_equal(text, rfc4648[i][2]);
    }
}

/* Sections 4.3 and 4.4. */
static void a_character_is_what_unicode_calls_well_formed(void **state)
{
    static const struct {
        const char *text;
        size_t len, wanted;
    } rows[] = {{"a", 1, 1},
                {"\x7F", 1, 1},
                {"", 1, 0},
                {"\xC3\xA9", 2, 2},
                {"\xC3\xA9", 1, 0},
                {"\xC1\xBF", 2, 0},
                {"\xE7\x8E\x8B!", 4, 3},
                {"\xE0\x9F\xBF", 3, 0},
                {"\xED\xA0\x80", 3, 0},
                {"\xF4\x8F\xBF\xBF", 4, 4},
                {"\xF4\x90\x80\x80", 4, 0},
                {"\xF0\x8F\xBF\xBF", 4, 0},
                {"\x80", 1, 0},
                {"\xE7\x8E!", 3, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(utf8_character(rows[i].text, rows[i].len), rows[i].wanted);
}

static void base45_is_that_of_rfc_9285(void **state)
{
    (void)state;
    static const char *const examples[][2] = {{"AB", "BB8"},
                                              {"Hello!!", "%69 VD92EX0"},
                                              {"base-45", "UJCLQE7W581"},
                                              {"ietf!", "QED8WEX0"}};
    static const char *const refused[] = {"A", "BB8A", "GGW", "::", "bb8", "BB!"};
    uint8_t back[16];
    char text[32];
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        size_t len = sizeof back, plain = strlen(examples[i][0]);
        base45_encode((const uint8_t *)examples[i][0], plain, text);
        assert_string_equal(text, examples[i][1]);
        assert_int_equal(base45_decode(text, strlen(text), back, &len), KR_OK);
        assert_int_equal(len, plain);
        assert_memory_equal(back, examples[i][0], plain);
        len = plain - 1;
        assert_int_equal(base45_decode(text, strlen(text), back, &len), KR_E_TOO_LONG);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        size_t len = sizeof back;
        assert_int_equal(base45_decode(refused[i], strlen(refused[i]), back, &len), KR_E_ARGUMENT);
    }
}

static void base64_reads_back_all_lengths(void **state)
{
    uint8_t bytes[200];
    uint8_t back[200];
    char text[4 * 67 + 1];
    (void)state;

    assert_int_equal(random_bytes(bytes, sizeof bytes), KR_OK);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        size_t got = sizeof back;
        base64_encode(bytes, len, text);
        assert_int_equal(strlen(text), (len + 2) / 3 * 4);
        assert_int_equal(base64_decode(text, strlen(text), back, &got), KR_OK);
        assert_int_equal(got, len);
        assert_memory_equal(back, bytes, len);
    }
}

static void base64_of_any_but_the_one_form_is_refused(void **state)
{
    static const char *const wrong[] = {
        "Z",        "Zg",        "Zg=",      "Zh==",     "Zm9=",     "Zm9v\n",
        "Zm 9v===", "====",      "=Zg=",     "Z===",     "Zg==Zg==", "Zg==Zm9v",
        "Zm-_",     "Zm9v Zm9v", "Zm9vZg=A", "Zm9vZ===", "\nZm9",    "Zg=a",
    };
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t back[32];
        size_t len = sizeof back;
        assert_int_equal(base64_decode(wrong[i], strlen(wrong[i]), back, &len), KR_E_ARGUMENT);
        assert_int_equal(len, 0);
    }
}

static void base64_never_writes_past_its_room(void **state)
{
    uint8_t back[8];
    (void)state;

    for (size_t room = 0; room < 6; room++) {
        size_t len = room;
        memset(back, 0xEE, sizeof back);
        assert_int_equal(base64_decode("Zm9vYmFy", 8, back, &len), KR_E_TOO_LONG);
        assert_int_equal(back[room], 0xEE);
        assert_int_equal(len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_standard_digests),
        cmocka_unit_test(pieces_hash_as_if_joined),
        cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
        cmocka_unit_test(hkdf_gives_the_value_of_rfc_5869),
        cmocka_unit_test(hkdf_labels_separate_keys_as_the_rfc_says),
        cmocka_unit_test(random_bytes_fill_all_and_differ),
        cmocka_unit_test(hex_reads_back_in_both_cases_and_refuses_the_rest),
        cmocka_unit_test(base64_and_base32_are_those_of_rfc_4648),
        cmocka_unit_test(a_character_is_what_unicode_calls_well_formed),
        cmocka_unit_test(base45_is_that_of_rfc_9285),
        cmocka_unit_test(base64_reads_back_all_lengths),
        cmocka_unit_test(base64_of_any_but_the_one_form_is_refused),
        cmocka_unit_test(base64_never_writes_past_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
