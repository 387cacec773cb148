/* One level back, while nothing has been signed yet: a seat given to the wrong person, a number
 * typed wrongly. */
#include <stdio.h>
#include <string.h>

#include "steps/steps.h"

enum { OPEN_SEATS = 100 }; /* steps/open.c counts its parameters below this phase */

/* The seat filled last, in the order in which they are asked for; false when none is. */
static bool last_seat(const struct ceremony *c, char name[48])
{
    bool found = false;
    for (size_t i = 0; i < c->script->seats_count; i++)
        for (int n = 1; n <= c->script->seats[i].most; n++)
            if (seat_person(c, c->script->seats[i].id, n)[0] != '\0') {
                snprintf(name, 48, "seat.%.32s.%d", c->script->seats[i].id, n % 100);
                found = true;
            }
    for (int n = 1; n <= PEOPLE_MAX && seat_person(c, "quorum", n)[0] != '\0'; n++) {
        snprintf(name, 48, "seat.quorum.%d", n);
        found = true;
    }
    return found;
}

static bool is_kind(const struct ceremony *c, const char *kind)
{
    return strcmp(step_now(c)->kind, kind) == 0;
}

bool back_possible(const struct ceremony *c)
{
    char name[48];
    if (c->finished || c->aborted || var_get(c, "open-entry")[0] != '\0')
        return false;
    if (is_kind(c, "open"))
        return c->phase > 0 || last_seat(c, name);
    return (is_kind(c, "centre") || is_kind(c, "enrol")) && c->phase > 0;
}

static void open_back(struct ceremony *c)
{
    char name[48];
    if (last_seat(c, name)) {
        var_clear(c, name);
        step_goto(c, OPEN_SEATS);
    } else if (c->phase >= OPEN_SEATS && c->script->parameters_count > 0) {
        step_goto(c, (int)c->script->parameters_count - 1);
    } else if (c->phase > 0 && c->phase < OPEN_SEATS) {
        step_goto(c, c->phase - 1);
    }
}

enum kr_error take_back(struct ceremony *c)
{
    if (!back_possible(c))
        return step_problem(c, kr_fail(KR_E_ANSWER, "back"));
    entry_drop(c);
    if (is_kind(c, "open"))
        open_back(c);
    else
        step_goto(c, c->phase - 1);
    return KR_OK;
}
