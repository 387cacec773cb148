#include "course.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"

static const char *const ending[] = {"close", "abort"};
/* After the end nothing of these: they do something. */
static const char *const doing[] = {"intent",    "outcome",  "card",    "policy",
                                    "component", "approval", "balance", "key-state"};

static bool is_one_of(const char *kind, const char *const *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(kind, kinds) is_one_of(kind, kinds, sizeof(kinds) / sizeof((kinds)[0]))

static bool opens(const struct entry *e)
{
    return strcmp(e->kind, "open") == 0 || strcmp(e->kind, "found") == 0;
}

void courses_free(struct courses *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->list[i].steps);
    free(t->list);
    memset(t, 0, sizeof *t);
}

static enum kr_error digest_of(const char *text, size_t len, uint64_t *out)
{
    uint8_t digest[32];
    enum kr_error error = sha256(text, len, digest);
    memcpy(out, digest, sizeof *out);
    return error;
}

/* Of a line that may be missing: then as if it were empty. */
static enum kr_error line_digest(const struct entry *e, const char *name, uint64_t *out)
{
    char text[256] = "";
    (void)entry_get(e, name, 0, text, sizeof text);
    return digest_of(text, strlen(text), out);
}

static struct ceremony_course *course_of(struct courses *t, uint64_t ceremony)
{
    for (size_t i = t->count; i-- > 0;) /* the ones that go on are the newest */
        if (t->list[i].ceremony == ceremony)
            return &t->list[i];
    return NULL;
}

/* ---- What an entry adds ---- */

static enum kr_error begin(struct courses *t, const struct entry *e, uint64_t ceremony)
{
    if (course_of(t, ceremony))
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: a ceremony is opened twice", e->kind);
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 16;
        struct ceremony_course *list = realloc(t->list, room * sizeof *list);
        if (!list)
            return KR_E_MEMORY;
        t->list = list;
        t->room = room;
    }
    struct ceremony_course *c = &t->list[t->count++];
    *c = (struct ceremony_course){.ceremony = ceremony, .opening = e->seq};
    return line_digest(e, "script", &c->script);
}

static bool is_approved(const struct ceremony_course *c, uint64_t step)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->steps[i] == step)
            return true;
    return false;
}

static enum kr_error approve(struct ceremony_course *c, uint64_t step)
{
    if (is_approved(c, step))
        return KR_OK;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 8;
        uint64_t *steps = realloc(c->steps, room * sizeof *steps);
        if (!steps)
            return KR_E_MEMORY;
        c->steps = steps;
        c->room = room;
    }
    c->steps[c->count++] = step;
    return KR_OK;
}

static enum kr_error take_approval(struct ceremony_course *c, const struct entry *e)
{
    char covered[256];
    enum kr_error error = KR_OK;
    for (size_t n = 0;
         error == KR_OK && entry_get(e, "covers", n, covered, sizeof covered) == KR_OK; n++) {
        uint64_t step;
        error = digest_of(covered, strlen(covered), &step);
        if (error == KR_OK)
            error = approve(c, step);
    }
    return error;
}

/* ---- What an entry owes ---- */

/* A card that is put out of use is no effect that anybody has to approve. */
static bool only_spoils(const struct entry *e)
{
    char line[256], state[24];
    size_t n = 0;
    for (; entry_get(e, "card", n, line, sizeof line) == KR_OK; n++)
        if (sscanf(line, "%*s %*s %*s %23s", state) != 1 || strcmp(state, "spoiled") != 0)
            return false;
    return n > 0;
}

static bool wants_approval(const struct entry *e)
{
    return strcmp(e->kind, "intent") == 0 || strcmp(e->kind, "policy") == 0 ||
           strcmp(e->kind, "key-state") == 0 || (strcmp(e->kind, "card") == 0 && !only_spoils(e));
}

/* A step that is repeated is approved as a whole: its key without the index. */
static enum kr_error check_approval(const struct courses *t, const struct ceremony_course *c,
                                    const struct entry *e)
{
    char key[64] = "";
    uint64_t step;
    if (!wants_approval(e) || t->approval_withheld)
        return KR_OK;
    (void)entry_get(e, "step", 0, key, sizeof key);
    enum kr_error error = digest_of(key, strcspn(key, "["), &step);
    if (error == KR_OK && (!c || !is_approved(c, step)))
        error = kr_fail(KR_E_NOT_APPROVED, "%s", key[0] != '\0' ? key : "-");
    return error;
}

static enum kr_error check_course(const struct ceremony_course *c, const struct entry *e,
                                  const char *id)
{
    uint64_t script;
    if (!c)
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: %s has no opening", e->kind, id);
    if (c->ended && (IS_ONE_OF(e->kind, doing) || IS_ONE_OF(e->kind, ending)))
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: %s is over", e->kind, id);
    enum kr_error error = line_digest(e, "script", &script);
    return error == KR_OK && script != c->script
               ? kr_fail(KR_E_ENTRY_FORMAT, "%s: %s was opened with another script", e->kind, id)
               : error;
}

enum kr_error courses_apply(struct courses *t, const struct entry *e)
{
    char id[64];
    uint64_t ceremony;
    if (entry_get(e, "ceremony", 0, id, sizeof id) != KR_OK)
        return check_approval(t, NULL, e);
    enum kr_error error = digest_of(id, strlen(id), &ceremony);
    if (error != KR_OK)
        return error;
    if (opens(e))
        return begin(t, e, ceremony);
    struct ceremony_course *c = course_of(t, ceremony);
    if (!c && t->opening_withheld)
        return KR_OK;
    error = check_course(c, e, id);
    if (error == KR_OK)
        error = check_approval(t, c, e);
    if (error == KR_OK && strcmp(e->kind, "approval") == 0)
        error = take_approval(c, e);
    if (error == KR_OK)
        c->ended = c->ended || IS_ONE_OF(e->kind, ending);
    return error;
}

void courses_withhold(struct courses *t, const struct entry *e)
{
    t->opening_withheld = t->opening_withheld || opens(e);
    t->approval_withheld = t->approval_withheld || strcmp(e->kind, "approval") == 0;
}
