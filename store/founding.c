#include "founding.h"

#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"

/* What the first entry says of the centre. */
#define LINES 8
struct line {
    const char *name;
    char value[96];
};

static void say(struct line *l, const char *name, const char *value)
{
    l->name = name;
    snprintf(l->value, sizeof l->value, "%s", value);
}

static void describe(const struct slots *slots, struct line lines[LINES])
{
    char hex[65], identifier[17], quorum[32];
    const struct centre *c = &slots->centre;
    const char *tier = tier_name(c->tier);
    hex_encode(slots->log_public, 32, hex);
    hex_encode(c->identifier, sizeof c->identifier, identifier);
    bool changed = slots->founded_quorum > 0;
    snprintf(quorum, sizeof quorum, "%u %u", changed ? slots->founded_quorum : slots->quorum,
             changed ? slots->founded_holders : slots->holders);
    say(&lines[0], "centre", c->name);
    say(&lines[1], "tier", tier ? tier : "-");
    say(&lines[2], "suite", c->suite);
    say(&lines[3], "identifier", identifier);
    say(&lines[4], "quorum", quorum);
    say(&lines[5], "log-key", hex);
    say(&lines[6], "rehearsal", c->rehearsal ? "yes" : "no");
    say(&lines[7], "card-control", c->card_control_policy);
}

void founding_lines(struct entry *e, const struct slots *slots)
{
    struct line lines[LINES];
    describe(slots, lines);
    for (size_t i = 0; i < LINES; i++)
        entry_add(e, lines[i].name, "%s", lines[i].value);
}

enum kr_error founding_check(const struct entry *e, const struct slots *slots)
{
    struct line lines[LINES];
    char value[256];
    if (strcmp(e->kind, "found") != 0)
        return KR_OK;
    describe(slots, lines);
    for (size_t i = 0; i < LINES; i++)
        if (entry_get(e, lines[i].name, 0, value, sizeof value) != KR_OK ||
            strcmp(value, lines[i].value) != 0)
            return kr_fail(KR_E_SLOTS, "%s", lines[i].name);
    return KR_OK;
}

enum kr_error founding_is_bound(const uint8_t leaf_hash[32], const struct slots *slots)
{
    return memcmp(leaf_hash, slots->founding, 32) == 0 ? KR_OK : kr_fail(KR_E_SLOTS, "founding");
}

static bool agrees(const struct person *p, const struct enrolled *known)
{
    if (!known || known->revoked)
        return known != NULL;
    return known->roles == p->roles && memcmp(known->public_key, p->slot.public_key, 32) == 0 &&
           memcmp(known->share_key, p->slot.share_key, 32) == 0 &&
           (known->name[0] == '\0' || strcmp(known->name, p->name) == 0);
}

void people_revoke(struct slots *slots, struct roster *roster)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct enrolled *known = roster_find(roster, slots->people[i].slot.person);
        if (known && known->revoked)
            slots->people[i].revoked = true;
    }
}

enum kr_error people_agree(const struct slots *slots, struct roster *roster)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct person *p = &slots->people[i];
        if (!agrees(p, roster_find(roster, p->slot.person)))
            return kr_fail(KR_E_SLOTS, "%s", p->slot.person);
    }
    return KR_OK;
}
