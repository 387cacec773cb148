/* One line of a data file in CSV (RFC 4180), taken apart. Inside the ceremony floor. */
#ifndef KEYRITE_CEREMONY_DATA_LINE_H
#define KEYRITE_CEREMONY_DATA_LINE_H

#include "../crypto/error.h"

#define DATA_FIELDS_MAX 16
struct data_line {
    char *fields[DATA_FIELDS_MAX];
    size_t count;
};
/* In place: text loses its quotes and is cut into fields. Quotes stand around whole fields and are
 * doubled inside; no field goes past the end of its line. KR_E_DATA_QUOTES (which field),
 * KR_E_DATA_FIELDS past DATA_FIELDS_MAX. */
enum kr_error data_line_split(char *text, struct data_line *line);

#endif
