#include "console.h"

#include <stdlib.h>
#include <string.h>

#include "../crypto/secret.h"
#include "help.h"
#include "language.h"
#include "lock.h"
#include "text.h"

#define WAIT_BUSY_MS 30
#define WAIT_IDLE_MS 100
#define REDRAW_MS    200

bool choice_command(struct choice *l, enum command c, size_t page)
{
    size_t last = l->count ? l->count - 1 : 0;

    switch (c) {
    case COMMAND_UP:
    case COMMAND_PREVIOUS:
        l->chosen = l->chosen > 0 ? l->chosen - 1 : 0;
        return true;
    case COMMAND_DOWN:
    case COMMAND_NEXT:
        l->chosen = l->chosen < last ? l->chosen + 1 : last;
        return true;
    case COMMAND_PAGE_UP:
        l->chosen = l->chosen > page ? l->chosen - page : 0;
        return true;
    case COMMAND_PAGE_DOWN:
        l->chosen = l->chosen + page < last ? l->chosen + page : last;
        return true;
    case COMMAND_FIRST:
        l->chosen = 0;
        return true;
    case COMMAND_LAST:
        l->chosen = last;
        return true;
    default:
        return false;
    }
}

void choice_count(struct choice *l, size_t count)
{
    l->count = count;
    if (l->chosen >= count)
        l->chosen = count ? count - 1 : 0;
}

