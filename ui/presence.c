#include "presence.h"

#include <stdio.h>
#include <string.h>

#include "../cardio/deck.h"
#include "../ceremony/vocabulary.h"
#include "language.h"
#include "text.h"

void presence_roles(unsigned roles, char *out, size_t room)
{
    size_t at = 0;

    out[0] = '\0';
    for (unsigned role = ROLE_ADMINISTRATOR; role <= ROLE_AUDITOR; role <<= 1)
        if (roles & role && at < room)
            at += (size_t)snprintf(out + at, room - at, "%s%s", at ? ", " : "",
                                   vocabulary(role_name(role)));
}

static int put_person(struct pane *p, int column, bool present, const char *name, const char *part)
{
    int start = column;

    if (column >= p->area.width)
        return 0;
    column += pane_put(p, column, present ? INK_GOOD : INK_FAINT, present ? "●" : "○") + 1;
    column += pane_put(p, column, present ? INK_PLAIN : INK_FAINT, name);
    if (part[0])
        column += 1 + pane_put(p, column + 1, INK_FAINT, part);
    return column - start + 3;
}

struct presence_line {
    char name[PERSON_NAME_MAX];
    char part[96]; /* seat or roles */
    bool present;
};
#define PRESENCE_MAX 16

static bool is_seated(const struct seat_line *seats, size_t count, const char *person)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(seats[i].person, person) == 0)
            return true;
    return false;
}

/* In a ceremony the seats and who sits there, then whoever else is signed in. */
static size_t people_lines(struct console *c, struct presence_line *lines)
{
    struct seat_line seats[PRESENCE_MAX];
    struct present_person people[PRESENCE_MAX];
    size_t seated = c->running ? ceremony_seats(c->running, seats, PRESENCE_MAX) : 0;
    size_t here = session_present(c->session, people, PRESENCE_MAX);
    size_t count = seated;

    for (size_t i = 0; i < seated; i++) {
        lines[i].present = seats[i].present;
        snprintf(lines[i].name, sizeof lines[i].name, "%s", seats[i].name);
        snprintf(lines[i].part, sizeof lines[i].part, "%.31s", seats[i].seat);
    }
    for (size_t i = 0; i < here && count < PRESENCE_MAX; i++) {
        if (is_seated(seats, seated, people[i].person))
            continue;
        lines[count].present = true;
        snprintf(lines[count].name, sizeof lines[count].name, "%s", people[i].name);
        presence_roles(people[i].roles, lines[count].part, sizeof lines[count].part);
        count++;
    }
    return count;
}

static void draw_people(struct console *c, struct pane *p)
{
    struct presence_line lines[PRESENCE_MAX];
    size_t count = people_lines(c, lines);
    int column = pane_put(p, 1, INK_FAINT, _("Present")) + 3, width = column;

    for (size_t i = 0; i < count; i++)
        width += text_width(lines[i].name) + text_width(lines[i].part) + 6;
    /* Where not everything fits, better all names than some with their parts. */
    for (size_t i = 0; i < count; i++)
        column += put_person(p, column, lines[i].present, lines[i].name,
                             width - 3 <= p->area.width ? lines[i].part : "");
    if (count == 0)
        pane_put(p, column, INK_FAINT, _("nobody is signed in"));
}

/* What is printed on a simulated card; through PC/SC nobody can see it before the card is asked. */
static void card_looks(struct console *c, size_t n, char *out, size_t room)
{
    const struct session_options *o = session_options(c->session);
    struct deck_card cards[64];
    size_t count = 0;

    snprintf(out, room, "%s", _("card"));
    if (!o->deck || o->readers != READER_SIM || deck_list(o->deck, cards, 64, &count) != KR_OK)
        return;
    for (size_t i = 0; i < count && i < 64; i++)
        if (cards[i].slot == (int)n)
            snprintf(out, room, "%s", cards[i].looks[0] ? cards[i].looks : cards[i].name);
}

void presence_reader(struct console *c, size_t n, char *out, size_t room)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem = KR_OK;
    struct readers *readers = session_readers(c->session);
    size_t count = readers ? readers_status(readers, status, READERS_MAX, &problem) : 0;

    if (n >= count || !status[n].attached)
        snprintf(out, room, "%s", _("not there"));
    else if (!status[n].present)
        snprintf(out, room, "%s", _("empty"));
    else {
        char looks[80];
        card_looks(c, n, looks, sizeof looks);
        snprintf(out, room, "%s ✓", looks);
    }
}

/* The end of a long number: on this line two readers and the keys have to find room. */
static const char *short_looks(const char *looks)
{
    size_t cut = 0, seen = 0;

    for (size_t i = strlen(looks); i-- > 0 && seen < 8;)
        if (looks[i] >= '0' && looks[i] <= '9' && ++seen == 8)
            cut = i;
    return strlen(looks) > 20 && cut > 0 ? looks + cut : looks;
}

static void draw_readers(struct console *c, struct pane *p)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem = KR_OK;
    struct readers *readers = session_readers(c->session);
    size_t count = readers ? readers_status(readers, status, READERS_MAX, &problem) : 0;
    int column = 1;

    if (problem != KR_OK) { /* the advice comes where a card is asked for */
        pane_putf(p, 1, INK_WARN, "! %s", gettext(kr_sentence(problem)));
        return;
    }
    for (size_t i = 0; i < (count > 2 ? count : 2) && column < p->area.width; i++) {
        char text[96];
        bool present = i < count && status[i].present;
        presence_reader(c, i, text, sizeof text);
        column += pane_putf(p, column, INK_FAINT, _("Reader %zu"), i + 1) + 1;
        const char *shown = short_looks(text);
        column += pane_putf(p, column, present ? INK_PLAIN : INK_FAINT, "%s%s",
                            shown == text ? "" : "…", shown) +
                  5;
    }
}

int presence_draw(struct console *c, int bottom)
{
    struct pane p;

    if (!c->session)
        return 0;
    struct area a = {bottom - 3, 0, 3, c->terminal.width};
    pane_begin(&p, stdscr, &c->terminal.theme, a, 0);
    pane_rule(&p, "─", INK_FAINT);
    draw_people(c, &p);
    pane_next(&p);
    draw_readers(c, &p);
    return 3;
}
