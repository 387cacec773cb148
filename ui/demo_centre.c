#include "demo_centre.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct preset {
    const char *key, *value;
};
static const struct preset presets[] = {
    {"name", "National centre 全国总中心"},
    {"tier", "national"},
    {"origin", DEMO_ORIGIN},
    {"identifier", "0000000000000000"},
    {"holders", "3"},
    {"quorum", "2"},
    {"found", "found"},
};

struct founding {
    struct ceremony *ceremony;
    struct request request;
    size_t enrolled; /* people done */
};

/* "person.name[3]" or "people.more": what the enrolment asks. NULL: something else. */
static const char *person_value(struct founding *f)
{
    const char *key = f->request.key;
    size_t name = strcspn(key, "[");

    if (strlen(key) > 5 && strcmp(key + strlen(key) - 5, ".more") == 0)
        return f->enrolled < DEMO_PEOPLE ? "person" : "done";
    if (strncmp(key, "person.", 7) != 0 || f->enrolled >= DEMO_PEOPLE)
        return NULL;
    const struct demo_person *p = &demo_people[f->enrolled];
    if (strncmp(key + 7, "id", name - 7) == 0)
        return p->id;
    if (strncmp(key + 7, "name", name - 7) == 0)
        return p->name;
    if (strncmp(key + 7, "role", name - 7) == 0)
        return p->role;
    return p->passphrase;
}

static const char *value_for(struct founding *f)
{
    const char *value = person_value(f);

    for (size_t i = 0; !value && i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].key, f->request.key) == 0)
            value = presets[i].value;
    for (size_t i = 0; !value && f->request.kind == REQUEST_SECRET && i < DEMO_PEOPLE; i++)
        if (strcmp(demo_people[i].id, f->request.person) == 0)
            value = demo_people[i].passphrase;
    return value;
}

static enum kr_error type_secret(struct founding *f, const char *value)
{
    struct secret_entry_state state;
    enum kr_error e = KR_OK;

    for (; e == KR_OK && *value; value++)
        e = ceremony_key(f->ceremony, (uint8_t)*value, &state);
    if (f->request.second_typing)
        f->enrolled++;
    return e;
}

static enum kr_error answer(struct founding *f)
{
    struct answer a = {.kind = ANSWER_OK};
    const char *value = value_for(f);
    enum kr_error e = KR_OK;

    if (f->request.problem[0])
        return kr_fail(KR_E_ANSWER, "%.180s", f->request.problem);
    if (f->request.kind != REQUEST_SHOW && !value)
        return kr_fail(KR_E_ANSWER_MISSING, "%s", f->request.key);
    if (f->request.kind == REQUEST_SECRET)
        e = type_secret(f, value);
    else if (f->request.kind == REQUEST_CHOICE)
        a.kind = ANSWER_CHOICE;
    else if (f->request.kind == REQUEST_TEXT)
        a.kind = ANSWER_TEXT;
    if (value && a.kind != ANSWER_OK)
        snprintf(a.text, sizeof a.text, "%s", value);
    return e == KR_OK ? ceremony_answer(f->ceremony, &a) : e;
}

enum kr_error demo_centre_found(struct session *s, const struct paths *p)
{
    struct founding *f = calloc(1, sizeof *f);
    char path[PATH_ROOM];
    enum kr_error e = f ? paths_script(p, "site-init", path) : KR_E_MEMORY;

    if (e == KR_OK)
        e = ceremony_begin(s, path, &f->ceremony);
    while (e == KR_OK) {
        e = ceremony_next(f->ceremony, &f->request);
        if (e != KR_OK || f->request.kind == REQUEST_FINISHED)
            break;
        e = answer(f);
    }
    if (f)
        ceremony_end(&f->ceremony);
    free(f);
    return e;
}
