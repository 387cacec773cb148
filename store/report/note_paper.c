#include "note_paper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/catalogue.h"
#include "../../crypto/hash.h"
#include "../not_proved.h"
#include "boxes.h"
#include "model.h"
#include "print.h"

/* Longer ones are lists that nobody reads as text: about ten pages of it are printed. */
#define VERBATIM_LINES 600
#define PATH_ROOM      600

struct paper {
    const struct transfer_note *n;
    struct document *d;
};

/* ---- Who, to whom, in what ---- */

static void begin(const struct paper *p)
{
    const struct transfer_note *n = p->n;
    struct document *d = p->d;
    document_begin(d);
    snprintf(d->title, sizeof d->title, "%s %.60s", _("Transfer note"), n->ceremony);
    document_running(d, n->centre, n->ceremony);
    snprintf(d->mark, sizeof d->mark, "%s", n->rehearsal ? _("REHEARSAL") : "");
    d->made_ms = n->pages[n->page_count - 1].entry.time_ms;
    document_title(d, _("Transfer note"));
    document_gap(d);
    if (n->rehearsal)
        document_line(d, LINE_WARNING, 0, "%s", _("REHEARSAL: these cards are worth nothing."));
}

static void put_parties(const struct paper *p)
{
    const struct transfer_note *n = p->n;
    char id[64], date[24];
    grouped(n->identifier, 4, id);
    document_fact(p->d, _("sender"), "%s", n->centre);
    document_fact(p->d, _("tier"), "%s · %s", vocabulary(n->tier), id);
    document_fact(p->d, _("journal"), "%s", n->head.origin);
    grouped(n->receiver_identifier, 4, id);
    document_fact(p->d, _("receiver"), "%s · %s", n->receiver, id);
    document_fact(p->d, _("bag"), "%s", n->package);
    document_fact(p->d, _("ceremony"), "%s", n->ceremony);
    date_words(n->pages[n->page_count - 1].entry.time_ms, date);
    document_fact(p->d, _("signed on"), "%s UTC", date);
    document_fact(p->d, _("cards"), "%zu", n->card_count);
}

static enum kr_error put_fingerprint(const struct paper *p)
{
    char fingerprint[NOTE_FINGERPRINT];
    enum kr_error error = transfer_note_fingerprint(p->n->log_key, fingerprint);
    document_heading(p->d, _("Fingerprint of the sender's log key"));
    document_line(p->d, LINE_TITLE, 0, "%s", fingerprint);
    document_gap(p->d);
    document_line(p->d, LINE_PLAIN, 0, "%s",
                  _("When the receiver takes cards from this sender for the first time, two people "
                    "type it from this paper, each for themselves. That is what makes the file "
                    "the sender's."));
    return error;
}

/* ---- The cards ---- */

/* The number, whose pair it is, and what the plastic says where that is something else. */
static void number_cell(const struct note_card *card, char *out, size_t room)
{
    char number[64], pair[64];
    grouped(card->number, 4, number);
    grouped(card->pair, 4, pair);
    int at = snprintf(out, room, "%s", number);
    if (card->pair[0] != '\0')
        at += snprintf(out + at, room - (size_t)at, "\n%s %s", _("pair"), pair);
    if (strcmp(card->label, number) != 0)
        snprintf(out + at, room - (size_t)at, "\n%s %s", _("label"), card->label);
}

static void put_list(const struct paper *p)
{
    static const int widths[] = {4, 31, 16, 17, 0};
    document_heading(p->d, _("Cards in the bag"));
    document_row(p->d, LINE_HEAD, 0, widths, 5,
                 (const char *const[]){"", _("number"), _("chip"), _("kind"), _("here")});
    for (size_t i = 0; i < p->n->card_count; i++) {
        const struct note_card *card = &p->n->cards[i];
        char place[24], number[256];
        snprintf(place, sizeof place, "%4zu", i + 1);
        number_cell(card, number, sizeof number);
        document_row(
            p->d, LINE_PLAIN, 0, widths, 5,
            (const char *const[]){place, number, card->chip, vocabulary(card->kind), "[  ]"});
    }
}

/* ---- What proves it ---- */

static enum kr_error put_proof(const struct paper *p)
{
    const struct transfer_note *n = p->n;
    char form[CHECKPOINT_SHORT_MAX] = "", note[CHECKPOINT_MAX], digest[65];
    char compact[CHECKPOINT_COMPACT_MAX];
    enum kr_error error = checkpoint_short_form(&n->head, form, sizeof form);
    if (error == KR_OK)
        error = transfer_note_checkpoint(n, note);
    if (error == KR_OK)
        error = checkpoint_compact(note, strlen(note), compact);
    hex_encode(n->digest, 32, digest);
    document_heading(p->d, _("Checkpoint"));
    document_fact(p->d, _("covers"), _("the %llu entries #0 to #%llu"),
                  (unsigned long long)n->head.size, (unsigned long long)n->head.size - 1);
    document_fact(p->d, _("to compare by hand"), "%s", form);
    document_fact(p->d, _("SHA-256 of the file"), "%s", digest);
    document_gap(p->d);
    document_line(p->d, LINE_PLAIN, 0, "%s",
                  _("keyrite-audit verify FILE proves the file without a store: the signatures, "
                    "each page's place in the sender's journal, and the checkpoint, which the QR "
                    "code of the printed paper holds too."));
    document_gap(p->d);
    if (error == KR_OK)
        document_code(p->d, compact);
    return error;
}

