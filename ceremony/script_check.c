/* The rules R1-R4 of the ceremony catalogue, applied to a script before anyone stands there. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "key_holding.h"
#include "script_check.h"

void finding(struct check *k, unsigned line, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (k->count < k->room) {
        struct script_finding *f = &k->out[k->count];
        f->line = line;
        snprintf(f->rule, sizeof f->rule, "%s", rule);
        text_fill(f->what, sizeof f->what, format, args);
    }
    k->count++;
    va_end(args);
}

const struct script_seat *script_seat_by_id(const struct script *s, const char *id)
{
    for (size_t i = 0; id != NULL && i < s->seats_count; i++)
        if (strcmp(s->seats[i].id, id) == 0)
            return &s->seats[i];
    return NULL;
}

bool seat_has_role(const struct script *s, const char *seat, unsigned roles)
{
    const struct script_seat *found = script_seat_by_id(s, seat);
    return found != NULL && (role_by_name(found->role) & roles) != 0;
}

const struct script_parameter *parameter_by_id(const struct script *s, const char *id)
{
    for (size_t i = 0; id != NULL && i < s->parameters_count; i++)
        if (strcmp(s->parameters[i].id, id) == 0)
            return &s->parameters[i];
    return NULL;
}

bool name_fits(const char *name, size_t most)
{
    size_t len = strlen(name);
    return len > 0 && len <= most && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* As many sit there as a parameter says: it must not say more or fewer than the seat has. */
static void check_count(struct check *k, const struct script_seat *seat)
{
    const struct script_parameter *p = parameter_by_id(k->s, seat->count);
    if (seat->count == NULL && seat->most != seat->least)
        finding(k, seat->line, "",
                "seat %s: no parameter (count) says how many of %d to %d sit there", seat->id,
                seat->least, seat->most);
    if (seat->count != NULL && (p == NULL || strcmp(p->type, "number") != 0))
        finding(k, seat->line, "", "seat %s: count names %s, which is no number asked for",
                seat->id, seat->count);
    else if (seat->count != NULL && (p->least < seat->least || p->most > seat->most))
        finding(k, seat->line, "R1", "seat %s has %d to %d people, but %s allows %d to %d",
                seat->id, seat->least, seat->most, p->id, p->least, p->most);
}

static void check_seats(struct check *k)
{
    unsigned roles = 0;
    int workers = 0, people = 0;
    for (size_t i = 0; i < k->s->seats_count; i++) {
        const struct script_seat *seat = &k->s->seats[i];
        unsigned role = role_by_name(seat->role);
        if (role == 0)
            finding(k, seat->line, "", "seat %s has the unknown role %s", seat->id, seat->role);
        if (seat->least < 1 || seat->most < seat->least)
            finding(k, seat->line, "", "seat %s wants from %d to %d people", seat->id, seat->least,
                    seat->most);
        if (script_seat_by_id(k->s, seat->id) != seat)
            finding(k, seat->line, "", "seat %s is declared twice", seat->id);
        if ((role & (ROLE_CUSTODIAN | ROLE_OPERATOR | ROLE_ADMINISTRATOR)) != 0)
            workers += seat->least;
        if (!name_fits(seat->id, 32) || strcmp(seat->id, "quorum") == 0)
            finding(k, seat->line, "R1", "%.40s is no name for a seat", seat->id);
        if (seat->most > 0)
            people += seat->most;
        check_count(k, seat);
        roles |= role;
    }
    if (people > ENTRY_SIGNERS_MAX)
        finding(k, 1, "R1", "%d people would sit here; at most %d can sign the opening", people,
                ENTRY_SIGNERS_MAX);
    if (k->s->founding)
        return;
    if ((roles & ROLE_SUPERVISOR) == 0)
        finding(k, 1, "R1", "no seat for a supervisor: every ceremony opens with one");
    if (workers == 0)
        finding(k, 1, "R1",
                "no seat for a custodian or operator: one person alone would hold the ceremony");
}

