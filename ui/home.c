#include "home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/prerequisites.h"
#include "../ceremony/vocabulary.h"
#include "dialog.h"
#include "drawer.h"
#include "inventory.h"
#include "keys_page.h"
#include "language.h"
#include "pages.h"
#include "papers.h"
#include "runner.h"
#include "sign_in.h"

#define SCRIPTS_MAX 96
#define OPEN_MAX    16
#define ITEMS_MAX   (SCRIPTS_MAX + OPEN_MAX + 10)

enum item_kind {
    ITEM_RESUME,
    ITEM_SCRIPT,
    ITEM_SIGN_IN,
    ITEM_PEOPLE,
    ITEM_JOURNAL,
    ITEM_KEYS,
    ITEM_CARDS,
    ITEM_PAPERS,
    ITEM_SECURITY,
    ITEM_DRAWER,
    ITEM_LEAVE
};
struct label { /* of a script, in both languages */
    char en[256], zh[256];
};
struct item {
    enum item_kind kind;
    struct label title, about; /* RESUME, SCRIPT */
    char path[256];            /* script file, or the ceremony's id */
    unsigned missing[5];       /* by role: people who must still sign in */
    char needs[200];           /* SCRIPT: keys and cards that are missing */
    bool ready;
};
struct home {
    struct item items[ITEMS_MAX];
    struct choice list;
    size_t present; /* people when the list was made */
    bool made;
};

static const char *const plain_titles[] = {
    [ITEM_SIGN_IN] = N_("Sign in or out"),
    [ITEM_PEOPLE] = N_("People"),
    [ITEM_JOURNAL] = N_("Journal"),
    [ITEM_KEYS] = N_("Keys: what there is, where it is held, its whole life"),
    [ITEM_CARDS] = N_("Cards: the inventory, and what a card is"),
    [ITEM_PAPERS] = N_("Papers: reports, statistics, blank forms"),
    [ITEM_SECURITY] = N_("Security status"),
    [ITEM_DRAWER] = N_("Drawer: simulated cards and code sheets"),
    [ITEM_LEAVE] = N_("Leave keyrite"),
};

static void copy_words(const struct words *w, struct label *l)
{
    snprintf(l->en, sizeof l->en, "%.255s", w->en ? w->en : "");
    snprintf(l->zh, sizeof l->zh, "%.255s", w->zh ? w->zh : l->en);
}

static const char *label_text(const struct label *l)
{
    return language_chinese() ? l->zh : l->en;
}

/* Each person present fills one seat; who has several roles is counted where first needed. */
static void look_who_is_missing(struct console *c, const struct script *script, struct item *it)
{
    struct present_person people[PEOPLE_MAX];
    size_t count = session_present(c->session, people, PEOPLE_MAX);

    it->ready = true;
    for (size_t i = 0; i < script->seats_count; i++) {
        unsigned role = role_by_name(script->seats[i].role);
        int wanted = script->seats[i].least;
        for (size_t n = 0; n < count && wanted > 0; n++)
            if (people[n].roles & role) {
                people[n].roles = 0;
                wanted--;
            }
        for (unsigned bit = 0; wanted > 0 && bit < 5; bit++)
            if (role == 1u << bit)
                it->missing[bit] += (unsigned)wanted;
        it->ready = it->ready && wanted == 0;
    }
}

static void look_what_is_missing(struct console *c, const struct script *script, struct item *it)
{
    struct needs needs;

    if (prerequisites(c->session, script, 0, &needs) != KR_OK || needs.count == 0)
        return;
    needs_text(&needs, it->needs, sizeof it->needs);
    it->ready = false;
}

static struct item *item_add(struct home *h, enum item_kind kind)
{
    struct item *it = &h->items[h->list.count < ITEMS_MAX ? h->list.count++ : ITEMS_MAX - 1];

    memset(it, 0, sizeof *it);
    it->kind = kind;
    return it;
}

static void add_unfinished(struct console *c, struct home *h)
{
    char ids[OPEN_MAX][40];
    size_t count = 0;

    if (ceremonies_list(session_store(c->session), "open", ids, OPEN_MAX, &count) != KR_OK)
        return;
    for (size_t i = 0; i < count && i < OPEN_MAX; i++) {
        struct ceremony_record record;
        struct script *script = NULL;
        struct item *it = item_add(h, ITEM_RESUME);
        snprintf(it->path, sizeof it->path, "%.255s", ids[i]);
        if (ceremonies_get(session_store(c->session), ids[i], &record) != KR_OK)
            continue;
        if (script_parse(record.script, record.script_text, strlen(record.script_text), &script) ==
            KR_OK) {
            copy_words(&script->title, &it->title);
            look_who_is_missing(c, script, it);
        }
        script_free(&script);
        ceremony_record_free(&record);
    }
}

