/*
 * Checkpoints that an auditor brings, as text signed by the log or as short forms from paper, held
 * against a journal while it is read. Inside the store floor; no database.
 */
#ifndef KEYRITE_STORE_BROUGHT_H
#define KEYRITE_STORE_BROUGHT_H

#include "journal_head.h"
#include "verify.h"

struct brought_text {
    const char *text;
    size_t len;
};
struct brought_one {
    char compact[CHECKPOINT_COMPACT_MAX]; /* as it was brought, "" for other forms */
    struct checkpoint said;               /* of a short form the size alone */
    char form[CHECKPOINT_SHORT_MAX];      /* "": text */
    char text[CHECKPOINT_MAX + 1];
    bool compared;
};
struct brought_list {
    struct brought_one *list;
    size_t count;
};
/* KR_E_NOT_CHECKPOINT for anything that is neither. The list is to be freed in any case. */
enum kr_error brought_read(struct brought_list *b, const struct brought_text *texts, size_t count);
void brought_free(struct brought_list *b);
/* The log's signature is what makes a text a checkpoint of this journal: else
 * KR_E_NOT_CHECKPOINT. */
enum kr_error brought_are_signed(struct brought_list *b, const char *origin,
                                 const uint8_t log_public[32]);
/* Those of just the size reached; each is compared once. Counts checkpoints and cosignatures.
 * KR_E_CHECKPOINT, KR_E_SIGNATURE. */
enum kr_error brought_compare(struct brought_list *b, const char *origin, const struct tree *tree,
                              const struct roster *roster, struct verify_report *report);
/* At the end: KR_E_STORE_OLD when one is larger, KR_E_BUNDLE_LACKS when one was not compared. */
enum kr_error brought_beyond(const struct brought_list *b, uint64_t size);

#endif
