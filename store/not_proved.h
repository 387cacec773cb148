/* What is not proved by verifying: said with every verdict, on every report and paper. */
#ifndef KEYRITE_STORE_NOT_PROVED_H
#define KEYRITE_STORE_NOT_PROVED_H

/* Of a journal, and of a transfer note: one sentence each, N_() texts; ended by NULL. */
extern const char *const not_proved[];
extern const char *const not_proved_by_note[];

#endif
