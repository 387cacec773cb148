/* Key blocks: the published examples, an independent computation (tests/independent/key_block.py),
 * and every way in which a block may not be changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/hash.h"
#include "../../crypto/key_block.h"

struct example {
    const char *kbpk, *block, *key;
    const char *pad; /* where the block is made again: what fills up the last cipher block */
};
/* TR-31:2018 A.7.2.2, A.7.3.2, A.7.4; then three that a payment HSM made (versions B, D with a key
 * of Triple DES, D with an AES key of 32 bytes). */
static const struct example examples[] = {
    {"DD7515F2BFC17F85CE48F3CA25CB21F6",
     "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E",
     "3F419E1CB7079442AA37474C2EFBF8B8", "1C2965473CE2"},
    {"1D22BF32387C600AD97F9B97A51311AC",
     "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C4738A52190E2487"
     "19E24B433627",
     "E8BC63E5479455E26577F715D587FE68", "30111D18CC4C"},
    {"88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
     "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7"
     "425509593D03A457DC34",
     "3F419E1CB7079442AA37474C2EFBF8B8", "1C2965473CE206BB855B01533782"},
    {"EFE0853B256B583D868F251CE99EA1D9",
     "B0080K0TN00N00001C414014375212C24995E405B5EE052CB92B67F455EA2680F6751088F9F1C228",
     "5DB50B454F8389ADCE573BE50861F2BF", NULL},
    {"4141414141414141414141414141414141414141414141414141414141414141",
     "D0112B0TN00N000037DB9B046B7B0048785690759580ABC3B9842AB4BB7717B49E92528E575785D8123559376A25"
     "53B27BE94F054F4E971C",
     "1FA1F7CEC798D91545DA8AE0C7796BD9", NULL},
    {"4141414141414141414141414141414141414141414141414141414141414141",
     "D0144D0AN00N0000127862F945C2DED04530FAF7CDBC8B0BA10C7AA79BD5E0C2C5D6AC173BF588E4B19ACF135717"
     "8D50EA0AB193228E13958304FC6149632DFDCADF3A5B3D57E814",
     "BE19E6A07A760F10EF8E83A226B63AAD141F463FDDD4F47DB244B4023EC3CACC", NULL},
};
#define EXAMPLES (sizeof examples / sizeof examples[0])

static void opens_to(const char *kbpk_hex, const char *block, const char *key_hex)
{
    struct key_block b;
    struct secret *kbpk = secret_of(kbpk_hex), *expected = secret_of(key_hex), *key = NULL;

    assert_int_equal(key_block_unwrap(kbpk, block, strlen(block), &b, &key), KR_OK);
    assert_true(secret_equal(key, expected));
    secret_free(&key);
    secret_free(&expected);
    secret_free(&kbpk);
}

static void published_blocks_open_to_the_published_keys(void **state)
{
    static const char *const more[] = {"TR-31 version B #4", "TR-31 version B #10",
                                       "TR-31 version B #12", "TR-31 version B #14"};
    (void)state;

    for (size_t i = 0; i < EXAMPLES; i++)
        opens_to(examples[i].kbpk, examples[i].block, examples[i].key);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        opens_to(vector_text(more[i], "inputs", "kbpk"),
                 vector_text(more[i], "inputs", "key_block"),
                 vector_text(more[i], "expected", "key"));
}

static void a_published_block_is_made_again_character_by_character(void **state)
{
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        const struct example *e = &examples[i];
        char options[64] = "", out[KEY_BLOCK_MAX];
        uint8_t pad[16];
        struct key_block b;
        struct secret *kbpk = secret_of(e->kbpk), *key = secret_of(e->key);
        bytes_of(e->pad, pad, sizeof pad);
        assert_int_equal(key_block_read(e->block, strlen(e->block), &b), KR_OK);
        snprintf(options, sizeof options, "%.*s", (int)(b.header_len - KEY_BLOCK_HEAD),
                 e->block + KEY_BLOCK_HEAD);
        assert_int_equal(key_block_wrap(kbpk, &b.head, options, key, pad, out, sizeof out), KR_OK);
        assert_string_equal(out, e->block);
        secret_free(&key);
        secret_free(&kbpk);
    }
}

