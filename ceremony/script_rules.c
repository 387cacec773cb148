/* What step kinds ask of the steps before them, of seats and of parameters: an order in which a key
 * is approved unseen, or a closing that nobody may sign, is found before anyone stands there. */
#include <stdio.h>
#include <string.h>

#include "key_acts.h"
#include "key_holding.h"
#include "key_kinds.h"
#include "people.h"
#include "script_check.h"

#define QUANTITY_MOST 2000
#define WORKERS       (ROLE_ADMINISTRATOR | ROLE_CUSTODIAN | ROLE_OPERATOR)

static bool is_kind(const struct script_step *step, const char *kind)
{
    return strcmp(step->kind, kind) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool repeats_groups(const struct script_step *step)
{
    for (size_t i = 0; i < step->repeat_count; i++)
        if (strcmp(step->repeat[i], "groups") == 0)
            return true;
    return false;
}

/* ---- Keys ---- */

/* The step of a kind for the same key, by the same people, over the same groups, before this one.
 */
static size_t earlier(const struct check *k, const struct script_step *step, const char *kind)
{
    for (size_t i = 0; i < (size_t)(step - k->s->steps); i++) {
        const struct script_step *other = &k->s->steps[i];
        if (is_kind(other, kind) && same_text(other->key, step->key) &&
            same_text(other->who, step->who) && repeats_groups(other) == repeats_groups(step))
            return i;
    }
    return k->s->steps_count;
}

static void check_key(struct check *k, const struct script_step *step)
{
    const struct key_kind *known = step->key == NULL ? NULL : key_kind_by_name(step->key);
    if (step->key != NULL && (strlen(step->key) > 20 || strpbrk(step->key, " /\n") != NULL))
        finding(k, step->line, "", "step %s: %.30s is no name for a key", step->id, step->key);
    if (!is_kind(step, "combine") && !is_kind(step, "keep") && !is_kind(step, "component"))
        return;
    if (step->key == NULL)
        finding(k, step->line, "", "step %s (%s) names no key", step->id, step->kind);
    if (step->purpose == NULL)
        finding(k, step->line, "", "step %s (%s) names no key purpose", step->id, step->kind);
    else if (known != NULL && purpose_by_name(step->purpose) != known->purpose)
        finding(k, step->line, "R2", "step %s: a key %s never serves as %s", step->id, step->key,
                step->purpose);
}

static bool approved_after(const struct check *k, const struct script_step *step, size_t first)
{
    for (size_t i = first + 1; i < (size_t)(step - k->s->steps); i++)
        for (size_t n = 0; n < k->s->steps[i].covers_count; n++)
            if (is_kind(&k->s->steps[i], "approve") &&
                same_text(k->s->steps[i].covers[n], step->id))
                return true;
    return false;
}

static void check_combination(struct check *k, const struct script_step *step)
{
    size_t combined = earlier(k, step, "combine");
    if (earlier(k, step, "component") == k->s->steps_count)
        finding(k, step->line, "R1",
                "step %s (%s): the people of seat %s entered no components of that key before it",
                step->id, step->kind, step->who == NULL ? "?" : step->who);
    if (!is_kind(step, "keep"))
        return;
    if (combined == k->s->steps_count)
        finding(k, step->line, "R1", "step %s keeps a key whose check value nobody has compared",
                step->id);
    else if (!approved_after(k, step, combined))
        finding(k, step->line, "R1",
                "step %s is approved before the key is combined: the supervisor would see no check "
                "value",
                step->id);
}

static void check_generate(struct check *k, const struct script_step *step)
{
    if (step->keys_count == 0)
        finding(k, step->line, "", "step %s (generate) names no keys", step->id);
    for (size_t i = 0; i < step->keys_count; i++)
        if (key_kind_by_name(step->keys[i]) == NULL)
            finding(k, step->line, "", "step %s: there is no kind of key called %.30s", step->id,
                    step->keys[i]);
}

/* ---- Cards ---- */

static void need_parameter(struct check *k, const struct script_step *step, const char *id,
                           const char *type)
{
    const struct script_parameter *p = parameter_by_id(k->s, id);
    if (p == NULL || strcmp(p->type, type) != 0)
        finding(k, step->line, "R4", "step %s (%s) needs the parameter %s, a %s", step->id,
                step->kind, id, type);
    else if (strcmp(id, "quantity") == 0 && (p->least < 1 || p->most > QUANTITY_MOST))
        finding(k, p->line, "R4", "parameter quantity goes from 1 to at most %d cards",
                QUANTITY_MOST);
}

/* A card counts as made only once it was reset and read as its next user will read it. */
static void check_issue(struct check *k, const struct script_step *step)
{
    const struct script_step *end = k->s->steps + k->s->steps_count, *next = step + 1;
    while (next < end && !(same_text(next->layout, step->layout) &&
                           (is_kind(next, "read-back") || is_kind(next, "issue"))))
        next++;
    if (next == end || is_kind(next, "issue"))
        finding(k, step->line, "R8", "step %s issues a card that no step after it reads back",
                step->id);
}

static void check_read_back(struct check *k, const struct script_step *step)
{
    const struct script_step *issued = NULL;
    for (size_t i = 0; i < (size_t)(step - k->s->steps); i++)
        if (is_kind(&k->s->steps[i], "issue") && same_text(k->s->steps[i].layout, step->layout))
            issued = &k->s->steps[i];
    if (issued == NULL)
        finding(k, step->line, "", "step %s reads back a card that no step before it issues",
                step->id);
    if (step->partner == NULL)
        return;
    size_t pair = step_index(k->s, step->partner);
    if (pair >= (size_t)(step - k->s->steps) || !is_kind(&k->s->steps[pair], "issue"))
        finding(k, step->line, "", "step %s: partner %s is no step that issued a card", step->id,
                step->partner);
    else if (k->s->steps[pair].reader == step->reader)
        finding(k, step->line, "", "step %s: both cards would lie in reader %d", step->id,
                step->reader);
}

static void check_cards(struct check *k, const struct script_step *step)
{
    if (step->layout != NULL && !name_fits(step->layout, 23))
        finding(k, step->line, "", "step %s: %.30s is no name of a card layout", step->id,
                step->layout);
    if (is_kind(step, "issue") && step->card == NULL)
        finding(k, step->line, "", "step %s (issue) names no kind of card", step->id);
    if (is_kind(step, "issue"))
        check_issue(k, step);
    if (is_kind(step, "read-back"))
        check_read_back(k, step);
    if (is_kind(step, "intake") || is_kind(step, "wash"))
        need_parameter(k, step, "quantity", "number");
    if (is_kind(step, "intake")) {
        need_parameter(k, step, "kind", "choice");
        need_parameter(k, step, "lot", "text");
    }
    if ((is_kind(step, "intake") || is_kind(step, "wash") || is_kind(step, "issue")) &&
        step->repeat_count > 0)
        finding(k, step->line, "", "step %s (%s) is not repeated: it goes card by card itself",
                step->id, step->kind);
}

/* ---- How keys are held ---- */

/* Mode III makes collusion of insiders possible: one more approver, and only where it is enabled.
 */
static void check_take_whole(struct check *k, const struct script_step *step)
{
    if (step->mother == NULL)
        finding(k, step->line, "", "step %s (take-whole) names no mother card", step->id);
    if (step->key == NULL || key_kind_by_name(step->key) == NULL)
        finding(k, step->line, "", "step %s (take-whole) names no key that the vault can keep",
                step->id);
    if (k->s->key_holding_count != 1 || !key_holding_serves(k->s, KEY_HOLDING_EXPORT))
        finding(k, step->line, "R1",
                "step %s takes a key whole out of its card: the script says key-holding: [export] "
                "and nothing else",
                step->id);
    if (approvers_of(k->s, (size_t)(step - k->s->steps)) < 2)
        finding(k, step->line, "R1",
                "step %s takes a key whole out of its card: two supervisors approve it before",
                step->id);
}

/* Two sign what the centre decides about itself. */
static void check_decided(struct check *k, const struct script_step *step)
{
    if (!seat_has_role(k->s, step->who, ROLE_ADMINISTRATOR) ||
        !seat_has_role(k->s, step->with, ROLE_SUPERVISOR))
        finding(k, step->line, "R1",
                "step %s (%s) is decided by an administrator (who) and a supervisor (with)",
                step->id, step->kind);
}

static void check_key_holding(struct check *k, const struct script_step *step)
{
    const struct script_parameter *p = parameter_by_id(k->s, KEY_HOLDING_POLICY);
    bool known = p != NULL && strcmp(p->type, "choice") == 0;
    for (size_t i = 0; known && i < p->options_count; i++)
        known = key_holding_known(p->options[i]);
    if (!known)
        finding(k, step->line, "",
                "step %s (key-holding) needs the parameter key-holding, a choice of mother-card, "
                "hsm and export",
                step->id);
    check_decided(k, step);
}

/* ---- Key blocks ---- */

static bool travels(const char *kind)
{
    const struct key_kind *k = key_kind_by_name(kind);
    return k != NULL && (k->purpose == PURPOSE_MASTER || k->purpose == PURPOSE_TRANSPORT ||
                         k->purpose == PURPOSE_BLOCK);
}

static void need_range(struct check *k, const struct script_step *step, const char *id, int least)
{
    const struct script_parameter *p = parameter_by_id(k->s, id);
    if (p == NULL || strcmp(p->type, "number") != 0 || p->least < least || p->most > 5)
        finding(k, step->line, "", "step %s (%s) needs the parameter %s, a number from %d to 5",
                step->id, step->kind, id, least);
}

static void need_choice(struct check *k, const struct script_step *step, const char *id,
                        bool (*known)(const char *word))
{
    const struct script_parameter *p = parameter_by_id(k->s, id);
    bool fits = p != NULL && strcmp(p->type, "choice") == 0;
    for (size_t i = 0; fits && i < p->options_count; i++)
        fits = known(p->options[i]);
    if (!fits)
        finding(k, step->line, "", "step %s (%s) needs the parameter %s, a choice of what fits it",
                step->id, step->kind, id);
}

static bool exportability_known(const char *word)
{
    return strcmp(word, "final") == 0 || strcmp(word, "further") == 0;
}

/* A key comes in only once a supervisor has seen what people compared of its block. */
static void check_blocks(struct check *k, const struct script_step *step)
{
    if (strncmp(step->kind, "block-", 6) != 0)
        return;
    need_choice(k, step, "key", travels);
    need_range(k, step, "group", 0);
    need_range(k, step, "partner", 1);
    if (is_kind(step, "block-out"))
        need_choice(k, step, "exportability", exportability_known);
    if (step->repeat_count > 0)
        finding(k, step->line, "", "step %s (%s) is not repeated", step->id, step->kind);
    if (!is_kind(step, "block-in"))
        return;
    size_t looked = k->s->steps_count;
    for (size_t i = 0; i < (size_t)(step - k->s->steps); i++)
        if (is_kind(&k->s->steps[i], "block-check"))
            looked = i;
    if (looked == k->s->steps_count)
        finding(k, step->line, "R1",
                "step %s (block-in) takes in a key that nobody looked at before "
                "(block-check)",
                step->id);
    else if (!approved_after(k, step, looked))
        finding(k, step->line, "R1",
                "step %s is approved before the block is looked at: the supervisor would see no "
                "check value",
                step->id);
}

/* ---- Proofs ---- */

static void need_typed(struct check *k, const struct script_step *step, const char *id,
                       const char *type)
{
    const struct script_parameter *p = parameter_by_id(k->s, id);
    if (p == NULL || strcmp(p->type, type) != 0)
        finding(k, step->line, "", "step %s (%s) needs the parameter %s, of type %s", step->id,
                step->kind, id, type);
}

/* Between the two tiers of a city-card deployment there is none. */
static bool has_regions(const struct script *s)
{
    for (unsigned i = 0; i < s->tiers_count; i++)
        if (!tier_is_city(tier_by_name(s->tiers[i])))
            return true;
    return s->tiers_count == 0;
}

static void check_proof(struct check *k, const struct script_step *step)
{
    bool refusal = is_kind(step, "refusal");
    if (refusal || is_kind(step, "purchase")) {
        if (has_regions(k->s))
            need_typed(k, step, "region", "identifier");
        need_typed(k, step, "bank", "identifier");
        need_typed(k, step, "groups", "groups");
    }
    if (refusal && !same_text(step->refuses, "bank") && !same_text(step->refuses, "root") &&
        !same_text(step->refuses, "group"))
        finding(k, step->line, "", "step %s (refusal) says refuses: bank, root or group", step->id);
    if (!refusal && step->refuses != NULL)
        finding(k, step->line, "", "step %s (%s) refuses nothing", step->id, step->kind);
    if ((refusal || is_kind(step, "load")) && step->repeat_count > 0)
        finding(k, step->line, "", "step %s (%s) is not repeated", step->id, step->kind);
}

/* ---- The life of keys ---- */

/* A destruction is watched by somebody who neither does it nor approves it. */
static void check_witness(struct check *k, const struct script_step *step)
{
    if (step->with == NULL || same_text(step->who, step->with) ||
        seat_has_role(k->s, step->with, ROLE_SUPERVISOR | ROLE_AUDITOR))
        finding(k, step->line, "R1",
                "step %s (key-destroy) is watched by a witness (with) who is neither the one who "
                "does it nor a supervisor",
                step->id);
}

static void check_key_act(struct check *k, const struct script_step *step)
{
    enum key_act act;
    if (!key_act_of_kind(step->kind, &act))
        return;
    need_typed(k, step, KEY_PARAMETER, "key");
    if (act != KEY_ACTIVATE && act != KEY_RESTORE)
        need_typed(k, step, "reason", "text");
    if (script_key_step(k->s) != step || step->repeat_count > 0)
        finding(k, step->line, "", "step %s (%s): one act on one key in a ceremony", step->id,
                step->kind);
    if (act == KEY_DESTROY)
        check_witness(k, step);
    else if (!seat_has_role(k->s, step->with, ROLE_SUPERVISOR))
        finding(k, step->line, "R1", "step %s (%s) is signed by a supervisor too (with)", step->id,
                step->kind);
}

/* ---- Cards that travel ---- */

static bool comes_after(const struct check *k, const struct script_step *step, const char *kind)
{
    for (size_t i = 0; i < (size_t)(step - k->s->steps); i++)
        if (is_kind(&k->s->steps[i], kind))
            return true;
    return false;
}

static void check_travel(struct check *k, const struct script_step *step)
{
    static const char *const wants[][2] = {{"cards", "choice"},           {"first", "card-number"},
                                           {"last", "card-number"},       {"receiver", "text"},
                                           {"receiver-id", "identifier"}, {"package", "text"}};
    bool receives = is_kind(step, "receive") || is_kind(step, "receive-psam");
    for (size_t i = 0; is_kind(step, "transfer") && i < sizeof wants / sizeof wants[0]; i++)
        need_typed(k, step, wants[i][0], wants[i][1]);
    if (is_kind(step, "check-note"))
        need_typed(k, step, "transfer-note", "note");
    if (receives && !comes_after(k, step, "check-note"))
        finding(k, step->line, "R4",
                "step %s (%s) takes cards in that no transfer note was checked for (check-note)",
                step->id, step->kind);
    if (is_kind(step, "write-note") && !comes_after(k, step, "transfer"))
        finding(k, step->line, "", "step %s (write-note): no step before it sends cards", step->id);
    if (is_kind(step, "transfer") || is_kind(step, "check-note") || is_kind(step, "write-note")) {
        if (step->repeat_count > 0)
            finding(k, step->line, "", "step %s (%s) is not repeated", step->id, step->kind);
    }
}

/* Cards that are sent leave with a note. */
static void check_sent(struct check *k)
{
    size_t sent = 0, noted = 0;
    for (size_t i = 0; i < k->s->steps_count; i++) {
        sent += is_kind(&k->s->steps[i], "transfer");
        noted += is_kind(&k->s->steps[i], "write-note");
    }
    if (sent > 1 || noted != sent)
        finding(k, 1, "R4", "cards are sent by one step transfer, with one write-note after it");
}

/* ---- People ---- */

static void check_two(struct check *k, const struct script_step *step, const char *rule)
{
    unsigned both = ROLE_SUPERVISOR;
    bool fits =
        seat_has_role(k->s, step->who, both) != seat_has_role(k->s, step->with, both) &&
        (seat_has_role(k->s, step->who, WORKERS) || seat_has_role(k->s, step->with, WORKERS));
    if (!fits)
        finding(k, step->line, rule,
                "step %s (%s) is signed by a supervisor and by one who works (who and with)",
                step->id, step->kind);
}

/* People come and go: which parameters say who, and what becomes of that person. */
static void check_coming(struct check *k, const struct script_step *step)
{
    static const char *const wants[][3] = {
        {"person-enrol", "person-id", "text"},     {"person-enrol", "person-name", "text"},
        {"person-enrol", "role", "choice"},        {"person-revoke", "person", "person"},
        {"person-credential", "person", "person"}, {"person-recover", "person", "person"},
        {"person-role", "person", "person"},       {"person-role", "role", "choice"},
        {"person-role", "act", "choice"},          {"quorum-change", "quorum", "number"}};
    if (!people_kind(step->kind))
        return;
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
        if (is_kind(step, wants[i][0]))
            need_typed(k, step, wants[i][1], wants[i][2]);
    check_decided(k, step);
    if (step->repeat_count > 0)
        finding(k, step->line, "", "step %s (%s) is not repeated", step->id, step->kind);
    for (const struct script_step *other = k->s->steps; other < step; other++)
        if (people_kind(other->kind))
            finding(k, step->line, "", "step %s (%s): a ceremony is about one person or quorum",
                    step->id, step->kind);
}

static void check_people(struct check *k, const struct script_step *step,
                         const struct step_kind *kind)
{
    if (seat_has_role(k->s, step->who, ROLE_AUDITOR) ||
        seat_has_role(k->s, step->with, ROLE_AUDITOR))
        finding(k, step->line, "R1", "step %s: an auditor reads and never acts", step->id);
    if (kind->effect && seat_has_role(k->s, step->who, ROLE_SUPERVISOR))
        finding(k, step->line, "R1",
                "step %s (%s) is done by a supervisor, who would approve the own work", step->id,
                step->kind);
    if (is_kind(step, "script-words") && (step->with == NULL || same_text(step->who, step->with)))
        finding(k, step->line, "R1", "step %s: whoever reads aloud cannot be the one who compares",
                step->id);
    if (is_kind(step, "close"))
        check_two(k, step, "R1");
    if (is_kind(step, "balance") || is_kind(step, "transfer") || is_kind(step, "check-note"))
        check_two(k, step, "R4");
}

void check_rules_of_kind(struct check *k, const struct script_step *step,
                         const struct step_kind *kind)
{
    check_key(k, step);
    if (is_kind(step, "combine") || is_kind(step, "keep"))
        check_combination(k, step);
    if (is_kind(step, "generate"))
        check_generate(k, step);
    if (is_kind(step, "take-whole"))
        check_take_whole(k, step);
    if (is_kind(step, "key-holding"))
        check_key_holding(k, step);
    check_blocks(k, step);
    check_key_act(k, step);
    check_cards(k, step);
    check_proof(k, step);
    check_travel(k, step);
    check_people(k, step, kind);
    check_coming(k, step);
    if (repeats_groups(step) && parameter_by_id(k->s, "groups") == NULL)
        finding(k, step->line, "",
                "step %s repeats over groups, but no parameter groups is asked for", step->id);
    if ((kind->effect || kind->secret) && !k->s->founding && !k->s->vault &&
        !is_kind(step, "key-holding") && !is_kind(step, "pin-change") && !people_kind(step->kind))
        finding(k, step->line, "", "step %s (%s) needs the vault open: vault: yes is missing",
                step->id, step->kind);
}

/* ---- Founding ---- */

static void check_founding_steps(struct check *k)
{
    static const char *const own[] = {"centre", "enrol", "found"};
    size_t next = 0;
    for (size_t i = 0; i < k->s->steps_count; i++) {
        const struct script_step *step = &k->s->steps[i];
        bool founds = is_kind(step, own[0]) || is_kind(step, own[1]) || is_kind(step, own[2]);
        if (founds != k->s->founding && !is_kind(step, "close"))
            finding(k, step->line, "R1",
                    k->s->founding ? "step %s (%s): a founding has centre, enrol, found and close"
                                   : "step %s (%s) belongs into a founding alone",
                    step->id, step->kind);
        if (founds && k->s->founding && next < 3 && is_kind(step, own[next]))
            next++;
    }
    if (k->s->founding && next < 3)
        finding(k, 1, "R1", "a founding goes centre, enrol, found, close");
}

static void check_founding_parts(struct check *k)
{
    static const char *const parameters[] = {"name",       "tier",    "origin",
                                             "identifier", "holders", "quorum"};
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        if (parameter_by_id(k->s, parameters[i]) == NULL)
            finding(k, 1, "", "a founding asks for the parameter %s", parameters[i]);
    if (!seat_has_role(k->s, "administrator", ROLE_ADMINISTRATOR) ||
        !seat_has_role(k->s, "supervisor", ROLE_SUPERVISOR))
        finding(k, 1, "R1", "a founding has the seats administrator and supervisor");
}

void check_whole(struct check *k)
{
    check_founding_steps(k);
    check_sent(k);
    if (k->s->founding)
        check_founding_parts(k);
}
