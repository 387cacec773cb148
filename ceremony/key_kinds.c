#include "key_kinds.h"

#include <string.h>

/* clang-format off */
const struct key_kind key_kinds[] = {
    {"kMtk",       PURPOSE_TRANSPORT,   N_("manufacturer's transport key")},
    {"kMprd",      PURPOSE_CONTROL,     N_("manufacturer's key")},
    {"kMprd-auth", PURPOSE_AUTH,        N_("manufacturer's key, for proving blanks")},
    {"kIctlR",     PURPOSE_CONTROL,     N_("card master control key")},
    {"kMaintR",    PURPOSE_MAINTENANCE, N_("card maintenance key")},
    {"kActlR",     PURPOSE_CONTROL,     N_("application master control key")},
    {"kAmaintR",   PURPOSE_MAINTENANCE, N_("application maintenance key")},
    {"GMPK",       PURPOSE_MASTER,      N_("national purchase master key")},
    {"RAK",        PURPOSE_AUTH,        N_("mother card authentication key")},
    {"PTK",        PURPOSE_TRANSPORT,   N_("mother card transport key")},
    {"RPTK",       PURPOSE_TRANSPORT,   N_("PSAM transport key")},
};
/* clang-format on */
const size_t key_kind_count = sizeof key_kinds / sizeof key_kinds[0];

const struct key_kind *key_kind_by_name(const char *name)
{
    for (size_t i = 0; i < key_kind_count; i++)
        if (strcmp(key_kinds[i].name, name) == 0)
            return &key_kinds[i];
    return NULL;
}
