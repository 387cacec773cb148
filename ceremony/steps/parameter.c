/* What a ceremony asks before it opens. */
#include "parameter.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../data_file.h"
#include "../key_acts.h"
#include "../notes.h"
#include "../vocabulary.h"

#define _(text) gettext(text)

#define TEXT_BYTES_MAX 80
#define PATH_BYTES_MAX 400
#define GROUP_LAST     5

static bool is_type(const struct script_parameter *p, const char *type)
{
    return strcmp(p->type, type) == 0;
}

static bool is_path(const struct script_parameter *p)
{
    return is_type(p, "file") || is_type(p, "note");
}

/* Everybody who is enrolled and not revoked. */
static void people_options(const struct ceremony *c, struct request *r)
{
    const struct slots *slots = session_slots(c->session);
    r->kind = REQUEST_CHOICE;
    for (size_t i = 0; slots != NULL && i < slots->count; i++)
        if (!slots->people[i].revoked)
            request_option(r, slots->people[i].slot.person, false, slots->people[i].name);
}

static enum kr_error person_fits(const struct ceremony *c, const char *text)
{
    const struct slots *slots = session_slots(c->session);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, text);
    if (p == NULL)
        return kr_fail(KR_E_PERSON_UNKNOWN, "%s", text);
    return p->revoked ? kr_fail(KR_E_PERSON_REVOKED, "%s", p->name) : KR_OK;
}

void parameter_ask(struct ceremony *c, struct request *r)
{
    const struct script_parameter *p = &c->script->parameters[c->phase];
    request_from_step(c, r, REQUEST_TEXT, NULL);
    snprintf(r->key, sizeof r->key, "%.60s", p->id);
    snprintf(r->text, sizeof r->text, "%s", words_pick(&p->ask));
    snprintf(r->initial, sizeof r->initial, "%s", p->preset == NULL ? "" : p->preset);
    r->text_max = is_path(p) ? PATH_BYTES_MAX : TEXT_BYTES_MAX;
    if (is_type(p, "person"))
        people_options(c, r);
    if (is_type(p, "key"))
        key_choice_ask(c, r);
    if (strcmp(p->type, "choice") != 0)
        return;
    r->kind = REQUEST_CHOICE;
    for (size_t i = 0; i < p->options_count; i++)
        request_option(r, p->options[i], false, vocabulary(p->options[i]));
}

static enum kr_error number_in_range(const struct script_parameter *p, const char *text)
{
    char *end;
    long v = strtol(text, &end, 10);
    if (end == text || *end != '\0' || v < p->least || v > p->most)
        return kr_fail(KR_E_ANSWER, _("%s is not a number from %d to %d"), text, p->least, p->most);
    return KR_OK;
}

static enum kr_error groups_fit(struct ceremony *c, const char *text)
{
    int last = 0;
    var_set(c, "groups", "%s", text);
    for (int i = 1; i <= GROUP_LAST + 1; i++) {
        int group = group_at(c, i);
        if (group == 0 && i > 1 && strspn(text, "0123456789,-") == strlen(text))
            return KR_OK;
        if (group > GROUP_LAST) {
            var_clear(c, "groups");
            return kr_fail(KR_E_GROUP_NUMBER, "%d", group);
        }
        if (group <= last)
            break;
        last = group;
    }
    var_clear(c, "groups");
    return kr_fail(KR_E_ANSWER,
                   _("%s names no groups from 1 to 5 in rising order, like 1-5 or 2,4"), text);
}

static enum kr_error choice_fits(const struct script_parameter *p, const char *text)
{
    for (size_t i = 0; i < p->options_count; i++)
        if (strcmp(p->options[i], text) == 0)
            return KR_OK;
    return kr_fail(KR_E_ANSWER, "%s", text);
}

static enum kr_error parameter_set(struct ceremony *c, const struct script_parameter *p,
                                   const char *text)
{
    enum kr_error err = var_set(c, p->id, "%s", text);
    step_goto(c, c->phase + 1);
    return err;
}

static enum kr_error identifier_fits(const char *text)
{
    uint8_t bytes[8];
    return strlen(text) == 16 && hex_decode(text, bytes, sizeof bytes) == KR_OK
               ? KR_OK
               : kr_fail(KR_E_IDENTIFIER, "%s", text);
}

static enum kr_error load_rows(struct ceremony *c, const char *path, struct data_file *f)
{
    return data_file_load(path, data_file_inventory, session_store(c->session), f);
}

/* The first bad lines with the sentence; the rest is counted in it. */
static void tell_problems(struct ceremony *c, const struct data_file *f)
{
    for (size_t i = 0; i < f->problem_count; i++) {
        char line[256];
        size_t len = strlen(c->problem);
        data_problem_explain(&f->problems[i], line, sizeof line);
        if (len + strlen(line) + 2 > sizeof c->problem)
            return;
        snprintf(c->problem + len, sizeof c->problem - len, "\n%s", line);
    }
}

static enum kr_error file_take(struct ceremony *c, const char *path)
{
    struct data_file f;
    enum kr_error err = load_rows(c, path, &f);
    if (err == KR_OK)
        err = var_set(c, "quantity", "%zu", f.count);
    else if (step_problem(c, err) == KR_OK && err == KR_E_DATA_FILE)
        tell_problems(c, &f);
    data_file_free(&f);
    return err;
}

/* Proved and held against this centre now: nobody sits down for a note that is not ours. */
static enum kr_error note_take(struct ceremony *c, const char *path)
{
    struct transfer_note *n;
    bool known;
    enum kr_error err = note_load(c, path, &n, NULL, NULL, &known);
    if (err == KR_OK)
        transfer_note_free(&n);
    else
        step_problem(c, err);
    return err;
}

