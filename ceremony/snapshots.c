/* What other threads may look at while an answer is worked on. All under the lock; a name or
 * variable read here is only written under it too. */
#include <stdio.h>
#include <time.h>

#include "run.h"

static int64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

size_t ceremony_steps(struct ceremony *c, struct step_line *out, size_t room, size_t *current)
{
    size_t n;
    pthread_mutex_lock(&c->lock);
    for (n = 0; n < c->instance_count && n < room; n++) {
        const struct instance *in = &c->instances[n];
        struct step_line *line = &out[n];
        snprintf(line->number, sizeof line->number, "%u", (unsigned)(n + 1) % 10000);
        instance_title(c, in, line->title, sizeof line->title);
        line->state = in->state;
        line->time_ms = in->time_ms;
        snprintf(line->who, sizeof line->who, "%s",
                 in->who[0] == '\0' ? "" : person_name(c, in->who));
        snprintf(line->fact, sizeof line->fact, "%s", in->fact);
    }
    *current = c->current;
    pthread_mutex_unlock(&c->lock);
    return n;
}

void progress_set(struct ceremony *c, const char *doing, unsigned done, unsigned total)
{
    pthread_mutex_lock(&c->lock);
    if (c->progress.doing[0] == '\0')
        c->progress.since_ms = wall_ms();
    text_put(c->progress.doing, sizeof c->progress.doing, "%s", doing);
    c->progress.done = done;
    c->progress.total = total;
    pthread_mutex_unlock(&c->lock);
}

void ceremony_progress(struct ceremony *c, struct ceremony_progress *p)
{
    pthread_mutex_lock(&c->lock);
    *p = c->progress;
    unsigned done, total;
    batch_size(c, &done, &total);
    p->batch = total > 1;
    if (p->batch) {
        p->done = done;
        p->total = total;
    }
    p->drawn = c->sum.drawn;
    p->good = c->sum.good;
    p->doubt = c->sum.doubt;
    p->spoiled = c->sum.spoiled;
    p->lost = c->sum.lost;
    p->returned = c->sum.returned;
    p->untouched = c->untouched && c->sum.doubt > 0;
    pthread_mutex_unlock(&c->lock);
}

size_t ceremony_trace(struct ceremony *c, struct trace_line *out, size_t room)
{
    pthread_mutex_lock(&c->lock);
    size_t n = c->trace_count < TRACE_MAX ? c->trace_count : TRACE_MAX;
    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++)
        out[i] = c->trace[(c->trace_count - n + i) % TRACE_MAX];
    pthread_mutex_unlock(&c->lock);
    return n;
}

const char *ceremony_id(const struct ceremony *c)
{
    return c->id;
}

const struct script *ceremony_script(const struct ceremony *c)
{
    return c->script;
}

static void seat_letter(const struct script_seat *seat, int n, char *out, size_t room)
{
    char title[28];
    text_put(title, sizeof title, "%s", words_pick(&seat->title));
    snprintf(out, room, "%s %c", title, 'A' + n - 1);
}

size_t ceremony_seats(struct ceremony *c, struct seat_line *out, size_t room)
{
    size_t count = 0;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->script->seats_count; i++) {
        const struct script_seat *seat = &c->script->seats[i];
        for (int n = 1; n <= seat->most && count < room; n++) {
            const char *person = seat_person(c, seat->id, n);
            if (person[0] == '\0')
                continue;
            struct seat_line *line = &out[count++];
            text_put(line->seat, sizeof line->seat, "%s", words_pick(&seat->title));
            if (seat->most > 1)
                seat_letter(seat, n, line->seat, sizeof line->seat);
            snprintf(line->person, sizeof line->person, "%s", person);
            snprintf(line->name, sizeof line->name, "%s", person_name(c, person));
            line->present = session_is_present(c->session, person);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return count;
}
