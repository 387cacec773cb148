/* keyrite-audit on a transfer note: alone, beside the sender's journal, beside another one. */
#include "note_bench.h"

#include <sys/wait.h>
#include <unistd.h>

static char said[65536];

static int run(const char *program, const char *what, const char *path, const char *arguments)
{
    char command[1024];
    const char *build = getenv("BUILD");
    snprintf(command, sizeof command,
             "printf '%%s\\n' 'the passphrase of ann' | %s/%s %s '%s' %s 2>&1",
             build ? build : "build", program, what, path, arguments);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    said[fread(said, 1, sizeof said - 1, p)] = '\0';
    int status = pclose(p);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define WITH_STORE "keyrite-audit"
#define ALONE      "keyrite-audit-bundle"

static void says(const char *text)
{
    if (!strstr(said, text))
        fail_msg("\"%s\" is not in: %s", text, said);
}

static void put_note(const struct bench *b, const char *text, size_t len, char path[128])
{
    snprintf(path, 128, "%s/SEND.note", b->centre.dir);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void record(struct bench *b, const char *name, const char *after)
{
    char hex[65], line[300];
    uint8_t digest[32];
    assert_int_equal(sha256(b->text, b->len, digest), KR_OK);
    hex_encode(digest, 32, hex);
    snprintf(line, sizeof line, "ceremony " ID "\n%s %s%s", name, hex, after);
    centre_write(&b->centre, "note", "olga operator", line);
    assert_int_equal(centre_checkpoint(&b->centre, "carol", NULL, 0), KR_OK);
}

static void export(const struct bench *b, const char *options, char path[128])
{
    char all[300];
    snprintf(path, 128, "%s/bundle", b->centre.dir);
    snprintf(all, sizeof all, "--passphrase-fd 0 --to %s %s", path, options);
    assert_int_equal(run(WITH_STORE, "export", b->centre.dir, all), 0);
}

static void a_note_alone_is_not_judged(void **state)
{
    struct bench *b = *state;
    char path[128];
    put_note(b, b->text, b->len, path);
    for (int alone = 0; alone < 2; alone++) {
        const char *program = alone ? ALONE : WITH_STORE;
        assert_int_equal(run(program, "verify", path, ""), 0);
        assert_int_equal(strncmp(said, "VERDICT: everything that was checked agrees.", 44), 0);
        says("3 on 2 entries");
        says("signed by                  olga, carol, chen\n");
        says("to                         Regional centre\n");
        says("whose the log key is");
        assert_int_equal(run(program, "verify", path, "--json"), 0);
        assert_int_equal(strncmp(said, "{\"verdict\":\"ok\",", 16), 0);
        says("\"cards\":3,");
        assert_int_equal(run(program, "show", path, ""), 2);
    }
    unlink(path);
}

static void an_altered_note_is_not_named(void **state)
{
    struct bench *b = *state;
    char path[128];
    char *at = strstr(b->text, "package B-0042");
    assert_non_null(at);
    at[13] = '3';
    put_note(b, b->text, b->len, path);
    assert_int_equal(run(ALONE, "verify", path, ""), 1);
    assert_int_equal(strncmp(said, "VERDICT: ALTERED\n", 17), 0);
    at[13] = '2';
    put_note(b, b->text, b->len - 1, path);
    assert_int_equal(run(ALONE, "verify", path, "--json"), 1);
    says("\"problem\":\"note-form\"");
    put_note(b, "keyrite-transfer-note/2\n", 24, path);
    assert_int_equal(run(ALONE, "verify", path, ""), 2);
    unlink(path);
}

static void another_fingerprint_than_that_on_paper_passes(void **state)
{
    struct bench *b = *state;
    char path[128], fingerprint[NOTE_FINGERPRINT], all[64];
    put_note(b, b->text, b->len, path);
    assert_int_equal(transfer_note_fingerprint(b->centre.slots.log_public, fingerprint), KR_OK);
    snprintf(all, sizeof all, "--fingerprint %s", fingerprint);
    assert_int_equal(run(ALONE, "verify", path, all), 0);
    says("as on the paper");
    all[14] = all[14] == 'A' ? 'B' : 'A';
    assert_int_equal(run(ALONE, "verify", path, all), 1);
    says("the log key in the file is not the one of the printed note");
    unlink(path);
}

static void a_note_that_the_senders_journal_does_not_contain_passes(void **state)
{
    struct bench *b = *state;
    char path[128], bundle[128], all[300];
    put_note(b, b->text, b->len, path);
    put_the_cards(b);
    record(b, "sent-note", "");
    centre_close(&b->centre);
    snprintf(all, sizeof all, "--passphrase-fd 0 --journal %s", b->centre.dir);
    assert_int_equal(run(WITH_STORE, "verify", path, all), 0);
    says("the sender's: it has to contain the checkpoint");
    says("written, it says, in       entry 12\n");
    export(b, "", bundle);
    snprintf(all, sizeof all, "--journal %s", bundle);
    assert_int_equal(run(ALONE, "verify", path, all), 0);
    says("written, it says, in       entry 12\n");
    assert_int_equal(run(WITH_STORE, "verify", path, all), 0);
    assert_int_equal(run(ALONE, "verify", bundle, all), 2); /* a bundle beside a bundle */
    snprintf(all, sizeof all, "sed -i 's/after them/after this/' %s", bundle);
    assert_int_equal(system(all), 0);
    snprintf(all, sizeof all, "--journal %s", bundle);
    assert_int_equal(run(ALONE, "verify", path, all), 1);
    unlink(path);
    unlink(bundle);
}

/* Founded anew under the same name: same origin, another log key. */
static void a_note_of_another_journal_of_the_same_name_passes(void **state)
{
    struct bench *b = *state;
    struct bench *other = NULL;
    char path[128], all[300];
    put_note(b, b->text, b->len, path);
    assert_int_equal(begin((void **)&other), 0);
    put_the_cards(other);
    centre_close(&other->centre);
    snprintf(all, sizeof all, "--passphrase-fd 0 --journal %s", other->centre.dir);
    int status = run(WITH_STORE, "verify", path, all);
    end((void **)&other);
    assert_int_equal(status, 1);
    says("does not agree with the checkpoint");
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_note_alone_is_not_judged),
        TEST(an_altered_note_is_not_named),
        TEST(another_fingerprint_than_that_on_paper_passes),
        TEST(a_note_that_the_senders_journal_does_not_contain_passes),
        TEST(a_note_of_another_journal_of_the_same_name_passes),
    };
    return cmocka_run_group_tests_name("audit_note", tests, NULL, NULL);
}