static void the_header_says_what_the_example_says(void **state)
{
    const char *text = examples[1].block;
    struct key_block b;
    (void)state;

    assert_int_equal(key_block_read(text, strlen(text), &b), KR_OK);
    assert_int_equal(b.head.version, 'B');
    assert_string_equal(b.head.usage, "B0");
    assert_int_equal(b.head.algorithm, 'T');
    assert_int_equal(b.head.mode, 'X');
    assert_string_equal(b.head.key_version, "12");
    assert_int_equal(b.head.exportability, 'S');
    assert_int_equal(b.head.context, '0');
    assert_int_equal(b.option_count, 1);
    assert_string_equal(b.options[0].id, "KS");
    assert_int_equal(b.options[0].len, 20);
    assert_memory_equal(text + b.options[0].at, "00604B120F9292800000", 20);
    assert_int_equal(b.payload_len, 24);
    assert_int_equal(b.mac_len, 8);
}

static void refused_as(const struct secret *kbpk, const char *text, size_t len,
                       enum kr_error expected)
{
    struct key_block b;
    struct secret *key = NULL;
    enum kr_error rc = key_block_unwrap(kbpk, text, len, &b, &key);

    if (expected != KR_OK)
        assert_int_equal(rc, expected);
    assert_int_not_equal(rc, KR_OK);
    assert_null(key);
}

static void every_single_bit_of_a_block_counts(void **state)
{
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct secret *kbpk = secret_of(examples[i].kbpk);
        size_t len = strlen(examples[i].block);
        char *text = strdup(examples[i].block);
        assert_non_null(text);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
            refused_as(kbpk, text, len, KR_OK);
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        }
        free(text);
        secret_free(&kbpk);
    }
}

/* Of the header too: a digit that the form allows in its place is seen by the MAC alone. */
static void every_other_character_in_any_place_is_refused(void **state)
{
    static const char others[] = "09AFNSX";
    const struct example *e = &examples[1];
    struct secret *kbpk = secret_of(e->kbpk);
    size_t len = strlen(e->block);
    char *text = strdup(e->block);
    (void)state;

    assert_non_null(text);
    for (size_t at = 0; at < len; at++)
        for (const char *c = others; *c; c++) {
            text[at] = *c;
            if (*c != e->block[at])
                refused_as(kbpk, text, len, KR_OK);
            text[at] = e->block[at];
        }
    free(text);
    secret_free(&kbpk);
}

static void a_block_cut_short_or_with_something_behind_it_is_refused(void **state)
{
    const struct example *e = &examples[2];
    struct secret *kbpk = secret_of(e->kbpk);
    size_t len = strlen(e->block);
    char longer[256];
    (void)state;

    for (size_t i = 0; i < len; i++)
        refused_as(kbpk, e->block, i, i == 0 ? KR_E_BLOCK_VERSION : KR_E_BLOCK_LENGTH);
    snprintf(longer, sizeof longer, "%s00", e->block);
    refused_as(kbpk, longer, len + 1, KR_E_BLOCK_LENGTH);
    refused_as(kbpk, longer, len + 2, KR_E_BLOCK_LENGTH);
    secret_free(&kbpk);
}

static void another_protection_key_opens_nothing(void **state)
{
    struct secret *other = secret_of("DD7515F2BFC17F85CE48F3CA25CB21F7");
    struct secret *short_key = secret_of("DD7515F2BFC17F85");
    (void)state;

    /* The last bit alone is parity, so another one. */
    other->bytes[0] ^= 0x10;
    refused_as(other, examples[0].block, strlen(examples[0].block), KR_E_BLOCK_MAC);
    refused_as(short_key, examples[0].block, strlen(examples[0].block), KR_E_BLOCK_KBPK);
    secret_free(&short_key);
    struct secret *aes256 = secret_of(examples[2].kbpk);
    refused_as(aes256, examples[0].block, strlen(examples[0].block), KR_E_BLOCK_KBPK);
    secret_free(&aes256);
    secret_free(&other);
}

static void malformed(const char *text, enum kr_error expected)
{
    struct key_block b;

    assert_int_equal(key_block_read(text, strlen(text), &b), expected);
}

#define MAC8  "6EED7B727B8A248E"
#define KEY24 "94B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F534117"

