/* One entry whole, with its proof: read and proved on the worker. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ceremony/vocabulary.h"
#include "../crypto/hash.h"
#include "../store/entry_proof.h"
#include "language.h"

#define VALUES 16 /* column */

struct entry_view {
    uint64_t seq;
    bool started, known, leaving;
    struct store *store;
    struct entry entry;
    struct entry_proof proof;
    enum kr_error error;
    char detail[192];
};

/* ---- Reading, on the worker ---- */

static void prove_job(void *ctx)
{
    struct entry_view *v = ctx;

    v->error = journal_prove(v->store, v->seq, &v->entry, &v->proof);
    snprintf(v->detail, sizeof v->detail, "%s", kr_detail());
}

static void prove_done(struct console *c, void *ctx)
{
    struct entry_view *v = ctx;

    v->known = v->error == KR_OK;
    if (v->error != KR_OK)
        console_say_error(c, v->error, v->detail);
    if (v->leaving && c->top->state == v)
        console_pop(c);
}

static void prove_start(struct console *c, struct entry_view *v)
{
    if (v->started || console_busy(c))
        return;
    v->started = true;
    v->store = session_store(c->session);
    console_work(c, prove_job, prove_done, v);
}

/* ---- Drawing ---- */

static void hash_line(struct pane *p, const char *label, const uint8_t hash[32])
{
    char hex[65];

    hex_encode(hash, 32, hex);
    pane_put(p, 2, INK_FAINT, label);
    pane_wrap(p, VALUES, INK_PLAIN, hex);
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
        pane_wrap(p, VALUES, INK_PLAIN, value);
        line += len + (line[len] == '\n');
    }
}

static const char *signature_words(enum kr_error error)
{
    switch (error) {
    case KR_OK:
        return _("signature valid");
    case KR_E_PERSON_UNKNOWN:
        return _("was not enrolled with that key at that time");
    case KR_E_PERSON_REVOKED:
        return _("had been revoked by then");
    default:
        return _("THE SIGNATURE DOES NOT VERIFY");
    }
}

static void mark(struct pane *p, bool good)
{
    pane_put(p, VALUES, good ? INK_GOOD : INK_BAD, good ? "✓" : "✗");
}

static void signer_lines(struct console *c, struct pane *p, const struct entry_view *v)
{
    const struct slots *slots = session_slots(c->session);
    char text[256];

    for (size_t i = 0; i < v->entry.signer_count; i++) {
        const struct entry_signer *s = &v->entry.signers[i];
        const struct person *who = slots ? slots_find(slots, s->person) : NULL;
        enum kr_error error = v->proof.signatures[i];
        pane_put(p, 2, INK_FAINT, _("signed by"));
        mark(p, error == KR_OK);
        snprintf(text, sizeof text, "%s (%s) · %s · %02x%02x%02x%02x · %s",
                 who ? who->name : s->person, s->person, vocabulary(s->role), s->key_id[0],
                 s->key_id[1], s->key_id[2], s->key_id[3], signature_words(error));
        pane_wrap(p, VALUES + 2, error == KR_OK ? INK_PLAIN : INK_BAD, text);
    }
    if (v->proof.allowed == KR_OK)
        return;
    mark(p, false);
    pane_wrap(p, VALUES + 2, INK_BAD, _("These people may not sign such an entry."));
}

static void proof_lines(struct pane *p, const struct entry_view *v)
{
    const struct entry_proof *proof = &v->proof;
    char form[CHECKPOINT_SHORT_MAX] = "", text[512];

    pane_put(p, 2, INK_FAINT, _("proof"));
    if (!proof->sealed) {
        pane_put(p, VALUES, INK_FAINT, "○");
        pane_wrap(p, VALUES + 2, INK_PLAIN,
                  _("No checkpoint covers this entry yet: the next one will."));
        return;
    }
    checkpoint_short_form(&proof->checkpoint, form, sizeof form);
    mark(p, proof->included == KR_OK);
    if (proof->included != KR_OK)
        snprintf(text, sizeof text,
                 _("NOT what the log signed in checkpoint %s: verify the whole journal (F4 in the "
                   "list)."),
                 form);
    else
        snprintf(text, sizeof text,
                 ngettext("Included under checkpoint %s, signed by the log and %u person.",
                          "Included under checkpoint %s, signed by the log and %u people.",
                          proof->cosigners),
                 form, proof->cosigners);
    pane_wrap(p, VALUES + 2, proof->included == KR_OK ? INK_PLAIN : INK_BAD, text);
}

static void entry_draw(struct console *c, struct screen *s, struct pane *p)
{
    const struct entry_view *v = s->state;
    const struct entry *e = &v->entry;
    char when[32];

    if (!v->known) {
        pane_put(p, 2, INK_FAINT, "…");
        return;
    }
    journal_stamp(e->time_ms, when, sizeof when);
    pane_putf(p, 2, INK_STRONG, _("Entry %llu · %s · %s"), (unsigned long long)e->seq,
              vocabulary(e->kind), when);
    pane_next(p);
    signer_lines(c, p, v);
    proof_lines(p, v);
    pane_next(p);
    body_lines(p, e);
    pane_next(p);
    hash_line(p, _("this entry"), v->proof.leaf_hash);
    hash_line(p, _("entry before"), e->prev);
    hash_line(p, _("tree before"), e->root);
    pane_put(p, 2, INK_FAINT, _("boot"));
    pane_put(p, VALUES, INK_PLAIN, e->boot_id);
    pane_next(p);
}

/* ---- Commands ---- */

static void entry_command(struct console *c, struct screen *s, enum command k)
{
    struct entry_view *v = s->state;

    if (k == COMMAND_BACK && console_busy(c))
        v->leaving = true;
    else
        page_command(c, s, k);
}

static void entry_tick(struct console *c, struct screen *s)
{
    prove_start(c, s->state);
}

static const char *entry_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Journal");
}

static void entry_close(struct console *c, struct screen *s)
{
    struct entry_view *v = s->state;

    (void)c;
    entry_free(&v->entry);
    free(v);
}

void entry_push(struct console *c, uint64_t seq)
{
    static const struct screen_ops ops = {.id = "entry",
                                          .draw = entry_draw,
                                          .command = entry_command,
                                          .keys = page_keys,
                                          .tick = entry_tick,
                                          .title = entry_title,
                                          .close = entry_close};
    struct entry_view *v = calloc(1, sizeof *v);

    if (!v) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    v->seq = seq;
    console_push(c, &ops, v);
    if (c->top->state == v)
        prove_start(c, v);
}
