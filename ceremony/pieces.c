/* The account of the pieces of plastic drawn in a ceremony (R4). */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "vocabulary.h"

#define _(text) gettext(text)

#define PIECES_A_PAGE  150 /* lines in one entry */
#define SPOILED_A_PAGE 40  /* cards that become spoiled in one entry, two lines each */
#define FACTS_SINGLE   24 /* as many pieces are shown one by one, more of them in runs of numbers */

void number_grouped(const char *number, char out[32])
{
    size_t len = 0;
    for (size_t i = 0; number[i] != '\0' && len + 2 < 32; i++) {
        if (i > 0 && i % 4 == 0)
            out[len++] = ' ';
        out[len++] = number[i];
    }
    out[len] = '\0';
}

/* ---- Counting: once from the rows, then along with each that changes ---- */

enum kr_error pieces_counted(struct ceremony *c)
{
    struct piece_sum sum = {0};
    enum kr_error err = KR_OK;
    if (c->summed)
        return KR_OK;
    if (session_store(c->session) != NULL && c->id[0] != '\0')
        err = pieces_sum(session_store(c->session), c->id, &sum);
    pthread_mutex_lock(&c->lock);
    c->sum = sum;
    c->summed = err == KR_OK;
    pthread_mutex_unlock(&c->lock);
    return err;
}

static unsigned *sum_of(struct piece_sum *sum, const char *what)
{
    return strcmp(what, "good") == 0      ? &sum->good
           : strcmp(what, "spoiled") == 0 ? &sum->spoiled
           : strcmp(what, "lost") == 0    ? &sum->lost
           : strcmp(what, "doubt") == 0   ? &sum->doubt
                                          : &sum->returned;
}

static void sum_move(struct ceremony *c, const char *before, const char *now)
{
    pthread_mutex_lock(&c->lock);
    if (before[0] == '\0')
        c->sum.drawn++;
    else
        --*sum_of(&c->sum, before);
    ++*sum_of(&c->sum, now);
    pthread_mutex_unlock(&c->lock);
}

int piece_count(const struct ceremony *c, const char *what)
{
    struct piece_sum sum = {0};
    if (session_store(c->session) != NULL && c->id[0] != '\0')
        (void)pieces_sum(session_store(c->session), c->id, &sum);
    return (int)(what == NULL ? sum.drawn : *sum_of(&sum, what));
}

/* ---- Changing ---- */

static void piece_line(struct entry *e, const struct piece_record *p)
{
    entry_add(e, "piece", "%s %s %s %" PRId64, p->number, p->chip, p->what, p->place);
}

enum kr_error piece_note(struct ceremony *c, struct entry *e, const char *number, const char *chip,
                         const char *what)
{
    struct store *store = session_store(c->session);
    struct piece_record p;
    char before[sizeof p.what] = "";
    enum kr_error err = pieces_counted(c);
    if (err == KR_OK)
        err = pieces_get(store, c->id, chip, &p);
    if (err == KR_OK) {
        memcpy(before, p.what, sizeof before);
    } else if (err == KR_E_NOT_FOUND) {
        p = (struct piece_record){.place = c->sum.drawn + 1};
        snprintf(p.ceremony, sizeof p.ceremony, "%s", c->id);
        snprintf(p.chip, sizeof p.chip, "%s", chip);
        err = KR_OK;
    }
    if (err != KR_OK)
        return err;
    snprintf(p.number, sizeof p.number, "%s", number);
    snprintf(p.what, sizeof p.what, "%s", what);
    err = pieces_set(store, &p);
    if (err != KR_OK)
        return err;
    piece_line(e, &p);
    sum_move(c, before, what);
    batch_line(c, &p);
    return KR_OK;
}

