/* The rules of a ceremony's course, for the entry that is to be appended. The journal in the
 * database is read once for each ceremony that is gone on with. */
#include <stdio.h>
#include <string.h>

#include "database.h"
#include "journal_reading.h"

void course_now_free(struct course_now *n)
{
    courses_free(&n->courses);
    intents_free(&n->intents);
    memset(n, 0, sizeof *n);
}

static bool in_step(const struct store *s)
{
    const struct course_now *n = &s->course;
    return n->ceremony[0] != '\0' && n->size == s->head.tree.size &&
           memcmp(n->last_leaf, s->head.last_leaf, 32) == 0;
}

static enum kr_error take(struct course_now *n, const struct entry *e)
{
    enum kr_error error = courses_apply(&n->courses, e);
    return error == KR_OK ? intents_apply(&n->intents, e) : error;
}

static enum kr_error take_written(void *ctx, const struct entry *e)
{
    return take(ctx, e);
}

static enum kr_error read_again(struct store *s, const char *ceremony)
{
    struct course_now *n = &s->course;
    course_now_free(n);
    enum kr_error error = journal_course(s, ceremony, take_written, n);
    if (error == KR_E_NOT_FOUND)
        error = KR_OK; /* it is about to be opened */
    if (error != KR_OK) {
        course_now_free(n);
        return error;
    }
    snprintf(n->ceremony, sizeof n->ceremony, "%s", ceremony);
    return KR_OK;
}

static enum kr_error admit_outside(const struct entry *e)
{
    struct courses none = {.count = 0};
    struct intents no_intents = {.count = 0};
    enum kr_error error = courses_apply(&none, e);
    return error == KR_OK ? intents_apply(&no_intents, e) : error;
}

enum kr_error course_admits(struct store *s, const struct entry *e)
{
    char ceremony[64] = "";
    struct course_now *n = &s->course;
    enum kr_error error = KR_OK;
    n->in_step = in_step(s);
    if (entry_get(e, "ceremony", 0, ceremony, sizeof ceremony) != KR_OK)
        return admit_outside(e);
    if (!n->in_step || strcmp(n->ceremony, ceremony) != 0)
        error = read_again(s, ceremony);
    if (error == KR_OK)
        error = take(n, e);
    n->in_step = error == KR_OK;
    if (error != KR_OK)
        course_now_free(n); /* it may have been taken in half: read again next time */
    return error;
}

void course_goes_on(struct store *s)
{
    struct course_now *n = &s->course;
    if (!n->in_step)
        return;
    n->size = s->head.tree.size;
    memcpy(n->last_leaf, s->head.last_leaf, 32);
}
