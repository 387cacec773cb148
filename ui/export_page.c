#include "export_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/export.h"
#include "dialog.h"
#include "inventory.h"
#include "language.h"
#include "long_work.h"
#include "pages.h"

struct exporting {
    struct session *session;
    char path[DIALOG_TEXT], ceremony[40];
    struct export_result result;
    struct long_work work;
};

/* What is not under a checkpoint is in no bundle. */
static void export_job(void *ctx)
{
    struct exporting *x = ctx;
    const struct export_choice choice = {.ceremony = x->ceremony[0] ? x->ceremony : NULL,
                                         .level = CONFIDENTIALITY_MOST};
    enum kr_error error = session_seal(x->session);

    if (error == KR_OK)
        error = store_export(session_store(x->session), &choice, x->path, long_work_progress,
                             &x->work, &x->result);
    long_work_result(&x->work, error);
}

static void export_done(struct console *c, void *ctx)
{
    struct exporting *x = ctx;

    long_work_done(c, &x->work, x);
}

/* ---- Drawing ---- */

static void count_line(struct pane *p, const char *label, uint64_t n)
{
    char text[32];

    card_count_text(n, text);
    pane_put(p, 4, INK_FAINT, label);
    pane_put(p, 40, INK_PLAIN, text);
    pane_next(p);
}

static void draw_result(struct pane *p, const struct exporting *x)
{
    const struct bundle_counts *counts = &x->result.proved.counts;

    pane_marked(p, 2, INK_GOOD, "✓", _("The bundle is written, and was read back and verified."));
    pane_wrap(p, 4, INK_PLAIN, x->path);
    pane_next(p);
    count_line(p, _("entries covered"), x->result.proved.head.size);
    count_line(p, _("disclosed"), counts->entries - counts->withheld);
    count_line(p, _("withheld or hidden"), counts->withheld + counts->hidden);
    count_line(p, _("checkpoints"), counts->checkpoints);
    pane_next(p);
    pane_wrap(p, 2, INK_FAINT,
              _("keyrite-audit verify FILE verifies it on any machine, without a passphrase. Give "
                "the auditor the checkpoint on paper with it."));
}

static void export_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct exporting *x = s->state;

    (void)c;
    pane_next(p);
    if (!x->work.finished) {
        long_work_draw(&x->work, p, _("The bundle is being written and verified."));
        pane_wrap(p, 2, INK_FAINT, _("Esc stops it: no file is left then."));
    } else if (x->work.error == KR_OK) {
        draw_result(p, x);
    } else {
        pane_marked(p, 2, INK_WARN, "!", _("No bundle was written."));
    }
}

/* ---- Commands ---- */

static void export_command(struct console *c, struct screen *s, enum command k)
{
    struct exporting *x = s->state;

    long_work_command(c, s, &x->work, k);
}

static void export_tick(struct console *c, struct screen *s)
{
    struct exporting *x = s->state;

    long_work_start(c, &x->work, export_job, export_done, x);
}

static size_t export_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct exporting *x = s->state;

    return long_work_keys(c, s, &x->work, out);
}

static const char *export_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Export a bundle");
}

static void export_begin(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT])
{
    static const struct screen_ops ops = {.id = "export",
                                          .draw = export_draw,
                                          .command = export_command,
                                          .keys = export_keys,
                                          .tick = export_tick,
                                          .title = export_title,
                                          .close = page_close};
    struct exporting *x = calloc(1, sizeof *x);

    (void)ctx;
    if (!x) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    x->session = c->session;
    snprintf(x->path, sizeof x->path, "%s", values[0]);
    snprintf(x->ceremony, sizeof x->ceremony, "%.39s", values[1]);
    console_push(c, &ops, x);
    if (c->top->state == x)
        export_tick(c, c->top);
}

static void export_text(struct console *c, void *ctx, char *out, size_t room)
{
    (void)c;
    (void)ctx;
    snprintf(out, room, "%s",
             _("What an auditor takes home: entries, keys of people, checkpoints and proofs, "
               "sealed by a new checkpoint first. A file that is there already is not overwritten. "
               "Leave the ceremony empty for the whole journal."));
}

void export_push(struct console *c)
{
    struct dialog_spec spec = {.id = "export",
                               .title = N_("Export a bundle"),
                               .text = export_text,
                               .labels = {N_("file"), N_("ceremony")},
                               .most = {500, 39},
                               .optional = {false, true},
                               .go = N_("Write"),
                               .done = export_begin};

    dialog_push(c, &spec);
}
