/* Every byte of the database file, whether or not anything reads its page. */
#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../store/data_rows.h"
#include "../../store/page_macs.h"

#define PAGE    4096
#define FILLING 12 /* at the end of each page: under no MAC, and read by nobody */

static char path[128];
static struct test_centre centre;

static int begin(void **state)
{
    (void)state;
    if (secret_heap_open() != KR_OK)
        return -1;
    centre_found(&centre);
    /* Rows that fill pages of their own and are gone again: these hold nothing now. */
    struct data_row_record row = {"6200000000000000001", ""};
    memset(row.text, 'x', sizeof row.text - 1);
    assert_int_equal(store_begin(centre.store), KR_OK);
    for (unsigned n = 1; n <= 200; n++)
        assert_int_equal(data_rows_put(centre.store, "USER-1", n, &row), KR_OK);
    assert_int_equal(store_commit(centre.store), KR_OK);
    assert_int_equal(store_begin(centre.store), KR_OK);
    assert_int_equal(data_rows_drop(centre.store, "USER-1"), KR_OK);
    assert_int_equal(store_commit(centre.store), KR_OK);
    centre_close(&centre);
    snprintf(path, sizeof path, "%s/journal.db", centre.dir);
    return 0;
}

static int end(void **state)
{
    (void)state;
    centre_end(&centre);
    return 0;
}

static void flip(long at)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    int byte = fgetc(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    fputc(byte ^ 1 << (at % 8), f);
    assert_int_equal(fclose(f), 0);
}

static long file_size(void)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    fclose(f);
    return size;
}

static void a_flipped_byte_in_any_page_is_found_and_the_page_named(void **state)
{
    char page[32];
    long size = file_size();
    (void)state;
    assert_int_equal(page_macs_check(path, centre.key), KR_OK);
    assert_true(size > 20 * PAGE);
    for (long at = 0; at < size; at += at % PAGE < PAGE - 64 ? 61 : 1) {
        flip(at);
        enum kr_error err = page_macs_check(path, centre.key);
        snprintf(page, sizeof page, "page %ld", at < 16 ? 1 : at / PAGE + 1);
        bool filling = at % PAGE >= PAGE - FILLING;
        if (err != (filling ? KR_OK : KR_E_STORE_DAMAGED) || (err && !strstr(kr_detail(), page)))
            fail_msg("byte %ld: %s (%s)", at, kr_name(err), kr_detail());
        flip(at);
    }
    assert_int_equal(page_macs_check(path, centre.key), KR_OK);
}

static void a_file_cut_inside_a_page_is_found(void **state)
{
    long size = file_size();
    (void)state;
    assert_int_equal(truncate(path, size - 7), 0);
    assert_int_equal(page_macs_check(path, centre.key), KR_E_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_byte_in_any_page_is_found_and_the_page_named),
        cmocka_unit_test(a_file_cut_inside_a_page_is_found),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
