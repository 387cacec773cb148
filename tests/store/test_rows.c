/* What an entry says of the rows beside the journal: every fact, and no line that is not as the
 * format says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/component.h"
#include "../../store/rows.h"

#define LINES_MAX 6
#define LONG_WORD                                                                                  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"

/* Entries that say all that their kind says, and how many facts that is. */
static const struct good {
    const char *kind, *lines[LINES_MAX];
    size_t facts;
} good[] = {
    {"outcome",
     {"ceremony ROOT-1", "key GMPK 3 1 3des-zeros 8CA64D generated 3des 4 2", "material other/1 aa",
      "material key/GMPK/3/1 bb", "card 1000 mother 0102 washed - -", "piece - 1112 void 2"},
     2 + COMPONENTS_MAX + 2},
    {"card", {"ceremony IN-1", "card 1000 mother 0102 washed rmkc -", "card a b c"}, 1},
    {"refusal", {"ceremony IN-1", "piece - 1112 void 2", "piece - 1112 void"}, 1},
    {"open",
     {"ceremony ROOT-1", "script root-generate 00ff", "begun 17", "layout rmkc aa",
      "layout rakc bb"},
     4},
    {"found", {"ceremony SITE-1", "script site-init 00ff", "begun 17"}, 2},
    {"close", {"ceremony ROOT-1"}, 1},
    {"abort", {"ceremony ROOT-1", "card 1000 mother 0102 spoiled - -", "piece - 1112 void 2"}, 3},
    {"component",
     {"ceremony ROOT-1", "component GMPK/3/1 2 3des-zeros 8C A6 4D",
      "material component/GMPK/3/2 aa"},
     2},
    {"policy", {"policy key-holding vault", "policy paper due"}, 2},
    {"note",
     {"ceremony RECV-1", "received-note aa 48 bb cc", "sender keyrite.example/national"},
     1},
};
#define GOOD (sizeof good / sizeof good[0])

/* One line of these is another one ("" takes it away): the line that is named. */
static const struct {
    const char *kind;
    size_t line;
    const char *instead, *named;
} bad[] = {
    {"outcome", 0, "", "ceremony"},
    {"outcome", 0, "ceremony ROOT 1", "ceremony"},
    {"outcome", 0, "ceremony " LONG_WORD, "ceremony"},
    {"outcome", 1, "key GMPK 3 1 3des-zeros 8CA64D generated 3des 4", "key"},
    {"outcome", 1, "key GMPK 3 1 3des-zeros 8CA64D  generated 3des 4 2", "key"},
    {"outcome", 1, "key 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", "key"},
    {"outcome", 2, "material other/1", "material"},
    {"outcome", 2, "material  other/1 aa", "material"},
    {"outcome", 3, "", "material"},
    {"outcome", 3, "material key/GMPK/3/2 bb", "material"},
    {"outcome", 4, "card 1000 mother 0102 washed -", "card"},
    {"outcome", 4, "card 1000 mother 0102 washed - - -", "card"},
    {"outcome", 5, "piece - 1112", "piece"},
    {"outcome", 5, "piece - 1112 void 2 3", "piece"},
    {"card", 0, "", "ceremony"},
    {"card", 1, "card", "card"},
    {"refusal", 0, "", "ceremony"},
    {"refusal", 1, "piece -  1112 void 2", "piece"},
    {"open", 0, "", "ceremony"},
    {"open", 1, "", "script"},
    {"open", 1, "script root-generate", "script"},
    {"open", 2, "", "begun"},
    {"open", 2, "begun 17 18", "begun"},
    {"open", 3, "layout rmkc", "layout"},
    {"open", 4, "layout rakc  bb", "layout"},
    {"found", 1, "", "script"},
    {"found", 0, "ceremony SITE 1", "ceremony"},
    {"close", 0, "", "ceremony"},
    {"abort", 0, "", "ceremony"},
    {"abort", 1, "card 1000 mother 0102 washed - -", "card"},
    {"abort", 1, "card a b c", "card"},
    {"abort", 2, "piece -", "piece"},
    {"component", 0, "", "ceremony"},
    {"component", 1, "", "component"},
    {"component", 1, "component GMPK/3/1", "component"},
    {"component", 1, "component GMPK 2", "material"},
    {"component", 2, "", "material"},
    {"policy", 0, "policy key-holding", "policy"},
    {"policy", 1, "policy paper due now", "policy"},
    {"note", 0, "", "ceremony"},
    {"note", 1, "received-note aa 48 bb", "received-note"},
    {"note", 1, "received-note  aa 48 bb cc", "received-note"},
    {"note", 2, "", "received-note"},
};

