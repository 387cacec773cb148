/* report: the report of one ceremony, as text on standard output and as a PDF file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/catalogue.h"
#include "../report/print.h"
#include "../report/report.h"
#include "../verify.h"
#include "auditor.h"

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

static enum kr_error make_report(const struct audit_options *o, struct store *s)
{
    struct report *r = NULL;
    struct document d;
    bool chinese = false;
    document_begin(&d);
    enum kr_error error = speak(o, &chinese);
    if (error == KR_OK)
        error = report_from_store(s, o->ceremony, &r);
    if (error == KR_OK)
        error = report_document(r, chinese, &d);
    if (error == KR_OK)
        error = deliver(o, &d);
    document_free(&d);
    report_free(&r);
    return error;
}

/* A report of an altered journal would be none. */
static enum kr_error verify_first(const struct audit_options *o, struct store *s, int *status)
{
    struct verify_report verdict;
    enum kr_error error = store_verify(s, audit_talk(o), NULL, &verdict);
    if (error != KR_OK || verdict.problem == KR_OK)
        return error;
    *status = EXIT_ALTERED;
    fprintf(stderr, "No report: the store is altered. keyrite-audit verify says where.\n");
    return KR_OK;
}

int audit_report_store(const struct audit_options *o)
{
    struct slots slots;
    struct store *s = NULL;
    int status = EXIT_AGREES;
    if (o->ceremony == NULL)
        return audit_misused("Which ceremony? Give its number", "--ceremony");
    enum kr_error error = auditor_open(o, &slots, &s);
    if (auditor_shows_alteration(error)) {
        fprintf(stderr, "No report: the store is altered. keyrite-audit verify says where.\n");
        return EXIT_ALTERED;
    }
    if (error == KR_OK)
        error = verify_first(o, s, &status);
    if (error == KR_OK && status == EXIT_AGREES)
        error = make_report(o, s);
    store_close(&s);
    return error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
}
