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
    {"BAK",         PURPOSE_MASTER,       N_("root of regional authentication keys")},
    {"kIctlP",      PURPOSE_MASTER,       N_("root of PSAM control keys")},
    {"kMaintP",     PURPOSE_MASTER,       N_("root of PSAM maintenance keys")},
    {"kActlP",      PURPOSE_MASTER,       N_("root of PSAM application control keys")},
    {"kAmaintP",    PURPOSE_MASTER,       N_("root of PSAM application maintenance keys")},
    {"kWorkP",      PURPOSE_MASTER,       N_("root of PSAM working keys")},
    {"PAK",         PURPOSE_AUTH,         N_("PSAM authentication key")},
    {"DKR",         PURPOSE_TRANSPORT,    N_("delivery key, national to regional")},
    {"DKM",         PURPOSE_TRANSPORT,    N_("delivery key, regional to member")},
    {"DKP",         PURPOSE_TRANSPORT,    N_("delivery key of PSAMs")},
    {"kIctlB",      PURPOSE_CONTROL,      N_("card master control key, regional")},
    {"kMaintB",     PURPOSE_MAINTENANCE,  N_("card maintenance key, regional")},
    {"kActlB",      PURPOSE_CONTROL,      N_("application master control key, regional")},
    {"kAmaintB",    PURPOSE_MAINTENANCE,  N_("application maintenance key, regional")},
    {"MAK",         PURPOSE_MASTER,       N_("root of member authentication keys")},
    {"BTK",         PURPOSE_TRANSPORT,    N_("regional transport key")},
    {"kIctlM",      PURPOSE_MASTER,       N_("root of member card control keys")},
    {"kMaintM",     PURPOSE_MASTER,       N_("root of member card maintenance keys")},
    {"kActlM",      PURPOSE_MASTER,       N_("root of member application control keys")},
    {"kAmaintM",    PURPOSE_MASTER,       N_("root of member application maintenance keys")},
    {"kWorkM",      PURPOSE_MASTER,       N_("root of member working keys on PSAMs")},
    {"MMTK",        PURPOSE_TRANSPORT,    N_("member transport key")},
    {"MPK",         PURPOSE_MASTER,       N_("member purchase master key")},
    {"MULK",        PURPOSE_MASTER,       N_("unload master key")},
    {"MPUK",        PURPOSE_MASTER,       N_("PIN unlock master key")},
    {"MPRK",        PURPOSE_MASTER,       N_("PIN reload master key")},
    {"MLK",        PURPOSE_MASTER,      N_("load master key")},
    {"MTK",        PURPOSE_MASTER,      N_("TAC master key")},
    {"KBPK",        PURPOSE_BLOCK,        N_("key block protection key")},
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
