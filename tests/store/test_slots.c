/* The slot file: whatever happens to one copy, or to both, is seen. */
#include "fixture.h"
#include "../../store/slot_format.h"

static void write_twice(struct fixture *f)
{
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
}

static void what_is_written_is_read_back_field_by_field(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    f->slots.people[3].revoked = true;
    write_twice(f);
    assert_int_equal(f->slots.generation, 2);
    assert_int_equal(slots_read(f->dir, s), KR_OK);
    assert_memory_equal(s, &f->slots, sizeof *s);
    assert_int_equal(slots_check(f->dir, s, f->key), KR_OK);
    assert_string_equal(slots_find(s, "carol")->name, "Person carol");
    assert_null(slots_find(s, "mallory"));
    free(s);
}

static void a_folder_without_slots_is_a_missing_store(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    assert_int_equal(slots_read(f->dir, s), KR_E_STORE_MISSING);
    assert_string_equal(kr_detail(), f->dir);
    free(s);
}

static void a_copy_torn_at_any_length_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    write_twice(f);
    size_t len = fixture_read(f->dir, "slots.b", bytes, SLOT_FILE_MAX);
    for (size_t cut = 0; cut < len; cut++) {
        fixture_write(f->dir, "slots.b", bytes, cut);
        assert_int_equal(slots_read(f->dir, s), KR_OK);
        assert_int_equal(s->generation, 2);
        assert_int_equal(slots_check(f->dir, s, f->key), KR_OK);
    }
    /* And the first copy likewise. */
    fixture_write(f->dir, "slots.b", bytes, len);
    fixture_write(f->dir, "slots.a", bytes, len / 2);
    assert_int_equal(slots_read(f->dir, s), KR_OK);
    assert_int_equal(slots_check(f->dir, s, f->key), KR_OK);
    fixture_write(f->dir, "slots.b", bytes, len - 1);
    assert_int_equal(slots_read(f->dir, s), KR_E_SLOTS);
    free(bytes);
    free(s);
}

static void a_file_that_the_machine_cannot_read_is_not_called_altered(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    char path[128];
    write_twice(f);
    size_t len = fixture_read(f->dir, "slots.a", bytes, SLOT_FILE_MAX);
    for (size_t i = 0; i < 2; i++) { /* reading a folder fails as a bad disk does */
        snprintf(path, sizeof path, "%s/slots.%c", f->dir, i == 0 ? 'a' : 'b');
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(slots_read(f->dir, s), i == 0 ? KR_OK : KR_E_FILE);
    }
    assert_string_equal(kr_detail(), "slots.a");
    /* One that can be read and is damaged, beside one that cannot: still nothing is proved. */
    snprintf(path, sizeof path, "%s/slots.a", f->dir);
    assert_int_equal(rmdir(path), 0);
    fixture_write(f->dir, "slots.a", bytes, len - 1);
    assert_int_equal(slots_read(f->dir, s), KR_E_FILE);
    assert_string_equal(kr_detail(), "slots.b");
    snprintf(path, sizeof path, "%s/slots.b", f->dir);
    assert_int_equal(rmdir(path), 0);
    free(bytes);
    free(s);
}

static void a_changed_byte_anywhere_in_both_copies_is_refused(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    write_twice(f);
    size_t len = fixture_read(f->dir, "slots.a", bytes, SLOT_FILE_MAX);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= (uint8_t)(1U << (i % 8));
        fixture_write(f->dir, "slots.a", bytes, len);
        assert_int_equal(slots_read(f->dir, s), KR_OK); /* the other copy serves */
        fixture_write(f->dir, "slots.b", bytes, len);
        assert_int_equal(slots_read(f->dir, s), KR_E_SLOTS);
        bytes[i] ^= (uint8_t)(1U << (i % 8));
        fixture_write(f->dir, "slots.b", bytes, len);
    }
    free(bytes);
    free(s);
}

/* Somebody without the database key can still compute the digest. */
static void redo_digest(uint8_t *bytes, size_t len)
{
    assert_int_equal(sha256(bytes, len - 32, bytes + len - 32), KR_OK);
}

static void a_change_with_a_fresh_digest_fails_at_the_mac(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    size_t passed = 0;
    write_twice(f);
    size_t len = fixture_read(f->dir, "slots.a", bytes, SLOT_FILE_MAX);
    for (size_t i = 0; i + 32 < len; i++) {
        bytes[i] ^= 1;
        redo_digest(bytes, len);
        fixture_write(f->dir, "slots.a", bytes, len);
        fixture_write(f->dir, "slots.b", bytes, len);
        enum kr_error error = slots_read(f->dir, s);
        if (error == KR_OK) {
            passed++;
            assert_int_equal(slots_check(f->dir, s, f->key), KR_E_SLOTS);
        }
        bytes[i] ^= 1;
    }
    assert_true(passed > 100); /* else the MAC was never reached */
    free(bytes);
    free(s);
}

