/* One key's whole life. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/key_kinds.h"
#include "../ceremony/vocabulary.h"
#include "../store/inventory.h"
#include "../store/key_classes.h"
#include "../store/key_dates.h"
#include "inventory.h"
#include "keys_page.h"
#include "language.h"
#include "pages.h"

#define DATES_MAX   64
#define CUSTODY_MAX 64
#define CARDS_MAX   48 /* of mother and authentication cards, that are named by number */

struct key_page {
    struct session *session;
    struct key_record key;
    struct key_date dates[DATES_MAX];
    struct knowledge custody[CUSTODY_MAX];
    struct key_holder holders[KEY_HOLDERS_MAX];
    struct card_record cards[CARDS_MAX];
    size_t date_count, custody_count, holder_count, card_count;
    bool known, leaving;
    enum kr_error error;
    char detail[192];
};

/* ---- Reading, on the worker ---- */

static enum kr_error read_cards(struct key_page *v)
{
    struct store *store = session_store(v->session);
    enum kr_error error = KR_OK;

    for (size_t i = 0; error == KR_OK && i < v->holder_count; i++) {
        const struct key_holder *h = &v->holders[i];
        size_t more = 0;
        bool again = i > 0 && strcmp(h->layout, v->holders[i - 1].layout) == 0;
        if (again || strcmp(h->plastic, "mother") != 0)
            continue;
        error = inventory_in_use(store, h->layout, h->washed, v->cards + v->card_count,
                                 CARDS_MAX - v->card_count, &more);
        v->card_count += more;
    }
    return error;
}

static void read_job(void *ctx)
{
    struct key_page *v = ctx;
    struct store *store = session_store(v->session);
    const struct key_record *k = &v->key;
    char name[40];

    snprintf(name, sizeof name, "%s/%d/%d", k->kind, k->group, k->version);
    v->error = key_dates(store, k, v->dates, DATES_MAX, &v->date_count);
    if (v->error == KR_OK)
        v->error = knowledge_of(store, name, v->custody, CUSTODY_MAX, &v->custody_count);
    if (v->error == KR_OK)
        v->error = key_holders(v->session, k->kind, k->group, v->holders, KEY_HOLDERS_MAX,
                               &v->holder_count);
    if (v->error == KR_OK)
        v->error = read_cards(v);
    snprintf(v->detail, sizeof v->detail, "%s", kr_detail());
}

static void read_done(struct console *c, void *ctx)
{
    struct key_page *v = ctx;

    if (v->error != KR_OK)
        console_say_error(c, v->error, v->detail);
    v->known = true;
    if (v->leaving && c->top->state == v)
        console_pop(c);
}

static void read_start(struct console *c, struct key_page *v)
{
    if (!v->known && !console_busy(c))
        console_work(c, read_job, read_done, v);
}

/* ---- Drawing ---- */

#define VALUES 22

static void fact(struct pane *p, const char *label, const char *value)
{
    pane_put(p, 2, INK_FAINT, label);
    pane_put(p, VALUES, INK_PLAIN, value);
    pane_next(p);
}

static void draw_facts(const struct key_page *v, struct pane *p)
{
    const struct key_record *k = &v->key;
    const struct key_class *class = key_class_of(k->kind);
    enum key_state state = KEY_GENERATED;
    char title[64], kcv[24], text[160];
    const struct key_kind *kind = key_kind_by_name(k->kind);

    key_title_text(k, title);
    key_kcv_text(k, kcv);
    (void)key_state_by_word(k->state, &state);
    pane_right(p, INK_STRONG, vocabulary(k->state));
    snprintf(text, sizeof text, _("%s, version %d"), title, k->version);
    pane_putf(p, 2, INK_STRONG, "%s · %s", text, kind ? gettext(kind->title) : k->kind);
    pane_next(p);
    snprintf(text, sizeof text, "%s · %s", vocabulary(class->level),
             vocabulary(class->application));
    fact(p, _("level, application"), text);
    snprintf(text, sizeof text, "%s (%s)", kcv, k->kcv_algorithm);
    fact(p, _("check value"), text);
    fact(p, _("SP 800-57 state"), gettext(key_state_standard(state)));
    snprintf(
        text, sizeof text,
        ngettext("%d person", "%d people, each with a component", (unsigned long)k->components),
        k->components);
    fact(p, _("made by"), k->components > 0 ? text : _("the random source of the vault"));
}

