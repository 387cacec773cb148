/* A bundle as JSON. Of the many ways to write JSON this reads and writes one, so that a line can be
 * scanned from left to right. */
#include <inttypes.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "scan.h"

/* ---- Reading ---- */

/* A string up to its closing quotation mark, into to; spaces only where they may be. */
static void take_string(struct scan *s, struct fill *to, bool spaces)
{
    scan_expect(s, "\"");
    while (!s->broken && *s->at != '"') {
        if (*s->at == '\\') {
            s->at++;
            s->broken = *s->at != '"' && *s->at != '\\';
        }
        unsigned char c = (unsigned char)*s->at;
        if (s->broken || c < 0x20 || (c == ' ' && !spaces)) {
            s->broken = true;
            return;
        }
        fill_bytes(to, s->at++, 1);
    }
    scan_expect(s, "\"");
}

/* A number as it stands, without leading zeros. */
static void take_number(struct scan *s, struct fill *to)
{
    const char *begin = s->at;
    (void)scan_number(s);
    fill_bytes(to, begin, (size_t)(s->at - begin));
}

/* A member "name":STRING to a line of the leaf. */
static void take_line(struct scan *s, struct fill *leaf, const char *member, const char *line,
                      bool spaces)
{
    scan_expect(s, member);
    fill_text(leaf, line);
    take_string(s, leaf, spaces);
    fill_text(leaf, "\n");
}

static void take_signers(struct scan *s, struct fill *leaf, struct fill *signatures)
{
    scan_expect(s, ",\"signers\":[");
    do {
        fill_text(leaf, "signer ");
        scan_expect(s, "{\"person\":");
        take_string(s, leaf, false);
        fill_text(leaf, " ");
        scan_expect(s, ",\"role\":");
        take_string(s, leaf, false);
        fill_text(leaf, " ");
        scan_expect(s, ",\"key\":");
        take_string(s, leaf, false);
        fill_text(leaf, "\n");
        take_line(s, signatures, ",\"sig\":", "sig ", false);
        scan_expect(s, "}");
        if (!scan_comes(s, ",")) {
            break;
        }
        scan_expect(s, ",");
    } while (!s->broken && !signatures->full);
    scan_expect(s, "]");
}

static void take_leaf(struct scan *s, const char *origin, struct bundle_item *item)
{
    char text[ENTRY_LEAF_MAX], number[24];
    struct fill leaf = {item->leaf, sizeof item->leaf, 0, false};
    struct fill signatures = {text, sizeof text, 0, false};
    struct fill seq = {number, sizeof number, 0, false};
    take_number(s, &seq);
    fill_text(&leaf, "keyrite-entry/1\norigin ");
    fill_text(&leaf, origin);
    fill_text(&leaf, "\nseq ");
    fill_bytes(&leaf, number, seq.len);
    take_line(s, &leaf, ",\"prev\":", "\nprev ", false);
    fill_text(&leaf, "tree ");
    fill_bytes(&leaf, number, seq.len);
    take_line(s, &leaf, ",\"tree\":", " ", false);
    take_line(s, &leaf, ",\"time\":", "time ", false);
    take_line(s, &leaf, ",\"mono\":", "mono ", true);
    take_line(s, &leaf, ",\"kind\":", "kind ", false);
    fill_text(&leaf, "level ");
    scan_expect(s, ",\"level\":");
    take_number(s, &leaf);
    take_line(s, &leaf, ",\"commitment\":", "\nbody ", false);
    take_signers(s, &leaf, &signatures);
    fill_bytes(&leaf, text, signatures.len);
    item->leaf_len = leaf.len;
    s->broken = s->broken || leaf.full || signatures.full || seq.full;
}

static void take_body(struct scan *s, struct bundle_item *item)
{
    struct fill body = {item->body, sizeof item->body, 0, false};
    scan_expect(s, ",\"salt\":\"");
    scan_hex(s, item->salt, 32);
    scan_expect(s, "\",\"body\":[");
    while (scan_comes(s, "[") && !body.full) {
        scan_expect(s, "[");
        take_string(s, &body, false);
        fill_text(&body, " ");
        scan_expect(s, ",");
        take_string(s, &body, true);
        fill_text(&body, "\n");
        scan_expect(s, "]");
        if (!scan_comes(s, ",")) {
            break;
        }
        scan_expect(s, ",");
        s->broken = s->broken || !scan_comes(s, "[");
    }
    scan_expect(s, "]");
    item->body_len = body.len;
    s->broken = s->broken || body.full;
}

