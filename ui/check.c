#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cardio/layout.h"
#include "../ceremony/layout_files.h"
#include "../crypto/hash.h"
#include "../crypto/hash_words.h"
#include "language.h"

#define FINDINGS_MAX 64
#define NAME_ROOM    64

static int complain(enum kr_error e)
{
    char text[512];

    fprintf(stderr, "keyrite: %s\n", kr_explain(e, NULL, text, sizeof text));
    return 1;
}

/* ---- Scripts ---- */

static void print_words(const uint8_t hash[32], bool zh)
{
    char words[512];
    char *rest = NULL;

    hash_words(hash, zh, words, sizeof words);
    for (char *line = strtok_r(words, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        printf("    %s\n", line);
}

static enum kr_error layout_in(const void *dir, const char *name, char *path, size_t room)
{
    int len = snprintf(path, room, "%s/%s.yaml", (const char *)dir, name);

    return len < (int)room ? KR_OK : kr_fail(KR_E_TOO_LONG, "%s", name);
}

/* As a centre of a city-card deployment finds it. */
static enum kr_error city_layout_in(const void *dir, const char *name, char *path, size_t room)
{
    int len = snprintf(path, room, "%s/city/%s.yaml", (const char *)dir, name);

    return len < (int)room && access(path, R_OK) == 0 ? KR_OK : layout_in(dir, name, path, room);
}

static enum kr_error print_evidence(const struct script *script, const struct layout_files *layouts)
{
    uint8_t hash[32];
    char hex[65];
    enum kr_error e = evidence_hash(script, layouts, hash);

    if (e != KR_OK)
        return e;
    hex_encode(script->hash, sizeof script->hash, hex);
    printf("  script %s %s\n", script->id, hex);
    for (size_t i = 0; i < layouts->count; i++)
        printf("  layout %s %s\n", layouts->list[i].name, layouts->list[i].hex);
    hex_encode(hash, sizeof hash, hex);
    printf("  SHA-256 %s\n", hex);
    print_words(hash, false);
    print_words(hash, true);
    return KR_OK;
}

static bool same_layouts(const struct layout_files *a, const struct layout_files *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->list[i].hex, b->list[i].hex) == 0;
    return same;
}

/* Whether some centre that holds the ceremony is of a city-card deployment, or is not. */
static bool held_in(const struct script *script, bool city)
{
    for (size_t i = 0; i < script->tiers_count; i++)
        if (tier_is_city(tier_by_name(script->tiers[i])) == city)
            return true;
    return false;
}

/* For the printed copy, with which whoever confirms compares what is read aloud. */
static enum kr_error print_copies(const struct script *script, const char *layouts_dir)
{
    struct layout_files plain, city;
    bool both = held_in(script, true) && held_in(script, false);
    enum kr_error e = layout_files_read(script, layout_in, layouts_dir, &plain);

    if (e != KR_OK)
        return e;
    e = layout_files_read(script, city_layout_in, layouts_dir, &city);
    if (e == KR_OK && held_in(script, false))
        e = print_evidence(script, &plain);
    if (e == KR_OK && both && !same_layouts(&plain, &city))
        printf("%s\n", _("  in a city-card deployment, whose card layouts differ:"));
    if (e == KR_OK && held_in(script, true) && !(both && same_layouts(&plain, &city)))
        e = print_evidence(script, &city);
    layout_files_free(&plain);
    layout_files_free(&city);
    return e;
}

static int check_script(const char *file, const char *layouts_dir)
{
    struct script *script = NULL;
    struct script_finding findings[FINDINGS_MAX];
    size_t count = 0;
    enum kr_error e = script_load(file, &script);

    if (e != KR_OK)
        return complain(e);
    script_check(script, findings, FINDINGS_MAX, &count);
    for (size_t i = 0; i < count && i < FINDINGS_MAX; i++)
        printf("%s:%u: %s: %s\n", file, findings[i].line,
               findings[i].rule[0] ? findings[i].rule : "form", findings[i].what);
    if (count == 0)
        printf(_("%s: fit to be held\n"), file);
    if (count == 0)
        e = print_copies(script, layouts_dir);
    if (e != KR_OK)
        complain(e);
    script_free(&script);
    return count > 0 || e != KR_OK;
}

/* ---- Card layouts ---- */

/* A layout begins its master file at the left margin; no script has such a field. */
static bool is_layout(const char *file)
{
    char line[256];
    bool found = false;
    FILE *f = fopen(file, "re");

    while (f && !found && fgets(line, sizeof line, f))
        found = strncmp(line, "mf:", 3) == 0;
    if (f)
        fclose(f);
    return found;
}

/* Steps name a layout by its file. */
static enum kr_error named_as_file(const char *file, const struct layout *layout)
{
    const char *slash = strrchr(file, '/');
    char wanted[NAME_ROOM];

    snprintf(wanted, sizeof wanted, "%s.yaml", layout->id);
    return strcmp(slash ? slash + 1 : file, wanted) == 0
               ? KR_OK
               : kr_fail(KR_E_LAYOUT, _("%s: its id is %s, so its name has to be %s"), file,
                         layout->id, wanted);
}

static int check_layout(const char *file)
{
    struct layout *layout = calloc(1, sizeof *layout);
    enum kr_error e = layout ? layout_load(file, layout) : KR_E_MEMORY;

    if (e == KR_OK)
        e = named_as_file(file, layout);
    if (e == KR_OK)
        printf(_("%s: cards can be made by it\n"), file);
    else
        complain(e);
    free(layout);
    return e != KR_OK;
}

int check_files(char *const *files, int count, const char *layouts_dir)
{
    int failed = 0;

    for (int i = 0; i < count; i++)
        failed |=
            is_layout(files[i]) ? check_layout(files[i]) : check_script(files[i], layouts_dir);
    return failed;
}
