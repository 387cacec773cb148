#include "journal_words.h"

#include <stdio.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "language.h"

#define ONE(class) (1u << (class))

static const struct {
    const char *name; /* N_() */
    unsigned classes;
} classes[] = {
    {N_("person"), ONE(FACET_PERSON)},
    {N_("role"), ONE(FACET_ROLE)},
    {N_("card"), ONE(FACET_CARD) | ONE(FACET_CHIP)},
    {N_("key"), ONE(FACET_KEY)},
    {N_("ceremony"), ONE(FACET_CEREMONY)},
    {N_("kind"), ONE(FACET_KIND)},
    {N_("date"), ONE(FACET_MONTH) | ONE(FACET_DAY)},
    {N_("requirement"), ONE(FACET_REQUIREMENT)},
};

/* Stable words of the journal that are shown in the reader's language. */
static const char *const known_words[] = {
    "found",     "enrol",      "revoke",   "sign-in",   "sign-out", "open",       "close",
    "approval",  "intent",     "outcome",  "component", "card",     "balance",    "note",
    "exception", "pause",      "resume",   "abort",     "refusal",  "checkpoint", "administrator",
    "custodian", "supervisor", "operator", "auditor",
};

static void add_meaning(struct journal_term *t, const char *value)
{
    for (size_t i = 0; i < JOURNAL_MEANINGS; i++)
        if (t->meanings[i][0] == '\0') {
            snprintf(t->meanings[i], sizeof t->meanings[i], "%s", value);
            return;
        }
}

static void add_meanings(struct journal_term *t, const struct slots *slots)
{
    for (size_t i = 0; i < sizeof known_words / sizeof known_words[0]; i++)
        if (strcasestr(vocabulary(known_words[i]), t->word))
            add_meaning(t, known_words[i]);
    for (size_t i = 0; slots && i < slots->count; i++)
        if (strcasestr(slots->people[i].name, t->word))
            add_meaning(t, slots->people[i].slot.person);
}

static bool names_class(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(word, name, len) == 0;
}

/* What follows "person:" or its like; the word itself where nothing of the kind stands before. */
static const char *take_class(const char *word, unsigned *of)
{
    static const char wide[] = "："; /* what Chinese keyboards give for a colon */
    const char *colon = strchr(word, ':'), *other = strstr(word, wide);
    const char *at = colon ? colon : other;
    *of = 0;
    for (size_t i = 0; at && i < sizeof classes / sizeof classes[0]; i++) {
        size_t len = (size_t)(at - word);
        if (names_class(word, len, classes[i].name) || names_class(word, len, _(classes[i].name))) {
            *of = classes[i].classes;
            return at + (colon ? 1 : sizeof wide - 1);
        }
    }
    return word;
}

static bool digits_only(const char *text)
{
    return text[0] && text[strspn(text, "0123456789")] == '\0';
}

void journal_words(const char *text, const struct slots *slots, struct journal_filter *filter)
{
    char copy[256], *rest = copy, *word;

    memset(filter, 0, sizeof *filter);
    snprintf(copy, sizeof copy, "%s", text);
    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        struct journal_term *last = filter->count ? &filter->terms[filter->count - 1] : NULL;
        size_t len = last ? strlen(last->word) : 0;
        if (last && digits_only(last->word) && digits_only(word)) {
            snprintf(last->word + len, sizeof last->word - len, "%s", word);
        } else if (filter->count < JOURNAL_TERMS) {
            struct journal_term *t = &filter->terms[filter->count++];
            const char *value = take_class(word, &t->classes);
            snprintf(t->word, sizeof t->word, "%s", value);
        }
    }
    for (size_t i = 0; i < filter->count; i++)
        if (filter->terms[i].word[0])
            add_meanings(&filter->terms[i], slots);
}
