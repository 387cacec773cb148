/* One row per card operating system, one column per kind of key. */
#include "dialect.h"
#include <string.h>

static const struct dialect dialects[] = {
    {
        .id = "pboc-key",
        .type =
            {
                [CARD_KEY_CONTROL] = 0x39,
                [CARD_KEY_MAINTENANCE] = 0x36,
                [CARD_KEY_EXTERNAL] = 0x39,
                [CARD_KEY_INTERNAL] = 0x34,
                [CARD_KEY_TRANSPORT] = 0x3B,
                [CARD_KEY_PURCHASE] = 0x3E,
                [CARD_KEY_LOAD] = 0x3F,
                [CARD_KEY_UNLOAD] = 0x3D,
                [CARD_KEY_TAC] = 0x33,
                [CARD_KEY_PIN] = 0x3A,
                [CARD_KEY_PIN_UNLOCK] = 0x37,
                [CARD_KEY_PIN_RELOAD] = 0x38,
            },
        .write_key_cla = 0x84,
        .write_key_ins = 0xD4,
        .algorithm_3des = 0x00,
    },
};

static const char *const kind_names[CARD_KEY_KINDS] = {
    [CARD_KEY_CONTROL] = "control",
    [CARD_KEY_MAINTENANCE] = "maintenance",
    [CARD_KEY_EXTERNAL] = "external",
    [CARD_KEY_INTERNAL] = "internal",
    [CARD_KEY_TRANSPORT] = "transport",
    [CARD_KEY_PURCHASE] = "purchase",
    [CARD_KEY_LOAD] = "load",
    [CARD_KEY_UNLOAD] = "unload",
    [CARD_KEY_TAC] = "tac",
    [CARD_KEY_PIN] = "pin",
    [CARD_KEY_PIN_UNLOCK] = "pin-unlock",
    [CARD_KEY_PIN_RELOAD] = "pin-reload",
};

const struct dialect *dialect_by_id(const char *id)
{
    for (size_t i = 0; id && i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(dialects[i].id, id) == 0)
            return &dialects[i];
    return NULL;
}

enum card_key_kind card_key_kind_by_name(const char *name)
{
    for (int i = 0; name && i < CARD_KEY_KINDS; i++)
        if (strcmp(kind_names[i], name) == 0)
            return (enum card_key_kind)i;
    return CARD_KEY_KINDS;
}

const char *card_key_kind_name(enum card_key_kind kind)
{
    return (unsigned)kind < CARD_KEY_KINDS ? kind_names[kind] : "?";
}