/* With the number that it was being made with, which it may bear by now. */
static enum kr_error piece_spoil(struct ceremony *c, struct entry *e, const struct piece_record *p)
{
    struct card_record rec;
    enum kr_error err = cards_by_chip(session_store(c->session), p->chip, &rec);
    if (err != KR_OK)
        return err;
    snprintf(rec.number, sizeof rec.number, "%s", p->number);
    snprintf(rec.state, sizeof rec.state, "spoiled");
    snprintf(rec.ceremony, sizeof rec.ceremony, "%s", c->id);
    record_card(e, &rec);
    err = cards_set(session_store(c->session), &rec);
    return err == KR_OK ? piece_note(c, e, rec.number, rec.chip, "spoiled") : err;
}

enum kr_error piece_verified(struct ceremony *c, struct entry *e, const struct card_record *rec)
{
    struct piece_record p;
    enum kr_error err = pieces_get(session_store(c->session), c->id, rec->chip, &p);
    if (err == KR_E_NOT_FOUND)
        return KR_OK; /* drawn in another ceremony */
    return err == KR_OK ? piece_note(c, e, rec->number, rec->chip, "good") : err;
}

enum kr_error piece_in_doubt_spoil(struct ceremony *c, struct entry *e, const char *chip)
{
    struct piece_record p;
    enum kr_error err = pieces_get(session_store(c->session), c->id, chip, &p);
    if (err == KR_E_NOT_FOUND)
        return KR_OK;
    return err == KR_OK && strcmp(p.what, "doubt") == 0 ? piece_spoil(c, e, &p) : err;
}

static enum kr_error spoil_some(struct ceremony *c, struct entry *e, int most)
{
    struct piece_record p;
    size_t count = 1;
    enum kr_error err = KR_OK;
    for (int n = 0; err == KR_OK && count > 0 && n < most; n++) {
        err = pieces_list(session_store(c->session), c->id, "doubt", 0, &p, 1, &count);
        if (err == KR_OK && count > 0)
            err = piece_spoil(c, e, &p);
    }
    return err;
}

enum kr_error pieces_in_doubt_spoil(struct ceremony *c, struct entry *e, const char *who)
{
    const char *persons[] = {who, NULL};
    enum kr_error err = KR_OK;
    while (err == KR_OK && piece_count(c, "doubt") > SPOILED_A_PAGE) {
        struct entry page;
        record_begin(c, &page, "card");
        entry_add(&page, "result", "failed");
        err = spoil_some(c, &page, SPOILED_A_PAGE);
        if (err == KR_OK)
            err = record_sign(c, &page, persons, NULL);
        entry_free(&page);
    }
    return err == KR_OK ? spoil_some(c, e, SPOILED_A_PAGE) : err;
}

enum kr_error pieces_adopt(struct ceremony *c, struct entry *e)
{
    enum kr_error err = KR_OK;
    for (int n = 1; err == KR_OK; n++) {
        char name[32], number[24], chip[20], what[12];
        snprintf(name, sizeof name, "piece.%d", n);
        if (sscanf(var_get(c, name), "%23s %19s %11s", number, chip, what) != 3)
            break;
        err = piece_note(c, e, number, chip, what);
        var_clear(c, name);
    }
    return err;
}

size_t ceremony_fates(struct ceremony *c, struct card_fate *out, size_t room)
{
    struct store *store = session_store(c->session);
    struct piece_record p;
    struct card_record rec;
    size_t count = 0, got = 1;
    if (store == NULL || c->id[0] == '\0')
        return 0;
    for (int64_t after = 0; count < room && got > 0; after = p.place) {
        if (pieces_list(store, c->id, NULL, after, &p, 1, &got) != KR_OK || got == 0)
            break;
        if (cards_by_chip(store, p.chip, &rec) != KR_OK)
            continue; /* given back without a number */
        struct card_fate *f = &out[count++];
        number_grouped(rec.number, f->number);
        snprintf(f->state, sizeof f->state, "%s", rec.state);
        f->spoils = strcmp(p.what, "doubt") == 0;
    }
    return count;
}

/* ---- The whole account, in the journal and on the screen ---- */

