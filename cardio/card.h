/*
 * One card in one reader: the commands of ../shared/domain/cards.md section 2 with their
 * cryptography done in the vault. Functions send; they decide nothing. All return KR_OK only on
 * status 9000; else the error that names the case (KR_E_CARD_AUTH with tries left,
 * KR_E_CARD_LOCKED, KR_E_CARD_FULL, KR_E_CARD_REFUSED "6985 ..."), or what reader_transmit() said.
 */
#ifndef KEYRITE_CARDIO_CARD_H
#define KEYRITE_CARDIO_CARD_H

#include "reader.h"
#include "dialect.h"

/* One line of the details pane: command name, status, milliseconds; secrets never. */
struct card_trace {
    const char *command;
    uint16_t sw;
    uint32_t micros;
};
/* A command that may wait for the next one (card_put_off()), and what the card will answer to it.
 */
struct card_wanted {
    enum kr_error
        differs; /* said of another answer, with what as detail; KR_OK: any answer will do */
    uint8_t answer[8];
    char what[48];
};
#define CARD_PUT_OFF_MAX 8
struct card_put_off {
    struct apdu apdu;
    struct card_wanted wanted;
};
struct card {
    struct readers *readers;
    size_t reader;
    struct vault *vault;
    const struct dialect *dialect;
    const char *suite;                                       /* "3des" */
    void (*trace)(void *ctx, const struct card_trace *line); /* may be NULL */
    void *trace_ctx;
    bool expect_chip; /* card_open() then refuses any other piece of plastic: KR_E_CARD_SWAPPED */
    uint8_t chip[8];
    bool last_try; /* a supervisor approved that the last try of its PIN may be spent */
    uint16_t sw;   /* status word of the last command, 0 when there was none */
    /* Called once, before the first command that may change the card; with an error the command is
     * not sent. NULL: every command may be sent. */
    enum kr_error (*before_change)(void *ctx);
    void *before_change_ctx;
    bool touched; /* since the structure was zeroed, a command reached it that may have left
                     something on it, or cost a try */
    bool fresh;   /* as card_open() left it: nothing was sent since but GET DATA */
    bool puts_off;
    size_t put_off; /* of these wait */
    struct card_put_off waiting[CARD_PUT_OFF_MAX];
};

/* From now on commands of which nothing but their success, or an answer known beforehand, is wanted
 * may wait for the next command: they reach the card in the same order, but the card process is
 * asked once for all of them. A function then returns KR_OK before the card was asked; what the
 * card says is said by a later function, at the latest by card_settle(), which also ends this.
 * Opening, resetting and closing a card forget what waits. */
void card_put_off(struct card *c);
/* Sends what waits, where what the card says next depends on it. */
enum kr_error card_flush(struct card *c);
/* err, or what the commands that still wait come to. With an error they are not sent. */
enum kr_error card_settle(struct card *c, enum kr_error err);

/* Connect or reset; afterwards MF is current and its security state is 0. A fresh card of
 * which the chip is known is only asked for it: a reset takes as long as several commands. */
enum kr_error card_open(struct card *c);
enum kr_error card_reset(struct card *c);
void card_close(struct card *c);
/* 8-byte chip serial: GET DATA 80 CA 00 00 (D; see docs/simulated-cos.md). Identifies the piece of
 * plastic. */
enum kr_error card_chip_serial(struct card *c, uint8_t serial[8]);

enum kr_error card_select_file(struct card *c, uint16_t file_id);
/* As card_select_file() for a directory, and tells its name. c->sw is 6A82 when it is not there. */
enum kr_error card_select_directory(struct card *c, uint16_t file_id, uint8_t name[16],
                                    size_t *name_len);
enum kr_error card_select_name(struct card *c, const uint8_t *name, size_t len);
/* Types of files, and what demands protected updates; control data as the COS wants it
 * (docs/simulated-cos.md section 2). */
#define FILE_DIRECTORY   0x38
#define FILE_TRANSPARENT 0x28
#define FILE_FIXED       0x2A
#define FILE_CYCLIC      0x2E
#define FILE_PURSE       0x2F
#define FILE_MAC         0x80
#define FILE_ENCRYPT     0xC0 /* with MAC */
struct file_control {
    uint16_t id;
    uint8_t type;  /* with bits 8 (MAC) and 7 (encrypt) for protected updates */
    uint16_t size; /* files of records: how many, and the length of each, a byte each */
    uint8_t read_right, write_right;
    uint8_t name[16]; /* DF name */
    size_t name_len;
};
enum kr_error card_create_file(struct card *c, const struct file_control *f);
/* Erases everything below the current directory (re-washing); needs its erase right. */
enum kr_error card_erase_directory(struct card *c);
/* Takes a whole directory away from below the MF, under the MF's erase right. */
enum kr_error card_erase_below(struct card *c, uint16_t directory);
/* kid of an external-authentication or control key. Burns a try when wrong: KR_E_CARD_AUTH. */
enum kr_error card_external_authenticate(struct card *c, vault_handle key, uint8_t kid);
/* The partner card computes the cryptogram for this card's challenge (RMKC <- RAKC). */
enum kr_error card_authenticate_by_partner(struct card *c, uint8_t kid, struct card *partner,
                                           uint8_t partner_kid);
