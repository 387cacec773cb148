/* The script checker: what breaks a rule is refused with its line and rule, what we ship passes,
 * and no broken file harms. */
#include "hall.h"
#include "../../crypto/hash_words.h"

#include "../../crypto/hash_words.h"

#include <dirent.h>

/* A script that keeps every rule, in which each test breaks one. Line numbers: the first line is 1.
 */
static const char *const good[] = {
    "id: root-test",                                                 /* 1 */
    "prefix: TEST",                                                  /* 2 */
    "version: 1",                                                    /* 3 */
    "tiers: [national]",                                             /* 4 */
    "vault: yes",                                                    /* 5 */
    "title: {en: T, zh: T}",                                         /* 6 */
    "purpose: {en: P, zh: P}",                                       /* 7 */
    "seats:",                                                        /* 8 */
    "  - {id: supervisor, role: supervisor, title: {en: S, zh: S}}", /* 9 */
    "  - {id: custodian, role: custodian, least: 2, most: 2, title: {en: C, zh: "
    "C}}",                                                                      /* 10 */
    "  - {id: operator, role: operator, title: {en: O, zh: O}}",                /* 11 */
    "parameters:",                                                              /* 12 */
    "  - {id: quantity, type: number, least: 1, most: 9, ask: {en: Q, zh: Q}}", /* 13
                                                                                 */
    "steps:",                                                                   /* 14 */
    "  - {id: open, kind: open, title: {en: T, zh: T}}",                        /* 15 */
    "  - {id: component, kind: component, who: custodian, repeat: [custodian], "
    "key: GMPK, purpose: "
    "master, title: {en: T, zh: T}}", /* 16 */
    "  - {id: combine, kind: combine, who: custodian, key: GMPK, purpose: master, "
    "title: {en: T, "
    "zh: T}}", /* 17 */
    "  - {id: approve, kind: approve, who: supervisor, covers: [keep, wash, rakc, "
    "back], title: "
    "{en: T, zh: T}, text: {en: \"{person} approves\", zh: T}}", /* 18 */
    "  - {id: keep, kind: keep, who: custodian, key: GMPK, purpose: master, title: "
    "{en: T, zh: T}}", /* 19 */
    "  - {id: wash, kind: wash, who: operator, card: mother, layout: "
    "washed-mother, reader: 2, "
    "title: {en: T, zh: T}}", /* 20 */
    "  - {id: rakc, kind: issue, who: custodian, card: mother, layout: rakc, "
    "reader: 1, title: "
    "{en: T, zh: T}}", /* 21 */
    "  - {id: back, kind: read-back, who: custodian, layout: rakc, reader: 1, "
    "title: {en: T, zh: "
    "T}}", /* 22 */
    "  - {id: balance, kind: balance, who: operator, with: supervisor, title: {en: "
    "T, zh: T}}", /* 23 */
    "  - {id: close, kind: close, who: operator, with: supervisor, title: {en: T, "
    "zh: T}}", /* 24 */
};
#define GOOD_LINES (sizeof good / sizeof good[0])
#define TEXT_ROOM  8192

/* The good script with one line put in another's place ("" takes it away). */
static void with_line(char out[TEXT_ROOM], size_t line, const char *instead)
{
    size_t len = 0;
    for (size_t i = 0; i < GOOD_LINES; i++) {
        const char *text = i + 1 == line ? instead : good[i];
        if (text[0] != '\0' || i + 1 != line)
            len += (size_t)snprintf(out + len, TEXT_ROOM - len, "%s\n", text);
    }
    assert_true(len < TEXT_ROOM);
}

static enum kr_error check_text(const char *text, struct script_finding *findings, size_t *count)
{
    struct script *s = NULL;
    *count = 0;
    enum kr_error err = script_parse("test", text, strlen(text), &s);
    if (err == KR_OK)
        err = script_check(s, findings, 64, count);
    script_free(&s);
    return err;
}

/* The change breaks that rule in that line, with those words; and nothing of the good script is
 * left that does. */