/* No more cards come than the note lists. */
static enum kr_error quantity_fits(struct ceremony *c, const struct script_parameter *p,
                                   const char *text)
{
    int listed = var_number(c, "note-cards");
    enum kr_error err = number_in_range(p, text);
    if (err == KR_OK && strcmp(p->id, "quantity") == 0 && note_parameter(c->script) != NULL &&
        strtol(text, NULL, 10) > listed)
        err = kr_fail(KR_E_NOTE_KIND, "%s > %d", text, listed);
    return err;
}

/* 20 digits, as they stand on a label, or "-" for no bound. */
static enum kr_error card_number_take(struct ceremony *c, const struct script_parameter *p,
                                      const char *text)
{
    char number[24];
    size_t len = 0;
    for (const char *at = text; *at != '\0' && len < sizeof number - 1; at++)
        if (*at != ' ')
            number[len++] = *at;
    number[len] = '\0';
    bool fits = strcmp(number, "-") == 0 || (len == 20 && strspn(number, "0123456789") == 20);
    return fits ? parameter_set(c, p, number)
                : step_problem(
                      c, kr_fail(KR_E_ANSWER, _("%s is no card number of 20 digits, nor -"), text));
}

static enum kr_error typed_take(struct ceremony *c, const struct script_parameter *p,
                                const char *text)
{
    enum kr_error err = KR_OK;
    if (is_type(p, "number"))
        err = quantity_fits(c, p, text);
    else if (is_type(p, "groups"))
        err = groups_fit(c, text);
    else if (is_type(p, "choice"))
        err = choice_fits(p, text);
    else if (is_type(p, "person"))
        err = person_fits(c, text);
    else if (is_type(p, "identifier"))
        err = identifier_fits(text);
    else if (is_type(p, "key"))
        err = key_choice_fits(c, text);
    else if (text[0] == '\0' || strlen(text) > TEXT_BYTES_MAX || !text_is_utf8(text))
        err = kr_fail(KR_E_ANSWER, "%s", p->id);
    return err == KR_OK ? parameter_set(c, p, text) : step_problem(c, err);
}

enum kr_error parameter_take(struct ceremony *c, const struct answer *a)
{
    const struct script_parameter *p = &c->script->parameters[c->phase];
    if (a->kind != ANSWER_TEXT && a->kind != ANSWER_CHOICE)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", p->id));
    if (is_type(p, "file"))
        return file_take(c, a->text) == KR_OK ? parameter_set(c, p, a->text) : KR_OK;
    if (is_type(p, "note"))
        return note_take(c, a->text) == KR_OK ? parameter_set(c, p, a->text) : KR_OK;
    if (is_type(p, "card-number"))
        return card_number_take(c, p, a->text);
    return typed_take(c, p, a->text);
}

/* ---- In the opening entry ---- */

const char *parameter_said(const struct ceremony *c, const struct script_parameter *p)
{
    char name[48];
    snprintf(name, sizeof name, "said.%.32s", p->id);
    return var_get(c, is_path(p) ? name : p->id);
}

/* The line that a resumed ceremony is compared with. */
static enum kr_error path_said(struct ceremony *c, struct entry *e,
                               const struct script_parameter *p, const char *said)
{
    char name[48];
    snprintf(name, sizeof name, "said.%.32s", p->id);
    enum kr_error err = entry_add(e, "parameter", "%s %s", p->id, said);
    return err == KR_OK ? var_set(c, name, "%s", said) : err;
}

/* The rows of the data file go into the store, their digests into the entry. */
static enum kr_error data_keep(struct ceremony *c, const struct script_parameter *p,
                               struct entry *e)
{
    struct data_file f;
    uint8_t rows[32];
    char file_hex[65], rows_hex[65], said[192];
    enum kr_error err = load_rows(c, var_get(c, p->id), &f);
    if (err == KR_OK && f.count != (size_t)var_number(c, "quantity"))
        err = kr_fail(KR_E_DATA_FILE, "%zu / %s", f.count, var_get(c, "quantity"));
    if (err == KR_OK)
        err = data_file_keep(session_store(c->session), c->id, &f, rows);
    if (err == KR_OK) {
        hex_encode(f.digest, sizeof f.digest, file_hex);
        hex_encode(rows, sizeof rows, rows_hex);
        snprintf(said, sizeof said, "sha256 %s rows %zu %s", file_hex, f.count, rows_hex);
        err = path_said(c, e, p, said);
    }
    data_file_free(&f);
    return err;
}

static enum kr_error note_keep(struct ceremony *c, const struct script_parameter *p,
                               struct entry *e)
{
    struct transfer_note *n;
    char said[80];
    bool known;
    enum kr_error err = note_load(c, var_get(c, p->id), &n, NULL, NULL, &known);
    if (err != KR_OK)
        return err;
    note_said(n, said);
    transfer_note_free(&n);
    return path_said(c, e, p, said);
}

/* Of a file not where it lies, but what it is. */
enum kr_error parameters_record(struct ceremony *c, struct entry *e)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < c->script->parameters_count; i++) {
        const struct script_parameter *p = &c->script->parameters[i];
        if (is_type(p, "file"))
            err = data_keep(c, p, e);
        else if (is_type(p, "note"))
            err = note_keep(c, p, e);
        else
            err = entry_add(e, "parameter", "%s %s", p->id, var_get(c, p->id));
    }
    return err;
}
