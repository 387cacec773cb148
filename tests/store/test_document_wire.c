/* A document on its way to the program that draws it: it comes back as it was, and what is no
 * document is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../store/report/document.h"

#define WHOLE                                                                                      \
    "keyrite-document/1\ntitle Issue\nrunning ROOT-1\nmark \nmade 1700000000000\n\n"               \
    "t- Issue\np- one\\ntwo \\\\ three\np+ joined\n"

static enum kr_error read_text(const char *text, size_t len, struct document *d)
{
    char copy[512];
    memcpy(copy, text, len);
    FILE *in = fmemopen(len > 0 ? copy : (void *)(uintptr_t) "", len > 0 ? len : 1, "r");
    assert_non_null(in);
    if (len == 0)
        (void)fgetc(in);
    enum kr_error error = document_read(d, in);
    fclose(in);
    return error;
}

static void what_is_written_is_what_was_read(void **state)
{
    struct document d;
    char *text = NULL;
    size_t len = 0;
    (void)state;
    assert_int_equal(read_text(WHOLE, strlen(WHOLE), &d), KR_OK);
    assert_int_equal(d.count, 3);
    assert_string_equal(d.lines[1].text, "one\ntwo \\ three");
    assert_true(d.lines[2].joined);
    assert_int_equal(d.made_ms, INT64_C(1700000000000));
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(document_write(&d, out), KR_OK);
    fclose(out);
    assert_string_equal(text, WHOLE);
    free(text);
    document_free(&d);
}

/* Cut at the end of a line behind its head it is a shorter document; anywhere else it is none. */
static void a_document_that_was_cut_off_within_a_line_is_refused(void **state)
{
    static const char whole[] = WHOLE;
    size_t head = (size_t)(strstr(whole, "\n\n") - whole) + 2;
    (void)state;
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        struct document d;
        bool good = cut >= head && whole[cut - 1] == '\n';
        assert_int_equal(read_text(whole, cut, &d), good ? KR_OK : KR_E_MESSAGE);
        document_free(&d);
    }
}

static void a_line_that_no_document_has_is_refused(void **state)
{
    static const char *const heads[] = {
        "keyrite-document/2\ntitle a\nrunning b\nmark c\nmade 1\n\n",
        "keyrite-document/1\nheading a\nrunning b\nmark c\nmade 1\n\n",
        "keyrite-document/1\ntitle a\nrun b\nmark c\nmade 1\n\n",
        "keyrite-document/1\ntitle a\nrunning b\nmarks c\nmade 1\n\n",
        "keyrite-document/1\ntitle a\nrunning b\nmark c\nmade1\n\n",
        "keyrite-document/1\ntitle a\nrunning b\nmark c\nmade 12345678901234567890123456789012\n\n",
        "keyrite-document/1\ntitle a\nrunning b\nmark c\nmade 1\np- text\n",
    };
    static const char *const lines[] = {"", "x- text", "p* text", "p-text", "p", "+- text"};
    char text[512];
    struct document d;
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        assert_int_equal(read_text(heads[i], strlen(heads[i]), &d), KR_E_MESSAGE);
        document_free(&d);
    }
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        snprintf(text, sizeof text, WHOLE "%s\n", lines[i]);
        assert_int_equal(read_text(text, strlen(text), &d), KR_E_MESSAGE);
        assert_string_equal(kr_detail(), "document, line 3");
        document_free(&d);
    }
}

static void what_cannot_be_written_is_not_called_written(void **state)
{
    struct document d;
    FILE *full = fopen("/dev/full", "w");
    (void)state;
    assert_non_null(full);
    assert_int_equal(read_text(WHOLE, strlen(WHOLE), &d), KR_OK);
    assert_int_equal(document_write(&d, full), KR_E_FILE);
    fclose(full);
    /* Nor one that lacks lines because there was no memory for them. */
    d.failed = KR_E_MEMORY;
    assert_int_equal(document_write(&d, stdout), KR_E_MEMORY);
    document_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(a_document_that_was_cut_off_within_a_line_is_refused),
        cmocka_unit_test(a_line_that_no_document_has_is_refused),
        cmocka_unit_test(what_cannot_be_written_is_not_called_written),
    };
    return cmocka_run_group_tests_name("document on its way", tests, NULL, NULL);
}
