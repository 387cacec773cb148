#include "layout_kinds.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vocabulary.h"

#define ENDING ".yaml"

/* "rmkc.yaml" loses its ending; false for other files. */
static bool names_layout(char *file)
{
    size_t len = strlen(file), ending = strlen(ENDING);
    if (len <= ending || strcmp(file + len - ending, ENDING) != 0)
        return false;
    file[len - ending] = '\0';
    return true;
}

enum kr_error layouts_each(struct session *s, void (*visit)(void *ctx, const struct layout *l),
                           void *ctx)
{
    const char *dir = session_options(s)->layouts_dir;
    struct layout *l = malloc(sizeof *l);
    DIR *d = l ? opendir(dir) : NULL;
    struct dirent *entry;
    char path[PATH_MAX];
    while (d && (entry = readdir(d)) != NULL)
        if (names_layout(entry->d_name) &&
            session_layout_path(s, entry->d_name, path, sizeof path) == KR_OK &&
            layout_load(path, l) == KR_OK)
            visit(ctx, l);
    if (d)
        closedir(d);
    enum kr_error err = l ? KR_OK : KR_E_MEMORY;
    free(l);
    return err;
}

struct wanted {
    uint8_t type;
    char *id;
};

static void match(void *ctx, const struct layout *l)
{
    struct wanted *w = ctx;
    if (l->card_type == w->type)
        snprintf(w->id, LAYOUT_ID_MAX, "%s", l->id);
}

enum kr_error layout_of_type(struct session *s, uint8_t type, char id[LAYOUT_ID_MAX])
{
    struct wanted w = {type, id};
    id[0] = '\0';
    return layouts_each(s, match, &w);
}

enum kr_error wrong_kind(struct session *s, uint8_t type)
{
    char id[LAYOUT_ID_MAX];
    enum kr_error err = layout_of_type(s, type, id);
    if (err != KR_OK)
        return err;
    return id[0] != '\0' ? kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(id))
                         : kr_fail(KR_E_CARD_FOREIGN, "%02X", type);
}
