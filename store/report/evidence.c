/* What the ceremony touched: keys with their check values, cards with their numbers, the balance.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* ---- Keys ---- */

static const int key_widths[] = {22, 14, 10, 16, 0};

static void put_key_row(const struct page *p, const struct entry *e, const char *name,
                        const char *what, const char *algorithm, const char *kcv)
{
    char number[24];
    snprintf(number, sizeof number, "#%" PRIu64, e->seq);
    document_row(p->d, LINE_PLAIN, 0, key_widths, 5,
                 (const char *const[]){name, what, algorithm, kcv, number});
}

static void put_component(const struct page *p, const struct entry *e, const char *value)
{
    char key[64], algorithm[24], kcv[64], what[32];
    int n, used = 0;
    if (sscanf(value, "%63s %d %23s %n", key, &n, algorithm, &used) < 3)
        return;
    kcv_words(value + used, kcv);
    snprintf(what, sizeof what, "%s %d", vocabulary("component"), n);
    put_key_row(p, e, key, what, algorithm, kcv);
}

/* "GMPK/1/1": kind, group where there are any, version. */
static void put_key(const struct page *p, const struct entry *e, const char *value)
{
    struct key_line k;
    char key[64];
    if (!key_words(value, &k))
        return;
    snprintf(key, sizeof key, "%s/%d/%d", k.kind, k.group, k.version);
    put_key_row(p, e, key, vocabulary(k.state[0] ? k.state : e->kind), k.algorithm, k.kcv);
}

void put_keys(const struct page *p)
{
    const struct report *r = p->r;
    char value[256];
    bool any = false;
    document_heading(p->d, _("Keys and check values"));
    for (size_t i = 0; i < r->count; i++) {
        const struct entry *e = &r->entries[i];
        for (int kind = 0; kind < 2; kind++) {
            const char *name = kind == 0 ? "component" : "key";
            for (size_t n = 0; entry_get(e, name, n, value, sizeof value) == KR_OK; n++) {
                if (!any)
                    document_row(p->d, LINE_HEAD, 0, key_widths, 5,
                                 (const char *const[]){_("kind/group/version"), _("state"),
                                                       _("algorithm"), _("KCV"), _("entry")});
                any = true;
                (kind == 0 ? put_component : put_key)(p, e, value);
            }
        }
    }
    if (!any)
        document_line(p->d, LINE_PLAIN, 0, "%s", _("No key was touched."));
}

/* ---- Cards and pieces: the last that was said of each chip ---- */

struct card_line {
    char number[32], kind[24], chip[24], state[24], layout[32], pair[32];
    uint64_t seq;
    long place;
};
struct card_list {
    struct card_line *list;
    size_t count, room;
};

static struct card_line *find_chip(struct card_list *l, const char *chip)
{
    for (size_t i = l->count; i > 0; i--)
        if (strcmp(l->list[i - 1].chip, chip) == 0)
            return &l->list[i - 1];
    return NULL;
}

static void keep_line(struct document *d, struct card_list *l, const struct card_line *c)
{
    struct card_line *known = find_chip(l, c->chip);
    if (known == NULL && l->count == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        struct card_line *more = realloc(l->list, room * sizeof *more);
        if (more == NULL) {
            d->failed = KR_E_MEMORY;
            return;
        }
        l->list = more;
        l->room = room;
    }
    if (known == NULL)
        known = &l->list[l->count++];
    *known = *c;
}

/* An intent that speaks of a card tells what is to become of it, not what it is. */
static void take_cards(const struct page *p, const struct entry *e, struct card_list *l)
{
    char value[256];
    for (size_t n = 0; entry_get(e, "card", n, value, sizeof value) == KR_OK; n++) {
        struct card_line c = {.seq = e->seq};
        int fields = sscanf(value, "%31s %23s %23s %23s %31s %31s", c.number, c.kind, c.chip,
                            c.state, c.layout, c.pair);
        if (fields < 3 || (is_kind(e, "intent") && find_chip(l, c.chip) != NULL))
            continue;
        keep_line(p->d, l, &c);
    }
}

static void put_card(const struct page *p, const struct card_line *c)
{
    static const int widths[] = {24, 16, 16, 10, 0};
    char number[64], pair[64], seq[24];
    grouped(c->number, 4, number);
    grouped(c->pair, 4, pair);
    bool paired = c->pair[0] != '\0' && strcmp(c->pair, "-") != 0;
    snprintf(seq, sizeof seq, "#%" PRIu64, c->seq);
    document_row(p->d, LINE_PLAIN, 0, widths, 5,
                 (const char *const[]){number, c->chip, vocabulary(c->kind),
                                       c->state[0] ? vocabulary(c->state) : _("used"), seq});
    if (paired)
        document_line(p->d, LINE_PLAIN, 2, _("goes with %s"), pair);
}

