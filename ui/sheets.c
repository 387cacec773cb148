#include "sheets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../crypto/component.h"

#define GROUPS     5
#define COMPONENTS 3
#define PATH_BYTES 600

/* ---- Making ---- */

struct sheet_text {
    char bytes[SHEET_TEXT_MAX];
    size_t len;
};

static void put(struct sheet_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put(struct sheet_text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(t->bytes + t->len, sizeof t->bytes - t->len, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof t->bytes - t->len)
        t->len += (size_t)n;
}

/* The lines of a sheet as the deck's own sheets have them (docs/rehearsal.md reads both). */
static void put_component(struct sheet_text *t, const char *name, const struct secret *component)
{
    put(t, "%s:", name);
    for (size_t b = 0; b < component->len / 2; b++) {
        const uint8_t *pair = component->bytes + 2 * b;
        uint8_t digits[BLOCK_DIGITS] = {pair[0] >> 4, pair[0] & 15, pair[1] >> 4, pair[1] & 15};
        put(t, " %02X%02X%c", (unsigned)pair[0], (unsigned)pair[1],
            component_check_letter(b, digits));
    }
    put(t, "\n");
}

static enum kr_error put_kcv(struct sheet_text *t, const struct suite *s, const struct secret *key,
                             const char *what)
{
    struct kcv kcv;
    char text[16];
    enum kr_error e = suite_kcv(s, key, &kcv);

    if (e == KR_OK) {
        kcv_text(&kcv, text);
        put(t, "%s kcv: %s\n", what, text);
    }
    return e;
}

static enum kr_error put_combined(struct sheet_text *t, const struct suite *s,
                                  struct secret *const *components, size_t count, const char *what)
{
    struct secret *key = NULL;
    enum kr_error e = component_combine(s, (const struct secret *const *)components, count, &key);

    if (e == KR_OK)
        e = put_kcv(t, s, key, what);
    secret_free(&key);
    return e;
}

static enum kr_error write_file(const char *deck, const char *name, const struct sheet_text *t)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/sheets/%s.txt", deck, name);
    int fd = n > 0 && (size_t)n < sizeof path
                 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                 : -1;

    if (fd < 0)
        return kr_fail(KR_E_FILE, "%s", path);
    bool whole = write(fd, t->bytes, t->len) == (ssize_t)t->len;
    if (close(fd) != 0 || !whole)
        return kr_fail(KR_E_FILE, "%s", path);
    return KR_OK;
}

static enum kr_error sheet_make(const char *deck, const struct suite *s, int group,
                                struct secret *const *components, size_t n)
{
    struct sheet_text t = {.len = 0};
    char name[SHEET_NAME_MAX], what[32];
    char letter = (char)('A' + n);

    snprintf(name, sizeof name, "GMPK-%d-%c", group, letter);
    snprintf(what, sizeof what, "component %c", letter);
    put(&t, "REHEARSAL - for simulated cards only\nsheet: GMPK group %d, component %c\n", group,
        letter);
    put_component(&t, what, components[n]);
    enum kr_error e = put_kcv(&t, s, components[n], what);
    if (e == KR_OK)
        e = put_combined(&t, s, components, 2, "key of A and B");
    if (e == KR_OK)
        e = put_combined(&t, s, components, 3, "key of A, B and C");
    return e == KR_OK ? write_file(deck, name, &t) : e;
}

static enum kr_error group_make(const char *deck, const struct suite *s, int group)
{
    struct secret *components[COMPONENTS] = {NULL};
    enum kr_error e = KR_OK;

    for (size_t n = 0; e == KR_OK && n < COMPONENTS; n++)
        e = suite_random_key(s, &components[n]);
    for (size_t n = 0; e == KR_OK && n < COMPONENTS; n++)
        e = sheet_make(deck, s, group, components, n);
    for (size_t n = 0; n < COMPONENTS; n++)
        secret_free(&components[n]);
    return e;
}

enum kr_error sheets_make(const char *deck)
{
    const struct suite *s = suite_by_id("3des");
    char folder[PATH_BYTES];
    enum kr_error e = s ? KR_OK : kr_fail(KR_E_SUITE, "3des");

    snprintf(folder, sizeof folder, "%s/sheets", deck);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return kr_fail(KR_E_FILE, "%s", folder);
    for (int group = 1; e == KR_OK && group <= GROUPS; group++)
        e = group_make(deck, s, group);
    return e;
}

/* ---- Reading ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t sheets_list(const char *deck, char names[][SHEET_NAME_MAX], size_t room)
{
    char folder[PATH_BYTES];
    struct dirent *entry;
    size_t count = 0;

    snprintf(folder, sizeof folder, "%s/sheets", deck);
    DIR *dir = opendir(folder);
    while (dir && count < room && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len <= 4 || len - 4 >= SHEET_NAME_MAX || strcmp(entry->d_name + len - 4, ".txt") != 0)
            continue;
        memcpy(names[count], entry->d_name, len - 4);
        names[count++][len - 4] = '\0';
    }
    if (dir)
        closedir(dir);
    qsort(names, count, SHEET_NAME_MAX, by_name);
    return count;
}

enum kr_error sheet_read(const char *deck, const char *name, char text[SHEET_TEXT_MAX])
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/sheets/%s.txt", deck, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return kr_fail(KR_E_FILE, "%s", path);
    size_t len = fread(text, 1, SHEET_TEXT_MAX - 1, f);
    fclose(f);
    text[len] = '\0';
    return KR_OK;
}
