/* User cards and PSAMs made ready for transactions, and the terminal and the issuer between them.
 */
#ifndef KEYRITE_TESTS_CARDIO_PURSE_FIXTURE_H
#define KEYRITE_TESTS_CARDIO_PURSE_FIXTURE_H

#include "sim_fixture.h"
#include "../../cardio/sim/purse.h"

static const char *const both_dialects[] = {"pboc-key", "fmcos"};

/* ../shared/vectors/cards.json, "purchase session key ...", "load session key ...", "purchase TAC",
 * "three-level PBOC diversification" */
#define EXAMPLE_DPK  "11223344556677888877665544332211"
#define EXAMPLE_DTK  "00112233445566778899AABBCCDDEEFF"
#define GMPK         "2B7E151628AED2A6ABF7158809CF4F3C"
#define REGION       "0000000000000571"
#define BANK         "0000000001021000"
#define ASN          "0000000012345678"
#define DPK          "D43DB06253BD34D04F301FB1B9FEE33B"
#define TERMINAL     "001122334455"
#define RELOAD_KEY   "0123456789ABCDEFFEDCBA9876543210"
#define UNLOCK_KEY   "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBB"
#define WHEN         "20120229 135100"
#define KEY_ALWAYS   0xF0
#define KEY_WITH_PIN 0x11

static inline void hex_of(const uint8_t *bytes, size_t len, char *out)
{
    hex_encode(bytes, len, out);
}

/* WRITE KEY in the card's dialect under the key that stands above. */
static inline uint16_t write_key_as(struct sim *s, bool change, uint8_t kid, struct key_header h,
                                    const char *value, const char *under)
{
    const struct dialect *d = sim_card_dialect(s->card);
    uint8_t fields[RECORD_FIELDS_MAX], command[4];
    char record[96];
    size_t n = dialect_put_record(d, &h, fields);

    hex_of(fields, n, record);
    snprintf(record + 2 * n, sizeof record - 2 * n, "%s", value);
    dialect_write_key(d, change, kid, h.usage, command);
    return write_key_hex(s, command[2], command[3], under, record);
}

static inline void give_key(struct sim *s, uint8_t kid, struct key_header h, const char *value)
{
    assert_int_equal(write_key_as(s, false, kid, h, value, control_key_hex), 0x9000);
}

