/* Bundles, as text and as JSON: read and written again, then verified. */
#include "fuzz.h"

#include "../../store/bundle/verify_bundle.h"

/* The whole file came out of the reader: the writer makes the same bytes of it. */
static void write_again(FILE *in, const uint8_t *data, size_t size)
{
    static struct bundle_item item;
    struct bundle_reader *r = NULL;
    struct bundle_head head;
    struct bundle_writer w;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    enum kr_error err = bundle_reader_open(in, &r, &head);
    bool written = !err && bundle_write_head(&w, out, data[0] == '{', &head) == KR_OK;

    HOLDS(err || written, "a head that was read cannot be written");
    while (!err && (err = bundle_read(r, &item)) == KR_OK && item.kind != BUNDLE_END)
        /* A leaf is taken as it is, and JSON takes it apart. */
        written = written && bundle_write(&w, &item) == KR_OK;
    if (!err && written)
        written = bundle_write_end(&w) == KR_OK;
    fclose(out);
    if (!err && written && memcmp(&w.counts, &item.end, sizeof item.end) == 0)
        HOLDS(len == size && memcmp(text, data, size) == 0, "it is written otherwise");
    free(text);
    bundle_reader_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle_report report;
    static const struct brought_text brought = {"412 ABCD-EFGH-IJKL-MNOP", 23};

    if (size == 0)
        return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "rb");
    HOLDS(in, "no stream");
    write_again(in, data, size);
    rewind(in);
    memset(&report, 0, sizeof report);
    enum kr_error err = bundle_verify(in, &brought, size % 2, NULL, &report);
    HOLDS(err != KR_OK || report.journal.problem != KR_OK || report.counts.checkpoints > 0,
          "it agrees, and nobody has signed it");
    fclose(in);
    return 0;
}