static void breaks(size_t line, const char *instead, unsigned found_line, const char *rule,
                   const char *words)
{
    char text[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count;
    with_line(text, line, instead);
    enum kr_error err = check_text(text, findings, &count);
    if (err != KR_E_SCRIPT_RULE && err != KR_E_STEP_UNKNOWN)
        fail_msg("%s: %s (%s)", instead, kr_name(err), kr_detail());
    for (size_t i = 0; i < count && i < 64; i++)
        if (findings[i].line == found_line && strcmp(findings[i].rule, rule) == 0 &&
            strstr(findings[i].what, words) != NULL)
            return;
    for (size_t i = 0; i < count && i < 64; i++)
        print_error("line %u %s: %s\n", findings[i].line, findings[i].rule, findings[i].what);
    fail_msg("not found in line %u: %s %s", found_line, rule, words);
}

static void does_not_parse(size_t line, const char *instead, const char *words)
{
    char text[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count;
    with_line(text, line, instead);
    assert_int_equal(check_text(text, findings, &count), KR_E_SCRIPT_SYNTAX);
    if (strstr(kr_detail(), words) == NULL)
        fail_msg("“%s” is not in “%s”", words, kr_detail());
}

static void the_script_that_the_others_break_passes(void **state)
{
    char text[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count;
    (void)state;
    with_line(text, 0, "");
    enum kr_error err = check_text(text, findings, &count);
    if (err != KR_OK)
        fail_msg("%s: %s", kr_name(err), kr_detail());
    assert_int_equal(count, 0);
}

static void every_script_that_is_shipped_passes(void **state)
{
    struct script_summary list[64];
    struct script_finding findings[8];
    size_t count, n = script_list("ceremony/scripts", list, 64), files = 0;
    DIR *dir = opendir("ceremony/scripts");
    (void)state;
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        files += strstr(e->d_name, ".yaml") != NULL;
    closedir(dir);
    assert_int_equal(n, files);
    assert_true(n >= 6);
    for (size_t i = 0; i < n; i++) {
        struct script *s = NULL;
        assert_int_equal(script_load(list[i].path, &s), KR_OK);
        enum kr_error err = script_check(s, findings, 8, &count);
        if (err != KR_OK)
            fail_msg("%s: %s", list[i].path, kr_detail());
        if (i > 0)
            assert_true(list[i - 1].order <= list[i].order);
        script_free(&s);
    }
}

/* ---- Form ---- */

static void what_does_not_fit_the_schema_is_named_with_its_line(void **state)
{
    (void)state;
    does_not_parse(3, "colour: red", "line 3");
    does_not_parse(15, "  - {id: open, kind: open, titel: {en: T, zh: T}}", "titel");
    does_not_parse(3, "version: one", "line 3");
    does_not_parse(6, "title: {en: T}", "zh");
    does_not_parse(3, "id: root-test", "id");
    does_not_parse(24, "  - {id: close, kind: close", "line");
    does_not_parse(8, "seats: yes", "line 8");
}

static void a_file_that_is_no_script_is_refused(void **state)
{
    struct script *s = NULL;
    (void)state;
    static const char *const texts[] = {
        "",           "\n",       "# only a comment\n", "[]",           "text",
        "---\n---\n", "\xFF\xFE", "id: \xE7\x8E\n",     "id: &a [*a]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(script_parse("test", texts[i], strlen(texts[i]), &s), KR_E_SCRIPT_SYNTAX);
        assert_null(s);
    }
    assert_int_equal(script_load("/no/such/file.yaml", &s), KR_E_FILE);
    assert_int_equal(script_load("ceremony", &s), KR_E_FILE);
}

static void a_second_document_in_the_file_is_refused(void **state)
{
    char text[TEXT_ROOM];
    struct script *s = NULL;
    (void)state;
    with_line(text, 0, "");
    size_t len = strlen(text);
    snprintf(text + len, sizeof text - len, "---\nsteps: what people believe they do\n");
    assert_int_equal(script_parse("test", text, strlen(text), &s), KR_E_SCRIPT_SYNTAX);
}

static void every_truncation_of_a_script_is_refused_or_keeps_the_rules(void **state)
{
    struct script *whole = NULL;
    (void)state;
    assert_int_equal(script_load("ceremony/scripts/issue-rmkc.yaml", &whole), KR_OK);
    size_t passed = 0;
    for (size_t len = 0; len < whole->source_len; len++) {
        struct script *s = NULL;
        struct script_finding findings[4];
        size_t count = 0;
        if (script_parse("cut", whole->source, len, &s) != KR_OK) {
            assert_null(s);
            continue;
        }
        if (script_check(s, findings, 4, &count) == KR_OK)
            passed++;
        script_free(&s);
    }
    /* only within the very last step's text can a cut leave a script that may be held */
    assert_true(passed < 200);
    script_free(&whole);
}

static void names_are_of_small_letters_digits_and_hyphens(void **state)
{
    (void)state;
    breaks(1, "id: Root Test", 1, "", "no name for a script");
    breaks(2, "prefix: \"A B\"", 1, "", "prefix");
    breaks(13, "  - {id: \"seat.supervisor.1\", type: text, ask: {en: Q, zh: Q}}", 13, "R1",
           "no name for a parameter");
    breaks(13, "  - {id: open-entry, type: text, ask: {en: Q, zh: Q}}", 13, "R1",
           "no name for a parameter");
    breaks(13, "  - {id: made, type: text, ask: {en: Q, zh: Q}}", 13, "R1",
           "no name for a parameter");
    breaks(11, "  - {id: quorum, role: operator, title: {en: O, zh: O}}", 11, "R1",
           "no name for a seat");
    breaks(15, "  - {id: \"a b\", kind: open, title: {en: T, zh: T}}", 15, "",
           "no name for a step");
    breaks(21,
           "  - {id: rakc, kind: issue, who: custodian, card: mother, layout: ../../etc/rakc, "
           "reader: 1, title: {en: T, zh: T}}",
           21, "", "no name of a card layout");
}

static void nothing_is_there_twice(void **state)
{
    (void)state;
    breaks(19,
           "  - {id: combine, kind: keep, who: custodian, key: GMPK, purpose: master, title: {en: "
           "T, zh: T}}",
           19, "", "there twice");
    breaks(11, "  - {id: custodian, role: operator, title: {en: O, zh: O}}", 11, "",
           "declared twice");
    breaks(13,
           "  - {id: quantity, type: number, least: 1, most: 9, ask: {en: Q, zh: Q}}\n"
           "  - {id: quantity, type: number, least: 1, most: 8, ask: {en: Q, zh: Q}}",
           14, "", "asked for twice");
}

static void an_unknown_step_kind_is_named(void **state)
{
    char text[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count;
    (void)state;
    breaks(20,
           "  - {id: wash, kind: scrub, who: operator, card: mother, reader: 2, title: {en: T, "
           "zh: T}}",
           20, "", "unknown kind scrub");
    with_line(text, 20, "  - {id: wash, kind: scrub, who: operator, title: {en: T, zh: T}}");
    assert_int_equal(check_text(text, findings, &count), KR_E_STEP_UNKNOWN);
    assert_non_null(strstr(kr_detail(), "line 20"));
}

static void a_step_says_what_its_kind_needs(void **state)
{
    (void)state;
    breaks(19, "  - {id: keep, kind: keep, who: custodian, purpose: master, title: {en: T, zh: T}}",
           19, "", "names no key");
    breaks(19, "  - {id: keep, kind: keep, who: custodian, key: GMPK, title: {en: T, zh: T}}", 19,
           "", "names no key purpose");
    breaks(20,
           "  - {id: wash, kind: wash, who: operator, card: mother, reader: 2, title: {en: T, zh: "
           "T}}",
           20, "", "names no card layout");
    breaks(20,
           "  - {id: wash, kind: wash, who: operator, card: mother, layout: washed-mother, reader: "
           "3, title: {en: T, zh: T}}",
           20, "", "needs reader 1 or 2");
    breaks(21,
           "  - {id: rakc, kind: issue, who: custodian, layout: rakc, reader: 1, title: {en: T, "
           "zh: T}}",
           21, "", "names no kind of card");
    breaks(17,
           "  - {id: combine, kind: combine, who: custodian, repeat: [groups], key: GMPK, purpose: "
           "master, title: {en: T, zh: T}}",
           17, "", "no parameter groups");
    breaks(17,
           "  - {id: combine, kind: combine, who: custodian, key: GMPK, purpose: mastery, title: "
           "{en: T, zh: T}}",
           17, "", "unknown key purpose");
    breaks(5, "order: 3", 16, "", "vault: yes is missing");
    breaks(13, "  - {id: quantity, type: text, ask: {en: Q, zh: Q}}", 20, "R4",
           "needs the parameter quantity");
    breaks(13, "  - {id: quantity, type: number, least: 1, most: 2900, ask: {en: Q, zh: Q}}", 13,
           "R4", "at most 2000");
    breaks(4, "tiers: [provincial]", 1, "", "unknown tier");
}

/* ---- R1: two people ---- */

static void r1_a_supervisor_and_somebody_who_works_sit_in_every_ceremony(void **state)
{
    char text[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count;
    (void)state;
    breaks(9, "  - {id: supervisor, role: auditor, title: {en: S, zh: S}}", 1, "R1",
           "no seat for a supervisor");
    breaks(10, "  - {id: custodian, role: janitor, title: {en: S, zh: S}}", 10, "",
           "unknown role janitor");
    breaks(10, "  - {id: custodian, role: custodian, least: 3, most: 2, title: {en: S, zh: S}}", 10,
           "", "from 3 to 2");
    breaks(10, "  - {id: custodian, role: custodian, least: 2, most: 5, title: {en: S, zh: S}}", 10,
           "", "no parameter (count)");
    breaks(10,
           "  - {id: custodian, role: custodian, least: 2, most: 5, count: quantity, title: {en: "
           "S, zh: S}}",
           10, "R1", "quantity allows 1 to 9");
    breaks(11, "  - {id: operator, role: operator, least: 9, most: 9, title: {en: O, zh: O}}", 1,
           "R1", "can sign the opening");
    snprintf(text, sizeof text,
             "id: a\nprefix: A\nversion: 1\ntiers: [national]\ntitle: {en: T, zh: T}\n"
             "purpose: {en: P, zh: P}\nseats:\n"
             "  - {id: supervisor, role: supervisor, title: {en: S, zh: S}}\nsteps:\n"
             "  - {id: open, kind: open, title: {en: T, zh: T}}\n"
             "  - {id: close, kind: close, who: supervisor, with: supervisor, title: {en: T, zh: "
             "T}}\n");
    assert_int_equal(check_text(text, findings, &count), KR_E_SCRIPT_RULE);
    assert_string_equal(findings[0].rule, "R1");
    assert_non_null(strstr(findings[0].what, "one person alone"));
}

static void r1_a_step_is_done_by_a_seat_in_which_somebody_sits(void **state)
{
    (void)state;
    breaks(19, "  - {id: keep, kind: keep, key: GMPK, purpose: master, title: {en: T, zh: T}}", 19,
           "R1", "does not say who acts");
    breaks(19,
           "  - {id: keep, kind: keep, who: stranger, key: GMPK, purpose: master, title: {en: T, "
           "zh: T}}",
           19, "R1", "a seat nobody sits in");
    breaks(24, "  - {id: close, kind: close, who: operator, with: ghost, title: {en: T, zh: T}}",
           24, "R1", "needs ghost");
}

static void r1_components_are_entered_by_custodians_each_by_another(void **state)
{
    (void)state;
    breaks(16,
           "  - {id: component, kind: component, who: operator, repeat: [operator], key: GMPK, "
           "purpose: master, title: {en: T, zh: T}}",
           16, "R1", "entered by a custodian, not by a operator");
    breaks(16,
           "  - {id: component, kind: component, who: custodian, key: GMPK, purpose: master, "
           "title: {en: T, zh: T}}",
           16, "R1", "one custodian would enter every component");
    breaks(10, "  - {id: custodian, role: custodian, title: {en: C, zh: C}}", 16, "R1",
           "components need from 2 to 5 custodians");
}

static void r1_every_effect_is_approved_before_it_by_a_supervisor(void **state)
{
    (void)state;
    breaks(18,
           "  - {id: approve, kind: approve, who: supervisor, covers: [keep, rakc, back], title: "
           "{en: T, zh: T}}",
           20, "R1", "no supervisor approved before it");
    breaks(18,
           "  - {id: approve, kind: approve, who: custodian, covers: [keep, wash, rakc, back], "
           "title: {en: T, zh: T}}",
           18, "R1", "only a supervisor approves");
    breaks(18, "  - {id: approve, kind: approve, who: supervisor, title: {en: T, zh: T}}", 18, "R1",
           "approves nothing");
    breaks(19,
           "  - {id: keep, kind: keep, who: supervisor, key: GMPK, purpose: master, title: {en: "
           "T, zh: T}}",
           19, "R1", "approve the own work");
}

static void r1_a_key_is_combined_and_shown_before_it_is_approved(void **state)
{
    char text[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count, len = 0;
    (void)state;
    breaks(17, "", 18, "R1", "whose check value nobody has compared");
    breaks(16, "", 16, "R1", "entered no components");
    /* approved first, combined afterwards: the approval is of a key whose check value nobody has
     * seen */
    for (size_t i = 0; i < GOOD_LINES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\n",
                                good[i == 16   ? 17
                                     : i == 17 ? 16
                                               : i]);
    assert_int_equal(check_text(text, findings, &count), KR_E_SCRIPT_RULE);
    assert_int_equal(findings[0].line, 19);
    assert_string_equal(findings[0].rule, "R1");
    assert_non_null(strstr(findings[0].what, "approved before the key is combined"));
}

/* A shipped script with one text of it in another's place; the first finding has to say this. */
static void shipped_breaks(const char *path, const char *text, const char *instead,
                           const char *rule, const char *what)
{
    static char whole[TEXT_ROOM], changed[TEXT_ROOM];
    struct script_finding findings[64];
    size_t count;
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    whole[fread(whole, 1, sizeof whole - 1, in)] = '\0';
    fclose(in);
    char *at = strstr(whole, text);
    assert_non_null(at);
    *at = '\0';
    snprintf(changed, sizeof changed, "%s%s%s", whole, instead, at + strlen(text));
    assert_int_equal(check_text(changed, findings, &count), KR_E_SCRIPT_RULE);
    assert_string_equal(findings[0].rule, rule);
    assert_non_null(strstr(findings[0].what, what));
}

static void r1_a_key_block_is_looked_at_and_then_approved(void **state)
{
    static const char in[] = "ceremony/scripts/key-import.yaml";
    static const char out[] = "ceremony/scripts/key-export.yaml";
    (void)state;
    shipped_breaks(in, "kind: block-check", "kind: block-out", "R1", "no supervisor approved");
    shipped_breaks(in, "kind: block-check", "kind: block-in", "R1", "no supervisor approved");
    shipped_breaks(in, "[MLK,", "[RAK, MLK,", "", "a choice of what fits it");
    shipped_breaks(in, "id: partner", "id: friend", "", "needs the parameter partner");
    shipped_breaks(in, "    least: 0\n    most: 5", "    least: 0\n    most: 6", "",
                   "needs the parameter group");
    shipped_breaks(out, "[final, further]", "[final, any]", "", "a choice of what fits it");
    shipped_breaks(out, "covers: [export]", "covers: [close]", "R1", "no supervisor approved");
}

static void r1_the_reader_of_the_words_is_not_their_judge(void **state)
{
    (void)state;
    breaks(16,
           "  - {id: words, kind: script-words, who: supervisor, with: supervisor, title: {en: T, "
           "zh: T}}",
           16, "R1", "cannot be the one who compares");
    breaks(16, "  - {id: words, kind: script-words, who: supervisor, title: {en: T, zh: T}}", 16,
           "R1", "cannot be the one who compares");
}

static void r1_the_closing_is_signed_by_a_supervisor_and_one_who_works(void **state)
{
    (void)state;
    breaks(24,
           "  - {id: close, kind: close, who: operator, with: custodian, title: {en: T, zh: T}}",
           24, "R1", "signed by a supervisor and by one who works");
    breaks(24, "  - {id: close, kind: close, who: operator, title: {en: T, zh: T}}", 24, "R1",
           "signed by a supervisor");
    breaks(11, "  - {id: operator, role: auditor, title: {en: O, zh: O}}", 24, "R1",
           "an auditor reads and never acts");
}

static void r1_founding_steps_stand_in_a_founding_alone(void **state)
{
    char text[16384];
    struct script *s = NULL;
    struct script_finding findings[16];
    size_t count, at;
    (void)state;
    breaks(16, "  - {id: people, kind: enrol, title: {en: T, zh: T}}", 16, "R1",
           "belongs into a founding alone");
    assert_int_equal(script_load("ceremony/scripts/site-init.yaml", &s), KR_OK);
    char *close = strstr(s->source, "  - id: close");
    assert_non_null(close);
    at = (size_t)(close - s->source);
    snprintf(text, sizeof text, "%.*s%s\n%s", (int)at, s->source,
             "  - {id: gen, kind: generate, who: administrator, keys: [RAK], title: {en: T, zh: "
             "T}}",
             close);
    script_free(&s);
    assert_int_equal(check_text(text, findings, &count), KR_E_SCRIPT_RULE);
    assert_string_equal(findings[0].rule, "R1");
    assert_non_null(strstr(findings[0].what, "a founding has"));
}

/* ---- R2: nothing secret ---- */

static void r2_a_text_shows_only_what_it_may(void **state)
{
    (void)state;
    breaks(18,
           "  - {id: approve, kind: approve, who: supervisor, covers: [keep, wash, rakc, back], "
           "title: {en: T, zh: T}, text: {en: \"the component is {component}\", zh: T}}",
           18, "R2", "{component}");
    breaks(19,
           "  - {id: keep, kind: keep, who: custodian, key: GMPK, purpose: master, title: {en: "
           "\"{pin}\", zh: T}}",
           19, "R2", "{pin}");
    breaks(19,
           "  - {id: keep, kind: keep, who: custodian, key: GMPK, purpose: master, title: {en: T, "
           "zh: T}, text: {en: T, zh: \"{p}\"}}",
           19, "R2", "{p}");
}

static void r2_a_parameter_is_never_a_secret(void **state)
{
    (void)state;
    breaks(13, "  - {id: pin, type: secret, ask: {en: Q, zh: Q}}", 13, "R2", "has type secret");
    breaks(13, "  - {id: kind, type: choice, ask: {en: Q, zh: Q}}", 13, "", "offers no options");
    breaks(13, "  - {id: which, type: groups, ask: {en: Q, zh: Q}}", 13, "",
           "the name and the type");
}

static void r2_a_key_serves_the_purpose_of_its_kind(void **state)
{
    (void)state;
    breaks(17,
           "  - {id: combine, kind: combine, who: custodian, key: GMPK, purpose: transport, title: "
           "{en: T, zh: T}}",
           17, "R2", "never serves as transport");
}

/* ---- R3: journal before effect ---- */

static void r3_an_approval_comes_before_what_it_covers(void **state)
{
    (void)state;
    breaks(
        18,
        "  - {id: approve, kind: approve, who: supervisor, covers: [component, keep, wash, rakc, "
        "back], title: {en: T, zh: T}}",
        18, "R3", "which comes before it");
    breaks(18,
           "  - {id: approve, kind: approve, who: supervisor, covers: [keep, wash, rakc, back, "
           "moon], title: {en: T, zh: T}}",
           18, "", "a step that does not exist");
}

static void r3_a_ceremony_begins_with_open_and_ends_with_close(void **state)
{
    (void)state;
    breaks(15, "", 15, "R3", "the first step is not of kind open");
    breaks(24, "", 23, "R3", "the last step is not of kind close");
    breaks(17, "  - {id: second, kind: open, title: {en: T, zh: T}}", 17, "R3",
           "stands in the middle");
    breaks(17,
           "  - {id: early, kind: close, who: operator, with: supervisor, title: {en: T, zh: T}}",
           17, "R3", "stands in the middle");
}

/* ---- R4: every card is accounted for ---- */

static void r4_cards_need_a_balance_after_them(void **state)
{
    (void)state;
    breaks(23, "", 1, "R4", "no balance step");
    breaks(23,
           "  - {id: balance, kind: balance, who: operator, with: supervisor, title: {en: T, zh: "
           "T}}\n"
           "  - {id: again, kind: wash, who: operator, card: mother, layout: washed-mother, "
           "reader: 2, title: {en: T, zh: T}}",
           24, "R4", "draws cards after the balance");
}

static void r4_the_balance_is_signed_by_two(void **state)
{
    (void)state;
    breaks(23, "  - {id: balance, kind: balance, who: operator, title: {en: T, zh: T}}", 23, "R4",
           "signed by a supervisor and by one who works");
    breaks(23,
           "  - {id: balance, kind: balance, who: operator, with: operator, title: {en: T, zh: T}}",
           23, "R4", "signed by a supervisor and by one who works");
}

static void r8_an_issued_card_is_read_back(void **state)
{
    (void)state;
    breaks(22, "", 21, "R8", "issues a card that no step after it reads back");
    breaks(22,
           "  - {id: again, kind: issue, who: custodian, card: mother, layout: rakc, reader: 1, "
           "title: {en: T, zh: T}}\n"
           "  - {id: back, kind: read-back, who: custodian, layout: rakc, reader: 1, title: {en: "
           "T, zh: T}}",
           21, "R8", "step rakc issues a card that no step after it reads back");
}

static void a_card_is_read_back_by_a_step_after_the_one_that_issues_it(void **state)
{
    (void)state;
    breaks(22,
           "  - {id: back, kind: read-back, who: custodian, layout: rmkc, reader: 1, title: {en: "
           "T, zh: T}}",
           22, "", "no step before it issues");
    breaks(22,
           "  - {id: back, kind: read-back, who: custodian, layout: rakc, partner: wash, reader: "
           "1, title: {en: T, zh: T}}",
           22, "", "no step that issued a card");
    breaks(22,
           "  - {id: back, kind: read-back, who: custodian, layout: rakc, partner: rakc, reader: "
           "1, title: {en: T, zh: T}}",
           22, "", "both cards would lie in reader 1");
}

static void all_findings_are_counted_also_beyond_the_room_for_them(void **state)
{
    char text[TEXT_ROOM];
    struct script *s = NULL;
    struct script_finding one[1];
    size_t count = 0;
    (void)state;
    with_line(text, 9, "  - {id: supervisor, role: auditor, title: {en: S, zh: S}}");
    assert_int_equal(script_parse("test", text, strlen(text), &s), KR_OK);
    assert_int_equal(script_check(s, one, 1, &count), KR_E_SCRIPT_RULE);
    assert_true(count > 3);
    assert_non_null(strstr(kr_detail(), one[0].what));
    script_free(&s);
}

/* ---- Words ---- */

/* The list's own example, as it is printed everywhere (Juola and Zimmermann). */
static void the_hash_is_read_aloud_in_words_of_the_pgp_list(void **state)
{
    static const uint8_t hash[32] = {0xE5, 0x82, 0x94, 0xF2, 0xE9, 0xA2, 0x27, 0x48,
                                     0x6E, 0x8B, 0x06, 0x1B, 0x31, 0xCC, 0x52, 0x8F};
    char words[512];
    (void)state;
    hash_words(hash, false, words, sizeof words);
    assert_string_equal(words, "topmost  Istanbul  Pluto  vagabond\n"
                               "treadmill  Pacific  brackish  dictator\n"
                               "goldfish  Medusa  afflict  bravado\n"
                               "chatter  revolver  Dupont  midsummer");
}

static void in_chinese_each_byte_is_three_digits_in_their_radio_form(void **state)
{
    static const uint8_t hash[32] = {0, 1, 27, 96, 255, 109, 148, 230};
    char words[512];
    (void)state;
    hash_words(hash, true, words, sizeof words);
    assert_memory_equal(words, "洞洞洞  洞洞幺  洞两拐  洞勾六\n",
                        strlen("洞洞洞  洞洞幺  洞两拐  洞勾六\n"));
    assert_non_null(strstr(words, "两五五  幺洞勾  幺四八  两三洞"));
}

static void words_never_overrun_their_room(void **state)
{
    uint8_t hash[32];
    char words[64];
    (void)state;
    memset(hash, 0xFF, sizeof hash);
    for (size_t room = 1; room < sizeof words; room++) {
        memset(words, '#', sizeof words);
        hash_words(hash, room % 2 == 0, words, room);
        assert_true(strlen(words) < room);
        assert_int_equal(words[room], '#');
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_read_aloud_in_words_of_the_pgp_list),
        cmocka_unit_test(in_chinese_each_byte_is_three_digits_in_their_radio_form),
        cmocka_unit_test(words_never_overrun_their_room),
        cmocka_unit_test(the_script_that_the_others_break_passes),
        cmocka_unit_test(every_script_that_is_shipped_passes),
        cmocka_unit_test(what_does_not_fit_the_schema_is_named_with_its_line),
        cmocka_unit_test(a_file_that_is_no_script_is_refused),
        cmocka_unit_test(a_second_document_in_the_file_is_refused),
        cmocka_unit_test(every_truncation_of_a_script_is_refused_or_keeps_the_rules),
        cmocka_unit_test(names_are_of_small_letters_digits_and_hyphens),
        cmocka_unit_test(nothing_is_there_twice),
        cmocka_unit_test(an_unknown_step_kind_is_named),
        cmocka_unit_test(a_step_says_what_its_kind_needs),
        cmocka_unit_test(r1_a_supervisor_and_somebody_who_works_sit_in_every_ceremony),
        cmocka_unit_test(r1_a_step_is_done_by_a_seat_in_which_somebody_sits),
        cmocka_unit_test(r1_components_are_entered_by_custodians_each_by_another),
        cmocka_unit_test(r1_every_effect_is_approved_before_it_by_a_supervisor),
        cmocka_unit_test(r1_a_key_is_combined_and_shown_before_it_is_approved),
        cmocka_unit_test(r1_a_key_block_is_looked_at_and_then_approved),
        cmocka_unit_test(r1_the_reader_of_the_words_is_not_their_judge),
        cmocka_unit_test(r1_the_closing_is_signed_by_a_supervisor_and_one_who_works),
        cmocka_unit_test(r1_founding_steps_stand_in_a_founding_alone),
        cmocka_unit_test(r2_a_text_shows_only_what_it_may),
        cmocka_unit_test(r2_a_parameter_is_never_a_secret),
        cmocka_unit_test(r2_a_key_serves_the_purpose_of_its_kind),
        cmocka_unit_test(r3_an_approval_comes_before_what_it_covers),
        cmocka_unit_test(r3_a_ceremony_begins_with_open_and_ends_with_close),
        cmocka_unit_test(r4_cards_need_a_balance_after_them),
        cmocka_unit_test(r4_the_balance_is_signed_by_two),
        cmocka_unit_test(r8_an_issued_card_is_read_back),
        cmocka_unit_test(a_card_is_read_back_by_a_step_after_the_one_that_issues_it),
        cmocka_unit_test(all_findings_are_counted_also_beyond_the_room_for_them),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
