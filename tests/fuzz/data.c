/* Data files (CSV), and a stored row. */
#include "fuzz.h"

#include "../../ceremony/data_file.h"

static void row_comes_back(const struct data_row *row)
{
    char text[DATA_ROW_TEXT], again[DATA_ROW_TEXT];
    struct data_row read;
    uint8_t bytes[CARDHOLDER_LEN];

    data_row_write(row, text);
    HOLDS(data_row_read(text, &read) == KR_OK, "a row that was kept cannot be read");
    data_row_write(&read, again);
    HOLDS(strcmp(text, again) == 0, "a row comes out of the store another one");
    data_row_cardholder(row, bytes);
    data_row_dates(row, bytes);
}

static void problems_can_be_said(const struct data_file *f)
{
    char said[640];

    HOLDS(f->problem_count <= DATA_PROBLEMS_MAX && f->bad_lines > 0, "problems are miscounted");
    for (size_t i = 0; i < f->problem_count; i++)
        HOLDS(data_problem_explain(&f->problems[i], said, sizeof said)[0],
              "a problem says nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data_file f;
    struct data_row row;
    enum kr_error err = data_file_parse((const char *)data, size, NULL, NULL, &f);

    HOLDS(err == KR_OK || f.count == 0, "a refused file leaves rows behind");
    for (size_t i = 0; i < f.count; i++)
        row_comes_back(&f.rows[i]);
    if (err == KR_E_DATA_FILE)
        problems_can_be_said(&f);
    data_file_free(&f);
    char *text = input_text(data, size);
    if (data_row_read(text, &row) == KR_OK)
        row_comes_back(&row);
    free(text);
    return 0;
}
