/* The data file of user cards: what is read from it, and what is refused with which sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ceremony/data_file.h"
#include "../../crypto/hash.h"

#define HEADER "asn,holder,holder-id-type,holder-id,valid-from,valid-to\n"
#define ROW(n) "300031234560000000" n ",Li Wei,00,11010519491231002X,20260101,20311231\n"

static enum kr_error parse(const char *text, struct data_file *f)
{
    return data_file_parse(text, strlen(text), NULL, NULL, f);
}

/* The file has that one problem, in that line. */
static void refused(const char *text, size_t len, enum kr_error wanted, unsigned line,
                    const char *detail)
{
    struct data_file f;
    char said[512];
    assert_int_equal(data_file_parse(text, len, NULL, NULL, &f), KR_E_DATA_FILE);
    assert_int_equal(f.count, 0);
    assert_int_equal(f.bad_lines, 1);
    if (f.problems[0].error != wanted)
        fail_msg("%s (%s)", kr_name(f.problems[0].error), f.problems[0].detail);
    assert_int_equal(f.problem_count, 1);
    assert_int_equal(f.problems[0].line, line);
    assert_string_equal(f.problems[0].detail, detail);
    data_problem_explain(&f.problems[0], said, sizeof said);
    assert_null(strstr(said, "{}"));
    data_file_free(&f);
}

static void refused_text(const char *text, enum kr_error wanted, unsigned line, const char *detail)
{
    refused(text, strlen(text), wanted, line, detail);
}

static void every_column_of_a_good_file_is_read(void **state)
{
    struct data_file f;
    (void)state;
    assert_int_equal(parse("\xEF\xBB\xBF"
                           "valid-to,card-type,asn,holder-id,holder-id-type,valid-from,holder\r\n"
                           "20311231,03,30003123456000000001,E12345678,02,20260101,"
                           "\"O\"\"Neil, Ann\"\r\n"
                           "20280229,,30003123456000000002,11010519491231002X,00,20260101,王小明",
                           &f),
                     KR_OK);
    assert_int_equal(f.count, 2);
    assert_string_equal(f.rows[0].asn, "30003123456000000001");
    assert_string_equal(f.rows[0].holder, "O\"Neil, Ann");
    assert_string_equal(f.rows[0].holder_id, "E12345678");
    assert_int_equal(f.rows[0].holder_id_type, 2);
    assert_string_equal(f.rows[0].valid_from, "20260101");
    assert_string_equal(f.rows[0].valid_to, "20311231");
    assert_int_equal(f.rows[0].card_type, 3);
    assert_int_equal(f.rows[0].line, 2);
    assert_string_equal(f.rows[1].holder, "王小明");
    assert_int_equal(f.rows[1].card_type, 0);
    data_file_free(&f);
}

static void the_digest_is_that_of_the_file_as_it_lies_there(void **state)
{
    static const char text[] = HEADER ROW("01");
    char path[] = "/tmp/keyrite-data-XXXXXX";
    struct data_file f;
    uint8_t digest[32];
    (void)state;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    assert_int_equal(data_file_load(path, NULL, NULL, &f), KR_OK);
    assert_int_equal(sha256(text, sizeof text - 1, digest), KR_OK);
    assert_memory_equal(f.digest, digest, 32);
    data_file_free(&f);
    unlink(path);
    assert_int_equal(data_file_load(path, NULL, NULL, &f), KR_E_FILE);
    data_file_free(&f);
    assert_int_equal(data_file_load("/tmp", NULL, NULL, &f), KR_E_FILE);
    data_file_free(&f);
}

static void a_header_that_is_not_right_is_refused_before_any_line(void **state)
{
    struct data_file f;
    (void)state;
    refused_text("asn,holder,holder-id-type,holder-id,valid-from,valid-to,colour\n" ROW("01"),
                 KR_E_DATA_COLUMN_UNKNOWN, 1, "colour");
    refused_text("asn,holder,holder-id-type,holder-id,valid-from\n" ROW("01"),
                 KR_E_DATA_COLUMN_MISSING, 1, "valid-to");
    refused_text("asn,holder,holder-id-type,holder-id,valid-from,valid-to,asn\n" ROW("01"),
                 KR_E_DATA_COLUMN_TWICE, 1, "asn");
    assert_int_equal(parse("asn;holder\n", &f), KR_E_DATA_FILE);
    assert_int_equal(f.problem_count, 7); /* the unknown one, and six that are missing */
    data_file_free(&f);
}

