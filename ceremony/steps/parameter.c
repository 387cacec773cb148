/* What a ceremony asks before it opens. */
#include "parameter.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../data_file.h"
#include "../vocabulary.h"

#define _(text) gettext(text)

#define TEXT_BYTES_MAX 80
#define PATH_BYTES_MAX 400
#define GROUP_LAST     5

void parameter_ask(struct ceremony *c, struct request *r)
{
    const struct script_parameter *p = &c->script->parameters[c->phase];
    request_from_step(c, r, REQUEST_TEXT, NULL);
    snprintf(r->key, sizeof r->key, "%.60s", p->id);
    snprintf(r->text, sizeof r->text, "%s", words_pick(&p->ask));
    snprintf(r->initial, sizeof r->initial, "%s", p->preset == NULL ? "" : p->preset);
    r->text_max = strcmp(p->type, "file") == 0 ? PATH_BYTES_MAX : TEXT_BYTES_MAX;
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

enum kr_error parameter_take(struct ceremony *c, const struct answer *a)
{
    const struct script_parameter *p = &c->script->parameters[c->phase];
    enum kr_error err = KR_OK;
    if (a->kind != ANSWER_TEXT && a->kind != ANSWER_CHOICE)
        err = kr_fail(KR_E_ANSWER, "%s", p->id);
    else if (strcmp(p->type, "number") == 0)
        err = number_in_range(p, a->text);
    else if (strcmp(p->type, "groups") == 0)
        err = groups_fit(c, a->text);
    else if (strcmp(p->type, "choice") == 0)
        err = choice_fits(p, a->text);
    else if (strcmp(p->type, "identifier") == 0)
        err = identifier_fits(a->text);
    else if (strcmp(p->type, "file") == 0)
        return file_take(c, a->text) == KR_OK ? parameter_set(c, p, a->text) : KR_OK;
    else if (a->text[0] == '\0' || strlen(a->text) > TEXT_BYTES_MAX || !text_is_utf8(a->text))
        err = kr_fail(KR_E_ANSWER, "%s", p->id);
    return err == KR_OK ? parameter_set(c, p, a->text) : step_problem(c, err);
}

static const struct script_parameter *data_parameter(const struct ceremony *c)
{
    for (size_t i = 0; i < c->script->parameters_count; i++)
        if (strcmp(c->script->parameters[i].type, "file") == 0)
            return &c->script->parameters[i];
    return NULL;
}

/* Of a file not where it lies, but what it is: parameter_data_keep() writes that line. */
void parameter_record(const struct ceremony *c, const struct script_parameter *p, struct entry *e)
{
    if (strcmp(p->type, "file") != 0)
        entry_add(e, "parameter", "%s %s", p->id, var_get(c, p->id));
}

enum kr_error parameter_data_keep(struct ceremony *c, struct entry *e)
{
    const struct script_parameter *p = data_parameter(c);
    struct data_file f;
    uint8_t rows[32];
    char file_hex[65], rows_hex[65];
    if (p == NULL)
        return KR_OK;
    enum kr_error err = load_rows(c, var_get(c, p->id), &f);
    if (err == KR_OK && f.count != (size_t)var_number(c, "quantity"))
        err = kr_fail(KR_E_DATA_FILE, "%zu / %s", f.count, var_get(c, "quantity"));
    if (err == KR_OK)
        err = data_file_keep(session_store(c->session), c->id, &f, rows);
    if (err == KR_OK) {
        hex_encode(f.digest, sizeof f.digest, file_hex);
        hex_encode(rows, sizeof rows, rows_hex);
        err = entry_add(e, "parameter", "%s sha256 %s rows %zu %s", p->id, file_hex, f.count,
                        rows_hex);
    }
    data_file_free(&f);
    return err;
}