/* Names under which the engine keeps its own state: a parameter of that name would overwrite it. */
static bool reserved(const char *id)
{
    static const char *const own[] = {
        "aborted",     "aside",       "checkpoint",    "chip",        "combine-kcv-wrong",
        "day",         "erased",      "intent",        "last-try",    "made",
        "maker-chip",  "note-cards",  "number",        "open-entry",  "opened",
        "page-count",  "page-first",  "partner-there", "people",      "pin-chip",
        "pin-sent",    "pin-tries",   "proof-error",   "proof-group", "proof-psam",
        "proof-state", "proof-terms", "rejects",       "remake",      "remake-kind",
        "taken",       "washed"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], id) == 0)
            return true;
    return false;
}

static void check_parameters(struct check *k)
{
    static const char *const types[] = {"number", "groups", "text",        "choice", "identifier",
                                        "file",   "note",   "card-number", "person", "key"};
    for (size_t i = 0; i < k->s->parameters_count; i++) {
        const struct script_parameter *p = &k->s->parameters[i];
        bool known = false;
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
            known = known || strcmp(p->type, types[t]) == 0;
        if (!known)
            finding(
                k, p->line, "R2",
                "parameter %s has type %s: only number, groups, text, choice, identifier, file, "
                "note, card-number, person and key are asked for openly",
                p->id, p->type);
        if (!name_fits(p->id, 32) || reserved(p->id))
            finding(k, p->line, "R1", "%.40s is no name for a parameter", p->id);
        if (parameter_by_id(k->s, p->id) != p)
            finding(k, p->line, "", "parameter %s is asked for twice", p->id);
        if ((strcmp(p->type, "groups") == 0) != (strcmp(p->id, "groups") == 0))
            finding(k, p->line, "",
                    "parameter %s: groups is the name and the type of one parameter", p->id);
        if ((strcmp(p->type, "note") == 0) != (strcmp(p->id, "transfer-note") == 0))
            finding(k, p->line, "", "parameter %s: the one of type note is called transfer-note",
                    p->id);
        if (strcmp(p->type, "key") == 0 && strcmp(p->id, "key") != 0)
            finding(k, p->line, "", "parameter %s: the one of type key is called key", p->id);
        if (strcmp(p->type, "number") == 0 && p->most < p->least)
            finding(k, p->line, "", "parameter %s goes from %d to %d", p->id, p->least, p->most);
        if (strcmp(p->type, "choice") == 0 && p->options_count == 0)
            finding(k, p->line, "", "parameter %s offers no options", p->id);
    }
}

/* Words a text may hold; anything else in braces would show what the script has no business with.
 */
static void check_braces(struct check *k, unsigned line, const char *id, const char *text)
{
    static const char *const allowed[] = {"person", "with",  "group",  "letter",
                                          "key",    "count", "reader", "card"};
    for (const char *p = text; p != NULL && (p = strchr(p, '{')) != NULL; p++) {
        size_t len = strcspn(p + 1, "}");
        bool known = false;
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
            known = known || (strlen(allowed[i]) == len && strncmp(p + 1, allowed[i], len) == 0);
        if (!known)
            finding(k, line, "R2",
                    "step %s shows {%.*s}, which is not among the things a text may show", id,
                    (int)len, p + 1);
    }
}

size_t step_index(const struct script *s, const char *id)
{
    for (size_t i = 0; i < s->steps_count; i++)
        if (strcmp(s->steps[i].id, id) == 0)
            return i;
    return s->steps_count;
}

static bool approves(const struct script_step *step, const char *id)
{
    for (size_t n = 0; strcmp(step->kind, "approve") == 0 && n < step->covers_count; n++)
        if (strcmp(step->covers[n], id) == 0)
            return true;
    return false;
}

/* Everybody in the seat approves where the step is repeated over it, else the first. */
static size_t people_of(const struct script *s, const struct script_step *approval)
{
    const struct script_seat *seat = script_seat_by_id(s, approval->who);
    if (seat == NULL)
        return 0;
    for (size_t i = 0; i < approval->repeat_count; i++)
        if (strcmp(approval->repeat[i], seat->id) == 0)
            return (size_t)seat->least;
    return 1;
}

size_t approvers_of(const struct script *s, size_t step)
{
    size_t people = 0;
    for (size_t seat = 0; seat < s->seats_count; seat++) {
        size_t most = 0;
        for (size_t i = 0; i < step; i++) {
            const struct script_step *a = &s->steps[i];
            if (!approves(a, s->steps[step].id) || a->who == NULL ||
                strcmp(a->who, s->seats[seat].id) != 0)
                continue;
            size_t here = people_of(s, a);
            most = here > most ? here : most;
        }
        people += most;
    }
    return people;
}

