/* The report of a ceremony: the recorded root generation against the texts kept for it, and its
 * PDF against its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../crypto/catalogue.h"
#include "../../store/report/print.h"
#include "../../store/report/text.h"
#include "printed.h"
#include "recorded.h"

#define JOURNAL  "tests/golden/national.journal"
#define CEREMONY "ROOT-2026-001"
#define SCRIPT   "tests/golden/root-generate.yaml"

static void lay_out(bool chinese, struct document *d)
{
    struct report *r = recorded_report(JOURNAL, CEREMONY, SCRIPT);
    catalogue_language(chinese);
    assert_int_equal(report_document(r, chinese, d), KR_OK);
    report_free(&r);
    catalogue_language(false);
}

static char *text_of(const struct document *d)
{
    char *text = NULL;
    size_t len;
    assert_int_equal(document_text(d, &text, &len), KR_OK);
    return text;
}

static void the_english_report_of_a_root_generation_differs_from_the_one_that_is_kept(void **state)
{
    struct document d;
    (void)state;
    lay_out(false, &d);
    char *text = text_of(&d);
    recorded_compare("tests/golden/root-generate.en.txt", text);
    free(text);
    document_free(&d);
}

static void the_chinese_report_of_a_root_generation_differs_from_the_one_that_is_kept(void **state)
{
    struct document d;
    (void)state;
    lay_out(true, &d);
    char *text = text_of(&d);
    recorded_compare("tests/golden/root-generate.zh_CN.txt", text);
    free(text);
    document_free(&d);
}

static void a_line_is_wider_than_80_columns(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct document d;
        lay_out(chinese, &d);
        for (size_t i = 0; i < d.count; i++)
            if (d.lines[i].style != LINE_CODE && text_width(d.lines[i].text) > DOCUMENT_COLUMNS)
                fail_msg("%s", d.lines[i].text);
        document_free(&d);
    }
}

/* ---- The PDF ---- */

static void the_text_in_the_pdf_is_another_than_that_of_the_report(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct document d;
        lay_out(chinese, &d);
        printed_says_the_same(&d);
        document_free(&d);
    }
}

static void the_same_journal_gives_two_different_files(void **state)
{
    struct document d;
    char paths[2][64], *bytes[2];
    size_t len[2];
    (void)state;
    lay_out(true, &d);
    for (int i = 0; i < 2; i++) {
        printed_file(&d, paths[i], i);
        bytes[i] = recorded_file(paths[i], &len[i]);
        unlink(paths[i]);
        sleep(1);
    }
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(bytes[0], bytes[1], len[0]);
    free(bytes[0]);
    free(bytes[1]);
    document_free(&d);
}

static void a_printer_that_is_missing_leaves_half_a_file(void **state)
{
    struct document d;
    char path[64];
    (void)state;
    lay_out(false, &d);
    snprintf(path, sizeof path, "/var/tmp/keyrite-report-%d.pdf", (int)getpid());
    assert_int_equal(document_print(&d, "/nonexistent/keyrite-paper", path), KR_E_FILE);
    assert_int_equal(document_print(&d, "/bin/false", path), KR_E_FILE);
    assert_int_equal(access(path, F_OK), -1);
    document_free(&d);
}

int main(void)
{
    char folder[512];
    const char *build = getenv("BUILD");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_english_report_of_a_root_generation_differs_from_the_one_that_is_kept),
        cmocka_unit_test(the_chinese_report_of_a_root_generation_differs_from_the_one_that_is_kept),
        cmocka_unit_test(a_line_is_wider_than_80_columns),
        cmocka_unit_test(the_text_in_the_pdf_is_another_than_that_of_the_report),
        cmocka_unit_test(the_same_journal_gives_two_different_files),
        cmocka_unit_test(a_printer_that_is_missing_leaves_half_a_file),
    };
    snprintf(folder, sizeof folder, "%s/locale", build != NULL ? build : "build");
    if (catalogue_open(folder) != KR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
