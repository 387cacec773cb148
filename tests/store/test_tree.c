/* The tree against the published vectors (VECTORS/merkle.json), and what no proof may get away
 * with. */
#include "../../store/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"

/* ---- A reader for just this file: members in their order, nothing left over ---- */

static char file[65536];
static const char *at;

static void want(const char *text)
{
    at += strspn(at, " \t\r\n");
    if (strncmp(at, text, strlen(text)) != 0) {
        fail_msg("merkle.json: %s expected before \"%.20s\"", text, at);
    }
    at += strlen(text);
}

static bool next_is(char c)
{
    at += strspn(at, " \t\r\n");
    if (*at != c) {
        return false;
    }
    at++;
    return true;
}

static void member(const char *name)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    want(quoted);
    want(":");
}

static size_t hex_text(uint8_t *out, size_t room)
{
    char hex[129];
    want("\"");
    size_t len = strcspn(at, "\"\\\n");
    assert_true(at[len] == '"' && len % 2 == 0 && len / 2 <= room && len < sizeof hex);
    memcpy(hex, at, len);
    hex[len] = '\0';
    at += len + 1;
    assert_int_equal(hex_decode(hex, out, len / 2), KR_OK);
    return len / 2;
}

static uint64_t number(void)
{
    char *end;
    at += strspn(at, " \t\r\n");
    assert_true(*at >= '0' && *at <= '9');
    uint64_t value = strtoull(at, &end, 10);
    at = end;
    return value;
}

static void skip_text_member(const char *name)
{
    member(name);
    want("\"");
    at += strcspn(at, "\"");
    want("\"");
    want(",");
}

struct proof {
    uint64_t a, b; /* index and size, or first and second */
    uint8_t path[TREE_PROOF_MAX][32];
    size_t count;
};
static struct {
    uint8_t input[8][64];
    size_t input_len[8];
    uint8_t hash[8][32], root[9][32];
    struct proof inclusion[64], consistency[64];
    size_t inclusions, consistencies;
    uint8_t root_1000[32], root_65536[32];
} vectors;

static size_t list_of_hex(const char *name, uint8_t *out, size_t stride, size_t *lens, size_t room)
{
    size_t n = 0;
    member(name);
    want("[");
    do {
        assert_true(n < room);
        size_t len = hex_text(out + n * stride, stride);
        if (lens) {
            lens[n] = len;
        } else {
            assert_int_equal(len, 32);
        }
        n++;
    } while (next_is(','));
    want("]");
    want(",");
    return n;
}

static void read_path(struct proof *p)
{
    member("path");
    want("[");
    if (next_is(']')) {
        return;
    }
    do {
        assert_true(p->count < TREE_PROOF_MAX);
        assert_int_equal(hex_text(p->path[p->count++], 32), 32);
    } while (next_is(','));
    want("]");
}

static size_t list_of_proofs(const char *name, const char *a, const char *b, struct proof *out)
{
    size_t n = 0;
    member(name);
    want("[");
    do {
        struct proof *p = &out[n++];
        assert_true(n <= 64);
        want("{");
        member(a);
        p->a = number();
        want(",");
        member(b);
        p->b = number();
        want(",");
        read_path(p);
        want("}");
    } while (next_is(','));
    want("]");
    want(",");
    return n;
}

static int read_vectors(void **state)
{
    (void)state;
    const char *dir = getenv("VECTORS");
    char path[512];
    snprintf(path, sizeof path, "%s/merkle.json", dir ? dir : "../shared/vectors");
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    file[fread(file, 1, sizeof file - 1, f)] = '\0';
    fclose(f);
    at = file;
    want("{");
    skip_text_member("source");
    skip_text_member("hash");
    assert_int_equal(list_of_hex("leaf_inputs_hex", vectors.input[0], 64, vectors.input_len, 8), 8);
    assert_int_equal(list_of_hex("leaf_hashes", vectors.hash[0], 32, NULL, 8), 8);
    assert_int_equal(list_of_hex("roots_by_size", vectors.root[0], 32, NULL, 9), 9);
    vectors.inclusions = list_of_proofs("inclusion", "index", "size", vectors.inclusion);
    vectors.consistencies = list_of_proofs("consistency", "first", "second", vectors.consistency);
    member("roots_of_8_byte_big_endian_indices");
    want("{");
    member("1000");
    hex_text(vectors.root_1000, 32);
    want(",");
    member("65536");
    hex_text(vectors.root_65536, 32);
    want("}");
    want("}");
    assert_int_equal(vectors.inclusions, 36);
    assert_int_equal(vectors.consistencies, 36);
    return 0;
}

