/* Papers beside the report: statistics, blank forms, the record of destroying cards; and that what
 * is withheld or altered never becomes a report that looks whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../crypto/catalogue.h"
#include "../../crypto/hash.h"
#include "../../store/report/blank_forms.h"
#include "../../store/report/statistics.h"
#include "../../store/report/text.h"
#include "recorded.h"

#define JOURNAL "tests/golden/national.journal"

static void take_entry(void *ctx, struct entry *e)
{
    assert_int_equal(statistics_take(ctx, e), KR_OK);
}

static void keep(const char *name, bool chinese, struct document *d)
{
    char path[128], *text = NULL;
    size_t len;
    for (size_t i = 0; i < d->count; i++)
        if (d->lines[i].style != LINE_CODE && text_width(d->lines[i].text) > DOCUMENT_COLUMNS)
            fail_msg("wider than 80 columns: %s", d->lines[i].text);
    assert_int_equal(document_text(d, &text, &len), KR_OK);
    snprintf(path, sizeof path, "tests/golden/%s.%s.txt", name, chinese ? "zh_CN" : "en");
    recorded_compare(path, text);
    free(text);
    document_free(d);
}

static void statistics_of_the_recorded_journal_differ_from_those_that_are_kept(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct statistics *s = NULL;
        struct document d;
        assert_int_equal(statistics_new(&s), KR_OK);
        recorded_entries(JOURNAL, take_entry, s);
        catalogue_language(chinese);
        assert_int_equal(statistics_document(s, &d), KR_OK);
        keep("statistics", chinese, &d);
        statistics_free(&s);
    }
}

static void add_lines(struct entry *e, const char *kind, uint64_t seq, const char *lines)
{
    entry_begin(e, kind);
    e->seq = seq;
    e->time_ms = 1764028800000 + (int64_t)seq * 1000;
    e->signer_count = 1;
    snprintf(e->signers[0].person, sizeof e->signers[0].person, "kate");
    snprintf(e->signers[0].role, sizeof e->signers[0].role, "custodian");
    entry_add(e, "ceremony", "TEST-2026-001");
    while (*lines != '\0') {
        char name[32], value[200];
        int used = 0;
        assert_int_equal(sscanf(lines, "%31s %199[^\n]%n", name, value, &used), 2);
        assert_int_equal(entry_add(e, name, "%s", value), KR_OK);
        lines += used + (lines[used] == '\n');
    }
}

static void count(struct statistics *s, const char *kind, uint64_t seq, const char *lines)
{
    struct entry e;
    add_lines(&e, kind, seq, lines);
    assert_int_equal(statistics_take(s, &e), KR_OK);
    entry_free(&e);
}

static void a_card_from_another_centre_counts_in_this_centres_tier(void **state)
{
    struct statistics *s = NULL;
    struct document d;
    char *text = NULL;
    size_t len;
    (void)state;
    assert_int_equal(statistics_new(&s), KR_OK);
    catalogue_language(false);
    count(s, "found", 0, "tier regional\ncentre Regional");
    count(s, "card", 1, "card 10001000000000000001 bkc 4B51 received bkc -");
    count(s, "card", 2,
          "card 20001000000000000001 back 4B52 verified back -\n"
          "card 20001000000000000002 back 4B53 verified back -\n"
          "card 10001000000000000001 bkc 4B51 verified bkc -");
    count(s, "card", 3, "card - bkc 4B54 spoiled - -");
    assert_int_equal(statistics_document(s, &d), KR_OK);
    assert_int_equal(document_text(&d, &text, &len), KR_OK);
    assert_non_null(strstr(text, "national key          regional mother card         1"));
    assert_non_null(strstr(text, "regional              authentication card          2"));
    assert_non_null(strstr(text, "without a number      regional mother card         1"));
    assert_non_null(strstr(text, "national key management                            2  "));
    assert_non_null(strstr(text, "regional (second-level)                            3  "));
    free(text);
    document_free(&d);
    statistics_free(&s);
}

static void a_report_with_cards_differs_from_the_one_that_is_kept(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct document d;
        struct report *r =
            recorded_report(JOURNAL, "RMKC-2026-001", "tests/golden/issue-rmkc.yaml");
        catalogue_language(chinese);
        assert_int_equal(report_document(r, chinese, &d), KR_OK);
        keep("issue-rmkc", chinese, &d);
        report_free(&r);
    }
}

static void a_form_differs_from_the_one_that_is_kept(void **state)
{
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct document d;
        catalogue_language(chinese);
        assert_int_equal(form_component_sheet("全国中心 National", false, &d), KR_OK);
        keep("component-sheet", chinese, &d);
        assert_int_equal(form_pin_envelope("全国中心 National", false, &d), KR_OK);
        keep("pin-envelope", chinese, &d);
    }
}

/* ---- Ceremonies that went wrong ---- */