/* Washed, with an application 3F01 that stays free for what follows. */
static inline struct sim sim_with_application(const char *kind, const char *dialect)
{
    struct sim s = sim_deliver_as(kind, dialect);
    const struct key_header control = {0, 0, 0x39, 0xF0, 0x0F, 0xFF, 0x33};
    char command[64];

    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    assert_int_equal(write_key_as(&s, true, 0, control, control_key_hex, card_key_hex), 0x9000);
    sim_card_reset(s.card);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 16 07 28 0008 F0 FF FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 D6 96 00 06 " TERMINAL), 0x9000);
    assert_int_equal(send(&s, "80 E0 3F 01 0E 38 0900 FF FF FF FFFF 505552534531"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    snprintf(command, sizeof command, "80 E0 00 00 07 %02X 0300 00 FF FF FF",
             sim_card_dialect(s.card)->key_file_type);
    assert_int_equal(send(&s, command), 0x9000);
    give_key(&s, 0, control, control_key_hex);
    return s;
}

/* What a test varies of a user card. */
struct user_card {
    const char *dialect;                               /* NULL: pboc-key */
    const char *purchase[5];                           /* keys of groups 1 to 5, NULL: none */
    uint8_t load_right, purchase_right, balance_right; /* 0: always */
    uint8_t purchase_counter;                          /* 0: never counts */
    bool no_log, no_tac;
};

static inline uint8_t or_else(uint8_t value, uint8_t otherwise)
{
    return value ? value : otherwise;
}

static inline void give_user_keys(struct sim *s, const struct user_card *u)
{
    for (uint8_t g = 1; g <= 5; g++)
        if (u->purchase[g - 1])
            give_key(s, g,
                     (struct key_header){g, 0, 0x3E, or_else(u->purchase_right, KEY_ALWAYS), 0,
                                         0xEF, or_else(u->purchase_counter, 0xFF)},
                     u->purchase[g - 1]);
    give_key(s, 1,
             (struct key_header){1, 0, 0x3F, or_else(u->load_right, KEY_ALWAYS), 0, 0xEF, 0xFF},
             EXAMPLE_DPK);
    if (!u->no_tac)
        give_key(s, 1, (struct key_header){0, 0, 0x33, 0xF0, 0, 0xEF, 0xFF}, EXAMPLE_DTK);
    give_key(s, 0, (struct key_header){0, 3, 0x3A, 0xF0, 0x01, 0xFF, 0x33}, "123456");
    give_key(s, 0, (struct key_header){0, 0, 0x37, 0xF0, 0, 0xEF, 0x33}, UNLOCK_KEY);
    give_key(s, 0, (struct key_header){0, 0, 0x38, 0xF0, 0, 0xEF, 0x33}, RELOAD_KEY);
}

/* In its application, as a terminal finds it: state 0, not free. */
static inline void enter_application(struct sim *s)
{
    sim_card_reset(s->card);
    assert_int_equal(send(s, "00 A4 00 00 02 3F01"), 0x9000);
}

static inline struct sim sim_user(const struct user_card *u)
{
    struct sim s = sim_with_application("blank-user", u->dialect ? u->dialect : "pboc-key");
    char command[64];

    give_user_keys(&s, u);
    if (!u->no_log)
        assert_int_equal(send(&s, "80 E0 00 18 07 2E 0A 17 F0 EF FF FF"), 0x9000);
    for (int id = 1; id <= 2; id++) {
        snprintf(command, sizeof command, "80 E0 00 %02X 07 2F 0208 %02X EF FF FF", id,
                 or_else(u->balance_right, 0xF0));
        assert_int_equal(send(&s, command), 0x9000);
    }
    enter_application(&s);
    return s;
}

/* The purse 0002 as it lies in the card. */
static inline struct purse purse_of(const struct sim *s, uint16_t id)
{
    struct purse p;

    purse_read(directory_file(&s->card->directories[1], id), &p);
    return p;
}

static inline void set_purse(struct sim *s, uint16_t id, const struct purse *p)
{
    purse_write(directory_file(&s->card->directories[1], id), p);
}

static inline void assert_balance(struct sim *s, uint32_t amount)
{
    assert_int_equal(send(s, "80 5C 00 02 04"), 0x9000);
    assert_int_equal(s->len, 4);
    assert_int_equal(number_read(s->reply, 4), amount);
}

/* What whoever holds key_hex computes, by other calls than the card's: the session key under
 * random, counter and two bytes, and a MAC under it. */
static inline void outside_mac(const char *key_hex, const uint8_t factor[8], const uint8_t *data,
                               size_t len, uint8_t mac[4])
{
    static const uint8_t zero[8];
    struct secret *session = secret_new(8);

    assert_non_null(session);
    encrypt(key_hex, factor, session->bytes, 8);
    assert_int_equal(suite_mac(suite_by_id("3des"), session, zero, data, len, mac), KR_OK);
    secret_free(&session);
}

static inline void session_factor(uint8_t factor[8], const uint8_t random[4],
                                  const uint8_t counter[2], const uint8_t last[2])
{
    memcpy(factor, random, 4);
    memcpy(factor + 4, counter, 2);
    memcpy(factor + 6, last, 2);
}

/* INITIALIZE; load 00, purchase 01. */
static inline uint16_t begin(struct sim *s, uint8_t what, uint8_t purse, uint8_t index,
                             uint32_t amount)
{
    char command[64];

    snprintf(command, sizeof command, "80 50 %02X %02X 0B %02X %08X " TERMINAL, what, purse, index,
             (unsigned)amount);
    return send(s, command);
}

/* MAC over amount, type, terminal, date, time. */
static inline void mac_of_names(const char *key_hex, const uint8_t factor[8], uint32_t amount,
                                uint8_t type, uint8_t mac[4])
{
    uint8_t data[32];
    char text[96];

    snprintf(text, sizeof text, "%08X %02X " TERMINAL WHEN, (unsigned)amount, type);
    outside_mac(key_hex, factor, data, bytes_of(text, data), mac);
}

/* A whole load of the purse 0002 with the issuer's key; 9000 when all went well. */
static inline uint16_t load_purse(struct sim *s, const char *key_hex, uint32_t amount)
{
    static const uint8_t last[2] = {0x80, 0x00};
    uint8_t factor[8], mac[4];
    char digits[9], command[64];
    uint16_t sw = begin(s, 0, 2, 1, amount);

    if (sw != 0x9000)
        return sw;
    assert_int_equal(s->len, 16);
    session_factor(factor, s->reply + 8, s->reply + 4, last);
    mac_of_names(key_hex, factor, amount, 2, mac);
    hex_of(mac, 4, digits);
    snprintf(command, sizeof command, "80 52 00 00 0B " WHEN "%s", digits);
    return send(s, command);
}

/* DEBIT for what begin() began, from a terminal that knows the card's key itself. */
static inline size_t build_debit(const struct sim *s, const char *key_hex, uint32_t number,
                                 uint32_t amount, uint8_t command[APDU_MAX])
{
    uint8_t factor[8], mac[4], last[2] = {(uint8_t)(number >> 8), (uint8_t)number};
    char text[96], digits[9];

    session_factor(factor, s->reply + 11, s->reply + 4, last);
    mac_of_names(key_hex, factor, amount, 6, mac);
    hex_of(mac, 4, digits);
    snprintf(text, sizeof text, "80 54 01 00 0F %08X " WHEN "%s", (unsigned)number, digits);
    return bytes_of(text, command);
}

static inline uint16_t pay(struct sim *s, uint8_t group, const char *key_hex, uint32_t amount)
{
    static const uint32_t number = 7;
    uint8_t command[APDU_MAX];
    uint16_t sw = begin(s, 1, 2, group, amount);

    if (sw != 0x9000)
        return sw;
    return send_bytes(s, command, build_debit(s, key_hex, number, amount, command));
}

#endif
