/* Bundles: what export writes, both forms, and that nothing in one can be changed unseen. */
#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../store/export.h"

#ifdef KEYRITE_SANITIZED
#define FLIP_STEP 23
#else
#define FLIP_STEP 1
#endif
#define LARGEST 262144

/* Founding, checkpoint, two ceremonies of which the first is there in part, cosigned checkpoint. */
#define FIRST  CENTRE_FOUNDING
#define SECOND (FIRST + 2)
#define WHOLE  (SECOND + 3)

struct bundle {
    char text[LARGEST];
    size_t len;
};
struct fixture {
    struct test_centre centre;
    struct bundle a, b;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    centre_found(&f->centre);
    assert_int_equal(centre_checkpoint(&f->centre, NULL, NULL, 0), KR_OK);
    centre_open_covered(&f->centre, "ROOT-2026-001");
    centre_open_covered(&f->centre, "SEED-2026-001");
    centre_write(&f->centre, "note", "kate custodian",
                 "ceremony SEED-2026-001\ntext a \"quoted\" \\ and 根密钥\n");
    assert_int_equal(centre_checkpoint(&f->centre, "carol", NULL, 0), KR_OK);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    centre_end(&f->centre);
    free(f);
    return 0;
}

/* ---- Making and verifying ---- */

static void path_of(const struct fixture *f, char path[128])
{
    snprintf(path, 128, "%s/../%s.bundle", f->centre.dir, strrchr(f->centre.dir, '/') + 1);
}

static struct export_result export(struct fixture *f, const struct export_choice *choice,
                                   struct bundle *to)
{
    char path[128];
    struct export_result result;
    path_of(f, path);
    enum kr_error error = store_export(f->centre.store, choice, path, NULL, NULL, &result);
    if (error != KR_OK) {
        fail_msg("%s: %s", kr_name(error), kr_detail());
    }
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    to->len = fread(to->text, 1, sizeof to->text, file);
    fclose(file);
    assert_int_equal(unlink(path), 0);
    assert_true(to->len > 0 && to->len < sizeof to->text);
    return result;
}

static enum kr_error verify_with(const char *text, size_t len, const struct brought_text *brought,
                                 size_t count, struct bundle_report *report)
{
    FILE *file = len > 0 ? fmemopen((void *)(uintptr_t)text, len, "rb") : fopen("/dev/null", "rb");
    assert_non_null(file);
    enum kr_error error = bundle_verify(file, brought, count, NULL, report);
    fclose(file);
    return error;
}

static bool agrees(const char *text, size_t len)
{
    struct bundle_report report;
    return verify_with(text, len, NULL, 0, &report) == KR_OK && report.journal.problem == KR_OK;
}

static const struct export_choice whole = {.level = CONFIDENTIALITY_MOST};
static const struct export_choice whole_json = {.level = CONFIDENTIALITY_MOST, .json = true};
static const struct export_choice hidden = {.ceremony = "SEED-2026-001",
                                            .level = CONFIDENTIALITY_MOST};
static const struct export_choice hidden_json = {
    .ceremony = "SEED-2026-001", .level = CONFIDENTIALITY_MOST, .json = true};

/* ---- What it says ---- */

static void a_bundle_of_the_whole_covers_all_that_a_checkpoint_covers(void **state)
{
    struct fixture *f = *state;
    centre_write(&f->centre, "note", "kate custodian", "ceremony SEED-2026-001\ntext later\n");
    struct export_result r = export(f, &whole, &f->a);
    assert_int_equal(r.beyond, 1);
    assert_int_equal(r.proved.journal.problem, KR_OK);
    assert_int_equal(r.proved.counts.entries, WHOLE);
    assert_int_equal(r.proved.counts.withheld + r.proved.counts.hidden, 0);
    assert_int_equal(r.proved.journal.checkpoints, 2);
    assert_int_equal(r.proved.journal.cosignatures, 1);
    assert_int_equal(r.proved.journal.people, 7);
    assert_string_equal(r.proved.centre, "National centre");
    assert_true(r.proved.rehearsal);
    assert_null(strstr(f->a.text, "text later"));
}

