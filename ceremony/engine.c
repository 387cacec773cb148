#include "engine.h"

#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "evidence.h"
#include "key_holding.h"
#include "notes.h"
#include "steps/mother.h"

#define _(text) gettext(text)

static enum kr_error ceremony_new(struct session *s, struct script *script, struct ceremony **out)
{
    struct ceremony *c = calloc(1, sizeof *c);
    *out = NULL;
    if (c == NULL) {
        script_free(&script);
        return KR_E_MEMORY;
    }
    c->session = s;
    c->script = script;
    state_keep(c);
    if (c->kept == NULL) {
        script_free(&script);
        free(c);
        return KR_E_MEMORY;
    }
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return KR_OK;
}

/* Where nobody has signed in yet, the opening looks how keys are held. */
static enum kr_error fits_centre(struct session *s, const struct script *script)
{
    const struct slots *slots = session_slots(s);
    if (script->founding && session_has_store(s))
        return kr_fail(KR_E_STORE_EXISTS, "%s", session_options(s)->store_dir);
    if (script->founding)
        return KR_OK;
    if (slots == NULL)
        return kr_fail(KR_E_STORE_MISSING, "%s", session_options(s)->store_dir);
    for (size_t i = 0; i < script->tiers_count; i++)
        if (tier_by_name(script->tiers[i]) == slots->centre.tier)
            return session_store(s) == NULL ? KR_OK : key_holding_fits(s, script);
    return kr_fail(KR_E_TIER, "%s", script->id);
}

static int64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum kr_error ceremony_begin(struct session *s, const char *script_path, struct ceremony **out)
{
    struct script *script = NULL;
    struct script_finding findings[1];
    size_t count;
    *out = NULL;
    enum kr_error err = script_load(script_path, &script);
    if (err == KR_OK)
        err = script_check(script, findings, 1, &count);
    if (err == KR_OK)
        err = fits_centre(s, script);
    if (err == KR_OK)
        err = session_paper_admits(s);
    if (err != KR_OK) {
        script_free(&script);
        return err;
    }
    err = ceremony_new(s, script, out);
    if (err == KR_OK)
        err = layouts_gather(*out);
    if (err == KR_OK)
        err = var_set(*out, "opened", "%" PRId64, wall_ms());
    if (err == KR_OK)
        err = day_keep(*out);
    if (err == KR_OK)
        err = instances_expand(*out);
    if (err == KR_OK)
        (*out)->instances[0].state = STEP_CURRENT;
    else
        ceremony_end(out);
    return err;
}

enum kr_error ceremony_resume(struct session *s, const char *id, struct ceremony **out)
{
    struct ceremony_record rec;
    struct script_finding findings[1];
    size_t count;
    struct script *script = NULL;
    *out = NULL;
    if (session_store(s) == NULL)
        return kr_fail(KR_E_NOT_SIGNED_IN, "%s", id);
    enum kr_error err = session_paper_admits(s);
    if (err == KR_OK)
        err = ceremonies_get(session_store(s), id, &rec);
    if (err != KR_OK)
        return err;
    if (strcmp(rec.status, "open") != 0 && strcmp(rec.status, "closing") != 0)
        err = kr_fail(KR_E_ABORTED, "%s (%s)", id, rec.status);
    if (err == KR_OK)
        err = script_parse(rec.script, rec.script_text, strlen(rec.script_text), &script);
    if (err == KR_OK)
        err = ceremony_new(s, script, out);
    if (err == KR_OK)
        err = script_check(script, findings, 1, &count);
    if (err == KR_OK)
        err = state_read(*out, rec.state);
    if (err == KR_OK)
        snprintf((*out)->id, sizeof(*out)->id, "%s", id);
    if (err == KR_OK)
        err = state_agrees(*out); /* neither the row with the script nor the state is signed */
    if (err == KR_OK)
        snprintf((*out)->row_status, sizeof(*out)->row_status, "%s", rec.status);
    if (err == KR_OK)
        (*out)->resumed = true;
    else
        ceremony_end(out);
    ceremony_record_free(&rec);
    return err;
}

static void handles_drop(struct ceremony *c)
{
    struct vault *v = session_vault(c->session);
    entry_drop(c);
    kit_release(c);
    mother_close(c);
    vault_drop(v, c->held);
    vault_drop(v, c->pin);
    c->held = c->pin = 0;
}

void ceremony_end(struct ceremony **out)
{
    struct ceremony *c = *out;
    if (c == NULL)
        return;
    handles_drop(c);
    pthread_mutex_destroy(&c->lock);
    free(c->kept);
    script_free(&c->script);
    layout_files_free(&c->layouts);
    transfer_note_free(&c->note);
    free(c);
    *out = NULL;
}

/* ---- Typed secrets ---- */

void entry_drop(struct ceremony *c)
{
    struct vault *v = session_vault(c->session);
    vault_drop(v, c->entry);
    vault_drop(v, c->first_entry);
    c->entry = c->first_entry = 0;
    memset(&c->entry_state, 0, sizeof c->entry_state);
}

