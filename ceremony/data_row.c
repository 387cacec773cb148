/* A row of a data file as it is stored, and as it stands on the card. */
#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"
#include "data_file.h"

/* Quotes around it, those inside doubled. */
static void quoted(const char *text, char out[2 * DATA_HOLDER_MAX + 3])
{
    size_t n = 0;
    out[n++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"')
            out[n++] = '"';
        out[n++] = *text;
    }
    out[n++] = '"';
    out[n] = '\0';
}

void data_row_write(const struct data_row *row, char out[DATA_ROW_TEXT])
{
    char holder[2 * DATA_HOLDER_MAX + 3];
    quoted(row->holder, holder);
    snprintf(out, DATA_ROW_TEXT, "%s,%s,%02X,%s,%s,%s,%02X", row->asn, holder,
             (unsigned)row->holder_id_type, row->holder_id, row->valid_from, row->valid_to,
             (unsigned)row->card_type);
}

enum kr_error data_row_digest(const struct data_row *row, uint8_t digest[32])
{
    char text[DATA_ROW_TEXT];
    data_row_write(row, text);
    enum kr_error error = sha256(text, strlen(text), digest);
    explicit_bzero(text, sizeof text);
    return error;
}

void data_row_cardholder(const struct data_row *row, uint8_t out[CARDHOLDER_LEN])
{
    memset(out, 0, CARDHOLDER_LEN);
    out[0] = row->card_type;
    memcpy(out + 2, row->holder, strlen(row->holder));
    memcpy(out + 2 + DATA_HOLDER_MAX, row->holder_id, strlen(row->holder_id));
    out[CARDHOLDER_LEN - 1] = row->holder_id_type;
}

void data_row_dates(const struct data_row *row, uint8_t out[8])
{
    memset(out, 0, 8);
    (void)hex_decode(row->valid_from, out, 4);
    (void)hex_decode(row->valid_to, out + 4, 4);
}

enum kr_error data_file_keep(struct store *s, const char *ceremony, const struct data_file *f,
                             uint8_t digest[32])
{
    struct data_row_record rec = {0};
    enum kr_error error = KR_OK;
    for (size_t i = 0; error == KR_OK && i < f->count; i++) {
        snprintf(rec.asn, sizeof rec.asn, "%s", f->rows[i].asn);
        data_row_write(&f->rows[i], rec.text);
        error = data_rows_put(s, ceremony, (unsigned)i + 1, &rec);
    }
    explicit_bzero(&rec, sizeof rec);
    return error == KR_OK ? data_rows_digest(s, ceremony, digest) : error;
}