static void a_file_without_cards_is_refused(void **state)
{
    (void)state;
    refused_text("", KR_E_DATA_EMPTY, 0, "");
    refused_text(HEADER, KR_E_DATA_EMPTY, 0, "");
    refused_text(HEADER "\r\n\n", KR_E_DATA_EMPTY, 0, "");
}

static void another_encoding_is_refused_by_line_and_column(void **state)
{
    static const char nul[] = HEADER ROW("01") "3000\0";
    (void)state;
    refused_text(HEADER "30003123456000000001,\xCD\xF5\xD0\xA1,00,1,20260101,20311231\n",
                 KR_E_DATA_ENCODING, 2, "holder");
    refused("\xFF\xFE"
            "a\0s\0",
            6, KR_E_DATA_ENCODING, 1, "UTF-16");
    refused(nul, sizeof nul - 1, KR_E_DATA_ENCODING, 3, "00");
}

static void quotes_that_do_not_close_are_refused_in_their_own_line(void **state)
{
    struct data_file f;
    (void)state;
    refused_text(HEADER "30003123456000000001,\"Li,00,1,20260101,20311231\n" ROW("02"),
                 KR_E_DATA_QUOTES, 2, "2");
    refused_text(HEADER "30003123456000000001,Li \"W\",00,1,20260101,20311231\n", KR_E_DATA_QUOTES,
                 2, "2");
    refused_text(HEADER "30003123456000000001,\"Li\"W,00,1,20260101,20311231\n", KR_E_DATA_QUOTES,
                 2, "2");
    assert_int_equal(
        parse(HEADER "\"30003123456000000001\",\"\"\"L\",\"00\",1,20260101,20311231", &f), KR_OK);
    assert_string_equal(f.rows[0].holder, "\"L");
    data_file_free(&f);
}

static void a_line_with_another_number_of_fields_is_refused(void **state)
{
    (void)state;
    refused_text(HEADER "30003123456000000001,Li,00,1,20260101\n", KR_E_DATA_FIELDS, 2, "5 / 6");
    refused_text(HEADER "30003123456000000001,Li,Wei,00,1,20260101,20311231\n", KR_E_DATA_FIELDS, 2,
                 "7 / 6");
    refused_text(HEADER "1,,,,,,,,,,,,,,,,,,,,,\n", KR_E_DATA_FIELDS, 2, "> 16");
}

static void a_field_of_the_wrong_length_is_refused(void **state)
{
    (void)state;
    refused_text(HEADER "3000312345600000000,Li,00,1,20260101,20311231\n", KR_E_DATA_LENGTH, 2,
                 "asn: 19 / 20");
    refused_text(HEADER "30003123456000000001,Abcdefghijklmnopqrstu,00,1,20260101,20311231\n",
                 KR_E_DATA_LENGTH, 2, "holder: 21 / 20");
    refused_text(HEADER "30003123456000000001,Li,00,123456789012345678901234567890123,20260101,"
                        "20311231\n",
                 KR_E_DATA_LENGTH, 2, "holder-id: 33 / 32");
    refused_text(HEADER "30003123456000000001,Li,00,1,2026011,20311231\n", KR_E_DATA_LENGTH, 2,
                 "valid-from: 7 / 8");
    refused_text(HEADER "30003123456000000001,,00,1,20260101,20311231\n", KR_E_DATA_MISSING, 2,
                 "holder");
}

