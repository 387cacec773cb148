#include "blank_forms.h"

#include <stdio.h>
#include <string.h>

#include "boxes.h"
#include "model.h"

static const char blank[] = "________________________________________";

static void begin(struct document *d, const char *title, const char *centre, bool rehearsal)
{
    document_begin(d);
    snprintf(d->title, sizeof d->title, "%s", title);
    document_running(d, centre, NULL);
    snprintf(d->mark, sizeof d->mark, "%s", rehearsal ? _("REHEARSAL") : "");
    document_title(d, title);
    document_gap(d);
    document_fact(d, _("centre"), "%s", centre);
}

/* A label and a line to write on, with air above it for a hand. */
static void put_blank(struct document *d, const char *label)
{
    document_add(d, LINE_PLAIN, "");
    document_fact(d, label, "%s", blank);
}

static void put_two(struct document *d, const char *first, const char *second)
{
    struct sign_box boxes[2];
    memset(boxes, 0, sizeof boxes);
    snprintf(boxes[0].who, sizeof boxes[0].who, "%s", first);
    snprintf(boxes[1].who, sizeof boxes[1].who, "%s", second);
    for (size_t i = 0; i < 2; i++)
        snprintf(boxes[i].role, sizeof boxes[i].role, "%s ____________________", _("name"));
    boxes_to_sign(d, boxes, 2);
}

/* ---- Component sheet ---- */

#define BLOCKS        8
#define BLOCKS_A_ROW  4
#define CELLS_A_BLOCK 5 /* four digits and the check letter */
#define KCV_DIGITS    6

static void put_blocks(struct document *d)
{
    for (size_t first = 0; first < BLOCKS; first += BLOCKS_A_ROW) {
        struct cell_group groups[BLOCKS_A_ROW];
        char labels[BLOCKS_A_ROW][64];
        for (size_t i = 0; i < BLOCKS_A_ROW; i++) {
            snprintf(labels[i], sizeof labels[i], _("block %zu · letter"), first + i + 1);
            groups[i] = (struct cell_group){labels[i], CELLS_A_BLOCK};
        }
        document_gap(d);
        boxes_to_fill(d, 2, 4, groups, BLOCKS_A_ROW);
    }
}

static void put_check_values(struct document *d)
{
    const struct cell_group groups[] = {{_("this component"), KCV_DIGITS},
                                        {_("whole key"), KCV_DIGITS}};
    document_gap(d);
    boxes_to_fill(d, 2, 10, groups, 2);
}

enum kr_error form_component_sheet(const char *centre, bool rehearsal, struct document *d)
{
    begin(d, _("Component sheet"), centre, rehearsal);
    put_blank(d, _("key, group, version"));
    put_blank(d, _("component (A, B …) of"));
    put_blank(d, _("algorithm"));
    put_blank(d, _("custodian"));
    put_blank(d, _("sealed bag number"));
    document_heading(d, _("Component, 32 hexadecimal digits"));
    document_line(d, LINE_PLAIN, 0, "%s",
                  _("Four digits to a block; the fifth box takes the check letter of the block, or "
                    "stays empty on sheets without letters, which are typed twice."));
    put_blocks(d);
    document_heading(d, _("Check values (KCV), the first six digits"));
    put_check_values(d);
    document_heading(d, _("Handing over"));
    document_line(d, LINE_PLAIN, 0, "%s",
                  _("Filled in by its custodian alone, out of sight of everybody else, and "
                    "put into its bag at once. Nobody ever holds two sheets of one key."));
    put_two(d, _("Custodian"), _("Witness"));
    return d->failed;
}

/* ---- Envelope ---- */

static void put_inside(struct document *d)
{
    const struct cell_group digits[] = {{_("PIN"), 12}};
    document_line(d, LINE_HEAD, 0, "%s", _("Inside: seen by its holder alone"));
    put_blank(d, _("for card or person"));
    document_gap(d);
    boxes_to_fill(d, 2, 2, digits, 1);
    put_blank(d, _("or passphrase"));
    put_blank(d, "");
}

enum kr_error form_pin_envelope(const char *centre, bool rehearsal, struct document *d)
{
    begin(d, _("PIN or passphrase envelope"), centre, rehearsal);
    document_gap(d);
    document_line(d, LINE_HEAD, 0, "%s", _("Outside"));
    put_blank(d, _("card number, or person"));
    put_blank(d, _("kind of card, or role"));
    put_blank(d, _("envelope number"));
    put_blank(d, _("sealed bag number"));
    put_blank(d, _("deposited at, until"));
    put_two(d, _("Holder, on sealing"), _("Witness"));
    put_two(d, _("Opened by"), _("Witness"));
    document_gap(d);
    document_line(
        d, LINE_PLAIN, 0, "%s",
        "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -");
    document_gap(d);
    put_inside(d);
    return d->failed;
}

/* ---- Destruction ---- */

enum kr_error form_destruction(const struct report *r, bool chinese, struct document *d)
{
    struct page p = {.r = r, .d = d, .chinese = chinese};
    document_begin(d);
    if (r->count == 0)
        return kr_fail(KR_E_NOT_FOUND, "%s", r->ceremony);
    begin(d, _("Record of the destruction of cards"), r->centre, r->rehearsal);
    d->made_ms = r->entries[r->count - 1].time_ms;
    document_fact(d, _("journal"), "%s", r->origin);
    document_fact(d, _("ceremony"), "%s", r->ceremony);
    document_heading(d, _("Cards that were spoiled"));
    put_spoiled(&p);
    document_heading(d, _("Cards that are lost and cannot be destroyed"));
    put_lost(&p);
    document_heading(d, _("Destroyed"));
    document_line(d, LINE_PLAIN, 0, "%s",
                  _("Compare number and chip of every card with the list before it is destroyed; "
                    "the chip itself has to be in pieces."));
    put_blank(d, _("how (shredded, cut)"));
    put_blank(d, _("where"));
    put_blank(d, _("cards destroyed (count)"));
    put_blank(d, _("cards missing (numbers)"));
    put_two(d, _("Destroyed by"), _("Witness"));
    return d->failed;
}
