/* The slot file's encoding, described byte for byte in docs/store-format.md. */
#ifndef KEYRITE_STORE_SLOT_FORMAT_H
#define KEYRITE_STORE_SLOT_FORMAT_H

#include "slots.h"

#define SLOT_FORMAT   3
#define SLOT_FOUNDING 2 /* the oldest that is read: as founded, nobody has come or gone since */
#define SLOT_FILE_MAX 65536

/* bytes has SLOT_FILE_MAX room. KR_E_TOO_LONG, KR_E_ARGUMENT for what decoding would refuse. */
enum kr_error slot_file_encode(const struct slots *s, const struct secret *database_key,
                               uint8_t *bytes, size_t *len);
/* Checks the digest and the form, not the MAC. name is for the error's detail. KR_E_SLOTS,
 * KR_E_STORE_NEWER. */
enum kr_error slot_file_decode(const uint8_t *bytes, size_t len, const char *name, struct slots *s);

/* Of one file of that name, without its MAC: the errors of slot_file_decode(), KR_E_NOT_FOUND,
 * KR_E_FILE. */
enum kr_error slots_file_read(const char *dir, const char *name, struct slots *s);
/* The digest with which such a file ends. */
enum kr_error slots_digest(const struct slots *s, const struct secret *database_key,
                           uint8_t digest[32]);

/* Brings a missing, damaged or older copy up to the newest whole one, whose MAC the caller has
 * checked. */
enum kr_error slots_repair(const char *dir);
/* The name of the copy that such a repair would write anew; NULL when both are whole and alike, or
 * neither can be used. Changes nothing. */
const char *slots_odd_copy(const char *dir);

#endif
