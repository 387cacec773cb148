/*
 * What a simulated card remembers, and the parts of the card operating system among themselves.
 * Only cardio/sim and its tests include this.
 */
#ifndef KEYRITE_CARDIO_SIM_CARD_STATE_H
#define KEYRITE_CARDIO_SIM_CARD_STATE_H

#include "cos.h"

#define SIM_DIRECTORIES_MAX 16
#define SIM_FILES_MAX       32
#define SIM_KEYS_MAX        64
#define SIM_NAME_MAX        16
#define SIM_SERIAL_LEN      8

#define MF_ID         0x3F00
#define LIMIT_FILE_ID 0x0019

/* Types as CREATE FILE and WRITE KEY carry them (FMCOS 2.0 numbers; 33 and 3B are ours). */
enum {
    FILE_TRANSPARENT = 0x28,
    FILE_FIXED = 0x2A,
    FILE_VARIABLE = 0x2C,
    FILE_CYCLIC = 0x2E,
    FILE_PURSE = 0x2F,
    FILE_DIRECTORY = 0x38,
    FILE_KEYS = 0x3F,
    FILE_WITH_MAC = 0x80,
    FILE_ENCRYPTED = 0x40,
    FILE_PROTECTION = 0xC0,
};
enum {
    KEY_DES_ENCRYPT = 0x30,
    KEY_DES_DECRYPT = 0x31,
    KEY_DES_MAC = 0x32,
    KEY_TAC = 0x33,
    KEY_INTERNAL = 0x34,
    KEY_MAINTENANCE = 0x36,
    KEY_PIN_UNLOCK = 0x37,
    KEY_PIN_RELOAD = 0x38,
    KEY_EXTERNAL = 0x39,
    KEY_PIN = 0x3A,
    KEY_TRANSPORT = 0x3B,
    KEY_OVERDRAFT = 0x3C,
    KEY_UNLOAD = 0x3D,
    KEY_PURCHASE = 0x3E,
    KEY_LOAD = 0x3F,
};
#define KID_CONTROL        0x00 /* of type 39: the directory's master control key */
#define ATTRIBUTE_EXPORT   0x80 /* in the follow-on byte of a master key */
#define ATTRIBUTE_ANY_TYPE 0x40
#define COUNTER_NEVER      0xFF
#define RIGHT_ALWAYS       0xF0
#define RIGHT_NEVER        0xEF

struct sim_key {
    uint8_t kid;
    uint8_t protection; /* what its change demands: FILE_WITH_MAC, FILE_ENCRYPTED; fmcos only */
    struct key_header header;
    struct secret *value;
};
struct sim_file {
    uint16_t id;
    uint8_t type; /* with FILE_WITH_MAC and FILE_ENCRYPTED */
    uint8_t read_right, write_right;
    uint8_t access;     /* KID of the line-protection key, FF: the lowest */
    uint8_t record_len; /* fixed and cyclic */
    uint8_t record_max;
    uint16_t used; /* bytes of content that are records so far; all of it when transparent */
    uint16_t size; /* bytes of content */
    uint8_t *content;
};
struct sim_directory {
    uint16_t id;
    uint8_t name[SIM_NAME_MAX];
    size_t name_len;
    uint8_t create_right, erase_right, access;
    uint32_t room; /* bytes that files in it may take */
    bool has_key_file;
    uint16_t key_file_size;
    uint8_t key_file_protection; /* what adding a key demands; fmcos only */
    uint8_t key_add_right;
    uint32_t terminal_number; /* of the last purchase that a PSAM began here; 0 none */
    struct sim_key keys[SIM_KEYS_MAX];
    size_t key_count;
    struct sim_file files[SIM_FILES_MAX];
    size_t file_count;
};
/* A transaction or computation whose next command is awaited; lost when another one comes. */
enum begun_step { BEGUN_NOTHING, BEGUN_LOAD, BEGUN_PURCHASE, BEGUN_SAM_PURCHASE, BEGUN_CRYPT };
struct begun {
    enum begun_step step;
    uint16_t purse;    /* id of the file */
    uint8_t kid;       /* of the load or purchase key */
    uint8_t type;      /* of the transaction (TRANSACTION_...), or of the key that computes */
    uint8_t random[4]; /* the card's */
    uint8_t amount[4];
    uint8_t terminal[6];
    struct secret *session; /* PSAM: of this purchase, or the key that computes */
    uint8_t chain[8];       /* MAC so far */
    bool chained;           /* its first block has been */
};
struct sim_card {
    char kind[SIM_KIND_MAX];
    const struct dialect *dialect;
    uint8_t serial[SIM_SERIAL_LEN];
    struct sim_directory directories[SIM_DIRECTORIES_MAX]; /* 0 is the MF */
    size_t directory_count;
    bool changed;
    bool t0; /* the reader's wish, in no file */
    /* lost at reset */
    size_t current;
    uint16_t current_file; /* id, 0 none */
    uint8_t state;
    bool free; /* selected without a key file: rights are not asked */
    uint8_t challenge[8];
    size_t challenge_len; /* 0 none */
    struct begun begun;
    uint8_t pending[256];
    size_t pending_len;
};

