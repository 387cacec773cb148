/* Inside the script checker: one file for the frame and form of a script, one for what the step
 * kinds ask of each other. */
#ifndef KEYRITE_CEREMONY_SCRIPT_CHECK_H
#define KEYRITE_CEREMONY_SCRIPT_CHECK_H

#include "run.h"

struct check {
    const struct script *s;
    struct script_finding *out;
    size_t room, count;
};
/* rule "" for form. */
void finding(struct check *k, unsigned line, const char *rule, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Place of the step with that id; steps_count when there is none. */
size_t step_index(const struct script *s, const char *id);
bool seat_has_role(const struct script *s, const char *seat, unsigned roles);
const struct script_parameter *parameter_by_id(const struct script *s, const char *id);
/* Supervisors whose approval covers that step: people, not approvals. */
size_t approvers_of(const struct script *s, size_t step);
/* Small letters, digits and hyphens: what ids and file names are made of. */
bool name_fits(const char *name, size_t most);

/* What a step of this kind needs from the steps before it (script_rules.c). */
void check_rules_of_kind(struct check *k, const struct script_step *step,
                         const struct step_kind *kind);
/* What the whole script needs: parameters that kinds read, signers of the closing, founding. */
void check_whole(struct check *k);

#endif
