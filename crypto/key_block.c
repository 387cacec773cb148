/* Reading the form of a key block, from bytes that anybody may have sent. */
#include "key_block.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Upper case alone: otherwise some changes of a block would not be seen. */
static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F');
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_printable(char c)
{
    return c >= 0x20 && c <= 0x7E;
}

static bool all(const char *text, size_t len, bool (*kind)(char))
{
    bool good = true;

    for (size_t i = 0; i < len; i++)
        good = good && kind(text[i]);
    return good;
}

static size_t number(const char *text, size_t digits, size_t base)
{
    size_t value = 0;

    for (size_t i = 0; i < digits; i++)
        value = value * base + (size_t)(is_digit(text[i]) ? text[i] - '0' : text[i] - 'A' + 10);
    return value;
}

static enum kr_error form(const char *field)
{
    return kr_fail(KR_E_BLOCK_FORM, "%s", field);
}

size_t key_block_unit(char version)
{
    return version == 'B' ? 8 : 16;
}

static enum kr_error read_head(const char *text, size_t len, struct key_block *b)
{
    struct key_block_head *h = &b->head;

    if (len < 1 || (text[0] != 'B' && text[0] != 'D'))
        return kr_fail(KR_E_BLOCK_VERSION, "%c",
                       len > 0 && is_alphanumeric(text[0]) ? text[0] : '?');
    if (len < KEY_BLOCK_HEAD || len > KEY_BLOCK_MAX)
        return kr_fail(KR_E_BLOCK_LENGTH, "%zu", len);
    if (!all(text + 1, 4, is_digit) || number(text + 1, 4, 10) != len)
        return kr_fail(KR_E_BLOCK_LENGTH, "%zu", len);
    if (!all(text + 5, 7, is_alphanumeric))
        return form("5-11");
    if (!all(text + 12, 4, is_digit) || text[15] != '0')
        return form("12-15");
    h->version = text[0];
    memcpy(h->usage, text + 5, 2);
    h->algorithm = text[7];
    h->mode = text[8];
    memcpy(h->key_version, text + 9, 2);
    h->exportability = text[11];
    b->option_count = number(text + 12, 2, 10);
    h->context = text[14];
    return KR_OK;
}

/* The length of an optional block at text with left characters, and in *at where its data begin; 0
 * when it has none. */
static size_t option_length(const char *text, size_t left, size_t *at)
{
    size_t len;

    if (left < 4 || !all(text + 2, 2, is_hex))
        return 0;
    len = number(text + 2, 2, 16);
    *at = 4;
    if (len == 0) {
        if (left < 10 || memcmp(text + 4, "02", 2) != 0 || !all(text + 6, 4, is_hex))
            return 0;
        len = number(text + 6, 4, 16);
        *at = 10;
    }
    return len >= *at && len <= left ? len : 0;
}

size_t key_block_count_options(const char *options)
{
    size_t count = 0, at = 0, len = strlen(options), data, here;

    while (at < len && count <= KEY_BLOCK_OPTIONS_MAX) {
        here = option_length(options + at, len - at, &data);
        count = here == 0 ? KEY_BLOCK_OPTIONS_MAX + 1 : count + 1;
        at += here;
    }
    return count;
}

static enum kr_error read_options(const char *text, size_t len, struct key_block *b)
{
    size_t at = KEY_BLOCK_HEAD;

    for (size_t i = 0; i < b->option_count; i++) {
        struct key_block_option *o = &b->options[i];
        size_t data = 0;
        size_t here = option_length(text + at, len - at, &data);
        if (here == 0 || !all(text + at, 2, is_alphanumeric) ||
            !all(text + at + data, here - data, is_printable))
            return kr_fail(KR_E_BLOCK_FORM, "%zu/%zu", i + 1, b->option_count);
        memcpy(o->id, text + at, 2);
        o->at = at + data;
        o->len = here - data;
        at += here;
    }
    b->header_len = at;
    return at % key_block_unit(b->head.version) == 0 ? KR_OK : form("PB");
}

static enum kr_error read_rest(const char *text, size_t len, struct key_block *b)
{
    size_t block = key_block_unit(b->head.version);
    size_t left = len - b->header_len;

    b->mac_len = block;
    if (left < 4 * block || left % (2 * block) != 0)
        return kr_fail(KR_E_BLOCK_LENGTH, "%zu", len);
    if (!all(text + b->header_len, left, is_hex))
        return form("0-9 A-F");
    b->payload_len = left / 2 - b->mac_len;
    return KR_OK;
}

enum kr_error key_block_read(const char *text, size_t len, struct key_block *block)
{
    enum kr_error rc;

    memset(block, 0, sizeof *block);
    rc = read_head(text, len, block);
    if (rc == KR_OK)
        rc = read_options(text, len, block);
    if (rc == KR_OK)
        rc = read_rest(text, len, block);
    return rc;
}

/* ---- algorithms ---- */

static const struct {
    char algorithm;
    const char *suite;
} algorithms[] = {{'T', "3des"}, {'A', "aes128"}};

const struct suite *key_block_suite(char algorithm)
{
    const struct suite *found = NULL;

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (algorithms[i].algorithm == algorithm)
            found = suite_by_id(algorithms[i].suite);
    return found;
}

char key_block_algorithm(const struct suite *suite)
{
    char found = 0;

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (strcmp(algorithms[i].suite, suite->id) == 0)
            found = algorithms[i].algorithm;
    return found;
}