static void add_scripts(struct console *c, struct home *h)
{
    struct script_summary scripts[SCRIPTS_MAX];
    size_t count = script_list(session_options(c->session)->scripts_dir, scripts, SCRIPTS_MAX);
    enum tier tier = session_slots(c->session)->centre.tier;

    for (size_t i = 0; i < count && i < SCRIPTS_MAX; i++) {
        struct script *script = NULL;
        if (scripts[i].founding || !(scripts[i].tiers & 1u << tier) ||
            script_load(scripts[i].path, &script) != KR_OK)
            continue;
        struct item *it = item_add(h, ITEM_SCRIPT);
        snprintf(it->path, sizeof it->path, "%.255s", scripts[i].path);
        copy_words(&script->title, &it->title);
        copy_words(&script->purpose, &it->about);
        look_who_is_missing(c, script, it);
        look_what_is_missing(c, script, it);
        script_free(&script);
    }
}

static void list_make(struct console *c, struct home *h)
{
    struct present_person people[PEOPLE_MAX];
    size_t chosen = h->list.chosen;

    h->list.count = 0;
    h->present = session_present(c->session, people, PEOPLE_MAX);
    add_unfinished(c, h);
    add_scripts(c, h);
    item_add(h, ITEM_SIGN_IN);
    item_add(h, ITEM_PEOPLE);
    item_add(h, ITEM_KEYS);
    item_add(h, ITEM_JOURNAL);
    item_add(h, ITEM_CARDS);
    item_add(h, ITEM_PAPERS);
    item_add(h, ITEM_SECURITY);
    if (session_options(c->session)->deck)
        item_add(h, ITEM_DRAWER);
    item_add(h, ITEM_LEAVE);
    h->list.chosen = chosen;
    choice_count(&h->list, h->list.count);
    h->made = true;
}

/* ---- Drawing ---- */

static void missing_text(const struct item *it, char *out, size_t room)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < 5 && at < room; i++) {
        char times[16] = "";
        if (it->missing[i] > 1)
            snprintf(times, sizeof times, " ×%u", it->missing[i]);
        if (it->missing[i])
            at += (size_t)snprintf(out + at, room - at, "%s%s%s", at ? ", " : _("signs in later: "),
                                   vocabulary(role_name(1u << i)), times);
    }
}

static void draw_ceremony(struct pane *p, const struct item *it, bool here)
{
    const char *title = label_text(&it->title);
    char missing[160];

    missing_text(it, missing, sizeof missing);
    p->right = 2; /* the last cell may be wanted for the mark that there is more */
    if (it->kind == ITEM_RESUME)
        pane_right(p, INK_WARN, _("unfinished"));
    else if (it->ready)
        pane_right(p, INK_GOOD, _("ready ✓"));
    else if (it->needs[0])
        pane_right(p, INK_FAINT, _("not yet"));
    else
        pane_right(p, INK_FAINT, missing);
    pane_put(p, 1, INK_CHOSEN, here ? "▶" : " ");
    if (it->kind == ITEM_RESUME)
        pane_putf(p, 3, here ? INK_CHOSEN : INK_PLAIN, _("Go on with %s %s"), it->path, title);
    else
        pane_put(p, 3, here ? INK_CHOSEN : INK_PLAIN, title);
}

static void draw_heading(struct pane *p, const struct item *it, const struct item *before)
{
    if (it->kind == ITEM_RESUME && !before)
        pane_put(p, 1, INK_STRONG, _("Unfinished ceremonies"));
    else if (it->kind == ITEM_SCRIPT && (!before || before->kind != ITEM_SCRIPT))
        pane_put(p, 1, INK_STRONG, _("Ceremonies of this centre"));
    else if (it->kind == ITEM_SIGN_IN)
        pane_put(p, 1, INK_STRONG, _("And also"));
    else
        return;
    pane_next(p);
}

static void draw_about(struct pane *p, const struct item *it)
{
    const char *about = label_text(&it->about);

    if (it->kind == ITEM_RESUME)
        about = _("Everything done so far is kept; it goes on at the step where it stopped.");
    if (!about[0])
        return;
    pane_wrap(p, 5, INK_FAINT, about);
    if (!it->needs[0])
        return;
    char text[256];
    snprintf(text, sizeof text, _("Missing: %s"), it->needs);
    pane_wrap(p, 5, INK_WARN, text);
}

