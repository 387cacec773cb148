#include "present_choice.h"

#include <string.h>

#include "demo.h"
#include "presence.h"

void present_choice_draw(struct console *c, struct choice *people, const char *marked,
                         const char *mark, struct pane *p)
{
    struct present_person present[PEOPLE_MAX];

    choice_count(people, session_present(c->session, present, PEOPLE_MAX));
    for (size_t i = 0; i < people->count; i++) {
        bool here = i == people->chosen;
        char roles[96];
        presence_roles(present[i].roles, roles, sizeof roles);
        if (marked && strcmp(marked, present[i].person) == 0)
            pane_right(p, INK_GOOD, mark);
        pane_put(p, 2, INK_CHOSEN, here ? "▶" : " ");
        pane_put(p, 4, here ? INK_CHOSEN : INK_PLAIN, present[i].name);
        pane_put(p, 34, INK_FAINT, roles);
        pane_next(p);
    }
}

void present_choice_prove(struct console *c, const struct choice *people, enum passphrase_use use,
                          void (*done)(struct console *c, void *ctx))
{
    struct present_person present[PEOPLE_MAX];
    size_t count = session_present(c->session, present, PEOPLE_MAX);

    if (people->chosen >= count)
        return;
    const struct present_person *who = &present[people->chosen];
    passphrase_push(c, use, who->person, who->name, demo_hint(c, who->person), done, NULL);
}