static void take_entry(struct scan *s, const char *origin, struct bundle_item *item)
{
    item->kind = BUNDLE_ENTRY;
    item->body[0] = '\0';
    item->body_len = 0;
    scan_expect(s, "{\"entry\":");
    take_leaf(s, origin, item);
    item->withheld = scan_comes(s, ",\"withheld\":true");
    if (item->withheld) {
        scan_expect(s, ",\"withheld\":true");
    } else {
        take_body(s, item);
    }
    scan_expect(s, "}");
}

static void take_gap(struct scan *s, struct bundle_item *item)
{
    item->kind = BUNDLE_GAP;
    scan_expect(s, "{\"gap\":");
    item->from = scan_number(s);
    scan_expect(s, ",\"count\":");
    item->count = scan_number(s);
    scan_expect(s, ",\"hash\":\"");
    scan_hex(s, item->hash, 32);
    scan_expect(s, "\"}");
}

static void take_checkpoint(struct scan *s, struct bundle_item *item)
{
    struct fill note = {item->note, sizeof item->note, 0, false};
    item->kind = BUNDLE_CHECKPOINT;
    scan_expect(s, "{\"checkpoint\":[");
    do {
        take_string(s, &note, true);
        fill_text(&note, "\n");
        if (!scan_comes(s, ",")) {
            break;
        }
        scan_expect(s, ",");
    } while (!s->broken && !note.full);
    scan_expect(s, "]}");
    item->note_len = note.len;
    s->broken = s->broken || note.full;
}

static void take_end(struct scan *s, struct bundle_item *item)
{
    item->kind = BUNDLE_END;
    scan_expect(s, "],\"end\":{\"entries\":");
    item->end.entries = scan_number(s);
    scan_expect(s, ",\"withheld\":");
    item->end.withheld = scan_number(s);
    scan_expect(s, ",\"hidden\":");
    item->end.hidden = scan_number(s);
    scan_expect(s, ",\"checkpoints\":");
    item->end.checkpoints = scan_number(s);
    scan_expect(s, ",\"notes\":\"");
    scan_hex(s, item->end.notes, 32);
    scan_expect(s, "\"}}");
}

enum kr_error json_read(struct bundle_reader *r, struct bundle_item *item)
{
    enum kr_error error = reader_line(r);
    struct scan s = {.at = r->line};
    if (error != KR_OK) {
        return error;
    }
    if (r->last) {
        take_end(&s, item);
    } else if (scan_comes(&s, "{\"entry\":")) {
        take_entry(&s, r->origin, item);
    } else if (scan_comes(&s, "{\"gap\":")) {
        take_gap(&s, item);
    } else {
        take_checkpoint(&s, item);
    }
    if (!r->last && !scan_comes(&s, ",")) {
        r->last = true;
    } else if (!r->last) {
        scan_expect(&s, ",");
    }
    scan_end(&s);
    return s.broken ? reader_bad(r, "JSON") : KR_OK;
}

enum kr_error json_read_head(struct bundle_reader *r, struct bundle_head *head)
{
    struct scan s = {.at = r->line};
    struct fill origin = {head->origin, sizeof head->origin, 0, false};
    struct fill ceremony = {head->ceremony, sizeof head->ceremony, 0, false};
    scan_expect(&s, BUNDLE_JSON_FIRST "\"origin\":");
    take_string(&s, &origin, false);
    scan_expect(&s, ",\"size\":");
    head->size = scan_number(&s);
    scan_expect(&s, ",\"scope\":");
    if (scan_comes(&s, "\"whole\"")) {
        scan_expect(&s, "\"whole\"");
    } else {
        scan_expect(&s, "\"ceremony\",\"ceremony\":");
        take_string(&s, &ceremony, false);
        s.broken = s.broken || !bundle_ceremony_fits(head->ceremony);
    }
    scan_expect(&s, ",\"items\":[");
    scan_end(&s);
    return s.broken || origin.full || ceremony.full ? reader_bad(r, "head") : KR_OK;
}

/* ---- Writing ---- */

static void put_string(FILE *f, const char *text, size_t len)
{
    fputc('"', f);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            fputc('\\', f);
        }
        fputc(text[i], f);
    }
    fputc('"', f);
}

