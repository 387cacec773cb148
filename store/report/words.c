/* How people, times and numbers stand in a report. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model.h"

void person_words(const struct report *r, const char *id, char out[140])
{
    const struct report_person *p = report_person(r, id);
    bool named = p != NULL && p->name[0] != '\0' && strcmp(p->name, id) != 0;
    if (named)
        snprintf(out, 140, "%s (%s)", p->name, id);
    else
        snprintf(out, 140, "%s", id);
}

void signer_words(const struct report *r, const struct entry *e, char *out, size_t room)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < e->signer_count && at < room; i++) {
        char name[140];
        person_words(r, e->signers[i].person, name);
        int n = snprintf(out + at, room - at, "%s%s", i == 0 ? "" : ", ", name);
        at += n < 0 ? room : (size_t)n;
    }
}

static struct tm utc_of(int64_t time_ms)
{
    struct tm utc = {.tm_mday = 1};
    time_t seconds = (time_t)(time_ms / 1000);
    (void)gmtime_r(&seconds, &utc);
    return utc;
}

void date_words(int64_t time_ms, char out[24])
{
    struct tm utc = utc_of(time_ms);
    if (strftime(out, 24, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        out[0] = '\0';
}

void clock_words(int64_t time_ms, char out[12])
{
    struct tm utc = utc_of(time_ms);
    if (strftime(out, 12, "%H:%M:%S", &utc) == 0)
        out[0] = '\0';
}

void grouped(const char *digits, size_t group, char out[64])
{
    size_t len = strlen(digits), at = 0;
    bool plain = strspn(digits, "0123456789abcdefABCDEF") != len || len > 40;
    for (size_t i = 0; i < len && at + 2 < 64; i++) {
        if (!plain && i > 0 && i % group == 0)
            out[at++] = ' ';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

bool key_words(const char *value, struct key_line *k)
{
    int used = 0;
    memset(k, 0, sizeof *k);
    if (sscanf(value, "%31s %d %d %23s %n", k->kind, &k->group, &k->version, k->algorithm, &used) <
            4 ||
        used == 0)
        return false;
    value = kcv_words(value + used, k->kcv);
    (void)sscanf(value, "%23s", k->state);
    return k->kcv[0] != '\0';
}

const char *kcv_words(const char *value, char out[64])
{
    char digits[64] = "";
    for (;;) {
        size_t len = strcspn(value, " "), at = strlen(digits);
        bool more = at == 0 ? len > 0 : len == 2 && strspn(value, "0123456789ABCDEF") == 2;
        if (!more || at + len >= sizeof digits)
            break;
        snprintf(digits + at, sizeof digits - at, "%.*s", (int)len, value);
        value += len + (value[len] == ' ');
    }
    grouped(digits, 2, out);
    return value;
}
