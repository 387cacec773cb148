#include "not_proved.h"

#include <stddef.h>
#include "../crypto/error.h"

const char *const not_proved[] = {
    N_("that the people enrolled at the founding are who they say: compare their keys with the "
       "founding protocol"),
    N_("that what people signed is true, or that what happened was written down"),
    N_("that nothing was cut off after the newest checkpoint you brought: bring the short form on "
       "the last ceremony paper with --checkpoint"),
    N_("that the clock was right: times are the workstation's own"),
    N_("that sealed keys open: an auditor has no vault key; that they are the very bytes which "
       "were stored was compared"),
    N_("how far a ceremony has come that is not closed: its saved state is working state, which "
       "nobody signs"),
    N_("the store's counters of its openings and of slot file generations"),
    N_("anything about a workstation on which several signing keys were stolen"),
    NULL,
};

const char *const not_proved_by_note[] = {
    N_("that the sender's people are who they say: their log key vouches for their journal "
       "alone;"),
    N_("that the cards are in the bag: each proves itself when it is taken in;"),
    N_("that the sender's journal did not branch where no two notes of one size meet."),
    NULL,
};
