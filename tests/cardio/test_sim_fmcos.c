/* Simulated cards of the dialect fmcos, where they differ: docs/simulated-cos.md section 11. */
#include <limits.h>
#include "../../cardio/deck_file.h"
#include "sim_fixture.h"

static struct sim deliver_fmcos(const char *kind)
{
    return sim_deliver_as(kind, "fmcos");
}

static uint16_t add(struct sim *s, uint8_t kid, const char *fields, const char *value)
{
    char record[96];

    snprintf(record, sizeof record, "%s %s", fields, value);
    return write_key_hex(s, 0x01, kid, control_key_hex, record);
}

/* The MF in state F, under a control key of ours. */
static struct sim washed_fmcos(void)
{
    struct sim s = deliver_fmcos("blank-mother");
    char record[64];

    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    snprintf(record, sizeof record, "F9F0FF0F33 %s", control_key_hex);
    assert_int_equal(write_key_hex(&s, 0x39, 0x00, card_key_hex, record), 0x9000);
    sim_card_reset(s.card);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    return s;
}

/* A directory that takes keys in clear, selected before it had a key file: everything is allowed.
 */
static struct sim open_directory(const char *key_file)
{
    struct sim s = washed_fmcos();
    char command[64];

    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0400 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    snprintf(command, sizeof command, "80 E0 00 00 07 %s 0200 01 F0 FF FF", key_file);
    assert_int_equal(send(&s, command), 0x9000);
    return s;
}

static void answer_to_reset_tells_the_dialects_apart(void **state)
{
    struct sim s = deliver_fmcos("blank-psam");
    uint8_t fmcos[SIM_ATR_LEN], pboc[SIM_ATR_LEN];
    (void)state;

    sim_card_atr(sim_card_dialect(s.card), fmcos);
    sim_card_atr(dialect_by_id("pboc-key"), pboc);
    assert_memory_equal(fmcos, pboc, SIM_ATR_LEN - 1);
    assert_int_equal(pboc[SIM_ATR_LEN - 1], 0x00);
    assert_int_equal(fmcos[SIM_ATR_LEN - 1], 0x01);
    sim_end(&s);
}

/* Computed with OpenSSL: 3DES-ECB(15 || FE F0 EF 01 00 || key || 80 00) and MAC, as for the vector
 * "WRITE KEY, dialect pboc-key, 16-byte key". */
static void write_key_takes_what_was_computed_elsewhere(void **state)
{
    struct sim s = washed_fmcos();
    const struct sim_key *k;
    struct secret *wanted = key_of(master_key_hex);
    (void)state;

    set_challenge(&s, "A1B2C3D4");
    assert_int_equal(send(&s, "84D401011C"
                              "F0B227E9CEA6E26E01F8C1EDB241A239813DE6B828758EB7"
                              "6F0D8635"),
                     0x9000);
    k = directory_key(&s.card->directories[0], KEY_PURCHASE, 1);
    assert_non_null(k);
    assert_true(secret_equal(k->value, wanted));
    assert_int_equal(send(&s, "80 CA 3E 01 08"), 0x9000);
    assert_answer(&s, "01 01 00 FE F0 00 EF FF");
    secret_free(&wanted);
    sim_end(&s);
}