void console_push(struct console *c, const struct screen_ops *ops, void *state)
{
    struct screen *s = calloc(1, sizeof *s);

    if (!s) {
        struct screen lost = {.ops = ops, .state = state};
        ops->close(c, &lost);
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    s->ops = ops;
    s->state = state;
    s->below = c->top;
    c->top = s;
    c->dirty = true;
}

void console_pop(struct console *c)
{
    struct screen *s = c->top;

    if (!s)
        return;
    c->top = s->below;
    if (s->panel)
        del_panel(s->panel);
    if (s->window)
        delwin(s->window);
    s->ops->close(c, s);
    free(s);
    c->dirty = true;
}

void console_restart(struct console *c, const struct screen_ops *ops, void *state)
{
    while (c->top)
        console_pop(c);
    console_push(c, ops, state);
}

void console_work(struct console *c, void (*job)(void *ctx),
                  void (*done)(struct console *c, void *ctx), void *ctx)
{
    c->done = done;
    c->done_ctx = ctx;
    worker_run(c->worker, job, ctx);
    c->dirty = true;
}

bool console_busy(struct console *c)
{
    return worker_busy(c->worker);
}

void console_say(struct console *c, enum ink ink, const char *text)
{
    text_fit(text, 1000, c->message, sizeof c->message);
    c->message_ink = ink;
    c->dirty = true;
}

void console_say_error(struct console *c, enum kr_error error, const char *detail)
{
    char text[sizeof c->message];

    if (error == KR_E_STORE_WRITE || error == KR_E_STORE_DAMAGED || error == KR_E_STORE_OLD)
        c->frozen = true;
    console_say(c, INK_WARN, kr_explain(error, detail, text, sizeof text));
}

bool console_rehearsal(const struct console *c)
{
    return c->setup.demo || (c->session && session_is_rehearsal(c->session));
}

static bool too_small(const struct console *c)
{
    return c->terminal.height < CONSOLE_MIN_HEIGHT || c->terminal.width < CONSOLE_MIN_WIDTH;
}

static bool offered(struct console *c, enum command k)
{
    struct key_hint hints[KEY_HINTS_MAX];
    size_t count = c->top->ops->keys(c, c->top, hints);

    for (size_t i = 0; i < count; i++)
        if (hints[i].command == k)
            return true;
    return false;
}

static void run_command(struct console *c, enum command k)
{
    if (k == COMMAND_LANGUAGE && offered(c, k)) {
        language_set(!language_chinese());
        c->top->ops->command(c, c->top, k);
    } else if (k == COMMAND_HELP && offered(c, k)) {
        help_push(c, c->top->ops->id);
    } else if (k == COMMAND_LOCK && offered(c, k)) {
        lock_push(c);
    } else if (k != COMMAND_NONE) {
        c->top->ops->command(c, c->top, k);
    }
}

static void run_key(struct console *c, struct key_event *e)
{
    const struct screen_ops *ops = c->top->ops;
    bool typing = ops->typing && ops->typing(c, c->top);

    c->dirty = true;
    if (e->code == KEY_REDRAW) {
        clearok(curscr, TRUE);
        return;
    }
    /* What cannot be seen must not be typed into. */
    if (too_small(c))
        return;
    c->message[0] = '\0';
    if (typing && e->code == KEY_CHARACTER)
        ops->type(c, c->top, e);
    else
        run_command(c, keymap_command(e, typing));
}

static void take_keys(struct console *c)
{
    struct key_event e = {.code = KEY_IGNORED};

    while (c->top && !c->leave && e.code != KEY_NONE_YET) {
        e = keyboard_next(&c->terminal.keyboard, terminal_now_ms());
        if (e.code == KEY_NONE_YET)
            break;
        c->input_ms = terminal_now_ms();
        if (c->terminal.keyboard.refused) {
            c->terminal.keyboard.refused = 0;
            console_say(c, INK_WARN, _("Pasted text is not taken: type it by hand."));
        } else if (e.code != KEY_IGNORED) {
            run_key(c, &e);
        }
        secret_wipe(e.utf8, sizeof e.utf8);
    }
}

static void take_work(struct console *c)
{
    void (*done)(struct console *, void *) = c->done;

    if (!worker_take(c->worker))
        return;
    c->done = NULL;
    c->input_ms = terminal_now_ms();
    c->dirty = true;
    if (done)
        done(c, c->done_ctx);
}

/* The store's lock is held while something is written; the count is looked at only when nothing is.
 */
static void look_at_journal(struct console *c)
{
    struct store *store = c->session && !console_busy(c) ? session_store(c->session) : NULL;

    if (store) {
        c->journal = journal_size(store);
        c->journal_known = true;
    } else if (!c->session || !console_busy(c)) {
        c->journal_known = false;
    }
}

static void lock_when_idle(struct console *c)
{
    struct present_person anybody[1];
    int64_t idle = terminal_now_ms() - c->input_ms;

    if (!c->session || console_busy(c) || idle < (int64_t)c->setup.lock_after_s * 1000 ||
        session_present(c->session, anybody, 1) == 0)
        return;
    c->input_ms = terminal_now_ms();
    lock_push(c);
}

static void draw(struct console *c)
{
    look_at_journal(c);
    frame_draw(c);
    c->drawn_ms = terminal_now_ms();
    c->dirty = false;
}

static void loop(struct console *c)
{
    while (c->top && !c->leave && !terminal_must_leave()) {
        if (c->dirty || terminal_now_ms() - c->drawn_ms >= REDRAW_MS)
            draw(c);
        bool soon = console_busy(c) || keyboard_waits(&c->terminal.keyboard) || c->setup.rehearsal;
        if (!terminal_wait(&c->terminal, worker_fd(c->worker), soon ? WAIT_BUSY_MS : WAIT_IDLE_MS))
            break;
        if (terminal_resized(&c->terminal))
            c->dirty = true;
        take_work(c);
        take_keys(c);
        if (c->top && c->top->ops->tick && !c->leave)
            c->top->ops->tick(c, c->top);
        if (c->top)
            lock_when_idle(c);
    }
}

enum kr_error console_run(struct console_setup *setup, void (*first)(struct console *c))
{
    struct console c = {.setup = *setup, .session = setup->session};
    enum kr_error e = worker_start(&c.worker);

    if (e == KR_OK)
        e = terminal_open(&c.terminal, setup->theme);
    if (e == KR_OK) {
        c.input_ms = terminal_now_ms();
        first(&c);
        loop(&c);
        /* The screen goes first: a job may still wait for a card. */
        terminal_leave(&c.terminal);
    }
    worker_stop(&c.worker);
    while (c.top)
        console_pop(&c);
    terminal_close(&c.terminal);
    setup->session = c.session;
    return e;
}