static void draw_dates(const struct key_page *v, struct pane *p)
{
    pane_put(p, 2, INK_STRONG, _("States"));
    pane_next(p);
    for (size_t i = 0; i < v->date_count; i++) {
        const struct key_date *d = &v->dates[i];
        char when[32];
        journal_stamp(d->time_ms, when, sizeof when);
        pane_put(p, 4, INK_PLAIN, when);
        pane_put(p, 25, INK_PLAIN, vocabulary(d->state));
        pane_put(p, 46, INK_PLAIN, d->ceremony);
        pane_putf(p, 66, INK_FAINT, "#%llu", (unsigned long long)d->seq);
        pane_next(p);
    }
}

static const char *name_of(const struct key_page *v, const char *person)
{
    const struct slots *slots = session_slots(v->session);
    const struct person *p = slots ? slots_find(slots, person) : NULL;

    return p ? p->name : person;
}

static void draw_custody(const struct key_page *v, struct pane *p)
{
    if (v->custody_count == 0)
        return;
    pane_put(p, 2, INK_STRONG, _("Who entered components"));
    pane_next(p);
    for (size_t i = 0; i < v->custody_count; i++) {
        const struct knowledge *k = &v->custody[i];
        pane_putf(p, 4, INK_PLAIN, "%c", 'A' + k->component - 1);
        pane_put(p, 7, INK_PLAIN, name_of(v, k->person));
        pane_putf(p, 66, INK_FAINT, "#%llu", (unsigned long long)k->seq);
        pane_next(p);
    }
}

static bool is_gone(const struct key_page *v)
{
    enum key_state state;

    return key_state_by_word(v->key.state, &state) && key_state_is_gone(state);
}

static void draw_holder(struct pane *p, const struct key_holder *h)
{
    char many[32], text[160];

    card_count_text(h->cards, many);
    snprintf(text, sizeof text, "%s · %s%s%s", vocabulary(h->layout), h->name,
             h->diverse ? _(", derived") : "", h->later ? _(", where it was loaded") : "");
    pane_put(p, 4, INK_PLAIN, text);
    pane_right(p, h->cards > 0 ? INK_PLAIN : INK_FAINT, many);
    pane_next(p);
}

static void draw_places(const struct key_page *v, struct pane *p)
{
    char number[32];

    pane_put(p, 2, INK_STRONG, _("Where it is held"));
    pane_next(p);
    pane_put(p, 4, INK_PLAIN,
             is_gone(v) ? _("archive: nothing of its material is left here") : _("vault, sealed"));
    pane_next(p);
    for (size_t i = 0; i < v->holder_count; i++)
        draw_holder(p, &v->holders[i]);
    for (size_t i = 0; i < v->card_count; i++) {
        card_number_text(v->cards[i].number, number);
        pane_put(p, 6, INK_FAINT, number);
        pane_put(p, 34, INK_FAINT, vocabulary(v->cards[i].kind));
        pane_right(p, INK_FAINT, vocabulary(v->cards[i].state));
        pane_next(p);
    }
    if (v->card_count == CARDS_MAX)
        pane_wrap(p, 6, INK_FAINT, _("There are more cards: the inventory lists them all."));
}

static void key_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct key_page *v = s->state;

    read_start(c, v);
    draw_facts(v, p);
    if (!v->known) {
        pane_wrap(p, 2, INK_FAINT, _("reading …"));
        return;
    }
    draw_dates(v, p);
    draw_custody(v, p);
    draw_places(v, p);
    if (strcmp(v->key.state, "compromised") == 0)
        pane_marked(p, 2, INK_WARN, "!",
                    _("It may be known to others. Make a new version and activate it, replace the "
                      "cards that bear this one, mother cards first, then destroy it."));
}

/* ---- Commands ---- */

static void key_command(struct console *c, struct screen *s, enum command k)
{
    struct key_page *v = s->state;

    if (console_busy(c) && (k == COMMAND_BACK || k == COMMAND_ENTER))
        v->leaving = true;
    else
        page_command(c, s, k);
}

static void key_tick(struct console *c, struct screen *s)
{
    read_start(c, s->state);
}

static const char *key_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("A key");
}

void key_push(struct console *c, const struct key_record *key)
{
    static const struct screen_ops ops = {.id = "key",
                                          .draw = key_draw,
                                          .command = key_command,
                                          .keys = page_keys,
                                          .tick = key_tick,
                                          .title = key_title,
                                          .close = page_close};
    struct key_page *v = calloc(1, sizeof *v);

    if (!v) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    v->session = c->session;
    v->key = *key;
    console_push(c, &ops, v);
}