static void whatever_is_left_out_the_root_is_the_same(void **state)
{
    struct fixture *f = *state;
    const struct export_choice choices[] = {
        {.level = 0},
        {.level = 1, .json = true},
        {.level = 2},
        {.ceremony = "ROOT-2026-001", .level = 3},
        {.ceremony = "SEED-2026-001", .level = 0, .json = true},
        {.ceremony = "SEED-2026-001", .level = 3, .headers = true},
    };
    uint8_t root[32];
    struct export_result r = export(f, &whole, &f->a);
    memcpy(root, r.proved.journal.head.root, 32);
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        r = export(f, &choices[i], &f->b);
        assert_memory_equal(r.proved.journal.head.root, root, 32);
        assert_int_equal(r.proved.counts.entries + r.proved.counts.hidden, WHOLE);
    }
}

static void what_is_more_confidential_than_asked_is_not_in_the_file(void **state)
{
    struct fixture *f = *state;
    const struct export_choice open = {.level = 1};
    export(f, &whole, &f->a);
    assert_non_null(strstr(f->a.text, "quoted"));
    struct export_result r = export(f, &open, &f->b);
    assert_int_equal(r.proved.counts.withheld, 1);
    assert_null(strstr(f->b.text, "quoted"));
    assert_null(strstr(f->b.text, "text "));
    r = export(f, &hidden, &f->b);
    assert_int_equal(r.proved.counts.hidden, 2);
    assert_null(strstr(f->b.text, "ROOT-2026-001"));
}