static void the_newer_of_two_whole_copies_is_taken(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    uint8_t *old = malloc(SLOT_FILE_MAX);
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
    size_t len = fixture_read(f->dir, "slots.a", old, SLOT_FILE_MAX);
    f->slots.people[0].revoked = true;
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
    for (int which = 0; which < 2; which++) {
        fixture_write(f->dir, which ? "slots.b" : "slots.a", old, len);
        assert_int_equal(slots_read(f->dir, s), KR_OK);
        assert_int_equal(s->generation, 2);
        assert_true(s->people[0].revoked);
        assert_int_equal(slots_check(f->dir, s, f->key), KR_OK);
        assert_int_equal(slots_repair(f->dir), KR_OK);
    }
    free(old);
    free(s);
}

static void opening_brings_a_stale_or_lost_copy_up_to_date(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    uint8_t a[4096], b[4096];
    fixture_make(f, &s);
    store_close(&s);
    assert_null(slots_odd_copy(f->dir));
    fixture_write(f->dir, "slots.b", (const uint8_t *)"torn", 4);
    assert_string_equal(slots_odd_copy(f->dir), "slots.b");
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    store_close(&s);
    assert_null(slots_odd_copy(f->dir));
    size_t len = fixture_read(f->dir, "slots.a", a, sizeof a);
    assert_int_equal(fixture_read(f->dir, "slots.b", b, sizeof b), len);
    assert_memory_equal(a, b, len);
}

static void an_old_pair_of_slot_files_put_back_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    uint8_t old[4096];
    fixture_make(f, &s);
    store_close(&s);
    size_t len = fixture_read(f->dir, "slots.a", old, sizeof old);
    f->slots.people[0].revoked = true;
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    store_close(&s);
    fixture_write(f->dir, "slots.a", old, len);
    fixture_write(f->dir, "slots.b", old, len);
    assert_int_equal(fixture_open(f, false, &s), KR_E_STORE_OLD);
    assert_null(s);
    assert_int_equal(fixture_open(f, true, &s), KR_E_STORE_OLD);
}

static void a_slot_file_of_a_newer_version_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    uint8_t *bytes = malloc(SLOT_FILE_MAX);
    write_twice(f);
    size_t len = fixture_read(f->dir, "slots.b", bytes, SLOT_FILE_MAX);
    bytes[14 + 3] = SLOT_FORMAT + 1; /* format number, behind the magic */
    redo_digest(bytes, len);
    fixture_write(f->dir, "slots.b", bytes, len);
    assert_int_equal(slots_read(f->dir, s), KR_E_STORE_NEWER);
    assert_string_equal(kr_detail(), "4");
    free(bytes);
    free(s);
}

static void another_database_key_does_not_fit_the_slots(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    write_twice(f);
    assert_int_equal(slots_read(f->dir, s), KR_OK);
    f->key->bytes[31] ^= 1;
    assert_int_equal(slots_check(f->dir, s, f->key), KR_E_SLOTS);
    free(s);
}

static void a_full_house_of_people_fits_and_nonsense_is_not_written(void **state)
{
    struct fixture *f = *state;
    struct slots *s = malloc(sizeof *s);
    while (f->slots.count < PEOPLE_MAX) {
        char id[24];
        snprintf(id, sizeof id, "person-%zu-with-name-23", f->slots.count);
        fixture_person(&f->slots, id, ROLE_OPERATOR);
        struct person *p = &f->slots.people[f->slots.count - 1];
        p->slot.sealed_len = sizeof p->slot.sealed;
        memset(p->name, 'n', sizeof p->name - 1);
    }
    write_twice(f);
    assert_int_equal(slots_read(f->dir, s), KR_OK);
    assert_memory_equal(s, &f->slots, sizeof *s);
    strcpy(f->slots.people[1].slot.person, "alice");
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_E_ARGUMENT);
    assert_int_equal(f->slots.generation, 2);
    free(s);
}

static void words_of_roles_and_tiers_go_both_ways(void **state)
{
    (void)state;
    for (unsigned role = 1; role <= 16; role <<= 1)
        assert_int_equal(role_by_name(role_name(role)), role);
    assert_int_equal(role_by_name("janitor"), 0);
    assert_null(role_name(3));
    for (unsigned t = 1; t <= 3; t++)
        assert_int_equal(tier_by_name(tier_name((enum tier)t)), t);
    assert_int_equal(tier_by_name("galactic"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_written_is_read_back_field_by_field),
        CASE(a_folder_without_slots_is_a_missing_store),
        CASE(a_copy_torn_at_any_length_is_passed_over),
        CASE(a_file_that_the_machine_cannot_read_is_not_called_altered),
        CASE(a_changed_byte_anywhere_in_both_copies_is_refused),
        CASE(a_change_with_a_fresh_digest_fails_at_the_mac),
        CASE(the_newer_of_two_whole_copies_is_taken),
        CASE(opening_brings_a_stale_or_lost_copy_up_to_date),
        CASE(an_old_pair_of_slot_files_put_back_is_refused),
        CASE(a_slot_file_of_a_newer_version_is_left_alone),
        CASE(another_database_key_does_not_fit_the_slots),
        CASE(a_full_house_of_people_fits_and_nonsense_is_not_written),
        CASE(words_of_roles_and_tiers_go_both_ways),
    };
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
