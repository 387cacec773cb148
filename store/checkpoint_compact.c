/* A checkpoint small enough for a QR code on a screen of 24 lines: without the people's signatures
 * and without what the centre's store and bundles say anyway. */
#include "checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"

#define SIGNATURE 68 /* key id and Ed25519 signature */
#define PACKED    (4 + 8 + 32 + 64)

static const char mark[] = "KEYRITE1:";
static const char dash[] = "\n\xE2\x80\x94 ";

/* What stands in the log's own line. */
static enum kr_error log_line(const char *text, size_t len, const char *origin,
                              uint8_t bytes[SIGNATURE])
{
    char head[ORIGIN_MAX + 8];
    size_t used = SIGNATURE;
    int n = snprintf(head, sizeof head, "%s%s ", dash, origin);
    const char *line = memmem(text, len, head, (size_t)n);
    const char *base64 = line ? line + n : NULL;
    const char *end = base64 ? memchr(base64, '\n', len - (size_t)(base64 - text)) : NULL;
    if (!end || base64_decode(base64, (size_t)(end - base64), bytes, &used) != KR_OK ||
        used != SIGNATURE)
        return kr_fail(KR_E_NOT_FOUND, "%s", origin);
    return KR_OK;
}

enum kr_error checkpoint_compact(const char *text, size_t len, char out[CHECKPOINT_COMPACT_MAX])
{
    struct checkpoint c;
    uint8_t line[SIGNATURE], packed[PACKED];
    enum kr_error e = checkpoint_parse(text, len, &c);
    if (e == KR_OK)
        e = log_line(text, len, c.origin, line);
    if (e != KR_OK)
        return e;
    memcpy(packed, line, 4);
    for (int i = 0; i < 8; i++)
        packed[4 + i] = (uint8_t)(c.size >> (56 - 8 * i));
    memcpy(packed + 12, c.root, 32);
    memcpy(packed + 44, line + 4, 64);
    memcpy(out, mark, sizeof mark);
    base45_encode(packed, sizeof packed, out + sizeof mark - 1);
    return KR_OK;
}

bool checkpoint_is_compact(const char *text, size_t len)
{
    return len >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0;
}

enum kr_error checkpoint_compact_read(const char *text, size_t len, const char *origin,
                                      char note[CHECKPOINT_MAX])
{
    struct checkpoint c = {.size = 0};
    uint8_t packed[PACKED], line[SIGNATURE];
    char base64[96];
    size_t used = sizeof packed, at;
    while (len > 0 && strchr("\r\n", text[len - 1]))
        len--;
    if (!checkpoint_is_compact(text, len) ||
        base45_decode(text + sizeof mark - 1, len - (sizeof mark - 1), packed, &used) != KR_OK ||
        used != sizeof packed)
        return kr_fail(KR_E_NOT_CHECKPOINT, "%.9s", len < 9 ? "-" : text);
    for (int i = 0; i < 8; i++)
        c.size = c.size << 8 | packed[4 + i];
    memcpy(c.root, packed + 12, 32);
    memcpy(line, packed, 4);
    memcpy(line + 4, packed + 44, 64);
    snprintf(c.origin, sizeof c.origin, "%s", origin);
    enum kr_error e = checkpoint_body(&c, note, CHECKPOINT_MAX, &at);
    if (e != KR_OK)
        return e;
    base64_encode(line, sizeof line, base64);
    int n = snprintf(note + at, CHECKPOINT_MAX - at, "%s%s %s\n", dash, origin, base64);
    return n > 0 && (size_t)n < CHECKPOINT_MAX - at ? KR_OK : kr_fail(KR_E_TOO_LONG, "checkpoint");
}
