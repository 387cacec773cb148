/* What commands say of a verification, and the checkpoints given to them. Inside store/audit. */
#ifndef KEYRITE_STORE_AUDIT_SAYING_H
#define KEYRITE_STORE_AUDIT_SAYING_H

#include "../verify.h"
#include "audit.h"

/* The first lines: the verdict, and where it is bad which entry and why. */
void audit_print_verdict(const struct verify_report *r);
/* No more than that, where a command does not go on because of it. EXIT_ALTERED. */
int audit_say_altered(const struct audit_options *o, const struct verify_report *r);
/* The same as the beginning of a JSON object, with the origin. */
void audit_json_verdict(const struct verify_report *r);
/* What --checkpoint was given: a file's text, or the short form itself. KR_E_FILE. */
enum kr_error audit_read_checkpoint(const char *which, char text[CHECKPOINT_MAX + 1], size_t *len);

#endif
