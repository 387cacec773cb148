/* What a card query found, in words. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"
#include "card_query.h"
#include "key_holding.h"
#include "run.h"
#include "vocabulary.h"

#define _(text) gettext(text)
#define MF_ID   0x3F00

/* ---- Sentences ---- */

static const char *blank_sentence(const struct card_answer *a)
{
    return a->recorded ? _("This is a blank that was taken in and not washed yet. It holds the "
                           "maker's key only. It is washed next (card-wash).")
                       : _("This is a blank that was never taken in. It holds the maker's key "
                           "only. Take it in first (card-intake), which also proves its maker.");
}

char *card_answer_sentence(const struct card_answer *a, char *out, size_t room)
{
    const char *kind = a->has_layout ? vocabulary(a->layout.id) : "";
    switch (a->nature) {
    case NATURE_ALIEN:
        text_put(out, room,
                 _("This is not one of our cards: it does not answer what each of ours answers. "
                   "Nothing was done to it. Put it aside and ask whose it is."));
        break;
    case NATURE_BLOCKED:
        text_put(out, room,
                 _("This card is blocked for good and does nothing any more. Void it and "
                   "have it destroyed under witness."));
        break;
    case NATURE_MANUFACTURER:
        text_put(out, room,
                 _("This is the manufacturer's mother card. It gives its key when blanks are taken "
                   "in (card-intake) and is never in the inventory. Put it back into its bag."));
        break;
    case NATURE_BLANK:
        text_put(out, room, "%s", blank_sentence(a));
        break;
    case NATURE_WASHED:
        text_put(out, room,
                 _("This is a washed card (%s) without an application. It can be issued."), kind);
        break;
    case NATURE_HALF:
        text_put(out, room,
                 _("Writing to this card began and did not end, so nobody may use it. Go on with "
                   "its ceremony, or have it voided there."));
        break;
    case NATURE_ISSUED:
        text_put(out, room, _("This is a card of the kind %s, complete."), kind);
        break;
    case NATURE_STRANGE:
        text_put(out, room,
                 _("This card speaks as ours do, but no card layout of this centre describes it. "
                   "It may come from another centre; ask there before it is used."));
        break;
    }
    return out;
}

static const char *finding_format(enum card_finding_kind kind)
{
    switch (kind) {
    case FINDING_UNRECORDED:
        return _("The inventory does not know this piece of plastic.");
    case FINDING_NUMBER:
        return _("The inventory has it under number {}, the card says {}. Put it aside and write "
                 "an exception sheet.");
    case FINDING_OTHER_PIECE:
        return _("The inventory has the card's number for another piece of plastic (chip {}), so "
                 "one of the two is not what it seems. Put both aside and write an exception "
                 "sheet.");
    case FINDING_KIND:
        return _("By the inventory it is made as {}, by its files as {}. Put it aside and write an "
                 "exception sheet.");
    case FINDING_STATE:
        return _("By the inventory it is {}, by its files {}. Look at its history; if no open "
                 "ceremony explains it, write an exception sheet.");
    case FINDING_SPOILED:
        return _("It was marked spoiled. It belongs into the red tray until its destruction is "
                 "witnessed.");
    case FINDING_DESTROYED:
        return _("The inventory says that it was destroyed, and here it lies. Keep it and call the "
                 "auditor.");
    case FINDING_CENTRE:
        return _("Another centre activated it (identifier {}).");
    case FINDING_CONTROL:
        return _("It does not hold the key {} of this centre.");
    case FINDING_KEY_MISSING:
        return _("The key {} is not on the card, and its layout demands it.");
    case FINDING_KEY_DIFFERS:
        return _("The key {} has other attributes than its layout says.");
    case FINDING_KEY_MORE:
        return _("There is a key {} that its layout does not have.");
    case FINDING_LOCKED:
        return _("{} is locked: no try is left.");
    case FINDING_TRIES:
        return _("{} has {} tries left.");
    case FINDING_LIMIT:
        return _("It may issue no more cards: its limit is used up.");
    }
    return "";
}

char *card_finding_sentence(const struct card_finding *f, char *out, size_t room)
{
    const char *values[] = {vocabulary(f->a), vocabulary(f->b)};
    const char *from = finding_format(f->kind);
    char text[512] = "";
    for (size_t i = 0; i < 2; i++) {
        const char *hole = strstr(from, "{}");
        if (!hole)
            break;
        size_t at = strlen(text);
        text_put(text + at, sizeof text - at, "%.*s%s", (int)(hole - from), from, values[i]);
        from = hole + 2;
    }
    text_put(out, room, "%s%s", text, from);
    return out;
}

const char *card_verdict_text(enum card_verdict v)
{
    switch (v) {
    case VERDICT_AGREES:
        return _("The inventory and the card agree.");
    case VERDICT_DIFFERS:
        return _("The card is not what it should be.");
    case VERDICT_UNRECORDED:
        break;
    }
    return _("The inventory knows nothing of this card.");
}

/* ---- Facts ---- */

struct fact_list {
    struct card_fact *facts;
    size_t count, room;
};

