#include "checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "../crypto/hash.h"
#include "../crypto/seal.h"

#define TYPE_LOG      CHECKPOINT_BY_LOG
#define TYPE_COSIGNER 0x04

/* U+2014 EM DASH and a space begin a signature line (C2SP signed-note). */
static const char dash[] = "\xE2\x80\x94 ";

static enum kr_error bad(const char *what)
{
    return kr_fail(KR_E_CHECKPOINT, "%s", what);
}

enum kr_error checkpoint_body(const struct checkpoint *c, char *out, size_t room, size_t *len)
{
    char root[48];
    base64_encode(c->root, 32, root);
    int n = snprintf(out, room, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, root);
    if (n < 0 || (size_t)n >= room) {
        return kr_fail(KR_E_TOO_LONG, "checkpoint");
    }
    *len = (size_t)n;
    return KR_OK;
}

static enum kr_error cosign_message(const char *body, size_t body_len, uint64_t time, char *out,
                                    size_t room, size_t *len)
{
    int n =
        snprintf(out, room, "cosignature/v1\ntime %" PRIu64 "\n%.*s", time, (int)body_len, body);
    if (n < 0 || (size_t)n >= room) {
        return kr_fail(KR_E_TOO_LONG, "checkpoint");
    }
    *len = (size_t)n;
    return KR_OK;
}

enum kr_error checkpoint_cosign_message(const struct checkpoint *c, uint64_t time, char *out,
                                        size_t room, size_t *len)
{
    char body[CHECKPOINT_MAX];
    size_t body_len;
    enum kr_error e = checkpoint_body(c, body, sizeof body, &body_len);
    return e == KR_OK ? cosign_message(body, body_len, time, out, room, len) : e;
}

enum kr_error checkpoint_key_id(const char *name, uint8_t type, const uint8_t public_key[32],
                                uint8_t id[4])
{
    uint8_t digest[32], middle[2] = {'\n', type};
    struct piece pieces[3] = {{name, strlen(name)}, {middle, 2}, {public_key, 32}};
    enum kr_error e = sha256_pieces(pieces, 3, digest);
    memcpy(id, digest, 4);
    return e;
}

enum kr_error checkpoint_person_name(const char *origin, const char *person, char *out, size_t room)
{
    int n = snprintf(out, room, "%s/person/%s", origin, person);
    return n >= 0 && (size_t)n < room ? KR_OK : kr_fail(KR_E_TOO_LONG, "checkpoint signer");
}

enum kr_error checkpoint_add_signature(char *text, size_t room, const char *name, uint8_t type,
                                       const uint8_t public_key[32], uint64_t time,
                                       const uint8_t signature[64])
{
    uint8_t bytes[4 + 8 + 64];
    char base64[112];
    size_t used = 4, len = strlen(text);
    enum kr_error e = checkpoint_key_id(name, type, public_key, bytes);
    if (e != KR_OK) {
        return e;
    }
    for (int i = 0; type == TYPE_COSIGNER && i < 8; i++) {
        bytes[used++] = (uint8_t)(time >> (56 - 8 * i));
    }
    memcpy(bytes + used, signature, 64);
    base64_encode(bytes, used + 64, base64);
    int n = snprintf(text + len, room - len, "%s%s %s\n", dash, name, base64);
    if (n < 0 || (size_t)n >= room - len) {
        text[len] = '\0';
        return kr_fail(KR_E_TOO_LONG, "checkpoint");
    }
    return KR_OK;
}

/* ---- Reading ---- */

/* The line at *at without its newline; false at the end or when no newline follows. */
static bool next_line(const char *text, size_t len, size_t *at, const char **line, size_t *line_len)
{
    const char *end = *at < len ? memchr(text + *at, '\n', len - *at) : NULL;
    if (!end) {
        return false;
    }
    *line = text + *at;
    *line_len = (size_t)(end - *line);
    *at += *line_len + 1;
    return true;
}

