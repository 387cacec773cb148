#include "evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "../store/data_rows.h"
#include "steps/parameter.h"

/* What a step that is done has left in the journal. */
enum proof {
    PROOF_NOTHING = 0,
    PROOF_OPEN = 1,
    PROOF_FOUND = 2,
    PROOF_WORDS = 4, /* a note that two people signed */
    PROOF_KCV = 8,   /* a note with the check value of a key */
    PROOF_APPROVAL = 16,
    PROOF_COMPONENT = 32,
    PROOF_OUTCOME = 64, /* with the result ok */
    PROOF_CARD = 128,   /* without the result failed */
    PROOF_BALANCE = 256,
    PROOF_CLOSE = 512,
    PROOF_FAILED = 1024,    /* an outcome with the result failed */
    PROOF_NOT_SHOWN = 2048, /* a note that there was nothing to refuse */
    PROOF_SENT = 4096,      /* a transfer note was written */
    PROOF_RECEIVED = 8192,  /* two people took a transfer note for good */
};
#define PROOF_EFFECT (PROOF_OUTCOME | PROOF_CARD)

struct said {
    char step[64];
    unsigned proofs;
};
/* What the entries of the ceremony say, read in order. */
struct account {
    struct ceremony *c;
    struct said *said;
    size_t count, room;
    bool opened, intent_open, intent_card;
    uint64_t opening, intent;
    char intent_number[24], intent_chip[20]; /* of the card that the open intent is about */
};

static enum kr_error differs(const struct ceremony *c, const char *what)
{
    return kr_fail(KR_E_STORE_ROW, "ceremony_states %s: %s", c->id, what);
}

/* ---- Reading the entries ---- */

static bool line_is(const struct entry *e, const char *name, const char *value)
{
    char line[TEXT_MAX];
    return entry_get(e, name, 0, line, sizeof line) == KR_OK && strcmp(line, value) == 0;
}

static bool has_line(const struct entry *e, const char *name, const char *value)
{
    char line[2 * TEXT_MAX];
    for (size_t n = 0; entry_get(e, name, n, line, sizeof line) == KR_OK; n++)
        if (strcmp(line, value) == 0)
            return true;
    return false;
}

static unsigned proofs_of_transfer(const struct entry *e)
{
    char line[TEXT_MAX];
    bool received = entry_get(e, "received-note", 0, line, sizeof line) == KR_OK;
    return (received && e->signer_count > 1 ? PROOF_RECEIVED : 0u) |
           (entry_get(e, "sent-note", 0, line, sizeof line) == KR_OK ? PROOF_SENT : 0u);
}

static unsigned proofs_of(const struct entry *e)
{
    static const struct {
        const char *kind;
        unsigned proof;
    } kinds[] = {
        {"open", PROOF_OPEN},           {"found", PROOF_FOUND},     {"approval", PROOF_APPROVAL},
        {"component", PROOF_COMPONENT}, {"balance", PROOF_BALANCE}, {"close", PROOF_CLOSE},
    };
    char line[TEXT_MAX];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(e->kind, kinds[i].kind) == 0)
            return kinds[i].proof;
    if (strcmp(e->kind, "note") == 0)
        return (e->signer_count > 1 ? PROOF_WORDS : 0u) | proofs_of_transfer(e) |
               (line_is(e, "result", "not shown") ? PROOF_NOT_SHOWN : 0u) |
               (entry_get(e, "key", 0, line, sizeof line) == KR_OK ? PROOF_KCV : 0u);
    if (strcmp(e->kind, "outcome") == 0)
        return line_is(e, "result", "ok")       ? PROOF_OUTCOME
               : line_is(e, "result", "failed") ? PROOF_FAILED
                                                : PROOF_NOTHING;
    return strcmp(e->kind, "card") == 0 && !line_is(e, "result", "failed") ? PROOF_CARD
                                                                           : PROOF_NOTHING;
}

static struct said *said_of(struct account *a, const char *step)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->said[i].step, step) == 0)
            return &a->said[i];
    return NULL;
}

static enum kr_error say(struct account *a, const char *step, unsigned proofs)
{
    struct said *s = said_of(a, step);
    if (s == NULL && a->count == a->room) {
        size_t room = a->room == 0 ? 32 : 2 * a->room;
        struct said *more = realloc(a->said, room * sizeof *more);
        if (more == NULL)
            return KR_E_MEMORY;
        a->said = more;
        a->room = room;
    }
    if (s == NULL) {
        s = &a->said[a->count++];
        memset(s, 0, sizeof *s);
        snprintf(s->step, sizeof s->step, "%s", step);
    }
    s->proofs |= proofs;
    return KR_OK;
}

