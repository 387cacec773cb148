/* Checkpoints against VECTORS/checkpoint.txt, byte for byte, and what is no checkpoint. */
#include "../../store/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/seal.h"

#define ORIGIN "ceremony.example/journal/7"
#define ALICE  "ceremony.example/op/alice"
#define BOB    "ceremony.example/op/bob"

static char text[CHECKPOINT_MAX];
static size_t text_len;
static struct secret *log_seed, *alice_seed, *bob_seed;
static uint8_t log_key[32], alice_key[32], bob_key[32];

static struct secret *seed_of_byte(int byte)
{
    struct secret *seed = secret_new(32);
    memset(seed->bytes, byte, 32);
    return seed;
}

static int begin(void **state)
{
    (void)state;
    const char *dir = getenv("VECTORS");
    char path[512];
    assert_int_equal(secret_heap_open(), KR_OK);
    snprintf(path, sizeof path, "%s/checkpoint.txt", dir ? dir : "../shared/vectors");
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    text_len = fread(text, 1, sizeof text, f);
    fclose(f);
    log_seed = seed_of_byte(0);
    for (uint8_t i = 0; i < 32; i++) {
        log_seed->bytes[i] = i;
    }
    alice_seed = seed_of_byte(1);
    bob_seed = seed_of_byte(2);
    sign_public(log_seed, log_key);
    sign_public(alice_seed, alice_key);
    sign_public(bob_seed, bob_key);
    return 0;
}

static int end(void **state)
{
    (void)state;
    secret_free(&log_seed);
    secret_free(&alice_seed);
    secret_free(&bob_seed);
    return 0;
}

static void cosign(const struct checkpoint *c, const char *name, const struct secret *seed,
                   const uint8_t key[32], uint64_t time, char *out)
{
    char message[CHECKPOINT_MAX];
    uint8_t signature[64];
    size_t len;
    assert_int_equal(checkpoint_cosign_message(c, time, message, sizeof message, &len), KR_OK);
    assert_int_equal(sign_make(seed, (const uint8_t *)message, len, signature), KR_OK);
    assert_int_equal(
        checkpoint_add_signature(out, CHECKPOINT_MAX, name, 0x04, key, time, signature), KR_OK);
}

static void the_published_checkpoint_is_made_byte_for_byte(void **state)
{
    (void)state;
    struct checkpoint c;
    char made[CHECKPOINT_MAX];
    uint8_t signature[64];
    size_t len;
    assert_int_equal(checkpoint_parse(text, text_len, &c), KR_OK);
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, 8);
    assert_int_equal(checkpoint_body(&c, made, sizeof made, &len), KR_OK);
    assert_int_equal(sign_make(log_seed, (const uint8_t *)made, len, signature), KR_OK);
    memcpy(made + len, "\n", 2);
    assert_int_equal(
        checkpoint_add_signature(made, sizeof made, ORIGIN, 0x01, log_key, 0, signature), KR_OK);
    cosign(&c, ALICE, alice_seed, alice_key, 1700000000, made);
    cosign(&c, BOB, bob_seed, bob_key, 1700000060, made);
    assert_int_equal(strlen(made), text_len);
    assert_memory_equal(made, text, text_len);
}

static void the_published_checkpoint_verifies_for_each_signer(void **state)
{
    (void)state;
    uint64_t time = 0;
    assert_int_equal(checkpoint_verify(text, text_len, ORIGIN, 0x01, log_key, NULL), KR_OK);
    assert_int_equal(checkpoint_verify(text, text_len, ALICE, 0x04, alice_key, &time), KR_OK);
    assert_int_equal(time, 1700000000);
    assert_int_equal(checkpoint_verify(text, text_len, BOB, 0x04, bob_key, &time), KR_OK);
    assert_int_equal(time, 1700000060);
}

static void a_signer_with_another_name_key_or_type_is_not_found(void **state)
{
    (void)state;
    assert_int_equal(checkpoint_verify(text, text_len, ORIGIN, 0x01, bob_key, NULL),
                     KR_E_NOT_FOUND);
    assert_int_equal(checkpoint_verify(text, text_len, BOB, 0x04, alice_key, NULL), KR_E_NOT_FOUND);
    assert_int_equal(checkpoint_verify(text, text_len, BOB "by", 0x04, bob_key, NULL),
                     KR_E_NOT_FOUND);
    assert_int_equal(checkpoint_verify(text, text_len, BOB, 0x01, bob_key, NULL), KR_E_NOT_FOUND);
}

