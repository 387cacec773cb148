#include "checkpoint_lines.h"

#include <inttypes.h>
#include <string.h>

enum kr_error checkpoint_differs(uint64_t size, const char *what)
{
    return kr_fail(KR_E_CHECKPOINT, "%" PRIu64 ", %s", size, what);
}

enum kr_error checkpoint_is_of(const struct checkpoint *c, const char *origin,
                               const struct tree *tree)
{
    uint8_t root[32];
    enum kr_error e = tree_root(tree, root);
    if (e == KR_OK && strcmp(c->origin, origin) != 0) {
        e = checkpoint_differs(c->size, "origin");
    }
    if (e == KR_OK && (c->size != tree->size || memcmp(c->root, root, 32) != 0)) {
        e = checkpoint_differs(c->size, "root");
    }
    return e;
}

enum kr_error lines_by_log(const char *text, const char *origin, const uint8_t log_public[32])
{
    enum kr_error e = checkpoint_verify(text, strlen(text), origin, 0x01, log_public, NULL);
    return e == KR_E_NOT_FOUND ? kr_fail(KR_E_CHECKPOINT, "log key") : e;
}

enum kr_error lines_by_people(const char *text, const char *origin, const struct roster *roster,
                              uint64_t *count)
{
    *count = 0;
    for (size_t i = 0; i < roster->count; i++) {
        const struct enrolled *p = &roster->people[i];
        char name[ORIGIN_MAX + 40];
        enum kr_error e = checkpoint_person_name(origin, p->person, name, sizeof name);
        if (e != KR_OK || !strstr(text, name)) {
            continue;
        }
        e = checkpoint_verify(text, strlen(text), name, 0x04, p->public_key, NULL);
        if (e != KR_OK && e != KR_E_NOT_FOUND) {
            return e;
        }
        *count += e == KR_OK;
    }
    return KR_OK;
}

static uint64_t signature_lines(const char *text)
{
    static const char begins[] = "\n\u2014 ";
    uint64_t count = 0;
    while ((text = strstr(text, begins)) != NULL) {
        text += sizeof begins - 1;
        count++;
    }
    return count;
}

enum kr_error lines_by_known(const char *text, const char *origin, const uint8_t log_public[32],
                             const struct roster *roster, uint64_t *people)
{
    struct checkpoint c;
    *people = 0;
    enum kr_error e = checkpoint_parse(text, strlen(text), &c);
    if (e == KR_OK) {
        e = lines_by_log(text, origin, log_public);
    }
    if (e == KR_OK) {
        e = lines_by_people(text, origin, roster, people);
    }
    return e == KR_OK && signature_lines(text) != *people + 1
               ? checkpoint_differs(c.size, "signature of a stranger")
               : e;
}
