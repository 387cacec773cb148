/* A bundle as text. */
#include <inttypes.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "scan.h"

/* ---- Reading ---- */

/* One line "NAME VALUE" of the head. */
static enum kr_error head_line(struct bundle_reader *r, const char *name, struct scan *s)
{
    enum kr_error error = reader_line(r);
    *s = (struct scan){.at = r->line};
    scan_expect(s, name);
    return error == KR_OK && s->broken ? reader_bad(r, name) : error;
}

static enum kr_error read_origin(struct bundle_reader *r, struct bundle_head *head)
{
    struct scan s;
    enum kr_error error = head_line(r, "origin ", &s);
    if (error == KR_OK && strlen(s.at) >= sizeof head->origin) {
        error = reader_bad(r, "origin");
    }
    if (error == KR_OK) {
        snprintf(head->origin, sizeof head->origin, "%s", s.at);
    }
    return error;
}

static enum kr_error read_size(struct bundle_reader *r, struct bundle_head *head)
{
    struct scan s;
    enum kr_error error = head_line(r, "size ", &s);
    if (error == KR_OK) {
        head->size = scan_number(&s);
        scan_end(&s);
    }
    return error == KR_OK && s.broken ? reader_bad(r, "size") : error;
}

static enum kr_error read_scope(struct bundle_reader *r, struct bundle_head *head)
{
    struct scan s;
    enum kr_error error = head_line(r, "scope ", &s);
    if (error != KR_OK || strcmp(s.at, "whole") == 0) {
        return error;
    }
    scan_expect(&s, "ceremony ");
    if (s.broken || !bundle_ceremony_fits(s.at)) {
        return reader_bad(r, "scope");
    }
    snprintf(head->ceremony, sizeof head->ceremony, "%s", s.at);
    return KR_OK;
}

static enum kr_error read_empty(struct bundle_reader *r)
{
    enum kr_error error = reader_line(r);
    return error == KR_OK && r->len != 0 ? reader_bad(r, "no empty line") : error;
}

enum kr_error text_read_head(struct bundle_reader *r, struct bundle_head *head)
{
    enum kr_error error = read_origin(r, head);
    if (error == KR_OK) {
        error = read_size(r, head);
    }
    if (error == KR_OK) {
        error = read_scope(r, head);
    }
    return error == KR_OK ? read_empty(r) : error;
}

static void add_line(struct fill *to, const struct bundle_reader *r)
{
    fill_bytes(to, r->line, r->len);
    fill_bytes(to, "\n", 1);
}

/* The line read last begins the leaf. */
static enum kr_error read_leaf(struct bundle_reader *r, struct bundle_item *item)
{
    struct fill leaf = {item->leaf, sizeof item->leaf, 0, false};
    size_t signers = 0, signatures = 0;
    enum kr_error error = KR_OK;
    add_line(&leaf, r);
    while (error == KR_OK && !leaf.full && (signatures == 0 || signatures < signers)) {
        error = reader_line(r);
        signers += strncmp(r->line, "signer ", 7) == 0;
        signatures += strncmp(r->line, "sig ", 4) == 0;
        if (error == KR_OK && r->len == 0) {
            error = reader_bad(r, "leaf ends too early");
        }
        add_line(&leaf, r);
    }
    item->leaf_len = leaf.len;
    return error == KR_OK && leaf.full ? reader_bad(r, "leaf too long") : error;
}

/* Everything up to an empty line. */
static enum kr_error read_paragraph(struct bundle_reader *r, struct fill *to)
{
    enum kr_error error = reader_line(r);
    while (error == KR_OK && r->len != 0 && !to->full) {
        add_line(to, r);
        error = reader_line(r);
    }
    return error == KR_OK && to->full ? reader_bad(r, "too long") : error;
}

static enum kr_error read_entry(struct bundle_reader *r, struct bundle_item *item)
{
    struct fill body = {item->body, sizeof item->body, 0, false};
    item->kind = BUNDLE_ENTRY;
    item->body[0] = '\0';
    item->body_len = 0;
    enum kr_error error = read_leaf(r, item);
    if (error == KR_OK) {
        error = reader_line(r);
    }
    if (error != KR_OK) {
        return error;
    }
    item->withheld = strcmp(r->line, "withheld") == 0;
    if (item->withheld) {
        return read_empty(r);
    }
    struct scan s = {.at = r->line};
    scan_expect(&s, "salt ");
    scan_hex(&s, item->salt, 32);
    scan_end(&s);
    error = s.broken ? reader_bad(r, "salt") : read_paragraph(r, &body);
    item->body_len = body.len;
    return error;
}