static void what_cannot_stand_in_a_field_is_refused_without_showing_whose_it_is(void **state)
{
    (void)state;
    refused_text(HEADER "3.0003123456E+19,Li,00,1,20260101,20311231\n", KR_E_DATA_VALUE, 2,
                 "asn: 3.0003123456E+19");
    refused_text(HEADER "30003123456000000001,Li\tWei,00,1,20260101,20311231\n", KR_E_DATA_VALUE, 2,
                 "holder");
    refused_text(HEADER "30003123456000000001, Li,00,1,20260101,20311231\n", KR_E_DATA_VALUE, 2,
                 "holder");
    refused_text(HEADER "30003123456000000001,Li,00,1105 1949,20260101,20311231\n", KR_E_DATA_VALUE,
                 2, "holder-id");
    refused_text(HEADER "30003123456000000001,Li,06,1,20260101,20311231\n", KR_E_DATA_VALUE, 2,
                 "holder-id-type: 06");
    refused_text(HEADER "30003123456000000001,Li,00,1,2026-1-1,20311231\n", KR_E_DATA_VALUE, 2,
                 "valid-from: 2026-1-1");
}

static void dates_that_are_none_or_in_the_wrong_order_are_refused(void **state)
{
    struct data_file f;
    (void)state;
    refused_text(HEADER "30003123456000000001,Li,00,1,20260229,20311231\n", KR_E_DATA_DATE, 2,
                 "valid-from: 20260229");
    refused_text(HEADER "30003123456000000001,Li,00,1,20260101,20311301\n", KR_E_DATA_DATE, 2,
                 "valid-to: 20311301");
    refused_text(HEADER "30003123456000000001,Li,00,1,20260101,21000229\n", KR_E_DATA_DATE, 2,
                 "valid-to: 21000229");
    refused_text(HEADER "30003123456000000001,Li,00,1,20260102,20260101\n", KR_E_DATA_DATES, 2,
                 "20260102 / 20260101");
    assert_int_equal(parse(HEADER "30003123456000000001,Li,00,1,20280229,20280229\n", &f), KR_OK);
    data_file_free(&f);
}

static void a_repeated_asn_is_refused_and_so_is_one_that_gives_the_same_keys(void **state)
{
    (void)state;
    refused_text(HEADER ROW("01") ROW("02") ROW("01"), KR_E_DATA_ASN_TWICE, 4,
                 "30003123456000000001 (2)");
    refused_text(HEADER ROW("01") "99993123456000000001,Li,00,1,20260101,20311231\n",
                 KR_E_DATA_ASN_KEYS, 3, "99993123456000000001 (2)");
}

static enum kr_error knows_two(void *ctx, const char *asn, bool *known)
{
    ++*(unsigned *)ctx;
    *known = asn[19] == '2';
    return KR_OK;
}

static enum kr_error is_damaged(void *ctx, const char *asn, bool *known)
{
    (void)ctx;
    (void)asn;
    *known = false;
    return KR_E_STORE_DAMAGED;
}

static void an_asn_that_the_inventory_has_is_refused(void **state)
{
    static const char text[] = HEADER ROW("01") ROW("02") ROW("03");
    struct data_file f;
    unsigned asked = 0;
    (void)state;
    assert_int_equal(data_file_parse(text, sizeof text - 1, knows_two, &asked, &f), KR_E_DATA_FILE);
    assert_int_equal(asked, 3);
    assert_int_equal(f.problem_count, 1);
    assert_int_equal(f.problems[0].line, 3);
    assert_int_equal(f.problems[0].error, KR_E_DATA_ASN_USED);
    data_file_free(&f);
    assert_int_equal(data_file_parse(text, sizeof text - 1, is_damaged, NULL, &f),
                     KR_E_STORE_DAMAGED);
    assert_int_equal(f.count, 0);
    data_file_free(&f);
}

/* So many good lines below the header. */
static char *many(unsigned count)
{
    char *text = malloc(64 + count * 80UL), *at = text;
    assert_non_null(text);
    at += sprintf(at, "%s", HEADER);
    for (unsigned i = 0; i < count; i++)
        at += sprintf(at, "30003123456%09u,Li Wei,00,110105,20260101,20311231\n", i);
    return text;
}

static void more_cards_than_a_batch_may_have_are_refused(void **state)
{
    struct data_file f;
    char *text = many(DATA_ROWS_MAX);
    (void)state;
    assert_int_equal(parse(text, &f), KR_OK);
    assert_int_equal(f.count, DATA_ROWS_MAX);
    data_file_free(&f);
    free(text);
    text = many(DATA_ROWS_MAX + 200);
    refused_text(text, KR_E_DATA_MANY, DATA_ROWS_MAX + 2, "> 2000");
    free(text);
}

