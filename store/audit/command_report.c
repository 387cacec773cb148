/* report: the report of one ceremony or the statistics of a journal, as text on standard output or
 * as a PDF file; from a store or a bundle, which is verified first: the report of an altered
 * journal would be none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/catalogue.h"
#include "../report/note_paper.h"
#include "../report/outline.h"
#include "../report/print.h"
#include "../report/report.h"
#include "../report/statistics.h"
#include "../verify.h"
#include "auditor.h"
#include "bundle_file.h"

/* Reports are for people: their language is asked for, the other commands speak to auditors. */
static enum kr_error speak(const struct audit_options *o, bool *chinese)
{
    char folder[512];
    *chinese = o->lang != NULL && strcmp(o->lang, "zh_CN") == 0;
    if (o->lang != NULL && !*chinese && strcmp(o->lang, "en") != 0)
        return kr_fail(KR_E_COMMAND_LINE, "--lang %.20s", o->lang);
    catalogue_beside_program(folder, sizeof folder);
    enum kr_error error = catalogue_open(folder);
    catalogue_language(*chinese);
    if (error == KR_OK && *chinese && !catalogue_can_switch())
        error = KR_E_LOCALE;
    return error;
}

static enum kr_error put_text(const struct document *d)
{
    char *text = NULL;
    size_t len;
    enum kr_error error = document_text(d, &text, &len);
    if (error == KR_OK)
        fwrite(text, 1, len, stdout);
    free(text);
    return error;
}

/* The text goes to standard output, unless there is a PDF: then only where that went. */
static enum kr_error deliver(const struct audit_options *o, const struct document *d)
{
    char paper[512];
    if (o->pdf == NULL)
        return put_text(d);
    paper_beside_program(paper, sizeof paper);
    enum kr_error error = document_print(d, paper, o->pdf);
    if (error == KR_OK && !o->json)
        printf("%s\n", o->pdf);
    return error;
}

/* One of the two. */
struct told {
    const struct audit_options *o;
    struct report *report;
    struct statistics *statistics;
    uint64_t last; /* of the ceremony's entries */
    bool any, sealed;
};

static void told_free(struct told *t)
{
    statistics_free(&t->statistics);
    report_free(&t->report);
}

static enum kr_error lay_out(const struct told *t)
{
    struct document d;
    bool chinese = false;
    document_begin(&d);
    enum kr_error error = speak(t->o, &chinese);
    if (error == KR_OK)
        error = t->report != NULL ? report_document(t->report, chinese, &d)
                                  : statistics_document(t->statistics, &d);
    if (error == KR_OK)
        error = deliver(t->o, &d);
    document_free(&d);
    return error;
}

static int refuse_altered(void)
{
    fprintf(stderr, "No report: something was altered. keyrite-audit verify says where.\n");
    return EXIT_ALTERED;
}

static bool asks_one_thing(const struct audit_options *o)
{
    return (o->ceremony != NULL) != o->statistics;
}

static int asked_wrongly(void)
{
    return audit_misused("Give the ceremony's number or --statistics", "--ceremony");
}

/* ---- A store ---- */

static enum kr_error tell_store(struct told *t, struct store *s, int *status)
{
    struct verify_report verdict;
    enum kr_error error = store_verify(s, audit_talk(t->o), NULL, &verdict);
    if (error == KR_OK && verdict.problem != KR_OK) {
        *status = refuse_altered();
        return KR_OK;
    }
    if (error == KR_OK)
        error = t->o->statistics ? statistics_from_store(s, &t->statistics)
                                 : report_from_store(s, t->o->ceremony, &t->report);
    return error == KR_OK ? lay_out(t) : error;
}

int audit_report_store(const struct audit_options *o)
{
    struct slots slots;
    struct store *s = NULL;
    struct told t = {.o = o};
    int status = EXIT_AGREES;
    if (!asks_one_thing(o))
        return asked_wrongly();
    enum kr_error error = auditor_open(o, &slots, &s);
    if (auditor_shows_alteration(error))
        return refuse_altered();
    if (error == KR_OK)
        error = tell_store(&t, s, &status);
    told_free(&t);
    store_close(&s);
    return error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
}

/* ---- A bundle ---- */