static void levels_follow_from_kind_and_lines(void **state)
{
    static const struct {
        const char *kind, *line;
        uint8_t level;
        unsigned is;
    } cases[] = {
        {"open", "ceremony", 0, 0},   {"enrol", "text", 3, 0},       {"intent", "card", 0, 1},
        {"outcome", "text", 0, 2},    {"component", "key", 0, 3},    {"note", "ceremony", 0, 2},
        {"outcome", "package", 0, 3}, {"sign-in", "ceremony", 2, 2}, {"outcome", "material", 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entry e;
        entry_begin(&e, cases[i].kind);
        e.level = cases[i].level;
        assert_int_equal(entry_add(&e, cases[i].line, "x"), KR_OK);
        assert_int_equal(confidentiality(&e), cases[i].is);
        entry_free(&e);
    }
}

/* Items of one form written in the other. */
static void rewrite(const struct bundle *from, bool json, struct bundle *to)
{
    struct bundle_reader *r;
    struct bundle_writer w;
    struct bundle_head head;
    struct bundle_item *item = calloc(1, sizeof *item);
    FILE *in = fmemopen((void *)(uintptr_t)from->text, from->len, "rb");
    FILE *out = fmemopen(to->text, sizeof to->text, "wb");
    assert_true(item && in && out);
    assert_int_equal(bundle_reader_open(in, &r, &head), KR_OK);
    assert_int_equal(bundle_write_head(&w, out, json, &head), KR_OK);
    while (bundle_read(r, item) == KR_OK && item->kind != BUNDLE_END) {
        assert_int_equal(bundle_write(&w, item), KR_OK);
    }
    assert_int_equal(item->kind, BUNDLE_END);
    assert_int_equal(bundle_write_end(&w), KR_OK);
    to->len = (size_t)ftell(out);
    bundle_reader_close(&r);
    fclose(in);
    fclose(out);
    free(item);
}

static void text_and_json_say_the_same(void **state)
{
    struct fixture *f = *state;
    const struct export_choice *const pairs[][2] = {{&whole, &whole_json}, {&hidden, &hidden_json}};
    struct bundle *made = calloc(1, sizeof *made);
    assert_non_null(made);
    for (size_t i = 0; i < 2; i++) {
        export(f, pairs[i][0], &f->a);
        export(f, pairs[i][1], &f->b);
        rewrite(&f->b, false, made);
        assert_int_equal(made->len, f->a.len);
        assert_memory_equal(made->text, f->a.text, made->len);
        rewrite(&f->a, true, made);
        assert_int_equal(made->len, f->b.len);
        assert_memory_equal(made->text, f->b.text, made->len);
    }
    free(made);
}

/* ---- Nothing can be changed unseen ---- */

static void flip_every_byte(struct fixture *f, const struct export_choice *choice)
{
    export(f, choice, &f->a);
    assert_true(agrees(f->a.text, f->a.len));
    size_t undetected = 0;
    for (size_t at = 0; at < f->a.len; at += FLIP_STEP) {
        char was = f->a.text[at];
        f->a.text[at] = (char)(was ^ 1 << at % 8);
        undetected += agrees(f->a.text, f->a.len);
        f->a.text[at] = was;
    }
    print_message("%zu bytes, one in %d flipped, undetected: %zu\n", f->a.len, FLIP_STEP,
                  undetected);
    assert_int_equal(undetected, 0);
}

static void no_byte_of_a_bundle_can_be_flipped_unseen(void **state)
{
    flip_every_byte(*state, &whole);
}

static void no_byte_of_a_bundle_in_json_can_be_flipped_unseen(void **state)
{
    flip_every_byte(*state, &hidden_json);
}

static void a_bundle_cut_anywhere_is_not_whole(void **state)
{
    struct fixture *f = *state;
    export(f, &hidden, &f->a);
    for (size_t len = 0; len < f->a.len; len += FLIP_STEP) {
        assert_false(agrees(f->a.text, len));
    }
}

static size_t line_at(const struct bundle *b, size_t from)
{
    const char *end = memchr(b->text + from, '\n', b->len - from);
    assert_non_null(end);
    return (size_t)(end - b->text) + 1;
}

static void no_line_can_be_taken_out_or_exchanged_with_the_next(void **state)
{
    struct fixture *f = *state;
    struct bundle *b = &f->b;
    export(f, &whole, &f->a);
    for (size_t at = 0, next = 0; at < f->a.len; at = next) {
        next = line_at(&f->a, at);
        b->len = f->a.len - (next - at);
        memcpy(b->text, f->a.text, at);
        memcpy(b->text + at, f->a.text + next, f->a.len - next);
        assert_false(agrees(b->text, b->len));
        size_t after = next < f->a.len ? line_at(&f->a, next) : next;
        memcpy(b->text, f->a.text, f->a.len);
        memcpy(b->text + at, f->a.text + next, after - next);
        memcpy(b->text + at + (after - next), f->a.text + at, next - at);
        bool same = memcmp(b->text, f->a.text, f->a.len) == 0;
        assert_int_equal(agrees(b->text, f->a.len), same);
    }
}

static void the_first_bad_entry_is_named(void **state)
{
    struct fixture *f = *state;
    struct bundle_report r;
    export(f, &whole, &f->a);
    char *note = strstr(f->a.text, "quoted");
    assert_non_null(note);
    note[0] ^= 1;
    assert_int_equal(verify_with(f->a.text, f->a.len, NULL, 0, &r), KR_OK);
    assert_int_equal(r.journal.problem, KR_E_ENTRY_FORMAT);
    assert_int_equal(r.journal.bad_seq, WHOLE - 1);
    char *second = strstr(f->a.text, "\nseq 1\n");
    char *sig = strstr(second, "\nsig ");
    sig[5] = sig[5] == '0' ? '1' : '0';
    assert_int_equal(verify_with(f->a.text, f->a.len, NULL, 0, &r), KR_OK);
    assert_int_equal(r.journal.problem, KR_E_SIGNATURE);
    assert_int_equal(r.journal.bad_seq, 1);
}

static void what_is_no_bundle_is_not_judged(void **state)
{
    struct fixture *f = *state;
    struct bundle_report r;
    export(f, &whole, &f->a);
    assert_int_equal(verify_with("", 0, NULL, 0, &r), KR_E_NOT_BUNDLE);
    assert_int_equal(verify_with("{}\n", 3, NULL, 0, &r), KR_E_NOT_BUNDLE);
    f->a.text[15] = '2'; /* a newer version */
    assert_int_equal(verify_with(f->a.text, f->a.len, NULL, 0, &r), KR_E_NOT_BUNDLE);
}

/* ---- Checkpoints that are brought ---- */

static void a_checkpoint_that_is_brought_is_compared_where_it_stands(void **state)
{
    struct fixture *f = *state;
    char text[CHECKPOINT_MAX], forms[3][CHECKPOINT_SHORT_MAX];
    struct checkpoint c;
    struct bundle_report r;
    assert_int_equal(checkpoint_last(f->centre.store, text, sizeof text), KR_OK);
    assert_int_equal(checkpoint_parse(text, strlen(text), &c), KR_OK);
    checkpoint_short_form(&c, forms[0], sizeof forms[0]);
    snprintf(forms[1], sizeof forms[1], "%d AAAA-BBBB-CCCC-DDDD", WHOLE + 1);
    snprintf(forms[2], sizeof forms[2], "%d AAAA-BBBB-CCCC-DDDD", SECOND - 1);
    export(f, &hidden, &f->a);
    const struct brought_text both[] = {{text, strlen(text)}, {forms[0], strlen(forms[0])}};
    assert_int_equal(verify_with(f->a.text, f->a.len, both, 2, &r), KR_OK);
    assert_int_equal(r.journal.problem, KR_OK);
    assert_int_equal(r.journal.checkpoints, 4);
    const struct brought_text beyond = {forms[1], strlen(forms[1])};
    assert_int_equal(verify_with(f->a.text, f->a.len, &beyond, 1, &r), KR_OK);
    assert_int_equal(r.journal.problem, KR_E_STORE_OLD);
    assert_int_equal(r.journal.bad_seq, WHOLE);
    const struct brought_text inside = {forms[2], strlen(forms[2])};
    export(f, &(struct export_choice){.ceremony = "SEED-2026-001", .level = 3}, &f->a);
    assert_int_equal(verify_with(f->a.text, f->a.len, &inside, 1, &r), KR_OK);
    assert_int_equal(r.journal.problem, KR_E_CHECKPOINT);
    assert_int_equal(r.journal.bad_seq, SECOND - 2);
}

static void
foreign_lines_on_a_checkpoint_are_passed_over_and_foreign_checkpoints_refused(void **state)
{
    struct fixture *f = *state;
    char text[CHECKPOINT_MAX], strange[CHECKPOINT_MAX + 200];
    struct bundle_report r;
    uint8_t key[32] = {1}, signature[64] = {2};
    assert_int_equal(checkpoint_last(f->centre.store, text, sizeof text), KR_OK);
    export(f, &whole, &f->a);
    snprintf(strange, sizeof strange, "%s", text);
    assert_int_equal(checkpoint_add_signature(strange, sizeof strange, "witness.example/w", 0x04,
                                              key, 1764028800, signature),
                     KR_OK);
    struct brought_text one = {strange, strlen(strange)};
    assert_int_equal(verify_with(f->a.text, f->a.len, &one, 1, &r), KR_OK);
    assert_int_equal(r.journal.problem, KR_OK);
    char *place = strstr(strange, "0571");
    memcpy(place, "0572", 4);
    assert_int_equal(verify_with(f->a.text, f->a.len, &one, 1, &r), KR_E_NOT_CHECKPOINT);
}

/* ---- The file ---- */

static void nothing_is_left_of_an_export_that_fails(void **state)
{
    struct fixture *f = *state;
    char path[128], unfinished[160];
    struct export_result r;
    struct store *s = f->centre.store;
    path_of(f, path);
    snprintf(unfinished, sizeof unfinished, "%s.new", path);
    const struct export_choice nowhere = {.ceremony = "PSAM-2026-001", .level = 3};
    assert_int_equal(store_export(s, &nowhere, path, NULL, NULL, &r), KR_E_NOT_FOUND);
    centre_tamper(&f->centre,
                  "UPDATE checkpoints SET text = replace(text, 'person/carol', "
                  "'person/chen')",
                  NULL, 0);
    assert_int_equal(store_export(s, &whole, path, NULL, NULL, &r), KR_E_CHECKPOINT);
    assert_int_equal(r.proved.journal.bad_seq, WHOLE - 1);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(unfinished, F_OK), 0);
    assert_int_equal(store_export(s, &whole, "/dev/null", NULL, NULL, &r), KR_E_FILE);
}

