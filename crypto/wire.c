#include "wire.h"

#include <string.h>

/* While writing, at follows len: so one test in wire_end() serves both directions. */

void wire_begin(struct wire *w, uint8_t *buffer, size_t size)
{
    *w = (struct wire){.bytes = buffer, .size = size};
}

void wire_read(struct wire *w, uint8_t *buffer, size_t len)
{
    *w = (struct wire){.bytes = buffer, .size = len, .len = len};
}

static void put(struct wire *w, const void *bytes, size_t len)
{
    if (w->broken || len > w->size - w->len) {
        w->broken = true;
        return;
    }
    if (len > 0)
        memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
    w->at = w->len;
}

static void put_number(struct wire *w, uint64_t v, size_t width)
{
    uint8_t big_endian[8];

    for (size_t i = 0; i < width; i++)
        big_endian[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
    put(w, big_endian, width);
}

void wire_put_u8(struct wire *w, uint8_t v)
{
    put_number(w, v, 1);
}

void wire_put_u32(struct wire *w, uint32_t v)
{
    put_number(w, v, 4);
}

void wire_put_u64(struct wire *w, uint64_t v)
{
    put_number(w, v, 8);
}

void wire_put_bytes(struct wire *w, const void *bytes, size_t len)
{
    if (len > UINT32_MAX) {
        w->broken = true;
        return;
    }
    wire_put_u32(w, (uint32_t)len);
    put(w, bytes, len);
}

void wire_put_text(struct wire *w, const char *text)
{
    wire_put_bytes(w, text, strlen(text));
}

static const uint8_t *take(struct wire *w, size_t len)
{
    const uint8_t *bytes = w->bytes + w->at;

    if (w->broken || len > w->len - w->at) {
        w->broken = true;
        return NULL;
    }
    w->at += len;
    return bytes;
}

static uint64_t get_number(struct wire *w, size_t width)
{
    const uint8_t *bytes = take(w, width);
    uint64_t v = 0;

    for (size_t i = 0; bytes && i < width; i++)
        v = v << 8 | bytes[i];
    return v;
}

uint8_t wire_get_u8(struct wire *w)
{
    return (uint8_t)get_number(w, 1);
}

uint32_t wire_get_u32(struct wire *w)
{
    return (uint32_t)get_number(w, 4);
}

uint64_t wire_get_u64(struct wire *w)
{
    return get_number(w, 8);
}

const uint8_t *wire_get_bytes(struct wire *w, size_t *len)
{
    size_t wanted = wire_get_u32(w);
    const uint8_t *bytes = w->broken ? NULL : take(w, wanted);

    *len = bytes ? wanted : 0;
    return bytes;
}

void wire_get_text(struct wire *w, char *out, size_t out_size)
{
    size_t len;
    const uint8_t *bytes = wire_get_bytes(w, &len);

    if (out_size == 0 || !bytes || len >= out_size || memchr(bytes, 0, len)) {
        w->broken = true;
        len = 0;
    }
    if (out_size == 0)
        return;
    if (len > 0)
        memcpy(out, bytes, len);
    out[len] = '\0';
}

enum kr_error wire_end(const struct wire *w)
{
    if (w->broken)
        return kr_fail(KR_E_MESSAGE, "%zu bytes, broken at %zu", w->len, w->at);
    if (w->at != w->len)
        return kr_fail(KR_E_MESSAGE, "%zu bytes left over", w->len - w->at);
    return KR_OK;
}