static void each_field_out_of_form_has_its_own_error(void **state)
{
    (void)state;

    malformed("A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701",
              KR_E_BLOCK_VERSION);
    malformed("E0084B0TV16N0000B2AE5E26BBA7F246E84D5EA24167E208A6B66EF2E27E55A52DB52F0AEACB94C5754"
              "7",
              KR_E_BLOCK_VERSION);
    malformed("", KR_E_BLOCK_VERSION);
    malformed("B", KR_E_BLOCK_LENGTH);
    malformed("B0016P0TE00E0000", KR_E_BLOCK_LENGTH);
    malformed("B0032P0TE00E0000" MAC8, KR_E_BLOCK_LENGTH);
    malformed("B0079P0TE00E0000" KEY24 MAC8, KR_E_BLOCK_LENGTH);
    malformed("B00 0P0TE00E0000" KEY24 MAC8, KR_E_BLOCK_LENGTH);
    malformed("B0080P-TE00E0000" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0080P0TE00E0001" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0080P0TE00E0a00" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0080P0TE00E0100" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0080P0TE00E0000" KEY24 "6EED7B727B8A248e", KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E0100KC0C0057C409PB04" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0092P0TE00E0100KC0C0057C409" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E0200KC0C0057C409PB04" KEY24 MAC8, KR_OK);
    malformed("B0096P0TE00E0200KC0C0057C409PB05" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E0200KC0C0057C409PB03" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E0100LB00020010123456" KEY24 MAC8, KR_OK);
    malformed("B0096P0TE00E0100LB00030010123456" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E0100LB00020009123456" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E9900LB00020010123456" KEY24 MAC8, KR_E_BLOCK_FORM);
    malformed("B0096P0TE00E0100LB10\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C" KEY24 MAC8,
              KR_E_BLOCK_FORM);
}

static const char *independent(const char *way, const char *kbpk, const char *a, const char *b)
{
    static char said[KEY_BLOCK_MAX];
    char command[4 * KEY_BLOCK_MAX];
    const char *source = getenv("KEYRITE_SOURCE");

    snprintf(command, sizeof command, "python3 '%s/tests/independent/key_block.py' %s %s '%s' %s",
             source ? source : ".", way, kbpk, a, b);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(said, sizeof said, p));
    assert_int_equal(pclose(p), 0);
    said[strcspn(said, "\n")] = '\0';
    return said;
}

static struct secret *random_secret(size_t len, char *hex)
{
    struct secret *s = secret_new(len);

    assert_non_null(s);
    assert_int_equal(random_bytes(s->bytes, len), KR_OK);
    hex_encode_upper(s->bytes, len, hex);
    return s;
}

static void both_ways(const struct key_block_head *head, size_t kbpk_len, size_t key_len,
                      const char *options)
{
    char kbpk_hex[65], key_hex[65], out[KEY_BLOCK_MAX], header[256];
    struct key_block b;
    struct secret *kbpk = random_secret(kbpk_len, kbpk_hex), *key = random_secret(key_len, key_hex);
    struct secret *back = NULL;

    assert_int_equal(key_block_wrap(kbpk, head, options, key, NULL, out, sizeof out), KR_OK);
    assert_string_equal(independent("open", kbpk_hex, out, ""), key_hex);
    snprintf(header, sizeof header, "%.*s", (int)(KEY_BLOCK_HEAD + strlen(options)), out);
    const char *theirs = independent("make", kbpk_hex, header, key_hex);
    assert_int_equal(key_block_unwrap(kbpk, theirs, strlen(theirs), &b, &back), KR_OK);
    assert_true(secret_equal(key, back));
    secret_free(&back);
    secret_free(&key);
    secret_free(&kbpk);
}

static void random_blocks_agree_with_an_independent_computation_both_ways(void **state)
{
    static const size_t lengths_b[] = {16, 24}, lengths_d[] = {16, 24, 32};
    struct key_block_head b = {'B', "K0", 'T', 'B', "00", 'E', '0'};
    struct key_block_head d = {'D', "E6", 'A', 'X', "07", 'N', '2'};
    (void)state;

    for (size_t i = 0; i < 2; i++)
        both_ways(&b, lengths_b[i], lengths_b[i], i ? "" : "KC0C0057C409PB04");
    for (size_t i = 0; i < 3; i++)
        both_ways(&d, lengths_d[i], lengths_d[2 - i], i ? "" : "LB00020010012345");
}

static void no_block_is_made_of_a_head_or_options_out_of_form(void **state)
{
    struct key_block_head head = {'B', "K0", 'T', 'B', "00", 'E', '0'};
    struct secret *kbpk = secret_of(examples[0].kbpk), *key = secret_of(examples[0].key);
    char out[KEY_BLOCK_MAX];
    (void)state;

    assert_int_equal(key_block_wrap(kbpk, &head, "", key, NULL, out, 80), KR_E_TOO_LONG);
    assert_int_equal(key_block_wrap(kbpk, &head, "", key, NULL, out, 81), KR_OK);
    assert_int_equal(key_block_wrap(kbpk, &head, "KC", key, NULL, out, sizeof out), KR_E_TOO_LONG);
    assert_int_equal(key_block_wrap(kbpk, &head, "KC0C0057C409", key, NULL, out, sizeof out),
                     KR_E_BLOCK_FORM);
    head.mode = '-';
    assert_int_equal(key_block_wrap(kbpk, &head, "", key, NULL, out, sizeof out), KR_E_BLOCK_FORM);
    head.version = 'A';
    assert_int_equal(key_block_wrap(kbpk, &head, "", key, NULL, out, sizeof out), KR_E_BLOCK_KBPK);
    secret_free(&key);
    secret_free(&kbpk);
}