static void tell(struct report *r, const char *kind, uint64_t seq, const char *lines)
{
    struct entry e;
    add_lines(&e, kind, seq, lines);
    assert_int_equal(report_take(r, &e), KR_OK);
    entry_free(&e);
}

/* Whether the English report of those entries says so. */
static bool says(const struct report *r, const char *what)
{
    struct document d;
    char *text = NULL;
    size_t len;
    catalogue_language(false);
    assert_int_equal(report_document(r, false, &d), KR_OK);
    assert_int_equal(document_text(&d, &text, &len), KR_OK);
    bool found = strstr(text, what) != NULL;
    free(text);
    document_free(&d);
    return found;
}

static struct report *begun(void)
{
    struct report *r = NULL;
    assert_int_equal(report_new("TEST-2026-001", &r), KR_OK);
    tell(r, "open", 7, "step open\nrequirement PCI PIN 6-3");
    tell(r, "approval", 8, "step approve\ncovers keep");
    return r;
}

static void an_intent_without_outcome_counts_as_a_requirement_that_is_met(void **state)
{
    struct report *r = begun();
    (void)state;
    tell(r, "intent", 9, "step keep\nrequirement SP 800-57");
    assert_true(says(r, "INTENT #9 WITHOUT OUTCOME"));
    assert_true(says(r, "keep has no outcome"));
    assert_true(says(r, "NOT CLOSED"));
    tell(r, "outcome", 10, "step keep\nrequirement SP 800-57\nintent 9\nresult ok");
    assert_false(says(r, "WITHOUT OUTCOME"));
    assert_true(says(r, "2 requirements, 0 with gaps."));
    report_free(&r);
}

static void a_step_that_failed_counts_as_a_requirement_that_is_met(void **state)
{
    struct report *r = begun();
    (void)state;
    tell(r, "intent", 9, "step pay\nrequirement PCI PIN 30-3");
    tell(r, "outcome", 10, "step pay\nrequirement PCI PIN 30-3\nintent 9\nresult failed");
    tell(r, "close", 11, "step close\nresult failed\ntext failed: pay");
    assert_true(says(r, "closed, with steps that FAILED"));
    assert_true(says(r, "pay FAILED"));
    assert_true(says(r, "2 requirements, 1 with gaps."));
    report_free(&r);
}

static const char script[] = "id: test\nversion: 3\ntitle: {en: Test, zh: 试}\nsteps:\n"
                             "  - {id: open, kind: open, title: {en: Open it, zh: 开}}\n"
                             "  - {id: seal, kind: keep, title: {en: Seal, zh: 封},\n"
                             "     requires: [PCI PIN 12]}\n";

/* Opened with that script. */
static struct report *begun_with_script(void)
{
    struct report *r = NULL;
    uint8_t digest[32];
    char line[120], hex[65];
    assert_int_equal(sha256(script, sizeof script - 1, digest), KR_OK);
    hex_encode(digest, 32, hex);
    snprintf(line, sizeof line, "step open\nscript test %s", hex);
    assert_int_equal(report_new("TEST-2026-001", &r), KR_OK);
    tell(r, "open", 7, line);
    return r;
}