void put_cards(const struct page *p)
{
    static const int widths[] = {24, 16, 16, 10, 0};
    struct card_list l = {.count = 0};
    document_heading(p->d, _("Cards"));
    for (size_t i = 0; i < p->r->count; i++)
        take_cards(p, &p->r->entries[i], &l);
    if (l.count == 0)
        document_line(p->d, LINE_PLAIN, 0, "%s", _("No card was touched."));
    else
        document_row(
            p->d, LINE_HEAD, 0, widths, 5,
            (const char *const[]){_("number"), _("chip"), _("kind"), _("state"), _("entry")});
    for (size_t i = 0; i < l.count; i++)
        put_card(p, &l.list[i]);
    free(l.list);
}

static void take_pieces(const struct page *p, const struct entry *e, struct card_list *l)
{
    char value[256];
    for (size_t n = 0; entry_get(e, "piece", n, value, sizeof value) == KR_OK; n++) {
        struct card_line c = {.seq = e->seq};
        if (sscanf(value, "%31s %23s %23s %ld", c.number, c.chip, c.state, &c.place) >= 3)
            keep_line(p->d, l, &c);
    }
}

static bool is_lost(struct card_list *pieces, const char *chip)
{
    const struct card_line *piece = find_chip(pieces, chip);
    return piece != NULL && strcmp(piece->state, "lost") == 0;
}

/* Of the cards that count as spoiled those that are lost, or those that are not. */
static void put_out_of_use(const struct page *p, const struct card_list *l,
                           struct card_list *pieces, bool lost)
{
    static const int widths[] = {24, 18, 20, 0};
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        char number[64], seq[24];
        if (strcmp(l->list[i].state, "spoiled") != 0 || is_lost(pieces, l->list[i].chip) != lost)
            continue;
        if (count++ == 0)
            document_row(p->d, LINE_HEAD, 0, widths, 4,
                         (const char *const[]){_("number"), _("chip"), _("kind"), _("entry")});
        grouped(l->list[i].number, 4, number);
        snprintf(seq, sizeof seq, "#%" PRIu64, l->list[i].seq);
        document_row(
            p->d, LINE_PLAIN, 0, widths, 4,
            (const char *const[]){number, l->list[i].chip, vocabulary(l->list[i].kind), seq});
    }
    if (count == 0)
        document_line(p->d, LINE_PLAIN, 0, "%s", _("None."));
}

static void put_cards_out_of_use(const struct page *p, bool lost)
{
    struct card_list l = {.count = 0}, pieces = {.count = 0};
    for (size_t i = 0; i < p->r->count; i++) {
        take_cards(p, &p->r->entries[i], &l);
        take_pieces(p, &p->r->entries[i], &pieces);
    }
    put_out_of_use(p, &l, &pieces, lost);
    free(pieces.list);
    free(l.list);
}

void put_spoiled(const struct page *p)
{
    put_cards_out_of_use(p, false);
}

void put_lost(const struct page *p)
{
    put_cards_out_of_use(p, true);
}

static size_t count_state(const struct card_list *l, const char *state)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++)
        count += strcmp(l->list[i].state, state) == 0;
    return count;
}

static void put_sums(const struct page *p, const struct card_list *l)
{
    size_t doubt = count_state(l, "doubt"), lost = count_state(l, "lost");
    char more[64] = "";
    if (lost > 0)
        snprintf(more, sizeof more, _(" + lost %u"), (unsigned)lost);
    document_fact(p->d, _("balance"), _("drawn %zu = good %zu + spoiled %zu + returned %zu%s"),
                  l->count - doubt, count_state(l, "good"), count_state(l, "spoiled"),
                  count_state(l, "returned"), more);
    if (lost > 0)
        document_line(p->d, LINE_WARNING, 0, _("%zu cards are LOST, and may bear keys."), lost);
    if (doubt > 0)
        document_line(p->d, LINE_WARNING, 0, _("%zu cards are IN DOUBT and not accounted for."),
                      doubt);
}

