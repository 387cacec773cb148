#include "runner_acts.h"

#include <stdio.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "checkpoint_page.h"
#include "dialog.h"
#include "drawer.h"
#include "language.h"
#include "papers.h"
#include "runner_deck.h"

#define FATES_MAX   256
#define FATES_SHOWN 6

static bool idle(const struct runner *r)
{
    return r->asking && !r->working && r->error == KR_OK;
}

static bool unfinished(const struct runner *r)
{
    return idle(r) && r->request.kind != REQUEST_FINISHED;
}

/* Work that people see: it can be told to pause afterwards. */
static bool works_long(const struct runner *r)
{
    return r->working && r->answering && terminal_now_ms() - r->working_ms > 120;
}

void runner_answer(struct console *c, struct screen *s, enum answer_kind kind, const char *text)
{
    struct runner *r = s->state;

    r->answer.kind = kind;
    snprintf(r->answer.text, sizeof r->answer.text, "%s", text);
    r->answering = true;
    r->resumed = false;
    runner_work(c, s);
}

/* ---- Secrets: straight to the vault ---- */

/* Eyes are on the sheet: after a wrong block the hand goes on to the next one, and comes back for
 * this one last. */
static enum kr_error past_wrong_block(struct runner *r)
{
    struct secret_entry_state *state = &r->request.secret_state;

    if (state->block >= state->blocks || state->state[state->block] != BLOCK_WRONG)
        return KR_OK;
    for (size_t b = state->block + 1; b < state->blocks; b++)
        if (state->state[b] == BLOCK_EMPTY || state->state[b] == BLOCK_PARTIAL)
            return ceremony_block(r->ceremony, b, state);
    return KR_OK;
}

static void secret_key(struct runner *r, uint8_t byte)
{
    enum kr_error e = ceremony_key(r->ceremony, byte, &r->request.secret_state);

    if (e == KR_OK)
        e = past_wrong_block(r);
    if (e != KR_OK) {
        r->error = e;
        snprintf(r->detail, sizeof r->detail, "%s", kr_detail());
    }
}

static void secret_block(struct runner *r, int step)
{
    size_t block = r->request.secret_state.block;
    size_t last = r->request.secret_state.blocks ? r->request.secret_state.blocks - 1 : 0;

    if (r->request.secret.kind != ENTRY_COMPONENT || (step < 0 && block == 0) ||
        (step > 0 && block >= last))
        return;
    ceremony_block(r->ceremony, step < 0 ? block - 1 : block + 1, &r->request.secret_state);
}

void runner_type(struct console *c, struct screen *s, const struct key_event *e)
{
    struct runner *r = s->state;

    if (r->request.kind == REQUEST_TEXT && r->fields) {
        fields_type(r->fields, e);
        return;
    }
    r->request.problem[0] = '\0';
    for (size_t i = 0; i < e->len && r->error == KR_OK; i++)
        secret_key(r, e->utf8[i]);
    if (r->error == KR_E_VAULT_GONE) {
        /* the engine restarts the vault and asks everybody to sign in again */
        r->error = KR_OK;
        runner_work(c, s);
    }
}

bool runner_typing(struct console *c, struct screen *s)
{
    struct runner *r = s->state;

    (void)c;
    return idle(r) && (r->request.kind == REQUEST_TEXT || r->request.kind == REQUEST_SECRET);
}

/* ---- Enter ---- */

static void destructive_text(struct console *c, void *ctx, char *out, size_t room)
{
    struct screen *s = ctx;
    struct runner *r = s->state;

    (void)c;
    snprintf(out, room, "%s", r->request.options[r->options.chosen].text);
}

static void destructive_done(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    struct screen *s = ctx;
    struct runner *r = s->state;

    (void)values;
    runner_answer(c, s, ANSWER_CHOICE, r->request.options[r->options.chosen].word);
}

static void choose(struct console *c, struct screen *s)
{
    struct runner *r = s->state;
    const struct request_option *o = &r->request.options[r->options.chosen];

    if (r->options.chosen >= r->request.option_count)
        return;
    if (!o->destructive) {
        runner_answer(c, s, ANSWER_CHOICE, o->word);
        return;
    }
    struct dialog_spec spec = {.id = "dialog",
                               .title = N_("This cannot be undone"),
                               .text = destructive_text,
                               .labels = {N_("word")},
                               .go = N_("Do it"),
                               .done = destructive_done,
                               .ctx = s};
    snprintf(spec.word, sizeof spec.word, "%s", o->word);
    dialog_push(c, &spec);
}

static void enter(struct console *c, struct screen *s)
{
    struct runner *r = s->state;
    char text[512];

    switch (r->request.kind) {
    case REQUEST_CHOICE:
        choose(c, s);
        break;
    case REQUEST_TEXT:
        if (!r->fields)
            break;
        fields_get(r->fields, 0, text, sizeof text);
        runner_answer(c, s, ANSWER_TEXT, text);
        break;
    case REQUEST_SHOW:
        runner_deck_label(c, r);
        runner_answer(c, s, ANSWER_OK, r->request.for_paper ? REQUEST_ON_PAPER : "");
        break;
    case REQUEST_CARD:
        if (r->options.chosen > 0)
            choose(c, s);
        else
            runner_answer(c, s, ANSWER_OK, "");
        break;
    case REQUEST_SECRET:
        runner_answer(c, s, ANSWER_OK, "");
        break;
    case REQUEST_FINISHED:
        runner_leave(c);
        break;
    }
}