/* ---- Ink ---- */

static const char *role_of(const struct transfer_note *n, const char *person)
{
    for (size_t i = 0; i < n->page_count; i++)
        for (size_t s = 0; s < n->pages[i].entry.signer_count; s++)
            if (strcmp(n->pages[i].entry.signers[s].person, person) == 0)
                return n->pages[i].entry.signers[s].role;
    return "";
}

static void put_ink(const struct paper *p)
{
    static const char *const hands[] = {N_("Courier"), N_("Receiver, first"),
                                        N_("Receiver, second")};
    struct sign_box boxes[ENTRY_SIGNERS_MAX + 3] = {{"", ""}};
    size_t count = 0;
    document_heading(p->d, _("Signed on paper"));
    document_line(p->d, LINE_PLAIN, 0, "%s",
                  _("The sender's people signed the note in their journal; here they and everybody "
                    "through whose hands the bag goes sign that it was whole and sealed."));
    for (; count < p->n->people_count; count++) {
        const char *person = p->n->people[count].person;
        snprintf(boxes[count].who, sizeof boxes[0].who, "%s", person);
        snprintf(boxes[count].role, sizeof boxes[0].role, "%s · %s",
                 vocabulary(role_of(p->n, person)), _("sender"));
    }
    for (size_t i = 0; i < sizeof hands / sizeof hands[0]; i++, count++) {
        snprintf(boxes[count].who, sizeof boxes[0].who, "%s", _(hands[i]));
        snprintf(boxes[count].role, sizeof boxes[0].role, "%s ____________________", _("name"));
    }
    boxes_to_sign(p->d, boxes, count);
}

static void put_unproved(const struct paper *p)
{
    static const int widths[] = {1, 0};
    document_heading(p->d, _("What this note does not prove"));
    for (size_t i = 0; not_proved_by_note[i] != NULL; i++)
        document_row(p->d, LINE_PLAIN, 1, widths, 2,
                     (const char *const[]){"-", _(not_proved_by_note[i])});
}

/* ---- Word for word ---- */

static void put_words(const struct paper *p, const char *text, size_t len)
{
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    document_heading(p->d, _("The note, word for word"));
    if (lines > VERBATIM_LINES) {
        document_line(p->d, LINE_PLAIN, 0,
                      _("It has %zu lines and goes as a file alone; its SHA-256 stands above."),
                      lines);
        return;
    }
    for (size_t at = 0; at < len;) {
        char line[NOTE_COLUMNS + 2];
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end == NULL ? len - at : (size_t)(end - text) - at;
        snprintf(line, sizeof line, "%.*s", (int)n, text + at);
        document_add(p->d, LINE_PLAIN, line);
        at += n + 1;
    }
}

enum kr_error note_paper_document(const struct transfer_note *n, const char *text, size_t len,
                                  struct document *d)
{
    const struct paper p = {.n = n, .d = d};
    begin(&p);
    put_parties(&p);
    enum kr_error error = put_fingerprint(&p);
    put_list(&p);
    if (error == KR_OK)
        error = put_proof(&p);
    put_ink(&p);
    put_unproved(&p);
    put_words(&p, text, len);
    return error == KR_OK ? d->failed : error;
}

/* ---- Beside the note ---- */

static enum kr_error name_paper(const char *dir, const char *name, const char *ending,
                                char made[NOTE_PAPER_ROOM], char path[PATH_ROOM])
{
    const char *language = catalogue_is_chinese() ? "zh_CN" : "en";
    bool fits =
        snprintf(made, NOTE_PAPER_ROOM, "%s.%s.%s", name, language, ending) < NOTE_PAPER_ROOM &&
        snprintf(path, PATH_ROOM, "%s/%s", dir, made) < PATH_ROOM;
    return fits ? KR_OK : kr_fail(KR_E_TOO_LONG, "%.100s", dir);
}

static enum kr_error write_both(const struct document *d, const char *dir, const char *name,
                                char made[NOTE_PAPER_ROOM])
{
    char path[PATH_ROOM], paper[PATH_ROOM], pdf[NOTE_PAPER_ROOM];
    enum kr_error error = name_paper(dir, name, "txt", made, path);
    if (error == KR_OK)
        error = document_save(d, path);
    if (error == KR_OK)
        error = name_paper(dir, name, "pdf", pdf, path);
    if (error != KR_OK)
        return error;
    paper_beside_program(paper, sizeof paper);
    if (document_print(d, paper, path) == KR_OK)
        memcpy(made, pdf, sizeof pdf);
    return KR_OK;
}

enum kr_error note_paper_write(const char *dir, const char *name, const char *text, size_t len,
                               char made[NOTE_PAPER_ROOM])
{
    struct transfer_note *n = NULL;
    struct document d;
    document_begin(&d);
    enum kr_error error = transfer_note_read(text, len, &n);
    if (error == KR_OK)
        error = note_paper_document(n, text, len, &d);
    if (error == KR_OK)
        error = write_both(&d, dir, name, made);
    if (error != KR_OK)
        made[0] = '\0';
    document_free(&d);
    transfer_note_free(&n);
    return error;
}