static void all_bad_lines_are_counted_and_the_first_fifty_named(void **state)
{
    struct data_file f;
    char *text = many(70), said[512];
    (void)state;
    for (char *at = text; (at = strstr(at, "20311231")); at += 8)
        memcpy(at, "20251231", 8);
    assert_int_equal(parse(text, &f), KR_E_DATA_FILE);
    assert_string_equal(kr_detail(), "70");
    assert_int_equal(f.bad_lines, 70);
    assert_int_equal(f.problem_count, DATA_PROBLEMS_MAX);
    assert_int_equal(f.problems[49].line, 51);
    data_problem_explain(&f.problems[49], said, sizeof said);
    assert_string_equal(said, "Line 51: The card would end before it begins: 20260101 / 20251231. "
                              "Have the two dates corrected.");
    data_file_free(&f);
    free(text);
    /* Everything that is wrong in one line is told at once. */
    assert_int_equal(parse(HEADER ROW("01") "1,,00,1,20261301,20311231\n", &f), KR_E_DATA_FILE);
    assert_int_equal(f.bad_lines, 1);
    assert_int_equal(f.problem_count, 3);
    data_file_free(&f);
}

static void a_row_comes_back_from_its_text_and_stands_on_the_card_as_the_standard_says(void **state)
{
    struct data_file f;
    struct data_row back;
    char text[DATA_ROW_TEXT];
    uint8_t card[CARDHOLDER_LEN], dates[8], one[32], two[32];
    (void)state;
    assert_int_equal(parse(HEADER
                           "30003123456000000001,\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\","
                           "05,A-1/(2),20260101,20311231\n",
                           &f),
                     KR_OK);
    data_row_write(&f.rows[0], text);
    assert_int_equal(data_row_read(text, &back), KR_OK);
    f.rows[0].line = 1;
    back.line = 1;
    assert_memory_equal(&back, &f.rows[0], sizeof back);
    assert_int_equal(data_row_digest(&back, one), KR_OK);
    assert_int_equal(sha256(text, strlen(text), two), KR_OK);
    assert_memory_equal(one, two, 32);
    strcpy(back.holder, "Li");
    back.card_type = 3;
    data_row_cardholder(&back, card);
    assert_int_equal(card[0], 3);
    assert_int_equal(card[1], 0);
    assert_memory_equal(card + 2, "Li\0\0", 4);
    assert_memory_equal(card + 22, "A-1/(2)\0", 8);
    assert_int_equal(card[54], 5);
    data_row_dates(&back, dates);
    assert_memory_equal(dates, "\x20\x26\x01\x01\x20\x31\x12\x31", 8);
    assert_int_equal(data_row_read("not a row", &back), KR_E_DATA_FILE);
    data_file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_of_a_good_file_is_read),
        cmocka_unit_test(the_digest_is_that_of_the_file_as_it_lies_there),
        cmocka_unit_test(a_header_that_is_not_right_is_refused_before_any_line),
        cmocka_unit_test(a_file_without_cards_is_refused),
        cmocka_unit_test(another_encoding_is_refused_by_line_and_column),
        cmocka_unit_test(quotes_that_do_not_close_are_refused_in_their_own_line),
        cmocka_unit_test(a_line_with_another_number_of_fields_is_refused),
        cmocka_unit_test(a_field_of_the_wrong_length_is_refused),
        cmocka_unit_test(what_cannot_stand_in_a_field_is_refused_without_showing_whose_it_is),
        cmocka_unit_test(dates_that_are_none_or_in_the_wrong_order_are_refused),
        cmocka_unit_test(a_repeated_asn_is_refused_and_so_is_one_that_gives_the_same_keys),
        cmocka_unit_test(an_asn_that_the_inventory_has_is_refused),
        cmocka_unit_test(more_cards_than_a_batch_may_have_are_refused),
        cmocka_unit_test(all_bad_lines_are_counted_and_the_first_fifty_named),
        cmocka_unit_test(
            a_row_comes_back_from_its_text_and_stands_on_the_card_as_the_standard_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
