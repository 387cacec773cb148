/* The transfer note, once a checkpoint covers the cards that were sent: into a folder that people
 * choose, from where it is printed and goes with the bag. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../../store/hand_out.h"
#include "../../store/receptions.h"
#include "../../store/report/note_paper.h"
#include "transfer.h"

#define _(text) gettext(text)

#define DIRECTORY_MAX 400

enum { WRITE_CHECKPOINT, WRITE_WHERE, WRITE_SHOW };

static void file_name(const struct ceremony *c, char out[64])
{
    snprintf(out, 64, "%s" NOTE_ENDING, c->id);
}

static void where_ask(struct ceremony *c, struct request *r)
{
    char name[64];
    file_name(c, name);
    request_from_step(c, r, REQUEST_TEXT, "folder");
    r->text_max = DIRECTORY_MAX;
    request_fact(r, _("file"), "%s", name);
    request_fact(r, _("left empty"), "%.80s/exports", store_dir(session_store(c->session)));
}

static enum kr_error show_ask(struct ceremony *c, struct request *r)
{
    char name[64], fingerprint[NOTE_FINGERPRINT];
    file_name(c, name);
    enum kr_error err =
        transfer_note_fingerprint(session_slots(c->session)->log_public, fingerprint);
    request_from_step(c, r, REQUEST_SHOW, NULL);
    snprintf(r->text, sizeof r->text, "%s",
             _("The transfer note is written. Print it: the paper goes into the bag's envelope, "
               "the file to the receiver on its own way. The receiver types the fingerprint from "
               "the paper."));
    request_fact(r, _("file"), "%s", name);
    request_fact(r, _("paper"), "%s", var_get(c, "note.paper"));
    request_fact(r, _("fingerprint"), "%s", fingerprint);
    return err;
}

enum kr_error write_note_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == WRITE_SHOW)
        return show_ask(c, r);
    if (c->phase == WRITE_WHERE)
        where_ask(c, r);
    else
        r->kind = REQUEST_WORK;
    return KR_OK;
}

/* The newest checkpoint covers the pages, whatever was signed since. */
static enum kr_error make(struct ceremony *c, char **text, size_t *len)
{
    char checkpoint[CHECKPOINT_MAX];
    uint64_t first, pages[NOTE_PAGES_MAX];
    size_t count;
    transfer_pages(c, &first, &count);
    for (size_t i = 0; i < count && i < NOTE_PAGES_MAX; i++)
        pages[i] = first + i;
    enum kr_error err = checkpoint_last(session_store(c->session), checkpoint, sizeof checkpoint);
    return err == KR_OK
               ? transfer_note_make(session_store(c->session), pages, count, checkpoint, text, len)
               : err;
}

static enum kr_error written(struct ceremony *c, const char *text, size_t len)
{
    struct entry e;
    uint8_t digest[32];
    char hex[65], who[PERSON_ID_MAX];
    enum kr_error err = sha256(text, len, digest);
    if (err != KR_OK)
        return err;
    hex_encode(digest, 32, hex);
    snprintf(who, sizeof who, "%s", step_person(c));
    record_begin(c, &e, "note");
    entry_add(&e, "sent-note", "%s", hex);
    step_goto(c, WRITE_SHOW);
    return record_simple(c, &e, who, NULL, NULL);
}

/* The note counts, the paper is made of it: without a program that prints, or room on the stick,
 * people print what there is. */
static enum kr_error paper(struct ceremony *c, const char *folder, const char *name,
                           const char *text, size_t len)
{
    char made[NOTE_PAPER_ROOM];
    enum kr_error err = note_paper_write(folder, name, text, len, made);
    if (err == KR_E_FILE || err == KR_E_TOO_LONG)
        return var_set(c, "note.paper", "%s", name);
    return err == KR_OK ? var_set(c, "note.paper", "%s", made) : err;
}

static enum kr_error write_take(struct ceremony *c, const struct answer *a)
{
    char folder[DIRECTORY_MAX + 1], name[64], *text = NULL;
    size_t len = 0;
    if (a->kind != ANSWER_TEXT || strlen(a->text) >= sizeof folder || !text_is_utf8(a->text))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%.40s", a->text));
    if (a->text[0] == '\0')
        snprintf(folder, sizeof folder, "%.380s/exports", store_dir(session_store(c->session)));
    else
        snprintf(folder, sizeof folder, "%.400s", a->text);
    file_name(c, name);
    enum kr_error err = make(c, &text, &len);
    if (err == KR_OK)
        err = file_hand_out(folder, name, text, len);
    if (err == KR_OK)
        err = paper(c, folder, name, text, len);
    if (err == KR_E_FILE || err == KR_E_TOO_LONG)
        err = step_problem(c, err);
    else if (err == KR_OK)
        err = written(c, text, len);
    free(text);
    return err;
}

enum kr_error write_note_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == WRITE_WHERE)
        return write_take(c, a);
    if (c->phase == WRITE_CHECKPOINT) {
        enum kr_error err = record_checkpoint(c, NULL, 0, NULL, 0);
        step_goto(c, WRITE_WHERE);
        return err;
    }
    char name[64], who[PERSON_ID_MAX];
    file_name(c, name);
    snprintf(who, sizeof who, "%s", step_person(c));
    step_done(c, who, "%s", name);
    return state_persist(c);
}