enum kr_error request_secret(struct ceremony *c, struct request *r,
                             const struct secret_entry_spec *spec, bool second)
{
    struct vault *v = session_vault(c->session);
    enum kr_error err = KR_OK;
    if (strcmp(c->entry_for, r->key) != 0)
        entry_drop(c); /* begun for another request, which somebody's signing in has interrupted */
    snprintf(c->entry_for, sizeof c->entry_for, "%s", r->key);
    if (c->entry == 0) {
        c->entry_spec = *spec;
        err = vault_entry_open(v, spec, &c->entry);
        if (err == KR_OK)
            err = vault_entry_state(v, c->entry, &c->entry_state);
    }
    r->kind = REQUEST_SECRET;
    r->secret = c->entry_spec;
    r->secret_state = c->entry_state;
    r->second_typing = second;
    r->look_away = true;
    return err;
}

/* With the vault gone the entry is too; ceremony_next() then finds out and says so. */
static enum kr_error typed(struct ceremony *c, enum kr_error err, struct secret_entry_state *s)
{
    if (err == KR_E_VAULT_GONE) {
        c->entry = c->first_entry = 0;
        memset(&c->entry_state, 0, sizeof c->entry_state);
    }
    *s = c->entry_state;
    return err;
}

enum kr_error ceremony_key(struct ceremony *c, uint8_t byte, struct secret_entry_state *s)
{
    enum kr_error err = vault_entry_key(session_vault(c->session), c->entry, byte, &c->entry_state);
    return typed(c, err, s);
}

enum kr_error ceremony_block(struct ceremony *c, size_t block, struct secret_entry_state *s)
{
    enum kr_error err =
        vault_entry_block(session_vault(c->session), c->entry, block, &c->entry_state);
    return typed(c, err, s);
}

/* ---- Presence: nobody acts who has not signed in, also after a restart of the vault ---- */

static bool person_missing(struct ceremony *c, const char *person)
{
    return person[0] != '\0' && !session_is_present(c->session, person);
}

static bool guard_finds(struct ceremony *c)
{
    c->guard[0] = '\0';
    if (c->script->founding && var_get(c, "open-entry")[0] == '\0')
        return false; /* nobody has a slot yet */
    for (size_t i = 0; i < c->script->seats_count; i++)
        for (int n = 1; n <= c->script->seats[i].most; n++) {
            const char *person = seat_person(c, c->script->seats[i].id, n);
            if (person_missing(c, person)) {
                snprintf(c->guard, sizeof c->guard, "%s", person);
                return true;
            }
        }
    for (int n = 1; n <= PEOPLE_MAX && seat_person(c, "quorum", n)[0] != '\0'; n++)
        if (person_missing(c, seat_person(c, "quorum", n))) {
            snprintf(c->guard, sizeof c->guard, "%s", seat_person(c, "quorum", n));
            return true;
        }
    return false;
}

static enum kr_error guard_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    snprintf(r->key, sizeof r->key, "sign-in[%s]", c->guard);
    snprintf(r->person, sizeof r->person, "%s", c->guard);
    snprintf(r->person_name, sizeof r->person_name, "%s", person_name(c, c->guard));
    snprintf(r->title, sizeof r->title, _("%s signs in"), r->person_name);
    snprintf(r->text, sizeof r->text,
             _("%s types the passphrase. Everyone else: please look away."), r->person_name);
    return request_secret(c, r, &spec, false);
}

static enum kr_error guard_take(struct ceremony *c, const struct answer *a)
{
    enum kr_error err;
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    err = session_sign_in(c->session, c->guard, c->entry);
    c->entry = 0;
    entry_drop(c);
    c->dirty = true;
    if (err == KR_E_PASSPHRASE || err == KR_E_PERSON_REVOKED)
        return step_problem(c, err);
    return err;
}

/* ---- Asking and answering ---- */

/* The vault is gone: its handles mean nothing any more; people sign in again and the step begins
 * anew. */
static enum kr_error vault_lost(struct ceremony *c, enum kr_error err)
{
    if (err != KR_E_VAULT_GONE || session_store(c->session) == NULL)
        return err;
    if (c->script->founding && var_get(c, "open-entry")[0] == '\0')
        return err; /* a founding begins again: its keys were in the vault alone */
    c->entry = c->first_entry = c->held = c->pin = 0;
    kit_forget(c);
    err = session_revive_vault(c->session);
    if (err == KR_OK)
        step_problem(c, KR_E_VAULT_GONE);
    return err;
}

/* An act that failed half way leaves the state of its last commit: nothing counts as done that is
 * not in the journal. */
static enum kr_error recovered(struct ceremony *c, enum kr_error err)
{
    if (err != KR_OK)
        state_put_back(c);
    kit_release_of_other_steps(c);
    mother_close_unless_wanted(c);
    return vault_lost(c, err);
}

