/* The three ways to hold keys: which card layouts let a master key leave whole, and what a script
 * owes that takes one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ceremony/key_holding.h"
#include "../../ceremony/script_check.h"

#define TEXT_ROOM 16384

static struct layout layout_of(const char *name)
{
    char path[96];
    struct layout l;
    snprintf(path, sizeof path, "cardio/layouts/%s.yaml", name);
    if (layout_load(path, &l) != KR_OK)
        fail_msg("%s: %s", name, kr_detail());
    return l;
}

static void only_the_mkc_for_export_gives_keys_whole_to_a_bank(void **state)
{
    (void)state;
    static const char *const keep[] = {"mkc", "hsm-init", "bkc", "user", "psam", "city/mkc"};
    struct layout l = layout_of("mkc-export");
    assert_true(layout_gives_whole(&l));
    for (size_t i = 0; i < sizeof keep / sizeof keep[0]; i++) {
        l = layout_of(keep[i]);
        if (layout_gives_whole(&l))
            fail_msg("%s", keep[i]);
    }
}

/* The shipped script with one text in the place of another, "" for all to its end: checked. */
static enum kr_error changed(const char *from, const char *to, struct script_finding *finding)
{
    static char whole[TEXT_ROOM], text[TEXT_ROOM];
    struct script *s = NULL;
    size_t count = 0, len;
    FILE *f = fopen("ceremony/scripts/mpk-export.yaml", "r");
    assert_non_null(f);
    len = fread(whole, 1, sizeof whole - 1, f);
    fclose(f);
    whole[len] = '\0';
    const char *at = strstr(whole, from);
    assert_non_null(at);
    len = (size_t)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to,
                           at + strlen(from));
    memset(finding, 0, sizeof *finding);
    enum kr_error err = script_parse("mpk-export", text, len, &s);
    if (err == KR_OK)
        err = script_check(s, finding, 1, &count);
    script_free(&s);
    return err;
}

static void refused(const char *from, const char *to, const char *rule, const char *words)
{
    struct script_finding finding;
    enum kr_error err = changed(from, to, &finding);
    if (err != KR_E_SCRIPT_RULE || strcmp(finding.rule, rule) != 0 || !strstr(finding.what, words))
        fail_msg("%s -> %s: %s, %s: %s", from, to, kr_name(err), finding.rule, finding.what);
}

static void a_key_leaves_whole_only_in_a_script_for_mode_iii(void **state)
{
    (void)state;
    refused("key-holding: [export]\n", "", "R1", "key-holding: [export]");
    refused("[export]\n", "[export, hsm]\n", "R1", "nothing else");
    refused("[export]\n", "[mother-card]\n", "R1", "nothing else");
    refused("[export]\n", "[anything]\n", "", "unknown way to hold keys anything");
}

static void a_key_leaves_whole_only_with_two_supervisors(void **state)
{
    (void)state;
    refused("    who: second\n    covers: [mmtk, export]", "    who: second\n    covers: [mmtk]",
            "R1", "two supervisors approve it");
    refused("    who: second\n    covers", "    who: supervisor\n    covers", "R1",
            "two supervisors approve it");
    refused("role: supervisor, title: {en: \"second supervisor\"",
            "role: operator, title: {en: \"second supervisor\"", "R1",
            "only a supervisor approves");
}

static void taking_a_key_names_card_and_key(void **state)
{
    (void)state;
    refused("    key: MPK\n", "    key: NONE\n", "", "no key that the vault can keep");
    refused("    key: MPK\n    mother: mkc-export\n", "    key: MPK\n", "", "names no mother card");
}

/* Whatever is shipped and makes or opens such a card is bound to the policy, and made by two. */
static void shipped_scripts_with_such_cards_are_for_mode_iii(void **state)
{
    (void)state;
    struct script_summary list[96];
    size_t n = script_list("ceremony/scripts", list, 96), found = 0;
    for (size_t i = 0; i < n; i++) {
        struct script *s = NULL;
        assert_int_equal(script_load(list[i].path, &s), KR_OK);
        for (size_t k = 0; k < s->steps_count; k++) {
            const struct script_step *step = &s->steps[k];
            bool makes = step->layout && strcmp(step->layout, "mkc-export") == 0;
            if (!makes && !(step->mother && strcmp(step->mother, "mkc-export") == 0))
                continue;
            found++;
            assert_int_equal(s->key_holding_count, 1);
            assert_true(key_holding_serves(s, KEY_HOLDING_EXPORT));
            if (makes && step->card)
                assert_int_equal(approvers_of(s, k), 2);
        }
        script_free(&s);
    }
    assert_true(found >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_mkc_for_export_gives_keys_whole_to_a_bank),
        cmocka_unit_test(a_key_leaves_whole_only_in_a_script_for_mode_iii),
        cmocka_unit_test(a_key_leaves_whole_only_with_two_supervisors),
        cmocka_unit_test(taking_a_key_names_card_and_key),
        cmocka_unit_test(shipped_scripts_with_such_cards_are_for_mode_iii),
    };
    return cmocka_run_group_tests_name("key holding", tests, NULL, NULL);
}
