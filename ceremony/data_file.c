#include "data_file.h"

#include <ctype.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../crypto/hash.h"
#include "../store/inventory.h"
#include "data_line.h"
#include "run.h"

#define _(text)    gettext(text)
#define FILE_MAX   (1024 * 1024)
#define ASN_DIGITS 20
#define ID_TYPES   6
#define DATE_LEN   8

enum column { ASN, HOLDER, HOLDER_ID_TYPE, HOLDER_ID, VALID_FROM, VALID_TO, CARD_TYPE, COLUMNS };

/* The file while it is read. */
struct reading {
    struct data_file *file;
    data_known known;
    void *known_ctx;
    int place[COLUMNS]; /* field of each column, -1 for none */
    size_t fields;      /* in the header */
    unsigned line;
    unsigned last_bad;
    enum kr_error failed; /* no fault of the file */
};

/* ---- Problems ---- */

static void problem(struct reading *g, enum kr_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void problem(struct reading *g, enum kr_error error, const char *format, ...)
{
    struct data_file *f = g->file;
    va_list args;
    if (g->line != g->last_bad || f->bad_lines == 0)
        f->bad_lines++;
    g->last_bad = g->line;
    if (f->problem_count == DATA_PROBLEMS_MAX)
        return;
    struct data_problem *p = &f->problems[f->problem_count++];
    p->line = g->line;
    p->error = error;
    va_start(args, format);
    text_fill(p->detail, sizeof p->detail, format, args);
    va_end(args);
}

char *data_problem_explain(const struct data_problem *p, char *out, size_t room)
{
    char text[512];
    kr_explain(p->error, p->detail, text, sizeof text);
    if (p->line > 0)
        text_put(out, room, _("Line %u: %s"), p->line, text);
    else
        text_put(out, room, "%s", text);
    return out;
}

/* ---- Fields: each fills in its part of the row, or tells the problem ---- */

static const char *const column_names[COLUMNS] = {
    "asn", "holder", "holder-id-type", "holder-id", "valid-from", "valid-to", "card-type"};

static bool all_digits(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static void wrong_length(struct reading *g, enum column c, size_t len, size_t wanted)
{
    problem(g, KR_E_DATA_LENGTH, "%s: %zu / %zu", column_names[c], len, wanted);
}

static void take_asn(struct reading *g, struct data_row *row, const char *text)
{
    if (!all_digits(text))
        problem(g, KR_E_DATA_VALUE, "asn: %.24s", text);
    else if (strlen(text) != ASN_DIGITS)
        wrong_length(g, ASN, strlen(text), ASN_DIGITS);
    else
        memcpy(row->asn, text, ASN_DIGITS + 1);
}

static void take_holder(struct reading *g, struct data_row *row, const char *text)
{
    size_t len = strlen(text), i = 0;
    while (i < len && (unsigned char)text[i] >= 0x20 && text[i] != 0x7F)
        i++;
    if (i < len || text[0] == ' ' || text[len - 1] == ' ')
        problem(g, KR_E_DATA_VALUE, "holder");
    else if (len > DATA_HOLDER_MAX)
        wrong_length(g, HOLDER, len, DATA_HOLDER_MAX);
    else
        memcpy(row->holder, text, len + 1);
}

static void take_holder_id(struct reading *g, struct data_row *row, const char *text)
{
    size_t len = strlen(text), i = 0;
    while (i < len && (isalnum((unsigned char)text[i]) || strchr("-/()", text[i])))
        i++;
    if (i < len)
        problem(g, KR_E_DATA_VALUE, "holder-id");
    else if (len > DATA_ID_MAX)
        wrong_length(g, HOLDER_ID, len, DATA_ID_MAX);
    else
        memcpy(row->holder_id, text, len + 1);
}

/* Two hexadecimal digits. */
static bool one_byte(const char *text, uint8_t *out)
{
    return strlen(text) == 2 && hex_decode(text, out, 1) == KR_OK;
}

static void take_id_type(struct reading *g, struct data_row *row, const char *text)
{
    if (!one_byte(text, &row->holder_id_type) || row->holder_id_type >= ID_TYPES)
        problem(g, KR_E_DATA_VALUE, "holder-id-type: %.8s", text);
}

static void take_card_type(struct reading *g, struct data_row *row, const char *text)
{
    if (!one_byte(text, &row->card_type))
        problem(g, KR_E_DATA_VALUE, "card-type: %.8s", text);
}

static bool is_date(const char *text)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int number = atoi(text), year = number / 10000, month = number / 100 % 100, day = number % 100;
    if (year < 1900 || month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month != 2 || day < 29 || leap;
}

static void take_date(struct reading *g, enum column c, char out[9], const char *text)
{
    if (!all_digits(text))
        problem(g, KR_E_DATA_VALUE, "%s: %.16s", column_names[c], text);
    else if (strlen(text) != DATE_LEN)
        wrong_length(g, c, strlen(text), DATE_LEN);
    else if (!is_date(text))
        problem(g, KR_E_DATA_DATE, "%s: %s", column_names[c], text);
    else
        memcpy(out, text, DATE_LEN + 1);
}

static void take_valid_from(struct reading *g, struct data_row *row, const char *text)
{
    take_date(g, VALID_FROM, row->valid_from, text);
}

static void take_valid_to(struct reading *g, struct data_row *row, const char *text)
{
    take_date(g, VALID_TO, row->valid_to, text);
}

static const struct {
    void (*take)(struct reading *g, struct data_row *row, const char *text);
    bool optional; /* the column may be missing, the field empty */
} columns[COLUMNS] = {
    [ASN] = {take_asn, false},
    [HOLDER] = {take_holder, false},
    [HOLDER_ID_TYPE] = {take_id_type, false},
    [HOLDER_ID] = {take_holder_id, false},
    [VALID_FROM] = {take_valid_from, false},
    [VALID_TO] = {take_valid_to, false},
    [CARD_TYPE] = {take_card_type, true},
};

/* ---- Lines ---- */

static void take_header(struct reading *g, const struct data_line *line)
{
    for (size_t c = 0; c < COLUMNS; c++)
        g->place[c] = -1;
    g->fields = line->count;
    for (size_t i = 0; i < line->count; i++) {
        size_t c = 0;
        while (c < COLUMNS && strcmp(line->fields[i], column_names[c]) != 0)
            c++;
        if (!text_is_utf8(line->fields[i]))
            problem(g, KR_E_DATA_ENCODING, "%zu", i + 1);
        else if (c == COLUMNS)
            problem(g, KR_E_DATA_COLUMN_UNKNOWN, "%.40s", line->fields[i]);
        else if (g->place[c] >= 0)
            problem(g, KR_E_DATA_COLUMN_TWICE, "%s", column_names[c]);
        else
            g->place[c] = (int)i;
    }
    for (size_t c = 0; c < COLUMNS; c++)
        if (g->place[c] < 0 && !columns[c].optional)
            problem(g, KR_E_DATA_COLUMN_MISSING, "%s", column_names[c]);
}

static void take_fields(struct reading *g, struct data_row *row, const struct data_line *line)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        const char *text = g->place[c] < 0 ? "" : line->fields[g->place[c]];
        if (text[0] == '\0' && !columns[c].optional)
            problem(g, KR_E_DATA_MISSING, "%s", column_names[c]);
        else if (!text_is_utf8(text))
            problem(g, KR_E_DATA_ENCODING, "%s", column_names[c]);
        else if (text[0] != '\0')
            columns[c].take(g, row, text);
    }
    if (row->valid_from[0] && row->valid_to[0] && strcmp(row->valid_to, row->valid_from) < 0)
        problem(g, KR_E_DATA_DATES, "%s / %s", row->valid_from, row->valid_to);
}

