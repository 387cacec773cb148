/*
 * What a bundle proves, with no secret and no database: docs/bundle-format.md, "Verifying". Inside
 * the store floor.
 */
#ifndef KEYRITE_STORE_BUNDLE_VERIFY_BUNDLE_H
#define KEYRITE_STORE_BUNDLE_VERIFY_BUNDLE_H

#include "../brought.h"
#include "bundle.h"

struct bundle_report {
    struct verify_report journal; /* its rows and working state stay 0 */
    struct bundle_head head;
    struct bundle_counts counts;
    /* What entry 0 says of the centre. */
    char centre[PERSON_NAME_MAX];
    char tier[16];
    bool rehearsal;
};
/* Whoever wants to see what was read; each may be NULL. */
struct bundle_watch {
    bool (*progress)(void *ctx, uint64_t done, uint64_t all); /* false cancels: KR_E_CANCELLED */
    /* Every item but the end, in order, before it is judged. e only for an entry that could be
     * decoded, its body set unless withheld. An error ends the verification. */
    enum kr_error (*item)(void *ctx, struct bundle_item *item, const struct entry *e);
    void *ctx;
};
/* Reads f from where it stands to its end. KR_OK when it came to a verdict (see report->journal);
 * KR_E_NOT_BUNDLE, KR_E_FILE; for what was brought KR_E_NOT_CHECKPOINT, as store_verify_against(),
 * and KR_E_BUNDLE_LACKS for a size inside a gap. watch may be NULL. */
enum kr_error bundle_verify(FILE *f, const struct brought_text *brought, size_t count,
                            const struct bundle_watch *watch, struct bundle_report *report);

#endif
