/* The canonical encoding of entries: one entry has one form, and no other form is read. */
#include "../../store/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"
#include "../../store/body.h"
#include "../../store/tree.h"

static void sample(struct entry *e)
{
    entry_begin(e, "approval");
    snprintf(e->origin, sizeof e->origin, "keyrite.example/national/0571");
    e->seq = e->tree_size = 412;
    memset(e->prev, 0xA1, 32);
    memset(e->root, 0xB2, 32);
    e->time_ms = 1764028800007;
    e->mono_ms = 86400123;
    snprintf(e->boot_id, sizeof e->boot_id, "5f0c3f6e-1c1e-4c8e-9d6b-2f6a8f1b7c3d");
    e->level = 2;
    memset(e->salt, 0xC3, 32);
    entry_add(e, "ceremony", "%s", "ROOT-2026-003");
    entry_add(e, "text", "%s", "A \\ and\na new line, \xE5\xAF\x86\xE9\x92\xA5");
    e->signer_count = 2;
    e->signers[0] = (struct entry_signer){"carol", "supervisor", {1, 2, 3, 4}, {5}};
    e->signers[1] = (struct entry_signer){"kate.b-2", "custodian", {0xFF, 0, 0, 9}, {6}};
}

static void an_entry_is_written_byte_for_byte_as_documented(void **state)
{
    (void)state;
    struct entry e;
    char header[ENTRY_HEADER_MAX], leaf[ENTRY_LEAF_MAX], hex[65], expected[ENTRY_LEAF_MAX];
    uint8_t hash[32], again[32];
    size_t len, leaf_len;
    sample(&e);
    assert_string_equal(e.body, "ceremony ROOT-2026-003\n"
                                "text A \\x5c and\\x0aa new line, \xE5\xAF\x86\xE9\x92\xA5\n");
    assert_int_equal(body_commitment(e.salt, e.body, e.body_len, hash), KR_OK);
    hex_encode(hash, 32, hex);
    snprintf(expected, sizeof expected,
             "keyrite-entry/1\norigin keyrite.example/national/0571\nseq 412\n"
             "prev a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\n"
             "tree 412 b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2\n"
             "time 1764028800.007\nmono 86400123 5f0c3f6e-1c1e-4c8e-9d6b-2f6a8f1b7c3d\n"
             "kind approval\nlevel 2\nbody %s\n"
             "signer carol supervisor 01020304\nsigner kate.b-2 custodian ff000009\n",
             hex);
    assert_int_equal(entry_header(&e, header, &len), KR_OK);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(header, expected, len);
    assert_int_equal(entry_leaf(&e, leaf, sizeof leaf, &leaf_len), KR_OK);
    assert_int_equal(leaf_len, len + 2 * 133);
    assert_memory_equal(leaf, header, len);
    assert_memory_equal(leaf + len, "sig 0500", 8);
    assert_memory_equal(leaf + len + 133, "sig 0600", 8);
    assert_int_equal(entry_leaf_hash(&e, hash), KR_OK);
    assert_int_equal(tree_leaf_hash(leaf, leaf_len, again), KR_OK);
    assert_memory_equal(hash, again, 32);
    entry_free(&e);
}

static void what_was_written_reads_back_the_same(void **state)
{
    (void)state;
    struct entry e, back;
    char leaf[ENTRY_LEAF_MAX], again[ENTRY_LEAF_MAX], value[64];
    size_t len, again_len;
    sample(&e);
    entry_leaf(&e, leaf, sizeof leaf, &len);
    assert_int_equal(entry_decode(leaf, len, &back), KR_OK);
    assert_true(back.body_withheld);
    assert_int_equal(entry_leaf(&back, again, sizeof again, &again_len), KR_OK);
    assert_memory_equal(again, leaf, len);
    assert_int_equal(entry_set_body(&back, e.salt, e.body, e.body_len), KR_OK);
    assert_int_equal(back.seq, 412);
    assert_int_equal(back.time_ms, 1764028800007);
    assert_int_equal(back.mono_ms, 86400123);
    assert_string_equal(back.kind, "approval");
    assert_string_equal(back.signers[1].person, "kate.b-2");
    assert_int_equal(entry_get(&back, "text", 0, value, sizeof value), KR_OK);
    assert_string_equal(value, "A \\ and\na new line, \xE5\xAF\x86\xE9\x92\xA5");
    assert_int_equal(entry_leaf(&back, again, sizeof again, &again_len), KR_OK);
    assert_int_equal(again_len, len);
    entry_free(&e);
    entry_free(&back);
}

