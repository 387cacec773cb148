/* One paper: made, written and shown. */
#include "papers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../store/report/blank_forms.h"
#include "../store/report/print.h"
#include "../store/report/statistics.h"
#include "language.h"
#include "pages.h"

struct paper {
    struct store *store;
    enum paper_kind kind;
    char ceremony[40];
    bool chinese;
    struct document d;
    char text[PATH_ROOM], pdf[PATH_ROOM]; /* where it was written */
    enum kr_error error, pdf_error;
    char detail[192], pdf_detail[192];
    bool made, leaving;
};

/* ---- On the worker ---- */

static enum kr_error lay_out_ceremony(struct paper *p)
{
    struct report *r = NULL;
    enum kr_error error = report_from_store(p->store, p->ceremony, &r);
    if (error == KR_OK)
        error = p->kind == PAPER_REPORT ? report_document(r, p->chinese, &p->d)
                                        : form_destruction(r, p->chinese, &p->d);
    report_free(&r);
    return error;
}

static enum kr_error lay_out_statistics(struct paper *p)
{
    struct statistics *s = NULL;
    enum kr_error error = statistics_from_store(p->store, &s);
    if (error == KR_OK)
        error = statistics_document(s, &p->d);
    statistics_free(&s);
    return error;
}

static enum kr_error lay_out(struct paper *p)
{
    const struct centre *centre = &store_slots(p->store)->centre;
    document_free(&p->d);
    switch (p->kind) {
    case PAPER_STATISTICS:
        return lay_out_statistics(p);
    case PAPER_COMPONENT_SHEET:
        return form_component_sheet(centre->name, centre->rehearsal, &p->d);
    case PAPER_PIN_ENVELOPE:
        return form_pin_envelope(centre->name, centre->rehearsal, &p->d);
    default:
        return lay_out_ceremony(p);
    }
}

/* exports/ROOT-2026-001.report.zh_CN.pdf */
static enum kr_error name_files(struct paper *p)
{
    static const char *const names[] = {"report", "destruction", "statistics", "component-sheet",
                                        "pin-envelope"};
    char folder[PATH_ROOM];
    const char *language = p->chinese ? "zh_CN" : "en";
    if (snprintf(folder, sizeof folder, "%s/exports", store_dir(p->store)) >=
        (int)sizeof folder - 100)
        return kr_fail(KR_E_TOO_LONG, "exports");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return kr_fail(KR_E_FILE, "%s: %s", folder, strerror(errno));
    snprintf(p->text, sizeof p->text, "%.400s/%s%s%s.%s.txt", folder, p->ceremony,
             p->ceremony[0] ? "." : "", names[p->kind], language);
    snprintf(p->pdf, sizeof p->pdf, "%.400s/%s%s%s.%s.pdf", folder, p->ceremony,
             p->ceremony[0] ? "." : "", names[p->kind], language);
    return KR_OK;
}

static void make_job(void *ctx)
{
    struct paper *p = ctx;
    char program[PATH_ROOM];

    p->pdf_error = KR_OK;
    p->error = lay_out(p);
    if (p->error == KR_OK)
        p->error = name_files(p);
    if (p->error == KR_OK)
        p->error = document_save(&p->d, p->text);
    snprintf(p->detail, sizeof p->detail, "%s", kr_detail());
    if (p->error != KR_OK)
        return;
    paper_beside_program(program, sizeof program);
    p->pdf_error = document_print(&p->d, program, p->pdf);
    snprintf(p->pdf_detail, sizeof p->pdf_detail, "%s", kr_detail());
}

static void make_done(struct console *c, void *ctx)
{
    struct paper *p = ctx;

    p->made = true;
    if (p->error != KR_OK)
        console_say_error(c, p->error, p->detail);
    else if (p->pdf_error != KR_OK)
        console_say_error(c, p->pdf_error, p->pdf_detail);
    if (p->leaving && c->top->state == p)
        console_pop(c);
}

static void make(struct console *c, struct paper *p)
{
    if (console_busy(c))
        return;
    p->made = false;
    p->chinese = language_chinese();
    console_work(c, make_job, make_done, p);
}

/* ---- On the screen ---- */

static void put_line(struct pane *p, const struct document_line *l)
{
    enum ink ink = l->style == LINE_WARNING ? INK_WARN
                   : l->style == LINE_PLAIN ? INK_PLAIN
                                            : INK_STRONG;
    pane_put(p, 0, ink, l->text);
    pane_next(p);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void paper_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct paper *paper = s->state;

    (void)c;
    if (!paper->made) {
        pane_put(p, 2, INK_FAINT, _("Working…"));
        return;
    }
    if (paper->error != KR_OK)
        return;
    pane_wrap(p, 0, INK_GOOD, _("Written into the folder exports of the store:"));
    pane_put(p, 2, INK_GOOD, file_name(paper->text));
    pane_next(p);
    if (paper->pdf_error == KR_OK) {
        pane_put(p, 2, INK_GOOD, file_name(paper->pdf));
        pane_next(p);
    }
    pane_next(p);
    for (size_t i = 0; i < paper->d.count; i++)
        if (paper->d.lines[i].style != LINE_CODE)
            put_line(p, &paper->d.lines[i]);
}

static void paper_command(struct console *c, struct screen *s, enum command k)
{
    struct paper *p = s->state;

    if ((k == COMMAND_BACK || k == COMMAND_ENTER) && !p->made)
        p->leaving = true;
    else if (k == COMMAND_LANGUAGE)
        make(c, p);
    else if (k == COMMAND_FIRST)
        s->scroll = 0;
    else if (k == COMMAND_LAST)
        s->scroll = (int)p->d.count + 8;
    else
        page_command(c, s, k);
}

static void paper_tick(struct console *c, struct screen *s)
{
    struct paper *p = s->state;

    if (!p->made && !console_busy(c))
        make(c, p);
}

static const char *paper_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Papers");
}

static void paper_close(struct console *c, struct screen *s)
{
    struct paper *p = s->state;

    (void)c;
    document_free(&p->d);
    free(p);
}

void paper_push(struct console *c, enum paper_kind kind, const char *ceremony)
{
    static const struct screen_ops ops = {.id = "paper",
                                          .draw = paper_draw,
                                          .command = paper_command,
                                          .keys = page_keys,
                                          .tick = paper_tick,
                                          .title = paper_title,
                                          .close = paper_close};
    struct paper *p = calloc(1, sizeof *p);

    if (!p) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    p->store = session_store(c->session);
    p->kind = kind;
    snprintf(p->ceremony, sizeof p->ceremony, "%s", ceremony);
    console_push(c, &ops, p);
    if (c->top->state == p)
        make(c, p);
}
