/* keyrite-audit as a program: what it answers, and that it names what was altered. */
#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

static char said[65536]; /* both outputs of the last run */

/* Runs a command on the path with the passphrase on descriptor 0; returns its exit status. */
static int run(const char *what, const char *path, const char *passphrase, const char *arguments)
{
    char command[1024];
    const char *build = getenv("BUILD");
    snprintf(command, sizeof command, "printf '%%s\\n' '%s' | %s/keyrite-audit %s '%s' %s 2>&1",
             passphrase, build ? build : "build", what, path, arguments);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    said[fread(said, 1, sizeof said - 1, p)] = '\0';
    int status = pclose(p);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int audit(const struct test_centre *c, const char *passphrase, const char *arguments)
{
    char all[512];
    snprintf(all, sizeof all, "--passphrase-fd 0 %s", arguments);
    return run("verify", c->dir, passphrase, all);
}

static int begin(void **state)
{
    struct test_centre *c = calloc(1, sizeof *c);
    assert_non_null(c);
    centre_found(c);
    centre_ceremony(c, "ROOT-2026-001");
    assert_int_equal(centre_checkpoint(c, "ann", NULL, 0), KR_OK);
    centre_close(c);
    *state = c;
    return 0;
}

static int end(void **state)
{
    centre_end(*state);
    free(*state);
    return 0;
}

static void says(const char *text)
{
    if (!strstr(said, text)) {
        fail_msg("\"%s\" is not in: %s", text, said);
    }
}

#define ANN "the passphrase of ann"

static void a_sound_store_gives_0_and_the_verdict_first(void **state)
{
    assert_int_equal(audit(*state, ANN, ""), 0);
    assert_int_equal(strncmp(said, "VERDICT: everything that was checked agrees.", 44), 0);
    says("entries that agree         14\n");
    says("signatures checked         23\n");
    says("What this does not prove:");
    says("REHEARSAL");
    assert_int_equal(audit(*state, ANN, "--json"), 0);
    assert_int_equal(strncmp(said, "{\"verdict\":\"ok\",", 16), 0);
}

static void altered(struct test_centre *c, const char *sql)
{
    assert_int_equal(centre_open(c, false), KR_OK);
    centre_tamper(c, sql, NULL, 0);
    centre_close(c);
}

static void an_altered_store_gives_1_and_names_the_entry(void **state)
{
    altered(*state, "UPDATE entries SET body = x'' WHERE seq = 9");
    assert_int_equal(audit(*state, ANN, ""), 1);
    says("VERDICT: ALTERED - first bad entry: 9\n");
    assert_int_equal(audit(*state, ANN, "--json"), 1);
    says("{\"verdict\":\"altered\",\"problem\":\"entry-format\"");
    says("\"entry\":9,");
}

static void a_store_cut_short_gives_1(void **state)
{
    altered(*state, "DELETE FROM entries WHERE seq >= 12");
    assert_int_equal(audit(*state, ANN, ""), 1);
    says("first bad entry: 12\n");
}

static void an_old_database_put_back_is_shown_by_a_checkpoint_kept_elsewhere(void **state)
{
    struct test_centre *c = *state;
    char command[512], text[CHECKPOINT_MAX], argument[128], path[96];
    snprintf(command, sizeof command, "mkdir %s/old && cp %s/journal.db %s/anchor %s/old", c->dir,
             c->dir, c->dir, c->dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(centre_open(c, false), KR_OK);
    centre_ceremony(c, "ROOT-2026-002");
    assert_int_equal(centre_checkpoint(c, NULL, text, sizeof text), KR_OK);
    centre_close(c);
    snprintf(path, sizeof path, "%s/kept", c->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    snprintf(argument, sizeof argument, "--checkpoint %s", path);
    assert_int_equal(audit(c, ANN, argument), 0);
    snprintf(command, sizeof command, "cp %s/old/journal.db %s", c->dir, c->dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(audit(c, ANN, ""), 1); /* the anchor knows better */
    assert_int_equal(centre_open(c, false), KR_E_STORE_OLD);
    snprintf(command, sizeof command, "cp %s/old/anchor %s", c->dir, c->dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(audit(c, ANN, ""), 0); /* both put back: nothing in the folder can show it */
    assert_int_equal(audit(c, ANN, argument), 1);
    says("first bad entry: 14\n");
    snprintf(command, sizeof command, "rm -r %s/old", c->dir);
    assert_int_equal(system(command), 0);
}

/* The genuine paper of an older ceremony must never accuse the store. */
static void an_old_short_form_agrees_and_what_is_no_checkpoint_gives_2(void **state)
{
    struct test_centre *c = *state;
    char text[CHECKPOINT_MAX], form[64], argument[256];
    struct checkpoint old;
    assert_int_equal(centre_open(c, false), KR_OK);
    assert_int_equal(checkpoint_last(c->store, text, sizeof text), KR_OK);
    assert_int_equal(checkpoint_parse(text, strlen(text), &old), KR_OK);
    assert_int_equal(checkpoint_short_form(&old, form, sizeof form), KR_OK);
    centre_ceremony(c, "ROOT-2026-002");
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    centre_close(c);
    snprintf(argument, sizeof argument, "--checkpoint '%s'", form);
    assert_int_equal(audit(c, ANN, argument), 0);
    says(form); /* also in the list of all */
    snprintf(argument, sizeof argument, "--checkpoint '%s/short'", c->dir);
    snprintf(text, sizeof text, "printf ' %s\\n' | tr A-Z a-z > %s/short", form, c->dir);
    assert_int_equal(system(text), 0);
    assert_int_equal(audit(c, ANN, argument), 0);
    char *last = form + strlen(form) - 1;
    *last = *last == 'A' ? 'C' : 'A';
    snprintf(argument, sizeof argument, "--checkpoint '%s'", form);
    assert_int_equal(audit(c, ANN, argument), 1);
    says("does not agree with the checkpoint");
    snprintf(argument, sizeof argument, "--checkpoint '%s/slots.a'", c->dir);
    assert_int_equal(audit(c, ANN, argument), 2);
    says("is no checkpoint that this store has signed");
}

static void a_damaged_page_gives_1(void **state)
{
    const struct test_centre *c = *state;
    char path[96];
    snprintf(path, sizeof path, "%s/journal.db", c->dir);
    for (long page = 0; page < 3; page++) {
        FILE *f = fopen(path, "r+b");
        assert_non_null(f);
        fseek(f, page * 4096 + 1000, SEEK_SET);
        int byte = fgetc(f);
        fseek(f, page * 4096 + 1000, SEEK_SET);
        fputc(byte ^ 1, f);
        fclose(f);
        assert_int_equal(audit(c, ANN, ""), 1);
        says("VERDICT: ALTERED");
        f = fopen(path, "r+b");
        assert_non_null(f);
        fseek(f, page * 4096 + 1000, SEEK_SET);
        fputc(byte, f);
        fclose(f);
    }
    assert_int_equal(audit(c, ANN, ""), 0);
}

static void what_cannot_run_gives_2_and_says_why(void **state)
{
    struct test_centre *c = *state, nowhere = {.dir = "/nonexistent"};
    assert_int_equal(audit(c, "the passphrase of eve", ""), 2);
    says("That is not the passphrase of ann.");
    assert_int_equal(audit(c, "the passphrase of kate", "--person kate"), 2);
    says("kate is not an auditor of this store.");
    says("  ann");
    assert_int_equal(audit(c, ANN, "--person nobody"), 2);
    assert_int_equal(audit(&nowhere, ANN, ""), 2);
    says("There is no store in /nonexistent.");
    assert_int_equal(audit(c, ANN, "--checkpoint /nonexistent"), 2);
    assert_int_equal(audit(c, ANN, "--checkpoint"), 2);
    assert_int_equal(audit(c, ANN, "--frobnicate"), 2);
    says("--frobnicate");
    assert_int_equal(audit(c, ANN, "another-store"), 2);
    assert_int_equal(centre_open(c, false), KR_OK);
    assert_int_equal(audit(c, ANN, ""), 2);
    says("Another console is open on this store.");
}

/* ---- Bundles, and one thing at a time ---- */

static void export(const struct test_centre *c, const char *options, char path[128])
{
    char all[256];
    snprintf(path, 128, "%s/taken-home", c->dir);
    snprintf(all, sizeof all, "--passphrase-fd 0 --to %s %s", path, options);
    assert_int_equal(run("export", c->dir, ANN, all), 0);
}

static void a_bundle_verifies_without_a_passphrase_and_an_altered_one_names_the_entry(void **state)
{
    char path[128], command[256];
    export(*state, "", path);
    says("entries covered            14\n");
    assert_int_equal(run("verify", path, "", ""), 0);
    assert_int_equal(strncmp(said, "VERDICT: everything that was checked agrees.", 44), 0);
    says("What this does not prove:");
    assert_int_equal(run("verify", path, "", "--checkpoint '15 AAAA-BBBB-CCCC-DDDD'"), 1);
    snprintf(command, sizeof command, "sed -i 's/creased/greased/' %s", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(run("verify", path, "", "--json"), 1);
    says("\"problem\":\"entry-format\"");
    says("\"entry\":12,");
    assert_int_equal(run("prove", path, "", "--entry 3"), 1);
    says("first bad entry: 12\n");
    assert_int_equal(run("export", path, "", "--to x"), 2);
    assert_int_equal(unlink(path), 0);
}

static void
one_entry_and_the_growth_of_the_journal_are_proved_by_store_and_bundle_alike(void **state)
{
    struct test_centre *c = *state;
    char path[128];
    export(c, "--form json --ceremony ROOT-2026-001", path);
    for (int bundle = 0; bundle < 2; bundle++) {
        const char *from = bundle ? path : c->dir, *pass = bundle ? "" : "--passphrase-fd 0";
        char all[128];
        snprintf(all, sizeof all, "%s --entry 9 --json", pass);
        assert_int_equal(run("prove", from, ANN, all), 0);
        says("\"proof\":\"inclusion\",\"index\":9,");
        says("\"size\":14,");
        snprintf(all, sizeof all, "%s --from 6 --until 14", pass);
        assert_int_equal(run("prove", from, ANN, all), 0);
        says("VERDICT: the journal of 14 entries continues that of 6 entries.");
        says("That root is signed:");
        snprintf(all, sizeof all, "%s --entry 14", pass);
        assert_int_equal(run("prove", from, ANN, all), 2);
        snprintf(all, sizeof all, "%s --entry 1 --from 2", pass);
        assert_int_equal(run("prove", from, ANN, all), 2);
    }
    assert_int_equal(unlink(path), 0);
}

static void entries_are_shown_in_a_list_and_in_full(void **state)
{
    struct test_centre *c = *state;
    char path[128];
    export(c, "--level 1", path);
    assert_int_equal(run("show", c->dir, ANN, "--passphrase-fd 0 --ceremony ROOT-2026-001"), 0);
    says("Shown as it stands, not proved");
    says("olga (operator)  ROOT-2026-001");
    assert_int_equal(run("show", path, "", "--entry 12"), 0);
    says("What it says is withheld.");
    assert_int_equal(run("show", path, "", "--from 1 --until 2 --json"), 0);
    assert_int_equal(strncmp(said, "{\"entries\":[\n{\"entry\":1,", 24), 0);
    assert_int_equal(run("show", path, "", "--entry 99"), 0);
    says("No such entry.");
    assert_int_equal(unlink(path), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_store_gives_0_and_the_verdict_first),
        TEST(an_altered_store_gives_1_and_names_the_entry),
        TEST(a_store_cut_short_gives_1),
        TEST(an_old_database_put_back_is_shown_by_a_checkpoint_kept_elsewhere),
        TEST(an_old_short_form_agrees_and_what_is_no_checkpoint_gives_2),
        TEST(a_damaged_page_gives_1),
        TEST(what_cannot_run_gives_2_and_says_why),
        TEST(a_bundle_verifies_without_a_passphrase_and_an_altered_one_names_the_entry),
        TEST(one_entry_and_the_growth_of_the_journal_are_proved_by_store_and_bundle_alike),
        TEST(entries_are_shown_in_a_list_and_in_full),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
