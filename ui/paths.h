/*
 * Where the programs find what they read: ceremony scripts, card layouts, the locale. Beside a
 * build (BUILD/keyrite in the checkout) that is the checkout's own ceremony/scripts and
 * cardio/layouts; installed it is /usr/share/keyrite. KEYRITE_SOURCE names a checkout for a build
 * folder that lies elsewhere. The working directory is never looked at: a script must not come from
 * wherever somebody happens to stand.
 */
#ifndef KEYRITE_UI_PATHS_H
#define KEYRITE_UI_PATHS_H

#include "../crypto/error.h"

#define PATH_ROOM 512

struct paths {
    char scripts[PATH_ROOM]; /* folder of *.yaml */
    char layouts[PATH_ROOM];
    char locale[PATH_ROOM]; /* the locale and the catalogues; "" where the system's own serve */
};

/* KR_E_FILE naming the last folder tried when no folder of scripts is found. */
enum kr_error paths_find(struct paths *p);

/* The script a person named: a path (it has a '/' or ends in .yaml) is taken as it is, anything
 * else is an id looked up in the folder of scripts. KR_E_NOT_FOUND when there is no such file;
 * KR_E_TOO_LONG. */
enum kr_error paths_script(const struct paths *p, const char *named, char out[PATH_ROOM]);

#endif