static void no_truncation_of_a_leaf_is_read(void **state)
{
    (void)state;
    struct entry e, back;
    char leaf[ENTRY_LEAF_MAX];
    size_t len;
    sample(&e);
    entry_leaf(&e, leaf, sizeof leaf, &len);
    for (size_t cut = 0; cut < len; cut++) {
        char *exact = malloc(cut + 1);
        memcpy(exact, leaf, cut);
        assert_int_equal(entry_decode(exact, cut, &back), KR_E_ENTRY_FORMAT);
        free(exact);
    }
    leaf[len] = '\n';
    assert_int_equal(entry_decode(leaf, len + 1, &back), KR_E_ENTRY_FORMAT);
    entry_free(&e);
}

/* What still reads is another entry: its hash differs, and its header differs unless a signature
 * was hit. */
static void every_flipped_bit_of_a_leaf_is_refused_or_gives_another_leaf(void **state)
{
    (void)state;
    struct entry e, back;
    char leaf[ENTRY_LEAF_MAX], again[ENTRY_LEAF_MAX];
    uint8_t hash[32], other[32];
    size_t len, again_len, read = 0;
    sample(&e);
    entry_leaf(&e, leaf, sizeof leaf, &len);
    entry_leaf_hash(&e, hash);
    for (size_t i = 0; i < len * 8; i++) {
        leaf[i / 8] = (char)(leaf[i / 8] ^ 1 << i % 8);
        if (entry_decode(leaf, len, &back) == KR_OK) {
            read++;
            assert_int_equal(entry_leaf(&back, again, sizeof again, &again_len), KR_OK);
            assert_int_equal(again_len, len);
            assert_memory_equal(again, leaf, len);
            entry_leaf_hash(&back, other);
            assert_memory_not_equal(hash, other, 32);
        }
        leaf[i / 8] = (char)(leaf[i / 8] ^ 1 << i % 8);
    }
    assert_in_range(read, 1, len * 4);
    entry_free(&e);
}

static void an_altered_salt_or_body_does_not_fit_the_commitment(void **state)
{
    (void)state;
    struct entry e, back;
    char leaf[ENTRY_LEAF_MAX];
    size_t len;
    sample(&e);
    entry_leaf(&e, leaf, sizeof leaf, &len);
    assert_int_equal(entry_decode(leaf, len, &back), KR_OK);
    for (size_t i = 0; i < e.body_len; i++) {
        e.body[i] ^= 1;
        assert_int_equal(entry_set_body(&back, e.salt, e.body, e.body_len), KR_E_ENTRY_FORMAT);
        e.body[i] ^= 1;
        assert_int_equal(entry_set_body(&back, e.salt, e.body, i), KR_E_ENTRY_FORMAT);
    }
    for (size_t i = 0; i < 32; i++) {
        e.salt[i] ^= 1;
        assert_int_equal(entry_set_body(&back, e.salt, e.body, e.body_len), KR_E_ENTRY_FORMAT);
        e.salt[i] ^= 1;
    }
    assert_null(back.body);
    assert_int_equal(entry_set_body(&back, e.salt, e.body, e.body_len), KR_OK);
    entry_free(&back);
    entry_free(&e);
}