static bool parse_size(const char *text, size_t len, uint64_t *size)
{
    *size = 0;
    if (len == 0 || (len > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text[i] - '0';
        if (digit > 9 || *size > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *size = *size * 10 + digit;
    }
    return true;
}

struct signature_line {
    const char *name;
    size_t name_len;
    uint8_t bytes[4 + 8 + 64];
    size_t len;
};

/* "— NAME BASE64". Signatures of other kinds may be longer than ours: len is then 0. */
static bool parse_signature(const char *line, size_t len, struct signature_line *s)
{
    size_t start = sizeof dash - 1;
    if (len <= start || memcmp(line, dash, start) != 0) {
        return false;
    }
    const char *space = memchr(line + start, ' ', len - start);
    if (!space || space == line + start ||
        memchr(line + start, '+', (size_t)(space - line) - start)) {
        return false;
    }
    s->name = line + start;
    s->name_len = (size_t)(space - s->name);
    size_t base64_len = len - (size_t)(space + 1 - line);
    uint8_t bytes[CHECKPOINT_MAX];
    s->len = sizeof bytes;
    if (base64_len > CHECKPOINT_MAX ||
        base64_decode(space + 1, base64_len, bytes, &s->len) != KR_OK || s->len < 5) {
        return false;
    }
    if (s->len > sizeof s->bytes) {
        s->len = 0;
    }
    memcpy(s->bytes, bytes, s->len);
    return true;
}

static bool is_note_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n') {
            return false;
        }
    }
    return len > 0 && len <= CHECKPOINT_MAX && text[len - 1] == '\n';
}

static bool parse_origin(const char *line, size_t len, char out[ORIGIN_MAX])
{
    if (len == 0 || len >= ORIGIN_MAX || memchr(line, ' ', len)) {
        return false;
    }
    memcpy(out, line, len);
    out[len] = '\0';
    return true;
}

static bool parse_root(const char *line, size_t len, uint8_t root[32])
{
    size_t root_len = 32;
    return len == 44 && base64_decode(line, len, root, &root_len) == KR_OK && root_len == 32;
}

/* *at is then where the signature lines begin. */
static enum kr_error parse_head(const char *text, size_t len, struct checkpoint *c, size_t *at)
{
    const char *line;
    size_t line_len;
    *at = 0;
    if (!is_note_text(text, len)) {
        return bad("not a signed note");
    }
    if (!next_line(text, len, at, &line, &line_len) || !parse_origin(line, line_len, c->origin)) {
        return bad("origin line");
    }
    if (!next_line(text, len, at, &line, &line_len) || !parse_size(line, line_len, &c->size)) {
        return bad("size line");
    }
    if (!next_line(text, len, at, &line, &line_len) || !parse_root(line, line_len, c->root)) {
        return bad("root line");
    }
    if (!next_line(text, len, at, &line, &line_len) || line_len != 0) {
        return bad("empty line");
    }
    return KR_OK;
}

enum kr_error checkpoint_parse(const char *text, size_t len, struct checkpoint *c)
{
    struct signature_line s;
    const char *line;
    size_t line_len, at, signatures = 0;
    memset(c, 0, sizeof *c);
    enum kr_error e = parse_head(text, len, c, &at);
    while (e == KR_OK && at < len) {
        if (!next_line(text, len, &at, &line, &line_len) || !parse_signature(line, line_len, &s)) {
            e = bad("signature line");
        }
        signatures++;
    }
    return e == KR_OK && signatures == 0 ? bad("no signature") : e;
}

static enum kr_error check_line(const struct signature_line *s, const char *body, size_t body_len,
                                uint8_t type, const uint8_t public_key[32], uint64_t *time)
{
    char message[CHECKPOINT_MAX + 64];
    size_t len = 0;
    uint64_t when = 0;
    if (type == TYPE_LOG) {
        return s->len == 68 ? sign_verify(public_key, (const uint8_t *)body, body_len, s->bytes + 4)
                            : KR_E_SIGNATURE;
    }
    if (s->len != 76) {
        return KR_E_SIGNATURE;
    }
    for (int i = 0; i < 8; i++) {
        when = when << 8 | s->bytes[4 + i];
    }
    enum kr_error e = cosign_message(body, body_len, when, message, sizeof message, &len);
    if (e == KR_OK) {
        e = sign_verify(public_key, (const uint8_t *)message, len, s->bytes + 12);
    }
    if (e == KR_OK && time) {
        *time = when;
    }
    return e;
}

