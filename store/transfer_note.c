/* The text of a transfer note: writing it, and reading only what would be written so. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "note_parts.h"

static enum kr_error no_note(const char *what)
{
    return kr_fail(KR_E_NOTE_FORM, "%s", what);
}

void transfer_note_free(struct transfer_note **n)
{
    if (*n == NULL)
        return;
    for (size_t i = 0; i < (*n)->page_count; i++)
        entry_free(&(*n)->pages[i].entry);
    free((*n)->pages);
    free((*n)->cards);
    free(*n);
    *n = NULL;
}

/* ---- Lines of at most NOTE_COLUMNS bytes, so that a printed note is the file ---- */

/* Where a line of that length is cut: never inside a character. What is no UTF-8 is cut anywhere,
 * so that no piece is ever short. */
static size_t cut_at(const char *line, size_t len, size_t room)
{
    size_t at = room;
    if (len <= room)
        return len;
    while (at + 4 > room && ((unsigned char)line[at] & 0xC0) == 0x80)
        at--;
    return ((unsigned char)line[at] & 0xC0) == 0x80 ? room : at;
}

/* out holds 2 * len bytes: a continued line has far more than one byte. */
static size_t fold(const char *text, size_t len, char *out)
{
    size_t used = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t left = end == NULL ? len - at : (size_t)(end - (text + at));
        size_t piece = cut_at(text + at, left, NOTE_COLUMNS);
        for (;;) {
            memcpy(out + used, text + at, piece);
            used += piece;
            at += piece;
            left -= piece;
            if (left == 0)
                break;
            out[used++] = '\n';
            out[used++] = ' ';
            piece = cut_at(text + at, left, NOTE_COLUMNS - 1);
        }
        if (end != NULL)
            out[used++] = text[at++];
    }
    return used;
}

/* In place; returns what is left. */
static size_t unfold(char *text, size_t len)
{
    size_t used = 0;
    for (size_t at = 0; at < len; at++) {
        if (text[at] == '\n' && at + 1 < len && text[at + 1] == ' ')
            at++;
        else
            text[used++] = text[at];
    }
    return used;
}

/* ---- Writing ---- */

struct growing {
    char *text;
    size_t len, room;
    bool failed; /* no memory */
};

static bool grow(struct growing *out, size_t more)
{
    if (out->len + more < out->room)
        return true;
    size_t room = 2 * (out->len + more) + 4096;
    char *text = realloc(out->text, room);
    if (text == NULL)
        return false;
    out->text = text;
    out->room = room;
    return true;
}