static enum kr_error leaf_at(void *ctx, uint64_t index, uint8_t hash[32])
{
    (void)ctx;
    memcpy(hash, vectors.hash[index], 32);
    return KR_OK;
}

/* C11 has no conversion from an array of arrays to one of constant ones. */
#define CONSTANT(proof) ((const uint8_t(*)[32])(proof))

/* ---- Tests ---- */

static void leaves_and_roots_of_every_size_are_the_published_ones(void **state)
{
    (void)state;
    struct tree t;
    uint8_t hash[32], root[32];
    tree_begin(&t);
    for (size_t i = 0; i <= 8; i++) {
        assert_int_equal(tree_root(&t, root), KR_OK);
        assert_memory_equal(root, vectors.root[i], 32);
        assert_int_equal(t.size, i);
        if (i < 8) {
            tree_leaf_hash(vectors.input[i], vectors.input_len[i], hash);
            assert_memory_equal(hash, vectors.hash[i], 32);
            assert_int_equal(tree_append(&t, hash), KR_OK);
        }
    }
}

static void large_trees_have_the_published_roots(void **state)
{
    (void)state;
    struct tree t;
    tree_begin(&t);
    for (uint32_t i = 0; i < 65536; i++) {
        uint8_t index[8] = {0, 0, 0, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}, hash[32], root[32];
        tree_leaf_hash(index, 8, hash);
        assert_int_equal(tree_append(&t, hash), KR_OK);
        if (t.size == 1000 || t.size == 65536) {
            tree_root(&t, root);
            assert_memory_equal(root, t.size == 1000 ? vectors.root_1000 : vectors.root_65536, 32);
        }
    }
}

static void a_tree_saved_and_loaded_at_every_size_goes_on_as_before(void **state)
{
    (void)state;
    struct tree t;
    tree_begin(&t);
    for (size_t i = 0; i < 8; i++) {
        uint8_t bytes[8 + 64 * 32];
        struct tree copy;
        size_t len = tree_save(&t, bytes);
        assert_int_equal(tree_load(&copy, bytes, len), KR_OK);
        tree_append(&copy, vectors.hash[i]);
        tree_append(&t, vectors.hash[i]);
        assert_memory_equal(copy.peaks, t.peaks, 32 * t.peak_count);
        assert_int_equal(tree_load(&copy, bytes, len - 1), KR_E_ARGUMENT);
        assert_int_equal(tree_load(&copy, bytes, len + 32), KR_E_ARGUMENT);
        bytes[7] ^= 8;
        assert_int_equal(tree_load(&copy, bytes, len), KR_E_ARGUMENT);
    }
    struct tree none;
    assert_int_equal(tree_load(&none, (const uint8_t *)"", 0), KR_E_ARGUMENT);
}

static void every_inclusion_proof_is_the_published_one_and_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors.inclusions; i++) {
        const struct proof *p = &vectors.inclusion[i];
        uint8_t proof[TREE_PROOF_MAX][32];
        size_t count;
        assert_int_equal(tree_inclusion(leaf_at, NULL, p->a, p->b, proof, &count), KR_OK);
        assert_int_equal(count, p->count);
        assert_memory_equal(proof, p->path, 32 * count);
        assert_int_equal(tree_check_inclusion(vectors.hash[p->a], p->a, p->b, p->path, p->count,
                                              vectors.root[p->b]),
                         KR_OK);
    }
}

static void every_consistency_proof_is_the_published_one_and_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors.consistencies; i++) {
        const struct proof *p = &vectors.consistency[i];
        uint8_t proof[TREE_PROOF_MAX][32];
        size_t count;
        assert_int_equal(tree_consistency(leaf_at, NULL, p->a, p->b, proof, &count), KR_OK);
        assert_int_equal(count, p->count);
        assert_memory_equal(proof, p->path, 32 * count);
        assert_int_equal(tree_check_consistency(p->a, vectors.root[p->a], p->b, vectors.root[p->b],
                                                p->path, p->count),
                         KR_OK);
    }
}

