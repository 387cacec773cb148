/* How a batch goes: how far its step is, and for whoever watches a line for each of the last cards.
 * The lines are not saved: the account itself is in pieces.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run.h"

/* ---- What the step counts ---- */

static const char *count_name(const struct ceremony *c, const char *what, char name[48])
{
    snprintf(name, 48, "%.12s.%.32s", what, step_now(c)->id);
    return name;
}

int step_counted(const struct ceremony *c, const char *what)
{
    char name[48];
    const char *own = var_get(c, count_name(c, what, name));
    /* A state saved before steps counted for themselves has one number for all of them. */
    return own[0] == '\0' ? var_number(c, what) : var_number(c, name);
}

enum kr_error step_count(struct ceremony *c, const char *what)
{
    char name[48];
    return var_set(c, count_name(c, what, name), "%d", step_counted(c, what) + 1);
}

/* ---- The last cards ---- */

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void batch_card(struct ceremony *c)
{
    pthread_mutex_lock(&c->lock);
    c->card_ms = steady_ms();
    pthread_mutex_unlock(&c->lock);
}

/* The line of a chip, or a new one in place of the oldest. */
static struct card_line *line_for(struct ceremony *c, const char *chip)
{
    size_t known = c->line_count < CARD_LINES_MAX ? c->line_count : CARD_LINES_MAX;
    for (size_t i = 1; i <= known; i++) {
        struct card_line *line = &c->lines[(c->line_count - i) % CARD_LINES_MAX];
        if (strcmp(line->chip, chip) == 0)
            return line;
    }
    struct card_line *line = &c->lines[c->line_count++ % CARD_LINES_MAX];
    memset(line, 0, sizeof *line);
    snprintf(line->chip, sizeof line->chip, "%s", chip);
    return line;
}

void batch_line(struct ceremony *c, const struct piece_record *p)
{
    pthread_mutex_lock(&c->lock);
    struct card_line *line = line_for(c, p->chip);
    snprintf(line->number, sizeof line->number, "%s", p->number);
    snprintf(line->what, sizeof line->what, "%s", p->what);
    if (strcmp(p->what, "doubt") != 0) {
        line->ended_ms = steady_ms();
        if (strcmp(p->what, "good") == 0)
            line->trouble = KR_OK;
        if (c->card_ms != 0)
            line->work_ms = line->ended_ms - c->card_ms;
        c->card_ms = 0;
    }
    pthread_mutex_unlock(&c->lock);
}

void batch_trouble(struct ceremony *c, const char *chip, enum kr_error why)
{
    pthread_mutex_lock(&c->lock);
    struct card_line *line = line_for(c, chip);
    line->trouble = why;
    if (c->card_ms != 0)
        line->work_ms = steady_ms() - c->card_ms;
    c->card_ms = 0;
    pthread_mutex_unlock(&c->lock);
}

void batch_size(const struct ceremony *c, unsigned *done, unsigned *total)
{
    static const struct {
        const char *kind, *count;
    } batches[] = {{"intake", "taken"}, {"wash", "washed"}, {"personalise", "made"}};
    const struct script_step *step = step_now(c);
    *done = *total = 0;
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        if (strcmp(batches[i].kind, step->kind) != 0)
            continue;
        *total = (unsigned)var_number(c, "quantity");
        *done = (unsigned)step_counted(c, batches[i].count);
        if (i > 0)
            *done += (unsigned)step_counted(c, "aside");
    }
}

size_t ceremony_cards(struct ceremony *c, struct card_line *out, size_t room)
{
    pthread_mutex_lock(&c->lock);
    size_t n = c->line_count < CARD_LINES_MAX ? c->line_count : CARD_LINES_MAX;
    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++) {
        out[i] = c->lines[(c->line_count - n + i) % CARD_LINES_MAX];
        out[i].untouched = c->untouched && strcmp(out[i].chip, var_get(c, "chip")) == 0 &&
                           strcmp(out[i].what, "doubt") == 0;
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}
