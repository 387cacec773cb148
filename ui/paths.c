#include "paths.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHARE_DIR "/usr/share/keyrite"
#define LIB_DIR   "/usr/lib/keyrite"

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool join(char out[PATH_ROOM], const char *head, const char *tail)
{
    int n = snprintf(out, PATH_ROOM, "%s/%s", head, tail);

    return n > 0 && n < PATH_ROOM;
}

/* Folder of the running program, without the last component. */
static bool program_folder(char out[PATH_ROOM])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_ROOM - 1);

    if (n <= 0)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

static bool from_checkout(struct paths *p, const char *checkout)
{
    return join(p->scripts, checkout, "ceremony/scripts") && is_folder(p->scripts) &&
           join(p->layouts, checkout, "cardio/layouts") && is_folder(p->layouts);
}

static void locale_beside(struct paths *p, const char *folder)
{
    if (!join(p->locale, folder, "locale") || !is_folder(p->locale))
        p->locale[0] = '\0';
}

enum kr_error paths_find(struct paths *p)
{
    char folder[PATH_ROOM] = "";
    char checkout[PATH_ROOM];
    const char *named = getenv("KEYRITE_SOURCE");
    bool known = program_folder(folder);

    memset(p, 0, sizeof *p);
    if ((named && from_checkout(p, named)) ||
        (known && join(checkout, folder, "..") && from_checkout(p, checkout))) {
        locale_beside(p, folder);
        return KR_OK;
    }
    locale_beside(p, LIB_DIR);
    if (join(p->scripts, SHARE_DIR, "scripts") && is_folder(p->scripts) &&
        join(p->layouts, SHARE_DIR, "layouts") && is_folder(p->layouts))
        return KR_OK;
    return kr_fail(KR_E_FILE, "%s", p->scripts);
}

static bool looks_like_path(const char *named)
{
    size_t len = strlen(named);

    return strchr(named, '/') || (len > 5 && strcmp(named + len - 5, ".yaml") == 0);
}

enum kr_error paths_script(const struct paths *p, const char *named, char out[PATH_ROOM])
{
    int n = looks_like_path(named) ? snprintf(out, PATH_ROOM, "%s", named)
                                   : snprintf(out, PATH_ROOM, "%s/%s.yaml", p->scripts, named);

    if (n < 0 || n >= PATH_ROOM)
        return kr_fail(KR_E_TOO_LONG, "%.60s", named);
    if (access(out, R_OK) != 0)
        return kr_fail(KR_E_NOT_FOUND, "%s", named);
    return KR_OK;
}