static void a_proof_with_one_wrong_byte_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors.inclusions; i++) {
        struct proof p = vectors.inclusion[i];
        for (size_t n = 0; n < p.count * 32; n++) {
            p.path[n / 32][n % 32] ^= 1;
            assert_int_equal(tree_check_inclusion(vectors.hash[p.a], p.a, p.b, CONSTANT(p.path),
                                                  p.count, vectors.root[p.b]),
                             KR_E_CHECKPOINT);
            p.path[n / 32][n % 32] ^= 1;
        }
    }
    for (size_t i = 0; i < vectors.consistencies; i++) {
        struct proof p = vectors.consistency[i];
        for (size_t n = 0; n < p.count * 32; n++) {
            p.path[n / 32][n % 32] ^= 1;
            assert_int_equal(tree_check_consistency(p.a, vectors.root[p.a], p.b, vectors.root[p.b],
                                                    CONSTANT(p.path), p.count),
                             KR_E_CHECKPOINT);
            p.path[n / 32][n % 32] ^= 1;
        }
    }
}

static void a_proof_too_short_or_too_long_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors.inclusions; i++) {
        const struct proof *p = &vectors.inclusion[i];
        for (size_t count = 0; count <= p->count + 1; count++) {
            bool right = count == p->count;
            assert_int_equal(tree_check_inclusion(vectors.hash[p->a], p->a, p->b, p->path, count,
                                                  vectors.root[p->b]) == KR_OK,
                             right);
        }
    }
    for (size_t i = 0; i < vectors.consistencies; i++) {
        const struct proof *p = &vectors.consistency[i];
        for (size_t count = 0; count <= p->count + 1; count++) {
            bool right = count == p->count;
            assert_int_equal(tree_check_consistency(p->a, vectors.root[p->a], p->b,
                                                    vectors.root[p->b], p->path, count) == KR_OK,
                             right);
        }
    }
}

static void proofs_of_what_cannot_be_are_refused(void **state)
{
    (void)state;
    uint8_t proof[TREE_PROOF_MAX][32];
    size_t count;
    assert_int_equal(tree_inclusion(leaf_at, NULL, 5, 5, proof, &count), KR_E_ARGUMENT);
    assert_int_equal(tree_consistency(leaf_at, NULL, 6, 5, proof, &count), KR_E_ARGUMENT);
    assert_int_equal(
        tree_check_inclusion(vectors.hash[5], 5, 5, CONSTANT(proof), 0, vectors.root[5]),
        KR_E_CHECKPOINT);
    assert_int_equal(
        tree_check_consistency(6, vectors.root[6], 5, vectors.root[5], CONSTANT(proof), 0),
        KR_E_CHECKPOINT);
    assert_int_equal(
        tree_check_consistency(5, vectors.root[5], 5, vectors.root[6], CONSTANT(proof), 0),
        KR_E_CHECKPOINT);
    assert_int_equal(
        tree_check_consistency(0, vectors.root[0], 5, vectors.root[5], CONSTANT(proof), 0), KR_OK);
    assert_int_equal(
        tree_check_consistency(0, vectors.root[1], 5, vectors.root[5], CONSTANT(proof), 0),
        KR_E_CHECKPOINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_and_roots_of_every_size_are_the_published_ones),
        cmocka_unit_test(large_trees_have_the_published_roots),
        cmocka_unit_test(a_tree_saved_and_loaded_at_every_size_goes_on_as_before),
        cmocka_unit_test(every_inclusion_proof_is_the_published_one_and_holds),
        cmocka_unit_test(every_consistency_proof_is_the_published_one_and_holds),
        cmocka_unit_test(a_proof_with_one_wrong_byte_is_refused),
        cmocka_unit_test(a_proof_too_short_or_too_long_is_refused),
        cmocka_unit_test(proofs_of_what_cannot_be_are_refused),
    };
    return cmocka_run_group_tests_name("tree", tests, read_vectors, NULL);
}
