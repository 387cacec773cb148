/* The saved state of a running ceremony: variables, where it stands, what each step became. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/data_rows.h"
#include "run.h"

#define STATE_BYTES_MAX 524288

static struct var *var_find(const struct ceremony *c, const char *name)
{
    for (size_t i = 0; i < c->var_count; i++)
        if (strcmp(c->vars[i].name, name) == 0)
            return (struct var *)&c->vars[i];
    return NULL;
}

const char *var_get(const struct ceremony *c, const char *name)
{
    const struct var *v = var_find(c, name);
    return v == NULL ? "" : v->value;
}

int var_number(const struct ceremony *c, const char *name)
{
    return (int)strtol(var_get(c, name), NULL, 10);
}

enum kr_error var_set(struct ceremony *c, const char *name, const char *format, ...)
{
    va_list args;
    char value[TEXT_MAX] = ""; /* an argument may be a variable itself */
    struct var *v = var_find(c, name);
    if (v == NULL && c->var_count == VARS_MAX)
        return kr_fail(KR_E_TOO_LONG, "%s", name);
    va_start(args, format);
    text_fill(value, sizeof value, format, args);
    va_end(args);
    for (char *p = value; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    pthread_mutex_lock(&c->lock);
    if (v == NULL) {
        v = &c->vars[c->var_count++];
        snprintf(v->name, sizeof v->name, "%s", name);
    }
    memcpy(v->value, value, sizeof value);
    c->dirty = true;
    pthread_mutex_unlock(&c->lock);
    return KR_OK;
}

