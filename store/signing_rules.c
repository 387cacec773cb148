#include "signing_rules.h"

#include <stdio.h>
#include <string.h>

#include "paper.h"

#define ADMIN  ROLE_ADMINISTRATOR
#define KEEPER ROLE_CUSTODIAN
#define CHIEF  ROLE_SUPERVISOR
#define HAND   ROLE_OPERATOR
#define ACTING (ADMIN | KEEPER | CHIEF | HAND)
#define ANYONE (ACTING | ROLE_AUDITOR)
#define LED    (ADMIN | KEEPER | HAND) /* whoever sits opposite the supervisor (R1) */

static const struct signing_rule rules[] = {
    {"found", ADMIN | CHIEF, ENTRY_SIGNERS_MAX, {ADMIN, CHIEF}},
    {"enrol", ADMIN | CHIEF, ENTRY_SIGNERS_MAX, {ADMIN, CHIEF}},
    {"revoke", ADMIN | CHIEF, ENTRY_SIGNERS_MAX, {ADMIN, CHIEF}},
    {"policy", ADMIN | CHIEF, ENTRY_SIGNERS_MAX, {ADMIN, CHIEF}},
    {"key-state", ACTING, ENTRY_SIGNERS_MAX, {LED, CHIEF}},
    {"sign-in", ANYONE, 1, {ANYONE, 0}},
    {"sign-out", ANYONE, 1, {ANYONE, 0}},
    {"open", ACTING, ENTRY_SIGNERS_MAX, {LED, CHIEF}},
    {"close", ACTING, ENTRY_SIGNERS_MAX, {LED, CHIEF}},
    {"approval", CHIEF, ENTRY_SIGNERS_MAX, {CHIEF, 0}},
    {"intent", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"outcome", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"component", KEEPER, 1, {KEEPER, 0}},
    {"card", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"balance", ACTING, ENTRY_SIGNERS_MAX, {LED, CHIEF}},
    {"note", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"exception", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"pause", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"resume", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"abort", ACTING, ENTRY_SIGNERS_MAX, {ACTING, 0}},
    {"refusal", ANYONE, ENTRY_SIGNERS_MAX, {ANYONE, 0}},
    {"checkpoint", ANYONE, ENTRY_SIGNERS_MAX, {ANYONE, 0}},
};

const struct signing_rule *signing_rule_for(const char *kind)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(rules[i].kind, kind) == 0) {
            return &rules[i];
        }
    }
    return NULL;
}

static enum kr_error check_signer(const struct entry *e, size_t n, const struct signing_rule *rule,
                                  struct roster *r)
{
    const struct entry_signer *s = &e->signers[n];
    const struct enrolled *p = roster_find(r, s->person);
    unsigned role = role_by_name(s->role);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(e->signers[i].person, s->person) == 0) {
            return kr_fail(KR_E_SAME_PERSON, "%s", s->person);
        }
    }
    if (!p || memcmp(p->key_id, s->key_id, 4) != 0) {
        return kr_fail(KR_E_PERSON_UNKNOWN, "%s", s->person);
    }
    if (p->revoked) {
        return kr_fail(KR_E_PERSON_REVOKED, "%s", s->person);
    }
    if (!(p->roles & role & rule->may)) {
        return kr_fail(KR_E_ROLE, "%s", s->person);
    }
    return KR_OK;
}

static bool somebody_in(const struct entry *e, unsigned roles)
{
    for (size_t i = 0; i < e->signer_count; i++) {
        if (role_by_name(e->signers[i].role) & roles) {
            return true;
        }
    }
    return false;
}

bool entry_says_lost(const struct entry *e, const char *chip)
{
    char line[256], what[16];
    for (size_t n = 0; entry_get(e, "piece", n, line, sizeof line) == KR_OK; n++) {
        int from = 0, to = 0;
        if (sscanf(line, "%*s %n%*s%n %15s", &from, &to, what) != 1 || strcmp(what, "lost") != 0)
            continue;
        if (chip == NULL ||
            (strncmp(line + from, chip, (size_t)(to - from)) == 0 && chip[to - from] == '\0'))
            return true;
    }
    return false;
}

/* Nobody else has seen what such an entry says: a safeguard left out, or a card that nobody can
 * show. */
static bool is_for_two(const struct entry *e)
{
    char line[256];
    if (strcmp(e->kind, "note") == 0) /* repeats what entries before it said */
        return false;
    if (strcmp(e->kind, "exception") == 0 &&
        (entry_get(e, PAPER_OVERRIDE_LINE, 0, line, sizeof line) == KR_OK ||
         entry_get(e, "gone", 0, line, sizeof line) == KR_OK))
        return true;
    return entry_says_lost(e, NULL);
}

/* A destruction has a witness beside the two who do it. */
static enum kr_error check_witness(const struct entry *e)
{
    char act[16], witness[PERSON_ID_MAX];
    if (strcmp(e->kind, "key-state") != 0 || entry_get(e, "act", 0, act, sizeof act) != KR_OK ||
        strcmp(act, "destroy") != 0)
        return KR_OK;
    if (entry_get(e, "witness", 0, witness, sizeof witness) != KR_OK || e->signer_count < 3)
        return kr_fail(KR_E_ROLE, "witness");
    for (size_t i = 0; i < e->signer_count; i++)
        if (strcmp(e->signers[i].person, witness) == 0)
            return KR_OK;
    return kr_fail(KR_E_ROLE, "witness");
}

static enum kr_error check_two(const struct entry *e)
{
    enum kr_error error = check_witness(e);
    if (error != KR_OK)
        return error;
    if (!is_for_two(e))
        return KR_OK;
    if (!somebody_in(e, CHIEF))
        return kr_fail(KR_E_ROLE, "supervisor");
    return e->signer_count < 2 ? kr_fail(KR_E_ROLE, "second person") : KR_OK;
}

enum kr_error signing_check(const struct entry *e, struct roster *r)
{
    const struct signing_rule *rule = signing_rule_for(e->kind);
    enum kr_error error = KR_OK;
    if (!rule) {
        return kr_fail(KR_E_ARGUMENT, "journal entry of kind %s", e->kind);
    }
    if (e->signer_count > rule->most) {
        return kr_fail(KR_E_ROLE, "%s", e->signers[rule->most].person);
    }
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++) {
        error = check_signer(e, i, rule, r);
    }
    for (size_t i = 0; error == KR_OK && i < 2; i++) {
        if (rule->need[i] && !somebody_in(e, rule->need[i])) {
            const char *role = rule->need[i] == CHIEF ? "supervisor" : "second person";
            error = kr_fail(KR_E_ROLE, "%s", role);
        }
    }
    return error == KR_OK ? check_two(e) : error;
}