/* ---- Note, exception sheet, pause, abort ---- */

static void note_done(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    runner_answer(c, ctx, ANSWER_NOTE, values[0]);
}

static void note(struct console *c, struct screen *s)
{
    struct dialog_spec spec = {.id = "dialog",
                               .title = N_("Note for the journal"),
                               .labels = {N_("note")},
                               .most = {590},
                               .go = N_("Record"),
                               .done = note_done,
                               .ctx = s};

    dialog_push(c, &spec);
}

static void exception_done(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    char text[1536];

    snprintf(text, sizeof text, "expected: %.450s; happened: %.450s; decided: %.450s", values[0],
             values[1], values[2]);
    runner_answer(c, ctx, ANSWER_EXCEPTION, text);
}

static void exception_text(struct console *c, void *ctx, char *out, size_t room)
{
    (void)c;
    (void)ctx;
    snprintf(out, room, "%s",
             _("Something did not go as the script says. The sheet is signed into the journal; the "
               "step stays where it is."));
}

static void exception(struct console *c, struct screen *s)
{
    struct dialog_spec spec = {.id = "dialog",
                               .title = N_("Exception sheet"),
                               .text = exception_text,
                               .labels = {N_("expected"), N_("happened"), N_("decided")},
                               .most = {450, 450, 450},
                               .go = N_("Record"),
                               .done = exception_done,
                               .ctx = s};

    dialog_push(c, &spec);
}

/* The engine's own answer to what becomes of each card; those that change stand first. */
static size_t fates_text(struct ceremony *ceremony, char *out, size_t room)
{
    static struct card_fate fates[FATES_MAX];
    size_t count = ceremony_fates(ceremony, fates, FATES_MAX), shown = 0, at = 0;

    for (int spoils = 1; spoils >= 0; spoils--)
        for (size_t i = 0; i < count && shown < FATES_SHOWN && at < room; i++) {
            if (fates[i].spoils != (spoils == 1))
                continue;
            const char *state = vocabulary(fates[i].state);
            at += (size_t)(spoils ? snprintf(out + at, room - at, _("\n%s: %s, becomes spoiled"),
                                             fates[i].number, state)
                                  : snprintf(out + at, room - at, _("\n%s: stays %s"),
                                             fates[i].number, state));
            shown++;
        }
    if (count > shown && at < room)
        at += (size_t)snprintf(out + at, room - at, _("\nand %zu more; the journal has them all"),
                               count - shown);
    return at;
}

static bool components_typed(const struct runner *r)
{
    const struct script *script = ceremony_script(r->ceremony);

    for (size_t i = 0; i < script->steps_count; i++)
        if (strcmp(script->steps[i].kind, "component") == 0)
            return true;
    return false;
}

static void abort_text(struct console *c, void *ctx, char *out, size_t room)
{
    struct screen *s = ctx;
    struct runner *r = s->state;
    size_t done = 0, at;

    (void)c;
    for (size_t i = 0; i < r->step_count; i++)
        done += r->steps[i].state == STEP_DONE;
    at = (size_t)snprintf(out, room,
                          _("The ceremony ends here for good: %zu of %zu steps are done and stay "
                            "in the journal. Esc goes back; F5 would only pause."),
                          done, r->step_count);
    if (components_typed(r) && at < room)
        at += (size_t)snprintf(out + at, room - at, "\n%s",
                               _("Components typed but not yet combined are wiped."));
    if (at < room)
        fates_text(r->ceremony, out + at, room - at);
}

static void abort_done(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    char reason[512];

    snprintf(reason, sizeof reason, "%.500s", values[1]);
    runner_answer(c, ctx, ANSWER_ABORT, reason);
}

static void abort_ceremony(struct console *c, struct screen *s)
{
    struct dialog_spec spec = {.id = "dialog",
                               .title = N_("Abort the ceremony"),
                               .text = abort_text,
                               .labels = {N_("word"), N_("reason")},
                               .most = {16, 200},
                               .word = "abort",
                               .go = N_("Abort"),
                               .done = abort_done,
                               .ctx = s};

    dialog_push(c, &spec);
}

/* ---- Commands ---- */

static void open_drawer(struct console *c, const struct runner *r)
{
    char card[DECK_NAME_MAX];

    if (!session_options(c->session)->deck)
        return;
    runner_deck_reach(c, r, card);
    drawer_push(c, r->request.kind == REQUEST_CARD ? r->request.reader : 0, card,
                r->request.kind == REQUEST_SECRET || r->request.kind == REQUEST_TEXT);
}