static void fact(struct fact_list *l, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fact(struct fact_list *l, const char *label, const char *format, ...)
{
    va_list args;
    if (l->count == l->room)
        return;
    struct card_fact *f = &l->facts[l->count++];
    text_put(f->label, sizeof f->label, "%s", label);
    va_start(args, format);
    text_fill(f->value, sizeof f->value, format, args);
    va_end(args);
}

/* "2026-11-25" of four bytes BCD. */
static void date_text(const uint8_t date[4], char out[16])
{
    text_put(out, 16, "%02X%02X-%02X-%02X", date[0], date[1], date[2], date[3]);
}

static void grouped_or_dash(const char *number, char out[32])
{
    if (strlen(number) == 20)
        number_grouped(number, out);
    else
        text_put(out, 32, "%s", number[0] ? number : "—");
}

static void audit_facts(const struct card_answer *a, struct fact_list *l)
{
    const struct survey_file *cdf = survey_file(survey_directory(&a->survey, MF_ID), 0x15);
    char id[21], date[16];
    if (!survey_written(cdf, 25) || a->nature == NATURE_MANUFACTURER)
        return;
    hex_encode_upper(cdf->bytes + 1, 10, id);
    date_text(cdf->bytes + 21, date);
    fact(l, _("personalised as"), "%02X", cdf->bytes[0]);
    fact(l, _("activated by"), "%.16s %s", id, id + 16);
    fact(l, _("activated on"), "%s", date);
}

/* An application of an activating centre: 14 bytes; of a user card: issuer 8, type 1, version 1,
 * ASN 10, dates 8 (cards.md section 6). */
static void application_facts(const struct survey_directory *d, struct fact_list *l)
{
    const struct survey_file *f = survey_file(d, 0x15), *holder = survey_file(d, 0x16),
                             *subject = survey_file(d, 0x1A), *user_audit = survey_file(d, 0x1B);
    char id[21], from[16], to[16];
    fact(l, _("application"), "%04X %.*s", d->id, (int)d->name_len, (const char *)d->name);
    if (survey_written(f, 28)) {
        hex_encode_upper(f->bytes, 8, id);
        fact(l, _("issuer"), "%s", id);
        hex_encode_upper(f->bytes + 10, 10, id);
        fact(l, "ASN", "%s", id);
        date_text(f->bytes + 20, from);
        date_text(f->bytes + 24, to);
        fact(l, _("valid"), "%s – %s", from, to);
        f = user_audit;
    }
    if (survey_written(f, 14)) {
        hex_encode_upper(f->bytes, 10, id);
        date_text(f->bytes + 10, from);
        fact(l, _("application activated by"), "%.16s %s", id, id + 16);
        fact(l, _("application activated on"), "%s", from);
    }
    if (survey_written(subject, 16)) {
        hex_encode_upper(subject->bytes, 8, id);
        fact(l, _("made for region"), "%s", id);
        hex_encode_upper(subject->bytes + 8, 8, id);
        fact(l, _("made for bank"), "%s", id);
    }
    if (survey_written(holder, 55)) {
        char name[21];
        text_put(name, sizeof name, "%.20s", (const char *)holder->bytes + 2);
        fact(l, _("holder"), "%s", text_is_utf8(name) ? name : "?");
    }
}

static unsigned long number_at(const uint8_t *b)
{
    return (unsigned long)b[0] << 24 | (unsigned long)b[1] << 16 | (unsigned long)b[2] << 8 | b[3];
}

static void limit_fact(const struct survey_directory *d, struct fact_list *l)
{
    const struct survey_file *f = survey_file(d, 0x19);
    if (f && f->readable && f->len >= 8)
        fact(l, _("cards it may issue"), _("%lu of %lu left"), number_at(f->bytes + 4),
             number_at(f->bytes));
}

/* By the card itself: keys that it may give as they are, whatever its layout says. */
static void whole_fact(const struct survey_directory *d, struct fact_list *l)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (card_key_is_master(d->keys[i].kind) &&
            (d->keys[i].info.header.follow_state & GIVEN_WHOLE) != 0) {
            fact(l, _("master keys"), "%s", _("may leave this card whole"));
            return;
        }
}

static void card_facts(const struct card_answer *a, struct fact_list *l)
{
    const struct survey_directory *mf = survey_directory(&a->survey, MF_ID);
    char number[32];
    if (a->number[0]) {
        number_grouped(a->number, number);
        fact(l, _("number"), "%s", number);
    }
    fact(l, _("chip"), "%s", a->chip[0] ? a->chip : "—");
    if (a->survey.dialect)
        fact(l, _("card operating system"), "%s", a->survey.dialect->id);
    if (a->has_layout)
        fact(l, _("layout"), "%s", a->layout.id);
    if (a->control[0])
        fact(l, _("proved"), _("holds the key %s of this centre"), a->control);
    audit_facts(a, l);
    if (mf)
        limit_fact(mf, l);
    const struct survey_file *terminal = mf ? survey_file(mf, 0x16) : NULL;
    if (survey_written(terminal, 6)) {
        char id[13];
        hex_encode_upper(terminal->bytes, 6, id);
        fact(l, _("terminal"), "%s", id);
    }
    for (size_t i = 1; i < a->survey.count; i++) {
        application_facts(&a->survey.directories[i], l);
        limit_fact(&a->survey.directories[i], l);
        whole_fact(&a->survey.directories[i], l);
    }
}

static void record_facts(const struct card_answer *a, struct fact_list *l)
{
    const struct card_record *r = &a->record;
    char number[32], pair[32];
    if (!a->recorded)
        return;
    grouped_or_dash(r->number, number);
    grouped_or_dash(r->pair, pair);
    fact(l, _("in the inventory"), "%s · %s · %s", number, vocabulary(r->kind),
         vocabulary(r->state));
    if (r->pair[0])
        fact(l, _("paired with"), "%s", pair);
    if (r->label[0])
        fact(l, _("label"), "%s", r->label);
    if (r->ceremony[0])
        fact(l, _("last ceremony"), "%s", r->ceremony);
}

size_t card_answer_facts(const struct card_answer *a, struct card_fact *facts, size_t room)
{
    struct fact_list l = {facts, 0, room};
    card_facts(a, &l);
    record_facts(a, &l);
    return l.count;
}
