/* What the people of a rehearsal say to one request. */
#include <stdio.h>
#include <string.h>

#include "language.h"
#include "rehearse_run.h"

/* ---- What the file lacks ---- */

static const char *nature(const struct request *q, char *out, size_t room)
{
    size_t len = 0;

    out[0] = '\0';
    switch (q->kind) {
    case REQUEST_CHOICE:
        for (size_t i = 0; i < q->option_count && len < room; i++)
            len +=
                (size_t)snprintf(out + len, room - len, "%s%s", i ? ", " : "", q->options[i].word);
        break;
    case REQUEST_TEXT:
        snprintf(out, room, "%s", _("a text"));
        break;
    case REQUEST_SECRET:
        snprintf(out, room,
                 q->secret.kind == ENTRY_PASSPHRASE ? _("passphrase of %s")
                 : q->secret.kind == ENTRY_PIN      ? _("a PIN, typed by %s")
                                                    : _("a component, typed by %s"),
                 q->person);
        break;
    case REQUEST_CARD:
        snprintf(out, room, _("card for reader %zu: a name, auto, keep or none"), q->reader + 1);
        break;
    case REQUEST_SHOW:
    case REQUEST_FINISHED:
        break;
    }
    return out;
}

/* Something went wrong and the file does not say what is done then: a person would stand there
 * reading why. */
static bool is_stuck(const struct rehearsal *r)
{
    return r->request.problem[0] || r->wrong_block[0];
}

static enum kr_error missing(struct rehearsal *r)
{
    char words[128];

    if (r->wrong_block[0])
        return kr_fail(KR_E_ENTRY_BLOCK, "%s", r->wrong_block);
    if (is_stuck(r))
        return KR_E_ANSWER;
    r->wrong_file = true;
    return kr_fail(KR_E_ANSWER_MISSING, "%s (%s)", r->request.key,
                   nature(&r->request, words, sizeof words));
}

/* ---- What is said where the file says nothing ---- */

/* A check value: of a component, what its sheet has printed on it; of a combined key nothing, as
 * if it were on no sheet. */
static const char *unasked_text(struct rehearsal *r)
{
    const char *part = strstr(r->request.key, ".kcv");
    char component[64];

    if (!part)
        return answers_default(r->answers, "any-text");
    snprintf(component, sizeof component, "%.*s%s", (int)(part - r->request.key), r->request.key,
             part + strlen(".kcv"));
    return strcmp(component, r->sheet_key) == 0 ? r->sheet_kcv : "";
}

/* "person.role[3]" from people: the third of those who have a role there. */
static const char *unasked_person(struct rehearsal *r)
{
    char what[16] = "";
    unsigned wanted = 0;
    const char *person;

    if (sscanf(r->request.key, "person.%15[a-z][%u]", what, &wanted) != 2)
        return NULL;
    for (size_t n = 0; (person = answers_person(r->answers, n)) != NULL; n++)
        if (answers_of_person(r->answers, person, "role") && --wanted == 0)
            break;
    if (!person || strcmp(what, "id") == 0)
        return person;
    const char *said = answers_of_person(r->answers, person, what);
    return said || strcmp(what, "name") != 0 ? said : person;
}

/* Whether the founding enrols one more of people:. */
static const char *unasked_more(struct rehearsal *r)
{
    unsigned with_role = 0;
    const char *person;

    for (size_t n = 0; (person = answers_person(r->answers, n)) != NULL; n++)
        with_role += answers_of_person(r->answers, person, "role") != NULL;
    if (with_role == 0)
        return NULL;
    return r->enrolled < with_role ? "person" : "done";
}

static bool asks_for_more(const struct rehearsal *r)
{
    const char *part = strchr(r->request.key, '.');

    return r->request.kind == REQUEST_CHOICE && part && strcmp(part, ".more") == 0;
}

static const char *unasked(struct rehearsal *r, const struct act *act)
{
    const struct request *q = &r->request;
    const char *value = unasked_person(r);

    /* What was said by itself and refused is not said again. */
    if (act->spent || (is_stuck(r) && strcmp(q->key, r->last_key) == 0))
        return NULL;
    if (!value && asks_for_more(r))
        value = unasked_more(r);
    if (value)
        return value;
    switch (q->kind) {
    case REQUEST_SHOW:
        return "ok";
    case REQUEST_CHOICE:
        return strstr(q->key, ".unprinted") ? "none" : answers_default(r->answers, "any-choice");
    case REQUEST_TEXT:
        return unasked_text(r);
    case REQUEST_CARD:
        return answers_default(r->answers, "any-card");
    case REQUEST_SECRET:
        if (q->secret.kind == ENTRY_PASSPHRASE)
            return answers_of_person(r->answers, q->person, "passphrase");
        break;
    case REQUEST_FINISHED:
        break;
    }
    return NULL;
}

/* ---- Answering ---- */

static enum kr_error say(struct rehearsal *r, enum answer_kind kind, const char *text)
{
    struct answer a = {.kind = kind};
    size_t len = strlen(text);

    if (len >= sizeof a.text) {
        r->wrong_file = true;
        return kr_fail(KR_E_TOO_LONG, "%s", r->request.key);
    }
    memcpy(a.text, text, len + 1);
    return rehearse_say(r, &a);
}