static void a_step_of_the_script_that_was_left_out_is_not_missed(void **state)
{
    struct report *r = begun_with_script();
    (void)state;
    assert_int_equal(report_script(r, script, sizeof script - 1), KR_OK);
    assert_true(says(r, "Open it"));
    assert_true(says(r, "seal was not done"));
    assert_true(says(r, "1 requirements, 1 with gaps."));
    report_free(&r);
}

static void another_script_than_the_signed_one_is_taken(void **state)
{
    struct report *r = begun_with_script();
    (void)state;
    assert_int_equal(report_script(r, script, sizeof script - 2), KR_E_SCRIPT_CHANGED);
    assert_true(says(r, "The script's text was not at hand"));
    report_free(&r);
}

static void a_card_in_doubt_stands_in_the_balance_unseen(void **state)
{
    struct report *r = begun();
    (void)state;
    tell(r, "intent", 9,
         "step wash\ncard 10001000000000000001 mother 4B52 received - -\n"
         "piece 10001000000000000001 4B52 doubt 1");
    assert_true(says(r, "1 cards are IN DOUBT"));
    assert_true(says(r, "NO BALANCE WAS SIGNED."));
    report_free(&r);
}

static void a_spoiled_card_is_missing_from_the_record_of_destruction(void **state)
{
    struct report *r = begun();
    struct document d;
    char *text = NULL;
    size_t len;
    (void)state;
    tell(r, "card", 9,
         "step wash\ncard 10001000000000000001 mother 4B52 spoiled - -\n"
         "card 10001000000000000002 mother 4B53 washed - -");
    tell(r, "outcome", 10,
         "step wash\ncard 10001000000000000003 mother 4B54 spoiled - -\n"
         "piece 10001000000000000003 4B54 lost 3");
    assert_true(says(r, "spoiled 0 + returned 0 + lost 1"));
    assert_true(says(r, "1 cards are LOST"));
    catalogue_language(false);
    assert_int_equal(form_destruction(r, false, &d), KR_OK);
    assert_int_equal(document_text(&d, &text, &len), KR_OK);
    assert_non_null(strstr(text, "1000 1000 0000 0000 0001  4B52"));
    assert_null(strstr(text, "4B53"));
    const char *cannot = strstr(text, "Cards that are lost");
    assert_non_null(cannot);
    assert_true(strstr(text, "4B54") > cannot); /* not among those to be destroyed */
    free(text);
    document_free(&d);
    report_free(&r);
}

static void a_ceremony_without_entries_gets_a_report(void **state)
{
    struct report *r = NULL;
    struct document d;
    (void)state;
    assert_int_equal(report_new("NONE-2026-001", &r), KR_OK);
    assert_int_equal(report_document(r, false, &d), KR_E_NOT_FOUND);
    document_free(&d);
    assert_int_equal(report_script(r, "id: x\n", 6), KR_E_NOT_FOUND);
    report_free(&r);
}

int main(void)
{
    char folder[512];
    const char *build = getenv("BUILD");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_of_the_recorded_journal_differ_from_those_that_are_kept),
        cmocka_unit_test(a_card_from_another_centre_counts_in_this_centres_tier),
        cmocka_unit_test(a_report_with_cards_differs_from_the_one_that_is_kept),
        cmocka_unit_test(a_form_differs_from_the_one_that_is_kept),
        cmocka_unit_test(an_intent_without_outcome_counts_as_a_requirement_that_is_met),
        cmocka_unit_test(a_step_that_failed_counts_as_a_requirement_that_is_met),
        cmocka_unit_test(a_step_of_the_script_that_was_left_out_is_not_missed),
        cmocka_unit_test(another_script_than_the_signed_one_is_taken),
        cmocka_unit_test(a_card_in_doubt_stands_in_the_balance_unseen),
        cmocka_unit_test(a_spoiled_card_is_missing_from_the_record_of_destruction),
        cmocka_unit_test(a_ceremony_without_entries_gets_a_report),
    };
    snprintf(folder, sizeof folder, "%s/locale", build != NULL ? build : "build");
    if (catalogue_open(folder) != KR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