void var_clear(struct ceremony *c, const char *name)
{
    struct var *v = var_find(c, name);
    if (v == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    *v = c->vars[--c->var_count];
    c->dirty = true;
    pthread_mutex_unlock(&c->lock);
}

/* "1-5" or "2,4" or "3" -> the n-th group (1-based), 0 past the end. */
int group_at(const struct ceremony *c, int index1)
{
    const char *p = var_get(c, "groups");
    int seen = 0;
    while (*p != '\0') {
        char *end;
        long first = strtol(p, &end, 10), last = first;
        if (end == p)
            return 0;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        for (long g = first; g <= last; g++)
            if (++seen == index1)
                return (int)g;
        p = *end == ',' ? end + 1 : end;
        if (p == end && *p != '\0')
            return 0;
    }
    return 0;
}

int groups_count(const struct ceremony *c)
{
    int n = 0;
    while (group_at(c, n + 1) != 0)
        n++;
    return n;
}

static int dimension(const struct ceremony *c, const char *repeat)
{
    if (strcmp(repeat, "groups") == 0)
        return groups_count(c);
    return seat_count(c, repeat);
}

static void instance_add(struct ceremony *c, size_t step, int indices, int a, int b)
{
    if (c->instance_count == INSTANCES_MAX)
        return;
    struct instance *in = &c->instances[c->instance_count++];
    memset(in, 0, sizeof *in);
    in->step = step;
    in->indices = indices;
    in->index[0] = a;
    in->index[1] = b;
}

static void expand_step(struct ceremony *c, size_t step)
{
    const struct script_step *s = &c->script->steps[step];
    int outer = s->repeat_count > 0 ? dimension(c, s->repeat[0]) : 0;
    int inner = s->repeat_count > 1 ? dimension(c, s->repeat[1]) : 0;
    if (outer == 0 || (s->repeat_count > 1 && inner == 0)) {
        instance_add(c, step, 0, 0, 0);
        return;
    }
    for (int a = 1; a <= outer; a++) {
        if (s->repeat_count == 1)
            instance_add(c, step, 1, a, 0);
        for (int b = 1; s->repeat_count > 1 && b <= inner; b++)
            instance_add(c, step, 2, a, b);
    }
}

enum kr_error instances_expand(struct ceremony *c)
{
    pthread_mutex_lock(&c->lock);
    size_t first = 0;
    if (c->instance_count > 0) {
        c->instance_count = c->current + 1;
        first = c->instances[c->current].step + 1;
    }
    for (size_t i = first; i < c->script->steps_count; i++)
        expand_step(c, i);
    pthread_mutex_unlock(&c->lock);
    return c->instance_count == INSTANCES_MAX ? kr_fail(KR_E_TOO_LONG, "%s", c->script->id) : KR_OK;
}

enum kr_error state_text(const struct ceremony *c, char **out)
{
    char *text = malloc(STATE_BYTES_MAX);
    size_t len = 0;
    *out = NULL;
    if (text == NULL)
        return KR_E_MEMORY;
    len += (size_t)snprintf(text, STATE_BYTES_MAX, "state 1\ncurrent %zu\nphase %d\n", c->current,
                            c->phase);
    for (size_t i = 0; i < c->var_count && len + 700 < STATE_BYTES_MAX; i++)
        len += (size_t)snprintf(text + len, STATE_BYTES_MAX - len, "var %s %s\n", c->vars[i].name,
                                c->vars[i].value);
    for (size_t i = 0; i < c->instance_count && len + 700 < STATE_BYTES_MAX; i++) {
        const struct instance *in = &c->instances[i];
        if (in->state != STEP_AHEAD)
            len += (size_t)snprintf(text + len, STATE_BYTES_MAX - len,
                                    "step %zu %d %" PRId64 " %s %s\n", i, (int)in->state,
                                    in->time_ms, in->who[0] != '\0' ? in->who : "-", in->fact);
    }
    *out = text;
    return KR_OK;
}

static void state_line_step(struct ceremony *c, const char *line)
{
    size_t i;
    int state, used = 0;
    int64_t when;
    char who[PERSON_ID_MAX];
    if (sscanf(line, "step %zu %d %" SCNd64 " %23s %n", &i, &state, &when, who, &used) < 4 ||
        i >= c->instance_count)
        return;
    struct instance *in = &c->instances[i];
    in->state = (enum step_state)state;
    in->time_ms = when;
    snprintf(in->who, sizeof in->who, "%s", strcmp(who, "-") == 0 ? "" : who);
    snprintf(in->fact, sizeof in->fact, "%s", line + used);
}

static void state_line_var(struct ceremony *c, char *line)
{
    char *name = line + 4;
    char *value = strchr(name, ' ');
    if (value == NULL)
        return;
    *value = '\0';
    var_set(c, name, "%s", value + 1);
}

/* Two passes: the variables decide how many instances there are, then the step lines fall into
 * place. */
enum kr_error state_read(struct ceremony *c, const char *text)
{
    enum kr_error err = KR_OK;
    char *copy = strdup(text);
    char *steps = strdup(text);
    char *rest = NULL;
    if (copy == NULL || steps == NULL) {
        err = KR_E_MEMORY;
        goto done;
    }
    if (strncmp(text, "state 1\n", 8) != 0) {
        err = kr_fail(KR_E_STORE_DAMAGED, "ceremony state");
        goto done;
    }
    size_t current = 0;
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "var ", 4) == 0)
            state_line_var(c, line);
        else if (sscanf(line, "current %zu", &current) != 1)
            (void)sscanf(line, "phase %d", &c->phase);
    }
    c->instance_count = 0;
    c->current = 0;
    err = instances_expand(c);
    for (char *line = strtok_r(steps, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "step ", 5) == 0)
            state_line_step(c, line);
    c->current = current < c->instance_count ? current : c->instance_count - 1;
    c->dirty = false;
done:
    free(copy);
    free(steps);
    return err;
}

struct kept {
    struct var vars[VARS_MAX];
    struct instance instances[INSTANCES_MAX];
    size_t var_count, instance_count, current;
    int phase;
    bool aborted, finished, dirty;
    char id[sizeof((struct ceremony *)0)->id];
    char row_status[sizeof((struct ceremony *)0)->row_status];
};