/* Work that cannot be done now must leave people a way to correct the cause, or to abort. Trouble
 * with the store or with memory ends the run. */
static bool stops_here(const struct ceremony *c, enum kr_error err)
{
    return session_store(c->session) != NULL && !c->script->founding && err != KR_E_MEMORY &&
           err != KR_E_LOCKED_MEMORY && err != KR_E_MESSAGE && err != KR_E_CANCELLED &&
           (err < KR_E_STORE_MISSING || err > KR_E_SLOTS);
}

static void stuck_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_SHOW, "stuck");
    snprintf(r->text, sizeof r->text, "%s",
             _("This step cannot go on. Correct the cause and press Enter to try again, or abort "
               "the ceremony (F8)."));
}

static enum kr_error ask_once(struct ceremony *c, struct request *r)
{
    memset(r, 0, sizeof *r);
    r->step = c->current;
    if (guard_finds(c))
        return guard_ask(c, r);
    if (c->stuck) {
        stuck_ask(c, r);
        return KR_OK;
    }
    if (c->resumed) {
        c->resumed = false;
        enum kr_error err = record_resumption(c);
        if (err != KR_OK)
            return err;
    }
    enum kr_error err = pieces_counted(c);
    return err == KR_OK ? step_kind_by_name(step_now(c)->kind)->ask(c, r) : err;
}

static enum kr_error settle(struct ceremony *c, struct request *r)
{
    for (;;) {
        state_keep(c);
        enum kr_error err = ask_once(c, r);
        if (err == KR_OK && r->kind != REQUEST_WORK)
            break;
        if (err == KR_OK)
            err = step_kind_by_name(step_now(c)->kind)->take(c, NULL);
        if (err == KR_OK)
            err = record_seal_when_due(c);
        err = recovered(c, err);
        if (err != KR_OK && (c->stuck || !stops_here(c, err)))
            return err;
        if (err != KR_OK) {
            c->stuck = true;
            step_problem(c, err);
        }
        if (c->finished || c->aborted)
            break;
    }
    return KR_OK;
}

enum kr_error ceremony_next(struct ceremony *c, struct request *r)
{
    enum kr_error err = KR_OK;
    if (c->paused)
        return KR_E_PAUSED;
    if (c->aborted)
        return kr_fail(KR_E_ABORTED, "%s", var_get(c, "aborted"));
    if (!c->finished)
        err = settle(c, r);
    if (err == KR_OK && !c->finished)
        err = state_persist(c);
    if (err == KR_OK && c->finished) {
        memset(r, 0, sizeof *r);
        r->kind = REQUEST_FINISHED;
        snprintf(r->key, sizeof r->key, "finished");
        snprintf(r->title, sizeof r->title, "%s", _("The ceremony is closed"));
        snprintf(r->text, sizeof r->text, _("%s is closed and sealed with a checkpoint."), c->id);
        r->step = c->instance_count - 1;
    }
    r->can_go_back = back_possible(c);
    snprintf(r->problem, sizeof r->problem, "%s", c->problem);
    return err;
}

static enum kr_error paused(struct ceremony *c)
{
    handles_drop(c);
    return take_pause(c);
}

static enum kr_error aborted(struct ceremony *c, const struct answer *a)
{
    enum kr_error err = take_abort(c, a);
    if (c->aborted)
        handles_drop(c);
    return err;
}

/* Enter was pressed too early; what was typed stays. */
static enum kr_error entry_incomplete(const struct ceremony *c)
{
    const struct secret_entry_state *s = &c->entry_state;
    if (s->typed == 0)
        return kr_fail(KR_E_ENTRY_INCOMPLETE, "%s", _("nothing has been typed"));
    return kr_fail(KR_E_ENTRY_INCOMPLETE, "%zu / %zu", s->typed,
                   s->wanted == 0 ? s->typed + 1 : s->wanted);
}

enum kr_error ceremony_answer(struct ceremony *c, const struct answer *a)
{
    enum kr_error err = KR_OK;
    if (c->finished || c->aborted)
        return KR_OK;
    c->problem[0] = '\0';
    kr_detail_clear();
    state_keep(c);
    if (a->kind == ANSWER_NOTE || a->kind == ANSWER_EXCEPTION)
        err = take_note(c, a);
    else if (a->kind == ANSWER_ABORT)
        err = aborted(c, a);
    else if (a->kind == ANSWER_PAUSE)
        err = paused(c);
    else if (a->kind == ANSWER_BACK)
        err = take_back(c);
    else if (c->entry != 0 && a->kind == ANSWER_OK && !c->entry_state.complete)
        err = step_problem(c, entry_incomplete(c));
    else if (c->guard[0] != '\0')
        err = guard_take(c, a);
    else if (c->stuck)
        c->stuck = false;
    else
        err = step_kind_by_name(step_now(c)->kind)->take(c, a);
    progress_set(c, "", 0, 0);
    if (err == KR_OK)
        err = record_seal_when_due(c);
    return recovered(c, err);
}
