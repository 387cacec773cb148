/*
 * keyrite-paper: reads a document (../document.h) on standard input and writes it as PDF on
 * standard output. A program of its own because it reads fonts: neither the console nor the
 * auditor's program has to. It knows no store, no key and no journal. Exit 1 with one sentence on
 * standard error when there is no PDF.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cairo-pdf.h>

#include "page.h"

#ifdef KEYRITE_SANITIZED
/* What these libraries keep until the process ends is theirs to know; everything else is ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libglib\n";
}
#endif

static cairo_status_t put(void *ctx, const unsigned char *bytes, unsigned len)
{
    return fwrite(bytes, 1, len, ctx) == len ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Dates are the journal's own: the same journal gives the same file. */
static void describe(cairo_surface_t *surface, const struct document *d)
{
    char date[32];
    struct tm utc = {.tm_mday = 1};
    time_t seconds = (time_t)(d->made_ms / 1000);
    (void)gmtime_r(&seconds, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, d->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "keyrite " KEYRITE_VERSION);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
}

static enum kr_error draw(const struct document *d)
{
    struct pen pen;
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(put, stdout, PAGE_WIDTH, PAGE_HEIGHT);
    cairo_t *cr = cairo_create(surface);
    describe(surface, d);
    enum kr_error error = pen_begin(&pen, cr);
    if (error == KR_OK)
        error = pages_draw(&pen, d);
    pen_end(&pen);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (error == KR_OK && (status != CAIRO_STATUS_SUCCESS || fflush(stdout) != 0))
        error = kr_fail(KR_E_FILE, "%s", status ? cairo_status_to_string(status) : strerror(errno));
    return error;
}

int main(void)
{
    struct document d;
    char sentence[512];
    enum kr_error error = document_read(&d, stdin);
    if (error == KR_OK)
        error = draw(&d);
    document_free(&d);
    if (error != KR_OK)
        fprintf(stderr, "keyrite-paper: %s\n", kr_explain(error, NULL, sentence, sizeof sentence));
    return error == KR_OK ? 0 : 1;
}