void state_keep(struct ceremony *c)
{
    if (c->kept == NULL)
        c->kept = malloc(sizeof *c->kept);
    struct kept *k = c->kept;
    if (k == NULL)
        return;
    memcpy(k->vars, c->vars, c->var_count * sizeof c->vars[0]);
    memcpy(k->instances, c->instances, c->instance_count * sizeof c->instances[0]);
    memcpy(k->id, c->id, sizeof k->id);
    memcpy(k->row_status, c->row_status, sizeof k->row_status);
    k->var_count = c->var_count;
    k->instance_count = c->instance_count;
    k->current = c->current;
    k->phase = c->phase;
    k->aborted = c->aborted;
    k->finished = c->finished;
    k->dirty = c->dirty;
}

void state_put_back(struct ceremony *c)
{
    const struct kept *k = c->kept;
    if (k == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    memcpy(c->vars, k->vars, k->var_count * sizeof c->vars[0]);
    memcpy(c->instances, k->instances, k->instance_count * sizeof c->instances[0]);
    memcpy(c->id, k->id, sizeof c->id);
    memcpy(c->row_status, k->row_status, sizeof c->row_status);
    c->summed = false; /* the rows were rolled back */
    c->var_count = k->var_count;
    c->instance_count = k->instance_count;
    c->current = k->current;
    c->phase = k->phase;
    c->aborted = k->aborted;
    c->finished = k->finished;
    c->dirty = k->dirty;
    pthread_mutex_unlock(&c->lock);
}

/* The row with the script is written when the status changes; in between the state alone is. */
static enum kr_error state_put(struct ceremony *c, const char *status)
{
    struct ceremony_record rec = {0};
    enum kr_error err = KR_OK;
    if (c->id[0] == '\0')
        err = ceremonies_next_id(session_store(c->session), c->script->prefix, c->id);
    if (err == KR_OK)
        err = state_text(c, &rec.state);
    if (err == KR_OK && strcmp(c->row_status, status) == 0) {
        err = ceremonies_put_state(session_store(c->session), c->id, rec.state);
        free(rec.state);
        return err;
    }
    if (err != KR_OK)
        return err;
    snprintf(rec.id, sizeof rec.id, "%s", c->id);
    snprintf(rec.script, sizeof rec.script, "%s", c->script->id);
    snprintf(rec.status, sizeof rec.status, "%s", status);
    rec.opened_ms = strtoll(var_get(c, "opened"), NULL, 10);
    rec.script_text = c->script->source;
    err = ceremonies_put(session_store(c->session), &rec);
    free(rec.state);
    if (err == KR_OK)
        snprintf(c->row_status, sizeof c->row_status, "%s", status);
    return err;
}

/* With its closing entry a ceremony is "closing": what is left is the checkpoint and its page. */
static const char *status_of(const struct ceremony *c)
{
    if (c->aborted)
        return "aborted";
    if (c->finished)
        return "closed";
    return strcmp(step_now(c)->kind, "close") == 0 && c->phase != 0 ? "closing" : "open";
}

enum kr_error state_leave_nothing(struct ceremony *c)
{
    enum kr_error err = sealed_drop(session_store(c->session), c->id, NULL);
    return err == KR_OK ? data_rows_drop(session_store(c->session), c->id) : err;
}

enum kr_error state_save(struct ceremony *c)
{
    enum kr_error err = state_put(c, status_of(c));
    if (err == KR_OK)
        c->dirty = false;
    return err;
}

enum kr_error state_persist(struct ceremony *c)
{
    struct store *store = session_store(c->session);
    if (!c->dirty || store == NULL)
        return KR_OK;
    enum kr_error err = store_begin(store);
    if (err != KR_OK)
        return err;
    err = state_save(c);
    if (err == KR_OK)
        err = store_commit(store);
    else
        store_rollback(store);
    if (err == KR_OK)
        state_keep(c);
    return err;
}
