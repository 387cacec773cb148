/*
 * A bundle made from a store (docs/bundle-format.md): what an auditor takes home. Nothing is signed
 * for it; it covers the journal up to the newest checkpoint, so whoever can make one does that
 * first.
 */
#ifndef KEYRITE_STORE_EXPORT_H
#define KEYRITE_STORE_EXPORT_H

#include "bundle/verify_bundle.h"
#include "confidentiality.h"
#include "store.h"

struct export_choice {
    const char *ceremony; /* its id, up to 39 bytes; NULL: the whole journal */
    bool headers;         /* of one ceremony: entries of others are withheld, not hidden */
    unsigned level;       /* bodies up to this level are disclosed; CONFIDENTIALITY_MOST: all */
    bool json;
};
struct export_result {
    struct bundle_report proved; /* the bundle as it was read back and verified */
    uint64_t beyond;             /* entries after the newest checkpoint: not in it */
};
/* Writes the file path, which must not be there yet: a new file beside it, synced, read back and
 * verified, and only then named so. Works on a store opened either way; others may write meanwhile.
 * progress may be NULL; returning false cancels (KR_E_CANCELLED).
 *
 * KR_E_NOT_FOUND when there is no checkpoint yet, or no such ceremony up to it; KR_E_ARGUMENT;
 * KR_E_FILE; and what is wrong with the journal, when the bundle does not verify: result->proved
 * then names it. No file is left on any error. */
enum kr_error store_export(struct store *s, const struct export_choice *choice, const char *path,
                           bool (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                           struct export_result *result);

#endif