static void other_ways_to_write_the_same_entry_are_refused(void **state)
{
    (void)state;
    static const char *const other[][2] = {
        {"seq 412", "seq 0412"},
        {"seq 412", "seq +412"},
        {"seq 412", "seq  412"},
        {"seq 412", "seq 412 "},
        {"time 1764", "time 01764"},
        {".007\n", ".7\n"},
        {".007\n", ".0070\n"},
        {"level 2", "level 4"},
        {"level 2", "level 02"},
        {"prev a1", "prev A1"},
        {"kind approval", "kind Approval"},
        {"kind approval", "kind "},
        {"origin keyrite", "origin key rite"},
        {"origin keyrite", "origin key+rite"},
        {"seq 412", "seq 18446744073709551616"},
        {"mono 86400123 5", "mono 86400123  5"},
        {"mono 86400123 5f0c", "mono 86400123 5F0C"},
        {"keyrite-entry/1", "keyrite-entry/2"},
        {"seq 412\n", "seq 412\r\n"},
        {"seq 412\n", ""},
        {"signer carol", "signer c\xC3\xA4rol"},
        {"signer carol", "signer "},
        {" supervisor ", " Supervisor "},
        {"01020304", "0102030"},
    };
    struct entry e, back;
    char leaf[ENTRY_LEAF_MAX], text[2 * ENTRY_LEAF_MAX];
    size_t len;
    sample(&e);
    entry_leaf(&e, leaf, sizeof leaf, &len);
    leaf[len] = '\0';
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        char *hit = strstr(leaf, other[i][0]);
        assert_non_null(hit);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(hit - leaf), leaf, other[i][1],
                 hit + strlen(other[i][0]));
        if (entry_decode(text, strlen(text), &back) != KR_E_ENTRY_FORMAT) {
            fail_msg("read: %s", other[i][1]);
        }
    }
    entry_free(&e);
}

static void bodies_that_are_not_canonical_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "text",
        "text\n",
        "text x",
        " x\n",
        "Text x\n",
        "te_xt x\n",
        "\n",
        "abcdefghijklmnopqrstuvwxy x\n",
        "text \t\n",
        "text \x7F\n",
        "text \\\n",
        "text \\x41\n",
        "text \\x0A\n",
        "text \\x00\n",
        "text \\x0\n",
        "text \\n\n",
        "text \xC3\n",
        "text \xC0\x80\n",
        "text \xED\xA0\x80\n",
        "text \xF4\x90\x80\x80\n",
        "text \xE5\xAF\n",
        "text a\nb\n",
    };
    assert_int_equal(body_check("", 0), KR_OK);
    assert_int_equal(body_check("text \n", 6), KR_OK);
    assert_int_equal(body_check("a.b-9 \\x5cx\n", 12), KR_OK);
    assert_int_equal(body_check("text a\0b\n", 9), KR_E_ENTRY_FORMAT);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (body_check(wrong[i], strlen(wrong[i])) != KR_E_ENTRY_FORMAT) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
}

static void a_value_that_cannot_be_written_is_refused_and_remembered(void **state)
{
    (void)state;
    struct entry e;
    char big[ENTRY_BODY_MAX + 1], value[16];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    entry_begin(&e, "note");
    assert_int_equal(entry_add(&e, "text", "%s", big), KR_E_TOO_LONG);
    assert_int_equal(e.failed, KR_E_TOO_LONG);
    assert_int_equal(entry_add(&e, "Text", "x"), KR_E_ARGUMENT);
    assert_int_equal(entry_add(&e, "text", "%s", "\xFF"), KR_E_ARGUMENT);
    assert_int_equal(e.failed, KR_E_TOO_LONG);
    assert_int_equal(e.body_len, 0);
    assert_int_equal(entry_add(&e, "text", "%s", ""), KR_OK);
    assert_int_equal(entry_add(&e, "text", "%d", 12345), KR_OK);
    assert_int_equal(entry_get(&e, "text", 0, value, sizeof value), KR_OK);
    assert_string_equal(value, "");
    assert_int_equal(entry_get(&e, "text", 1, value, 5), KR_E_TOO_LONG);
    assert_int_equal(entry_get(&e, "text", 1, value, 6), KR_OK);
    assert_int_equal(entry_get(&e, "text", 2, value, sizeof value), KR_E_NOT_FOUND);
    assert_int_equal(entry_get(&e, "tex", 0, value, sizeof value), KR_E_NOT_FOUND);
    entry_free(&e);
}