static void put_balance_signers(const struct page *p)
{
    char signers[1200], number[24], text[512];
    const struct entry *e = NULL;
    for (size_t i = 0; i < p->r->count; i++)
        if (is_kind(&p->r->entries[i], "balance"))
            e = &p->r->entries[i];
    if (e == NULL) {
        document_line(p->d, LINE_WARNING, 0, "%s", _("NO BALANCE WAS SIGNED."));
        return;
    }
    signer_words(p->r, e, signers, sizeof signers);
    snprintf(number, sizeof number, "#%" PRIu64, e->seq);
    document_fact(p->d, _("signed by"), "%s (%s)", signers, number);
    for (size_t n = 0; entry_get(e, "text", n, text, sizeof text) == KR_OK; n++)
        document_fact(p->d, n == 0 ? _("as it was signed") : "", "%s", text);
}

void put_balance(const struct page *p)
{
    static const int widths[] = {5, 24, 18, 12, 0};
    struct card_list l = {.count = 0};
    document_heading(p->d, _("Balance of the cards"));
    for (size_t i = 0; i < p->r->count; i++)
        take_pieces(p, &p->r->entries[i], &l);
    if (l.count == 0) {
        document_line(p->d, LINE_PLAIN, 0, "%s", _("No card was drawn."));
        return;
    }
    put_sums(p, &l);
    put_balance_signers(p);
    document_gap(p->d);
    document_row(
        p->d, LINE_HEAD, 0, widths, 5,
        (const char *const[]){_("drawn"), _("number"), _("chip"), _("became"), _("entry")});
    for (size_t i = 0; i < l.count; i++) {
        char number[64], place[24], seq[24];
        grouped(l.list[i].number, 4, number);
        snprintf(place, sizeof place, "%ld", l.list[i].place);
        snprintf(seq, sizeof seq, "#%" PRIu64, l.list[i].seq);
        document_row(
            p->d, LINE_PLAIN, 0, widths, 5,
            (const char *const[]){place, number, l.list[i].chip, vocabulary(l.list[i].state), seq});
    }
    free(l.list);
}

/* ---- Exceptions, refusals, interruptions ---- */

static void put_exception(const struct page *p, const struct entry *e, size_t n)
{
    char signers[1200], date[24], text[VALUE_ROOM], step[64], title[256];
    signer_words(p->r, e, signers, sizeof signers);
    date_words(e->time_ms, date);
    value_of(e, "step", 0, step, sizeof step);
    outline_title(&p->r->outline, step, p->chinese, title, sizeof title);
    if (n > 1)
        document_gap(p->d);
    document_line(p->d, LINE_HEAD, 0, _("Exception sheet %zu, entry #%llu"), n,
                  (unsigned long long)e->seq);
    document_fact(p->d, _("written"), "%s UTC", date);
    document_fact(p->d, _("signed by"), "%s", signers);
    document_fact(p->d, _("at step"), "%s (%s)", title, step);
    for (size_t i = 0; entry_get(e, "text", i, text, sizeof text) == KR_OK; i++)
        document_fact(p->d, i == 0 ? _("text") : "", "%s", text);
}

static void put_interruption(const struct page *p, const struct entry *e)
{
    static const int widths[] = {8, 6, 10, 0};
    char when[12], number[24], what[VALUE_ROOM + 256], text[VALUE_ROOM], error[64], step[64];
    clock_words(e->time_ms, when);
    snprintf(number, sizeof number, "#%" PRIu64, e->seq);
    value_of(e, "text", 0, text, sizeof text);
    value_of(e, "error", 0, error, sizeof error);
    value_of(e, "step", 0, step, sizeof step);
    snprintf(what, sizeof what, "%s%s%s%s%s", step, error[0] ? ": " : "", error,
             text[0] ? "\n" : "", text);
    document_row(p->d, LINE_PLAIN, 0, widths, 4,
                 (const char *const[]){when, number, vocabulary(e->kind), what});
}

void put_exceptions(const struct page *p)
{
    static const char *const kinds[] = {"refusal", "pause", "resume", "abort"};
    const struct report *r = p->r;
    size_t sheets = 0, others = 0;
    document_heading(p->d, _("Exceptions, refusals and interruptions"));
    for (size_t i = 0; i < r->count; i++)
        if (is_kind(&r->entries[i], "exception"))
            put_exception(p, &r->entries[i], ++sheets);
    if (sheets == 0)
        document_line(p->d, LINE_PLAIN, 0, "%s", _("No exception sheet was written."));
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (is_kind(&r->entries[i], kinds[k])) {
                if (others++ == 0)
                    document_gap(p->d);
                put_interruption(p, &r->entries[i]);
            }
    if (others == 0)
        document_line(p->d, LINE_PLAIN, 0, "%s", _("Nothing was refused, and nobody paused."));
}
