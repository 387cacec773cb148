#include "language.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../ceremony/engine.h"

/* gettext() looks at LANGUAGE again when this changes (GNU gettext manual, section 11.2.8). */
extern int _nl_msg_cat_cntr;

/* Handed to putenv() whole: setenv() could move the environment while a worker thread reads it. */
static char chinese_environment[] = "LANGUAGE=zh_CN";
static char english_environment[] = "LANGUAGE=en";

static bool starts_with(const char *text, const char *head)
{
    return text && strncmp(text, head, strlen(head)) == 0;
}

static bool environment_is_chinese(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return starts_with(value, "zh");
    }
    return false;
}

static bool set_utf8_locale(const struct paths *p)
{
    if (p->locale[0])
        setenv("LOCPATH", p->locale, 1);
    if (setlocale(LC_ALL, "en_US.UTF-8") && wcwidth(L'钥') == 2)
        return true;
    unsetenv("LOCPATH");
    if (setlocale(LC_ALL, "en_US.UTF-8") && wcwidth(L'钥') == 2)
        return true;
    return setlocale(LC_ALL, "C.UTF-8") && wcwidth(L'钥') == 2;
}

enum kr_error language_start(const struct paths *p, const char *named)
{
    bool chinese = named ? starts_with(named, "zh") : environment_is_chinese();

    if (named && strcmp(named, "zh_CN") != 0 && strcmp(named, "zh") != 0 &&
        strcmp(named, "en") != 0)
        return kr_fail(KR_E_COMMAND_LINE, "--lang %.20s", named);
    if (!set_utf8_locale(p))
        return KR_E_LOCALE;
    bindtextdomain("keyrite", p->catalogues);
    bind_textdomain_codeset("keyrite", "UTF-8");
    textdomain("keyrite");
    language_set(chinese);
    return KR_OK;
}

void language_set(bool chinese)
{
    putenv(chinese ? chinese_environment : english_environment);
    _nl_msg_cat_cntr++;
    ceremony_language(chinese);
}

bool language_chinese(void)
{
    return starts_with(getenv("LANGUAGE"), "zh");
}

bool language_can_switch(void)
{
    const char *current = setlocale(LC_MESSAGES, NULL);

    return current && strcmp(current, "C.UTF-8") != 0;
}
