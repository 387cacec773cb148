/*
 * Faults of a simulated reader and card, for torture: the n-th command after the fault was armed
 * goes wrong in one of nine ways. The order lies in the deck (DECK/fault-SLOT, "N:KIND"), so that
 * the in-process simulator and keyrite-vcard share it, and is taken away before the fault happens:
 * it happens once, also to a process that is killed by it.
 */
#ifndef KEYRITE_CARDIO_SIM_FAULT_H
#define KEYRITE_CARDIO_SIM_FAULT_H

#include <limits.h>
#include "../../crypto/error.h"

enum sim_fault_kind {
    FAULT_NONE,
    FAULT_MUTE,        /* no answer, ever; not carried out */
    FAULT_GONE_BEFORE, /* pulled before the command was carried out */
    FAULT_GONE_AFTER,  /* carried out, pulled before the answer */
    FAULT_EMPTY,       /* carried out; an answer of no bytes */
    FAULT_ONE_BYTE,    /* carried out; an answer of one byte */
    FAULT_WRONG_SW,    /* carried out; 6F00 instead of the answer */
    FAULT_61XX,        /* carried out; 6110, but nothing to fetch */
    FAULT_6CXX,        /* not carried out; 6C10 */
    FAULT_RESET,       /* the card was reset before the command; not carried out */
    FAULT_KINDS
};
struct sim_fault {
    char path[PATH_MAX];
    enum sim_fault_kind kind; /* FAULT_NONE: not armed */
    unsigned left;            /* commands until it happens */
};
/* "mute", "gone-before" ...; FAULT_KINDS when unknown. */
enum sim_fault_kind sim_fault_by_name(const char *name);
/* The name of a kind that there is. */
const char *sim_fault_name(enum sim_fault_kind kind);
/* Writes the order. text is "N:KIND", N from 1. KR_E_DECK when it is not. */
enum kr_error sim_fault_order(const char *deck, int slot, const char *text);
/* Arms from the deck's order where there is one and nothing is armed yet. */
void sim_fault_arm(struct sim_fault *f, const char *deck, int slot);
/* Counts one command; what shall happen to it. */
enum sim_fault_kind sim_fault_next(struct sim_fault *f);

#endif
