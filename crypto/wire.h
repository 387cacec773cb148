/* Messages between the console and its two children: big-endian numbers and counted byte strings.
 */
#ifndef KEYRITE_CRYPTO_WIRE_H
#define KEYRITE_CRYPTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "error.h"

#define WIRE_MAX 65536

struct wire {
    uint8_t *bytes; /* caller's buffer */
    size_t size;    /* room */
    size_t len;     /* written so far, or whole length when reading */
    size_t at;      /* read position; follows len when writing */
    bool broken;    /* set once anything did not fit; checked at the end */
};

void wire_begin(struct wire *w, uint8_t *buffer, size_t size);
void wire_put_u8(struct wire *w, uint8_t v);
void wire_put_u32(struct wire *w, uint32_t v);
void wire_put_u64(struct wire *w, uint64_t v);
void wire_put_bytes(struct wire *w, const void *bytes, size_t len); /* u32 length, then bytes */
void wire_put_text(struct wire *w, const char *text);
void wire_read(struct wire *w, uint8_t *buffer, size_t len);
uint8_t wire_get_u8(struct wire *w);
uint32_t wire_get_u32(struct wire *w);
uint64_t wire_get_u64(struct wire *w);
/* Points into the message; NULL and broken when it does not fit. */
const uint8_t *wire_get_bytes(struct wire *w, size_t *len);
/* Copies a counted string with NUL into out; broken when too long or it holds a NUL. */
void wire_get_text(struct wire *w, char *out, size_t out_size);
/* KR_E_MESSAGE when broken, or when reading left bytes over. */
enum kr_error wire_end(const struct wire *w);

#endif
