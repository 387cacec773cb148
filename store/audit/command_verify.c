/* verify: the whole of a store against its journal, and a verdict. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../not_proved.h"
#include "../verify.h"
#include "auditor.h"
#include "saying.h"
#include "verify_store.h"

struct outcome {
    struct verify_report report;
    bool opened;    /* else the report knows no more than the problem */
    bool recovered; /* an unfinished write was left out */
    char *forms;    /* short forms of the checkpoints in the store, each with its NUL */
    size_t forms_len;
    bool no_memory; /* for one of them */
};

/* ---- The report ---- */

static void print_json(const struct outcome *done)
{
    const struct verify_report *r = &done->report;
    char root[65];
    hex_encode(r->head.root, 32, root);
    audit_json_verdict(r);
    printf(",\"entries\":%" PRIu64 ",\"signatures\":%" PRIu64 ",\"checkpoints\":%" PRIu64
           ",\"cosignatures\":%" PRIu64 ",\"people\":%" PRIu64 ",\"ceremonies\":%" PRIu64
           ",\"open_intents\":%" PRIu64 ",\"anchor\":%s",
           r->entries, r->signatures, r->checkpoints, r->cosignatures, r->people, r->ceremonies,
           r->open_intents, r->anchor ? "true" : "false");
    printf(",\"keys\":%" PRIu64 ",\"cards\":%" PRIu64 ",\"knowledge\":%" PRIu64
           ",\"working\":{\"unfinished\":%" PRIu64 ",\"prepared\":%" PRIu64 ",\"sealed\":%" PRIu64
           "}",
           r->keys, r->cards, r->knowledge, r->unfinished, r->prepared, r->sealed);
    audit_json_text("damaged_copy", r->odd_copy ? r->odd_copy : "");
    audit_json_text("root", root);
    printf(",\"short_forms\":[");
    for (size_t at = 0; at < done->forms_len; at += strlen(done->forms + at) + 1) {
        printf("%s\"%s\"", at ? "," : "", done->forms + at);
    }
    printf("]}\n");
}

static void print_counts(const struct verify_report *r)
{
    char short_form[64] = "", root[48];
    checkpoint_short_form(&r->head, short_form, sizeof short_form);
    base64_encode(r->head.root, 32, root);
    printf("  %-26s %" PRIu64 "\n", "entries that agree", r->entries);
    printf("  %-26s %" PRIu64 "\n", "signatures checked", r->signatures);
    printf("  %-26s %" PRIu64 " (%" PRIu64 " signatures of people on them)\n", "checkpoints",
           r->checkpoints, r->cosignatures);
    printf("  %-26s %s\n", "anchor file",
           r->anchor ? "checked" : "not there: nothing beside the database speaks for its length");
    printf("  %-26s %" PRIu64 "\n", "people enrolled", r->people);
    printf("  %-26s %" PRIu64 "\n", "ceremonies opened", r->ceremonies);
    printf("  %-26s %" PRIu64 "\n", "intents without outcome", r->open_intents);
    printf("  %-26s %" PRIu64 " keys, %" PRIu64 " cards, %" PRIu64 " components that people know\n",
           "rows compared", r->keys, r->cards, r->knowledge);
    printf("  %-26s %" PRIu64 " ceremonies not closed, %" PRIu64
           " prepared and not opened, %" PRIu64 " sealed components\n",
           "working state", r->unfinished, r->prepared, r->sealed);
    printf("  %-26s %s\n  %-26s %s\n", "root", root, "to compare by hand", short_form);
}

static void print_text(const struct audit_options *o, const struct slots *slots,
                       const struct outcome *done)
{
    audit_print_verdict(&done->report);
    printf("  %-26s %s\n  %-26s %s\n", "store", o->path, "origin", slots->centre.origin);
    printf("  %-26s %s%s\n", "centre", slots->centre.name,
           slots->centre.rehearsal ? " (REHEARSAL)" : "");
    if (!done->opened) {
        printf("\nThe damage lies so deep that no entry could be read.\n");
        return;
    }
    print_counts(&done->report);
    printf("  %-26s %zu\n", "checkpoints brought", o->checkpoint_count);
    if (done->report.odd_copy) {
        printf("\nThe copy %s of the slot file is damaged or behind; the other one was used. A "
               "write that "
               "was cut off\nleaves that, and so does somebody who changes it. The next console to "
               "open the store writes it anew.\n",
               done->report.odd_copy);
    }
    if (done->recovered) {
        printf("\nThe store was cut off in the middle of a write; the unfinished part was left "
               "out.\n");
    }
    printf("\nShort forms of the checkpoints, to compare with the ceremony papers:\n");
    for (size_t at = 0; at < done->forms_len; at += strlen(done->forms + at) + 1) {
        printf("  %s\n", done->forms + at);
    }
    printf("\nWhat this does not prove:\n");
    for (size_t i = 0; not_proved[i] != NULL; i++) {
        printf("- %s\n", not_proved[i]);
    }
}

/* ---- Verifying ---- */

static void keep_form(void *ctx, const char *form)
{
    struct outcome *done = ctx;
    size_t len = strlen(form) + 1;
    char *forms = realloc(done->forms, done->forms_len + len);
    if (!forms) {
        done->no_memory = true;
        return;
    }
    memcpy(forms + done->forms_len, form, len);
    done->forms = forms;
    done->forms_len += len;
}

enum kr_error verify_store(const struct audit_options *o, struct store *s,
                           struct verify_report *report)
{
    enum kr_error error = store_verify(s, audit_talk(o), NULL, report);
    for (size_t i = 0; error == KR_OK && i < o->checkpoint_count; i++) {
        char text[CHECKPOINT_MAX + 1];
        size_t len;
        error = audit_read_checkpoint(o->checkpoints[i], text, &len);
        if (error == KR_OK) {
            error = store_verify_against(s, text, len, report);
        }
    }
    return error;
}

static enum kr_error verify(const struct audit_options *o, struct store *s, struct outcome *done)
{
    struct verify_report *r = &done->report;
    enum kr_error error = verify_store(o, s, r);
    /* Where they cannot be read the report says so already. */
    if (error == KR_OK && store_checkpoints(s, keep_form, done) != KR_OK && r->problem == KR_OK) {
        error = KR_E_MEMORY;
    }
    return error == KR_OK && done->no_memory ? KR_E_MEMORY : error;
}

int audit_verify_store(const struct audit_options *o)
{
    struct slots slots;
    struct store *s = NULL;
    struct outcome done = {.opened = false};
    enum kr_error error = auditor_open(o, &slots, &s);
    if (error == KR_OK) {
        done.opened = true;
        done.recovered = store_recovered(s);
        error = verify(o, s, &done);
    } else if (auditor_shows_alteration(error)) {
        auditor_note_alteration(&done.report, &slots, error);
        error = KR_OK;
    }
    store_close(&s);
    if (error == KR_OK && o->json) {
        print_json(&done);
    } else if (error == KR_OK) {
        print_text(o, &slots, &done);
    }
    int status = done.report.problem == KR_OK ? EXIT_AGREES : EXIT_ALTERED;
    status = error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
    free(done.forms);
    return status;
}
