/* No memory, at whichever of SQLite's requests for it: a plain refusal, and nothing is lost or half
 * done. */
#include "fixture.h"

/* The cipher context that SQLCipher 3.4.1 forgets when it cannot be finished is not ours to free.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsqlcipher.so";
}

static sqlite3_mem_methods real;
static long requests, fail_at;

static bool refuse(void)
{
    requests++;
    return fail_at > 0 && requests >= fail_at && requests < fail_at + 3;
}
static void *take(int n)
{
    return refuse() ? NULL : real.xMalloc(n);
}
static void *retake(void *p, int n)
{
    return refuse() ? NULL : real.xRealloc(p, n);
}

/* Before SQLite's first use. */
static void interpose(void)
{
    sqlite3_mem_methods ours;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
    ours = real;
    ours.xMalloc = take;
    ours.xRealloc = retake;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours), SQLITE_OK);
}

static void arm(long at)
{
    requests = 0;
    fail_at = at;
}

static bool fits(enum kr_error error)
{
    return error == KR_OK || error == KR_E_MEMORY || error == KR_E_STORE_WRITE;
}

static enum kr_error write_both(struct store *s, int value)
{
    struct knowledge k = {.key = "GMPK/1/1", .component = value, .person = "alice"};
    uint8_t blob[3000] = {0};
    snprintf((char *)blob, sizeof blob, "%d", value);
    enum kr_error error = store_begin(s);
    if (error != KR_OK)
        return error;
    error = knowledge_put(s, &k);
    if (error == KR_OK)
        error = sealed_put(s, "ROOT-1", "state", blob, sizeof blob);
    if (error == KR_OK)
        return store_commit(s);
    store_rollback(s);
    return error;
}

/* What both tables say, and that they say the same. */
static int value_of(struct store *s)
{
    uint8_t blob[3000];
    size_t len = sizeof blob, count;
    static struct knowledge rows[400];
    enum kr_error error = sealed_get(s, "ROOT-1", "state", blob, &len);
    assert_true(error == KR_OK || error == KR_E_NOT_FOUND);
    assert_int_equal(knowledge_of(s, "GMPK/1/1", rows, 400, &count), KR_OK);
    int value = error == KR_OK ? atoi((char *)blob) : 0;
    assert_int_equal(count, value);
    return value;
}

static void a_write_without_memory_is_refused_and_undone(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    int value = 0;
    fixture_make(f, &s);
    for (long at = 1;; at++) {
        /* Statements are prepared anew each time, so that preparing fails too. */
        store_close(&s);
        assert_int_equal(fixture_open(f, false, &s), KR_OK);
        arm(at);
        enum kr_error error = write_both(s, value + 1);
        bool fired = requests >= at;
        arm(0);
        assert_true(fits(error));
        if (error != KR_OK && store_begin(s) == KR_OK)
            store_rollback(s); /* goes on at once */
        else if (error != KR_OK) {
            store_close(&s);
            assert_int_equal(fixture_open(f, false, &s), KR_OK);
        }
        int found = value_of(s);
        assert_true(error == KR_OK ? found == value + 1 : found == value || found == value + 1);
        value = found;
        if (!fired)
            break;
    }
    assert_true(value > 0 && requests >= 0);
    store_close(&s);
}

static void an_opening_without_memory_is_refused_and_can_be_repeated(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    sqlite3 *other;
    fixture_make(f, &s);
    assert_int_equal(write_both(s, 1), KR_OK);
    store_close(&s);
    /* SQLCipher 3.4.1 does not look at the result of its very first request, for the list of its
     * ciphers; a second keyed connection keeps that list alive. */
    assert_int_equal(sqlite3_open(":memory:", &other), SQLITE_OK);
    assert_int_equal(sqlite3_key(other, "x'00'", 5), SQLITE_OK);
    for (long at = 1;; at += 7) {
        arm(at);
        enum kr_error error = fixture_open(f, false, &s);
        bool fired = requests >= at;
        arm(0);
        assert_true(error != KR_OK || s);
        if (error == KR_OK)
            assert_int_equal(value_of(s), 1);
        store_close(&s);
        if (!fired)
            break;
    }
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    assert_int_equal(value_of(s), 1);
    store_close(&s);
    sqlite3_close(other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_write_without_memory_is_refused_and_undone),
        CASE(an_opening_without_memory_is_refused_and_can_be_repeated),
    };
    interpose();
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
