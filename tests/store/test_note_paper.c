/* The paper of a transfer note: the documented note against the texts kept for it, and its PDF. */
#include "note_bench.h"

#include <unistd.h>
#include "../../crypto/catalogue.h"
#include "../../store/report/note_paper.h"
#include "../../store/report/text.h"
#include "printed.h"
#include "recorded.h"

#define EXAMPLE "docs/transfer-note.md"

/* The note that stands in the document. */
static void documented(bool chinese, struct document *d)
{
    struct transfer_note *n;
    char path[512];
    size_t all;
    recorded_path(EXAMPLE, path);
    char *text = recorded_file(path, &all);
    const char *at = strstr(text, "<!-- note -->");
    assert_non_null(at);
    at = strstr(at, "```\n") + 4;
    size_t len = (size_t)(strstr(at, "```\n") - at);
    assert_int_equal(transfer_note_read(at, len, &n), KR_OK);
    catalogue_language(chinese);
    assert_int_equal(note_paper_document(n, at, len, d), KR_OK);
    catalogue_language(false);
    transfer_note_free(&n);
    free(text);
}

static void the_documented_notes_paper_differs_from_the_one_that_is_kept(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct document d;
        char *text = NULL;
        size_t len;
        documented(chinese, &d);
        for (size_t i = 0; i < d.count; i++)
            if (d.lines[i].style != LINE_CODE && text_width(d.lines[i].text) > DOCUMENT_COLUMNS)
                fail_msg("wider than 80 columns: %s", d.lines[i].text);
        assert_int_equal(document_text(&d, &text, &len), KR_OK);
        recorded_compare(chinese ? "tests/golden/transfer-note.zh_CN.txt"
                                 : "tests/golden/transfer-note.en.txt",
                         text);
        free(text);
        document_free(&d);
    }
}

static void the_pdf_of_a_notes_paper_says_something_else(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct document d;
        documented(chinese, &d);
        printed_says_the_same(&d);
        document_free(&d);
    }
}

static void a_paper_without_a_printer_leaves_no_text(void **state)
{
    const struct bench *b = *state;
    char path[200], made[NOTE_PAPER_ROOM];
    catalogue_language(false);
    assert_int_equal(note_paper_write(b->centre.dir, "SEND.note", b->text, b->len, made), KR_OK);
    /* keyrite-paper does not lie beside a test */
    assert_string_equal(made, "SEND.note.en.txt");
    snprintf(path, sizeof path, "%s/SEND.note.en.txt", b->centre.dir);
    size_t len;
    char *text = recorded_file(path, &len);
    assert_non_null(strstr(text, "bag                       B-0042"));
    assert_non_null(strstr(text, "0000 2000 0000 0000 0003"));
    free(text);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(note_paper_write("/nonexistent", "SEND.note", b->text, b->len, made),
                     KR_E_FILE);
    assert_string_equal(made, "");
    assert_int_equal(note_paper_write(b->centre.dir, "SEND.note", b->text, b->len - 1, made),
                     KR_E_NOTE_FORM);
}

int main(void)
{
    char folder[512];
    const char *build = getenv("BUILD");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_notes_paper_differs_from_the_one_that_is_kept),
        cmocka_unit_test(the_pdf_of_a_notes_paper_says_something_else),
        cmocka_unit_test_setup_teardown(a_paper_without_a_printer_leaves_no_text, begin, end),
    };
    snprintf(folder, sizeof folder, "%s/locale", build != NULL ? build : "build");
    if (catalogue_open(folder) != KR_OK)
        return 1;
    return cmocka_run_group_tests_name("note_paper", tests, NULL, NULL);
}