static void put_hex(FILE *f, const char *member, const uint8_t *bytes, size_t len)
{
    char hex[129];
    hex_encode(bytes, len, hex);
    fprintf(f, "%s\"%s\"", member, hex);
}

void json_write_head(FILE *f, const struct bundle_head *head)
{
    fputs(BUNDLE_JSON_FIRST "\"origin\":", f);
    put_string(f, head->origin, strlen(head->origin));
    fprintf(f, ",\"size\":%" PRIu64 ",\"scope\":", head->size);
    if (head->ceremony[0] == '\0') {
        fputs("\"whole\"", f);
    } else {
        fputs("\"ceremony\",\"ceremony\":", f);
        put_string(f, head->ceremony, strlen(head->ceremony));
    }
    fputs(",\"items\":[", f);
}

static void write_leaf(FILE *f, const struct entry *e)
{
    fprintf(f, "{\"entry\":%" PRIu64, e->seq);
    put_hex(f, ",\"prev\":", e->prev, 32);
    put_hex(f, ",\"tree\":", e->root, 32);
    fprintf(f, ",\"time\":\"%" PRId64 ".%03d\",\"mono\":\"%" PRId64 " %s\"", e->time_ms / 1000,
            (int)(e->time_ms % 1000), e->mono_ms, e->boot_id);
    fprintf(f, ",\"kind\":\"%s\",\"level\":%u", e->kind, (unsigned)e->level);
    put_hex(f, ",\"commitment\":", e->body_hash, 32);
    for (size_t i = 0; i < e->signer_count; i++) {
        const struct entry_signer *s = &e->signers[i];
        fprintf(f, "%s{\"person\":\"%s\",\"role\":\"%s\"", i == 0 ? ",\"signers\":[" : ",",
                s->person, s->role);
        put_hex(f, ",\"key\":", s->key_id, 4);
        put_hex(f, ",\"sig\":", s->signature, 64);
        fputs("}", f);
    }
    fputs("]", f);
}

static void write_body(FILE *f, const struct bundle_item *item)
{
    put_hex(f, ",\"salt\":", item->salt, 32);
    fputs(",\"body\":[", f);
    for (size_t at = 0; at < item->body_len;) {
        const char *line = item->body + at;
        size_t len = strcspn(line, "\n"), name = strcspn(line, " ");
        fputs(at == 0 ? "[" : ",[", f);
        put_string(f, line, name);
        fputs(",", f);
        put_string(f, line + name + 1, len - name - 1);
        fputs("]", f);
        at += len + 1;
    }
    fputs("]", f);
}

static void write_checkpoint(FILE *f, const struct bundle_item *item)
{
    fputs("{\"checkpoint\":[", f);
    for (size_t at = 0; at < item->note_len;) {
        size_t len = strcspn(item->note + at, "\n");
        fputs(at == 0 ? "" : ",", f);
        put_string(f, item->note + at, len);
        at += len + 1;
    }
    fputs("]}", f);
}

enum kr_error json_write(FILE *f, const struct bundle_item *item)
{
    struct entry e;
    enum kr_error error = KR_OK;
    if (item->kind == BUNDLE_ENTRY) {
        error = entry_decode(item->leaf, item->leaf_len, &e);
    }
    if (error != KR_OK) {
        return error;
    }
    if (item->kind == BUNDLE_ENTRY) {
        write_leaf(f, &e);
        if (item->withheld) {
            fputs(",\"withheld\":true", f);
        } else {
            write_body(f, item);
        }
        fputs("}", f);
    } else if (item->kind == BUNDLE_GAP) {
        fprintf(f, "{\"gap\":%" PRIu64 ",\"count\":%" PRIu64, item->from, item->count);
        put_hex(f, ",\"hash\":", item->hash, 32);
        fputs("}", f);
    } else {
        write_checkpoint(f, item);
    }
    return KR_OK;
}

void json_write_end(FILE *f, const struct bundle_counts *c)
{
    fprintf(f,
            "\n],\"end\":{\"entries\":%" PRIu64 ",\"withheld\":%" PRIu64 ",\"hidden\":%" PRIu64
            ",\"checkpoints\":%" PRIu64,
            c->entries, c->withheld, c->hidden, c->checkpoints);
    put_hex(f, ",\"notes\":", c->notes, 32);
    fputs("}}\n", f);
}
