/* What a card query finds amiss, against layout and inventory. Inside the ceremony floor. */
#ifndef KEYRITE_CEREMONY_CARD_FINDINGS_H
#define KEYRITE_CEREMONY_CARD_FINDINGS_H

#include "card_query.h"

/* What comes after CARD_FINDINGS_MAX is left out. */
void answer_add(struct card_answer *a, enum card_finding_kind kind, bool differs, const char *one,
                const char *two);
/* "number" "state" ...: as the journal has it. */
const char *answer_finding_word(enum card_finding_kind kind);
/* The application that was made last; NULL for none. */
const struct survey_directory *answer_application(const struct card_answer *a);
/* File 0015 of the MF when it is written, else NULL. */
const struct survey_file *answer_cdf(const struct card_answer *a);

void answer_check_centre(struct session *s, struct card_answer *a);
void answer_check_keys(struct card_answer *a);
/* Fills in the record. Errors of the store. */
enum kr_error answer_check_inventory(struct session *s, struct card_answer *a);
/* The verdict, from all findings. */
void answer_judge(struct card_answer *a);

#endif
