/* export: a bundle made from a store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../export.h"
#include "auditor.h"
#include "saying.h"

static void print_json(const struct audit_options *o, const struct export_result *r)
{
    const struct bundle_counts *c = &r->proved.counts;
    audit_json_verdict(&r->proved.journal);
    audit_json_text("bundle", o->to);
    printf(",\"size\":%" PRIu64 ",\"entries\":%" PRIu64 ",\"withheld\":%" PRIu64
           ",\"hidden\":%" PRIu64 ",\"checkpoints\":%" PRIu64 ",\"beyond\":%" PRIu64 "}\n",
           r->proved.head.size, c->entries, c->withheld, c->hidden, c->checkpoints, r->beyond);
}

static void print_text(const struct audit_options *o, const struct export_result *r)
{
    const struct bundle_counts *c = &r->proved.counts;
    printf("Written and verified: %s\n", o->to);
    printf("  %-26s %" PRIu64 "\n", "entries covered", r->proved.head.size);
    printf("  %-26s %" PRIu64 "\n", "disclosed", c->entries - c->withheld);
    printf("  %-26s %" PRIu64 "\n  %-26s %" PRIu64 "\n", "withheld", c->withheld, "hidden in gaps",
           c->hidden);
    printf("  %-26s %" PRIu64 "\n", "checkpoints", c->checkpoints);
    if (r->beyond > 0) {
        printf("\nNot in it: %" PRIu64 " entries after the newest checkpoint. The console makes a "
               "checkpoint when a\nceremony closes and before its own exports.\n",
               r->beyond);
    }
}

int audit_export(const struct audit_options *o)
{
    struct slots slots;
    struct store *s = NULL;
    struct export_result result = {.beyond = 0};
    const struct export_choice choice = {
        .ceremony = o->ceremony,
        .headers = o->headers,
        .level = o->level < 0 ? CONFIDENTIALITY_MOST : (unsigned)o->level,
        .json = o->form && strcmp(o->form, "json") == 0,
    };
    if (!o->to) {
        return audit_misused("No file to be written was given", "--to");
    }
    if (o->form && strcmp(o->form, "json") != 0 && strcmp(o->form, "text") != 0) {
        return audit_misused("A bundle is text or json", o->form);
    }
    if (o->level > CONFIDENTIALITY_MOST) {
        return audit_misused("Levels go from 0 to 3", "--level");
    }
    enum kr_error error = auditor_open(o, &slots, &s);
    if (error == KR_OK) {
        error = store_export(s, &choice, o->to, audit_talk(o), NULL, &result);
    }
    store_close(&s);
    if (error != KR_OK && result.proved.journal.problem != KR_OK) {
        return audit_say_altered(o, &result.proved.journal);
    }
    if (error != KR_OK) {
        return audit_not_run(o, error);
    }
    if (o->json) {
        print_json(o, &result);
    } else {
        print_text(o, &result);
    }
    return audit_finish(o, EXIT_AGREES);
}
