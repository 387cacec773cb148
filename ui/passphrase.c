#include "passphrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "masked.h"
#include "text.h"

struct passphrase {
    struct session *session;
    enum passphrase_use use;
    char person[PERSON_ID_MAX];
    char name[PERSON_NAME_MAX];
    char hint[96];
    void (*done)(struct console *c, void *ctx);
    void *ctx;
    vault_handle entry;
    struct secret_entry_state state;
    bool working;
    enum kr_error error; /* of the last try */
    char detail[192];
    char problem[512];
};

static const struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};

static void problem_set(struct passphrase *p, enum kr_error e, const char *detail)
{
    p->error = e;
    snprintf(p->detail, sizeof p->detail, "%s", detail ? detail : kr_detail());
}

/* A vault that died is given one chance to come back; the person then simply types again. */
static void entry_open(struct passphrase *p)
{
    enum kr_error e = vault_entry_open(session_vault(p->session), &spec, &p->entry);

    if (e == KR_E_VAULT_GONE && session_revive_vault(p->session) == KR_OK)
        e = vault_entry_open(session_vault(p->session), &spec, &p->entry);
    memset(&p->state, 0, sizeof p->state);
    if (e != KR_OK) {
        p->entry = 0;
        problem_set(p, e, NULL);
    }
}

static void passphrase_size(struct console *c, struct screen *s, int *height, int *width)
{
    struct passphrase *p = s->state;

    (void)c;
    *width = 70;
    *height = 9 + (p->hint[0] ? 1 : 0) + (p->error ? 3 : 0);
}

static void passphrase_draw(struct console *c, struct screen *s, struct pane *pane)
{
    struct passphrase *p = s->state;

    (void)c;
    pane_next(pane);
    pane_putf(pane, 0, INK_STRONG, _("%s types the passphrase."), p->name);
    pane_next(pane);
    pane_wrap(pane, 0, INK_PLAIN, _("Everyone else: please look away from screen and keyboard."));
    if (p->hint[0])
        pane_wrap(pane, 0, INK_FAINT, p->hint);
    pane_next(pane);
    if (p->working)
        pane_put(pane, 2, INK_FAINT, _("Opening the slot; this takes a moment."));
    else
        masked_draw(pane, &spec, &p->state);
    if (p->error) {
        pane_next(pane);
        pane_marked(pane, 0, INK_WARN, "!",
                    kr_explain(p->error, p->detail, p->problem, sizeof p->problem));
    }
}

static void job(void *ctx)
{
    struct passphrase *p = ctx;
    enum kr_error e = KR_OK;
    bool done;

    if (p->use == PASSPHRASE_UNLOCK)
        e = session_prove(p->session, p->person, p->entry);
    else if (p->use == PASSPHRASE_PAPER_LOST)
        e = session_paper_lost(p->session, p->person, p->entry, &done);
    else
        e = session_sign_in(p->session, p->person, p->entry);
    problem_set(p, e, NULL);
}

static void job_done(struct console *c, void *ctx)
{
    struct passphrase *p = ctx;
    void (*done)(struct console *, void *) = p->done;
    void *done_ctx = p->ctx;

    p->working = false;
    p->entry = 0; /* the session has dropped it */
    if (p->error != KR_OK) {
        enum kr_error e = p->error;
        char detail[sizeof p->detail];
        memcpy(detail, p->detail, sizeof detail);
        entry_open(p);
        problem_set(p, e, detail);
        return;
    }
    console_pop(c);
    if (done)
        done(c, done_ctx);
}

static const char *go(enum passphrase_use use)
{
    return use == PASSPHRASE_UNLOCK       ? _("unlock")
           : use == PASSPHRASE_PAPER_LOST ? _("sign")
                                          : _("sign in");
}

static void passphrase_command(struct console *c, struct screen *s, enum command k)
{
    struct passphrase *p = s->state;

    if (p->working)
        return;
    if (k == COMMAND_BACK) {
        console_pop(c);
    } else if (k == COMMAND_ERASE && p->entry) {
        vault_entry_key(session_vault(p->session), p->entry, 0x7F, &p->state);
    } else if (k == COMMAND_ENTER && p->entry && p->state.typed > 0) {
        p->working = true;
        p->error = KR_OK;
        console_work(c, job, job_done, p);
    }
}

static void passphrase_type(struct console *c, struct screen *s, const struct key_event *e)
{
    struct passphrase *p = s->state;

    (void)c;
    p->error = KR_OK;
    for (size_t i = 0; p->entry && i < e->len; i++) {
        enum kr_error error =
            vault_entry_key(session_vault(p->session), p->entry, e->utf8[i], &p->state);
        if (error == KR_E_VAULT_GONE) {
            entry_open(p);
            problem_set(p, error, NULL);
            return;
        }
    }
}

static bool passphrase_typing(struct console *c, struct screen *s)
{
    struct passphrase *p = s->state;

    (void)c;
    return !p->working;
}

static size_t passphrase_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct passphrase *p = s->state;
    size_t n = 0;

    (void)c;
    if (p->working)
        return 0;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, go(p->use)};
    return n;
}

static const char *passphrase_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Passphrase");
}

static void passphrase_close(struct console *c, struct screen *s)
{
    struct passphrase *p = s->state;

    (void)c;
    if (p && p->entry)
        vault_drop(session_vault(p->session), p->entry);
    free(p);
}

void passphrase_push(struct console *c, enum passphrase_use use, const char *person,
                     const char *name, const char *hint, void (*done)(struct console *c, void *ctx),
                     void *ctx)
{
    static const struct screen_ops ops = {.id = "passphrase",
                                          .overlay = true,
                                          .size = passphrase_size,
                                          .draw = passphrase_draw,
                                          .command = passphrase_command,
                                          .type = passphrase_type,
                                          .typing = passphrase_typing,
                                          .keys = passphrase_keys,
                                          .title = passphrase_title,
                                          .close = passphrase_close};
    struct passphrase *p = calloc(1, sizeof *p);

    if (!p) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    p->session = c->session;
    p->use = use;
    p->done = done;
    p->ctx = ctx;
    snprintf(p->person, sizeof p->person, "%s", person);
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->hint, sizeof p->hint, "%s", hint ? hint : "");
    entry_open(p);
    console_push(c, &ops, p);
}
