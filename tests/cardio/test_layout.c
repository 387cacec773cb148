/* Card layouts: the ones that are shipped, and everything that the checker refuses, each with its
 * line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../cardio/layout.h"

/* A small layout that is in order; each test changes one line of it. */
static const char *const sound[] = {
    "id: small",                /* 1 */
    "dialect: pboc-key",        /* 2 */
    "card-type: 0x77",          /* 3 */
    "mf:",                      /* 4 */
    "  id: 0x3F00",             /* 5 */
    "  name: 1PAY.SYS.DDF01",   /* 6 */
    "  key-file-size: 0x0400",  /* 7 */
    "  create-right: 0xFF",     /* 8 */
    "  erase-right: 0xFF",      /* 9 */
    "  key-right: 0xFF",        /* 10 */
    "  keys:",                  /* 11 */
    "    - name: kIctlR",       /* 12 */
    "      kind: control",      /* 13 */
    "      kid: 0x00",          /* 14 */
    "      use-right: 0xF0",    /* 15 */
    "      state: 0x0F",        /* 16 */
    "      change-right: 0xFF", /* 17 */
    "      counter: 0x55",      /* 18 */
    "    - name: kMaintR",      /* 19 */
    "      kind: maintenance",  /* 20 */
    "      kid: 0x01",          /* 21 */
    "      use-right: 0xF0",    /* 22 */
    "      state: 0x00",        /* 23 */
    "      change-right: 0xFF", /* 24 */
    "      counter: 0x55",      /* 25 */
    "  files:",                 /* 26 */
    "    - id: 0x0015",         /* 27 */
    "      size: 25",           /* 28 */
    "      protect: mac",       /* 29 */
    "      read-right: 0xF0",   /* 30 */
    "      write-right: 0xFF",  /* 31 */
    "      content: audit",     /* 32 */
    "adf:",                     /* 33 */
    "  id: 0x3F01",             /* 34 */
    "  name: KEYRITE.TEST",     /* 35 */
    "  key-file-size: 0x0080",  /* 36 */
    "  size: 0x0100",           /* 37 */
    "  create-right: 0xFF",     /* 38 */
    "  erase-right: 0xEF",      /* 39 */
    "  key-right: 0xFF",        /* 40 */
    "  keys:",                  /* 41 */
    "    - name: kActlR",       /* 42 */
    "      kind: control",      /* 43 */
    "      kid: 0x00",          /* 44 */
    "      use-right: 0xF0",    /* 45 */
    "      state: 0x0F",        /* 46 */
    "      change-right: 0xFF", /* 47 */
    "      counter: 0x55",      /* 48 */
    "    - name: PIN",          /* 49 */
    "      kind: pin",          /* 50 */
    "      kid: 0x00",          /* 51 */
    "      use-right: 0xF0",    /* 52 */
    "      state: 0x01",        /* 53 */
    "      change-right: 0xFF", /* 54 */
    "      counter: 0x33",      /* 55 */
    "      length: 3",          /* 56 */
    "    - name: GMPK",         /* 57 */
    "      group: 1",           /* 58 */
    "      kind: purchase",     /* 59 */
    "      kid: 0x01",          /* 60 */
    "      use-right: 0x11",    /* 61 */
    "      state: 0x80",        /* 62 */
    "      change-right: 0xEF", /* 63 */
    "      counter: 0xFF",      /* 64 */
    "  files:",                 /* 65 */
    "    - id: 0x0019",         /* 66 */
    "      size: 8",            /* 67 */
    "      protect: none",      /* 68 */
    "      read-right: 0xF0",   /* 69 */
    "      write-right: 0xFF",  /* 70 */
    "      content: limit",     /* 71 */
    "      limit: 10",          /* 72 */
    "    - id: 0x0015",         /* 73 */
    "      size: 14",           /* 74 */
    "      protect: none",      /* 75 */
    "      read-right: 0xF0",   /* 76 */
    "      write-right: 0xFF",  /* 77 */
    "      content: adf-audit", /* 78 */
};
#define LINES (sizeof sound / sizeof *sound)

/* Loads the sound layout with one line replaced (0: none). */
static enum kr_error load_with(unsigned line, const char *text, struct layout *l)
{
    char path[] = "/tmp/keyrite-layout-XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    for (size_t i = 0; i < LINES; i++)
        fprintf(f, "%s\n", i + 1 == line ? text : sound[i]);
    fclose(f);
    enum kr_error err = layout_load(path, l);
    unlink(path);
    return err;
}

