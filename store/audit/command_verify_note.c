/* verify: a transfer note, with a store or a bundle beside it or without. */
#include <sys/stat.h>

#include "auditor.h"
#include "note_verdict.h"
#include "verify_store.h"

static enum kr_error take(void *ctx, const struct entry *e)
{
    return note_journal_take(ctx, e);
}

static enum kr_error verify_opened(struct note_journal *j, struct store *s)
{
    enum kr_error error = note_journal_is_of(j, store_slots(s)->centre.origin);
    if (error == KR_OK)
        error = verify_store(&j->asked, s, &j->verdict);
    return error == KR_OK && j->verdict.problem == KR_OK ? journal_each(s, take, j) : error;
}

static enum kr_error verify_journal(struct note_journal *j)
{
    struct slots slots;
    struct store *s = NULL;
    struct stat status;
    if (stat(j->asked.path, &status) == 0 && S_ISREG(status.st_mode))
        return note_verify_bundle(j);
    enum kr_error error = auditor_open(&j->asked, &slots, &s);
    if (error == KR_OK) {
        error = verify_opened(j, s);
    } else if (auditor_shows_alteration(error)) {
        auditor_note_alteration(&j->verdict, &slots, error);
        error = KR_OK;
    }
    store_close(&s);
    return error;
}

int audit_verify_note(const struct audit_options *o)
{
    return note_verdict(o, verify_journal);
}