__attribute__((format(printf, 2, 3))) static void put(struct growing *out, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    out->failed = out->failed || n < 0 || !grow(out, (size_t)n);
    if (!out->failed)
        out->len += (size_t)vsnprintf(out->text + out->len, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
}

static void write_hex(struct growing *out, const char *name, const uint8_t *bytes, size_t len)
{
    char hex[65];
    hex_encode(bytes, len, hex);
    put(out, "%s %s\n", name, hex);
}

static size_t lines_in(const char *text, size_t len)
{
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

static enum kr_error write_page(struct growing *out, const struct note_page *p)
{
    char leaf[ENTRY_LEAF_MAX];
    size_t len;
    enum kr_error error = entry_leaf(&p->entry, leaf, sizeof leaf, &len);
    if (error != KR_OK)
        return error;
    put(out, "%.*s", (int)len, leaf);
    write_hex(out, "salt", p->entry.salt, 32);
    put(out, "lines %zu\n%.*s", lines_in(p->entry.body, p->entry.body_len), (int)p->entry.body_len,
        p->entry.body);
    put(out, "proof %zu\n", p->proof_count);
    for (size_t i = 0; i < p->proof_count; i++)
        write_hex(out, "node", p->proof[i], 32);
    return KR_OK;
}

enum kr_error transfer_note_checkpoint(const struct transfer_note *n, char text[CHECKPOINT_MAX])
{
    size_t len;
    enum kr_error error = checkpoint_body(&n->head, text, CHECKPOINT_MAX - 1, &len);
    if (error != KR_OK)
        return error;
    memcpy(text + len, "\n", 2);
    return checkpoint_add_signature(text, CHECKPOINT_MAX, n->head.origin, CHECKPOINT_BY_LOG,
                                    n->log_key, 0, n->log_signature);
}

static enum kr_error write_checkpoint(struct growing *out, const struct transfer_note *n)
{
    char text[CHECKPOINT_MAX];
    enum kr_error error = transfer_note_checkpoint(n, text);
    if (error == KR_OK)
        put(out, "checkpoint\n%s", text);
    return error;
}

static enum kr_error write_all(struct growing *out, const struct transfer_note *n)
{
    char fingerprint[NOTE_FINGERPRINT];
    enum kr_error error = transfer_note_fingerprint(n->log_key, fingerprint);
    put(out, NOTE_FIRST_LINE);
    write_hex(out, "log-key", n->log_key, 32);
    put(out, "fingerprint %s\npages %zu\n", fingerprint, n->page_count);
    for (size_t i = 0; error == KR_OK && i < n->page_count; i++)
        error = write_page(out, &n->pages[i]);
    put(out, "people %zu\n", n->people_count);
    for (size_t i = 0; i < n->people_count; i++) {
        put(out, "person %s", n->people[i].person);
        write_hex(out, "", n->people[i].public_key, 32);
    }
    return error == KR_OK ? write_checkpoint(out, n) : error;
}

enum kr_error transfer_note_text(const struct transfer_note *n, char **text, size_t *len)
{
    struct growing plain = {.text = NULL};
    *text = NULL;
    *len = 0;
    enum kr_error error = write_all(&plain, n);
    if (error == KR_OK && plain.failed)
        error = KR_E_MEMORY;
    if (error == KR_OK)
        *text = malloc(2 * plain.len + 1);
    if (error == KR_OK && *text == NULL)
        error = KR_E_MEMORY;
    if (error == KR_OK) {
        *len = fold(plain.text, plain.len, *text);
        (*text)[*len] = '\0';
    }
    free(plain.text);
    if (error == KR_OK && *len > NOTE_BYTES_MAX) {
        error = kr_fail(KR_E_TOO_LONG, "transfer note");
        free(*text);
        *text = NULL;
    }
    return error;
}

/* ---- Reading: loosely, because the text must then come out again byte for byte ---- */

struct cursor {
    const char *at, *end;
    const char *broken; /* what did not fit, NULL while all did */
};

static void breaks(struct cursor *c, const char *what)
{
    if (c->broken == NULL)
        c->broken = what;
}

static bool comes(const struct cursor *c, const char *word)
{
    size_t len = strlen(word);
    return c->broken == NULL && (size_t)(c->end - c->at) >= len && memcmp(c->at, word, len) == 0;
}

static void expect(struct cursor *c, const char *word)
{
    if (comes(c, word))
        c->at += strlen(word);
    else
        breaks(c, word);
}

/* Everything up to the delimiter, which is passed over too. */
static void take(struct cursor *c, char delimiter, char *out, size_t room)
{
    size_t left = c->broken == NULL ? (size_t)(c->end - c->at) : 0;
    const char *end = left == 0 ? NULL : memchr(c->at, delimiter, left);
    size_t len = end == NULL ? 0 : (size_t)(end - c->at);
    out[0] = '\0';
    if (end == NULL || len >= room) {
        breaks(c, "line");
        return;
    }
    memcpy(out, c->at, len);
    out[len] = '\0';
    c->at = end + 1;
}

static size_t take_number(struct cursor *c, const char *name, size_t most)
{
    char text[8], *end;
    expect(c, name);
    take(c, '\n', text, sizeof text);
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n > most)
        breaks(c, name);
    return c->broken == NULL ? n : 0;
}

static void take_hex(struct cursor *c, const char *name, uint8_t *out, size_t len)
{
    char hex[65];
    expect(c, name);
    take(c, '\n', hex, sizeof hex);
    if (c->broken == NULL && hex_decode(hex, out, len) != KR_OK)
        breaks(c, name);
}

/* Up to the first line that begins so, from the start of a line. */
static size_t length_before(const struct cursor *c, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = c->at; (size_t)(c->end - at) >= len;) {
        if (memcmp(at, line, len) == 0)
            return (size_t)(at - c->at);
        at = memchr(at, '\n', (size_t)(c->end - at));
        if (at == NULL)
            break;
        at++;
    }
    return 0;
}

static size_t length_of_lines(const struct cursor *c, size_t lines)
{
    const char *at = c->at;
    for (; lines > 0; lines--) {
        const char *end = at == c->end ? NULL : memchr(at, '\n', (size_t)(c->end - at));
        if (end == NULL)
            return 0;
        at = end + 1;
    }
    return (size_t)(at - c->at);
}

static enum kr_error take_body(struct cursor *c, struct entry *e)
{
    uint8_t salt[32];
    take_hex(c, "salt ", salt, sizeof salt);
    size_t len = length_of_lines(c, take_number(c, "lines ", ENTRY_BODY_MAX));
    if (c->broken != NULL || len > ENTRY_BODY_MAX)
        return no_note(c->broken == NULL ? "body" : c->broken);
    enum kr_error error = entry_set_body(e, salt, c->at, len);
    c->at += len;
    return error;
}

static enum kr_error take_page(struct cursor *c, struct note_page *p)
{
    size_t len = c->broken == NULL ? length_before(c, "salt ") : 0;
    enum kr_error error = entry_decode(c->at, len, &p->entry);
    c->at += error == KR_OK ? len : 0;
    if (error == KR_OK)
        error = take_body(c, &p->entry);
    if (error != KR_OK)
        return error;
    p->proof_count = take_number(c, "proof ", TREE_PROOF_MAX);
    for (size_t i = 0; i < p->proof_count; i++)
        take_hex(c, "node ", p->proof[i], 32);
    return KR_OK;
}