/* The signature line of that key, and the length of what it signs. KR_E_NOT_FOUND. */
static enum kr_error find_line(const char *text, size_t len, const char *name, uint8_t type,
                               const uint8_t public_key[32], struct signature_line *s,
                               size_t *body_len)
{
    struct checkpoint c;
    const char *line;
    size_t line_len, at;
    uint8_t id[4];
    enum kr_error e = checkpoint_parse(text, len, &c);
    if (e == KR_OK) {
        e = checkpoint_key_id(name, type, public_key, id);
    }
    if (e == KR_OK) {
        e = parse_head(text, len, &c, &at);
    }
    if (e != KR_OK) {
        return e;
    }
    *body_len = at - 1;
    while (next_line(text, len, &at, &line, &line_len)) {
        if (parse_signature(line, line_len, s) && s->len >= 4 && s->name_len == strlen(name) &&
            memcmp(s->name, name, s->name_len) == 0 && memcmp(s->bytes, id, 4) == 0) {
            return KR_OK;
        }
    }
    return kr_fail(KR_E_NOT_FOUND, "%s", name);
}

enum kr_error checkpoint_verify(const char *text, size_t len, const char *name, uint8_t type,
                                const uint8_t public_key[32], uint64_t *time)
{
    struct signature_line s;
    size_t body_len;
    enum kr_error e = find_line(text, len, name, type, public_key, &s, &body_len);
    if (e == KR_OK) {
        e = check_line(&s, text, body_len, type, public_key, time);
    }
    return e == KR_E_SIGNATURE ? kr_fail(KR_E_SIGNATURE, "%s", name) : e;
}

enum kr_error checkpoint_log_signature(const char *text, size_t len, const char *name,
                                       const uint8_t public_key[32], uint8_t signature[64])
{
    struct signature_line s;
    size_t body_len;
    enum kr_error e = find_line(text, len, name, TYPE_LOG, public_key, &s, &body_len);
    if (e == KR_OK && s.len != 4 + 64) {
        e = bad("signature line");
    }
    if (e == KR_OK) {
        memcpy(signature, s.bytes + 4, 64);
    }
    return e;
}

void checkpoint_letters(const uint8_t bytes[10], char out[20])
{
    char letters[20];
    base32_encode(bytes, 10, letters);
    snprintf(out, 20, "%.4s-%.4s-%.4s-%.4s", letters, letters + 4, letters + 8, letters + 12);
}

enum kr_error checkpoint_short_form(const struct checkpoint *c, char *out, size_t room)
{
    char letters[20];
    checkpoint_letters(c->root, letters);
    int n = snprintf(out, room, "%" PRIu64 " %s", c->size, letters);
    return n >= 0 && (size_t)n < room ? KR_OK : kr_fail(KR_E_TOO_LONG, "checkpoint short form");
}

static char base32_letter(char typed)
{
    static const char from[] = "018abcdefghijklmnopqrstuvwxyz",
                      to[] = "OIBABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *at = typed == '\0' ? NULL : strchr(from, typed);
    return at ? to[at - from] : typed;
}

bool checkpoint_letters_read(const char *text, size_t len, char out[20])
{
    char letters[17] = "";
    size_t count = 0;
    for (size_t at = 0; at < len; at++) {
        char letter = base32_letter(text[at]);
        if (text[at] != '\0' && strchr(" \t\r\n-", text[at])) {
            continue;
        }
        if (count == 16 ||
            !((letter >= 'A' && letter <= 'Z') || (letter >= '2' && letter <= '7'))) {
            return false;
        }
        letters[count++] = letter;
    }
    snprintf(out, 20, "%.4s-%.4s-%.4s-%.4s", letters, letters + 4, letters + 8, letters + 12);
    return count == 16;
}

enum kr_error checkpoint_short_read(const char *text, size_t len, uint64_t *size,
                                    char out[CHECKPOINT_SHORT_MAX])
{
    char letters[20];
    size_t at = 0, digits = 0;
    *size = 0;
    while (at < len && text[at] != '\0' && strchr(" \t\r\n", text[at])) {
        at++;
    }
    for (; at < len && text[at] >= '0' && text[at] <= '9' && digits < 18; at++, digits++) {
        *size = *size * 10 + (uint64_t)(text[at] - '0');
    }
    if (digits == 0 || at == len || text[at] == '\0' || !strchr(" \t-", text[at]) ||
        !checkpoint_letters_read(text + at, len - at, letters)) {
        return kr_fail(KR_E_NOT_CHECKPOINT, "%.*s", len < 60 ? (int)(len < 40 ? len : 40) : 1,
                       len < 60 ? text : "-");
    }
    snprintf(out, CHECKPOINT_SHORT_MAX, "%" PRIu64 " %s", *size, letters);
    return KR_OK;
}