/* One command being carried out. The challenge is the one that directly preceded it, and begun what
 * the command directly before it began. */
struct exchange {
    const struct apdu *command;
    struct begun begun;
    uint8_t challenge[8];
    size_t challenge_len;
    uint8_t answer[256];
    size_t answer_len;
};
typedef uint16_t command_function(struct sim_card *c, struct exchange *x);

enum {
    SW_OK = 0x9000,
    SW_MEMORY = 0x6581,
    SW_LENGTH = 0x6700,
    SW_NOT_BEGUN = 0x6901,
    SW_FILE_KIND = 0x6981,
    SW_SECURITY = 0x6982,
    SW_LOCKED = 0x6983,
    SW_CONDITIONS = 0x6985,
    SW_MESSAGING_MISSING = 0x6987,
    SW_MESSAGING_WRONG = 0x6988,
    SW_DATA = 0x6A80,
    SW_NO_FILE = 0x6A82,
    SW_NO_RECORD = 0x6A83,
    SW_NO_ROOM = 0x6A84,
    SW_P1P2 = 0x6A86,
    SW_NO_KEY = 0x6A88,
    SW_TRIES = 0x63C0,
    SW_MORE = 0x6100,
    SW_WRONG_LE = 0x6C00,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00,
    SW_MAC = 0x9302,
    SW_BALANCE = 0x9401,
    SW_COUNTER_FULL = 0x9402,
    SW_KEY_INDEX = 0x9403,
    SW_NO_PROOF = 0x9406,
};

/* file_system.c */
struct sim_directory *current_directory(struct sim_card *c);
struct sim_file *directory_file(struct sim_directory *d, uint16_t id);
/* A file without content yet; NULL: no place or memory. */
struct sim_file *directory_add_file(struct sim_directory *d, const struct sim_file *like);
/* Type, sizes and use of records agree with each other. */
bool working_file_valid(const struct sim_file *f);
uint32_t directory_used(const struct sim_card *c, const struct sim_directory *d);
/* Frees keys and files; keep_control leaves 39/00. */
void directory_empty(struct sim_directory *d, bool keep_control);
bool right_satisfied(const struct sim_card *c, uint8_t right);
void enter_directory(struct sim_card *c, size_t index);
command_function select_file, create_file, erase_directory;

/* key_file.c */
struct sim_key *directory_key(struct sim_directory *d, uint8_t type, uint8_t kid);
/* Adds the key, or puts it in the place of the one with its type and kid. Copies the value.
 * KR_E_CARD_FULL, KR_E_MEMORY: nothing changed. */
