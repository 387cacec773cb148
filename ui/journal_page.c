/* The journal: rows are read as they come into view, so that its length does not matter. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../ceremony/vocabulary.h"
#include "../crypto/hash.h"
#include "language.h"

struct journal {
    uint64_t size, chosen; /* chosen counts from the newest */
    struct journal_row cache[JOURNAL_CACHE];
};

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
        entry_get(e, "person", 0, r->about, sizeof r->about) != KR_OK)
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

static void journal_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct journal *j = s->state;
    uint64_t page = (uint64_t)(p->area.height > 2 ? p->area.height - 2 : 1);
    uint64_t first = j->chosen / page * page;

    j->size = journal_size(session_store(c->session));
    journal_head_draw(p);
    for (uint64_t i = first; i < first + page && i < j->size; i++)
        journal_row_draw(c, p, j->cache, j->size - 1 - i, i == j->chosen);
}

/* ---- One entry ---- */

static void hash_line(struct pane *p, const char *label, const uint8_t hash[32])
{
    char hex[65];

    hex_encode(hash, 32, hex);
    pane_put(p, 2, INK_FAINT, label);
    pane_wrap(p, 16, INK_PLAIN, hex);
}

static void body_lines(struct pane *p, const struct entry *e)
{
    const char *line = e->body ? e->body : "";

    while (*line) {
        size_t len = strcspn(line, "\n");
        size_t name = strcspn(line, " \n");
        char label[ENTRY_NAME_MAX + 1], value[2048];
        snprintf(label, sizeof label, "%.*s", (int)name, line);
        snprintf(value, sizeof value, "%.*s", len > name ? (int)(len - name - 1) : 0,
                 len > name ? line + name + 1 : "");
        pane_put(p, 2, INK_FAINT, label);
        pane_wrap(p, 16, INK_PLAIN, value);
        line += len + (line[len] == '\n');
    }
}

static void entry_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct entry *e = s->state;
    char when[32];

    (void)c;
    journal_stamp(e->time_ms, when, sizeof when);
    pane_putf(p, 2, INK_STRONG, _("Entry %llu · %s · %s"), (unsigned long long)e->seq,
              vocabulary(e->kind), when);
    pane_next(p);
    pane_next(p);
    body_lines(p, e);
    pane_next(p);
    for (size_t i = 0; i < e->signer_count; i++) {
        pane_put(p, 2, INK_FAINT, _("signed by"));
        pane_putf(p, 16, INK_PLAIN, "%s · %s · %02x%02x%02x%02x", e->signers[i].person,
                  e->signers[i].role, e->signers[i].key_id[0], e->signers[i].key_id[1],
                  e->signers[i].key_id[2], e->signers[i].key_id[3]);
        pane_next(p);
    }
    hash_line(p, _("entry before"), e->prev);
    hash_line(p, _("tree before"), e->root);
    pane_put(p, 2, INK_FAINT, _("boot"));
    pane_put(p, 16, INK_PLAIN, e->boot_id);
    pane_next(p);
}

static const char *journal_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Journal");
}

static void entry_close(struct console *c, struct screen *s)
{
    (void)c;
    if (s->state)
        entry_free(s->state);
    free(s->state);
}

void entry_push(struct console *c, uint64_t seq)
{
    static const struct screen_ops ops = {.id = "entry",
                                          .draw = entry_draw,
                                          .command = page_command,
                                          .keys = page_keys,
                                          .title = journal_title,
                                          .close = entry_close};
    struct entry *e = calloc(1, sizeof *e);
    enum kr_error error = e ? journal_read(session_store(c->session), seq, e) : KR_E_MEMORY;

    if (error != KR_OK) {
        console_say_error(c, error, NULL);
        free(e);
        return;
    }
    console_push(c, &ops, e);
}

/* ---- Commands of the list ---- */

static void journal_command(struct console *c, struct screen *s, enum command k)
{
    struct journal *j = s->state;
    size_t page = c->terminal.height > 10 ? (size_t)c->terminal.height - 9 : 1;
    struct choice list = {(size_t)j->chosen, (size_t)j->size};

    if (k == COMMAND_BACK) {
        console_pop(c);
    } else if (k == COMMAND_ENTER && j->size > 0) {
        entry_push(c, j->size - 1 - j->chosen);
    } else if (choice_command(&list, k, page)) {
        j->chosen = list.chosen;
    }
}

static size_t journal_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = page_keys(c, s, out);

    out[n++] = (struct key_hint){COMMAND_UP, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, _("show")};
    return n;
}

void journal_push(struct console *c)
{
    static const struct screen_ops ops = {.id = "journal",
                                          .draw = journal_draw,
                                          .command = journal_command,
                                          .keys = journal_keys,
                                          .title = journal_title,
                                          .close = page_close};
    struct journal *j = calloc(1, sizeof *j);

    if (!j) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    console_push(c, &ops, j);
}
