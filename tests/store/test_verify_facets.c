/* The tables that entries are looked for by, altered: an auditor's verification names the row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../store/facets.h"
#include "../../store/verify.h"
#include "centre.h"

/* A full stretch and more than the tables lag behind. */
#define ENTRIES (FACET_STRETCH + FACET_LAG + 10)

static int begin(void **state)
{
    struct test_centre *c = calloc(1, sizeof *c);
    assert_non_null(c);
    centre_found(c);
    assert_int_equal(store_begin(c->store), KR_OK);
    while (journal_size(c->store) < ENTRIES) {
        char lines[96];
        unsigned i = (unsigned)journal_size(c->store);
        snprintf(lines, sizeof lines, "card 1000200000000%07u psam 4B52%012X\nrequirement R%u\n",
                 i % 97, i % 97, i / 500);
        assert_int_equal(centre_append(c, i % 3 ? "note" : "refusal",
                                       i % 2 ? "kate custodian" : "olga operator", lines),
                         KR_OK);
    }
    assert_int_equal(store_commit(c->store), KR_OK);
    *state = c;
    return 0;
}

static int end(void **state)
{
    centre_end(*state);
    free(*state);
    return 0;
}

static struct verify_report verdict(struct test_centre *c)
{
    struct verify_report r;
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    return r;
}

static void sound(struct test_centre *c)
{
    struct verify_report r = verdict(c);
    if (r.problem != KR_OK)
        fail_msg("%s: %s", kr_name(r.problem), r.what);
}

static void altered(struct test_centre *c, const char *what)
{
    struct verify_report r = verdict(c);
    if (r.problem != KR_E_STORE_ROW || !strstr(r.what, what))
        fail_msg("not \"%s\" but %s: %s", what, kr_name(r.problem), r.what);
}

static void an_untouched_store_is_accused(void **state)
{
    struct test_centre *c = *state;
    sound(c);
    centre_close(c);
    assert_int_equal(centre_open(c, true), KR_OK);
    sound(c);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    sound(c);
    assert_int_equal(store_begin(c->store), KR_OK);
    while (journal_size(c->store) % FACET_STRETCH != 0)
        assert_int_equal(centre_append(c, "note", "kate custodian", "text more\n"), KR_OK);
    assert_int_equal(store_commit(c->store), KR_OK);
    sound(c);
    centre_write(c, "note", "kate custodian", "text one more\n");
    sound(c);
}

/* By the clock of the moment. */
static void made_anew(struct test_centre *c)
{
    centre_tamper(c, "DELETE FROM facet_sets", NULL, 0);
    centre_tamper(c, "DELETE FROM facet_tail", NULL, 0);
    centre_tamper(c, "DELETE FROM facets", NULL, 0);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
}

/* Founded, appended and verified in different places. */
static void an_auditor_in_another_time_zone_accuses_the_store(void **state)
{
    struct test_centre *c = *state;
    static const char *const zones[] = {"UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Shanghai",
                                        "America/New_York"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        made_anew(c);
        setenv("TZ", zones[(i + 1) % 5], 1);
        tzset();
        sound(c);
    }
    unsetenv("TZ");
    tzset();
}

static void an_entry_that_a_filter_leaves_out_is_not_noticed(void **state)
{
    static const struct {
        const char *sql, *what;
    } rows[] = {
        {"DELETE FROM facet_sets WHERE stretch = 0 AND facet = (SELECT id FROM facets WHERE value "
         "= 'kate')",
         "facet_sets kate: missing"},
        {"UPDATE facet_sets SET entries = zeroblob(128) WHERE stretch = 0 AND facet = (SELECT id "
         "FROM facets WHERE value = 'refusal')",
         "facet_sets refusal: other entries"},
        {"UPDATE facet_sets SET entries = x'0001' WHERE stretch = 0 AND facet = (SELECT id FROM "
         "facets WHERE value = '4B52000000000007')",
         "facet_sets 4B52000000000007: other entries"},
        {"INSERT INTO facet_sets SELECT id, 7, x'0001' FROM facets WHERE value = 'note'",
         "facet_sets"},
        {"DELETE FROM facet_tail WHERE seq = 1100", "facet_tail 1100: missing"},
        {"UPDATE facet_tail SET facets = substr(facets, 5) WHERE seq = 1101",
         "facet_tail 1101: other values"},
        {"UPDATE facet_tail SET facets = facets || x'00' WHERE seq = 1102",
         "facet_tail 1102: other values"},
        {"INSERT INTO facet_tail VALUES(5, x'00000001')", "facet_tail 5: no entry"},
        {"UPDATE facets SET value = 'kath' WHERE value = 'kate'", "facets kate: missing"},
        {"UPDATE facets SET turned = '9' WHERE class = 4 AND id = (SELECT min(id) FROM facets "
         "WHERE class = 4)",
         "turned is another number"},
        {"INSERT INTO facets(class, value, turned) VALUES(1, 'ghost', '')",
         "facets ghost: nothing in the journal"},
        {"UPDATE facets SET value = '1999-01-01' WHERE class = 10", "facet"},
        {"UPDATE facets SET value = '1999-01' WHERE class = 9", "facet"},
    };
    struct test_centre *c = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        centre_tamper(c, rows[i].sql, NULL, 0);
        altered(c, rows[i].what);
        made_anew(c);
        sound(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_untouched_store_is_accused, begin, end),
        cmocka_unit_test_setup_teardown(an_auditor_in_another_time_zone_accuses_the_store, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_entry_that_a_filter_leaves_out_is_not_noticed, begin,
                                        end),
    };
    return cmocka_run_group_tests_name("verify_facets", tests, NULL, NULL);
}
