/* The words for roles and tiers (slots.h). */
#include <string.h>

#include "slots.h"

struct word {
    unsigned value;
    const char *text;
};
static const struct word roles[] = {
    {ROLE_ADMINISTRATOR, "administrator"},
    {ROLE_CUSTODIAN, "custodian"},
    {ROLE_SUPERVISOR, "supervisor"},
    {ROLE_OPERATOR, "operator"},
    {ROLE_AUDITOR, "auditor"},
};
static const struct word tiers[] = {
    {TIER_NATIONAL, "national"},
    {TIER_REGIONAL, "regional"},
    {TIER_MEMBER, "member"},
    {TIER_CITY_CENTRE, "city-centre"},
    {TIER_CITY_DOWNLOAD, "city-download"},
};

static unsigned word_value(const struct word *words, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].text, text) == 0)
            return words[i].value;
    return 0;
}

static const char *word_text(const struct word *words, size_t count, unsigned value)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].value == value)
            return words[i].text;
    return NULL;
}

unsigned role_by_name(const char *name)
{
    return word_value(roles, sizeof roles / sizeof roles[0], name);
}

const char *role_name(unsigned role)
{
    return word_text(roles, sizeof roles / sizeof roles[0], role);
}

enum tier tier_by_name(const char *name)
{
    return (enum tier)word_value(tiers, sizeof tiers / sizeof tiers[0], name);
}

bool tier_is_city(enum tier t)
{
    return t == TIER_CITY_CENTRE || t == TIER_CITY_DOWNLOAD;
}

bool tier_issues_users(enum tier t)
{
    return t == TIER_MEMBER || t == TIER_CITY_DOWNLOAD;
}

const char *tier_name(enum tier t)
{
    return word_text(tiers, sizeof tiers / sizeof tiers[0], t);
}