/* Of a card that is asked for, the first option is the card itself. */
static bool offers(const struct request *q, const char *value)
{
    for (size_t i = q->kind == REQUEST_CARD; i < q->option_count; i++)
        if (strcmp(value, q->options[i].word) == 0)
            return true;
    return false;
}

/* What people do with the card itself when they say what becomes of it. */
static enum kr_error hands_first(struct rehearsal *r, const char *value)
{
    const char *part = strchr(r->request.key, '.');

    if (r->request.kind == REQUEST_CARD)
        return KR_OK; /* why, is asked next */
    if (part && strcmp(part, ".gone") == 0 && strcmp(value, "look") != 0)
        return rehearse_gone(r);
    if (strcmp(value, "void") == 0)
        return rehearse_void(r);
    return KR_OK;
}

static enum kr_error choose(struct rehearsal *r, const char *value)
{
    const struct request *q = &r->request;
    char words[128];

    if (strcmp(value, "first") == 0 && q->option_count > 0)
        return say(r, ANSWER_CHOICE, q->options[0].word);
    if (offers(q, value)) {
        enum kr_error rc = hands_first(r, value);
        return rc == KR_OK ? say(r, ANSWER_CHOICE, value) : rc;
    }
    r->wrong_file = true;
    return kr_fail(KR_E_ANSWERS_FORM, _("%s answers %.40s, the words are: %s"), q->key, value,
                   nature(q, words, sizeof words));
}

/* A value that stands on a sheet of the deck: "sheet NAME". */
static bool on_sheet(const struct rehearsal *r, const char *value)
{
    bool text = r->request.kind == REQUEST_TEXT && strstr(r->request.key, ".kcv");
    bool secret = r->request.kind == REQUEST_SECRET && r->request.secret.kind != ENTRY_PASSPHRASE;

    return (text || secret) && strncmp(value, "sheet ", 6) == 0;
}

static enum kr_error give_secret(struct rehearsal *r, const char *value)
{
    enum kr_error rc = rehearse_type(r, value);

    /* A block marked wrong keeps a person from pressing Enter. */
    return rc == KR_OK && !r->wrong_block[0] ? say(r, ANSWER_OK, "") : rc;
}

static enum kr_error give_text(struct rehearsal *r, const char *value)
{
    if (strcmp(value, "ok") == 0 && unasked_text(r))
        value = unasked_text(r);
    return say(r, ANSWER_TEXT, strcmp(value, "initial") == 0 ? r->request.initial : value);
}

static enum kr_error give_from_sheet(struct rehearsal *r, const char *name)
{
    struct secret *sheet = NULL;
    enum kr_error rc = rehearse_sheet(r, name, &sheet);

    if (rc == KR_OK && r->request.kind == REQUEST_TEXT)
        rc = give_text(r, (const char *)sheet->bytes);
    else if (rc == KR_OK)
        rc = give_secret(r, (const char *)sheet->bytes);
    secret_free(&sheet);
    return rc;
}

static enum kr_error give(struct rehearsal *r, const char *value)
{
    enum kr_error rc = KR_OK;

    if (on_sheet(r, value))
        return give_from_sheet(r, value + strlen("sheet "));
    switch (r->request.kind) {
    case REQUEST_SHOW:
        rc = rehearse_label(r);
        break;
    case REQUEST_CHOICE:
        return choose(r, value);
    case REQUEST_TEXT:
        return give_text(r, value);
    case REQUEST_SECRET:
        return give_secret(r, value);
    case REQUEST_CARD:
        if (offers(&r->request, value))
            return choose(r, value);
        rc = rehearse_card(r, value);
        break;
    case REQUEST_FINISHED:
        return KR_OK;
    }
    return rc == KR_OK ? say(r, ANSWER_OK, "") : rc;
}

static enum asked how_asked(const struct rehearsal *r)
{
    if (strcmp(r->request.key, r->last_key) != 0)
        return ASKED_NEW;
    if (is_stuck(r))
        return ASKED_AGAIN;
    return r->request.second_typing ? ASKED_TWICE : ASKED_NEW;
}

enum kr_error rehearse_answer(struct rehearsal *r)
{
    static const enum answer_kind kinds[] = {
        [ACT_NOTE] = ANSWER_NOTE,
        [ACT_EXCEPTION] = ANSWER_EXCEPTION,
        [ACT_PAUSE] = ANSWER_PAUSE,
        [ACT_ABORT] = ANSWER_ABORT,
    };
    struct act act = answers_take(r->answers, r->request.key, how_asked(r));

    if (act.kind != ACT_NOTHING && act.kind != ACT_VALUE)
        return say(r, kinds[act.kind], act.text);
    const char *value = act.kind == ACT_VALUE ? act.text : unasked(r, &act);
    if (!value)
        return missing(r);
    r->wrong_block[0] = '\0';
    enum kr_error rc = give(r, value);
    if (asks_for_more(r) && strcmp(value, "person") == 0)
        r->enrolled++;
    snprintf(r->last_key, sizeof r->last_key, "%s", r->request.key);
    return rc;
}