/* The length inside is read only after the MAC, but even then it is not trusted. */
static void a_key_longer_than_its_block_is_refused(void **state)
{
    static const char *const lengths[] = {"112233445566 0000", "112233445566 0031",
                                          "112233445566 0038", "112233445566 FFFF"};
    struct secret *kbpk = secret_of(examples[0].kbpk);
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        const char *block = independent("make", examples[0].kbpk, "B0000K0TB00E0000", lengths[i]);
        assert_int_equal(strlen(block), 48);
        refused_as(kbpk, block, 48, KR_E_BLOCK_LENGTH);
    }
    secret_free(&kbpk);
}

static void the_check_value_that_a_block_states_is_compared(void **state)
{
    struct key_block_head head = {'D', "E6", 'A', 'X', "00", 'E', '0'};
    struct secret *kbpk = secret_of(examples[2].kbpk), *key = secret_of(examples[2].key);
    char options[KEY_BLOCK_KC_MAX], out[KEY_BLOCK_MAX];
    struct key_block b;
    struct kcv kcv;
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        head.algorithm = i ? 'T' : 'A';
        assert_int_equal(suite_kcv(key_block_suite(head.algorithm), key, &kcv), KR_OK);
        for (int wrong = 0; wrong < 2; wrong++) {
            kcv.bytes[1] ^= (uint8_t)wrong;
            key_block_check_value(&kcv, head.version, options);
            assert_int_equal(key_block_wrap(kbpk, &head, options, key, NULL, out, sizeof out),
                             KR_OK);
            assert_int_equal(key_block_read(out, strlen(out), &b), KR_OK);
            assert_string_equal(b.options[0].id, "KC");
            assert_int_equal(key_block_verify_kcv(&b, out, key), wrong ? KR_E_KCV_DIFFERS : KR_OK);
        }
    }
    secret_free(&key);
    secret_free(&kbpk);
}

static void every_value_of_the_published_headers_has_words(void **state)
{
    static const char usages[] = "B0B1B2B3C0D0D1D2D3E0E1E2E3E4E5E6E7I0K0K1K2K3K4M0M1M2M3M4M5M6M7M8"
                                 "P0P1S0S1S2V0V1V2V3V4V5";
    (void)state;

    for (const char *u = usages; *u; u += 2)
        assert_non_null(key_block_usage_words((const char[3]){u[0], u[1], '\0'}));
    for (const char *m = "BCDEGNSTVXY"; *m; m++)
        assert_non_null(key_block_mode_words(*m));
    assert_string_equal(key_block_algorithm_words('A'), "AES");
    assert_non_null(key_block_exportability_words('N'));
    assert_non_null(key_block_context_words('2'));
    assert_non_null(key_block_option_words("KC"));
    assert_null(key_block_usage_words("Z9"));
    assert_null(key_block_mode_words('Q'));
    assert_null(key_block_exportability_words('?'));
    assert_null(key_block_option_words("zz"));
    assert_null(key_block_suite('R'));
    assert_int_equal(key_block_algorithm(suite_by_id("sm4")), 0);
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
        cmocka_unit_test(published_blocks_open_to_the_published_keys),
        cmocka_unit_test(a_published_block_is_made_again_character_by_character),
        cmocka_unit_test(the_header_says_what_the_example_says),
        cmocka_unit_test(every_single_bit_of_a_block_counts),
        cmocka_unit_test(every_other_character_in_any_place_is_refused),
        cmocka_unit_test(a_block_cut_short_or_with_something_behind_it_is_refused),
        cmocka_unit_test(another_protection_key_opens_nothing),
        cmocka_unit_test(each_field_out_of_form_has_its_own_error),
        cmocka_unit_test(random_blocks_agree_with_an_independent_computation_both_ways),
        cmocka_unit_test(no_block_is_made_of_a_head_or_options_out_of_form),
        cmocka_unit_test(a_key_longer_than_its_block_is_refused),
        cmocka_unit_test(the_check_value_that_a_block_states_is_compared),
        cmocka_unit_test(every_value_of_the_published_headers_has_words),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