/* Each signature covers the three lines and its own line: no byte of them can change unseen. */
static void every_flipped_bit_is_seen_by_a_signer_or_the_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < text_len * 8; i++) {
        char altered[CHECKPOINT_MAX];
        memcpy(altered, text, text_len);
        altered[i / 8] = (char)(altered[i / 8] ^ 1 << i % 8);
        bool all = checkpoint_verify(altered, text_len, ORIGIN, 0x01, log_key, NULL) == KR_OK &&
                   checkpoint_verify(altered, text_len, ALICE, 0x04, alice_key, NULL) == KR_OK &&
                   checkpoint_verify(altered, text_len, BOB, 0x04, bob_key, NULL) == KR_OK;
        if (all) {
            fail_msg("bit %zu of byte %zu", i % 8, i / 8);
        }
    }
}

static void a_truncated_checkpoint_never_verifies_for_all(void **state)
{
    (void)state;
    for (size_t len = 0; len < text_len; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, text, len);
        assert_int_not_equal(checkpoint_verify(exact, len, BOB, 0x04, bob_key, NULL), KR_OK);
        free(exact);
    }
}

static void what_is_not_quite_a_checkpoint_is_refused(void **state)
{
    (void)state;
#define ROOT "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
#define SIGN "\n\xE2\x80\x94 a AAAAAAA=\n"
    static const char *const wrong[] = {
        "",
        "\n",
        "a\n8\n" ROOT "\n",
        "a\n8\n" ROOT "\n\n",
        "\n8\n" ROOT "\n" SIGN,
        "a b\n8\n" ROOT "\n" SIGN,
        "a\n08\n" ROOT "\n" SIGN,
        "a\n-8\n" ROOT "\n" SIGN,
        "a\n\n" ROOT "\n" SIGN,
        "a\n18446744073709551616\n" ROOT "\n" SIGN,
        "a\n8\nXcna\n" SIGN,
        "a\n8\n" ROOT ROOT "\n" SIGN,
        "a\n8\n" ROOT "\nmore\n" SIGN,
        "a\r\n8\n" ROOT "\n" SIGN,
        "a\n8\n" ROOT "\n" SIGN "x",
        "a\n8\n" ROOT "\n" SIGN "x\n",
        "a\n8\n" ROOT "\n\n- a AAAAAAA=\n",
        "a\n8\n" ROOT "\n\n\xE2\x80\x94 a AAAA=\n",
        "a\n8\n" ROOT "\n\n\xE2\x80\x94 a+b AAAAAAA=\n",
        "a\n8\n" ROOT "\n\n\xE2\x80\x94 aAAAAAAA=\n",
    };
    struct checkpoint c;
    static const char right[] = "a\n8\n" ROOT "\n" SIGN;
    assert_int_equal(checkpoint_parse(right, sizeof right - 1, &c), KR_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (checkpoint_parse(wrong[i], strlen(wrong[i]), &c) != KR_E_CHECKPOINT) {
            fail_msg("read: %s", wrong[i]);
        }
    }
}

static void the_short_form_is_size_and_80_bits_in_groups_of_four(void **state)
{
    (void)state;
    struct checkpoint c = {
        .size = 412, .root = {0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF, 0xFF}};
    char out[64];
    assert_int_equal(checkpoint_short_form(&c, out, sizeof out), KR_OK);
    assert_string_equal(out, "412 ABCD-EFGH-IJKL-MNOP");
    assert_int_equal(checkpoint_short_form(&c, out, 23), KR_E_TOO_LONG);
}

