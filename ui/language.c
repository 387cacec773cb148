#include "language.h"

#include <stdlib.h>
#include <string.h>

#include "../ceremony/engine.h"
#include "../crypto/catalogue.h"

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

enum kr_error language_start(const struct paths *p, const char *named)
{
    bool chinese = named ? starts_with(named, "zh") : environment_is_chinese();

    if (named && strcmp(named, "zh_CN") != 0 && strcmp(named, "zh") != 0 &&
        strcmp(named, "en") != 0)
        return kr_fail(KR_E_COMMAND_LINE, "--lang %.20s", named);
    enum kr_error error = catalogue_open(p->locale);
    if (error == KR_OK)
        language_set(chinese);
    return error;
}

void language_set(bool chinese)
{
    catalogue_language(chinese);
    ceremony_language(chinese);
}

bool language_chinese(void)
{
    return catalogue_is_chinese();
}

bool language_can_switch(void)
{
    return catalogue_can_switch();
}
