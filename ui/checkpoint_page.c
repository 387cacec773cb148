/* The newest checkpoint for a camera: over the whole terminal, because a code that a phone reads
 * needs every line of a small one. */
#include "checkpoint_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_card_page.h"
#include "inventory.h"
#include "language.h"
#include "qr_code.h"

#define WORDS     30 /* columns beside the code */
#define PARTS_MAX 32

enum view { VIEW_NONE, VIEW_COMPACT, VIEW_WHOLE, VIEW_PART };

struct checkpoint_view {
    char note[CHECKPOINT_MAX + 1], compact[CHECKPOINT_COMPACT_MAX];
    struct checkpoint head;
    size_t step, steps; /* which code is shown, and of how many */
    size_t parts;       /* into which the note is cut */
    enum view view;
    int lines, columns; /* of the terminal for which they were made */
    struct qr code;
};

/* ---- Which codes there are at this size of the terminal ---- */

/* Bytes of a character stay together. */
static size_t cut(const char *note, size_t parts, size_t i)
{
    size_t len = strlen(note), at = len * i / parts;

    while (at > 0 && at < len && ((unsigned char)note[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static enum kr_error make_part(const char *note, size_t parts, size_t i, int most, struct qr *code)
{
    char text[CHECKPOINT_MAX + 64];
    size_t from = cut(note, parts, i), to = cut(note, parts, i + 1);
    int head = snprintf(text, sizeof text, "checkpoint %zu/%zu\n", i + 1, parts);

    memcpy(text + head, note + from, to - from);
    return qr_make(text, (size_t)head + to - from, QR_LEVEL_L, 1, most, code);
}

static size_t count_parts(struct checkpoint_view *v, int most)
{
    for (size_t parts = 2; parts <= PARTS_MAX; parts++) {
        size_t i = 0;
        while (i < parts && make_part(v->note, parts, i, most, &v->code) == KR_OK)
            i++;
        if (i == parts)
            return parts;
    }
    return 0;
}

static bool make_whole(struct checkpoint_view *v, int most)
{
    return qr_make(v->note, strlen(v->note), QR_LEVEL_M, 1, most, &v->code) == KR_OK;
}

static bool make_compact(struct checkpoint_view *v, int most)
{
    size_t len = strlen(v->compact);

    return qr_make(v->compact, len, QR_LEVEL_M, 1, most, &v->code) == KR_OK ||
           qr_make(v->compact, len, QR_LEVEL_L, 1, most, &v->code) == KR_OK;
}

/* Where the whole note fits into one code it stands first; else the compact one does, and the
 * note's parts come after it. */
static void make_code(struct checkpoint_view *v)
{
    int most = qr_version_within(v->lines, v->columns - WORDS - 1);
    bool whole = make_whole(v, most);
    size_t step = v->step;

    v->parts = whole ? 0 : count_parts(v, most);
    v->steps = whole ? 2 : 1 + v->parts;
    v->step = step = step < v->steps ? step : 0;
    if (whole && step == 0)
        v->view = make_whole(v, most) ? VIEW_WHOLE : VIEW_NONE;
    else if (whole || step == 0)
        v->view = make_compact(v, most) ? VIEW_COMPACT : VIEW_NONE;
    else
        v->view =
            make_part(v->note, v->parts, step - 1, most, &v->code) == KR_OK ? VIEW_PART : VIEW_NONE;
}

/* ---- Drawing ---- */

static void view_words(const struct checkpoint_view *v, char *out, size_t room)
{
    switch (v->view) {
    case VIEW_COMPACT:
        snprintf(out, room, "%s",
                 _("Size, root and the log's signature. A phone shows a line that begins with "
                   "KEYRITE1; keyrite-audit takes it as a checkpoint."));
        break;
    case VIEW_WHOLE:
        snprintf(out, room, "%s", _("The whole note, with everybody's signature."));
        break;
    case VIEW_PART:
        snprintf(out, room,
                 _("The whole note, part %zu of %zu: put together what follows the first line of "
                   "each."),
                 v->step, v->parts);
        break;
    default:
        snprintf(out, room, "%s", _("No code fits into this window: make it larger."));
    }
}

static void draw_words(struct console *c, const struct checkpoint_view *v, struct pane *p)
{
    char form[CHECKPOINT_SHORT_MAX] = "", size[32], text[256];
    const char *letters;

    checkpoint_short_form(&v->head, form, sizeof form);
    letters = strchr(form, ' ') ? strchr(form, ' ') + 1 : form;
    card_count_text(v->head.size, size);
    pane_put(p, 0, INK_STRONG, _("Checkpoint"));
    pane_next(p);
    pane_next(p);
    pane_putf(p, 0, INK_STRONG, "%s", size);
    pane_next(p);
    pane_putf(p, 0, INK_STRONG, "%s", letters);
    pane_next(p);
    pane_next(p);
    view_words(v, text, sizeof text);
    pane_wrap(p, 0, INK_PLAIN, text);
    pane_next(p);
    if (v->parts > 0)
        pane_wrap(
            p, 0, INK_FAINT,
            _("Larger windows show the whole note in one code. Let the code fill the camera's "
              "view; full brightness helps."));
    pane_next(p);
    frame_key_lines(c, p);
}

static void checkpoint_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct checkpoint_view *v = s->state;
    struct pane words;
    struct area right = p->area;

    if (v->lines != p->area.height || v->columns != p->area.width) {
        v->lines = p->area.height;
        v->columns = p->area.width;
        v->step = 0; /* what fits now stands first */
        make_code(v);
    }
    if (v->view != VIEW_NONE) {
        qr_draw(p, &v->code);
        right.x += qr_columns(&v->code) + 1;
        right.width -= qr_columns(&v->code) + 1;
    }
    pane_begin(&words, p->window, p->theme, right, 0);
    draw_words(c, v, &words);
    p->row = 0; /* nothing here scrolls */
}

/* ---- Commands ---- */

static void checkpoint_command(struct console *c, struct screen *s, enum command k)
{
    struct checkpoint_view *v = s->state;

    if (k == COMMAND_BACK || k == COMMAND_ENTER) {
        console_pop(c);
    } else if (k == COMMAND_DETAILS) { /* once it is written this page would show an older one */
        console_pop(c);
        checkpoint_card_push(c);
    } else if (k == COMMAND_NEXT || k == COMMAND_PAGE_DOWN || k == COMMAND_DOWN) {
        v->step = v->steps ? (v->step + 1) % v->steps : 0;
        make_code(v);
    } else if (k == COMMAND_PREVIOUS || k == COMMAND_PAGE_UP || k == COMMAND_UP) {
        v->step = v->steps ? (v->step + v->steps - 1) % v->steps : 0;
        make_code(v);
    }
}

static size_t checkpoint_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    const struct checkpoint_view *v = s->state;
    size_t n = 0;

    (void)c;
    if (v->steps > 1)
        out[n++] = (struct key_hint){COMMAND_NEXT, _("the next code")};
    out[n++] = (struct key_hint){COMMAND_DETAILS, _("the card")};
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    return n;
}

void checkpoint_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "checkpoint",
                                          .bare = true,
                                          .draw = checkpoint_draw,
                                          .command = checkpoint_command,
                                          .keys = checkpoint_keys,
                                          .close = page_close};
    struct checkpoint_view *v = calloc(1, sizeof *v);
    enum kr_error e =
        v ? checkpoint_last(session_store(c->session), v->note, sizeof v->note) : KR_E_MEMORY;

    if (e == KR_OK)
        e = checkpoint_parse(v->note, strlen(v->note), &v->head);
    if (e == KR_OK)
        e = checkpoint_compact(v->note, strlen(v->note), v->compact);
    if (e != KR_OK) {
        console_say_error(c, e, NULL);
        free(v);
        return;
    }
    console_push(c, &ops, v);
}
