/* Lines of a list of entries: rows are read as they come into view, so that the list's length does
 * not matter. */
#include "pages.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../ceremony/vocabulary.h"
#include "language.h"

void journal_stamp(int64_t time_ms, char *out, size_t room)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm local;

    localtime_r(&seconds, &local);
    strftime(out, room, "%Y-%m-%d %H:%M:%S", &local);
}

static void signers(const struct entry *e, char *out, size_t room)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < e->signer_count && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s%s", i ? ", " : "", e->signers[i].person);
}

static void row_fill(struct journal_row *r, const struct entry *e)
{
    r->known = true;
    r->time_ms = e->time_ms;
    snprintf(r->kind, sizeof r->kind, "%s", e->kind);
    signers(e, r->who, sizeof r->who);
    if (entry_get(e, "ceremony", 0, r->ceremony, sizeof r->ceremony) != KR_OK)
        r->ceremony[0] = '\0';
    if (entry_get(e, "step", 0, r->about, sizeof r->about) != KR_OK &&
        entry_get(e, "person", 0, r->about, sizeof r->about) != KR_OK &&
        entry_get(e, "text", 0, r->about, sizeof r->about) != KR_OK)
        r->about[0] = '\0';
}

static const struct journal_row *row_at(struct console *c, struct journal_row *cache, uint64_t seq)
{
    struct journal_row *r = &cache[seq % JOURNAL_CACHE];
    struct entry e;

    if (r->known && r->seq == seq)
        return r;
    memset(r, 0, sizeof *r);
    r->seq = seq;
    memset(&e, 0, sizeof e);
    enum kr_error error = journal_read(session_store(c->session), seq, &e);
    if (error == KR_OK)
        row_fill(r, &e);
    else
        snprintf(r->about, sizeof r->about, "! %s", kr_name(error));
    entry_free(&e);
    return r;
}

void journal_head_draw(struct pane *p)
{
    pane_put(p, 2, INK_FAINT, _("entry"));
    pane_put(p, 11, INK_FAINT, _("time"));
    pane_put(p, 32, INK_FAINT, _("kind"));
    pane_put(p, 45, INK_FAINT, _("ceremony and step"));
    pane_right(p, INK_FAINT, _("signed by"));
    pane_next(p);
}

void journal_row_draw(struct console *c, struct pane *p, struct journal_row cache[JOURNAL_CACHE],
                      uint64_t seq, bool chosen)
{
    const struct journal_row *r = row_at(c, cache, seq);
    enum ink ink = chosen ? INK_CHOSEN : INK_PLAIN;
    char when[32];

    journal_stamp(r->time_ms, when, sizeof when);
    pane_right(p, ink, r->who);
    pane_put(p, 0, INK_CHOSEN, chosen ? "▶" : " ");
    pane_putf(p, 2, ink, "%llu", (unsigned long long)r->seq);
    pane_put(p, 11, ink, when);
    pane_put(p, 32, ink, vocabulary(r->kind));
    pane_putf(p, 45, ink, "%s %s", r->ceremony, r->about);
    pane_next(p);
}