static bool moves(struct screen *s, enum command k)
{
    struct runner *r = s->state;

    if (r->request.option_count > 0 && idle(r) && k != COMMAND_PAGE_UP && k != COMMAND_PAGE_DOWN &&
        choice_command(&r->options, k, 4)) {
        r->scrolled = false;
        return true;
    }
    if (k != COMMAND_PAGE_UP && k != COMMAND_PAGE_DOWN)
        return false;
    s->scroll += k == COMMAND_PAGE_DOWN ? 6 : -6;
    r->scrolled = true;
    return true;
}

static bool edits(struct runner *r, enum command k)
{
    if (!idle(r))
        return false;
    if (r->request.kind == REQUEST_TEXT && r->fields)
        return fields_command(r->fields, k);
    if (r->request.kind != REQUEST_SECRET)
        return false;
    if (k == COMMAND_LEFT || k == COMMAND_RIGHT)
        secret_block(r, k == COMMAND_LEFT ? -1 : 1);
    else if (k == COMMAND_ERASE)
        secret_key(r, 0x7F);
    else
        return false;
    return true;
}

static void act(struct console *c, struct screen *s, enum command k)
{
    struct runner *r = s->state;

    switch (k) {
    case COMMAND_ENTER:
        enter(c, s);
        break;
    case COMMAND_NOTE:
        note(c, s);
        break;
    case COMMAND_EXCEPTION:
        exception(c, s);
        break;
    case COMMAND_PAUSE:
        runner_answer(c, s, ANSWER_PAUSE, "");
        break;
    case COMMAND_ABORT:
        abort_ceremony(c, s);
        break;
    case COMMAND_BACK:
        if (r->request.can_go_back)
            runner_answer(c, s, ANSWER_BACK, "");
        else
            console_say(c, INK_PLAIN, _("F5 pauses and goes back; nothing is lost. F8 aborts."));
        break;
    case COMMAND_DRAWER:
        open_drawer(c, r);
        break;
    case COMMAND_NEXT:
        if (r->request.for_paper)
            checkpoint_push(c);
        break;
    case COMMAND_LANGUAGE:
        runner_work(c, s);
        break;
    default:
        break;
    }
}

void runner_command(struct console *c, struct screen *s, enum command k)
{
    struct runner *r = s->state;

    if (k == COMMAND_DETAILS) {
        r->details = !r->details;
        return;
    }
    if (k == COMMAND_PAUSE && works_long(r))
        r->pause_after = !r->pause_after;
    if (edits(r, k) || moves(s, k) || r->working)
        return;
    if (r->error != KR_OK || (r->asking && r->request.kind == REQUEST_FINISHED)) {
        if (k == COMMAND_ENTER || k == COMMAND_BACK)
            runner_leave(c);
        else if (k == COMMAND_NOTE && r->error == KR_OK)
            paper_push(c, PAPER_REPORT, ceremony_id(r->ceremony));
        else if (k == COMMAND_LANGUAGE && r->error == KR_OK)
            runner_work(c, s);
        return;
    }
    if (r->asking)
        act(c, s, k);
}

static size_t answer_keys(const struct runner *r, struct key_hint *out)
{
    const struct request *q = &r->request;
    size_t n = 0;

    if (q->can_go_back)
        out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    if (q->kind == REQUEST_SECRET && q->secret.kind == ENTRY_COMPONENT)
        out[n++] = (struct key_hint){COMMAND_LEFT, NULL};
    if (q->for_paper)
        out[n++] = (struct key_hint){COMMAND_NEXT, _("QR code")};
    if (q->option_count > 0) {
        bool goes_on = q->kind == REQUEST_CARD && r->options.chosen == 0;
        out[n++] = (struct key_hint){COMMAND_UP, NULL};
        out[n++] = (struct key_hint){COMMAND_ENTER, goes_on ? NULL : _("do it")};
    } else if (q->kind != REQUEST_SECRET || q->secret.kind == ENTRY_PASSPHRASE ||
               q->secret_state.complete) {
        out[n++] = (struct key_hint){COMMAND_ENTER, NULL};
    }
    return n;
}

size_t runner_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct runner *r = s->state;
    size_t n = 0;

    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (unfinished(r))
        out[n++] = (struct key_hint){COMMAND_NOTE, NULL};
    else if (idle(r))
        out[n++] = (struct key_hint){COMMAND_NOTE, _("Report")};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_DETAILS, NULL};
    if (unfinished(r)) {
        out[n++] = (struct key_hint){COMMAND_PAUSE, NULL};
        out[n++] = (struct key_hint){COMMAND_EXCEPTION, NULL};
        out[n++] = (struct key_hint){COMMAND_ABORT, NULL};
        if (session_options(c->session)->deck)
            out[n++] = (struct key_hint){COMMAND_DRAWER, NULL};
    }
    if (works_long(r))
        out[n++] = (struct key_hint){COMMAND_PAUSE, r->pause_after ? _("Go on") : NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (idle(r))
        n += answer_keys(r, out + n);
    else if (!r->working)
        out[n++] = (struct key_hint){COMMAND_ENTER, _("back")};
    return n;
}