static void home_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct home *h = s->state;

    if (!h->made)
        list_make(c, h);
    for (size_t i = 0; i < h->list.count; i++) {
        const struct item *it = &h->items[i];
        bool here = i == h->list.chosen;
        draw_heading(p, it, i ? it - 1 : NULL);
        int first = p->row;
        if (it->kind == ITEM_RESUME || it->kind == ITEM_SCRIPT) {
            draw_ceremony(p, it, here);
        } else {
            pane_put(p, 1, INK_CHOSEN, here ? "▶" : " ");
            pane_put(p, 3, here ? INK_CHOSEN : INK_PLAIN, _(plain_titles[it->kind]));
        }
        pane_next(p);
        if (here) {
            draw_about(p, it);
            s->scroll = pane_reveal(p, i == 0 ? 0 : first, p->row - 1);
        }
    }
}

/* ---- Commands ---- */

static void leave_text(struct console *c, void *ctx, char *out, size_t room)
{
    (void)ctx;
    snprintf(out, room, "%s",
             c->setup.demo ? _("Everybody is signed out. The demonstration is kept and can be gone "
                               "on with next time.")
                           : _("Everybody is signed out and the store is closed."));
}

static void leave_done(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    (void)ctx;
    (void)values;
    c->leave = true;
}

static void leave(struct console *c)
{
    struct dialog_spec spec = {.id = "leave",
                               .title = N_("Leave keyrite"),
                               .text = leave_text,
                               .go = N_("Leave"),
                               .done = leave_done};

    dialog_push(c, &spec);
}

static void choose(struct console *c, struct home *h, const struct item *it)
{
    h->made = false; /* whatever happens now may change what can be done afterwards */
    switch (it->kind) {
    case ITEM_RESUME:
        runner_push(c, NULL, it->path);
        break;
    case ITEM_SCRIPT:
        runner_push(c, it->path, NULL);
        break;
    case ITEM_SIGN_IN:
        sign_in_push(c, false);
        break;
    case ITEM_PEOPLE:
        people_push(c);
        break;
    case ITEM_JOURNAL:
        journal_push(c);
        break;
    case ITEM_KEYS:
        keys_push(c);
        break;
    case ITEM_CARDS:
        inventory_push(c);
        break;
    case ITEM_PAPERS:
        papers_push(c);
        break;
    case ITEM_SECURITY:
        security_push(c);
        break;
    case ITEM_DRAWER:
        drawer_push(c, 0, "", false);
        break;
    case ITEM_LEAVE:
        leave(c);
        break;
    }
}

static void home_command(struct console *c, struct screen *s, enum command k)
{
    struct home *h = s->state;

    if (k == COMMAND_LEAVE || k == COMMAND_BACK)
        leave(c);
    else if (k == COMMAND_DRAWER && session_options(c->session)->deck)
        drawer_push(c, 0, "", false);
    else if (k == COMMAND_CARDS)
        inventory_push(c);
    else if (k == COMMAND_ENTER && h->list.chosen < h->list.count)
        choose(c, h, &h->items[h->list.chosen]);
    else
        choice_command(&h->list, k, 8);
}

static size_t home_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)s;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    if (session_options(c->session)->deck)
        out[n++] = (struct key_hint){COMMAND_DRAWER, NULL};
    out[n++] = (struct key_hint){COMMAND_LEAVE, NULL};
    out[n++] = (struct key_hint){COMMAND_LOCK, NULL};
    out[n++] = (struct key_hint){COMMAND_CARDS, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("do it")};
    return n;
}

static void home_tick(struct console *c, struct screen *s)
{
    struct home *h = s->state;
    struct present_person people[PEOPLE_MAX];

    if (session_present(c->session, people, PEOPLE_MAX) != h->present)
        h->made = false;
}

static const char *home_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("What can be done now");
}

static void home_close(struct console *c, struct screen *s)
{
    (void)c;
    free(s->state);
}

void home_restart(struct console *c)
{
    static const struct screen_ops ops = {.id = "home",
                                          .draw = home_draw,
                                          .command = home_command,
                                          .keys = home_keys,
                                          .tick = home_tick,
                                          .title = home_title,
                                          .close = home_close};
    struct home *h = calloc(1, sizeof *h);

    if (!h) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    console_restart(c, &ops, h);
}