/* What does not fit into one entry goes before it into pages, which it stands on by its hash. */
static enum kr_error page_sign(struct ceremony *c, const struct piece_record *list, size_t count,
                               const char *who)
{
    struct entry e;
    const char *persons[] = {who, NULL};
    record_begin(c, &e, "note");
    entry_add(&e, "text", "pieces %" PRId64 " to %" PRId64, list[0].place, list[count - 1].place);
    for (size_t i = 0; i < count; i++)
        piece_line(&e, &list[i]);
    enum kr_error err = record_sign(c, &e, persons, NULL);
    entry_free(&e);
    return err;
}

enum kr_error pieces_lines(struct ceremony *c, struct entry *e, const char *who)
{
    struct piece_record *list = calloc(PIECES_A_PAGE + 1, sizeof *list);
    int64_t after = 0;
    size_t count = 0;
    enum kr_error err = list == NULL ? KR_E_MEMORY : KR_OK;
    while (err == KR_OK) {
        err = pieces_list(session_store(c->session), c->id, NULL, after, list, PIECES_A_PAGE + 1,
                          &count);
        if (err != KR_OK || count <= PIECES_A_PAGE)
            break;
        err = page_sign(c, list, PIECES_A_PAGE, who);
        after = list[PIECES_A_PAGE - 1].place;
    }
    for (size_t i = 0; err == KR_OK && i < count; i++)
        piece_line(e, &list[i]);
    free(list);
    return err;
}

enum kr_error pieces_balance(struct ceremony *c, struct piece_sum *sum)
{
    struct store *store = session_store(c->session);
    struct piece_record p;
    char grouped[32];
    enum kr_error err = pieces_sum(store, c->id, sum);
    if (err != KR_OK)
        return err;
    if (sum->drawn != sum->good + sum->spoiled + sum->returned + sum->lost)
        return kr_fail(KR_E_BALANCE, "%u ≠ %u + %u + %u + %u", sum->drawn, sum->good, sum->spoiled,
                       sum->returned, sum->lost);
    err = pieces_astray(store, c->id, &p);
    if (err == KR_E_NOT_FOUND)
        return KR_OK;
    number_grouped(p.number, grouped);
    return err == KR_OK ? kr_fail(KR_E_BALANCE, "%s: %s", grouped, vocabulary(p.what)) : err;
}

/* A run of numbers of which the same became. */
struct run {
    struct piece_record first, last;
    unsigned count;
};

static bool run_takes(const struct run *run, const struct piece_record *p)
{
    const char *a = run->last.number, *b = p->number;
    if (run->count == 0 || strcmp(run->last.what, p->what) != 0 || strlen(a) != 20 ||
        strlen(b) != 20 || strncmp(a, b, 11) != 0)
        return false;
    return strtoul(a + 11, NULL, 10) + 1 == strtoul(b + 11, NULL, 10);
}

/* One place is left for saying how many found none. */
static void run_fact(struct request *r, const struct run *run, unsigned *untold)
{
    char first[32], last[32];
    if (r->fact_count + 1 >= REQUEST_FACTS_MAX) {
        *untold += run->count;
        return;
    }
    number_grouped(run->first.number, first);
    number_grouped(run->last.number, last);
    if (run->count == 1)
        request_fact(r, first, "%s", vocabulary(run->first.what));
    else if (run->count > 1) {
        char label[64];
        snprintf(label, sizeof label, "%.27s – %.27s", first, last);
        request_fact(r, label, "%s (%u)", vocabulary(run->first.what), run->count);
    }
}

/* NULL ends the last run. */
static void run_step(struct request *r, struct run *run, const struct piece_record *p, bool runs,
                     unsigned *untold)
{
    if (run->count > 0 && (p == NULL || !runs || !run_takes(run, p))) {
        run_fact(r, run, untold);
        *run = (struct run){.count = 0};
    }
    if (p == NULL)
        return;
    if (run->count == 0)
        run->first = *p;
    run->last = *p;
    run->count++;
}

static void untold_fact(struct request *r, unsigned untold)
{
    if (untold > 0)
        request_fact(r, _("further cards"), _("%u; the journal has each of them"), untold);
}

