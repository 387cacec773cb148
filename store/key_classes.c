#include "key_classes.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const struct key_class classes[] = {
    {"GMPK",       "national", "purchase"},
    {"RAK",        "national", "authentication"},
    {"BAK",        "national", "authentication"},
    {"PAK",        "national", "authentication"},
    {"PTK",        "national", "transport"},
    {"RPTK",       "national", "transport"},
    {"DKR",        "national", "delivery"},
    {"DKP",        "national", "delivery"},
    {"kIctlR",     "national", "card-control"},
    {"kMaintR",    "national", "card-maintenance"},
    {"kActlR",     "national", "application-control"},
    {"kAmaintR",   "national", "application-maintenance"},
    {"kIctlP",     "national", "card-control"},
    {"kMaintP",    "national", "card-maintenance"},
    {"kActlP",     "national", "application-control"},
    {"kAmaintP",   "national", "application-maintenance"},
    {"kWorkP",     "national", "application-working"},
    {"BMPK",       "regional", "purchase"},
    {"MAK",        "regional", "authentication"},
    {"BTK",        "regional", "transport"},
    {"DKM",        "regional", "delivery"},
    {"kIctlB",     "regional", "card-control"},
    {"kMaintB",    "regional", "card-maintenance"},
    {"kActlB",     "regional", "application-control"},
    {"kAmaintB",   "regional", "application-maintenance"},
    {"MPK",        "member",   "purchase"},
    {"MMTK",       "member",   "transport"},
    {"MLK",        "member",   "load"},
    {"MULK",       "member",   "unload"},
    {"MTK",        "member",   "tac"},
    {"MPUK",       "member",   "pin-unlock"},
    {"MPRK",       "member",   "pin-reload"},
    {"kIctlM",     "member",   "card-control"},
    {"kMaintM",    "member",   "card-maintenance"},
    {"kActlM",     "member",   "application-control"},
    {"kAmaintM",   "member",   "application-maintenance"},
    {"kWorkM",     "member",   "application-working"},
    {"kMtk",       "maker",    "transport"},
    {"kMprd",      "maker",    "card-control"},
    {"kMprd-auth", "maker",    "authentication"},
};
/* clang-format on */

const struct key_class *key_class_of(const char *kind)
{
    static const struct key_class unknown = {"", "", "other"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].kind, kind) == 0)
            return &classes[i];
    return &unknown;
}
