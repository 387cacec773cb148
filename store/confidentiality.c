#include "confidentiality.h"

#include <string.h>

#include "roster.h"

struct rule {
    unsigned level;
    const char *word;
};
static const struct rule by_kind[] = {
    {3, "component"},
    {2, "note"},
    {2, "exception"},
    {2, "refusal"},
};
static const struct rule by_line[] = {
    {3, "component"}, {3, "package"}, {2, "text"},     {2, "error"},     {1, "key"},
    {1, "card"},      {1, "piece"},   {1, "material"}, {1, "parameter"},
};

static bool has_line(const struct entry *e, const char *name)
{
    char value[2];
    return entry_get(e, name, 0, value, sizeof value) != KR_E_NOT_FOUND;
}

unsigned confidentiality(const struct entry *e)
{
    unsigned level = e->level;
    if (roster_concerns(e->kind)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof by_kind / sizeof by_kind[0]; i++) {
        if (by_kind[i].level > level && strcmp(e->kind, by_kind[i].word) == 0) {
            level = by_kind[i].level;
        }
    }
    for (size_t i = 0; i < sizeof by_line / sizeof by_line[0]; i++) {
        if (by_line[i].level > level && has_line(e, by_line[i].word)) {
            level = by_line[i].level;
        }
    }
    return level;
}
