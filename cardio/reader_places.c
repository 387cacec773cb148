#include "reader_places.h"
#include <string.h>

static void place(struct reader_places *p, size_t i, struct reader_told *t)
{
    struct reader_status *at = &p->status[i];
    bool known = strcmp(at->name, t->status.name) == 0;
    bool changed = !known || at->present != t->status.present || p->told_changes[i] != t->changes;
    t->status.changes = at->changes + (changed ? 1 : 0);
    t->placed = true;
    *at = t->status;
    p->told_changes[i] = t->changes;
    if (i >= p->count)
        p->count = i + 1;
}

/* A person says "reader 1" of a thing on the table, so a number stays with its reader as long as
 * it is plugged in, whatever the order in which pcscd lists them. */
void places_take(struct reader_places *p, struct reader_told *told, size_t count)
{
    for (size_t i = 0; i < p->count; i++) {
        bool was = p->status[i].present;
        p->status[i].attached = p->status[i].present = false;
        for (size_t k = 0; k < count && !p->status[i].attached; k++)
            if (!told[k].placed && strcmp(p->status[i].name, told[k].status.name) == 0) {
                p->status[i].present = was;
                place(p, i, &told[k]);
            }
        if (!p->status[i].attached && was)
            p->status[i].changes++;
    }
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < READERS_MAX && !told[k].placed; i++)
            if (!p->status[i].attached)
                place(p, i, &told[k]);
}