static void every_kind_of_record_says_what_it_has_a_place_for(void **state)
{
    static const struct {
        const char *command, *asked, *told;
    } keys[] = {
        /* type, use, change, version, algorithm */
        {"80 D4 01 02 0D 30 F0 F4 05 98 0123456789ABCDEF", "80 CA 30 02 08",
         "02 05 98 30 F0 00 F4 FF"},
        {"80 D4 01 01 0D 34 F0 02 00 01 1122334455667788", "80 CA 34 01 08",
         "01 00 01 34 F0 00 02 FF"},
        {"80 D4 01 01 15 3F F0 02 02 81 0F1E2D3C4B5A69788796A5B4C3D2E1F0", "80 CA 3F 01 08",
         "01 02 01 3F F0 80 02 FF"},
        /* type, use, change, follow-on state, counter */
        {"80 D4 01 00 0D 39 F0 F0 AA 33 0102030405060708", "80 CA 39 00 08",
         "00 00 01 39 F0 AA F0 33"},
        {"80 D4 01 00 08 3A F0 EF 01 33 123456", "80 CA 3A 00 08", "00 00 03 3A F0 01 EF 33"},
        /* type, use, change, FF, counter */
        {"80 D4 01 00 15 36 F0 02 FF 33 0F1E2D3C4B5A69788796A5B4C3D2E1F0", "80 CA 36 00 08",
         "00 00 00 36 F0 00 02 33"},
        {"80 D4 01 01 15 37 F0 02 FF 33 0F1E2D3C4B5A69788796A5B4C3D2E1F0", "80 CA 37 01 08",
         "01 00 00 37 F0 00 02 33"},
    };
    struct sim s = open_directory("3F");
    (void)state;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(send(&s, keys[i].command), 0x9000);
        assert_int_equal(send(&s, keys[i].asked), 0x9000);
        assert_answer(&s, keys[i].told);
        assert_int_equal(send(&s, keys[i].command), 0x6A80); /* it is there */
    }
    sim_end(&s);
}

static void records_that_say_nonsense_are_refused(void **state)
{
    static const char *const bad[] = {
        "80 D4 01 03 0D 35 F0 F0 00 00 0102030405060708",   /* type */
        "80 D4 01 03 0D 79 F0 F0 00 33 0102030405060708",   /* encryption without MAC */
        "80 D4 01 03 0D 36 F0 F0 00 33 0102030405060708",   /* not FF */
        "80 D4 01 03 0D 39 F0 F0 01 30 0102030405060708",   /* counter */
        "80 D4 01 03 0E 39 F0 F0 01 33 010203040506070809", /* length */
        "80 D4 01 03 08 3A F0 EF 01 33 1A3456",             /* no digits */
        "80 D4 01 03 08 3A F0 EF 01 FF 123456",             /* PIN that never counts */
        "80 D4 01 03 05 39 F0 F0 01 33",                    /* no value */
        "80 D4 01 03 18 00 01 39 F0 01 F0 33 0F1E2D3C4B5A69788796A5B4C3D2E1F0 00", /* pboc-key */
    };
    struct sim s = open_directory("3F");
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (send(&s, bad[i]) != 0x6A80)
            fail_msg("%s", bad[i]);
    assert_int_equal(send(&s, "80 D4 02 00 0D 39 F0 F0 AA 33 0102030405060708"), 0x6A86);
    assert_int_equal(send(&s, "80 D4 01 7F 0D 39 F0 F0 AA 33 0102030405060708"), 0x6A86);
    assert_int_equal(send(&s, "80 D4 39 03 0D 39 F0 F0 AA 33 0102030405060708"), 0x6A88);
    sim_end(&s);
}

/* ---- what keys and key files demand ---- */

static void nothing_is_demanded_and_messaging_refused(void **state)
{
    struct sim s = open_directory("3F");
    (void)state;

    assert_int_equal(write_key_hex(&s, 0x01, 0x00, control_key_hex,
                                   "39F0F00133 0F1E2D3C4B5A69788796A5B4C3D2E1F0"),
                     0x6981);
    assert_int_equal(send(&s, "80 D4 01 00 0D 39 F0 F0 AA 33 0102030405060708"), 0x9000);
    assert_int_equal(send(&s, "80 D4 39 00 0D 39 F0 F0 AA 33 1112131415161718"), 0x9000);
    assert_int_equal(send(&s, "80 D4 39 00 0D 36 F0 F0 FF 33 1112131415161718"), 0x6A80);
    sim_end(&s);
}