static void the_shipped_layouts_are_in_order_and_share_one_mf(void **state)
{
    (void)state;
    static const char *const names[] = {"washed-mother", "rmkc", "rakc"};
    struct layout l[3];
    char path[64];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "cardio/layouts/%s.yaml", names[i]);
        enum kr_error err = layout_load(path, &l[i]);
        if (err)
            fail_msg("%s: %s", names[i], kr_detail());
        assert_int_equal(layout_check(&l[i]), KR_OK);
        assert_string_equal(l[i].id, names[i]);
        assert_int_equal(l[i].mf.key_count, l[0].mf.key_count);
        for (size_t k = 0; k < l[i].mf.key_count; k++) {
            l[i].mf.keys[k].line = l[0].mf.keys[k].line;
            assert_memory_equal(&l[i].mf.keys[k], &l[0].mf.keys[k], sizeof l[i].mf.keys[k]);
        }
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(l[i].card_type, l[j].card_type);
    }
    assert_int_equal(l[0].adf.id, 0);
}

static void a_layout_is_read_as_it_is_written(void **state)
{
    (void)state;
    struct layout l;
    assert_int_equal(load_with(0, "", &l), KR_OK);
    assert_int_equal(l.card_type, 0x77);
    assert_int_equal(l.mf.keys[0].header.usage, 0x39);
    assert_int_equal(l.mf.keys[0].header.follow_state, 0x0F);
    assert_int_equal(l.mf.keys[1].line, 19);
    assert_int_equal(l.mf.files[0].control.type, 0xA8);
    assert_int_equal(l.adf.name_len, 12);
    assert_int_equal(l.adf.keys[1].header.algorithm, 3);
    assert_int_equal(l.adf.keys[2].header.version, 1);
    assert_int_equal(l.adf.keys[2].header.counter, 0xFF);
    assert_int_equal(l.adf.files[0].limit, 10);
    assert_int_equal(l.adf.files[1].line, 73);
}

struct refusal {
    unsigned line; /* replaced */
    const char *text;
    unsigned said; /* the line that the refusal names */
    const char *words;
};
static const struct refusal refusals[] = {
    /* what libcyaml refuses */
    {13, "      kynd: control", 12, "kynd"},
    {14, "      kid: 0x100", 14, ""},
    {14, "      kid: none", 14, ""},
    {12, "    - name: ANameThatIsMuchLongerThanAnyKeyHas", 12, ""},
    {26, "  - files:", 26, "expected"},
    /* what the checker refuses */
    {2, "dialect: other", 1, "other"},
    {3, "card-type: 0", 1, "card-type"},
    {5, "  id: 0x3F02", 5, "3F02"},
    {13, "      kind: nonsense", 12, "control key"},
    {20, "      kind: nonsense", 19, "unknown kind"},
    {14, "      kid: 0x05", 12, "control key"},
    {21, "      kid: 0x7F", 19, "kid 7F"},
    {16, "      state: 0x01", 12, "no state"},
    {16, "      state: 0x1F", 12, "no state"},
    {18, "      counter: 0x50", 12, "counter 50"},
    {18, "      counter: 0x35", 12, "counter 35"},
    {20, "      kind: purchase", 19, "belongs into"},
    {20, "      kind: transport", 27, "maintenance"},
    {20, "      kind: control", 19, "second control"},
    {7, "  key-file-size: 0x0028", 19, "holds 40 bytes"},
    {27, "    - id: 0x0115", 27, "short identifier"},
    {28, "      size: 24", 27, "25 bytes"},
    {29, "      protect: sometimes", 27, "protect"},
    {32, "      content: adf-audit", 27, "does not belong"},
    {32, "      content: zero", 27, "must come last"},
    {34, "  id: 0x3F00", 34, "no id"},
    {35, "  name: KEYS", 34, "5 to 16"},
    {36, "  key-file-size: 0x0030", 57, "holds 48 bytes"},
    {37, "  size: 0x00A0", 66, "holds 160 bytes"},
    {51, "      kid: 0x7F", 49, "kid 7F"},
    {53, "      state: 0x81", 49, "state 81"},
    {53, "      state: 0x02", 57, "no key opens"},
    {55, "      counter: 0xFF", 49, "PIN needs"},
    {56, "      length: 7", 49, "7 bytes"},
    {56, "      length: 3\n      from: draw", 49, "no pin-reload key of kid 00"},
    {64, "      counter: 0xFF\n      from: draw", 57, "only a PIN is drawn"},
    {58, "      group: 6", 57, "group 6"},
    {61, "      use-right: 0xF0", 57, "without authentication"},
    {61, "      use-right: 0xEF", 57, "no key opens"},
    {62, "      state: 0x81", 57, "state 81"},
    {66, "    - id: 0x0018", 66, "0019"},
    {68, "      protect: mac", 66, "maintenance"},
    {70, "      write-right: 0xF0", 66, "anybody"},
    {72, "      limit: 0", 66, "not 0"},
    {73, "    - id: 0x0019", 73, "twice"},
    {78, "      content: limit", 73, "0019"},
    {78, "      content: zero", 73, "must come last"},
};

