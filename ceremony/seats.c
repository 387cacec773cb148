/* Who sits where, and what people read. */
#include <libintl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "key_kinds.h"
#include "people.h"
#include "run.h"

#define _(text) gettext(text)

static bool chinese;

void ceremony_language(bool zh)
{
    chinese = zh;
}

bool words_zh(void)
{
    return chinese;
}

const char *words_pick(const struct words *w)
{
    const char *text = chinese ? w->zh : w->en;
    return text == NULL ? "" : text;
}

const struct script_step *step_now(const struct ceremony *c)
{
    return &c->script->steps[c->instances[c->current].step];
}

struct instance *instance_now(struct ceremony *c)
{
    return &c->instances[c->current];
}

const char *seat_person(const struct ceremony *c, const char *seat, int n)
{
    char name[48];
    snprintf(name, sizeof name, "seat.%.32s.%d", seat, n);
    return var_get(c, name);
}

int seat_count(const struct ceremony *c, const char *seat)
{
    const struct script_seat *s = script_seat_by_id(c->script, seat);
    if (s == NULL)
        return 0;
    return s->count != NULL ? var_number(c, s->count) : s->least;
}

bool seat_taken_by(const struct ceremony *c, const char *person)
{
    for (size_t i = 0; i < c->var_count; i++)
        if (strncmp(c->vars[i].name, "seat.", 5) == 0 && strcmp(c->vars[i].value, person) == 0)
            return true;
    return false;
}

enum kr_error seat_allows(const struct ceremony *c, const struct person *p, unsigned role)
{
    if (p->revoked)
        return kr_fail(KR_E_PERSON_REVOKED, "%s", p->name);
    if ((p->roles & role) == 0)
        return kr_fail(KR_E_ROLE, "%s", p->name);
    if (seat_taken_by(c, p->slot.person) || people_judge(c, p->slot.person))
        return kr_fail(KR_E_SAME_PERSON, "%s", p->name);
    return KR_OK;
}

const char *step_person(const struct ceremony *c)
{
    return instance_person(c, &c->instances[c->current]);
}

const char *instance_person(const struct ceremony *c, const struct instance *in)
{
    const struct script_step *step = &c->script->steps[in->step];
    int n = 1;
    if (step->who == NULL)
        return "";
    for (size_t i = 0; i < step->repeat_count && (int)i < in->indices; i++)
        if (strcmp(step->repeat[i], step->who) == 0)
            n = in->index[i];
    return seat_person(c, step->who, n);
}

int step_group(const struct ceremony *c)
{
    return instance_group(c, &c->instances[c->current]);
}

int instance_group(const struct ceremony *c, const struct instance *in)
{
    const struct script_step *step = &c->script->steps[in->step];
    for (size_t i = 0; i < step->repeat_count && (int)i < in->indices; i++)
        if (strcmp(step->repeat[i], "groups") == 0)
            return group_at(c, in->index[i]);
    return 0;
}

const char *person_name(const struct ceremony *c, const char *person)
{
    const struct slots *slots = session_slots(c->session);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, person);
    return p == NULL ? person : p->name;
}

void instance_key(const struct ceremony *c, const struct instance *in, const char *part,
                  char out[64])
{
    const struct script_step *step = &c->script->steps[in->step];
    int group = instance_group(c, in);
    int first = in->index[0], second = in->index[1];
    for (size_t i = 0; i < step->repeat_count && (int)i < in->indices; i++)
        if (strcmp(step->repeat[i], "groups") == 0)
            *(i == 0 ? &first : &second) = group;
    const char *dot = part == NULL ? "" : ".";
    const char *tail = part == NULL ? "" : part;
    if (in->indices == 2)
        snprintf(out, 64, "%.30s%s%s[%d.%d]", step->id, dot, tail, first, second);
    else if (in->indices == 1)
        snprintf(out, 64, "%.30s%s%s[%d]", step->id, dot, tail, first);
    else
        snprintf(out, 64, "%.30s%s%s", step->id, dot, tail);
}

void step_request_key(const struct ceremony *c, const char *part, char out[64])
{
    instance_key(c, &c->instances[c->current], part, out);
}

/* What {name} stands for in the words of the current step. */
static void brace_value(const struct ceremony *c, const struct instance *in, const char *name,
                        size_t len, char *out, size_t room)
{
    const struct script_step *step = &c->script->steps[in->step];
    out[0] = '\0';
    if (strncmp(name, "person", len) == 0)
        snprintf(out, room, "%s", person_name(c, instance_person(c, in)));
    else if (strncmp(name, "with", len) == 0)
        snprintf(out, room, "%s",
                 step->with == NULL ? "" : person_name(c, seat_person(c, step->with, 1)));
    else if ((strncmp(name, "group", len) == 0 && instance_group(c, in) == 0) ||
             (strncmp(name, "letter", len) == 0 && in->indices == 0))
        snprintf(out, room, "…"); /* not known before the opening */
    else if (strncmp(name, "group", len) == 0)
        snprintf(out, room, "%d", instance_group(c, in));
    else if (strncmp(name, "letter", len) == 0)
        snprintf(out, room, "%c", 'A' + in->index[0] - 1);
    else if (strncmp(name, "key", len) == 0)
        snprintf(out, room, "%s", step->key == NULL ? "" : step->key);
    else if (strncmp(name, "count", len) == 0)
        snprintf(out, room, "%s", var_get(c, "quantity"));
    else if (strncmp(name, "reader", len) == 0)
        snprintf(out, room, "%d", step->reader);
    else if (strncmp(name, "card", len) == 0)
        snprintf(out, room, "%s", step->card == NULL ? "" : step->card);
}

