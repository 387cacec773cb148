#include "data_line.h"

/* From the opening quote on; *end: what follows the closing one, NULL when there is none. */
static void unquote(char *from, char **end)
{
    char *to = from;
    *end = NULL;
    for (char *p = from + 1; *p != '\0'; p++) {
        if (*p == '"' && p[1] != '"') {
            *end = p + 1;
            break;
        }
        if (*p == '"')
            p++;
        *to++ = *p;
    }
    if (*end)
        *to = '\0';
}

enum kr_error data_line_split(char *text, struct data_line *line)
{
    char *p = text;
    line->count = 0;
    for (;;) {
        if (line->count == DATA_FIELDS_MAX)
            return kr_fail(KR_E_DATA_FIELDS, "> %d", DATA_FIELDS_MAX);
        char *field = p, *end = p;
        if (*p == '"') {
            unquote(p, &end);
        } else {
            while (*end != '\0' && *end != ',' && *end != '"')
                end++;
        }
        if (!end || (*end != '\0' && *end != ','))
            return kr_fail(KR_E_DATA_QUOTES, "%zu", line->count + 1);
        line->fields[line->count++] = field;
        if (*end == '\0')
            return KR_OK;
        *end = '\0';
        p = end + 1;
    }
}
