#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../crypto/component.h"
#include "../../crypto/hash.h"
#include "../../ui/demo.h"

static char folder[64];

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/keyrite-sheets-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* The component of a sheet, its check letters compared on the way; the line's KCV in kcv. */
static struct secret *read_component(const char *name, char kcv[16])
{
    char text[SHEET_TEXT_MAX];
    struct secret *c = secret_new(16);

    assert_non_null(c);
    assert_int_equal(sheet_read(folder, name, text), KR_OK);
    char *line = strstr(text, "\ncomponent ");
    assert_non_null(line);
    const char *p = strchr(line, ':') + 2;
    for (size_t b = 0; b < 8; b++, p += 6) {
        uint8_t digits[4];
        char hex[5] = {p[0], p[1], p[2], p[3], '\0'};
        assert_int_equal(hex_decode(hex, c->bytes + 2 * b, 2), KR_OK);
        for (size_t d = 0; d < 4; d++)
            digits[d] =
                (uint8_t)(d % 2 ? c->bytes[2 * b + d / 2] & 15 : c->bytes[2 * b + d / 2] >> 4);
        assert_int_equal(p[4], component_check_letter(b, digits));
    }
    snprintf(kcv, 16, "%.8s", strstr(line, " kcv: ") + 6);
    return c;
}

static void every_sheet_has_right_check_letters_and_its_own_check_value(void **state)
{
    const struct suite *s = suite_by_id("3des");
    char names[SHEETS_MAX][SHEET_NAME_MAX], printed[16], text[16];
    struct kcv kcv;

    (void)state;
    assert_int_equal(sheets_make(folder), KR_OK);
    assert_int_equal(sheets_list(folder, names, SHEETS_MAX), 15);
    for (size_t i = 0; i < 15; i++) {
        struct secret *c = read_component(names[i], printed);
        assert_int_equal(suite_kcv(s, c, &kcv), KR_OK);
        kcv_text(&kcv, text);
        assert_string_equal(text, printed);
        secret_free(&c);
    }
}

static void the_combined_check_value_is_that_of_the_key_from_a_and_b(void **state)
{
    const struct suite *s = suite_by_id("3des");
    char sheet[SHEET_TEXT_MAX], printed[16], text[16];
    struct secret *parts[2], *key;
    struct kcv kcv;

    (void)state;
    assert_int_equal(sheets_make(folder), KR_OK);
    parts[0] = read_component("GMPK-2-A", printed);
    parts[1] = read_component("GMPK-2-B", printed);
    assert_int_equal(component_combine(s, (const struct secret *const *)parts, 2, &key), KR_OK);
    assert_int_equal(suite_kcv(s, key, &kcv), KR_OK);
    kcv_text(&kcv, text);
    assert_int_equal(sheet_read(folder, "GMPK-2-A", sheet), KR_OK);
    assert_non_null(strstr(strstr(sheet, "key of A and B kcv: "), text));
    secret_free(&parts[0]);
    secret_free(&parts[1]);
    secret_free(&key);
}

static void a_demonstration_never_uses_a_folder_that_others_can_write(void **state)
{
    struct demo d;
    char path[PATH_ROOM];

    (void)state;
    setenv("XDG_RUNTIME_DIR", folder, 1);
    snprintf(path, sizeof path, "%s/keyrite-demo-%u", folder, (unsigned)geteuid());
    assert_int_equal(demo_place(&d, NULL, NULL, READER_SIM), KR_OK);
    assert_string_equal(d.folder, path);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(demo_place(&d, NULL, NULL, READER_SIM), KR_E_FILE);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(demo_place(&d, NULL, NULL, READER_SIM), KR_E_FILE);
}

static void folders_that_were_named_are_never_cleared(void **state)
{
    struct demo d;
    char store[PATH_ROOM], kept[PATH_ROOM];

    (void)state;
    snprintf(store, sizeof store, "%.60s/store", folder);
    snprintf(kept, sizeof kept, "%.60s/store/kept", folder);
    assert_int_equal(mkdir(store, 0700), 0);
    fclose(fopen(kept, "w"));
    assert_int_equal(demo_place(&d, store, folder, READER_SIM), KR_OK);
    assert_int_equal(demo_clear(&d), KR_OK);
    assert_int_equal(access(kept, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_sheet_has_right_check_letters_and_its_own_check_value,
                                        begin, end),
        cmocka_unit_test_setup_teardown(the_combined_check_value_is_that_of_the_key_from_a_and_b,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_demonstration_never_uses_a_folder_that_others_can_write,
                                        begin, end),
        cmocka_unit_test_setup_teardown(folders_that_were_named_are_never_cleared, begin, end),
    };

    if (secret_heap_open() != KR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
