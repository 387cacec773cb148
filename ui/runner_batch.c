#include "runner_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "language.h"
#include "text.h"

#define NUMBER_COLUMN 1
#define MARK_COLUMN   27
#define STATE_COLUMN  29
#define TEXT_COLUMN   40

void duration_text(int64_t ms, char *out, size_t room)
{
    if (ms < 60000)
        snprintf(out, room, _("%d.%d s"), (int)(ms / 1000), (int)(ms / 100 % 10));
    else if (ms < 3600000)
        snprintf(out, room, _("%d min %d s"), (int)(ms / 60000), (int)(ms / 1000 % 60));
    else
        snprintf(out, room, _("%d h %d min"), (int)(ms / 3600000), (int)(ms / 60000 % 60));
}

void pace_text(const uint32_t *ms, size_t count, char *out, size_t room)
{
    static const char *const glyphs[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint32_t most = 1;
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        most = ms[i] > most ? ms[i] : most;
    for (size_t i = 0; i < count && at + 4 < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s", glyphs[ms[i] * 7 / most]);
}

void runner_bar_draw(struct pane *p, unsigned done, unsigned total)
{
    char count[64];

    snprintf(count, sizeof count, "%u / %u  %3u %%", done, total, done * 100 / total);
    pane_right(p, INK_PLAIN, count);
    draw_bar(p, 1, p->area.width - p->right - 2, done, total);
    pane_next(p);
}

static void progress_of(const struct runner *r, struct ceremony_progress *work)
{
    memset(work, 0, sizeof *work);
    if (r->ceremony)
        ceremony_progress(r->ceremony, work);
}

bool runner_batch_runs(const struct runner *r)
{
    struct ceremony_progress work;

    progress_of(r, &work);
    return work.batch;
}

/* ---- Sums: where every card is that was drawn ---- */

static void draw_sums(const struct runner *r, const struct ceremony_progress *work, struct pane *p)
{
    char text[160];
    size_t at = 0;

    at += (size_t)snprintf(text, sizeof text, _("Drawn %u = good %u + spoiled %u"), work->drawn,
                           work->good, work->spoiled);
    if (work->lost > 0)
        at += (size_t)snprintf(text + at, sizeof text - at, _(" + lost %u"), work->lost);
    if (work->returned > 0)
        at += (size_t)snprintf(text + at, sizeof text - at, _(" + returned %u"), work->returned);
    if (work->doubt > 0)
        snprintf(text + at, sizeof text - at,
                 r->working        ? _(" + in the reader %u")
                 : work->untouched ? _(" + not written yet %u")
                                   : _(" + in doubt %u"),
                 work->doubt);
    if (work->doubt == 0)
        pane_right(p, INK_GOOD, _("in balance"));
    pane_put(p, 1, INK_PLAIN, text);
    pane_next(p);
}

/* ---- Pace ---- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* From one card to the next, hands included; in the middle of the last ones, so that a pause does
 * not count. 0: not known yet. */
static int64_t rate_of(const struct card_line *lines, size_t count)
{
    int64_t steps[CARD_LINES_MAX] = {0}, before = 0;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (lines[i].ended_ms == 0)
            continue;
        if (before != 0 && lines[i].ended_ms > before)
            steps[n++] = lines[i].ended_ms - before;
        before = lines[i].ended_ms;
    }
    qsort(steps, n, sizeof steps[0], by_size);
    return n == 0 ? 0 : steps[n / 2];
}

static void draw_pace(const struct runner *r, const struct ceremony_progress *work, struct pane *p)
{
    struct card_line lines[CARD_LINES_MAX];
    uint32_t ms[CARD_LINES_MAX];
    char rate[48], left[48], pace[PACE_MAX * 4];
    size_t count = ceremony_cards(r->ceremony, lines, CARD_LINES_MAX), n = 0;
    int64_t each = rate_of(lines, count);

    for (size_t i = 0; i < count && n < PACE_MAX; i++)
        if (lines[i].ended_ms != 0)
            ms[n++] = (uint32_t)lines[i].work_ms;
    if (each == 0)
        return;
    pace_text(ms, n, pace, sizeof pace);
    duration_text(each, rate, sizeof rate);
    duration_text(each * (work->total - work->done), left, sizeof left);
    if (work->done < work->total)
        pane_putf(p, 1, INK_FAINT, _("%s a card · %s left · pace %s"), rate, left, pace);
    else
        pane_putf(p, 1, INK_FAINT, _("%s a card · pace %s"), rate, pace);
    pane_next(p);
}

void runner_batch_draw(const struct runner *r, struct pane *p)
{
    struct ceremony_progress work;

    progress_of(r, &work);
    draw_sums(r, &work, p);
    if (work.total > 0)
        runner_bar_draw(p, work.done, work.total);
    draw_pace(r, &work, p);
}

/* ---- One line a card ---- */

static void grouped_text(const char *number, char *out, size_t room)
{
    size_t at = 0;

    for (size_t i = 0; number[i] && at + 2 < room; i++) {
        if (i > 0 && i % 4 == 0)
            out[at++] = ' ';
        out[at++] = number[i];
    }
    out[at] = '\0';
}

static const char *where_to(const struct card_line *line, char *out, size_t room)
{
    if (line->trouble != KR_OK)
        return kr_explain(line->trouble, NULL, out, room);
    if (strcmp(line->what, "spoiled") == 0)
        return _("into the red tray");
    if (strcmp(line->what, "lost") == 0)
        return _("it cannot be found");
    return strcmp(line->what, "returned") == 0 ? _("back to its maker") : "";
}

static void draw_card_line(const struct runner *r, const struct card_line *line, struct pane *p)
{
    bool good = strcmp(line->what, "good") == 0, doubt = strcmp(line->what, "doubt") == 0;
    enum ink ink = good ? INK_GOOD : doubt ? INK_WARN : INK_BAD;
    char number[40], took[48], text[512];

    grouped_text(line->number, number, sizeof number);
    if (line->work_ms > 0) {
        duration_text(line->work_ms, took, sizeof took);
        pane_right(p, INK_FAINT, took);
    }
    pane_put(p, NUMBER_COLUMN, INK_PLAIN, number);
    if (doubt && r->working && line->trouble == KR_OK) {
        pane_put(p, MARK_COLUMN, INK_CHOSEN, "▶");
        pane_put(p, STATE_COLUMN, INK_PLAIN, _("in the reader"));
    } else {
        pane_put(p, MARK_COLUMN, ink, good ? "✓" : doubt ? "!" : "✗");
        pane_put(p, STATE_COLUMN, ink, line->untouched ? _("unwritten") : vocabulary(line->what));
        pane_put(p, TEXT_COLUMN, INK_FAINT, where_to(line, text, sizeof text));
    }
    pane_next(p);
}

void runner_batch_cards(const struct runner *r, struct pane *p)
{
    struct card_line lines[CARD_LINES_MAX];
    size_t count = ceremony_cards(r->ceremony, lines, CARD_LINES_MAX);
    int room = p->area.height - p->row - 1;

    if (count == 0 || room < 1)
        return;
    pane_next(p);
    for (size_t i = count > (size_t)room ? count - (size_t)room : 0; i < count; i++)
        draw_card_line(r, &lines[i], p);
}
