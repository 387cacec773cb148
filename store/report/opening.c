/* The first page: centre, ceremony and how it ended, script and its words, people, parameters. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../../crypto/hash_words.h"
#include "model.h"

static void put_title(const struct page *p)
{
    document_title(p->d, _("Ceremony report"));
    if (p->r->rehearsal)
        document_line(p->d, LINE_WARNING, 0, "%s",
                      _("REHEARSAL: throw-away keys and simulated cards. Nothing on this paper is "
                        "evidence of a real ceremony."));
}

static void put_centre(const struct page *p)
{
    const struct report *r = p->r;
    document_gap(p->d);
    document_fact(p->d, _("centre"), "%s", r->centre);
    document_fact(p->d, _("tier"), "%s", vocabulary(r->tier));
    document_fact(p->d, _("journal"), "%s", r->origin);
}

/* How it ended, in one line. */
static void put_result(const struct page *p)
{
    char text[VALUE_ROOM];
    const struct entry *end = report_end(p->r);
    if (end == NULL) {
        document_row(p->d, LINE_WARNING, 0, (const int[]){24, 0}, 2,
                     (const char *const[]){_("ended"), _("NOT CLOSED")});
        return;
    }
    bool closed = is_kind(end, "close");
    bool well = closed && strcmp(value_of(end, "result", 0, text, sizeof text), "failed") != 0;
    const char *how = well     ? _("closed")
                      : closed ? _("closed, with steps that FAILED")
                               : _("ABORTED");
    document_row(p->d, well ? LINE_PLAIN : LINE_WARNING, 0, (const int[]){24, 0}, 2,
                 (const char *const[]){_("result"), how});
    if (!closed)
        document_fact(p->d, _("reason"), "%s", value_of(end, "text", 0, text, sizeof text));
    for (size_t n = 0; !closed && entry_get(end, "result", n, text, sizeof text) == KR_OK; n++)
        document_fact(p->d, "", "%s", text);
}

/* The date that the ceremony's cards bear. */
static void put_day(const struct page *p)
{
    char day[16];
    int year, month, date;
    value_of(&p->r->entries[0], "day", 0, day, sizeof day);
    if (sscanf(day, "%4d%2d%2d", &year, &month, &date) == 3)
        document_fact(p->d, _("day at the workstation"), "%04d-%02d-%02d", year, month, date);
}

static void put_times(const struct page *p)
{
    const struct report *r = p->r;
    const struct entry *first = &r->entries[0], *last = &r->entries[r->count - 1];
    const struct entry *end = report_end(r);
    char date[24];
    int64_t until = end == NULL ? last->time_ms : end->time_ms;
    int64_t seconds = (until - first->time_ms) / 1000;
    date_words(first->time_ms, date);
    document_fact(p->d, _("opened"), "%s UTC", date);
    if (end != NULL) {
        date_words(end->time_ms, date);
        document_fact(p->d, _("ended"), "%s UTC", date);
        document_fact(p->d, _("took"), "%" PRId64 ":%02d:%02d", seconds / 3600,
                      (int)(seconds / 60 % 60), (int)(seconds % 60));
    }
    document_fact(p->d, _("entries of the journal"), _("%zu, from #%llu to #%llu"), r->count,
                  (unsigned long long)first->seq, (unsigned long long)last->seq);
}

static void put_ceremony(const struct page *p)
{
    const struct outline *o = &p->r->outline;
    char software[64];
    const char *title = p->chinese ? o->title.zh : o->title.en;
    document_fact(p->d, _("ceremony"), "%s%s%s", p->r->ceremony, title[0] ? " · " : "", title);
    put_day(p);
    put_times(p);
    put_result(p);
    value_of(&p->r->entries[0], "software", 0, software, sizeof software);
    document_fact(p->d, _("software"), "keyrite %s", software);
}

/* ---- The script ---- */

