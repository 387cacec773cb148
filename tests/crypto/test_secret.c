#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <openssl/crypto.h>
#include "../../crypto/hash.h"
#include "../../crypto/secret.h"

static void without_the_locked_heap_there_are_no_secrets(void **state)
{
    (void)state;
    assert_false(secret_heap_is_locked());
    assert_null(secret_new(16));
    assert_null(secret_from("0123456789abcdef", 16));
}

static void memory_that_cannot_be_locked_is_refused(void **state)
{
    int status = 0;
    (void)state;

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        /* Root may lock without limit; as nobody the limit holds. */
        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setuid(65534) != 0))
            _exit(2);
        _exit(secret_heap_open() == KR_E_LOCKED_MEMORY && !secret_heap_is_locked() && !secret_new(1)
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static size_t calls_left;

static void *sparing_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return --calls_left == 0 ? NULL : malloc(len);
}

static void *plain_realloc(void *old, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return realloc(old, len);
}

static void plain_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* OpenSSL itself aborts where the tables of its secure heap, its first allocations, cannot be had.
 */
#define HEAP_TABLES 5
/* OpenSSL 3.5 waits for itself for ever where its first lock cannot be had: nothing is open then.
 */
#define STANDSTILL_S 5

static void set_up_without_memory(size_t failing)
{
    uint8_t digest[32];
    calls_left = failing;
    alarm(STANDSTILL_S);
    if (CRYPTO_set_mem_functions(sparing_malloc, plain_realloc, plain_free) != 1)
        _exit(2);
    enum kr_error err = secret_heap_open();
    if (err == KR_OK)
        sha256("", 0, digest);
    _exit(err == KR_OK || err == KR_E_MEMORY || err == KR_E_LOCKED_MEMORY ? 0 : 3);
}

static void a_crypto_library_that_lacked_memory_at_its_start_is_used_all_the_same(void **state)
{
    (void)state;
    for (size_t failing = HEAP_TABLES; failing < 120; failing++) {
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            set_up_without_memory(failing);
        assert_int_equal(waitpid(child, &status, 0), child);
        bool stood_still = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        if (!stood_still && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
            fail_msg("allocation %zu: status %x", failing, (unsigned)status);
    }
}

static void the_heap_opens_and_may_be_opened_again(void **state)
{
    (void)state;
    assert_int_equal(secret_heap_open(), KR_OK);
    assert_int_equal(secret_heap_open(), KR_OK);
    assert_true(secret_heap_is_locked());
}

static unsigned long hex_or_zero(const char *line, unsigned long *end)
{
    unsigned long start = 0;

    return sscanf(line, "%lx-%lx", &start, end) == 2 ? start : 0;
}

static void secrets_lie_in_memory_that_is_locked_and_left_out_of_core_dumps(void **state)
{
    struct secret *s = secret_new(16);
    unsigned long address = (unsigned long)(uintptr_t)s;
    char line[512];
    bool inside = false;
    bool flags_seen = false;
    (void)state;

    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long end = 0;
        unsigned long start = hex_or_zero(line, &end);
        if (end)
            inside = start <= address && address < end;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            flags_seen = true;
            assert_non_null(strstr(line, " lo"));
            assert_non_null(strstr(line, " dd"));
        }
    }
    fclose(maps);
    assert_true(flags_seen);
    secret_free(&s);
}

static void a_new_secret_is_zero_and_keeps_its_length(void **state)
{
    static const uint8_t zero[100];
    (void)state;

    for (size_t len = 0; len <= sizeof zero; len++) {
        struct secret *s = secret_new(len);
        assert_non_null(s);
        assert_int_equal(s->len, len);
        assert_true(s->capacity >= len);
        assert_memory_equal(s->bytes, zero, len);
        memset(s->bytes, 0xA5, len);
        secret_free(&s);
        assert_null(s);
        secret_free(&s);
    }
}

static void a_copy_has_its_own_bytes(void **state)
{
    struct secret *s = secret_from("component", 9);
    struct secret *copy = secret_duplicate(s);
    (void)state;

    assert_true(secret_equal(s, copy));
    copy->bytes[8] ^= 1;
    assert_false(secret_equal(s, copy));
    copy->bytes[8] ^= 1;
    copy->len = 8;
    assert_false(secret_equal(s, copy));
    copy->len = 9;
    secret_free(&s);
    assert_memory_equal(copy->bytes, "component", 9);
    secret_free(&copy);
}

static void a_freed_secret_leaves_nothing_behind(void **state)
{
    struct secret *s = secret_new(64);
    /* volatile: the reading must not be thought away. Freed blocks stay mapped in this heap. */
    volatile uint8_t *bytes = s->bytes;
    (void)state;

    memset(s->bytes, 0x5A, 64);
    s->len = 8; /* shortened secrets are wiped whole */
    secret_free(&s);
    for (size_t i = 0; i < 64; i++)
        assert_int_not_equal(bytes[i], 0x5A);
}

static void a_full_heap_refuses_and_recovers(void **state)
{
    static struct secret *held[4096];
    size_t count = 0;
    (void)state;

    while (count < 4096 && (held[count] = secret_new(1000)) != NULL)
        count++;
    assert_true(count > 100);
    assert_true(count < 4096);
    while (count > 0)
        secret_free(&held[--count]);
    assert_null(secret_new((size_t)1 << 40));
    assert_null(secret_new(SIZE_MAX));
    struct secret *again = secret_new(100000);
    assert_non_null(again);
    secret_free(&again);
}

static void wiping_leaves_zeros(void **state)
{
    static const uint8_t zero[8];
    uint8_t bytes[8] = "message";
    (void)state;

    secret_wipe(bytes, sizeof bytes);
    assert_memory_equal(bytes, zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_the_locked_heap_there_are_no_secrets),
        cmocka_unit_test(memory_that_cannot_be_locked_is_refused),
        cmocka_unit_test(a_crypto_library_that_lacked_memory_at_its_start_is_used_all_the_same),
        cmocka_unit_test(the_heap_opens_and_may_be_opened_again),
        cmocka_unit_test(secrets_lie_in_memory_that_is_locked_and_left_out_of_core_dumps),
        cmocka_unit_test(a_new_secret_is_zero_and_keeps_its_length),
        cmocka_unit_test(a_copy_has_its_own_bytes),
        cmocka_unit_test(a_freed_secret_leaves_nothing_behind),
        cmocka_unit_test(a_full_heap_refuses_and_recovers),
        cmocka_unit_test(wiping_leaves_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
