#include "catalogue.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define SYSTEM_CATALOGUES "/usr/share/locale"
#define INSTALLED_LOCALE  "/usr/lib/keyrite/locale"

/* gettext() looks at LANGUAGE again when this changes (GNU gettext manual, section 11.2.8). */
extern int _nl_msg_cat_cntr;

/* Handed to putenv() whole: setenv() could move the environment while a worker thread reads it. */
static char chinese_environment[] = "LANGUAGE=zh_CN";
static char english_environment[] = "LANGUAGE=en";

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void catalogue_beside_program(char *folder, size_t room)
{
    char program[512];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program, '/');
    int len =
        slash == NULL ? -1 : snprintf(folder, room, "%.*s/locale", (int)(slash - program), program);
    if (len < 0 || (size_t)len >= room || !is_folder(folder))
        snprintf(folder, room, "%s", is_folder(INSTALLED_LOCALE) ? INSTALLED_LOCALE : "");
}

static bool set_utf8_locale(const char *folder)
{
    if (folder[0] != '\0')
        setenv("LOCPATH", folder, 1);
    if (setlocale(LC_ALL, "en_US.UTF-8") && wcwidth(L'钥') == 2)
        return true;
    unsetenv("LOCPATH");
    if (setlocale(LC_ALL, "en_US.UTF-8") && wcwidth(L'钥') == 2)
        return true;
    return setlocale(LC_ALL, "C.UTF-8") && wcwidth(L'钥') == 2;
}

enum kr_error catalogue_open(const char *folder)
{
    if (!set_utf8_locale(folder))
        return KR_E_LOCALE;
    bindtextdomain("keyrite", folder[0] != '\0' ? folder : SYSTEM_CATALOGUES);
    bind_textdomain_codeset("keyrite", "UTF-8");
    textdomain("keyrite");
    return KR_OK;
}

void catalogue_language(bool chinese)
{
    putenv(chinese ? chinese_environment : english_environment);
    _nl_msg_cat_cntr++;
}

bool catalogue_is_chinese(void)
{
    const char *language = getenv("LANGUAGE");
    return language != NULL && strncmp(language, "zh", 2) == 0;
}

bool catalogue_can_switch(void)
{
    const char *current = setlocale(LC_MESSAGES, NULL);
    return current != NULL && strcmp(current, "C.UTF-8") != 0;
}