/* Bits 8 and 7 of the type that a key was loaded with. */
static void a_key_is_changed_only_as_its_type_demands(void **state)
{
    struct sim s = open_directory("3F");
    char record[64];
    uint8_t command[APDU_MAX] = {0x84, 0xD4, 0x36, 0x01, 0x19}, iv[8];
    (void)state;

    snprintf(record, sizeof record, "80 D4 01 00 15 F9 F0 F0 0A 33 %s", control_key_hex);
    assert_int_equal(send(&s, record), 0x9000);
    snprintf(record, sizeof record, "80 D4 01 01 15 B6 F0 F0 FF 33 %s", master_key_hex);
    assert_int_equal(send(&s, record), 0x9000);
    snprintf(record, sizeof record, "80 D4 01 02 15 F6 F0 F0 FF 33 %s", master_key_hex);
    assert_int_equal(send(&s, record), 0x9000);
    assert_int_equal(send(&s, "80 D4 36 01 0D B6 F0 F0 FF 33 1112131415161718"), 0x6987);
    assert_int_equal(send(&s, "80 D4 36 02 0D F6 F0 F0 FF 33 1112131415161718"), 0x6987);
    /* MAC over the record in clear */
    snprintf(record, sizeof record, "B6F0F0FF44 %s", transport_key_hex);
    bytes_of(record, command + 5);
    challenge(&s, iv);
    assert_int_equal(send_bytes(&s, command, append_mac(control_key_hex, iv, command, 26)), 0x9000);
    assert_int_equal(send(&s, "80 CA 36 01 08"), 0x9000);
    assert_answer(&s, "01 00 00 B6 F0 00 F0 44");
    /* that is not enough for F6 */
    command[3] = 0x02;
    challenge(&s, iv);
    assert_int_equal(send_bytes(&s, command, append_mac(control_key_hex, iv, command, 26)), 0x6700);
    snprintf(record, sizeof record, "F6F0F0FF55 %s", transport_key_hex);
    assert_int_equal(write_key_hex(&s, 0x36, 0x02, control_key_hex, record), 0x9000);
    assert_int_equal(counter_of(&s, 0x36, 2), 0x55);
    sim_end(&s);
}

static void a_key_file_of_type_ff_takes_only_ciphertext_with_mac(void **state)
{
    struct sim s = open_directory("FF");
    char record[64];
    (void)state;

    assert_int_equal(send(&s, "80 D4 01 00 0D F9 F0 F0 0A 33 0102030405060708"), 0x6987);
    /* Nothing else can be wrapped before the control key, which comes from above. */
    assert_int_equal(add(&s, 0x01, "F6F0FFFF33", master_key_hex), 0x6985);
    assert_int_equal(add(&s, 0x00, "F9F0FF0F33", master_key_hex), 0x9000);
    assert_int_equal(add(&s, 0x01, "F6F0FFFF33", transport_key_hex), 0x6988);
    assert_int_equal(counter_of(&s, 0x39, 0), 0x32);
    snprintf(record, sizeof record, "F6F0FFFF33 %s", transport_key_hex);
    assert_int_equal(write_key_hex(&s, 0x01, 0x01, master_key_hex, record), 0x9000);
    assert_int_equal(counter_of(&s, 0x39, 0), 0x33);
    /* a new control key, again from above */
    snprintf(record, sizeof record, "F9F0FF0F55 %s", transport_key_hex);
    assert_int_equal(write_key_hex(&s, 0x39, 0x00, master_key_hex, record), 0x6988);
    assert_int_equal(write_key_hex(&s, 0x39, 0x00, control_key_hex, record), 0x9000);
    assert_int_equal(counter_of(&s, 0x39, 0), 0x55);
    sim_end(&s);
}

static void keys_are_added_and_changed_only_as_the_rights_say(void **state)
{
    struct sim s = washed_fmcos();
    char record[64];
    (void)state;

    assert_int_equal(add(&s, 0x01, "F6F0EFFF33", master_key_hex), 0x9000);
    snprintf(record, sizeof record, "F6F0EFFF33 %s", master_key_hex);
    assert_int_equal(write_key_hex(&s, 0x36, 0x01, control_key_hex, record), 0x6982);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(add(&s, 0x02, "F6F0EFFF33", master_key_hex), 0x6982);
    sim_end(&s);
}

