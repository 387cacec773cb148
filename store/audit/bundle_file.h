/* A bundle as the file that was given. Inside store/audit; no database. */
#ifndef KEYRITE_STORE_AUDIT_BUNDLE_FILE_H
#define KEYRITE_STORE_AUDIT_BUNDLE_FILE_H

#include "../bundle/verify_bundle.h"
#include "audit.h"

/* Verifies it against the checkpoints given. item may be NULL (struct bundle_watch). The errors of
 * bundle_verify(), KR_E_FILE. */
enum kr_error bundle_file_verify(const struct audit_options *o,
                                 enum kr_error (*item)(void *ctx, struct bundle_item *item,
                                                       const struct entry *e),
                                 void *ctx, struct bundle_report *report);

#endif