enum kr_error directory_put_key(struct sim_directory *d, uint8_t kid, const struct key_header *h,
                                const uint8_t *value, size_t len);
bool key_locked(const struct sim_key *k);
/* SW_OK when it is there (SW_NO_KEY), not locked (SW_LOCKED) and its use right satisfied
 * (SW_SECURITY); *found is NULL only for SW_NO_KEY. */
uint16_t usable_key(struct sim_card *c, uint8_t type, uint8_t kid, struct sim_key **found);
/* Takes a try; returns those left (F when it never counts). */
uint8_t key_failed(struct sim_card *c, struct sim_key *k);
void key_succeeded(struct sim_card *c, struct sim_key *k);
/* 16 bytes whatever the key's length: equal halves are single DES. NULL: no memory. */
struct secret *key_wide(const struct sim_key *k);
bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t len);
command_function get_data;

/* messaging.c */
/* MAC of the command (header with its Lc, data without its last 4 bytes) under key, against those 4
 * bytes. */
bool messaging_mac_fits(const struct exchange *x, const struct sim_key *key);
/* LD || data || 80 00..: whole blocks in place of data. SW_DATA when it is not of that form. */
uint16_t messaging_decrypt(const struct sim_key *key, const uint8_t *in, size_t len,
                           uint8_t plain[256], size_t *plain_len);
/* The line-protected update of f: checks all that section 5 asks for. data is what shall be
 * written. */
uint16_t messaging_open_update(struct sim_card *c, struct exchange *x, const struct sim_file *f,
                               uint8_t data[256], size_t *len);
/* For a secured read: checks the command's MAC; then wraps the answer. Both do nothing for CLA 00.
 */
uint16_t messaging_open_read(struct sim_card *c, struct exchange *x, const struct sim_file *f);
uint16_t messaging_close_read(struct sim_card *c, struct exchange *x, const struct sim_file *f);
/* Ciphertext || MAC of a key on its way into a card; out holds 36 bytes. */
enum kr_error messaging_wrap(const struct sim_key *wrapping, const uint8_t *plain, size_t len,
                             const uint8_t header[5], const uint8_t challenge[4], uint8_t *out,
                             size_t *out_len);

/* one command (family) each: write_key.c, authenticate.c, binary.c, records.c, export.c */
command_function write_key;
/* Whether PINs are the same; their filling may differ. Neither is longer than 8 bytes. */
bool pins_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
command_function get_challenge, external_authenticate, internal_authenticate, verify_pin;
command_function read_binary, update_binary;
/* A record behind the last one, of a cyclic file that is full in place of the oldest. */
uint16_t append_to_file(struct sim_file *f, const uint8_t *data, size_t len);
command_function read_record, update_record, append_record;
command_function derive_and_export;
/* purse.c, transact.c; sam_purchase.c, sam_compute.c; change_pin.c */
command_function initialize, get_balance, get_transaction_proof;
command_function credit_for_load, debit_for_purchase;
command_function init_sam_for_purchase, credit_sam_for_purchase;
command_function init_for_descrypt, des_crypt;
command_function reload_or_change_pin, unblock_pin;
/* transaction.c: what a command begins or the next one finds; wipes the session key. */
void forget_begun(struct begun *b);
/* blank.c: bits of the commands that cards of this kind know. */
enum {
    COMMANDS_OF_ALL = 0x01,
    COMMANDS_OF_MOTHER = 0x02,
    COMMANDS_OF_PSAM = 0x04,
    COMMANDS_OF_USER = 0x08
};
uint8_t kind_commands(const char *kind);
/* What WRITE KEY asks of a record's header and value: also true of every key in a card file. */
bool key_record_valid(const struct dialect *d, const struct key_header *h, const uint8_t *value,
                      size_t len);
/* MAC demanded, or MAC and encryption, or neither: not encryption alone. */
bool protection_valid(uint8_t type);

#endif