/* The rightmost 16 digits diversify the keys (cards.md section 4). */
static void check_number(struct reading *g, const struct data_row *row)
{
    bool known = false;
    if (row->asn[0] == '\0')
        return;
    for (size_t i = 0; i < g->file->count; i++) {
        const struct data_row *other = &g->file->rows[i];
        if (other->asn[0] == '\0' || strcmp(other->asn + 4, row->asn + 4) != 0)
            continue;
        bool same = strcmp(other->asn, row->asn) == 0;
        problem(g, same ? KR_E_DATA_ASN_TWICE : KR_E_DATA_ASN_KEYS, "%s (%u)", row->asn,
                other->line);
        return;
    }
    if (g->known)
        g->failed = g->known(g->known_ctx, row->asn, &known);
    if (known)
        problem(g, KR_E_DATA_ASN_USED, "%s", row->asn);
}

static void take_row(struct reading *g, const struct data_line *line)
{
    struct data_file *f = g->file;
    struct data_row *row = &f->rows[f->count];
    memset(row, 0, sizeof *row);
    row->line = g->line;
    if (line->count != g->fields) {
        problem(g, KR_E_DATA_FIELDS, "%zu / %zu", line->count, g->fields);
        return;
    }
    take_fields(g, row, line);
    check_number(g, row);
    f->count++;
}

static void take_line(struct reading *g, char *text, size_t len)
{
    struct data_line line;
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = '\0';
    if (len == 0 && g->line > 1)
        return;
    if (strlen(text) != len) {
        problem(g, KR_E_DATA_ENCODING, "00");
        return;
    }
    enum kr_error error = data_line_split(text, &line);
    if (error != KR_OK)
        problem(g, error, "%s", kr_detail());
    else if (g->line == 1)
        take_header(g, &line);
    else
        take_row(g, &line);
}