static void check_form(struct check *k, const struct script_step *step,
                       const struct step_kind *kind)
{
    if (!name_fits(step->id, 30))
        finding(k, step->line, "", "%.40s is no name for a step", step->id);
    if (step_index(k->s, step->id) != (size_t)(step - k->s->steps))
        finding(k, step->line, "", "step %s is there twice", step->id);
    if (kind->needs_who && step->who == NULL)
        finding(k, step->line, "R1", "step %s (%s) does not say who acts", step->id, step->kind);
    if (step->who != NULL && script_seat_by_id(k->s, step->who) == NULL)
        finding(k, step->line, "R1", "step %s is done by %s, a seat nobody sits in", step->id,
                step->who);
    if (step->with != NULL && script_seat_by_id(k->s, step->with) == NULL)
        finding(k, step->line, "R1", "step %s needs %s, a seat nobody sits in", step->id,
                step->with);
    if (kind->needs_key && step->key == NULL && step->keys_count == 0)
        finding(k, step->line, "", "step %s (%s) names no key", step->id, step->kind);
    if (kind->needs_layout && step->layout == NULL)
        finding(k, step->line, "", "step %s (%s) names no card layout", step->id, step->kind);
    if (strncmp(step->kind, "pin-", 4) == 0 && step->layouts_count == 0)
        finding(k, step->line, "", "step %s (%s) names no card layouts", step->id, step->kind);
    if (kind->needs_reader && step->reader != 1 && step->reader != 2)
        finding(k, step->line, "", "step %s (%s) needs reader 1 or 2", step->id, step->kind);
    for (size_t i = 0; i < step->repeat_count; i++)
        if (strcmp(step->repeat[i], "groups") != 0 &&
            script_seat_by_id(k->s, step->repeat[i]) == NULL)
            finding(k, step->line, "", "step %s repeats over %s, which is no seat", step->id,
                    step->repeat[i]);
    if (step->repeat_count > 2)
        finding(k, step->line, "", "step %s repeats over more than two things", step->id);
    if (step->purpose != NULL && purpose_by_name(step->purpose) == 0)
        finding(k, step->line, "", "step %s: unknown key purpose %s", step->id, step->purpose);
    check_braces(k, step->line, step->id, step->title.en);
    check_braces(k, step->line, step->id, step->title.zh);
    check_braces(k, step->line, step->id, step->text.en);
    check_braces(k, step->line, step->id, step->text.zh);
}

static void check_secret(struct check *k, const struct script_step *step)
{
    const struct script_seat *seat = script_seat_by_id(k->s, step->who);
    if (seat == NULL)
        return;
    if (role_by_name(seat->role) != ROLE_CUSTODIAN)
        finding(k, step->line, "R1", "step %s: a component is entered by a custodian, not by a %s",
                step->id, seat->role);
    if (seat->least < COMPONENTS_MIN || seat->most > COMPONENTS_MAX)
        finding(k, step->line, "R1",
                "step %s: components need from %d to %d custodians, seat %s has %d to %d", step->id,
                COMPONENTS_MIN, COMPONENTS_MAX, seat->id, seat->least, seat->most);
    if (step->repeat_count == 0 || strcmp(step->repeat[0], step->who) != 0)
        finding(k, step->line, "R1",
                "step %s is not repeated over seat %s: one custodian would enter every "
                "component",
                step->id, step->who);
}

static void check_approval(struct check *k, const struct script_step *step)
{
    if (!seat_has_role(k->s, step->who, ROLE_SUPERVISOR))
        finding(k, step->line, "R1", "step %s: only a supervisor approves", step->id);
    if (step->covers_count == 0)
        finding(k, step->line, "R1", "step %s approves nothing (covers is missing)", step->id);
    for (size_t i = 0; i < step->covers_count; i++)
        if (step_index(k->s, step->covers[i]) <= (size_t)(step - k->s->steps))
            finding(k, step->line, "R3", "step %s approves %s, which comes before it", step->id,
                    step->covers[i]);
        else if (step_index(k->s, step->covers[i]) == k->s->steps_count)
            finding(k, step->line, "", "step %s approves %s, a step that does not exist", step->id,
                    step->covers[i]);
}