static void a_short_form_is_read_to_its_length_and_no_further(void **state)
{
    static const char other[] = "not one, and what lies behind";
    static const char with_zero[] = "\0"
                                    "412 ABCD-EFGH-IJKL-MNOP";
    uint64_t size = 0;
    char form[CHECKPOINT_SHORT_MAX];
    (void)state;
    assert_int_equal(checkpoint_short_read(other, 7, &size, form), KR_E_NOT_CHECKPOINT);
    assert_string_equal(kr_detail(), "not one");
    assert_int_equal(checkpoint_short_read(with_zero, sizeof with_zero - 1, &size, form),
                     KR_E_NOT_CHECKPOINT);
    assert_int_equal(checkpoint_short_read(with_zero + 1, sizeof with_zero - 2, &size, form),
                     KR_OK);
    assert_string_equal(form, "412 ABCD-EFGH-IJKL-MNOP");
}

static void a_checkpoint_that_does_not_fit_is_not_cut(void **state)
{
    (void)state;
    struct checkpoint c = {.size = 1};
    char out[CHECKPOINT_MAX], small[100] = "a\n1\n" ROOT "\n\n", name[64];
    uint8_t nothing[64] = {0};
    size_t len;
    snprintf(c.origin, sizeof c.origin, ORIGIN);
    assert_int_equal(checkpoint_body(&c, out, 60, &len), KR_E_TOO_LONG);
    assert_int_equal(checkpoint_cosign_message(&c, 1, out, 60, &len), KR_E_TOO_LONG);
    assert_int_equal(checkpoint_add_signature(small, sizeof small, "a", 0x01, log_key, 0, nothing),
                     KR_E_TOO_LONG);
    assert_string_equal(small, "a\n1\n" ROOT "\n\n");
    assert_int_equal(checkpoint_person_name(ORIGIN, "alice", name, 20), KR_E_TOO_LONG);
    assert_int_equal(checkpoint_person_name(ORIGIN, "alice", name, sizeof name), KR_OK);
    assert_string_equal(name, ORIGIN "/person/alice");
}

static void the_compact_form_is_what_the_log_signed_and_nothing_else(void **state)
{
    (void)state;
    char compact[CHECKPOINT_COMPACT_MAX], note[CHECKPOINT_MAX], other[CHECKPOINT_COMPACT_MAX];
    uint64_t time;
    assert_int_equal(checkpoint_compact(text, text_len, compact), KR_OK);
    assert_int_equal(strlen(compact), 171);
    assert_true(checkpoint_is_compact(compact, strlen(compact)));
    assert_false(checkpoint_is_compact(text, text_len));
    assert_int_equal(checkpoint_compact_read(compact, strlen(compact), ORIGIN, note), KR_OK);
    assert_memory_equal(note, text, strlen(note));
    assert_int_equal(checkpoint_verify(note, strlen(note), ORIGIN, 0x01, log_key, &time), KR_OK);
    assert_int_equal(checkpoint_compact_read(compact, strlen(compact), ORIGIN "/2", note), KR_OK);
    assert_int_not_equal(checkpoint_verify(note, strlen(note), ORIGIN "/2", 0x01, log_key, &time),
                         KR_OK);
    for (size_t at = 0; at < strlen(compact); at++) { /* one letter misread */
        memcpy(other, compact, sizeof other);
        other[at] = other[at] == '7' ? '8' : '7';
        if (checkpoint_compact_read(other, strlen(other), ORIGIN, note) == KR_OK)
            assert_int_not_equal(
                checkpoint_verify(note, strlen(note), ORIGIN, 0x01, log_key, &time), KR_OK);
    }
    assert_int_equal(checkpoint_compact_read(compact, 170, ORIGIN, note), KR_E_NOT_CHECKPOINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_checkpoint_is_made_byte_for_byte),
        cmocka_unit_test(the_published_checkpoint_verifies_for_each_signer),
        cmocka_unit_test(a_signer_with_another_name_key_or_type_is_not_found),
        cmocka_unit_test(every_flipped_bit_is_seen_by_a_signer_or_the_reader),
        cmocka_unit_test(a_truncated_checkpoint_never_verifies_for_all),
        cmocka_unit_test(what_is_not_quite_a_checkpoint_is_refused),
        cmocka_unit_test(the_short_form_is_size_and_80_bits_in_groups_of_four),
        cmocka_unit_test(a_short_form_is_read_to_its_length_and_no_further),
        cmocka_unit_test(a_checkpoint_that_does_not_fit_is_not_cut),
        cmocka_unit_test(the_compact_form_is_what_the_log_signed_and_nothing_else),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, begin, end);
}
