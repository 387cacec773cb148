/* What no verification of a journal proves: said with every verdict and on every report. */
#ifndef KEYRITE_STORE_NOT_PROVED_H
#define KEYRITE_STORE_NOT_PROVED_H

/* One sentence each, N_() texts; ended by NULL. */
extern const char *const not_proved[];

#endif
