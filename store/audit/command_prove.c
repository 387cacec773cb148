/* prove: one proof from a store, after all of it was verified. */
#include "../walk.h"
#include "auditor.h"
#include "proof.h"
#include "saying.h"
#include "verify_store.h"

static enum kr_error verify_and_walk(const struct audit_options *o, struct store *s,
                                     struct proof *proof, struct verify_report *report)
{
    enum kr_error error = verify_store(o, s, report);
    return error == KR_OK && report->problem == KR_OK
               ? journal_walk(s, report->head.size, proof_item, proof)
               : error;
}

int audit_prove_store(const struct audit_options *o)
{
    struct slots slots;
    struct store *s = NULL;
    struct verify_report report = {.entries = 0};
    struct proof proof;
    int status = proof_asked(o);
    if (status != EXIT_AGREES) {
        return status;
    }
    proof_begin(&proof, o);
    enum kr_error error = auditor_open(o, &slots, &s);
    if (error == KR_OK) {
        error = verify_and_walk(o, s, &proof, &report);
    } else if (auditor_shows_alteration(error)) {
        auditor_note_alteration(&report, &slots, error);
        error = KR_OK;
    }
    if (error == KR_OK && report.problem != KR_OK) {
        status = audit_say_altered(o, &report);
    } else if (error == KR_OK) {
        error = proof_print(&proof, &report);
    }
    store_close(&s);
    proof_end(&proof);
    return error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
}