static void take_people(struct cursor *c, struct transfer_note *n)
{
    n->people_count = take_number(c, "people ", ENTRY_SIGNERS_MAX);
    for (size_t i = 0; i < n->people_count; i++) {
        expect(c, "person ");
        take(c, ' ', n->people[i].person, sizeof n->people[i].person);
        take_hex(c, "", n->people[i].public_key, 32);
    }
}

/* What else the text of the checkpoint may hold, writing it again leaves out. */
static enum kr_error take_checkpoint(struct cursor *c, struct transfer_note *n)
{
    expect(c, "checkpoint\n");
    if (c->broken != NULL)
        return no_note(c->broken);
    size_t len = (size_t)(c->end - c->at);
    enum kr_error error = checkpoint_parse(c->at, len, &n->head);
    return error == KR_OK
               ? checkpoint_log_signature(c->at, len, n->head.origin, n->log_key, n->log_signature)
               : error;
}

static enum kr_error take_pages(struct cursor *c, struct transfer_note *n)
{
    size_t count = take_number(c, "pages ", NOTE_PAGES_MAX);
    enum kr_error error = count == 0 ? no_note("pages") : KR_OK;
    n->pages = calloc(count == 0 ? 1 : count, sizeof *n->pages);
    if (n->pages == NULL)
        return KR_E_MEMORY;
    while (error == KR_OK && n->page_count < count)
        error = take_page(c, &n->pages[n->page_count++]);
    return error;
}

static enum kr_error take_note(struct cursor *c, struct transfer_note *n)
{
    char fingerprint[NOTE_FINGERPRINT];
    expect(c, NOTE_FIRST_LINE);
    take_hex(c, "log-key ", n->log_key, 32);
    expect(c, "fingerprint ");
    take(c, '\n', fingerprint, sizeof fingerprint);
    enum kr_error error = c->broken == NULL ? take_pages(c, n) : no_note(c->broken);
    if (error == KR_OK)
        take_people(c, n);
    return error == KR_OK ? take_checkpoint(c, n) : error;
}

static enum kr_error comes_out_again(const struct transfer_note *n, const char *text, size_t len)
{
    char *again;
    size_t again_len;
    enum kr_error error = transfer_note_text(n, &again, &again_len);
    if (error == KR_OK && (again_len != len || memcmp(again, text, len) != 0))
        error = no_note("written another way");
    free(again);
    return error;
}

/* Whatever was wrong inside, to people it is a note that is none. */
static enum kr_error as_form(enum kr_error error)
{
    char detail[160];
    if (error == KR_OK || error == KR_E_MEMORY || error == KR_E_NOTE_FORM ||
        error == KR_E_NOTE_PROOF || error == KR_E_CRYPTO)
        return error;
    snprintf(detail, sizeof detail, "%s", kr_detail());
    return kr_fail(KR_E_NOTE_FORM, "%s", detail);
}

enum kr_error transfer_note_read(const char *text, size_t len, struct transfer_note **out)
{
    struct transfer_note *n = NULL;
    char *plain = NULL;
    enum kr_error error = KR_E_MEMORY;
    *out = NULL;
    if (len == 0 || len > NOTE_BYTES_MAX || memchr(text, '\0', len) != NULL)
        return no_note("length");
    n = calloc(1, sizeof *n);
    plain = malloc(len);
    if (n == NULL || plain == NULL)
        goto done;
    memcpy(plain, text, len);
    struct cursor c = {plain, plain + unfold(plain, len), NULL};
    error = take_note(&c, n);
    if (error == KR_OK)
        error = comes_out_again(n, text, len);
    if (error == KR_OK)
        error = sha256(text, len, n->digest);
    if (error == KR_OK)
        error = note_gather(n);
    if (error == KR_OK)
        error = note_prove(n);
    error = as_form(error);
done:
    free(plain);
    if (error == KR_OK)
        *out = n;
    else
        transfer_note_free(&n);
    return error;
}

enum kr_error transfer_note_load(const char *path, struct transfer_note **n, char **text,
                                 size_t *len)
{
    char *bytes = malloc(NOTE_BYTES_MAX + 1);
    size_t used = 0;
    enum kr_error error = bytes == NULL ? KR_E_MEMORY : KR_OK;
    *n = NULL;
    FILE *in = error == KR_OK ? fopen(path, "rbe") : NULL;
    if (error == KR_OK && in == NULL)
        error = kr_fail(KR_E_FILE, "%.120s: %s", path, strerror(errno));
    if (error == KR_OK) {
        used = fread(bytes, 1, NOTE_BYTES_MAX + 1, in);
        if (ferror(in))
            error = kr_fail(KR_E_FILE, "%.120s: %s", path, strerror(errno));
    }
    if (in != NULL)
        fclose(in);
    if (error == KR_OK)
        error = transfer_note_read(bytes, used, n);
    if (error == KR_OK && text != NULL) {
        *text = bytes;
        *len = used;
        return KR_OK;
    }
    free(bytes);
    return error;
}
