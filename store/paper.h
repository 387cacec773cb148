/*
 * Checkpoints that people hold on paper. The database remembers of which size the newest of them
 * was, so that it can be asked for when the store is opened; nothing signs that number, and an
 * older copy of the whole folder remembers an older one. What proves is the paper.
 */
#ifndef KEYRITE_STORE_PAPER_H
#define KEYRITE_STORE_PAPER_H

#include "store.h"

/* 0: nobody has one, or it was lost. */
enum kr_error paper_size(struct store *s, uint64_t *size);
/* A transaction of its own. */
enum kr_error paper_remember(struct store *s, uint64_t size);
/*
 * The short form as it was typed from paper, against the journal: there is a checkpoint of that
 * size with that root (its first 80 bits), signed by the log, and the tree of today follows from
 * its tree by the entries after it. KR_E_NOT_CHECKPOINT when it is no short form; KR_E_PAPER_OLDER
 * when people took down a newer one; KR_E_STORE_OLD when the journal is shorter than the paper
 * says; KR_E_CHECKPOINT when it says something else. form: as it is written.
 */
enum kr_error paper_check(struct store *s, const char *typed, size_t len,
                          char form[CHECKPOINT_SHORT_MAX]);
/* The short form that the newest paper must bear. KR_E_NOT_FOUND when there is none. */
enum kr_error paper_form(struct store *s, char form[CHECKPOINT_SHORT_MAX]);

#endif
