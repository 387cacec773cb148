#include "runner.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "language.h"

static const char *mark(enum step_state state)
{
    static const char *const marks[] = {[STEP_AHEAD] = " ",
                                        [STEP_CURRENT] = "▶",
                                        [STEP_DONE] = "✓",
                                        [STEP_SKIPPED] = "–",
                                        [STEP_FAILED] = "✗"};

    return marks[state];
}

static enum ink ink_of(enum step_state state)
{
    static const enum ink inks[] = {[STEP_AHEAD] = INK_FAINT,
                                    [STEP_CURRENT] = INK_CHOSEN,
                                    [STEP_DONE] = INK_PLAIN,
                                    [STEP_SKIPPED] = INK_FAINT,
                                    [STEP_FAILED] = INK_BAD};

    return inks[state];
}

static void clock_text(int64_t time_ms, char out[8])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm local;

    out[0] = '\0';
    if (time_ms <= 0)
        return;
    localtime_r(&seconds, &local);
    strftime(out, 8, "%H:%M", &local);
}

/* Who did it; for the current step who is asked now. */
static void draw_step(const struct step_line *s, const char *name, struct pane *p, bool wide)
{
    char when[8];
    enum ink ink = ink_of(s->state);
    int width = p->area.width;
    int who = wide ? width - 9 : 34, at = wide ? width - 16 : who + 15;

    clock_text(s->time_ms, when);
    pane_put(p, 1, s->state == STEP_DONE ? INK_GOOD : ink, mark(s->state));
    pane_putf(p, 3, ink, "%2s", s->number);
    struct pane title = *p;
    title.right = width - (wide ? at : who) + 1;
    pane_put(&title, 6, ink, s->title);
    struct pane person = *p;
    person.right = wide ? 0 : width - at + 1;
    pane_put(&person, who, ink, name);
    pane_put(p, at, INK_FAINT, when);
    if (!wide)
        pane_put(p, at + 7, INK_STRONG, s->fact);
    pane_next(p);
    if (wide && s->fact[0]) {
        pane_putf(p, 6, INK_PLAIN, "└ %s", s->fact);
        pane_next(p);
    }
}

static int rows_of(const struct step_line *s, bool wide)
{
    return wide && s->fact[0] ? 2 : 1;
}

/* The first step drawn: as many before the current one as leave two after it in view. */
static size_t first_step(const struct runner *r, int height, bool wide)
{
    size_t first = r->current < r->step_count ? r->current : 0;
    int after = 0, rows = 0;

    for (size_t i = first; i < r->step_count && after < height / 2 + 1; i++)
        after += rows_of(&r->steps[i], wide);
    while (first > 0 && rows + rows_of(&r->steps[first - 1], wide) <= height - after)
        rows += rows_of(&r->steps[--first], wide);
    return first;
}

void runner_script_draw(const struct runner *r, struct pane *p, bool wide)
{
    size_t i = first_step(r, p->area.height, wide);

    for (; i < r->step_count && p->row < p->area.height; i++) {
        const struct step_line *step = &r->steps[i];
        bool now = step->state == STEP_CURRENT && !step->who[0];
        draw_step(step, now ? r->request.person_name : step->who, p, wide);
    }
}

void runner_details_draw(const struct runner *r, struct pane *p)
{
    struct trace_line lines[64];
    size_t room = (size_t)(p->area.height > 1 ? p->area.height - 1 : 1);
    size_t count = r->ceremony ? ceremony_trace(r->ceremony, lines, room < 64 ? room : 64) : 0;

    pane_put(p, 1, INK_STRONG, _("Details: commands to cards, without their data"));
    pane_next(p);
    if (count == 0)
        pane_put(p, 1, INK_FAINT, _("No card has been spoken to yet."));
    for (size_t i = 0; i < count; i++) {
        pane_put(p, 1, INK_PLAIN, lines[i].text);
        pane_next(p);
    }
}