static enum kr_error tell_checkpoint(struct told *t, const struct bundle_item *item)
{
    struct checkpoint c;
    bool covers = t->any && !t->sealed &&
                  checkpoint_parse(item->note, item->note_len, &c) == KR_OK && c.size > t->last;
    t->sealed = t->sealed || covers;
    return covers ? report_checkpoint(t->report, item->note) : KR_OK;
}

static enum kr_error tell_entry(struct told *t, const struct entry *e)
{
    char ceremony[CEREMONY_ID_MAX + 24] = "";
    if (t->statistics != NULL)
        return statistics_take(t->statistics, e);
    enum kr_error error = report_introduce(t->report, e);
    if (error == KR_OK)
        error = report_take(t->report, e);
    if (!e->body_withheld)
        (void)entry_get(e, "ceremony", 0, ceremony, sizeof ceremony);
    if (strcmp(ceremony, t->o->ceremony) == 0) {
        t->any = true;
        t->sealed = false;
        t->last = e->seq;
    }
    return error;
}

static enum kr_error tell_item(void *ctx, struct bundle_item *item, const struct entry *e)
{
    struct told *t = ctx;
    if (e != NULL)
        return tell_entry(t, e);
    return t->report != NULL && item->kind == BUNDLE_CHECKPOINT ? tell_checkpoint(t, item) : KR_OK;
}

/* A bundle has no script's text; whoever has it brings it. */
static enum kr_error tell_script(struct told *t)
{
    char text[OUTLINE_TEXT_MAX + 1];
    if (t->report == NULL || t->o->script == NULL)
        return KR_OK;
    FILE *f = fopen(t->o->script, "rb");
    if (f == NULL)
        return kr_fail(KR_E_FILE, "%s: %s", t->o->script, strerror(errno));
    size_t len = fread(text, 1, sizeof text, f);
    bool failed = ferror(f) != 0;
    fclose(f);
    return failed ? kr_fail(KR_E_FILE, "%s", t->o->script) : report_script(t->report, text, len);
}

static enum kr_error tell_bundle(struct told *t, int *status)
{
    struct bundle_report verdict;
    enum kr_error error =
        t->o->statistics ? statistics_new(&t->statistics) : report_new(t->o->ceremony, &t->report);
    if (error == KR_OK)
        error = bundle_file_verify(t->o, tell_item, t, &verdict);
    if (error == KR_OK && verdict.journal.problem != KR_OK) {
        *status = refuse_altered();
        return KR_OK;
    }
    if (error == KR_OK)
        error = tell_script(t);
    return error == KR_OK ? lay_out(t) : error;
}

int audit_report_bundle(const struct audit_options *o)
{
    struct told t = {.o = o};
    int status = EXIT_AGREES;
    if (!asks_one_thing(o))
        return asked_wrongly();
    enum kr_error error = tell_bundle(&t, &status);
    told_free(&t);
    return error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
}

/* ---- A transfer note ---- */

static enum kr_error lay_out_note(const struct audit_options *o, const struct transfer_note *n,
                                  const char *text, size_t len)
{
    struct document d;
    bool chinese;
    document_begin(&d);
    enum kr_error error = speak(o, &chinese);
    if (error == KR_OK)
        error = note_paper_document(n, text, len, &d);
    if (error == KR_OK)
        error = deliver(o, &d);
    document_free(&d);
    return error;
}

int audit_report_note(const struct audit_options *o)
{
    struct transfer_note *n = NULL;
    char *text = NULL;
    size_t len = 0;
    if (o->ceremony != NULL || o->statistics || o->script != NULL)
        return audit_misused("Not to be asked of a transfer note", o->statistics ? "--statistics"
                                                                   : o->script   ? "--script"
                                                                                 : "--ceremony");
    enum kr_error error = transfer_note_load(o->path, &n, &text, &len);
    if (error == KR_E_NOTE_FORM || error == KR_E_NOTE_PROOF)
        return refuse_altered();
    if (error == KR_OK)
        error = lay_out_note(o, n, text, len);
    transfer_note_free(&n);
    free(text);
    return error == KR_OK ? audit_finish(o, EXIT_AGREES) : audit_not_run(o, error);
}
