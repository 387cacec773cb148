/* Bytes as text: UTF-8, hexadecimal, RFC 4648 base64 and base32, RFC 9285 base45. */
#include "hash.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_character(const void *text, size_t len)
{
    const uint8_t *byte = text;
    uint8_t a = byte[0];
    size_t n = a < 0x80 ? 1 : a < 0xC2 ? 0 : a < 0xE0 ? 2 : a < 0xF0 ? 3 : a < 0xF5 ? 4 : 0;

    if (n == 0 || n > len || a == 0)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (a == 0xE0 && byte[1] < 0xA0) || (a == 0xF0 && byte[1] < 0x90);
    bool surrogate = a == 0xED && byte[1] > 0x9F;
    bool beyond = a == 0xF4 && byte[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : n;
}

static void hex_with(const char digits[16], const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

void hex_encode(const uint8_t *bytes, size_t len, char *out)
{
    hex_with("0123456789abcdef", bytes, len, out);
}

void hex_encode_upper(const uint8_t *bytes, size_t len, char *out)
{
    hex_with("0123456789ABCDEF", bytes, len, out);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

enum kr_error hex_decode(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(text[2 * i]);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);
        if (low < 0)
            return kr_fail(KR_E_ARGUMENT, "hexadecimal digit %zu", 2 * i + (high < 0 ? 1 : 2));
        out[i] = (uint8_t)(high << 4 | low);
    }
    if (text[2 * len] != '\0')
        return kr_fail(KR_E_ARGUMENT, "more than %zu hexadecimal digits", 2 * len);
    return KR_OK;
}

static const char base64_alphabet[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t here = len - i < 3 ? len - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (here > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (here > 2)
            group |= bytes[i + 2];
        for (size_t c = 0; c < 4; c++)
            *out++ = c <= here ? base64_alphabet[group >> (18 - 6 * c) & 63] : '=';
    }
    *out = '\0';
}

/* Four characters to 1..3 bytes; 0 when they are not one group of the canonical form. */
static size_t base64_group(const char text[4], uint8_t bytes[3])
{
    size_t padding = text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;
    uint32_t group = 0;

    for (size_t c = 0; c < 4; c++) {
        const char *found = base64_alphabet; /* padding counts as six zero bits */
        if (c < 4 - padding)
            found = memchr(base64_alphabet, text[c], 64);
        if (!found)
            return 0;
        group = group << 6 | (uint32_t)(found - base64_alphabet);
    }
    uint32_t stray = padding == 0 ? 0 : group & (padding == 1 ? 0xFFU : 0xFFFFU);
    if (stray != 0)
        return 0;
    bytes[0] = (uint8_t)(group >> 16);
    bytes[1] = (uint8_t)(group >> 8);
    bytes[2] = (uint8_t)group;
    return 3 - padding;
}

enum kr_error base64_decode(const char *text, size_t text_len, uint8_t *out, size_t *out_len)
{
    size_t room = *out_len;
    size_t done = 0;

    *out_len = 0;
    if (text_len % 4 != 0)
        return kr_fail(KR_E_ARGUMENT, "base64 of %zu characters", text_len);
    for (size_t i = 0; i < text_len; i += 4) {
        uint8_t bytes[3];
        size_t got = base64_group(text + i, bytes);
        if (got == 0 || (got < 3 && i + 4 != text_len))
            return kr_fail(KR_E_ARGUMENT, "base64 near character %zu", i + 1);
        if (got > room - done)
            return kr_fail(KR_E_TOO_LONG, "base64");
        memcpy(out + done, bytes, got);
        done += got;
    }
    *out_len = done;
    return KR_OK;
}

void base32_encode(const uint8_t *bytes, size_t len, char *out)
{
    static const char alphabet[33] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t window = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < len; i++) {
        window = window << 8 | bytes[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = alphabet[window >> (bits - 5) & 31];
    }
    if (bits > 0)
        *out++ = alphabet[window << (5 - bits) & 31];
    *out = '\0';
}

/* ---- RFC 9285 ---- */

static const char base45_alphabet[46] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

void base45_encode(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 2) {
        bool pair = i + 1 < len;
        unsigned group = pair ? (unsigned)bytes[i] << 8 | bytes[i + 1] : bytes[i];
        *out++ = base45_alphabet[group % 45];
        *out++ = base45_alphabet[group / 45 % 45];
        if (pair)
            *out++ = base45_alphabet[group / 2025];
    }
    *out = '\0';
}

/* Two or three characters; false when they are none of the form. */
static bool base45_group(const char *text, size_t len, unsigned *group)
{
    unsigned weight = 1;

    *group = 0;
    for (size_t i = 0; i < len; i++, weight *= 45) {
        const char *found = memchr(base45_alphabet, text[i], 45);
        if (!found)
            return false;
        *group += (unsigned)(found - base45_alphabet) * weight;
    }
    return len > 1 && *group <= (len == 3 ? 0xFFFFU : 0xFFU);
}

enum kr_error base45_decode(const char *text, size_t text_len, uint8_t *out, size_t *out_len)
{
    size_t room = *out_len, done = 0;

    *out_len = 0;
    for (size_t i = 0; i < text_len; i += 3) {
        size_t here = text_len - i < 3 ? text_len - i : 3;
        unsigned group;
        if (!base45_group(text + i, here, &group))
            return kr_fail(KR_E_ARGUMENT, "base45 near character %zu", i + 1);
        if (here - 1 > room - done)
            return kr_fail(KR_E_TOO_LONG, "base45");
        if (here == 3)
            out[done++] = (uint8_t)(group >> 8);
        out[done++] = (uint8_t)group;
    }
    *out_len = done;
    return KR_OK;
}
