/* What people read of an audit goes to a terminal, and much of it comes from files that somebody
 * may have made up. Inside store/audit. */
#ifndef KEYRITE_STORE_AUDIT_PLAIN_OUTPUT_H
#define KEYRITE_STORE_AUDIT_PLAIN_OUTPUT_H

#include "../../crypto/error.h"

/* From now on standard output writes text: line breaks, tabs, form feeds and whole UTF-8 characters
 * that are no control characters (C0, DEL, C1); "?" for each byte of anything else. KR_E_MEMORY. */
enum kr_error plain_output(void);

#endif
