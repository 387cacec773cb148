/* What a person reads off the sheets that came with a deck (DECK/sheets/NAME.txt). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rehearse_run.h"

#define SHEET_MAX 2048

static enum kr_error read_sheet(const char *path, struct secret *sheet)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;

    if (fd >= 0)
        n = read(fd, sheet->bytes, SHEET_MAX);
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return kr_fail(KR_E_FILE, "%s", path);
    sheet->len = (size_t)n;
    sheet->bytes[n] = '\0';
    return KR_OK;
}

/* Line "component 1: VALUE" for a component, "pin: VALUE", "key kcv: VALUE". */
static bool is_line(const char *line, size_t name_len, enum request_kind kind,
                    enum secret_entry_kind secret)
{
    if (kind == REQUEST_TEXT)
        return name_len == 7 && strncmp(line, "key kcv", 7) == 0;
    if (secret == ENTRY_PIN)
        return name_len == 3 && strncmp(line, "pin", 3) == 0;
    return name_len == 11 && strncmp(line, "component ", 10) == 0;
}

/* Cuts the text of the sheet down to the value wanted. */
static bool cut(struct secret *sheet, const struct request *q)
{
    char *line = (char *)sheet->bytes;

    while (*line) {
        size_t len = strcspn(line, "\n");
        char *colon = memchr(line, ':', len);
        if (colon && is_line(line, (size_t)(colon - line), q->kind, q->secret.kind)) {
            size_t value = len - (size_t)(colon - line) - 2;
            memmove(sheet->bytes, colon + 2, value);
            sheet->bytes[value] = '\0';
            sheet->len = value;
            return true;
        }
        line += len + (line[len] == '\n');
    }
    return false;
}

enum kr_error rehearse_sheet(struct rehearsal *r, const char *name, struct secret **value)
{
    char path[PATH_ROOM];
    int n = snprintf(path, sizeof path, "%s/sheets/%s.txt", r->deck, name);

    *value = NULL;
    if (n < 0 || n >= (int)sizeof path)
        return kr_fail(KR_E_TOO_LONG, "%.60s", name);
    struct secret *sheet = secret_new(SHEET_MAX + 1);
    if (!sheet)
        return KR_E_MEMORY;
    enum kr_error rc = read_sheet(path, sheet);
    if (rc == KR_OK && !cut(sheet, &r->request))
        rc = kr_fail(KR_E_NOT_FOUND, "%s: %s", name, r->request.key);
    if (rc == KR_OK)
        *value = sheet;
    else
        secret_free(&sheet);
    return rc;
}