static void take_intent(struct account *a, const struct entry *e)
{
    char line[TEXT_MAX];
    bool outcome = strcmp(e->kind, "outcome") == 0;
    if (!outcome && strcmp(e->kind, "intent") != 0)
        return;
    a->intent_open = !outcome;
    a->intent = e->seq;
    a->intent_card = !outcome && entry_get(e, "card", 0, line, sizeof line) == KR_OK &&
                     sscanf(line, "%23s %*s %19s", a->intent_number, a->intent_chip) == 2 &&
                     strcmp(a->intent_number, "-") != 0;
}

/* Of a data file the opening has digests, not where it lay: the rows in the store are compared. */
static enum kr_error check_data(const struct ceremony *c, const struct entry *e, const char *id)
{
    char line[2 * TEXT_MAX], name[40], signed_rows[65], rows[65];
    uint8_t digest[32];
    unsigned count = 0;
    bool found = false;
    for (size_t n = 0; !found && entry_get(e, "parameter", n, line, sizeof line) == KR_OK; n++)
        found = sscanf(line, "%39s sha256 %*64s rows %u %64s", name, &count, signed_rows) == 3 &&
                strcmp(name, id) == 0;
    if (!found || (int)count != var_number(c, "quantity"))
        return differs(c, id);
    enum kr_error err = data_rows_digest(session_store(c->session), c->id, digest);
    hex_encode(digest, sizeof digest, rows);
    return err == KR_OK && strcmp(rows, signed_rows) != 0
               ? kr_fail(KR_E_STORE_ROW, "data_rows %s", c->id)
               : err;
}

static enum kr_error check_parameter(const struct ceremony *c, const struct entry *e,
                                     const struct script_parameter *p)
{
    char line[2 * TEXT_MAX];
    if (strcmp(p->type, "file") == 0)
        return check_data(c, e, p->id);
    snprintf(line, sizeof line, "%s %s", p->id, parameter_said(c, p));
    return has_line(e, "parameter", line) ? KR_OK : differs(c, p->id);
}

/* People and parameters are those that were signed at the opening. */
static enum kr_error check_opening(struct ceremony *c, const struct entry *e)
{
    char line[2 * TEXT_MAX], hex[65];
    hex_encode(c->script->hash, 32, hex);
    snprintf(line, sizeof line, "%s %s", c->script->id, hex);
    if (!line_is(e, "script", line))
        return kr_fail(KR_E_SCRIPT_CHANGED, "%s", c->id);
    for (size_t i = 0; i < c->var_count; i++) {
        char seat[40], person[PERSON_ID_MAX];
        unsigned n;
        if (sscanf(c->vars[i].name, "seat.%39[^.].%u", seat, &n) != 2)
            continue;
        snprintf(person, sizeof person, "%.23s", c->vars[i].value);
        const struct script_seat *s = script_seat_by_id(c->script, seat);
        snprintf(line, sizeof line, "%s %s %s-%u", person, s == NULL ? "custodian" : s->role, seat,
                 n);
        if (!has_line(e, "actor", line))
            return differs(c, c->vars[i].name);
    }
    for (size_t i = 0; !c->script->founding && i < c->script->parameters_count; i++) {
        enum kr_error err = check_parameter(c, e, &c->script->parameters[i]);
        if (err != KR_OK)
            return err;
    }
    return layout_files_restore(c->script, e, session_store(c->session), &c->layouts);
}

static enum kr_error take_entry(void *ctx, const struct entry *e)
{
    struct account *a = ctx;
    char step[64] = "";
    enum kr_error err = KR_OK;
    (void)entry_get(e, "step", 0, step, sizeof step);
    if (!a->opened) {
        a->opened = true;
        a->opening = e->seq;
        err = check_opening(a->c, e);
    }
    take_intent(a, e);
    return err == KR_OK ? say(a, step, proofs_of(e)) : err;
}

/* ---- The state against them ---- */

