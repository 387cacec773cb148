#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../deck_file.h"

#define ORDER_MAX 64

static const char *const fault_names[FAULT_KINDS] = {
    "none",     "mute",     "gone-before", "gone-after", "empty",
    "one-byte", "wrong-sw", "61xx",        "6cxx",       "reset",
};

enum sim_fault_kind sim_fault_by_name(const char *name)
{
    int kind = FAULT_MUTE;

    while (kind < FAULT_KINDS && strcmp(fault_names[kind], name) != 0)
        kind++;
    return (enum sim_fault_kind)kind;
}

const char *sim_fault_name(enum sim_fault_kind kind)
{
    return fault_names[kind];
}

static bool parse_order(const char *text, unsigned *number, enum sim_fault_kind *kind)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != ':' || n == 0 || n > 1000000)
        return false;
    *number = (unsigned)n;
    *kind = sim_fault_by_name(end + 1);
    return *kind != FAULT_KINDS;
}

static bool order_path(const char *deck, int slot, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/fault-%d", deck, slot) < PATH_MAX;
}

enum kr_error sim_fault_order(const char *deck, int slot, const char *text)
{
    char path[PATH_MAX];
    unsigned number;
    enum sim_fault_kind kind;

    if (!order_path(deck, slot, path))
        return kr_fail(KR_E_TOO_LONG, "%s", deck);
    if (!parse_order(text, &number, &kind))
        return kr_fail(KR_E_DECK, "fault %s", text);
    return deck_file_replace(path, text, strlen(text));
}

void sim_fault_arm(struct sim_fault *f, const char *deck, int slot)
{
    char text[ORDER_MAX] = "";
    struct secret *s = NULL;

    if (f->kind != FAULT_NONE || !order_path(deck, slot, f->path))
        return;
    if (access(f->path, R_OK) != 0 || deck_file_read(f->path, &s) != KR_OK)
        return;
    if (s->len < sizeof text)
        memcpy(text, s->bytes, s->len);
    text[strcspn(text, "\n")] = '\0';
    secret_free(&s);
    if (!parse_order(text, &f->left, &f->kind))
        f->kind = FAULT_NONE;
}

enum sim_fault_kind sim_fault_next(struct sim_fault *f)
{
    enum sim_fault_kind kind = f->kind;

    if (kind == FAULT_NONE || --f->left > 0)
        return FAULT_NONE;
    f->kind = FAULT_NONE;
    unlink(f->path);
    return kind;
}
