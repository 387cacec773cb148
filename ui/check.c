#include "check.h"

#include <stdio.h>

#include "../ceremony/script.h"
#include "language.h"

#define FINDINGS_MAX 64

static int check_file(const char *file)
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
    script_free(&script);
    return count > 0;
}

int check_files(char *const *files, int count)
{
    int failed = 0;

    for (int i = 0; i < count; i++)
        failed |= check_file(files[i]);
    return failed;
}