static enum kr_error read_gap(struct bundle_reader *r, struct bundle_item *item)
{
    struct scan s = {.at = r->line};
    item->kind = BUNDLE_GAP;
    scan_expect(&s, "gap ");
    item->from = scan_number(&s);
    scan_expect(&s, " ");
    item->count = scan_number(&s);
    scan_expect(&s, " ");
    scan_hex(&s, item->hash, 32);
    scan_end(&s);
    return s.broken ? reader_bad(r, "gap") : KR_OK;
}

/* Three lines, an empty one, and signatures up to the next empty line. */
static enum kr_error read_checkpoint(struct bundle_reader *r, struct bundle_item *item)
{
    struct fill note = {item->note, sizeof item->note, 0, false};
    item->kind = BUNDLE_CHECKPOINT;
    enum kr_error error = read_paragraph(r, &note);
    if (error == KR_OK) {
        fill_bytes(&note, "\n", 1);
        error = read_paragraph(r, &note);
    }
    item->note_len = note.len;
    return error;
}

static enum kr_error read_end(struct bundle_reader *r, struct bundle_item *item)
{
    struct scan s = {.at = r->line};
    item->kind = BUNDLE_END;
    scan_expect(&s, "end ");
    item->end.entries = scan_number(&s);
    scan_expect(&s, " ");
    item->end.withheld = scan_number(&s);
    scan_expect(&s, " ");
    item->end.hidden = scan_number(&s);
    scan_expect(&s, " ");
    item->end.checkpoints = scan_number(&s);
    scan_expect(&s, " ");
    scan_hex(&s, item->end.notes, 32);
    scan_end(&s);
    return s.broken ? reader_bad(r, "end") : KR_OK;
}

enum kr_error text_read(struct bundle_reader *r, struct bundle_item *item)
{
    enum kr_error error = reader_line(r);
    if (error != KR_OK) {
        return error;
    }
    if (strncmp(r->line, "keyrite-entry/", 14) == 0) {
        return read_entry(r, item);
    }
    if (strncmp(r->line, "gap ", 4) == 0) {
        return read_gap(r, item);
    }
    if (strcmp(r->line, "checkpoint") == 0) {
        return read_checkpoint(r, item);
    }
    return strncmp(r->line, "end ", 4) == 0 ? read_end(r, item) : reader_bad(r, "no item");
}

/* ---- Writing ---- */

void text_write_head(FILE *f, const struct bundle_head *head)
{
    bool whole = head->ceremony[0] == '\0';
    fprintf(f, BUNDLE_TEXT_FIRST "\norigin %s\nsize %" PRIu64 "\nscope %s%s\n\n", head->origin,
            head->size, whole ? "whole" : "ceremony ", head->ceremony);
}

static void write_entry(FILE *f, const struct bundle_item *item)
{
    char salt[65];
    fwrite(item->leaf, 1, item->leaf_len, f);
    if (item->withheld) {
        fputs("withheld\n\n", f);
        return;
    }
    hex_encode(item->salt, 32, salt);
    fprintf(f, "salt %s\n", salt);
    fwrite(item->body, 1, item->body_len, f);
    fputs("\n", f);
}

void text_write(FILE *f, const struct bundle_item *item)
{
    char hash[65];
    if (item->kind == BUNDLE_ENTRY) {
        write_entry(f, item);
    } else if (item->kind == BUNDLE_GAP) {
        hex_encode(item->hash, 32, hash);
        fprintf(f, "gap %" PRIu64 " %" PRIu64 " %s\n", item->from, item->count, hash);
    } else {
        fprintf(f, "checkpoint\n%s\n", item->note);
    }
}

void text_write_end(FILE *f, const struct bundle_counts *c)
{
    char notes[65];
    hex_encode(c->notes, 32, notes);
    fprintf(f, "end %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", c->entries, c->withheld,
            c->hidden, c->checkpoints, notes);
}
