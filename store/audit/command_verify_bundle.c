/* verify: the whole of a bundle, with no secret, and a verdict. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "bundle_file.h"
#include "saying.h"

enum said_where { ALWAYS, HIDDEN, WITHHELD }; /* where a gap hides something, a body is left out */
struct unproved {
    enum said_where where;
    const char *what;
};
static const struct unproved unproved[] = {
    {ALWAYS,
     "that the people enrolled at the founding are who they say: compare their keys with the "
     "founding protocol"},
    {ALWAYS, "that what people signed is true, or that what happened was written down"},
    {ALWAYS,
     "that nothing was written after the newest checkpoint in it: bring the short form on the "
     "last ceremony paper with --checkpoint"},
    {ALWAYS, "what withheld and hidden entries say"},
    {WITHHELD, "that each step was approved before it was done, where an earlier approval is "
               "withheld: it may "
               "have been the one"},
    {HIDDEN,
     "that no revocation, and no entry of the ceremony, is hidden in a gap: ask for the bundle "
     "with --headers where that matters"},
    {ALWAYS, "that no checkpoint was left out"},
    {ALWAYS, "that the clock was right: times are the workstation's own"},
    {ALWAYS, "anything about the keys and cards as they are now: a bundle holds no rows"},
    {ALWAYS, "anything about a workstation on which several signing keys were stolen"},
};

/* Short forms of its checkpoints, each with its NUL. */
struct forms {
    char *text;
    size_t len;
};

static enum kr_error keep_form(void *ctx, struct bundle_item *item, const struct entry *e)
{
    struct forms *f = ctx;
    struct checkpoint c;
    char form[CHECKPOINT_SHORT_MAX];
    if (e || item->kind != BUNDLE_CHECKPOINT ||
        checkpoint_parse(item->note, item->note_len, &c) != KR_OK ||
        checkpoint_short_form(&c, form, sizeof form) != KR_OK) {
        return KR_OK;
    }
    char *text = realloc(f->text, f->len + strlen(form) + 1);
    if (!text) {
        return KR_E_MEMORY;
    }
    memcpy(text + f->len, form, strlen(form) + 1);
    f->text = text;
    f->len += strlen(form) + 1;
    return KR_OK;
}

static void print_json(const struct bundle_report *b, const struct forms *forms)
{
    const struct verify_report *r = &b->journal;
    char root[65];
    hex_encode(r->head.root, 32, root);
    audit_json_verdict(r);
    audit_json_text("centre", b->centre);
    audit_json_text("tier", b->tier);
    audit_json_text("scope", b->head.ceremony[0] == '\0' ? "whole" : "ceremony");
    audit_json_text("ceremony", b->head.ceremony);
    printf(",\"rehearsal\":%s,\"size\":%" PRIu64 ",\"entries\":%" PRIu64 ",\"withheld\":%" PRIu64
           ",\"hidden\":%" PRIu64 ",\"signatures\":%" PRIu64 ",\"checkpoints\":%" PRIu64
           ",\"cosignatures\":%" PRIu64 ",\"people\":%" PRIu64 ",\"ceremonies\":%" PRIu64
           ",\"open_intents\":%" PRIu64,
           b->rehearsal ? "true" : "false", r->head.size, r->entries, b->counts.withheld,
           b->counts.hidden, r->signatures, r->checkpoints, r->cosignatures, r->people,
           r->ceremonies, r->open_intents);
    audit_json_text("root", root);
    printf(",\"short_forms\":[");
    for (size_t at = 0; at < forms->len; at += strlen(forms->text + at) + 1) {
        printf("%s\"%s\"", at ? "," : "", forms->text + at);
    }
    printf("]}\n");
}

static void print_counts(const struct bundle_report *b)
{
    const struct verify_report *r = &b->journal;
    char short_form[CHECKPOINT_SHORT_MAX] = "", root[48];
    checkpoint_short_form(&r->head, short_form, sizeof short_form);
    base64_encode(r->head.root, 32, root);
    printf("  %-26s %s%s\n", "covers",
           b->head.ceremony[0] == '\0' ? "the whole journal" : "ceremony ", b->head.ceremony);
    printf("  %-26s %" PRIu64 ", %" PRIu64 " of them without what they say, %" PRIu64
           " more hidden in gaps\n",
           "entries that agree", r->entries, b->counts.withheld, b->counts.hidden);
    printf("  %-26s %" PRIu64 "\n", "signatures checked", r->signatures);
    printf("  %-26s %" PRIu64 " (%" PRIu64 " signatures of people on them)\n", "checkpoints",
           r->checkpoints, r->cosignatures);
    printf("  %-26s %" PRIu64 "\n  %-26s %" PRIu64 "\n", "people enrolled", r->people,
           "ceremonies opened", r->ceremonies);
    if (b->counts.withheld == 0 && b->counts.hidden == 0) {
        printf("  %-26s %" PRIu64 "\n", "intents without outcome", r->open_intents);
    }
    printf("  %-26s %s\n  %-26s %s\n", "root", root, "to compare by hand", short_form);
}

static void print_text(const struct audit_options *o, const struct bundle_report *b,
                       const struct forms *forms)
{
    audit_print_verdict(&b->journal);
    printf("  %-26s %s\n  %-26s %s\n", "bundle", o->path, "origin", b->head.origin);
    printf("  %-26s %s%s\n", "centre", b->centre, b->rehearsal ? " (REHEARSAL)" : "");
    print_counts(b);
    printf("  %-26s %zu\n", "checkpoints brought", o->checkpoint_count);
    printf("\nShort forms of the checkpoints, to compare with the ceremony papers:\n");
    for (size_t at = 0; at < forms->len; at += strlen(forms->text + at) + 1) {
        printf("  %s\n", forms->text + at);
    }
    printf("\nWhat this does not prove:\n");
    for (size_t i = 0; i < sizeof unproved / sizeof unproved[0]; i++) {
        enum said_where where = unproved[i].where;
        if (where == ALWAYS || (where == HIDDEN && b->counts.hidden > 0) ||
            (where == WITHHELD && b->counts.withheld > 0)) {
            printf("- %s\n", unproved[i].what);
        }
    }
}

int audit_verify_bundle(const struct audit_options *o)
{
    struct bundle_report report;
    struct forms forms = {.text = NULL};
    enum kr_error error = bundle_file_verify(o, keep_form, &forms, &report);
    if (error == KR_OK && o->json) {
        print_json(&report, &forms);
    } else if (error == KR_OK) {
        print_text(o, &report, &forms);
    }
    int status = report.journal.problem == KR_OK ? EXIT_AGREES : EXIT_ALTERED;
    status = error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
    free(forms.text);
    return status;
}