static void words_fill(const struct ceremony *c, const struct instance *in, const char *text,
                       char *out, size_t room)
{
    size_t len = 0;
    while (*text != '\0' && len + 1 < room) {
        size_t brace = *text == '{' ? strcspn(text, "}") : 0;
        if (brace > 1 && text[brace] == '}') {
            char value[PERSON_NAME_MAX];
            brace_value(c, in, text + 1, brace - 1, value, sizeof value);
            int put = snprintf(out + len, room - len, "%s", value);
            len += (size_t)put < room - len ? (size_t)put : room - len - 1;
            text += brace + 1;
        } else {
            out[len++] = *text++;
        }
    }
    out[len] = '\0';
    text_cut(out);
    len = strlen(out);
    while (len > 0 && out[len - 1] == '\n')
        len--;
    out[len] = '\0';
}

void instance_title(const struct ceremony *c, const struct instance *in, char *out, size_t room)
{
    words_fill(c, in, words_pick(&c->script->steps[in->step].title), out, room);
}

void request_from_step(struct ceremony *c, struct request *r, enum request_kind kind,
                       const char *part)
{
    const struct script_step *step = step_now(c);
    r->kind = kind;
    r->text_max = sizeof r->initial - 1;
    step_request_key(c, part, r->key);
    words_fill(c, &c->instances[c->current], words_pick(&step->title), r->title, sizeof r->title);
    words_fill(c, &c->instances[c->current], words_pick(&step->text), r->text, sizeof r->text);
    snprintf(r->person, sizeof r->person, "%s", step_person(c));
    snprintf(r->person_name, sizeof r->person_name, "%s", person_name(c, r->person));
}

void request_option(struct request *r, const char *word, bool destructive, const char *text)
{
    if (r->option_count == REQUEST_OPTIONS_MAX)
        return;
    struct request_option *o = &r->options[r->option_count++];
    snprintf(o->word, sizeof o->word, "%s", word);
    text_put(o->text, sizeof o->text, "%s", text);
    o->destructive = destructive;
}

void request_fact(struct request *r, const char *label, const char *format, ...)
{
    va_list args;
    if (r->fact_count == REQUEST_FACTS_MAX)
        return;
    struct request_fact *f = &r->facts[r->fact_count++];
    text_put(f->label, sizeof f->label, "%s", label);
    va_start(args, format);
    text_fill(f->value, sizeof f->value, format, args);
    va_end(args);
}

void request_key(struct request *r, const struct key_record *rec)
{
    const struct key_kind *kind = key_kind_by_name(rec->kind);
    char label[160], group[16] = "";
    if (rec->group > 0)
        snprintf(group, sizeof group, " %d", rec->group);
    snprintf(label, sizeof label, "%s%s %s", rec->kind, group,
             kind == NULL ? "" : gettext(kind->title));
    request_fact(r, label, "KCV %.2s %.2s %.2s", rec->kcv, rec->kcv + 2, rec->kcv + 4);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void step_goto(struct ceremony *c, int phase)
{
    c->phase = phase;
    c->dirty = true;
}

static void step_leave(struct ceremony *c, enum step_state state)
{
    pthread_mutex_lock(&c->lock);
    struct instance *in = &c->instances[c->current];
    in->state = state;
    in->time_ms = now_ms();
    size_t next = c->current + 1;
    while (next < c->instance_count &&
           (c->instances[next].state == STEP_DONE || c->instances[next].state == STEP_SKIPPED ||
            c->instances[next].state == STEP_FAILED))
        next++; /* done before some step went back to components of one group */
    if (next < c->instance_count)
        c->current = next;
    else
        c->finished = true;
    if (!c->finished)
        c->instances[c->current].state = STEP_CURRENT;
    c->phase = 0;
    c->dirty = true;
    pthread_mutex_unlock(&c->lock);
}

void step_done(struct ceremony *c, const char *who, const char *fact_format, ...)
{
    va_list args;
    pthread_mutex_lock(&c->lock);
    struct instance *in = &c->instances[c->current];
    snprintf(in->who, sizeof in->who, "%s", who);
    va_start(args, fact_format);
    text_fill(in->fact, sizeof in->fact, fact_format, args);
    va_end(args);
    pthread_mutex_unlock(&c->lock);
    step_leave(c, STEP_DONE);
}

void step_failed(struct ceremony *c, const char *who, const char *fact)
{
    pthread_mutex_lock(&c->lock);
    struct instance *in = &c->instances[c->current];
    snprintf(in->who, sizeof in->who, "%s", who);
    text_put(in->fact, sizeof in->fact, "%s", fact);
    pthread_mutex_unlock(&c->lock);
    step_leave(c, STEP_FAILED);
}

void step_skip(struct ceremony *c)
{
    step_leave(c, STEP_SKIPPED);
}

void step_back_to(struct ceremony *c, size_t instance)
{
    pthread_mutex_lock(&c->lock);
    c->instances[c->current].state = STEP_AHEAD;
    c->instances[instance].state = STEP_CURRENT;
    c->instances[instance].fact[0] = '\0';
    c->current = instance;
    c->phase = 0;
    c->dirty = true;
    pthread_mutex_unlock(&c->lock);
}

enum kr_error step_problem(struct ceremony *c, enum kr_error why)
{
    trace_trouble(c, why);
    kr_explain(why, NULL, c->problem, sizeof c->problem);
    return KR_OK;
}
