/* The account of the pieces of plastic drawn in a ceremony (R4). */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

#define _(text) gettext(text)

void number_grouped(const char *number, char out[32])
{
    size_t len = 0;
    for (size_t i = 0; number[i] != '\0' && len + 2 < 32; i++) {
        if (i > 0 && i % 4 == 0)
            out[len++] = ' ';
        out[len++] = number[i];
    }
    out[len] = '\0';
}

enum kr_error piece_note(struct ceremony *c, const char *number, const char *chip, const char *what)
{
    char name[32], seen_number[24], seen_chip[20];
    int n = 1;
    for (; n <= piece_count(c, NULL); n++) {
        snprintf(name, sizeof name, "piece.%d", n);
        if (sscanf(var_get(c, name), "%23s %19s", seen_number, seen_chip) == 2 &&
            strcmp(seen_chip, chip) == 0)
            break;
    }
    snprintf(name, sizeof name, "piece.%d", n);
    return var_set(c, name, "%s %s %s", number, chip, what);
}

enum kr_error pieces_in_doubt_spoil(struct ceremony *c, struct entry *e)
{
    enum kr_error err = KR_OK;
    for (int n = 1; err == KR_OK && n <= piece_count(c, NULL); n++) {
        struct card_record rec;
        char name[32], number[24], chip[20], what[16];
        snprintf(name, sizeof name, "piece.%d", n);
        if (sscanf(var_get(c, name), "%23s %19s %15s", number, chip, what) != 3 ||
            strcmp(what, "doubt") != 0)
            continue;
        err = cards_by_chip(session_store(c->session), chip, &rec);
        snprintf(rec.state, sizeof rec.state, "spoiled");
        snprintf(rec.ceremony, sizeof rec.ceremony, "%s", c->id);
        if (err == KR_OK)
            err = cards_set(session_store(c->session), &rec);
        if (err == KR_OK)
            err = piece_note(c, number, chip, "spoiled");
        if (err == KR_OK)
            record_card(e, &rec);
    }
    return err;
}

int piece_count(const struct ceremony *c, const char *what)
{
    int count = 0;
    for (size_t i = 0; i < c->var_count; i++) {
        const char *word = strrchr(c->vars[i].value, ' ');
        if (strncmp(c->vars[i].name, "piece.", 6) == 0 &&
            (what == NULL || (word != NULL && strcmp(word + 1, what) == 0)))
            count++;
    }
    return count;
}

/* ---- A broken reader must not eat the stack ---- */

bool piece_rejected(struct ceremony *c)
{
    int rejects = var_number(c, "rejects") + 1;
    var_set(c, "rejects", "%d", rejects);
    return rejects >= REJECTS_IN_A_ROW;
}

void stopped_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "stopped");
    snprintf(r->text, sizeof r->text,
             _("%d cards in a row were refused, so nothing more is drawn. Look at the reader and "
               "at the stack first: one broken reader, or one wrong box, spoils them all."),
             var_number(c, "rejects"));
    request_option(r, "wait", false, _("Not yet: the cause is still looked for"));
    request_option(r, "go-on", false, _("The cause is known: go on with the next card"));
}

enum kr_error stopped_take(struct ceremony *c, const struct answer *a, int phase)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (a->kind != ANSWER_CHOICE || strcmp(a->text, "go-on") != 0)
        return a->kind == ANSWER_CHOICE && strcmp(a->text, "wait") == 0
                   ? KR_OK
                   : step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    record_begin(c, &e, "note");
    entry_add(&e, "text", "stopped after %d refused cards in a row; the cause is known, goes on",
              var_number(c, "rejects"));
    var_clear(c, "rejects");
    step_goto(c, phase);
    return record_simple(c, &e, who, NULL, NULL);
}
