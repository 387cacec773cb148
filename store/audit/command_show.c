/* show: entries of a store. */
#include "../walk.h"
#include "auditor.h"
#include "show.h"

int audit_show_store(const struct audit_options *o)
{
    struct slots slots;
    struct store *s = NULL;
    struct show show;
    enum kr_error error = auditor_open(o, &slots, &s);
    if (error == KR_OK) {
        show_begin(&show, o);
        error = journal_walk(s, journal_size(s), show_item, &show);
    }
    store_close(&s);
    return error == KR_OK ? show_end(&show) : audit_not_run(o, error);
}