/* Past DATA_ROWS_MAX nothing is read, the lines are only counted. */
static unsigned take_lines(struct reading *g, char *text, size_t len)
{
    unsigned cards = 0;
    for (size_t at = 0; at < len && g->failed == KR_OK;) {
        char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        bool card = ++g->line > 1 && n > (text[at] == '\r');
        cards += card;
        text[at + n] = '\0';
        if (g->line == 1 || (card && cards <= DATA_ROWS_MAX))
            take_line(g, text + at, n);
        if (g->line == 1 && g->file->bad_lines > 0)
            return 1;
        if (card && cards == DATA_ROWS_MAX + 1)
            problem(g, KR_E_DATA_MANY, "> %d", DATA_ROWS_MAX);
        at += n + 1;
    }
    return cards;
}

/* A byte order mark of UTF-8 says nothing; those of UTF-16 say that it is the wrong encoding. */
static size_t skip_mark(struct reading *g, const char *text, size_t len)
{
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)) {
        g->line = 1;
        problem(g, KR_E_DATA_ENCODING, "UTF-16");
        return len;
    }
    return 0;
}

enum kr_error data_file_parse(const char *bytes, size_t len, data_known known, void *ctx,
                              struct data_file *f)
{
    struct reading g = {.file = f, .known = known, .known_ctx = ctx};
    memset(f, 0, sizeof *f);
    enum kr_error error = sha256(bytes, len, f->digest);
    char *text = malloc(len + 1);
    f->rows = calloc(DATA_ROWS_MAX, sizeof *f->rows);
    if (error == KR_OK && (!text || !f->rows))
        error = KR_E_MEMORY;
    if (error == KR_OK) {
        memcpy(text, bytes, len);
        text[len] = '\0';
        size_t mark = skip_mark(&g, text, len);
        unsigned cards = take_lines(&g, text + mark, len - mark);
        if (cards == 0 && f->bad_lines == 0) {
            g.line = 0;
            problem(&g, KR_E_DATA_EMPTY, "%s", "");
        }
        error = g.failed;
    }
    if (text)
        explicit_bzero(text, len);
    free(text);
    if (error != KR_OK || f->bad_lines > 0)
        f->count = 0;
    return error == KR_OK && f->bad_lines > 0 ? kr_fail(KR_E_DATA_FILE, "%u", f->bad_lines) : error;
}

static enum kr_error read_whole(FILE *in, const char *path, char *out, size_t *len)
{
    struct stat st;
    if (fstat(fileno(in), &st) != 0 || !S_ISREG(st.st_mode))
        return kr_fail(KR_E_FILE, "%s", path);
    *len = fread(out, 1, FILE_MAX + 1, in);
    if (ferror(in))
        return kr_fail(KR_E_FILE, "%s", path);
    return *len > FILE_MAX ? kr_fail(KR_E_TOO_LONG, "%s", path) : KR_OK;
}

enum kr_error data_file_load(const char *path, data_known known, void *ctx, struct data_file *f)
{
    size_t len = 0;
    memset(f, 0, sizeof *f);
    char *bytes = malloc(FILE_MAX + 1);
    FILE *in = bytes ? fopen(path, "rbe") : NULL;
    enum kr_error error = !bytes ? KR_E_MEMORY : !in ? kr_fail(KR_E_FILE, "%s", path) : KR_OK;
    if (error == KR_OK) {
        setvbuf(in, NULL, _IONBF, 0); /* no copy of people's data stays in a buffer */
        error = read_whole(in, path, bytes, &len);
    }
    if (error == KR_OK)
        error = data_file_parse(bytes, len, known, ctx, f);
    if (in)
        fclose(in);
    if (bytes)
        explicit_bzero(bytes, FILE_MAX + 1);
    free(bytes);
    return error;
}

void data_file_free(struct data_file *f)
{
    if (f->rows)
        explicit_bzero(f->rows, DATA_ROWS_MAX * sizeof *f->rows);
    free(f->rows);
    f->rows = NULL;
    f->count = 0;
}

enum kr_error data_file_inventory(void *store, const char *asn, bool *known)
{
    return inventory_number_taken(store, asn, known);
}

/* ---- A stored row ---- */

enum kr_error data_row_read(const char *text, struct data_row *row)
{
    struct data_file f = {0};
    struct reading g = {.file = &f, .line = 1, .fields = COLUMNS};
    struct data_line line;
    char copy[DATA_ROW_TEXT];
    memset(row, 0, sizeof *row);
    for (size_t c = 0; c < COLUMNS; c++)
        g.place[c] = (int)c;
    snprintf(copy, sizeof copy, "%s", text);
    enum kr_error error = data_line_split(copy, &line);
    if (error == KR_OK && line.count == COLUMNS)
        take_fields(&g, row, &line);
    bool fits = error == KR_OK && line.count == COLUMNS && f.bad_lines == 0;
    explicit_bzero(copy, sizeof copy);
    return fits ? KR_OK : kr_fail(KR_E_DATA_FILE, "1");
}

enum kr_error data_row_at(struct store *s, const char *ceremony, unsigned n, struct data_row *row)
{
    struct data_row_record rec;
    enum kr_error error = data_rows_get(s, ceremony, n, &rec);
    if (error == KR_OK)
        error = data_row_read(rec.text, row);
    explicit_bzero(&rec, sizeof rec);
    return error;
}
