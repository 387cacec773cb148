/* A store verified with the checkpoints given. Inside store/audit. */
#ifndef KEYRITE_STORE_AUDIT_VERIFY_STORE_H
#define KEYRITE_STORE_AUDIT_VERIFY_STORE_H

#include "../verify.h"
#include "audit.h"

/* The errors of store_verify() and store_verify_against(), KR_E_FILE. */
enum kr_error verify_store(const struct audit_options *o, struct store *s,
                           struct verify_report *report);

#endif
