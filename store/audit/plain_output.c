#include "plain_output.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../crypto/hash.h"

#define CHARACTER_MAX 4

static struct {
    char waiting[CHARACTER_MAX]; /* a character that has not come to its end */
    size_t waits;
    char out[4096];
    size_t len;
} plain;

static bool write_out(void)
{
    size_t done = 0;
    while (done < plain.len) {
        ssize_t n = write(STDOUT_FILENO, plain.out + done, plain.len - done);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    plain.len = 0;
    return true;
}

static bool put(const char *bytes, size_t len)
{
    if (plain.len + len > sizeof plain.out && !write_out())
        return false;
    memcpy(plain.out + plain.len, bytes, len);
    plain.len += len;
    return true;
}

static bool is_control(const char *c, size_t len)
{
    unsigned char first = (unsigned char)c[0];
    if (len == 1)
        return (first < 0x20 && !strchr("\n\t\f", first)) || first == 0x7F;
    return len == 2 && first == 0xC2 && (unsigned char)c[1] < 0xA0;
}

/* Whether what waits may become a character with the next byte. */
static bool is_begun(void)
{
    unsigned char first = (unsigned char)plain.waiting[0];
    size_t wanted = first < 0xC2 || first > 0xF4 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return plain.waits < wanted;
}

/* What waits, as a character or byte by byte. */
static bool put_waiting(void)
{
    bool good = true;
    while (good && plain.waits > 0 && !is_begun()) {
        size_t len = utf8_character(plain.waiting, plain.waits), taken = len > 0 ? len : 1;
        good =
            len > 0 && !is_control(plain.waiting, len) ? put(plain.waiting, len) : put("??", taken);
        plain.waits -= taken;
        memmove(plain.waiting, plain.waiting + taken, plain.waits);
    }
    return good;
}

static ssize_t plain_write(void *ctx, const char *bytes, size_t size)
{
    bool good = true;
    (void)ctx;
    for (size_t i = 0; good && i < size; i++) {
        plain.waiting[plain.waits++] = bytes[i];
        good = put_waiting();
    }
    return good && write_out() ? (ssize_t)size : -1;
}

enum kr_error plain_output(void)
{
    const cookie_io_functions_t to = {.write = plain_write};
    FILE *filter = fopencookie(NULL, "w", to);
    if (!filter)
        return KR_E_MEMORY;
    stdout = filter;
    return KR_OK;
}
