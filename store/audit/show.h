/* Entries as people and programs read them, from a store or a bundle alike. Inside store/audit; no
 * database. */
#ifndef KEYRITE_STORE_AUDIT_SHOW_H
#define KEYRITE_STORE_AUDIT_SHOW_H

#include "../bundle/bundle.h"
#include "audit.h"

struct show {
    const struct audit_options *o;
    uint64_t shown;
};
/* What stands before the entries, and behind them. show_end() gives the exit status. */
void show_begin(struct show *s, const struct audit_options *o);
int show_end(struct show *s);
/* Prints the entry where it is asked for: by --entry in full, else as one line; --ceremony, --from
 * and --until choose. For journal_walk() and struct bundle_watch; ctx is the struct show. */
enum kr_error show_item(void *ctx, struct bundle_item *item, const struct entry *e);

#endif
