/* A simulated card under test: commands as hex, and the terminal's side of the cryptography. */
#ifndef KEYRITE_TESTS_CARDIO_SIM_FIXTURE_H
#define KEYRITE_TESTS_CARDIO_SIM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../cardio/sim/card_state.h"
#include "../../crypto/hash.h"
#include "../../crypto/suite.h"

static const char card_key_hex[] = "2B7E151628AED2A6ABF7158809CF4F3D";
static const char transport_key_hex[] = "00112233445566778899AABBCCDDEEFF";
static const char control_key_hex[] = "112233445566778899AABBCCDDEEFF00";
static const char master_key_hex[] = "0F1E2D3C4B5A69788796A5B4C3D2E1F0";

struct sim {
    struct sim_card *card;
    uint8_t reply[REPLY_MAX];
    size_t len; /* of the answer, SW not counted */
};

/* Spaces in hex are for the reader. Returns the number of bytes. */
static inline size_t bytes_of(const char *hex, uint8_t *out)
{
    char digits[2 * APDU_MAX + 1];
    size_t n = 0;

    for (; *hex; hex++)
        if (*hex != ' ')
            digits[n++] = *hex;
    digits[n] = '\0';
    assert_int_equal(hex_decode(digits, out, n / 2), KR_OK);
    return n / 2;
}

static inline struct secret *key_of(const char *hex)
{
    uint8_t bytes[64];
    size_t len = bytes_of(hex, bytes);
    struct secret *s = secret_from(bytes, len);

    assert_non_null(s);
    return s;
}

static inline struct sim sim_deliver_as(const char *kind, const char *dialect)
{
    struct sim s = {0};
    struct sim_factory f;

    assert_int_equal(secret_heap_open(), KR_OK);
    f = (struct sim_factory){key_of(card_key_hex), key_of(transport_key_hex), key_of("123456")};
    assert_int_equal(sim_card_deliver_as(kind, dialect, &f, &s.card), KR_OK);
    secret_free(&f.card_key);
    secret_free(&f.transport_key);
    secret_free(&f.pin);
    return s;
}

static inline struct sim sim_deliver(const char *kind)
{
    return sim_deliver_as(kind, SIM_DIALECT);
}

static inline void sim_end(struct sim *s)
{
    sim_card_free(&s->card);
}

static inline uint16_t send_bytes(struct sim *s, const uint8_t *command, size_t len)
{
    size_t reply_len = 0;

    sim_card_process(s->card, command, len, s->reply, &reply_len);
    assert_in_range(reply_len, 2, REPLY_MAX);
    s->len = reply_len - 2;
    return (uint16_t)(s->reply[s->len] << 8 | s->reply[s->len + 1]);
}

static inline uint16_t send(struct sim *s, const char *hex)
{
    uint8_t command[APDU_MAX];

    return send_bytes(s, command, bytes_of(hex, command));
}

static inline void assert_answer(const struct sim *s, const char *hex)
{
    uint8_t wanted[256];
    size_t len = bytes_of(hex, wanted);

    assert_int_equal(s->len, len);
    assert_memory_equal(s->reply, wanted, len);
}

/* The next command finds this challenge, as if the card had drawn it. */
static inline void set_challenge(struct sim *s, const char *hex)
{
    s->card->challenge_len = bytes_of(hex, s->card->challenge);
}

static inline void challenge(struct sim *s, uint8_t iv[8])
{
    memset(iv, 0, 8);
    assert_int_equal(send(s, "00 84 00 00 04"), 0x9000);
    assert_int_equal(s->len, 4);
    memcpy(iv, s->reply, 4);
}

static inline void encrypt(const char *key_hex, const uint8_t *in, uint8_t *out, size_t len)
{
    struct secret *k = key_of(key_hex);

    assert_int_equal(suite_encrypt(suite_by_id("3des"), k, in, out, len), KR_OK);
    secret_free(&k);
}

