#include "verdict.h"

#include <stdio.h>

bool verdict_decides(enum kr_error e)
{
    switch (e) {
    case KR_E_STORE_DAMAGED:
    case KR_E_STORE_OLD:
    case KR_E_STORE_ROW:
    case KR_E_ENTRY_FORMAT:
    case KR_E_SIGNATURE:
    case KR_E_SAME_PERSON:
    case KR_E_PERSON_UNKNOWN:
    case KR_E_PERSON_REVOKED:
    case KR_E_ROLE:
    case KR_E_NOT_APPROVED:
    case KR_E_WITNESS:
    case KR_E_CHECKPOINT:
    case KR_E_SLOTS:
    case KR_E_BUNDLE:
    case KR_E_ARGUMENT:
    case KR_E_TOO_LONG:
    case KR_E_NOT_FOUND:
        return true;
    default:
        return false;
    }
}

bool verdict_judge(struct verify_report *r, enum kr_error *trouble, enum kr_error e, uint64_t seq)
{
    if (e != KR_OK && !verdict_decides(e)) {
        *trouble = *trouble == KR_OK ? e : *trouble;
    } else if (e != KR_OK && r->problem == KR_OK) {
        r->problem = e;
        r->bad_seq = seq;
        snprintf(r->what, sizeof r->what, "%s", kr_detail());
    }
    return *trouble == KR_OK && r->problem == KR_OK;
}

void verdict_signatures(struct verify_report *r, enum kr_error *trouble,
                        struct signature_pool *pool)
{
    uint64_t seq = 0;
    enum kr_error e = pool_finish(pool, &seq);
    r->signatures = pool_checked(pool);
    if (e != KR_OK && verdict_decides(e) && (r->problem == KR_OK || seq <= r->bad_seq)) {
        r->problem = KR_OK;
    }
    verdict_judge(r, trouble, e, seq);
}
