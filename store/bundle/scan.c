#include "scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"

/* ---- Lines ---- */

enum kr_error reader_bad(const struct bundle_reader *r, const char *what)
{
    return kr_fail(KR_E_BUNDLE, "line %" PRIu64 ", %s", r->number, what);
}

enum kr_error reader_line(struct bundle_reader *r)
{
    int c = 0;
    r->number++;
    r->len = 0;
    while (r->len < BUNDLE_LINE_MAX && (c = getc_unlocked(r->f)) > '\0' && c != '\n') {
        r->line[r->len++] = (char)c;
    }
    r->line[r->len] = '\0';
    if (c == '\n') {
        return KR_OK;
    }
    if (c == EOF && ferror(r->f)) {
        return kr_fail(KR_E_FILE, "%s", strerror(errno));
    }
    return reader_bad(r, c == EOF ? "ends too early" : c == '\0' ? "byte 00" : "too long");
}

/* ---- Scanning ---- */

void scan_expect(struct scan *s, const char *text)
{
    size_t len = strlen(text);
    if (!scan_comes(s, text)) {
        s->broken = true;
        return;
    }
    s->at += len;
}

bool scan_comes(const struct scan *s, const char *text)
{
    return !s->broken && strncmp(s->at, text, strlen(text)) == 0;
}

uint64_t scan_number(struct scan *s)
{
    uint64_t value = 0;
    size_t digits = 0;
    bool zero = *s->at == '0';
    for (; !s->broken && *s->at >= '0' && *s->at <= '9'; s->at++, digits++) {
        uint64_t digit = (uint64_t)(*s->at - '0');
        s->broken = value > (UINT64_MAX - digit) / 10;
        value = value * 10 + digit;
    }
    s->broken = s->broken || digits == 0 || (zero && digits > 1);
    return value;
}

void scan_hex(struct scan *s, uint8_t *out, size_t len)
{
    char hex[65];
    size_t digits = s->broken ? 0 : strspn(s->at, "0123456789abcdef");
    if (digits != 2 * len || digits >= sizeof hex) {
        s->broken = true;
        return;
    }
    memcpy(hex, s->at, digits);
    hex[digits] = '\0';
    s->broken = hex_decode(hex, out, len) != KR_OK;
    s->at += digits;
}

void scan_end(struct scan *s)
{
    s->broken = s->broken || *s->at != '\0';
}

void fill_bytes(struct fill *f, const char *bytes, size_t len)
{
    if (f->full || len >= f->room - f->len) {
        f->full = true;
        return;
    }
    memcpy(f->text + f->len, bytes, len);
    f->len += len;
    f->text[f->len] = '\0';
}

void fill_text(struct fill *f, const char *text)
{
    fill_bytes(f, text, strlen(text));
}

bool bundle_ceremony_fits(const char *id)
{
    size_t len = strlen(id);
    for (size_t i = 0; i < len; i++) {
        if (id[i] < 0x21 || id[i] > 0x7E) {
            return false;
        }
    }
    return len > 0 && len < CEREMONY_ID_MAX;
}

/* ---- Reading ---- */

static enum kr_error read_head(struct bundle_reader *r, struct bundle_head *head)
{
    enum kr_error error = reader_line(r);
    if (error != KR_OK && error != KR_E_BUNDLE) {
        return error;
    }
    r->json = strncmp(r->line, BUNDLE_JSON_FIRST, sizeof BUNDLE_JSON_FIRST - 1) == 0;
    if (!r->json && (error != KR_OK || strcmp(r->line, BUNDLE_TEXT_FIRST) != 0)) {
        return kr_fail(KR_E_NOT_BUNDLE, "first line");
    }
    if (error == KR_OK) {
        error = r->json ? json_read_head(r, head) : text_read_head(r, head);
    }
    memcpy(r->origin, head->origin, sizeof r->origin);
    return error;
}

enum kr_error bundle_reader_open(FILE *f, struct bundle_reader **out, struct bundle_head *head)
{
    struct bundle_reader *r = calloc(1, sizeof *r);
    memset(head, 0, sizeof *head);
    *out = NULL;
    if (!r) {
        return KR_E_MEMORY;
    }
    r->f = f;
    enum kr_error error = read_head(r, head);
    if (error != KR_OK) {
        bundle_reader_close(&r);
    }
    *out = r;
    return error;
}

enum kr_error bundle_read(struct bundle_reader *r, struct bundle_item *item)
{
    enum kr_error error = r->json ? json_read(r, item) : text_read(r, item);
    if (error == KR_OK && item->kind == BUNDLE_END && getc_unlocked(r->f) != EOF) {
        error = reader_bad(r, "something follows the end");
    }
    return error;
}

void bundle_reader_close(struct bundle_reader **r)
{
    free(*r);
    *r = NULL;
}

/* ---- Writing ---- */

static enum kr_error written(const struct bundle_writer *w)
{
    return ferror(w->f) ? kr_fail(KR_E_FILE, "%s", strerror(errno)) : KR_OK;
}

enum kr_error bundle_write_head(struct bundle_writer *w, FILE *f, bool json,
                                const struct bundle_head *head)
{
    *w = (struct bundle_writer){.f = f, .json = json};
    if (head->ceremony[0] != '\0' && !bundle_ceremony_fits(head->ceremony)) {
        return kr_fail(KR_E_ARGUMENT, "ceremony %s", head->ceremony);
    }
    memcpy(w->origin, head->origin, sizeof w->origin);
    if (json) {
        json_write_head(f, head);
    } else {
        text_write_head(f, head);
    }
    return written(w);
}

enum kr_error bundle_count(struct bundle_counts *c, const struct bundle_item *item)
{
    c->entries += item->kind == BUNDLE_ENTRY;
    c->withheld += item->kind == BUNDLE_ENTRY && item->withheld;
    c->hidden += item->kind == BUNDLE_GAP ? item->count : 0;
    c->checkpoints += item->kind == BUNDLE_CHECKPOINT;
    if (item->kind != BUNDLE_CHECKPOINT) {
        return KR_OK;
    }
    const struct piece pieces[] = {{c->notes, 32}, {item->note, item->note_len}};
    return sha256_pieces(pieces, 2, c->notes);
}

enum kr_error bundle_write(struct bundle_writer *w, const struct bundle_item *item)
{
    enum kr_error error = KR_OK;
    if (w->json) {
        fputs(w->any ? ",\n" : "\n", w->f);
        error = json_write(w->f, item);
    } else {
        text_write(w->f, item);
    }
    w->any = true;
    if (error == KR_OK) {
        error = bundle_count(&w->counts, item);
    }
    return error == KR_OK ? written(w) : error;
}

enum kr_error bundle_write_end(struct bundle_writer *w)
{
    if (w->json) {
        json_write_end(w->f, &w->counts);
    } else {
        text_write_end(w->f, &w->counts);
    }
    return written(w);
}
