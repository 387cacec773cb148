/*
 * The two sandboxes that harden.h puts together, each on its own so that a test can show that
 * either holds without the other. Both bind the calling process for good; Landlock binds only the
 * calling thread and those it starts, so call before there are others. no_new_privs must be set
 * (harden_process()).
 */
#ifndef KEYRITE_CRYPTO_SANDBOX_H
#define KEYRITE_CRYPTO_SANDBOX_H

#include <stdbool.h>
#include "error.h"

/* Landlock's version in this kernel, asked at run time; 0 when it has none. */
int sandbox_landlock_abi(void);
enum sandbox_access {
    SANDBOX_READ,   /* read files and list folders */
    SANDBOX_CHANGE, /* and write, make, rename and remove them */
};
/* No file but those below folder (NULL: none at all), no TCP, no signals to others. KR_OK also
 * where the kernel has no Landlock: security_probe() says so. KR_E_FILE when folder cannot be
 * opened. Files already open stay usable. */
enum kr_error sandbox_paths(const char *folder, enum sandbox_access access);
/* Only what computing and speaking on open sockets needs; anything else kills the process. */
enum kr_error sandbox_calls_vault(void);
/* Everything but starting programs and looking into other processes, which kill; without sockets,
 * making one fails with EACCES. */
enum kr_error sandbox_calls_no_exec(bool sockets);

#endif