static void a_store_without_a_checkpoint_is_not_exported(void **state)
{
    struct test_centre c;
    struct export_result r;
    (void)state;
    centre_found(&c);
    assert_int_equal(store_export(c.store, &whole, "/var/tmp/never", NULL, NULL, &r),
                     KR_E_NOT_FOUND);
    centre_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bundle_of_the_whole_covers_all_that_a_checkpoint_covers),
        TEST(whatever_is_left_out_the_root_is_the_same),
        TEST(what_is_more_confidential_than_asked_is_not_in_the_file),
        cmocka_unit_test(levels_follow_from_kind_and_lines),
        TEST(text_and_json_say_the_same),
        TEST(no_byte_of_a_bundle_can_be_flipped_unseen),
        TEST(no_byte_of_a_bundle_in_json_can_be_flipped_unseen),
        TEST(a_bundle_cut_anywhere_is_not_whole),
        TEST(no_line_can_be_taken_out_or_exchanged_with_the_next),
        TEST(the_first_bad_entry_is_named),
        TEST(what_is_no_bundle_is_not_judged),
        TEST(a_checkpoint_that_is_brought_is_compared_where_it_stands),
        TEST(foreign_lines_on_a_checkpoint_are_passed_over_and_foreign_checkpoints_refused),
        TEST(nothing_is_left_of_an_export_that_fails),
        cmocka_unit_test(a_store_without_a_checkpoint_is_not_exported),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
