/* What an auditor asks last: are the requirements covered, which checkpoint seals it, who signs on
 * paper, and what nothing proves. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../not_proved.h"
#include "boxes.h"
#include "model.h"

/* ---- Requirements ---- */

#define REQUIREMENTS_MAX 64

struct requirements {
    char list[REQUIREMENTS_MAX][64];
    size_t count;
};

static void add_requirement(struct requirements *q, const char *text)
{
    for (size_t i = 0; i < q->count; i++)
        if (strcmp(q->list[i], text) == 0)
            return;
    if (q->count < REQUIREMENTS_MAX)
        snprintf(q->list[q->count++], sizeof q->list[0], "%s", text);
}

static void gather(const struct report *r, struct requirements *q)
{
    char text[64];
    for (size_t i = 0; i < r->outline.count; i++)
        for (size_t n = 0; n < r->outline.steps[i].requires_count; n++)
            add_requirement(q, r->outline.steps[i].requires[n]);
    for (size_t i = 0; i < r->count; i++)
        for (size_t n = 0; entry_get(&r->entries[i], "requirement", n, text, sizeof text) == KR_OK;
             n++)
            add_requirement(q, text);
}

/* Of one requirement: where it was satisfied, and where it was not. */
struct coverage {
    char where[1024], gaps[1024];
};

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t room,
                                                         const char *format, ...)
{
    size_t at = strlen(text);
    va_list args;
    if (at > 0 && at + 2 < room)
        at += (size_t)snprintf(text + at, room - at, ", ");
    va_start(args, format);
    vsnprintf(text + at, room - at, format, args);
    va_end(args);
}

static bool step_claims(const struct report *r, const struct report_step *s, const char *text)
{
    char value[64];
    for (size_t i = s->first; i <= s->last; i++) {
        const struct entry *e = &r->entries[i];
        if (strcmp(value_of(e, "step", 0, value, sizeof value), s->key) != 0)
            continue;
        for (size_t n = 0; entry_get(e, "requirement", n, value, sizeof value) == KR_OK; n++)
            if (strcmp(value, text) == 0)
                return true;
    }
    return false;
}

static bool same_step(const struct report_step *a, const struct report_step *b)
{
    size_t len = strcspn(a->key, "[");
    return strncmp(a->key, b->key, len) == 0 && strcspn(b->key, "[") == len;
}

/* All instances of the step whose first is i count together: "component × 10". */
static void cover_instances(const struct report *r, size_t i, const char *text, struct coverage *c)
{
    size_t count = 0, len = strcspn(r->steps[i].key, "[");
    for (size_t j = i; j < r->step_count; j++) {
        const struct report_step *s = &r->steps[j];
        if (!same_step(&r->steps[i], s) || !step_claims(r, s, text))
            continue;
        if (s->failed)
            append(c->gaps, sizeof c->gaps, _("%s FAILED"), s->key);
        else if (s->open_intent > 0)
            append(c->gaps, sizeof c->gaps, _("%s has no outcome"), s->key);
        else if (!s->recorded)
            append(c->gaps, sizeof c->gaps, _("%s was not done"), s->key);
        count += s->recorded && !s->failed && s->open_intent == 0;
    }
    if (count > 1)
        append(c->where, sizeof c->where, "%.*s × %zu", (int)len, r->steps[i].key, count);
    else if (count == 1)
        append(c->where, sizeof c->where, "%.*s", (int)len, r->steps[i].key);
}

static void cover_done(const struct report *r, const char *text, struct coverage *c)
{
    for (size_t i = 0; i < r->step_count; i++) {
        bool first = true;
        for (size_t j = 0; j < i; j++)
            first = first && !same_step(&r->steps[j], &r->steps[i]);
        if (first)
            cover_instances(r, i, text, c);
    }
}

static bool was_begun(const struct report *r, const char *id)
{
    for (size_t i = 0; i < r->step_count; i++)
        if (strncmp(r->steps[i].key, id, strlen(id)) == 0 &&
            strchr("[", r->steps[i].key[strlen(id)]) != NULL)
            return true;
    return false;
}

static void cover_missing(const struct report *r, const char *text, struct coverage *c)
{
    for (size_t i = 0; i < r->outline.count; i++) {
        const struct outline_step *s = &r->outline.steps[i];
        bool asked = false;
        for (size_t n = 0; n < s->requires_count; n++)
            asked = asked || strcmp(s->requires[n], text) == 0;
        if (!asked || was_begun(r, s->id))
            continue;
        if (is_kind(&r->entries[0], "found") &&
            (strcmp(s->kind, "centre") == 0 || strcmp(s->kind, "enrol") == 0))
            append(c->where, sizeof c->where, _("%s (signed with the founding)"), s->id);
        else if (s->unless_key)
            append(c->where, sizeof c->where, _("%s not needed: the key is there"), s->id);
        else
            append(c->gaps, sizeof c->gaps, _("%s was not done"), s->id);
    }
}

