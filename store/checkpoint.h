/*
 * Checkpoints in C2SP tlog-checkpoint / signed-note / tlog-cosignature form: origin, size, base64
 * root, empty line, then signature lines. ../shared/vectors/checkpoint.txt verifies byte for byte.
 */
#ifndef KEYRITE_STORE_CHECKPOINT_H
#define KEYRITE_STORE_CHECKPOINT_H

#include "entry.h"

#define CHECKPOINT_MAX    4096
#define CHECKPOINT_BY_LOG 0x01 /* type of the log's signature */
struct checkpoint {
    char origin[ORIGIN_MAX];
    uint64_t size;
    uint8_t root[32];
};
/* "origin\nsize\nroot\n": what the log key signs. */
enum kr_error checkpoint_body(const struct checkpoint *c, char *out, size_t room, size_t *len);
/* "cosignature/v1\ntime N\n" + body: what a person signs. */
enum kr_error checkpoint_cosign_message(const struct checkpoint *c, uint64_t time, char *out,
                                        size_t room, size_t *len);
/* First 4 bytes of SHA-256(name || 0A || type || public key); type 01 Ed25519 log key, 04
 * cosignature. */
enum kr_error checkpoint_key_id(const char *name, uint8_t type, const uint8_t public_key[32],
                                uint8_t id[4]);
/* Name of a person's key: ORIGIN/person/ID. */
enum kr_error checkpoint_person_name(const char *origin, const char *person, char *out,
                                     size_t room);
/* Appends "— name base64(id || [time 8] || signature)\n" to text (which ends after the empty line
 * or a line). */
enum kr_error checkpoint_add_signature(char *text, size_t room, const char *name, uint8_t type,
                                       const uint8_t public_key[32], uint64_t time,
                                       const uint8_t signature[64]);
enum kr_error checkpoint_parse(const char *text, size_t len, struct checkpoint *c);
/* Looks for the line of that key: KR_OK when it verifies, KR_E_NOT_FOUND when no line has its name
 * and id, KR_E_SIGNATURE when it has but does not verify. *time is set for type 04. Unknown signers
 * are ignored. */
enum kr_error checkpoint_verify(const char *text, size_t len, const char *name, uint8_t type,
                                const uint8_t public_key[32], uint64_t *time);
/* The signature on the line of the log's key, not verified. KR_E_NOT_FOUND, KR_E_CHECKPOINT. */
enum kr_error checkpoint_log_signature(const char *text, size_t len, const char *name,
                                       const uint8_t public_key[32], uint8_t signature[64]);
/* 80 bits for reading aloud and typing back: base32 in four groups of four, "ABCD-EFGH-IJKL-MNOP";
 * and back from what people write (small letters, other spaces, no hyphens, 0 1 8 for O I B). False
 * when it is not that. */
void checkpoint_letters(const uint8_t bytes[10], char out[20]);
bool checkpoint_letters_read(const char *text, size_t len, char out[20]);
/* For typing back: size and first 80 bits of the root, "412 ABCD-EFGH-IJKL-MNOP" (base32). */
enum kr_error checkpoint_short_form(const struct checkpoint *c, char *out, size_t room);
/* A short form as people write and type it (small letters, other spaces, no hyphens, 0 1 8 for O I
 * B), brought into the form above. KR_E_NOT_CHECKPOINT. */
#define CHECKPOINT_SHORT_MAX 44
enum kr_error checkpoint_short_read(const char *text, size_t len, uint64_t *size,
                                    char out[CHECKPOINT_SHORT_MAX]);

/* For one small QR code: "KEYRITE1:" and, in base45, of the log's own line key id (4 bytes), of the
 * checkpoint size (8, big-endian) and root (32), and of that line the signature (64).
 * KR_E_NOT_FOUND when the log has not signed it. */
#define CHECKPOINT_COMPACT_MAX 176
enum kr_error checkpoint_compact(const char *text, size_t len, char out[CHECKPOINT_COMPACT_MAX]);
bool checkpoint_is_compact(const char *text, size_t len);
/* The note that it stands for, in the log of that origin. Nothing is verified. KR_E_NOT_CHECKPOINT.
 */
enum kr_error checkpoint_compact_read(const char *text, size_t len, const char *origin,
                                      char note[CHECKPOINT_MAX]);

#endif
