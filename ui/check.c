#include "check.h"

#include <stdio.h>
#include <string.h>

#include "../ceremony/layout_files.h"
#include "../crypto/hash.h"
#include "language.h"

#define FINDINGS_MAX 64

static void print_words(const uint8_t hash[32], bool zh)
{
    char words[512];
    char *rest = NULL;

    script_hash_words(hash, zh, words, sizeof words);
    for (char *line = strtok_r(words, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        printf("    %s\n", line);
}

static enum kr_error layout_in(const void *dir, const char *name, char *path, size_t room)
{
    int len = snprintf(path, room, "%s/%s.yaml", (const char *)dir, name);

    return len < (int)room ? KR_OK : kr_fail(KR_E_TOO_LONG, "%s", name);
}

/* For the printed copy, with which whoever confirms compares what is read aloud. */
static enum kr_error print_evidence(const struct script *script, const char *layouts_dir)
{
    struct layout_files layouts;
    uint8_t hash[32];
    char hex[65];
    enum kr_error e = layout_files_read(script, layout_in, layouts_dir, &layouts);

    if (e != KR_OK)
        return e;
    hex_encode(script->hash, sizeof script->hash, hex);
    printf("  script %s %s\n", script->id, hex);
    for (size_t i = 0; i < layouts.count; i++)
        printf("  layout %s %s\n", layouts.list[i].name, layouts.list[i].hex);
    e = evidence_hash(script, &layouts, hash);
    layout_files_free(&layouts);
    if (e != KR_OK)
        return e;
    hex_encode(hash, sizeof hash, hex);
    printf("  SHA-256 %s\n", hex);
    print_words(hash, false);
    print_words(hash, true);
    return KR_OK;
}

static int check_file(const char *file, const char *layouts_dir)
{
    struct script *script = NULL;
    struct script_finding findings[FINDINGS_MAX];
    size_t count = 0;
    char text[512];
    enum kr_error e = script_load(file, &script);

    if (e != KR_OK) {
        fprintf(stderr, "keyrite: %s\n", kr_explain(e, NULL, text, sizeof text));
        return 1;
    }
    script_check(script, findings, FINDINGS_MAX, &count);
    for (size_t i = 0; i < count && i < FINDINGS_MAX; i++)
        printf("%s:%u: %s: %s\n", file, findings[i].line,
               findings[i].rule[0] ? findings[i].rule : "form", findings[i].what);
    if (count == 0)
        printf(_("%s: fit to be held\n"), file);
    if (count == 0)
        e = print_evidence(script, layouts_dir);
    if (e != KR_OK)
        fprintf(stderr, "keyrite: %s\n", kr_explain(e, NULL, text, sizeof text));
    script_free(&script);
    return count > 0 || e != KR_OK;
}

int check_files(char *const *files, int count, const char *layouts_dir)
{
    int failed = 0;

    for (int i = 0; i < count; i++)
        failed |= check_file(files[i], layouts_dir);
    return failed;
}
