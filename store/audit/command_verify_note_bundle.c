/* verify: a transfer note, with a bundle beside it or without. */
#include "note_verdict.h"

int audit_verify_note_with_bundle(const struct audit_options *o)
{
    return note_verdict(o, note_verify_bundle);
}