static void add_line(struct entry *e, const char *line)
{
    char name[32];
    size_t len = strcspn(line, " ");
    if (line[0] == '\0')
        return;
    snprintf(name, sizeof name, "%.*s", (int)len, line);
    assert_int_equal(entry_add(e, name, "%s", line[len] == ' ' ? line + len + 1 : ""), KR_OK);
}

static void make(struct entry *e, const struct good *g, size_t line, const char *instead)
{
    entry_begin(e, g->kind);
    snprintf(e->signers[0].person, sizeof e->signers[0].person, "kate");
    for (size_t i = 0; i < LINES_MAX; i++)
        if (g->lines[i] != NULL)
            add_line(e, i == line ? instead : g->lines[i]);
}

struct taker {
    size_t taken, refused; /* which fact is not taken; 0: all are */
};

static enum kr_error take(void *ctx, struct row *r)
{
    struct taker *t = ctx;
    assert_true(r->key[0] != '\0');
    return ++t->taken == t->refused ? kr_fail(KR_E_CANCELLED, "%s", r->key) : KR_OK;
}

static void every_kind_says_all_its_facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOOD; i++) {
        struct entry e;
        struct taker t = {0, 0};
        make(&e, &good[i], LINES_MAX, "");
        assert_int_equal(rows_of_entry(&e, take, &t), KR_OK);
        if (t.taken != good[i].facts)
            fail_msg("%s says %zu facts, not %zu", good[i].kind, t.taken, good[i].facts);
        entry_free(&e);
    }
}

static void whoever_takes_the_facts_ends_it_with_an_error_of_his_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOOD; i++)
        for (size_t n = 1; n <= good[i].facts; n++) {
            struct entry e;
            struct taker t = {0, n};
            make(&e, &good[i], LINES_MAX, "");
            assert_int_equal(rows_of_entry(&e, take, &t), KR_E_CANCELLED);
            assert_int_equal(t.taken, n);
            entry_free(&e);
        }
}

static const struct good *good_of(const char *kind)
{
    size_t i = 0;
    while (i < GOOD && strcmp(good[i].kind, kind) != 0)
        i++;
    assert_true(i < GOOD);
    return &good[i];
}

static void a_line_that_is_not_as_the_format_says_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct entry e;
        struct taker t = {0, 0};
        char wanted[64];
        make(&e, good_of(bad[i].kind), bad[i].line, bad[i].instead);
        snprintf(wanted, sizeof wanted, "%s: line %s", bad[i].kind, bad[i].named);
        enum kr_error error = rows_of_entry(&e, take, &t);
        if (error != KR_E_ENTRY_FORMAT || strcmp(kr_detail(), wanted) != 0)
            fail_msg("%s, “%s” for line %zu: %s (%s)", bad[i].kind, bad[i].instead, bad[i].line,
                     kr_name(error), kr_detail());
        entry_free(&e);
    }
}

static void entries_that_change_no_row_say_nothing_of_any(void **state)
{
    struct entry e;
    struct taker t = {0, 0};
    (void)state;
    entry_begin(&e, "sign-in");
    add_line(&e, "ceremony ROOT 1");
    assert_int_equal(rows_of_entry(&e, take, &t), KR_OK);
    entry_free(&e);
    /* A founding outside of any ceremony, and a note that is not one of transfer. */
    entry_begin(&e, "found");
    assert_int_equal(rows_of_entry(&e, take, &t), KR_OK);
    entry_free(&e);
    entry_begin(&e, "note");
    assert_int_equal(rows_of_entry(&e, take, &t), KR_OK);
    entry_free(&e);
    entry_begin(&e, "policy");
    assert_int_equal(rows_of_entry(&e, take, &t), KR_E_ENTRY_FORMAT);
    entry_free(&e);
    assert_int_equal(t.taken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_says_all_its_facts),
        cmocka_unit_test(whoever_takes_the_facts_ends_it_with_an_error_of_his_own),
        cmocka_unit_test(a_line_that_is_not_as_the_format_says_is_named),
        cmocka_unit_test(entries_that_change_no_row_say_nothing_of_any),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
