/* A passphrase that somebody chooses: typed twice, by that person. */
#ifndef KEYRITE_CEREMONY_NEW_PASSPHRASE_H
#define KEYRITE_CEREMONY_NEW_PASSPHRASE_H

#include "steps.h"

/* The caller has put the key of the request, the same for both typings. */
enum kr_error new_passphrase_ask(struct ceremony *c, struct request *r, const char *person,
                                 const char *name, bool again);
/* Goes on from the phase first to the phase again; *twice: both typings are the same, and
 * c->first_entry is the passphrase. Where they differ the problem is said, and first comes again.
 */
enum kr_error new_passphrase_take(struct ceremony *c, const struct answer *a, int first, int again,
                                  bool *twice);

#endif
