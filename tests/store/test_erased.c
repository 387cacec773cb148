/* What is left of a destroyed key in the store's files. The pages are decrypted here by themselves,
 * those in use and those that are free, so that neither SQLite nor SQLCipher is asked. */
#include "fixture.h"

#include <openssl/evp.h>

#define PAGE     4096
#define RESERVED 48
#define SALT     16
#define BLOB     96

static const char mark[] = "material that has to be gone";

static size_t read_whole(const struct fixture *f, const char *name, uint8_t **bytes)
{
    char path[160];
    long len;
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    len = ftell(in);
    rewind(in);
    *bytes = malloc((size_t)len + 1);
    assert_non_null(*bytes);
    assert_int_equal(fread(*bytes, 1, (size_t)len, in), (size_t)len);
    fclose(in);
    return (size_t)len;
}

static void decrypt(const struct fixture *f, const uint8_t *page, bool first, uint8_t out[PAGE])
{
    int skip = first ? SALT : 0, len = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_non_null(c);
    memset(out, 0, PAGE);
    assert_int_equal(
        EVP_DecryptInit_ex(c, EVP_aes_256_cbc(), NULL, f->key->bytes, page + PAGE - RESERVED), 1);
    EVP_CIPHER_CTX_set_padding(c, 0);
    assert_int_equal(EVP_DecryptUpdate(c, out, &len, page + skip, PAGE - RESERVED - skip), 1);
    EVP_CIPHER_CTX_free(c);
}

/* How often the mark stands in the pages. */
static unsigned marks(const struct fixture *f)
{
    uint8_t *file, clear[PAGE];
    size_t len = read_whole(f, "journal.db", &file);
    unsigned found = 0;
    assert_int_equal(len % PAGE, 0);
    for (size_t at = 0; at < len; at += PAGE) {
        decrypt(f, file + at, at == 0, clear);
        if (at == 0)
            assert_int_equal(clear[0] << 8 | clear[1], PAGE); /* bytes 16 and 17: the page size */
        found += memmem(clear, sizeof clear, mark, sizeof mark - 1) != NULL;
    }
    free(file);
    return found;
}

/* The same in the rollback journal: after a header of one sector, records of the page's number, the
 * page, encrypted anew, and a checksum. */
static unsigned marks_in_rollback(const struct fixture *f)
{
    static const size_t sectors[] = {512, 4096};
    uint8_t *file, clear[PAGE];
    size_t len = read_whole(f, "journal.db-journal", &file);
    unsigned found = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t at = sectors[i] + 4; at + PAGE <= len; at += PAGE + 8) {
            decrypt(f, file + at, false, clear);
            found += memmem(clear, sizeof clear, mark, sizeof mark - 1) != NULL;
        }
    free(file);
    return found;
}

static void keep(struct store *s, const char *kind, int version, const char *material)
{
    struct key_record k = {.version = version, .purpose = PURPOSE_MASTER, .blob_len = BLOB};
    snprintf(k.kind, sizeof k.kind, "%s", kind);
    strcpy(k.state, "generated");
    memset(k.blob, version, BLOB);
    memcpy(k.blob, material, strlen(material));
    assert_int_equal(store_begin(s), KR_OK);
    assert_int_equal(keys_put(s, &k), KR_OK);
    assert_int_equal(store_commit(s), KR_OK);
}

static void a_destroyed_key_is_in_no_page_and_not_in_the_rollback_journal(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    struct key_record k = {.kind = "RAK", .state = "retired", .version = 1};
    size_t len;
    uint8_t *rollback;
    fixture_make(f, &s);
    for (int i = 1; i < 60; i++) /* so that the row lies among others */
        keep(s, "GMPK", i, "another");
    keep(s, "RAK", 1, mark);
    assert_int_equal(marks(f), 1); /* the search finds what is there */

    assert_int_equal(store_begin(s), KR_OK);
    assert_int_equal(keys_set_state(s, &k, "destroyed"), KR_OK);
    assert_int_equal(store_commit(s), KR_OK);
    assert_int_equal(marks(f), 0);
    assert_int_equal(marks_in_rollback(f), 1); /* there it still is */
    assert_int_equal(store_scrub(s), KR_OK);
    len = read_whole(f, "journal.db-journal", &rollback);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(rollback[i], 0);
    free(rollback);

    /* And the store goes on. */
    keep(s, "RAK", 2, "the next version");
    store_close(&s);
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    assert_int_equal(keys_find(s, "RAK", 0, &k), KR_E_KEY_MISSING);
    assert_int_equal(marks(f), 0);
    store_close(&s);
}

static void nothing_is_overwritten_inside_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    assert_int_equal(store_begin(s), KR_OK);
    assert_int_equal(store_scrub(s), KR_E_ARGUMENT);
    store_rollback(s);
    assert_int_equal(store_scrub(s), KR_OK);
    store_close(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_destroyed_key_is_in_no_page_and_not_in_the_rollback_journal),
        TEST(nothing_is_overwritten_inside_a_transaction),
    };
    return cmocka_run_group_tests_name("erased", tests, NULL, NULL);
}
