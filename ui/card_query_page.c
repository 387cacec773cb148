/* "What is this card?": a card in a reader is asked, on the worker, and the answer is shown whole.
 */
#include "inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/card_query.h"
#include "../ceremony/vocabulary.h"
#include "drawer.h"
#include "language.h"
#include "pages.h"
#include "presence.h"
#include "text.h"

#define FACTS_MAX 40

struct question {
    struct session *session;
    size_t reader;
    bool asked, asking, leaving;
    struct card_answer answer;
    enum kr_error error;
    char detail[192];
};

static void ask_job(void *ctx)
{
    struct question *q = ctx;

    q->error = card_query(q->session, q->reader, &q->answer);
    snprintf(q->detail, sizeof q->detail, "%s", kr_detail());
}

static void ask_done(struct console *c, void *ctx)
{
    struct question *q = ctx;

    q->asking = false;
    q->asked = true;
    if (q->leaving && c->top->state == q)
        console_pop(c);
}

static void ask(struct console *c, struct screen *s, size_t reader)
{
    struct question *q = s->state;

    if (console_busy(c))
        return;
    q->session = c->session;
    q->reader = reader;
    q->asked = false;
    q->asking = true;
    s->scroll = 0;
    console_work(c, ask_job, ask_done, q);
}

/* Readers with a card in them; first: the lowest of these. */
static size_t readers_with_card(struct console *c, size_t *first)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem;
    size_t cards = 0;
    size_t count = readers_status(session_readers(c->session), status, READERS_MAX, &problem);

    *first = 0;
    for (size_t i = 0; i < count && i < READERS_MAX; i++)
        if (status[i].present && cards++ == 0)
            *first = i;
    return cards;
}

/* ---- Drawing ---- */

static void draw_before(struct console *c, const struct question *q, struct pane *p)
{
    if (q->asking) {
        pane_wrap(p, 2, INK_STRONG, _("Looking at the card. Leave it where it is."));
        return;
    }
    pane_wrap(p, 2, INK_STRONG,
              _("Insert any card and press Enter. With a card in each reader, press 1 or 2."));
    pane_wrap(p, 2, INK_PLAIN,
              _("keyrite tells what it is, whose, in which state, what it bears and what the "
                "inventory says of it. Nothing on the card is changed and no try is spent. The "
                "question is noted in the journal."));
    if (session_options(c->session)->deck && session_options(c->session)->readers == READER_SIM)
        pane_wrap(p, 2, INK_FAINT, _("F9 opens the drawer: choose a card, then 1 or 2."));
}

static void draw_verdict(const struct card_answer *a, struct pane *p)
{
    static const char *const marks[] = {"✓", "✗", "○"};
    static const enum ink inks[] = {INK_GOOD, INK_BAD, INK_WARN};
    char text[512];

    pane_wrap(p, 2, INK_STRONG, card_answer_sentence(a, text, sizeof text));
    pane_next(p);
    pane_marked(p, 2, inks[a->verdict], marks[a->verdict], card_verdict_text(a->verdict));
    for (size_t i = 0; i < a->finding_count; i++) {
        if (a->findings[i].kind == FINDING_UNRECORDED && a->verdict == VERDICT_UNRECORDED)
            continue; /* was just said */
        pane_marked(p, 2, a->findings[i].differs ? INK_BAD : INK_WARN,
                    a->findings[i].differs ? "✗" : "!",
                    card_finding_sentence(&a->findings[i], text, sizeof text));
    }
}

static void draw_facts(const struct card_answer *a, struct pane *p)
{
    struct card_fact facts[FACTS_MAX];
    size_t count = card_answer_facts(a, facts, FACTS_MAX);
    int widest = 0;

    for (size_t i = 0; i < count; i++)
        widest = text_width(facts[i].label) > widest ? text_width(facts[i].label) : widest;
    for (size_t i = 0; i < count; i++) {
        pane_put(p, 2, INK_FAINT, facts[i].label);
        pane_wrap(p, widest + 4, INK_PLAIN, facts[i].value);
    }
}

static const char *key_kind_text(enum card_key_kind kind)
{
    static const char *const names[CARD_KEY_KINDS] = {
        [CARD_KEY_CONTROL] = N_("master control"),
        [CARD_KEY_MAINTENANCE] = N_("maintenance"),
        [CARD_KEY_EXTERNAL] = N_("external authentication"),
        [CARD_KEY_INTERNAL] = N_("internal authentication"),
        [CARD_KEY_TRANSPORT] = N_("transport"),
        [CARD_KEY_PURCHASE] = N_("purchase"),
        [CARD_KEY_LOAD] = N_("load"),
        [CARD_KEY_UNLOAD] = N_("unload"),
        [CARD_KEY_TAC] = N_("TAC"),
        [CARD_KEY_PIN] = N_("PIN"),
        [CARD_KEY_PIN_UNLOCK] = N_("PIN unlock"),
        [CARD_KEY_PIN_RELOAD] = N_("PIN reload"),
    };
    return gettext(names[kind]);
}