/* The digest over script and layouts that was read aloud: docs/scripts.md. */
static enum kr_error spoken_hash(const struct entry *opening, uint8_t hash[32])
{
    char text[ENTRY_BODY_MAX + 64], line[192];
    size_t at = (size_t)snprintf(text, sizeof text, "script %s\n",
                                 value_of(opening, "script", 0, line, sizeof line));
    for (size_t n = 0; entry_get(opening, "layout", n, line, sizeof line) == KR_OK; n++)
        at += (size_t)snprintf(text + at, sizeof text - at, "layout %s\n", line);
    return sha256(text, at, hash);
}

static void put_digest(const struct page *p, const char *label, const char *line)
{
    char name[48] = "", hex[65] = "", groups[2][64];
    (void)sscanf(line, "%47s %64s", name, hex);
    char half[33];
    snprintf(half, sizeof half, "%.32s", hex);
    grouped(half, 8, groups[0]);
    grouped(strlen(hex) == 64 ? hex + 32 : "", 8, groups[1]);
    document_fact(p->d, label, "%s\n%s\n%s", name, groups[0], groups[1]);
}

static void put_words(const struct page *p, const uint8_t hash[32])
{
    char words[400], hex[65], groups[2][64], half[33];
    hash_words(hash, p->chinese, words, sizeof words);
    hex_encode(hash, 32, hex);
    snprintf(half, sizeof half, "%.32s", hex);
    grouped(half, 8, groups[0]);
    grouped(hex + 32, 8, groups[1]);
    document_fact(p->d, _("read aloud"), "%s\n%s", groups[0], groups[1]);
    document_fact(p->d, _("in words"), "%s", words);
}

static void put_script(const struct page *p)
{
    const struct entry *opening = &p->r->entries[0];
    uint8_t hash[32];
    char line[192];
    document_heading(p->d, _("Script"));
    put_digest(p, _("script (SHA-256)"), value_of(opening, "script", 0, line, sizeof line));
    if (p->r->outline.count > 0)
        document_fact(p->d, _("version"), "%s", p->r->outline.version);
    else
        document_line(p->d, LINE_PLAIN, 0, "%s",
                      _("The script's text was not at hand: steps are called by their ids, and "
                        "requirements are those that entries name."));
    for (size_t n = 0; entry_get(opening, "layout", n, line, sizeof line) == KR_OK; n++)
        put_digest(p, _("card layout (SHA-256)"), line);
    if (spoken_hash(opening, hash) == KR_OK)
        put_words(p, hash);
}

/* ---- People ---- */

static void put_people(const struct page *p)
{
    static const int widths[] = {24, 14, 18, 8, 0};
    const struct report *r = p->r;
    document_heading(p->d, _("People"));
    document_row(p->d, LINE_HEAD, 0, widths, 5,
                 (const char *const[]){_("name"), _("role"), _("seat"), _("key id"), _("signed")});
    for (size_t i = 0; i < r->people_count; i++) {
        const struct report_person *who = &r->people[i];
        char name[140], count[16];
        if (who->actor[0] == '\0')
            continue;
        person_words(r, who->id, name);
        snprintf(count, sizeof count, "%u", who->signatures);
        document_row(p->d, LINE_PLAIN, 0, widths, 5,
                     (const char *const[]){name, vocabulary(who->actor),
                                           who->seat[0] ? who->seat : "-", who->key_id, count});
    }
}

static void put_parameters(const struct page *p)
{
    const struct entry *opening = &p->r->entries[0];
    char line[512], name[48];
    if (entry_get(opening, "parameter", 0, line, sizeof line) != KR_OK)
        return;
    document_heading(p->d, _("Parameters"));
    for (size_t n = 0; entry_get(opening, "parameter", n, line, sizeof line) == KR_OK; n++) {
        size_t len = strcspn(line, " ");
        snprintf(name, sizeof name, "%.*s", (int)(len < 47 ? len : 47), line);
        document_fact(p->d, vocabulary(name), "%s", line[len] ? vocabulary(line + len + 1) : "");
    }
}

void put_opening(const struct page *p)
{
    put_title(p);
    put_centre(p);
    put_ceremony(p);
    put_script(p);
    put_people(p);
    put_parameters(p);
}