static void a_command_of_the_other_dialect_is_refused_without_a_try(void **state)
{
    struct sim fmcos = washed_fmcos(), pboc = sim_washed();
    char record[64];
    (void)state;

    snprintf(record, sizeof record, "000039F00FFF33 %s", master_key_hex);
    assert_int_equal(write_key_hex(&fmcos, 0x00, 0x39, control_key_hex, record), 0x6A86);
    snprintf(record, sizeof record, "F9F0FF0F33 %s", master_key_hex);
    assert_int_equal(write_key_hex(&pboc, 0x39, 0x00, control_key_hex, record), 0x6A88);
    assert_int_equal(counter_of(&fmcos, 0x39, 0), 0x33);
    assert_int_equal(counter_of(&pboc, 0x39, 0), 0x33);
    assert_int_equal(send(&pboc, "80 E0 00 00 07 FF 0200 01 F0 FF FF"), 0x6A80);
    sim_end(&pboc);
    sim_end(&fmcos);
}

/* ---- the examples of the FMCOS 2.0 manual: ../shared/vectors/cards.json ---- */

static void manuals_authentication_examples_come_out(void **state)
{
    struct sim s = open_directory("3F");
    (void)state;

    assert_int_equal(send(&s, "80 D4 01 00 0D 39 F0 F0 0A 33 0102030405060708"), 0x9000);
    assert_int_equal(send(&s, "80 D4 01 01 0D 34 F0 F0 00 01 1122334455667788"), 0x9000);
    set_challenge(&s, "BB83BFF3");
    assert_int_equal(send(&s, "00 82 00 00 08 74B0047DD681D96C"), 0x9000);
    assert_int_equal(s.card->state, 0x0A);
    set_challenge(&s, "BB83BFF3");
    assert_int_equal(send(&s, "00 82 00 00 08 74B0047DD681D96D"), 0x63C2);
    assert_int_equal(send(&s, "00 88 00 01 08 0102030405060708"), 0x9000);
    assert_answer(&s, "178F59F8578E0D3F");
    sim_end(&s);
}

static void manuals_line_encryption_examples_are_taken(void **state)
{
    static const char key[] = "4444444444444444 4444444444444444"; /* equal halves: single DES */
    struct sim s = open_directory("3F");
    uint8_t command[APDU_MAX], iv[8];
    size_t len;
    (void)state;

    assert_int_equal(send(&s, "80 D4 01 00 0D 36 F0 F0 FF 33 4444444444444444"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 01 07 EA 02 0C F0 F0 FF 00"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 02 07 E8 0004 F0 F0 FF 00"), 0x9000);
    challenge(&s, iv);
    len = bytes_of("04 E2 00 0C 14 A5DFE4940B63DC35471ED8A8CD098843", command);
    assert_int_equal(send_bytes(&s, command, append_mac(key, iv, command, len)), 0x9000);
    assert_int_equal(send(&s, "00 B2 01 0C 0C"), 0x9000);
    assert_answer(&s, "0102030405060708090A0B0C");
    challenge(&s, iv);
    len = bytes_of("04 D6 82 00 0C F397B1FD0CD1747A", command);
    assert_int_equal(send_bytes(&s, command, append_mac(key, iv, command, len)), 0x9000);
    assert_int_equal(send(&s, "00 B0 82 00 04"), 0x9000);
    assert_answer(&s, "44332211");
    sim_end(&s);
}

/* ---- export ---- */

#define GMPK   "2B7E151628AED2A6ABF7158809CF4F3C"
#define REGION "0000000000000571"
#define BMPK   "CF55DA601D0E55E9D296E7B8EF8AB800"

static struct sim mother_fmcos(const char *algorithm)
{
    struct sim s = washed_fmcos();
    char fields[16];