/* Proves an internal-authentication key: KR_E_CARD_FAKE when the answer differs. */
enum kr_error card_prove_key(struct card *c, vault_handle key, uint8_t kid);
/* Proves a key of any other kind through INTERNAL AUTHENTICATE P1=01 with a derived key (factor ||
 * challenge). */
enum kr_error card_prove_derived(struct card *c, vault_handle key, enum card_key_kind kind,
                                 uint8_t kid);
/* Tries left without spending one. */
struct key_info {
    struct key_header header;
    uint8_t kid;
    uint8_t tries_left, tries_max; /* from the error counter byte; 0xF/0xF unlimited */
};
enum kr_error card_key_info(struct card *c, enum card_key_kind kind, uint8_t kid,
                            struct key_info *info);
/* The key is there and has exactly this header, counter included: else KR_E_CARD_DIFFERS. name: for
 * the detail. */
enum kr_error card_key_is(struct card *c, enum card_key_kind kind, uint8_t kid,
                          const struct key_header *h, const char *name);
/* True for a key whose error counter never counts. */
bool card_tries_unlimited(const struct key_info *info);
/* Tries left of a PIN; spends none. KR_E_CARD_LOCKED at 0. */
enum kr_error card_pin_tries(struct card *c, uint8_t kid, int *tries_left);
/* The PIN is a complete ENTRY_PIN. Never spends the last try: KR_E_PIN_LAST_TRY unless last_try is
 * approved; KR_E_PIN_WRONG with the tries left; KR_E_CARD_LOCKED when this was the last. */
enum kr_error card_verify_pin(struct card *c, vault_handle pin, uint8_t kid, bool last_try,
                              int *tries_left);
/* CHANGE PIN: both PINs of exactly 2 * pin_len digits (pin_len 2..6); the new one has all tries.
 * Errors as above, of the old one; KR_E_ARGUMENT "PIN" for another number of digits. */
enum kr_error card_change_pin(struct card *c, vault_handle old_pin, vault_handle new_pin,
                              uint8_t kid, size_t pin_len, bool last_try, int *tries_left);
/* WRITE KEY under control (the control key in force); payload a key or, for CARD_KEY_PIN, a PIN
 * entry. change: replace the existing key of that kind and kid. Takes its own challenge. */
enum kr_error card_write_key(struct card *c, vault_handle control, vault_handle payload,
                             bool change, uint8_t kid, const struct key_header *h);
/* As above, added under a transport key that lies on the card instead of its control key. */
enum kr_error card_write_key_under(struct card *c, vault_handle transport, vault_handle payload,
                                   uint8_t kid, const struct key_header *h);

/* A key that a mother card gives. It lies opened in another reader, with its application current;
 * the value crosses both readers wrapped under a transport key that both cards hold. */
struct mother_key {
    struct card *card;
    enum card_key_kind kind;
    uint8_t kid, transport_kid; /* on the mother card */
    uint8_t factors[4 * 8];
    size_t factor_count;
};
/* DERIVE AND EXPORT, then WRITE KEY with what it gave. Takes one of the mother card's exports. */
enum kr_error card_write_key_from(struct card *c, const struct mother_key *m, uint8_t kid,
                                  const struct key_header *h);
/* Both cards prove the same key by the same challenge: KR_E_CARD_FAKE when they differ. */
enum kr_error card_prove_against(struct card *c, const struct mother_key *m,
                                 enum card_key_kind kind, uint8_t kid);
enum kr_error card_read_binary(struct card *c, uint8_t sfi, uint8_t *out,
                               size_t *len /* in: room */);
/* maintenance 0: plain update. encrypt: encrypted as well as MACed. */
enum kr_error card_update_binary(struct card *c, uint8_t sfi, const uint8_t *data, size_t len,
                                 vault_handle maintenance, bool encrypt);
/* DERIVE AND EXPORT (docs/simulated-cos.md); n factors of 8 bytes; out = ciphertext || MAC. */
enum kr_error card_export(struct card *c, enum card_key_kind kind, uint8_t kid,
                          uint8_t transport_kid, const uint8_t *factors8, size_t n,
                          const struct key_header *target, const uint8_t target_command[5],
                          const uint8_t target_challenge[4], uint8_t *out, size_t *out_len);
enum kr_error card_get_challenge(struct card *c, uint8_t *out, size_t len /* 4 or 8 */);

#endif