void put_coverage(const struct page *p)
{
    static const int widths[] = {28, 10, 0};
    struct requirements q = {.count = 0};
    size_t gaps = 0;
    gather(p->r, &q);
    document_heading(p->d, _("Requirements"));
    if (q.count == 0) {
        document_line(p->d, LINE_PLAIN, 0, "%s", _("The script names no requirement."));
        return;
    }
    document_row(p->d, LINE_HEAD, 0, widths, 3,
                 (const char *const[]){_("requirement"), _("covered"), _("by steps")});
    for (size_t i = 0; i < q.count; i++) {
        struct coverage c = {.where = ""};
        char cell[2100];
        cover_done(p->r, q.list[i], &c);
        cover_missing(p->r, q.list[i], &c);
        bool gap = c.gaps[0] != '\0' || c.where[0] == '\0';
        gaps += gap;
        snprintf(cell, sizeof cell, "%s%s%s", c.where, c.where[0] && c.gaps[0] ? "\n" : "", c.gaps);
        document_row(p->d, gap ? LINE_WARNING : LINE_PLAIN, 0, widths, 3,
                     (const char *const[]){q.list[i], gap ? _("GAP") : _("yes"), cell});
    }
    document_gap(p->d);
    if (report_end(p->r) == NULL)
        document_line(p->d, LINE_WARNING, 0, "%s",
                      _("The ceremony is not closed: nothing is covered for good."));
    document_line(p->d, gaps ? LINE_WARNING : LINE_PLAIN, 0, _("%zu requirements, %zu with gaps."),
                  q.count, gaps);
}

/* ---- The checkpoint ---- */

/* Names stay whole, the base64 after them goes into lines of its own. */
static void put_note_line(const struct page *p, const char *line)
{
    static const char dash[] = "— ";
    const char *space =
        strncmp(line, dash, sizeof dash - 1) == 0 ? strchr(line + sizeof dash - 1, ' ') : NULL;
    if (space == NULL) {
        document_line(p->d, LINE_PLAIN, 4, "%s", line);
        return;
    }
    document_line(p->d, LINE_PLAIN, 4, "%.*s", (int)(space - line), line);
    document_line(p->d, LINE_PLAIN, 8, "%s", space + 1);
}

static void put_note(const struct page *p, const char *text)
{
    while (*text != '\0') {
        char line[512];
        size_t len = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(len < 511 ? len : 511), text);
        if (len > 0)
            put_note_line(p, line);
        else
            document_gap(p->d);
        text += len + (text[len] == '\n');
    }
}

void put_checkpoint(const struct page *p)
{
    struct checkpoint c;
    char form[CHECKPOINT_SHORT_MAX];
    const char *text = p->r->checkpoint;
    document_heading(p->d, _("Checkpoint"));
    if (text == NULL || checkpoint_parse(text, strlen(text), &c) != KR_OK ||
        c.size <= p->r->entries[p->r->count - 1].seq ||
        checkpoint_short_form(&c, form, sizeof form) != KR_OK) {
        document_line(p->d, LINE_WARNING, 0, "%s",
                      _("No checkpoint covers the whole ceremony: nothing outside the database "
                        "speaks for its end."));
        return;
    }
    document_fact(p->d, _("covers"), _("the %llu entries #0 to #%llu"), (unsigned long long)c.size,
                  (unsigned long long)c.size - 1);
    document_fact(p->d, _("to compare by hand"), "%s", form);
    document_gap(p->d);
    document_line(
        p->d, LINE_PLAIN, 0, "%s",
        _("In full (a signature stands below its signer's name; in the checkpoint itself "
          "it follows on the same line). The QR code of the printed report says the same, "
          "byte for byte:"));
    document_gap(p->d);
    put_note(p, text);
    document_gap(p->d);
    document_code(p->d, text);
}

/* ---- Ink ---- */

#define PEOPLE_ON_PAPER 64

void put_signatures(const struct page *p)
{
    const struct report *r = p->r;
    struct sign_box boxes[PEOPLE_ON_PAPER + 1] = {{"", ""}};
    size_t count = 0;
    document_heading(p->d, _("Signed on paper"));
    for (size_t i = 0; i < r->people_count && count < PEOPLE_ON_PAPER; i++) {
        const struct report_person *person = &r->people[i];
        char name[140];
        if (person->actor[0] == '\0')
            continue;
        person_words(r, person->id, name);
        snprintf(boxes[count].who, sizeof boxes[0].who, "%s", name);
        snprintf(boxes[count].role, sizeof boxes[0].role, "%s · %s %s", vocabulary(person->actor),
                 _("key id"), person->key_id);
        count++;
    }
    snprintf(boxes[count].who, sizeof boxes[0].who, "%s", _("Witness or auditor"));
    snprintf(boxes[count].role, sizeof boxes[0].role, "%s ____________________", _("name"));
    boxes_to_sign(p->d, boxes, count + 1);
}

/* ---- What it does not prove ---- */

void put_limits(const struct page *p)
{
    static const int widths[] = {1, 0};
    document_heading(p->d, _("What this report does and does not prove"));
    document_line(p->d, LINE_PLAIN, 0, "%s",
                  _("It tells what the entries of the journal say, which were verified when it was "
                    "made. Paper can be altered: whoever relies on it verifies the journal or its "
                    "bundle with keyrite-audit verify and compares the checkpoint above. "
                    "Verification does not prove"));
    for (size_t i = 0; not_proved[i] != NULL; i++)
        document_row(p->d, LINE_PLAIN, 1, widths, 2, (const char *const[]){"-", _(not_proved[i])});
}