void numbers_facts(struct request *r, const struct piece_record *list, size_t count)
{
    struct run run = {.count = 0};
    unsigned untold = 0;
    for (size_t i = 0; i < count; i++)
        run_step(r, &run, &list[i], count > FACTS_SINGLE, &untold);
    run_step(r, &run, NULL, false, &untold);
    untold_fact(r, untold);
}

enum kr_error pieces_facts(struct ceremony *c, struct request *r)
{
    struct piece_sum sum;
    struct piece_record list[16];
    struct run run = {.count = 0};
    unsigned untold = 0;
    size_t count = 0;
    enum kr_error err = pieces_sum(session_store(c->session), c->id, &sum);
    request_fact(r, _("drawn"), "%u", sum.drawn);
    request_fact(r, _("good"), "%u", sum.good);
    request_fact(r, _("spoiled"), "%u", sum.spoiled);
    if (sum.lost > 0)
        request_fact(r, _("lost"), "%u", sum.lost);
    if (sum.aside > 0)
        request_fact(r, _("of these set aside"), "%u", sum.aside);
    request_fact(r, _("returned"), "%u", sum.returned);
    for (int64_t after = 0; err == KR_OK; after = list[count - 1].place) {
        err = pieces_list(session_store(c->session), c->id, NULL, after, list, 16, &count);
        if (err != KR_OK || count == 0)
            break;
        for (size_t i = 0; i < count; i++)
            run_step(r, &run, &list[i], sum.drawn > FACTS_SINGLE, &untold);
    }
    run_step(r, &run, NULL, false, &untold);
    untold_fact(r, untold);
    return err;
}

/* Calls each() for every piece that is lost. */
static enum kr_error each_lost(struct ceremony *c, void (*each)(void *to, const char *number),
                               void *to)
{
    struct piece_record p = {.place = 0};
    size_t count = 1;
    enum kr_error err = KR_OK;
    while (err == KR_OK && count > 0) {
        err = pieces_list(session_store(c->session), c->id, "lost", p.place, &p, 1, &count);
        if (err == KR_OK && count > 0)
            each(to, p.number);
    }
    return err;
}

static void lost_fact(void *to, const char *number)
{
    char grouped[32];
    number_grouped(number, grouped);
    request_fact(to, _("LOST"), _("%s; it may bear keys"), grouped);
}

static void lost_line(void *to, const char *number)
{
    entry_add(to, "text", "lost: card %s, which may bear keys", number);
}

enum kr_error pieces_lost_facts(struct ceremony *c, struct request *r)
{
    return each_lost(c, lost_fact, r);
}

enum kr_error pieces_lost_lines(struct ceremony *c, struct entry *e)
{
    return each_lost(c, lost_line, e);
}

/* ---- A broken reader must not eat the stack ---- */

bool piece_rejected(struct ceremony *c)
{
    int rejects = var_number(c, "rejects") + 1;
    var_set(c, "rejects", "%d", rejects);
    return rejects >= REJECTS_IN_A_ROW;
}

void stopped_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "stopped");
    snprintf(r->text, sizeof r->text,
             _("%d cards in a row were refused, so nothing more is drawn. Look at the reader and "
               "at the stack first: one broken reader, or one wrong box, spoils them all."),
             var_number(c, "rejects"));
    request_option(r, "wait", false, _("Not yet: the cause is still looked for"));
    request_option(r, "go-on", false, _("The cause is known: go on with the next card"));
}

enum kr_error stopped_take(struct ceremony *c, const struct answer *a, int phase)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (a->kind != ANSWER_CHOICE || strcmp(a->text, "go-on") != 0)
        return a->kind == ANSWER_CHOICE && strcmp(a->text, "wait") == 0
                   ? KR_OK
                   : step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    record_begin(c, &e, "note");
    entry_add(&e, "text", "stopped after %d refused cards in a row; the cause is known, goes on",
              var_number(c, "rejects"));
    var_clear(c, "rejects");
    step_goto(c, phase);
    return record_simple(c, &e, who, NULL, NULL);
}
