/* Every step with its entries: when, by whom, what. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

/* Lines of one cell, joined by newlines. */
struct cell {
    char text[VALUE_ROOM + 4096];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct cell *c, const char *format, ...)
{
    va_list args;
    size_t room = sizeof c->text - c->len;
    if (c->len > 0 && room > 1)
        c->text[c->len++] = '\n', room--;
    va_start(args, format);
    int n = vsnprintf(c->text + c->len, room, format, args);
    va_end(args);
    c->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* ---- The lines of a body that a report shows beside its entry ---- */

static void say_key(struct cell *c, const char *value)
{
    struct key_line k;
    if (!key_words(value, &k))
        return;
    if (k.group > 0)
        say(c, _("%s group %d version %d: KCV %s (%s)"), k.kind, k.group, k.version, k.kcv,
            k.algorithm);
    else
        say(c, _("%s version %d: KCV %s (%s)"), k.kind, k.version, k.kcv, k.algorithm);
}

static void say_component(struct cell *c, const char *value)
{
    char key[64], algorithm[24], kcv[64];
    int n, used = 0;
    if (sscanf(value, "%63s %d %23s %n", key, &n, algorithm, &used) < 3)
        return;
    kcv_words(value + used, kcv);
    say(c, _("component %d of %s: KCV %s (%s)"), n, key, kcv, algorithm);
}

static void say_card(struct cell *c, const char *value)
{
    char number[32], kind[24], chip[24], state[24] = "", digits[64];
    if (sscanf(value, "%31s %23s %23s %23s", number, kind, chip, state) < 3)
        return;
    grouped(number, 4, digits);
    say(c, _("card %s\nchip %s: %s%s%s"), digits, chip, vocabulary(kind), state[0] ? ", " : "",
        vocabulary(state));
}

static void say_person(struct cell *c, const char *value)
{
    say(c, _("person: %s"), value);
}

static void say_roles(struct cell *c, const char *value)
{
    say(c, _("roles: %s"), value);
}

static void say_text(struct cell *c, const char *value)
{
    say(c, "%s", value);
}

static void say_covers(struct cell *c, const char *value)
{
    say(c, _("approves: %s"), value);
}

static void say_intent(struct cell *c, const char *value)
{
    say(c, _("concludes #%s"), value);
}

static void say_result(struct cell *c, const char *value)
{
    if (strcmp(value, "ok") != 0)
        say(c, _("result: %s"), vocabulary(value));
}

static void say_error(struct cell *c, const char *value)
{
    say(c, _("refused: %s"), value);
}

static void say_package(struct cell *c, const char *value)
{
    say(c, _("package %s"), value);
}

/* In the order in which they are shown, whatever their order in the body. */
static const struct {
    const char *name;
    void (*say)(struct cell *c, const char *value);
} shown[] = {
    {"person", say_person}, {"name", say_text},     {"roles", say_roles},
    {"intent", say_intent}, {"covers", say_covers}, {"component", say_component},
    {"key", say_key},       {"card", say_card},     {"package", say_package},
    {"error", say_error},   {"result", say_result}, {"text", say_text},
};

static void put_entry(const struct page *p, const struct entry *e)
{
    static const int widths[] = {8, 6, 10, 0};
    struct cell what = {.len = 0};
    char when[12], number[24], signers[1200], value[VALUE_ROOM];
    clock_words(e->time_ms, when);
    snprintf(number, sizeof number, "#%" PRIu64, e->seq);
    signer_words(p->r, e, signers, sizeof signers);
    say(&what, "%s", signers);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        for (size_t n = 0; entry_get(e, shown[i].name, n, value, sizeof value) == KR_OK; n++)
            shown[i].say(&what, value);
    document_row(p->d, LINE_PLAIN, 5, widths, 4,
                 (const char *const[]){when, number, vocabulary(e->kind), what.text});
}

static const char *standing(const struct report_step *s, char out[64])
{
    if (s->open_intent > 0)
        snprintf(out, 64, _("INTENT #%llu WITHOUT OUTCOME"),
                 (unsigned long long)s->open_intent - 1);
    else
        snprintf(out, 64, "%s",
                 s->failed     ? _("FAILED")
                 : s->recorded ? _("done")
                 : s->refused  ? _("only refused")
                               : _("NOT DONE"));
    return out;
}

static void put_step(const struct page *p, size_t n, const struct report_step *s)
{
    static const int widths[] = {3, 48, 0};
    char title[256], number[24], state[64], value[64];
    outline_title(&p->r->outline, s->key, p->chinese, title, sizeof title);
    snprintf(number, sizeof number, "%zu", n + 1);
    standing(s, state);
    bool well = s->recorded && !s->failed && s->open_intent == 0;
    if (n > 0)
        document_gap(p->d);
    document_row(p->d, well ? LINE_HEAD : LINE_WARNING, 0, widths, 3,
                 (const char *const[]){number, title, state});
    for (size_t i = s->first; i <= s->last; i++)
        if (strcmp(value_of(&p->r->entries[i], "step", 0, value, sizeof value), s->key) == 0)
            put_entry(p, &p->r->entries[i]);
}

void put_steps(const struct page *p)
{
    const struct report *r = p->r;
    char step[64];
    document_heading(p->d, _("Steps, in the order in which they were begun (times are UTC)"));
    for (size_t i = 0; i < r->step_count; i++)
        put_step(p, i, &r->steps[i]);
    for (size_t i = 0; i < r->count; i++)
        if (value_of(&r->entries[i], "step", 0, step, sizeof step)[0] == '\0')
            put_entry(p, &r->entries[i]);
}
