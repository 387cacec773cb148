#include "body.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../crypto/hash.h"

bool utf8_is_valid(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = utf8_character(text + at, len - at);
        if (n == 0) {
            return false;
        }
        at += n;
    }
    return true;
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == 0x7F || c == '\\';
}

static bool name_is_valid(const char *name, size_t len)
{
    if (len < 1 || len > ENTRY_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')) {
            return false;
        }
    }
    return true;
}

/* Reads "\xHH" at text; only bytes that need it may be escaped, so that each value has one form. */
static bool escape_at(const char *text, size_t len, unsigned char *byte)
{
    static const char digits[] = "0123456789abcdef";
    if (len < 4 || text[0] != '\\' || text[1] != 'x' || !text[2] || !text[3]) {
        return false;
    }
    const char *high = strchr(digits, text[2]), *low = strchr(digits, text[3]);
    if (!high || !low) {
        return false;
    }
    *byte = (unsigned char)((high - digits) << 4 | (low - digits));
    return needs_escape(*byte) && *byte != 0;
}

static bool value_is_valid(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte == '\\') {
            if (!escape_at(value + i, len - i, &byte)) {
                return false;
            }
            i += 3;
        } else if (needs_escape(byte)) {
            return false;
        }
    }
    return utf8_is_valid(value, len);
}

enum kr_error body_check(const char *body, size_t len)
{
    size_t line = 0;
    if (len > ENTRY_BODY_MAX) {
        return kr_fail(KR_E_ENTRY_FORMAT, "body of %zu bytes", len);
    }
    for (size_t at = 0; at < len; line++) {
        const char *start = body + at;
        const char *end = memchr(start, '\n', len - at);
        const char *space = end ? memchr(start, ' ', (size_t)(end - start)) : NULL;
        if (!space || !name_is_valid(start, (size_t)(space - start)) ||
            !value_is_valid(space + 1, (size_t)(end - space - 1))) {
            return kr_fail(KR_E_ENTRY_FORMAT, "body line %zu", line + 1);
        }
        at += (size_t)(end - start) + 1;
    }
    return KR_OK;
}

enum kr_error body_commitment(const uint8_t salt[32], const char *body, size_t len,
                              uint8_t hash[32])
{
    static const char domain[] = "keyrite-body/1\n";
    struct piece pieces[3] = {{domain, sizeof domain - 1}, {salt, 32}, {body ? body : "", len}};
    return sha256_pieces(pieces, 3, hash);
}

/* Length of value once escaped. */
static size_t escaped_length(const char *value)
{
    size_t len = 0;
    for (const char *c = value; *c; c++) {
        len += needs_escape((unsigned char)*c) ? 4 : 1;
    }
    return len;
}

static char *put_escaped(char *out, const char *value)
{
    for (const char *c = value; *c; c++) {
        if (needs_escape((unsigned char)*c)) {
            out += snprintf(out, 5, "\\x%02x", (unsigned)(unsigned char)*c);
        } else {
            *out++ = *c;
        }
    }
    return out;
}

static enum kr_error append_line(struct entry *e, const char *name, const char *value)
{
    size_t line = strlen(name) + 1 + escaped_length(value) + 1;
    if (e->body_len + line > ENTRY_BODY_MAX) {
        return kr_fail(KR_E_TOO_LONG, "journal entry (%s)", name);
    }
    char *body = realloc(e->body, e->body_len + line + 1);
    if (!body) {
        return KR_E_MEMORY;
    }
    char *out = body + e->body_len;
    out += snprintf(out, line, "%s ", name);
    out = put_escaped(out, value);
    *out++ = '\n';
    *out = '\0';
    e->body = body;
    e->body_len += line;
    return KR_OK;
}

enum kr_error entry_add(struct entry *e, const char *name, const char *format, ...)
{
    enum kr_error error;
    char *value = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&value, format, args);
    va_end(args);
    if (len < 0) {
        value = NULL;
        error = KR_E_MEMORY;
    } else if (!name_is_valid(name, strlen(name)) || !utf8_is_valid(value, (size_t)len)) {
        error = kr_fail(KR_E_ARGUMENT, "journal field %.24s", name);
    } else {
        error = append_line(e, name, value);
    }
    free(value);
    if (e->failed == KR_OK) {
        e->failed = error;
    }
    return error;
}

/* The n-th line of that name: *value is its escaped value, *len its length. */
static bool find_line(const struct entry *e, const char *name, size_t n, const char **value,
                      size_t *len)
{
    size_t name_len = strlen(name);
    for (size_t at = 0; at < e->body_len;) {
        const char *start = e->body + at;
        const char *end = memchr(start, '\n', e->body_len - at);
        if (!end) {
            return false;
        }
        size_t line = (size_t)(end - start);
        if (line > name_len && start[name_len] == ' ' && memcmp(start, name, name_len) == 0 &&
            n-- == 0) {
            *value = start + name_len + 1;
            *len = line - name_len - 1;
            return true;
        }
        at += line + 1;
    }
    return false;
}

enum kr_error entry_get(const struct entry *e, const char *name, size_t n, char *out,
                        size_t out_size)
{
    const char *value;
    size_t len, used = 0;
    if (out_size == 0) {
        return kr_fail(KR_E_ARGUMENT, "entry_get");
    }
    out[0] = '\0';
    if (!find_line(e, name, n, &value, &len)) {
        return kr_fail(KR_E_NOT_FOUND, "%s", name);
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte == '\\' && escape_at(value + i, len - i, &byte)) {
            i += 3;
        }
        if (used + 1 >= out_size) {
            out[0] = '\0';
            return kr_fail(KR_E_TOO_LONG, "%s", name);
        }
        out[used++] = (char)byte;
    }
    out[used] = '\0';
    return KR_OK;
}

bool entry_is_of(const struct entry *e, const char *ceremony)
{
    char id[64] = "";
    (void)entry_get(e, "ceremony", 0, id, sizeof id);
    return strcmp(id, ceremony) == 0;
}
