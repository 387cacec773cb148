#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"

#define FILE_MAX   ((size_t)256 * 1024)
#define MEMBER_MAX 1024

struct member {
    const char *name;    /* of the case */
    const char *section; /* "" for the case's own texts */
    const char *member;
    const char *text;
};

static char file_text[FILE_MAX + 1];
static struct member members[MEMBER_MAX];
static size_t member_count;
static char *at;

static void blank(void)
{
    at += strspn(at, " \t\r\n");
}

static bool next_is(char c)
{
    blank();
    if (*at != c)
        return false;
    at++;
    return true;
}

static void want(char c)
{
    if (!next_is(c))
        fail_msg("cards.json: '%c' expected before \"%.20s\"", c, at);
}

/* Ends the text in place: the file's own memory holds all texts. */
static char *text(void)
{
    want('"');
    char *start = at;
    at += strcspn(at, "\"\\\n");
    if (*at != '"')
        fail_msg("cards.json: a text without plain end: \"%.20s\"", start);
    *at++ = '\0';
    return start;
}

static void remember(const char *name, const char *section, const char *member, const char *value)
{
    if (member_count == MEMBER_MAX)
        fail_msg("cards.json: more than %d members", MEMBER_MAX);
    members[member_count++] = (struct member){name, section, member, value};
}

static void section_of(const char *name, const char *section)
{
    want('{');
    if (next_is('}'))
        return;
    do {
        const char *member = text();
        want(':');
        remember(name, section, member, text());
    } while (next_is(','));
    want('}');
}

static void one_case(void)
{
    const char *name = NULL;

    want('{');
    do {
        const char *member = text();
        want(':');
        blank();
        if (!name && strcmp(member, "name") != 0)
            fail_msg("cards.json: a case begins with its name, not with %s", member);
        if (!name)
            name = text();
        else if (*at == '{')
            section_of(name, member);
        else
            remember(name, "", member, text());
    } while (next_is(','));
    want('}');
}

static void load(void)
{
    const char *folder = getenv("VECTORS");
    char path[4096];

    snprintf(path, sizeof path, "%s/cards.json", folder ? folder : "../shared/vectors");
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened; set VECTORS to its folder", path);
    size_t len = fread(file_text, 1, FILE_MAX, file);
    fclose(file);
    if (len == 0 || len == FILE_MAX)
        fail_msg("%s is empty or too long", path);
    file_text[len] = '\0';
}

void vectors_open(void)
{
    if (at)
        return;
    load();
    at = file_text;
    want('[');
    do
        one_case();
    while (next_is(','));
    want(']');
    blank();
    if (*at)
        fail_msg("cards.json: something follows its end");
}

const char *vector_text(const char *name, const char *section, const char *member)
{
    vectors_open();
    for (size_t i = 0; i < member_count; i++)
        if (strcmp(members[i].name, name) == 0 && strcmp(members[i].section, section) == 0 &&
            strcmp(members[i].member, member) == 0)
            return members[i].text;
    fail_msg("cards.json has no %s / %s / %s", name, section, member);
    return "";
}

size_t bytes_of(const char *hex, uint8_t *out, size_t room)
{
    size_t len = strlen(hex) / 2;

    assert_true(len <= room);
    assert_int_equal(hex_decode(hex, out, len), KR_OK);
    return len;
}

struct secret *secret_of(const char *hex)
{
    struct secret *s = secret_new(strlen(hex) / 2);

    assert_non_null(s);
    bytes_of(hex, s->bytes, s->len);
    return s;
}

size_t vector_bytes(const char *name, const char *section, const char *member, uint8_t *out,
                    size_t room)
{
    return bytes_of(vector_text(name, section, member), out, room);
}

struct secret *vector_secret(const char *name, const char *section, const char *member)
{
    return secret_of(vector_text(name, section, member));
}

void vector_append(const char *name, const char *section, const char *member, uint8_t *message,
                   size_t *len, size_t room)
{
    *len += vector_bytes(name, section, member, message + *len, room - *len);
}