static unsigned wanted(const struct step_kind *kind)
{
    static const struct {
        const char *kind;
        unsigned proofs;
    } wants[] = {
        {"open", PROOF_OPEN},           {"found", PROOF_FOUND},
        {"script-words", PROOF_WORDS},  {"approve", PROOF_APPROVAL},
        {"component", PROOF_COMPONENT}, {"combine", PROOF_KCV},
        {"balance", PROOF_BALANCE},     {"close", PROOF_CLOSE},
        {"read-back", PROOF_CARD},      {"intake", PROOF_CARD},
        {"check-note", PROOF_RECEIVED}, {"transfer", PROOF_CARD},
        {"write-note", PROOF_SENT},     {"refusal", PROOF_OUTCOME | PROOF_NOT_SHOWN},
    };
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
        if (strcmp(kind->name, wants[i].kind) == 0)
            return wants[i].proofs;
    return kind->effect ? PROOF_EFFECT : PROOF_NOTHING;
}

static bool key_is_there(struct ceremony *c, const struct script_step *step, int group)
{
    return step->unless_key != NULL &&
           (key_exists(c, step->unless_key, group) || key_exists(c, step->unless_key, 0));
}

/* Left out only where the script says so: there is the key already, and nothing to approve. */
static bool may_be_skipped(struct ceremony *c, const struct instance *in)
{
    const struct script_step *step = &c->script->steps[in->step];
    if (strcmp(step->kind, "approve") != 0)
        return key_is_there(c, step, instance_group(c, in));
    for (size_t i = 0; i < c->script->steps_count; i++)
        for (size_t n = 0; n < step->covers_count; n++)
            if (strcmp(c->script->steps[i].id, step->covers[n]) == 0 &&
                !key_is_there(c, &c->script->steps[i], 0))
                return false;
    return true;
}

static bool has_proof(struct account *a, size_t i, unsigned proofs)
{
    char key[64];
    instance_key(a->c, &a->c->instances[i], NULL, key);
    const struct said *s = said_of(a, key);
    return proofs == PROOF_NOTHING || (s != NULL && (s->proofs & proofs) != 0);
}

static bool is_proved(struct account *a, size_t i)
{
    const char *kind = a->c->script->steps[a->c->instances[i].step].kind;
    return has_proof(a, i, wanted(step_kind_by_name(kind)));
}

static enum kr_error check_steps(struct account *a)
{
    struct ceremony *c = a->c;
    for (size_t i = 0; i < c->instance_count; i++) {
        const struct instance *in = &c->instances[i];
        bool good = i >= c->current;
        if (in->state == STEP_DONE)
            good = is_proved(a, i);
        else if (in->state == STEP_SKIPPED)
            good = may_be_skipped(c, in);
        else if (in->state == STEP_FAILED)
            good = has_proof(a, i, PROOF_FAILED);
        if (!good || (i == c->current && in->state != STEP_CURRENT)) {
            char key[64], what[96];
            instance_key(c, in, NULL, key);
            snprintf(what, sizeof what, "step %s is not in the journal", key);
            return differs(c, what);
        }
    }
    return KR_OK;
}

static enum kr_error check_intent(const struct account *a)
{
    const struct ceremony *c = a->c;
    char seq[24] = "";
    if (a->intent_open)
        snprintf(seq, sizeof seq, "%" PRIu64, a->intent);
    if (strcmp(var_get(c, "intent"), seq) != 0)
        return differs(c, "intent");
    if (a->intent_card && (strcmp(var_get(c, "chip"), a->intent_chip) != 0 ||
                           strcmp(var_get(c, "number"), a->intent_number) != 0))
        return differs(c, "the card of the intent");
    return KR_OK;
}

/* Before the opening nothing was done: only parameters and seats were chosen. */
static enum kr_error check_unopened(struct ceremony *c)
{
    bool begun = c->current == 0 && strcmp(step_now(c)->kind, "open") == 0;
    for (size_t i = 0; i < c->instance_count; i++)
        begun =
            begun && c->instances[i].state != STEP_DONE && c->instances[i].state != STEP_SKIPPED;
    if (!begun || var_get(c, "open-entry")[0] != '\0' || var_get(c, "intent")[0] != '\0')
        return differs(c, "the ceremony was not opened");
    return layouts_gather(c);
}

enum kr_error state_agrees(struct ceremony *c)
{
    struct account a = {.c = c};
    char seq[24];
    enum kr_error err = journal_course(session_store(c->session), c->id, take_entry, &a);
    if (err == KR_E_NOT_FOUND && !a.opened)
        return check_unopened(c);
    snprintf(seq, sizeof seq, "%" PRIu64, a.opening);
    if (err == KR_OK && strcmp(var_get(c, "open-entry"), seq) != 0)
        err = differs(c, "open-entry");
    if (err == KR_OK)
        err = check_intent(&a);
    if (err == KR_OK)
        err = check_steps(&a);
    free(a.said);
    return err;
}
