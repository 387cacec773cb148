/* The runner: one ceremony, step by step. What people see of it is in runner_script.c and
 * runner_work.c. */
#ifndef KEYRITE_UI_RUNNER_H
#define KEYRITE_UI_RUNNER_H

#include "console.h"
#include "fields.h"

/* Opens a script file, or goes on with a ceremony by its id (the other one NULL). Copied. */
void runner_push(struct console *c, const char *path, const char *id);

/* ---- Inside the runner ---- */

#define RUNNER_STEPS 256
#define PACE_MAX     24
struct runner {
    struct session *session;
    char path[PATH_ROOM], id[40]; /* one of them */
    struct ceremony *ceremony;    /* NULL until it is open */
    bool working;
    int64_t working_ms;   /* since when */
    struct answer answer; /* in flight */
    bool answering;
    bool pause_after;              /* asked for while it works */
    struct request request, fresh; /* shown; as the worker brings it */
    bool asking;                   /* request holds something */
    enum kr_error error;           /* of the last job; ends the run when not KR_OK */
    char detail[192];
    char title[192]; /* for the header */
    bool resumed;    /* say once what was done last and what comes next */

    struct choice options;
    struct fields *fields; /* REQUEST_TEXT */
    bool details;
    bool scrolled; /* by hand: leave the scroll where it is */
    struct step_line steps[RUNNER_STEPS];
    size_t step_count, current;

    uint32_t card_changes; /* REQUEST_CARD: count of insertions when asked */
    int64_t card_ms;       /* since when a new card lies there; 0: none yet */

    unsigned pace_done;
    int64_t pace_ms;
    uint32_t pace[PACE_MAX]; /* milliseconds of the last pieces of work */
    size_t pace_count;
};

/* A rehearsal's answers instead of people's keys (rehearse_screen.c); false where there is none. */
bool rehearse_watched(struct console *c, struct screen *s);

/* Steps around the current one. wide: facts on a line of their own. */
void runner_script_draw(const struct runner *r, struct pane *p, bool wide);
/* The technical side: commands and status words, newest last. */
void runner_details_draw(const struct runner *r, struct pane *p);
/* The one thing to do now. Returns the virtual rows of the chosen option (first, last), both 0 for
 * none. */
struct row_span {
    int first, last;
};
struct row_span runner_work_draw(struct console *c, const struct runner *r, struct pane *p);
void runner_progress_draw(const struct runner *r, struct pane *p);

#endif
