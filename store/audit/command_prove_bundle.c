/* prove: one proof from a bundle, after all of it was verified. */
#include <stdio.h>

#include "bundle_file.h"
#include "proof.h"
#include "saying.h"

int audit_prove_bundle(const struct audit_options *o)
{
    struct bundle_report report;
    struct proof proof;
    int status = proof_asked(o);
    if (status != EXIT_AGREES) {
        return status;
    }
    proof_begin(&proof, o);
    enum kr_error error = bundle_file_verify(o, proof_item, &proof, &report);
    if (error == KR_OK && report.journal.problem != KR_OK) {
        status = audit_say_altered(o, &report.journal);
    } else if (error == KR_OK) {
        error = proof_print(&proof, &report.journal);
    }
    proof_end(&proof);
    return error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
}
