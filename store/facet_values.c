#include "facet_values.h"

#include <stdio.h>
#include <string.h>

struct giving {
    enum kr_error (*each)(void *ctx, enum facet_class class, const char *value);
    void *ctx;
    enum kr_error error;
};

static void add(struct giving *v, enum facet_class class, const char *value, size_t len)
{
    char text[FACET_VALUE_MAX];
    if (v->error != KR_OK || len == 0 || (len == 1 && value[0] == '-'))
        return;
    snprintf(text, sizeof text, "%.*s", (int)len, value);
    v->error = v->each(v->ctx, class, text);
}

/* The n-th word of a value. */
static const char *word(const char *value, size_t len, size_t n, size_t *word_len)
{
    const char *end = value + len;
    for (; n > 0 && value < end; n--) {
        const char *space = memchr(value, ' ', (size_t)(end - value));
        value = space ? space + 1 : end;
    }
    const char *space = value < end ? memchr(value, ' ', (size_t)(end - value)) : NULL;
    *word_len = (size_t)((space ? space : end) - value);
    return value;
}

static void add_word(struct giving *v, enum facet_class class, const char *value, size_t len,
                     size_t n)
{
    size_t word_len;
    const char *at = word(value, len, n, &word_len);
    add(v, class, at, word_len);
}

/* KIND/GROUP/VERSION and the check value, both of which people look for. */
static void add_key(struct giving *v, const char *value, size_t len)
{
    char text[FACET_VALUE_MAX];
    size_t lens[5];
    const char *words[5];
    for (size_t n = 0; n < 5; n++)
        words[n] = word(value, len, n, &lens[n]);
    int n = snprintf(text, sizeof text, "%.*s/%.*s/%.*s %.*s", (int)lens[0], words[0], (int)lens[1],
                     words[1], (int)lens[2], words[2], (int)lens[4], words[4]);
    if (n > 0 && (size_t)n < sizeof text)
        add(v, FACET_KEY, text, (size_t)n);
}

static void add_component(struct giving *v, const char *value, size_t len)
{
    char text[FACET_VALUE_MAX];
    size_t lens[2];
    const char *key = word(value, len, 0, &lens[0]), *kcv = word(value, len, 3, &lens[1]);
    int n = snprintf(text, sizeof text, "%.*s %.*s", (int)lens[0], key, (int)lens[1], kcv);
    if (n > 0 && (size_t)n < sizeof text)
        add(v, FACET_KEY, text, (size_t)n);
}

static void add_line(struct giving *v, const char *name, const char *value, size_t len)
{
    if (strcmp(name, "ceremony") == 0) {
        add(v, FACET_CEREMONY, value, len);
    } else if (strcmp(name, "person") == 0) {
        add_word(v, FACET_PERSON, value, len, 0);
    } else if (strcmp(name, "requirement") == 0) {
        add(v, FACET_REQUIREMENT, value, len);
    } else if (strcmp(name, "key") == 0) {
        add_key(v, value, len);
    } else if (strcmp(name, "component") == 0) {
        add_component(v, value, len);
    } else if (strcmp(name, "card") == 0) {
        add_word(v, FACET_CARD, value, len, 0);
        add_word(v, FACET_CHIP, value, len, 2);
    } else if (strcmp(name, "piece") == 0) {
        add_word(v, FACET_CARD, value, len, 0);
        add_word(v, FACET_CHIP, value, len, 1);
    }
}

static void add_body(struct giving *v, const struct entry *e)
{
    for (size_t at = 0; at < e->body_len;) {
        const char *line = e->body + at;
        const char *end = memchr(line, '\n', e->body_len - at);
        const char *space = end ? memchr(line, ' ', (size_t)(end - line)) : NULL;
        char name[ENTRY_NAME_MAX + 1];
        if (!space)
            return;
        snprintf(name, sizeof name, "%.*s", (int)(space - line), line);
        add_line(v, name, space + 1, (size_t)(end - space - 1));
        at += (size_t)(end - line) + 1;
    }
}

enum kr_error
facet_values(const struct entry *e,
             enum kr_error (*each)(void *ctx, enum facet_class class, const char *value), void *ctx)
{
    struct giving v = {.each = each, .ctx = ctx};
    add(&v, FACET_KIND, e->kind, strlen(e->kind));
    for (size_t i = 0; i < e->signer_count; i++) {
        add(&v, FACET_PERSON, e->signers[i].person, strlen(e->signers[i].person));
        add(&v, FACET_ROLE, e->signers[i].role, strlen(e->signers[i].role));
    }
    if (!e->body_withheld && e->body)
        add_body(&v, e);
    return v.error;
}

void facet_day(const struct tm *when, char day[FACET_DAY_ROOM])
{
    if (strftime(day, FACET_DAY_ROOM, "%Y-%m-%d", when) < 10)
        day[0] = '\0';
}

void facet_turned(enum facet_class class, const char *value, char out[FACET_VALUE_MAX])
{
    size_t len = class == FACET_CARD ? strlen(value) : 0;
    for (size_t i = 0; i < len; i++)
        out[i] = value[len - 1 - i];
    out[len] = '\0';
}