static inline uint16_t external(struct sim *s, const char *key_hex, uint8_t kid)
{
    uint8_t command[13] = {0x00, 0x82, 0x00, kid, 0x08};
    uint8_t iv[8];

    challenge(s, iv);
    encrypt(key_hex, iv, command + 5, 8);
    return send_bytes(s, command, sizeof command);
}

/* LD || data || 80 00.. encrypted; returns its length. */
static inline size_t encrypt_padded(const char *key_hex, const uint8_t *data, size_t len,
                                    uint8_t *out)
{
    uint8_t plain[256] = {0};
    size_t total = (len + 1) / 8 * 8 + 8;

    plain[0] = (uint8_t)len;
    memcpy(plain + 1, data, len);
    plain[1 + len] = 0x80;
    encrypt(key_hex, plain, out, total);
    return total;
}

/* command: header and data, Lc already with the MAC's 4. Appends the MAC. */
static inline size_t append_mac(const char *key_hex, const uint8_t iv[8], uint8_t *command,
                                size_t len)
{
    struct secret *k = key_of(key_hex);

    assert_int_equal(suite_mac(suite_by_id("3des"), k, iv, command, len, command + len), KR_OK);
    secret_free(&k);
    return len + 4;
}

/* A WRITE KEY command for a challenge already taken. record: header and value in hex. */
static inline size_t build_write_key(uint8_t *command, const uint8_t iv[8], uint8_t p1, uint8_t p2,
                                     const char *under, const char *record)
{
    uint8_t plain[64];
    size_t plain_len = bytes_of(record, plain);
    size_t cipher_len = encrypt_padded(under, plain, plain_len, command + 5);
    const uint8_t header[5] = {0x84, 0xD4, p1, p2, (uint8_t)(cipher_len + 4)};

    memcpy(command, header, 5);
    return append_mac(under, iv, command, 5 + cipher_len);
}

static inline uint16_t write_key_hex(struct sim *s, uint8_t p1, uint8_t p2, const char *under,
                                     const char *record)
{
    uint8_t command[APDU_MAX], iv[8];

    challenge(s, iv);
    return send_bytes(s, command, build_write_key(command, iv, p1, p2, under, record));
}

/* Under the control key of sim_washed(). */
static inline void add_key(struct sim *s, uint8_t p1, uint8_t type, const char *header,
                           const char *value)
{
    char record[96];

    snprintf(record, sizeof record, "%s %s", header, value);
    assert_int_equal(write_key_hex(s, p1, type, control_key_hex, record), 0x9000);
}

/* Line-protected command; header without Lc. */
static inline uint16_t send_secured(struct sim *s, const char *header4, const char *key_hex,
                                    bool encrypted, const char *data_hex)
{
    uint8_t command[APDU_MAX], data[256], iv[8];
    size_t len = bytes_of(data_hex, data);

    bytes_of(header4, command);
    challenge(s, iv);
    if (encrypted)
        len = encrypt_padded(key_hex, data, len, command + 5);
    else
        memcpy(command + 5, data, len);
    command[4] = (uint8_t)(len + 4);
    return send_bytes(s, command, append_mac(key_hex, iv, command, 5 + len));
}

static inline uint8_t counter_of(struct sim *s, uint8_t type, uint8_t kid)
{
    const uint8_t command[5] = {0x80, 0xCA, type, kid, 0x08};

    assert_int_equal(send_bytes(s, command, sizeof command), 0x9000);
    return s->reply[7];
}

/* A blank whose control key was replaced, reset and authenticated: state F in the MF. */
static inline struct sim sim_washed(void)
{
    struct sim s = sim_deliver("blank-mother");
    char record[64];

    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    snprintf(record, sizeof record, "000039F00FFF33 %s", control_key_hex);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, card_key_hex, record), 0x9000);
    sim_card_reset(s.card);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    return s;
}

#endif
