/*
 * Stands before the engine as the rehearsal calls it: each request is answered first with all that
 * does not fit it. The request must stay, say why, and nothing but refusals may be recorded; then
 * the rehearsal gives its own answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ceremony/run.h"
#include "../../store/store.h"

#define WRONG 70 /* exit status: an answer that does not fit was taken */

enum kr_error __real_ceremony_next(struct ceremony *c, struct request *r);
enum kr_error __wrap_ceremony_next(struct ceremony *c, struct request *r);

struct unfit {
    enum answer_kind kind;
    const char *text;
};

static const struct unfit to_all[] = {
    {ANSWER_NOTE, ""},          {ANSWER_NOTE, "\xC3\x28"},  {ANSWER_EXCEPTION, ""},
    {ANSWER_EXCEPTION, "\xFF"}, {ANSWER_ABORT, "\xE4\xB8"},
};
static const struct unfit to_choices[] = {
    {ANSWER_OK, ""}, {ANSWER_TEXT, "no such word"}, {ANSWER_CHOICE, "no such word"}};
static const struct unfit to_texts[] = {
    {ANSWER_OK, ""}, {ANSWER_TEXT, "\xC3\x28"}, {ANSWER_CHOICE, "\xFF"}};
static const struct unfit to_secrets[] = {
    {ANSWER_OK, ""}, {ANSWER_TEXT, "typed"}, {ANSWER_CHOICE, "no such word"}};
static const struct unfit to_cards[] = {{ANSWER_TEXT, "card"}, {ANSWER_CHOICE, "no such word"}};

/* Texts for parameters of a type. */
static const struct {
    const char *type, *text;
} to_types[] = {
    {"number", ""},
    {"number", "0"},
    {"number", "-1"},
    {"number", "2 cards"},
    {"number", "99999999999999999999"},
    {"groups", ""},
    {"groups", "0"},
    {"groups", "6"},
    {"groups", "3-1"},
    {"groups", "2,2"},
    {"groups", "1,x"},
    {"identifier", "12345678"},
    {"identifier", "000000000000000X"},
    {"card-number", "123"},
    {"card-number", "1234567890123456789X"},
    {"card-number", "123456789012345678901234567890"},
    {"file", ""},
    {"file", "/"},
    {"file", "/nowhere/at/all.csv"},
    {"file", "/proc/self/exe"},
    {"note", "/nowhere/at/all.note"},
    {"note", "/proc/self/exe"},
    {"text", ""},
};

static _Noreturn void wrong(const struct request *r, const struct unfit *u, const char *what)
{
    fprintf(stderr, "%s was answered with (%d) “", r->key, (int)u->kind);
    for (const char *at = u->text; *at != '\0'; at++)
        fprintf(stderr, *at >= ' ' && *at <= '~' ? "%c" : "\\x%02X", (unsigned char)*at);
    fprintf(stderr, "”: %s\n", what);
    _exit(WRONG);
}

static uint64_t entries_now(struct ceremony *c)
{
    struct store *store = session_store(c->session);
    return store != NULL ? journal_size(store) : 0;
}

/* What was added says that something was refused; or it is the seal that is due. */
static bool only_refusals(struct ceremony *c, uint64_t since)
{
    bool only = true;
    for (uint64_t seq = since; seq < entries_now(c); seq++) {
        struct entry e = {0};
        only = only && journal_read(session_store(c->session), seq, &e) == KR_OK &&
               strcmp(e.kind, "refusal") == 0;
        entry_free(&e);
    }
    return only;
}

static void give(struct ceremony *c, struct request *r, const struct unfit *u)
{
    struct answer a = {.kind = u->kind};
    struct request after;
    uint64_t entries = entries_now(c);
    snprintf(a.text, sizeof a.text, "%s", u->text);
    enum kr_error err = ceremony_answer(c, &a);
    if (err != KR_OK)
        wrong(r, u, kr_name(err));
    err = __real_ceremony_next(c, &after);
    if (err != KR_OK)
        wrong(r, u, kr_name(err));
    if (strcmp(after.key, r->key) != 0)
        wrong(r, u, after.key);
    if (after.problem[0] == '\0')
        wrong(r, u, "no sentence says why not");
    if (!only_refusals(c, entries))
        wrong(r, u, "something was recorded");
    *r = after;
}

static void give_each(struct ceremony *c, struct request *r, const struct unfit *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        give(c, r, &list[i]);
}
#define GIVE_EACH(c, r, list) give_each(c, r, list, sizeof list / sizeof list[0])

static void give_to_parameter(struct ceremony *c, struct request *r)
{
    for (size_t i = 0; i < c->script->parameters_count; i++) {
        const struct script_parameter *p = &c->script->parameters[i];
        for (size_t n = 0; strcmp(p->id, r->key) == 0 && n < sizeof to_types / sizeof to_types[0];
             n++)
            if (strcmp(p->type, to_types[n].type) == 0) {
                const struct unfit u = {ANSWER_TEXT, to_types[n].text};
                give(c, r, &u);
            }
    }
}

static void give_unfit(struct ceremony *c, struct request *r)
{
    GIVE_EACH(c, r, to_all);
    switch (r->kind) {
    case REQUEST_CHOICE:
        GIVE_EACH(c, r, to_choices);
        break;
    case REQUEST_TEXT:
        GIVE_EACH(c, r, to_texts);
        give_to_parameter(c, r);
        break;
    case REQUEST_SECRET:
        GIVE_EACH(c, r, to_secrets);
        break;
    case REQUEST_CARD:
        GIVE_EACH(c, r, to_cards);
        break;
    default:
        break;
    }
}

/* Each request once: it comes again after the last unfit answer, when another was refused. */
enum kr_error __wrap_ceremony_next(struct ceremony *c, struct request *r)
{
    static char last[sizeof r->key];
    char problem[sizeof r->problem];
    enum kr_error err = __real_ceremony_next(c, r);
    if (err != KR_OK || r->kind == REQUEST_FINISHED || r->kind == REQUEST_SHOW ||
        strcmp(r->key, last) == 0)
        return err;
    snprintf(last, sizeof last, "%s", r->key);
    snprintf(problem, sizeof problem, "%s", r->problem);
    give_unfit(c, r);
    snprintf(r->problem, sizeof r->problem, "%s", problem);
    return KR_OK;
}
