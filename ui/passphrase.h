/* The box in which one person's passphrase is typed, straight into the vault. */
#ifndef KEYRITE_UI_PASSPHRASE_H
#define KEYRITE_UI_PASSPHRASE_H

#include "console.h"

/* use: signs in, shows that somebody present is back, or answers for a paper that is lost. A hint
 * for a demonstration ("demo passphrase: ..."), or "". Copied. On Enter the session signs the
 * person in on the worker; when that worked the box goes and done(c, ctx) is called (may be NULL);
 * else it says why and begins anew. */
enum passphrase_use { PASSPHRASE_SIGN_IN, PASSPHRASE_UNLOCK, PASSPHRASE_PAPER_LOST };
void passphrase_push(struct console *c, enum passphrase_use use, const char *person,
                     const char *name, const char *hint, void (*done)(struct console *c, void *ctx),
                     void *ctx);

#endif