static void check_balance(struct check *k, bool cards)
{
    size_t at = k->s->steps_count;
    for (size_t i = 0; i < k->s->steps_count; i++)
        if (strcmp(k->s->steps[i].kind, "balance") == 0)
            at = i;
    if (!cards)
        return;
    if (at == k->s->steps_count) {
        finding(k, 1, "R4", "cards are drawn but no balance step accounts for them");
        return;
    }
    for (size_t i = at + 1; i < k->s->steps_count; i++) {
        const struct step_kind *kind = step_kind_by_name(k->s->steps[i].kind);
        if (kind != NULL && kind->cards)
            finding(k, k->s->steps[i].line, "R4", "step %s draws cards after the balance",
                    k->s->steps[i].id);
    }
}

static void check_frame(struct check *k)
{
    const struct script *s = k->s;
    const char *first = s->founding ? "centre" : "open";
    size_t prefix = strlen(s->prefix);
    if (!name_fits(s->id, 32))
        finding(k, 1, "", "%.40s is no name for a script", s->id);
    if (prefix > 16 || strspn(s->prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != prefix)
        finding(k, 1, "", "prefix is of capital letters and digits, at most 16");
    if (strcmp(s->steps[0].kind, first) != 0)
        finding(k, s->steps[0].line, "R3",
                "the first step is not of kind %s: nothing is signed before it acts", first);
    if (strcmp(s->steps[s->steps_count - 1].kind, "close") != 0)
        finding(k, s->steps[s->steps_count - 1].line, "R3",
                "the last step is not of kind close: no checkpoint would seal the ceremony");
    for (size_t i = 1; i + 1 < s->steps_count; i++)
        if (strcmp(s->steps[i].kind, "open") == 0 || strcmp(s->steps[i].kind, "close") == 0)
            finding(k, s->steps[i].line, "R3", "step %s: %s stands in the middle", s->steps[i].id,
                    s->steps[i].kind);
    for (size_t i = 0; i < s->tiers_count; i++)
        if (tier_by_name(s->tiers[i]) == 0)
            finding(k, 1, "", "unknown tier %s", s->tiers[i]);
    for (size_t i = 0; i < s->key_holding_count; i++)
        if (!key_holding_known(s->key_holding[i]))
            finding(k, 1, "", "unknown way to hold keys %s", s->key_holding[i]);
    if (s->tiers_count == 0)
        finding(k, 1, "", "tiers is missing: no centre would hold this ceremony");
}

enum kr_error script_check(const struct script *s, struct script_finding *out, size_t room,
                           size_t *count)
{
    struct check k = {s, out, room, 0};
    enum kr_error unknown = KR_OK;
    bool cards = false;
    check_frame(&k);
    check_seats(&k);
    check_parameters(&k);
    for (size_t i = 0; i < s->steps_count; i++) {
        const struct script_step *step = &s->steps[i];
        const struct step_kind *kind = step_kind_by_name(step->kind);
        if (kind == NULL) {
            finding(&k, step->line, "", "step %s is of the unknown kind %s", step->id, step->kind);
            unknown = KR_E_STEP_UNKNOWN;
            continue;
        }
        check_form(&k, step, kind);
        if (kind->secret)
            check_secret(&k, step);
        if (strcmp(kind->name, "approve") == 0)
            check_approval(&k, step);
        if (kind->effect && !s->founding && approvers_of(s, i) == 0)
            finding(&k, step->line, "R1",
                    "step %s changes something that no supervisor approved before it", step->id);
        check_rules_of_kind(&k, step, kind);
        cards = cards || kind->cards;
    }
    check_balance(&k, cards);
    check_whole(&k);
    *count = k.count;
    if (k.count == 0)
        return KR_OK;
    if (unknown != KR_OK)
        return kr_fail(KR_E_STEP_UNKNOWN, "line %u: %s", out[0].line, out[0].what);
    return kr_fail(KR_E_SCRIPT_RULE, "line %u%s%s: %s", out[0].line,
                   out[0].rule[0] != '\0' ? " " : "", out[0].rule, out[0].what);
}