static void an_entry_without_canonical_form_is_not_written(void **state)
{
    (void)state;
    struct entry good, e;
    char header[ENTRY_HEADER_MAX];
    size_t len;
    sample(&good);
    e = good;
    e.origin[0] = '\0';
    assert_int_equal(entry_header(&e, header, &len), KR_E_ENTRY_FORMAT);
    e = good;
    e.time_ms = -1;
    assert_int_equal(entry_header(&e, header, &len), KR_E_ENTRY_FORMAT);
    e = good;
    e.level = 4;
    assert_int_equal(entry_header(&e, header, &len), KR_E_ENTRY_FORMAT);
    e = good;
    memset(e.kind, 'a', sizeof e.kind);
    assert_int_equal(entry_header(&e, header, &len), KR_E_ENTRY_FORMAT);
    e = good;
    snprintf(e.signers[0].person, sizeof e.signers[0].person, "a b");
    assert_int_equal(entry_header(&e, header, &len), KR_E_ENTRY_FORMAT);
    e = good;
    e.signer_count = ENTRY_SIGNERS_MAX + 1;
    assert_int_equal(entry_header(&e, header, &len), KR_E_ENTRY_FORMAT);
    assert_int_equal(entry_leaf(&good, header, 600, &len), KR_E_TOO_LONG);
    entry_free(&good);
}

/* ---- The example in docs/journal-format.md ---- */

/* The block of text after the mark, with its last newline. */
static size_t documented(const char *mark, char *out, size_t room)
{
    static char text[65536];
    FILE *f = fopen("docs/journal-format.md", "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *at = strstr(text, mark);
    assert_non_null(at);
    at = strstr(at, "```\n") + 4;
    size_t len = (size_t)(strstr(at, "```\n") - at);
    assert_true(len < room);
    memcpy(out, at, len);
    out[len] = '\0';
    return len;
}

static void the_documented_example_is_what_the_program_reads_and_hashes(void **state)
{
    (void)state;
    struct entry e;
    char leaf[ENTRY_LEAF_MAX], body[1024], hash[128], header[ENTRY_HEADER_MAX], hex[65], value[64];
    uint8_t salt[32], seed_key[32], digest[32];
    size_t len = documented("<!-- leaf -->", leaf, sizeof leaf), header_len;
    size_t body_len = documented("<!-- body -->", body, sizeof body);
    documented("<!-- leaf hash -->", hash, sizeof hash);
    for (uint8_t i = 0; i < 32; i++) {
        salt[i] = i;
    }
    assert_int_equal(secret_heap_open(), KR_OK);
    assert_int_equal(entry_decode(leaf, len, &e), KR_OK);
    assert_int_equal(entry_set_body(&e, salt, body, body_len), KR_OK);
    assert_int_equal(entry_header(&e, header, &header_len), KR_OK);
    for (int i = 0; i < 2; i++) {
        struct secret *seed = secret_new(32);
        memset(seed->bytes, i + 1, 32);
        assert_int_equal(sign_public(seed, seed_key), KR_OK);
        secret_free(&seed);
        assert_int_equal(
            sign_verify(seed_key, (const uint8_t *)header, header_len, e.signers[i].signature),
            KR_OK);
    }
    assert_int_equal(entry_leaf_hash(&e, digest), KR_OK);
    hex_encode(digest, 32, hex);
    assert_int_equal(strncmp(hex, hash, 64), 0);
    assert_int_equal(entry_get(&e, "text", 0, value, sizeof value), KR_OK);
    assert_string_equal(value, "\xE6\xA0\xB9\xE5\xAF\x86\xE9\x92\xA5, line 1\nline 2 with a \\");
    entry_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_written_byte_for_byte_as_documented),
        cmocka_unit_test(what_was_written_reads_back_the_same),
        cmocka_unit_test(no_truncation_of_a_leaf_is_read),
        cmocka_unit_test(every_flipped_bit_of_a_leaf_is_refused_or_gives_another_leaf),
        cmocka_unit_test(an_altered_salt_or_body_does_not_fit_the_commitment),
        cmocka_unit_test(other_ways_to_write_the_same_entry_are_refused),
        cmocka_unit_test(bodies_that_are_not_canonical_are_refused),
        cmocka_unit_test(a_value_that_cannot_be_written_is_refused_and_remembered),
        cmocka_unit_test(an_entry_without_canonical_form_is_not_written),
        cmocka_unit_test(the_documented_example_is_what_the_program_reads_and_hashes),
    };
    return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