    snprintf(fields, sizeof fields, "FEF1FF01%s", algorithm);
    assert_int_equal(add(&s, 0x01, fields, GMPK), 0x9000);
    assert_int_equal(add(&s, 0x02, "FBF0FFFFFF", transport_key_hex), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 19 07 28 0008 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 D6 99 00 08 00000009 00000009"), 0x9000);
    return s;
}

static void derived_key_goes_into_a_target_under_the_transport_key(void **state)
{
    struct sim mother = mother_fmcos("00"), target = washed_fmcos();
    struct secret *expected = key_of(BMPK);
    uint8_t iv[8], write[APDU_MAX] = {0x84, 0xD4, 0x01, 0x81, 0x1C};
    char command[160], digits[9];
    const struct sim_key *k;
    (void)state;

    assert_int_equal(add(&target, 0x01, "FBF0FFFF33", transport_key_hex), 0x9000);
    challenge(&target, iv);
    hex_encode(iv, 4, digits);
    snprintf(command, sizeof command, "80 F8 01 02 17 01 " REGION " FEF0EF0100 84D401811C %s",
             digits);
    assert_int_equal(send(&mother, command), 0x9000);
    assert_int_equal(mother.len, 0x1C);
    memcpy(write + 5, mother.reply, mother.len);
    assert_int_equal(send_bytes(&target, write, 5 + mother.len), 0x9000);
    k = directory_key(&target.card->directories[0], KEY_PURCHASE, 1);
    assert_non_null(k);
    assert_true(secret_equal(k->value, expected));
    assert_int_equal(k->protection, 0xC0);
    secret_free(&expected);
    sim_end(&target);
    sim_end(&mother);
}

static void attributes_stand_beside_the_algorithm(void **state)
{
    struct sim s = mother_fmcos("00");
    (void)state;

    assert_int_equal(send(&s, "80 F8 01 02 0F E0 FEF0EF0100 84D401811C 01020304"), 0x6985);
    sim_end(&s);
    s = mother_fmcos("80");
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 FEF0EF0100 84D401811C 01020304"), 0x9000);
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 FFF0EF0100 84D401811C 01020304"), 0x6985);
    sim_end(&s);
    s = mother_fmcos("C0");
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 F9F0EF0F33 84D439001C 01020304"), 0x9000);
    /* what no target takes */
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 F9F0EF0F33 84D4390024 01020304"), 0x6A80);
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 F9F0EF0F33 84D43E001C 01020304"), 0x6A80);
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 79F0EF0F33 84D439001C 01020304"), 0x6A80);
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 FAF0EF0F33 84D401001C 01020304"), 0x6A80);
    assert_int_equal(send(&s, "80 F8 01 02 0F E0 FEF0EF0101 84D401811C 01020304"), 0x6A80);
    assert_int_equal(send(&s, "80 F8 01 02 11 E0 000039F00FFF33 84D4003924 01020304"), 0x6700);
    sim_end(&s);
}

/* PIN unlock and reload keys have no byte for attributes: they leave only derived. */
static void a_filling_of_ff_is_no_attribute(void **state)
{
    struct sim s = mother_fmcos("00");
    (void)state;

    assert_int_equal(add(&s, 0x01, "F7F1FFFFFF", master_key_hex), 0x9000);
    assert_int_equal(send(&s, "80 F8 01 02 0F 70 F7F0EFFF33 84D401811C 01020304"), 0x6985);
    assert_int_equal(send(&s, "80 F8 01 02 17 71 " REGION " F7F0EFFF33 84D401811C 01020304"),
                     0x9000);
    assert_int_equal(send(&s, "80 F8 01 02 17 71 " REGION " F8F0EFFF33 84D401811C 01020304"),
                     0x6985);
    sim_end(&s);
}

/* ---- the card's file ---- */

static void a_card_keeps_its_dialect_and_what_its_keys_demand(void **state)
{
    struct sim s = open_directory("BF"), again = {0};
    char folder[] = "/tmp/keyrite-fmcos-XXXXXX", path[PATH_MAX], kind[SIM_KIND_MAX];
    const struct dialect *dialect;
    struct secret *bytes = NULL;
    (void)state;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.card", folder);
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(sim_card_kind(path, kind), KR_OK);
    assert_string_equal(kind, "blank-mother");
    assert_int_equal(sim_card_speaks(path, &dialect), KR_OK);
    assert_string_equal(dialect->id, "fmcos");
    assert_int_equal(sim_card_load(path, &again.card), KR_OK);
    assert_string_equal(sim_card_dialect(again.card)->id, "fmcos");
    assert_int_equal(again.card->directories[0].key_file_protection, 0xC0);
    assert_int_equal(again.card->directories[1].key_file_protection, 0x80);
    assert_int_equal(directory_key(&again.card->directories[0], KEY_EXTERNAL, 0)->protection, 0xC0);
    assert_int_equal(deck_file_read(path, &bytes), KR_OK);
    assert_memory_equal(bytes->bytes, "keyrite-card/2\n", 15);
    /* pboc-key is never named: one card has one file */
    memcpy(bytes->bytes, "keyrite-card/1\n", 15);
    assert_int_equal(
        sha256(bytes->bytes, bytes->len - SHA256_LEN, bytes->bytes + bytes->len - SHA256_LEN),
        KR_OK);
    assert_int_equal(deck_file_replace(path, bytes->bytes, bytes->len), KR_OK);
    sim_end(&again);
    assert_int_equal(sim_card_load(path, &again.card), KR_E_DECK);
    secret_free(&bytes);
    unlink(path);
    rmdir(folder);
    sim_end(&s);
}

/* Whatever a file says under a right checksum, it makes a card that holds together or none. */
static void changed_content_makes_no_strange_card(void **state)
{
    struct sim s = open_directory("FF"), other = {0};
    char folder[] = "/tmp/keyrite-fmcos-XXXXXX", path[PATH_MAX];
    struct secret *bytes = NULL;
    size_t body;
    (void)state;

    assert_int_equal(add(&s, 0x00, "F9F0FF0F33", master_key_hex), 0x9000);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.card", folder);
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(deck_file_read(path, &bytes), KR_OK);
    body = bytes->len - SHA256_LEN;
    for (size_t at = 13; at < body; at++) {
        bytes->bytes[at] ^= 0x40;
        assert_int_equal(sha256(bytes->bytes, body, bytes->bytes + body), KR_OK);
        assert_int_equal(deck_file_replace(path, bytes->bytes, bytes->len), KR_OK);
        if (sim_card_load(path, &other.card) == KR_OK) {
            external(&other, card_key_hex, 0);
            write_key_hex(&other, 0x39, 0x00, card_key_hex, "F9F0FF0F33 00");
            send(&other, "80 CA 39 00 08");
            sim_end(&other);
        }
        bytes->bytes[at] ^= 0x40;
    }
    secret_free(&bytes);
    unlink(path);
    rmdir(folder);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_to_reset_tells_the_dialects_apart),
        cmocka_unit_test(write_key_takes_what_was_computed_elsewhere),
        cmocka_unit_test(every_kind_of_record_says_what_it_has_a_place_for),
        cmocka_unit_test(records_that_say_nonsense_are_refused),
        cmocka_unit_test(nothing_is_demanded_and_messaging_refused),
        cmocka_unit_test(a_key_is_changed_only_as_its_type_demands),
        cmocka_unit_test(a_key_file_of_type_ff_takes_only_ciphertext_with_mac),
        cmocka_unit_test(keys_are_added_and_changed_only_as_the_rights_say),
        cmocka_unit_test(a_command_of_the_other_dialect_is_refused_without_a_try),
        cmocka_unit_test(manuals_authentication_examples_come_out),
        cmocka_unit_test(manuals_line_encryption_examples_are_taken),
        cmocka_unit_test(derived_key_goes_into_a_target_under_the_transport_key),
        cmocka_unit_test(attributes_stand_beside_the_algorithm),
        cmocka_unit_test(a_filling_of_ff_is_no_attribute),
        cmocka_unit_test(a_card_keeps_its_dialect_and_what_its_keys_demand),
        cmocka_unit_test(changed_content_makes_no_strange_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