static void draw_key(const struct card_answer *a, const struct survey_directory *d,
                     const struct survey_key *k, struct pane *p)
{
    char name[32], tries[48];

    card_key_name(a, d, k, name);
    if (card_tries_unlimited(&k->info))
        snprintf(tries, sizeof tries, "%s", _("not counted"));
    else
        snprintf(tries, sizeof tries, _("%u of %u"), (unsigned)k->info.tries_left,
                 (unsigned)k->info.tries_max);
    bool few = !card_tries_unlimited(&k->info) && k->info.tries_left < k->info.tries_max;
    pane_put(p, 2, INK_PLAIN, name[0] ? name : "—");
    pane_put(p, 22, INK_PLAIN, key_kind_text(k->kind));
    pane_putf(p, 48, INK_PLAIN, "%02X", k->info.kid);
    if (k->info.header.version)
        pane_putf(p, 54, INK_PLAIN, "%u", (unsigned)k->info.header.version);
    pane_put(p, 62, few ? INK_WARN : INK_PLAIN, tries);
    pane_next(p);
}

static void draw_keys(const struct card_answer *a, struct pane *p)
{
    for (size_t i = 0; i < a->survey.count; i++) {
        const struct survey_directory *d = &a->survey.directories[i];
        if (d->key_count == 0)
            continue;
        pane_next(p);
        pane_putf(p, 2, INK_STRONG, _("Keys of %04X %.*s"), d->id, (int)d->name_len,
                  (const char *)d->name);
        pane_next(p);
        pane_put(p, 2, INK_FAINT, _("key"));
        pane_put(p, 22, INK_FAINT, _("kind"));
        pane_put(p, 48, INK_FAINT, "KID");
        pane_put(p, 54, INK_FAINT, _("group"));
        pane_put(p, 62, INK_FAINT, _("tries left"));
        pane_next(p);
        for (size_t k = 0; k < d->key_count; k++)
            draw_key(a, d, &d->keys[k], p);
    }
}

static void draw_noted(const struct card_answer *a, struct pane *p)
{
    char text[256];

    pane_next(p);
    if (a->noted)
        pane_marked(p, 2, INK_GOOD, "✓", _("This question and its answer are in the journal."));
    else if (a->not_noted == KR_E_ROLE)
        pane_marked(p, 2, INK_WARN, "!",
                    _("This question is not in the journal: only an auditor is present, who signs "
                      "no such entry."));
    else
        pane_marked(p, 2, INK_WARN, "!", kr_explain(a->not_noted, "", text, sizeof text));
}

static void question_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct question *q = s->state;
    char text[512];

    if (!q->asked) {
        draw_before(c, q, p);
        return;
    }
    pane_putf(p, 2, INK_FAINT, _("Reader %zu"), q->reader + 1);
    pane_next(p);
    if (q->error != KR_OK) {
        pane_marked(p, 2, INK_WARN, "!", kr_explain(q->error, q->detail, text, sizeof text));
        return;
    }
    draw_verdict(&q->answer, p);
    pane_next(p);
    draw_facts(&q->answer, p);
    draw_keys(&q->answer, p);
    draw_noted(&q->answer, p);
}

/* ---- Commands ---- */

static bool has_history(const struct question *q)
{
    return q->asked && q->error == KR_OK && q->answer.recorded;
}

static void go_back(struct console *c, struct question *q)
{
    if (q->asking)
        q->leaving = true;
    else
        console_pop(c);
}

static void question_command(struct console *c, struct screen *s, enum command k)
{
    struct question *q = s->state;
    size_t first;

    if (k == COMMAND_BACK)
        go_back(c, q);
    else if (k == COMMAND_ENTER && readers_with_card(c, &first) < 2)
        ask(c, s, first);
    else if (k == COMMAND_SLOT_1 || k == COMMAND_SLOT_2)
        ask(c, s, k == COMMAND_SLOT_1 ? 0 : 1);
    else if (k == COMMAND_CARDS && has_history(q) && !console_busy(c))
        card_history_push(c, &q->answer.record);
    else if (k == COMMAND_DRAWER && session_options(c->session)->deck)
        drawer_push(c, 0, "", false);
    else if (k != COMMAND_ENTER)
        page_command(c, s, k);
}

static size_t question_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    const struct question *q = s->state;
    size_t n = 0, first;

    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    if (session_options(c->session)->deck)
        out[n++] = (struct key_hint){COMMAND_DRAWER, NULL};
    if (has_history(q))
        out[n++] = (struct key_hint){COMMAND_CARDS, _("history")};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (s->more)
        out[n++] = (struct key_hint){COMMAND_PAGE_DOWN, NULL};
    if (q->asking)
        return n;
    if (readers_with_card(c, &first) < 2) {
        out[n++] = (struct key_hint){COMMAND_ENTER, q->asked ? _("ask again") : _("ask")};
        return n;
    }
    out[n++] = (struct key_hint){COMMAND_SLOT_1, NULL};
    out[n++] = (struct key_hint){COMMAND_SLOT_2, NULL};
    return n;
}

static const char *question_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("What is this card?");
}

void card_query_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "card-query",
                                          .draw = question_draw,
                                          .command = question_command,
                                          .keys = question_keys,
                                          .title = question_title,
                                          .close = page_close};
    struct question *q = calloc(1, sizeof *q);

    if (!q) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    console_push(c, &ops, q);
}
