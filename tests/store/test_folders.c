/* Whatever people are told of lies under a name that outlasts a power cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "centre.h"
#include "../../store/export.h"
#include "../../store/hand_out.h"

#define SYNCED_MAX 4096
static ino_t synced[SYNCED_MAX];
static size_t synced_count;

/* In the place of the C library's, for what is linked into this program. */
int fsync(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && synced_count < SYNCED_MAX)
        synced[synced_count++] = st.st_ino;
    return (int)syscall(SYS_fsync, fd);
}

static bool was_synced(const char *folder)
{
    struct stat st;
    assert_int_equal(stat(folder, &st), 0);
    bool found = false;
    for (size_t i = 0; i < synced_count; i++)
        found = found || synced[i] == st.st_ino;
    synced_count = 0;
    return found;
}

static int begin(void **state)
{
    static struct test_centre c;
    centre_found(&c);
    *state = &c;
    synced_count = 0;
    return 0;
}

static int end(void **state)
{
    centre_end(*state);
    return 0;
}

static void the_name_of_a_new_store_is_lasting(void **state)
{
    struct test_centre *c = *state;
    char dir[128], path[160];
    struct store *s = NULL;
    struct slots slots = c->slots;
    snprintf(dir, sizeof dir, "%s/second", c->dir);
    assert_int_equal(store_prepare(dir, &slots, c->key, &s), KR_OK);
    assert_true(was_synced(c->dir));
    /* Again in a folder that is there: who made it may have been killed before the sync. */
    store_close(&s);
    assert_int_equal(store_prepare(dir, &slots, c->key, &s), KR_OK);
    assert_true(was_synced(c->dir));
    store_close(&s);
    static const char *const files[] = {"journal.db", "journal.db-journal", "journal.db.unfinished",
                                        "lock"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static void the_name_of_a_bundle_is_lasting(void **state)
{
    struct test_centre *c = *state;
    char path[128], text[CHECKPOINT_MAX];
    struct export_result result;
    const struct export_choice choice = {.level = CONFIDENTIALITY_MOST};
    assert_int_equal(centre_checkpoint(c, NULL, text, sizeof text), KR_OK);
    synced_count = 0;
    snprintf(path, sizeof path, "%s/whole.bundle", c->dir);
    assert_int_equal(store_export(c->store, &choice, path, NULL, NULL, &result), KR_OK);
    assert_true(was_synced(c->dir));
}

static void the_folder_of_a_transfer_note_is_lasting(void **state)
{
    struct test_centre *c = *state;
    char dir[128], path[160];
    snprintf(dir, sizeof dir, "%s/notes/", c->dir);
    assert_int_equal(file_hand_out(dir, "a.note", "text", 4), KR_OK);
    assert_true(was_synced(c->dir));
    snprintf(path, sizeof path, "%sa.note", dir);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_name_of_a_new_store_is_lasting, begin, end),
        cmocka_unit_test_setup_teardown(the_name_of_a_bundle_is_lasting, begin, end),
        cmocka_unit_test_setup_teardown(the_folder_of_a_transfer_note_is_lasting, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