static void every_fault_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct layout l;
        char line[32];
        snprintf(line, sizeof line, "line %u:", r->said);
        enum kr_error err = load_with(r->line, r->text, &l);
        if (err != KR_E_LAYOUT || !strstr(kr_detail(), line) || !strstr(kr_detail(), r->words))
            fail_msg("'%s' at %u: %s: %s", r->text, r->line, kr_name(err), kr_detail());
    }
}

static void a_key_that_is_there_twice_is_refused(void **state)
{
    (void)state;
    struct layout l;
    assert_int_equal(load_with(0, "", &l), KR_OK);
    l.adf.keys[3] = l.adf.keys[2];
    l.adf.key_count = 4;
    assert_int_equal(layout_check(&l), KR_E_LAYOUT);
    assert_non_null(strstr(kr_detail(), "taken"));
    l.adf.keys[3].kid = 9;
    assert_int_equal(layout_check(&l), KR_E_LAYOUT);
    assert_non_null(strstr(kr_detail(), "twice"));
    l.adf.keys[3].group = l.adf.keys[3].header.version = 2;
    assert_int_equal(layout_check(&l), KR_OK);
}

static void an_application_that_exports_needs_a_limit(void **state)
{
    (void)state;
    struct layout l;
    assert_int_equal(layout_load("cardio/layouts/rmkc.yaml", &l), KR_OK);
    l.adf.files[0] = l.adf.files[1];
    l.adf.file_count = 1;
    assert_int_equal(layout_check(&l), KR_E_LAYOUT);
    assert_non_null(strstr(kr_detail(), "limit"));
}

static void a_mother_card_that_a_partner_opens_has_to_prove_itself_to_it(void **state)
{
    (void)state;
    struct layout l;
    size_t i = 0;
    assert_int_equal(layout_load("cardio/layouts/rmkc.yaml", &l), KR_OK);
    while (l.adf.keys[i].kind != CARD_KEY_INTERNAL)
        i++;
    l.adf.keys[i] = l.adf.keys[--l.adf.key_count];
    assert_int_equal(layout_check(&l), KR_E_LAYOUT);
    assert_non_null(strstr(kr_detail(), "proves itself"));
}

static void a_file_that_is_missing_empty_or_no_yaml_is_refused(void **state)
{
    (void)state;
    struct layout l;
    assert_int_equal(layout_load("/tmp/no-such-layout.yaml", &l), KR_E_FILE);
    assert_int_equal(layout_load("/dev/null", &l), KR_E_LAYOUT);
    assert_int_equal(load_with(1, "id: [", &l), KR_E_LAYOUT);
    assert_int_equal(load_with(1, "\tid: small", &l), KR_E_LAYOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_layouts_are_in_order_and_share_one_mf),
        cmocka_unit_test(a_layout_is_read_as_it_is_written),
        cmocka_unit_test(every_fault_is_refused_with_its_line),
        cmocka_unit_test(a_key_that_is_there_twice_is_refused),
        cmocka_unit_test(an_application_that_exports_needs_a_limit),
        cmocka_unit_test(a_mother_card_that_a_partner_opens_has_to_prove_itself_to_it),
        cmocka_unit_test(a_file_that_is_missing_empty_or_no_yaml_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
