#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include "../../cardio/deck_file.h"
#include "sim_fixture.h"

static char folder[] = "/tmp/keyrite-cards-XXXXXX";
static char path[PATH_MAX];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a.card", folder);
    return secret_heap_open() == KR_OK ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* One of everything that a file can hold. */
static struct sim sim_full(void)
{
    struct sim s = sim_washed();

    assert_int_equal(send(&s, "80 E0 00 15 07 28 0019 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 D6 95 00 03 112233"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 01 07 2A 02 03 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 08 03 010203"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 02 07 2C 0020 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 10 02 0405"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 03 07 AE 02 02 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0200 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0040 00 FF FF FF"), 0x9000);
    return s;
}

static void saved_card_comes_back_as_it_was_but_reset(void **state)
{
    struct sim s = sim_full(), again = {0};
    char kind[SIM_KIND_MAX];
    struct stat st;
    (void)state;

    assert_true(sim_card_changed(s.card));
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_false(sim_card_changed(s.card));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0077, 0);
    assert_int_equal(sim_card_load(path, &again.card), KR_OK);
    assert_false(sim_card_changed(again.card));
    assert_int_equal(again.card->state, 0);
    assert_int_equal(send(&again, "00 B0 95 00 03"), 0x9000);
    assert_answer(&again, "112233");
    assert_int_equal(send(&again, "00 B2 01 0C 03"), 0x9000);
    assert_answer(&again, "010203");
    assert_int_equal(send(&again, "00 B2 01 14 02"), 0x9000);
    assert_answer(&again, "0405");
    assert_int_equal(external(&again, control_key_hex, 0), 0x9000);
    assert_int_equal(send(&again, "00 A4 04 00 01 41"), 0x9000);
    assert_memory_equal(again.card->serial, s.card->serial, SIM_SERIAL_LEN);
    assert_int_equal(sim_card_kind(path, kind), KR_OK);
    assert_string_equal(kind, "blank-mother");
    sim_end(&again);
    sim_end(&s);
}

static void tries_that_were_spent_stay_spent(void **state)
{
    struct sim s = sim_deliver("manufacturer"), again = {0};
    (void)state;

    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(send(&s, "00 20 00 00 03 000000"), 0x63C2);
    assert_true(sim_card_changed(s.card));
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(sim_card_load(path, &again.card), KR_OK);
    assert_int_equal(send(&again, "00 20 00 00"), 0x63C2);
    sim_end(&again);
    sim_end(&s);
}

static void commands_that_keep_nothing_need_no_writing(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(send(&s, "80 CA 00 00 08"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    assert_int_equal(send(&s, "00 20 00 00"), 0x6A88);
    assert_false(sim_card_changed(s.card));
    sim_end(&s);
}

static void assert_refused(void)
{
    struct sim_card *card = NULL;

    assert_int_equal(sim_card_load(path, &card), KR_E_DECK);
    assert_null(card);
}

static struct secret *saved_full_card(void)
{
    struct sim s = sim_full();
    struct secret *bytes = NULL;

    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(deck_file_read(path, &bytes), KR_OK);
    sim_end(&s);
    return bytes;
}

static void every_truncation_is_refused(void **state)
{
    struct secret *bytes = saved_full_card();
    (void)state;

    for (size_t len = 0; len < bytes->len; len++) {
        assert_int_equal(deck_file_replace(path, bytes->bytes, len), KR_OK);
        assert_refused();
    }
    secret_free(&bytes);
}

static void every_flipped_byte_is_refused(void **state)
{
    struct secret *bytes = saved_full_card();
    (void)state;

    for (size_t at = 0; at < bytes->len; at++) {
        bytes->bytes[at] ^= 0x10;
        assert_int_equal(deck_file_replace(path, bytes->bytes, bytes->len), KR_OK);
        assert_refused();
        bytes->bytes[at] ^= 0x10;
    }
    secret_free(&bytes);
}

/* Somebody who edits a card file can also write its checksum: then the content has to hold by
 * itself. */
static void changed_content_under_a_right_checksum_makes_no_strange_card(void **state)
{
    struct secret *bytes = saved_full_card();
    (void)state;

    for (size_t at = 15; at + SHA256_LEN < bytes->len; at++) {
        for (int how = 0; how < 3; how++) {
            const uint8_t kept = bytes->bytes[at];
            struct sim s = {0};
            size_t body = bytes->len - SHA256_LEN;
            bytes->bytes[at] = how == 0 ? 0x00 : how == 1 ? 0xFF : (uint8_t)(kept + 1);
            assert_int_equal(sha256(bytes->bytes, body, bytes->bytes + body), KR_OK);
            assert_int_equal(deck_file_replace(path, bytes->bytes, bytes->len), KR_OK);
            if (sim_card_load(path, &s.card) == KR_OK) {
                for (uint8_t sfi = 1; sfi < 31; sfi++) {
                    const uint8_t read[5] = {0x00, 0xB2, 0x01, (uint8_t)(sfi << 3 | 4), 0x00};
                    send_bytes(&s, read, sizeof read);
                }
                send(&s, "00 B0 95 00 00");
                external(&s, control_key_hex, 0);
                send(&s, "80 0E 00 00");
                sim_end(&s);
            }
            bytes->bytes[at] = kept;
        }
    }
    secret_free(&bytes);
}

static void leftover_of_an_interrupted_save_harms_nothing(void **state)
{
    struct secret *bytes = saved_full_card();
    char leftover[PATH_MAX + 8];
    struct sim s = {0};
    (void)state;

    snprintf(leftover, sizeof leftover, "%s.new", path);
    assert_int_equal(deck_file_replace(leftover, bytes->bytes, 40), KR_OK);
    assert_int_equal(sim_card_load(path, &s.card), KR_OK);
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_not_equal(access(leftover, F_OK), 0);
    secret_free(&bytes);
    sim_end(&s);
}

static void missing_file_or_folder_is_an_error_that_names_it(void **state)
{
    struct sim s = sim_deliver("blank-user");
    struct sim_card *card = NULL;
    char kind[SIM_KIND_MAX];
    (void)state;

    assert_int_equal(sim_card_load("/nonexistent/a.card", &card), KR_E_FILE);
    assert_non_null(strstr(kr_detail(), "/nonexistent/a.card"));
    assert_int_equal(sim_card_save(s.card, "/nonexistent/a.card"), KR_E_FILE);
    assert_true(sim_card_changed(s.card));
    assert_int_equal(sim_card_kind("/nonexistent/a.card", kind), KR_E_DECK);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saved_card_comes_back_as_it_was_but_reset),
        cmocka_unit_test(tries_that_were_spent_stay_spent),
        cmocka_unit_test(commands_that_keep_nothing_need_no_writing),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_byte_is_refused),
        cmocka_unit_test(changed_content_under_a_right_checksum_makes_no_strange_card),
        cmocka_unit_test(leftover_of_an_interrupted_save_harms_nothing),
        cmocka_unit_test(missing_file_or_folder_is_an_error_that_names_it),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
