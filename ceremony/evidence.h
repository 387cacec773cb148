/*
 * A saved state against the journal: nobody signs the state, so what it says was done is believed
 * only where the ceremony's signed entries say it too.
 */
#ifndef KEYRITE_CEREMONY_EVIDENCE_H
#define KEYRITE_CEREMONY_EVIDENCE_H

#include "run.h"

/* The ceremony as state_read() left it. KR_E_SCRIPT_CHANGED when it was opened with another script;
 * KR_E_STORE_ROW, its detail naming what differs; and what journal_course() answers. */
enum kr_error state_agrees(struct ceremony *c);

#endif
