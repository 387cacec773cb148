#include "rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/component.h"
#include "../crypto/hash.h"
#include "key_life.h"

const char *fact_table(enum fact fact)
{
    static const char *const tables[] = {
        [FACT_KEY] = "keys",
        [FACT_KEY_MADE] = "keys",
        [FACT_ARCHIVED] = "keys_archive",
        [FACT_CARD] = "cards",
        [FACT_CEREMONY] = "ceremonies",
        [FACT_STATUS] = "ceremonies",
        [FACT_KNOWLEDGE] = "knowledge",
        [FACT_SEALED] = "sealed",
        [FACT_LAYOUT] = "layouts",
        [FACT_PIECE] = "pieces",
        [FACT_POLICY] = "meta",
        [FACT_RECEPTION] = "receptions",
    };
    return tables[fact];
}

/* ---- A row ---- */

void row_begin(struct row *r, enum fact fact, const char *key_format, ...)
{
    va_list args;
    memset(r, 0, sizeof *r);
    r->fact = fact;
    va_start(args, key_format);
    vsnprintf(r->key, sizeof r->key, key_format, args);
    va_end(args);
}

void row_put(struct row *r, const char *column, const char *text)
{
    snprintf(r->fields[r->count].text, ROW_TEXT, "%s", text);
    r->fields[r->count++].column = column;
}

void row_put_number(struct row *r, const char *column, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    row_put(r, column, text);
}

enum kr_error row_put_digest(struct row *r, const char *column, const void *bytes, size_t len)
{
    uint8_t digest[32];
    char hex[65] = "-";
    enum kr_error error = len > 0 ? sha256(bytes, len, digest) : KR_OK;
    if (error == KR_OK && len > 0)
        hex_encode(digest, sizeof digest, hex);
    row_put(r, column, hex);
    return error;
}

enum kr_error row_digest(const struct row *r, uint8_t digest[16])
{
    uint8_t whole[32], lengths[ROW_FIELDS + 1];
    struct piece pieces[2 * (ROW_FIELDS + 1)];
    for (size_t i = 0; i <= r->count; i++) {
        const char *text = i == 0 ? r->key : r->fields[i - 1].text;
        lengths[i] = (uint8_t)strlen(text);
        pieces[2 * i] = (struct piece){&lengths[i], 1};
        pieces[2 * i + 1] = (struct piece){text, lengths[i]};
    }
    enum kr_error error = sha256_pieces(pieces, 2 * (r->count + 1), whole);
    memcpy(digest, whole, 16);
    return error;
}

/* ---- Lines of an entry ---- */

#define WORDS_MAX 10

struct words {
    char at[WORDS_MAX][ROW_TEXT];
    size_t count;
};

static enum kr_error malformed(const struct entry *e, const char *line)
{
    return kr_fail(KR_E_ENTRY_FORMAT, "%s: line %s", e->kind, line);
}

/* The n-th line of that name in words, with one space between two of them. KR_E_NOT_FOUND. */
static enum kr_error read_words(const struct entry *e, const char *name, size_t n, struct words *w)
{
    char line[WORDS_MAX * ROW_TEXT];
    enum kr_error error = entry_get(e, name, n, line, sizeof line);
    w->count = 0;
    if (error != KR_OK)
        return error == KR_E_NOT_FOUND ? error : malformed(e, name);
    for (const char *at = line;; at++) {
        size_t len = strcspn(at, " ");
        if (w->count == WORDS_MAX || len == 0 || len >= ROW_TEXT)
            return malformed(e, name);
        memcpy(w->at[w->count], at, len);
        w->at[w->count++][len] = '\0';
        at += len;
        if (*at == '\0')
            return KR_OK;
    }
}

/* The one line of that name, which must be there with so many words. */
static enum kr_error need_words(const struct entry *e, const char *name, size_t count,
                                struct words *w)
{
    enum kr_error error = read_words(e, name, 0, w);
    return error != KR_OK || w->count != count ? malformed(e, name) : KR_OK;
}

static const char *or_empty(const char *word)
{
    return strcmp(word, "-") == 0 ? "" : word;
}

struct reading {
    const struct entry *e;
    enum kr_error (*each)(void *ctx, struct row *r);
    void *ctx;
};

/* Digest of the sealed bytes that are stored under that label. */
static enum kr_error find_material(const struct entry *e, const char *label, struct words *w)
{
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK; n++) {
        error = read_words(e, "material", n, w);
        if (error == KR_OK && w->count != 2)
            error = malformed(e, "material");
        if (error == KR_OK && strcmp(w->at[0], label) == 0)
            return KR_OK;
    }
    return error == KR_E_NOT_FOUND ? malformed(e, "material") : error;
}

/* ---- Keys ---- */

/* Components of the key wait no longer. */
static enum kr_error components_dropped(const struct reading *g, const char *kind,
                                        const char *group)
{
    struct words w;
    enum kr_error error = need_words(g->e, "ceremony", 1, &w);
    for (int n = 1; error == KR_OK && n <= COMPONENTS_MAX; n++) {
        struct row row;
        row_begin(&row, FACT_SEALED, "%s component/%s/%s/%d", w.at[0], kind, group, n);
        error = g->each(g->ctx, &row);
    }
    return error;
}

static enum kr_error key_made(const struct reading *g, const char *key)
{
    struct words w;
    struct row row;
    enum kr_error error = need_words(g->e, "ceremony", 1, &w);
    if (error != KR_OK)
        return error;
    row_begin(&row, FACT_KEY_MADE, "%s", key);
    row_put(&row, "ceremony", w.at[0]);
    row_put_number(&row, "made_ms", 0);
    return g->each(g->ctx, &row);
}

static enum kr_error key_row(const struct reading *g, const struct words *w, enum fact fact)
{
    struct row row;
    struct words material;
    char label[ROW_KEY + 8];
    row_begin(&row, fact, "%.30s/%.10s/%.10s", w->at[0], w->at[1], w->at[2]);
    snprintf(label, sizeof label, "key/%s", row.key);
    enum kr_error error = find_material(g->e, label, &material);
    if (error != KR_OK)
        return error;
    row_put(&row, "kcv_algorithm", w->at[3]);
    row_put(&row, "kcv", w->at[4]);
    row_put(&row, "state", w->at[5]);
    row_put(&row, "suite", w->at[6]);
    row_put(&row, "purpose", w->at[7]);
    row_put(&row, "components", w->at[8]);
    if (fact == FACT_KEY)
        row_put(&row, "blob", material.at[1]);
    error = key_made(g, row.key);
    return error == KR_OK ? g->each(g->ctx, &row) : error;
}

/* Nothing is left of what is destroyed but its row in the archive. */
static enum kr_error key_stands(const struct reading *g, const struct words *w)
{
    enum key_state state;
    if (!key_state_by_word(w->at[5], &state))
        return malformed(g->e, "key");
    enum kr_error error = key_row(g, w, FACT_KEY);
    return error == KR_OK && key_state_is_gone(state) ? key_row(g, w, FACT_ARCHIVED) : error;
}

/* A key that is only touched has no state in its line. */
static enum kr_error keys_of(const struct reading *g)
{
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK; n++) {
        struct words w;
        error = read_words(g->e, "key", n, &w);
        if (error != KR_OK || w.count == 5)
            continue;
        error = w.count == 9 ? key_stands(g, &w) : malformed(g->e, "key");
        if (error == KR_OK)
            error = components_dropped(g, w.at[0], w.at[1]);
    }
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

/* ---- Cards ---- */

static enum kr_error card_row(const struct reading *g, const struct words *w)
{
    struct row row;
    struct words ceremony;
    enum kr_error error = need_words(g->e, "ceremony", 1, &ceremony);
    if (error != KR_OK)
        return error;
    row_begin(&row, FACT_CARD, "%s", w->at[2]);
    row_put(&row, "number", w->at[0]);
    row_put(&row, "kind", w->at[1]);
    row_put(&row, "state", w->at[3]);
    row_put(&row, "layout", or_empty(w->at[4]));
    row_put(&row, "pair", or_empty(w->at[5]));
    row_put(&row, "ceremony", ceremony.at[0]);
    row_put(&row, "label", "");
    row_put_number(&row, "changed_ms", 0);
    return g->each(g->ctx, &row);
}

/* A card outside the inventory has neither number nor state. */
static enum kr_error cards_of(const struct reading *g)
{
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK; n++) {
        struct words w;
        error = read_words(g->e, "card", n, &w);
        if (error != KR_OK || w.count == 3)
            continue;
        error = w.count == 6 ? card_row(g, &w) : malformed(g->e, "card");
    }
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

/* What became of a piece in its ceremony. A line of three words is of a store before pieces had
 * rows. */
static enum kr_error pieces_of(const struct reading *g)
{
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK; n++) {
        struct row row;
        struct words w, ceremony;
        error = read_words(g->e, "piece", n, &w);
        if (error != KR_OK || w.count == 3)
            continue;
        error =
            w.count == 4 ? need_words(g->e, "ceremony", 1, &ceremony) : malformed(g->e, "piece");
        if (error != KR_OK)
            break;
        row_begin(&row, FACT_PIECE, "%s %.20s", ceremony.at[0], w.at[1]);
        row_put(&row, "number", w.at[0]);
        row_put(&row, "what", w.at[2]);
        row_put(&row, "place", w.at[3]);
        error = g->each(g->ctx, &row);
    }
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

static enum kr_error cards_and_pieces_of(const struct reading *g)
{
    enum kr_error error = cards_of(g);
    return error == KR_OK ? pieces_of(g) : error;
}

static enum kr_error effects_of(const struct reading *g)
{
    enum kr_error error = keys_of(g);
    return error == KR_OK ? cards_and_pieces_of(g) : error;
}

/* ---- Ceremonies ---- */

static enum kr_error status_of(const struct reading *g, const char *status)
{
    struct row row;
    struct words id;
    enum kr_error error = need_words(g->e, "ceremony", 1, &id);
    if (error != KR_OK)
        return error;
    row_begin(&row, FACT_STATUS, "%s", id.at[0]);
    row_put(&row, "status", status);
    return g->each(g->ctx, &row);
}

static enum kr_error closed_of(const struct reading *g)
{
    return status_of(g, "closed");
}

/* Nobody approves what an abort makes of cards, so it makes them spoiled and nothing else. */
static enum kr_error aborted_of(const struct reading *g)
{
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK; n++) {
        struct words w;
        error = read_words(g->e, "card", n, &w);
        if (error == KR_OK && (w.count != 6 || strcmp(w.at[3], "spoiled") != 0))
            error = malformed(g->e, "card");
    }
    if (error == KR_E_NOT_FOUND)
        error = cards_and_pieces_of(g);
    return error == KR_OK ? status_of(g, "aborted") : error;
}

static enum kr_error layouts_of(const struct reading *g)
{
    struct row row;
    struct words w;
    enum kr_error error;
    size_t n = 0;
    while ((error = read_words(g->e, "layout", n++, &w)) == KR_OK) {
        if (w.count != 2)
            return malformed(g->e, "layout");
        row_begin(&row, FACT_LAYOUT, "%s", w.at[1]);
        row_put(&row, "text", w.at[1]);
        error = g->each(g->ctx, &row);
        if (error != KR_OK)
            return error;
    }
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

static enum kr_error opened_of(const struct reading *g)
{
    struct row row;
    struct words id, script, begun;
    enum kr_error error = need_words(g->e, "ceremony", 1, &id);
    if (error == KR_OK)
        error = need_words(g->e, "script", 2, &script);
    if (error == KR_OK)
        error = need_words(g->e, "begun", 1, &begun);
    if (error != KR_OK)
        return error;
    row_begin(&row, FACT_CEREMONY, "%s", id.at[0]);
    row_put(&row, "script", script.at[0]);
    row_put(&row, "script_text", script.at[1]);
    row_put(&row, "opened_ms", begun.at[0]);
    error = g->each(g->ctx, &row);
    if (error == KR_OK)
        error = layouts_of(g);
    return error == KR_OK ? status_of(g, "open") : error;
}

/* A founding may stand outside of any ceremony. */
static enum kr_error founded_of(const struct reading *g)
{
    struct words id;
    enum kr_error error = read_words(g->e, "ceremony", 0, &id);
    return error == KR_E_NOT_FOUND ? KR_OK : opened_of(g);
}

/* ---- Transfer notes ---- */

/* An origin may be longer than a column is compared with, so its digest stands for it. */
static enum kr_error received_of(const struct reading *g)
{
    struct row row;
    struct words note, id;
    char origin[ORIGIN_MAX];
    enum kr_error error = read_words(g->e, "received-note", 0, &note);
    if (error != KR_OK)
        return error == KR_E_NOT_FOUND ? KR_OK : error;
    error = need_words(g->e, "ceremony", 1, &id);
    if (error == KR_OK &&
        (note.count != 4 || entry_get(g->e, "sender", 0, origin, sizeof origin) != KR_OK))
        error = malformed(g->e, "received-note");
    if (error != KR_OK)
        return error;
    row_begin(&row, FACT_RECEPTION, "%s", id.at[0]);
    row_put(&row, "note", note.at[0]);
    error = row_put_digest(&row, "origin", origin, strlen(origin));
    row_put(&row, "size", note.at[1]);
    row_put(&row, "root", note.at[2]);
    row_put(&row, "log_key", note.at[3]);
    row_put(&row, "text", note.at[0]);
    return error == KR_OK ? g->each(g->ctx, &row) : error;
}

/* ---- Components ---- */

static enum kr_error component_of(const struct reading *g)
{
    struct row row;
    struct words w, ceremony, material;
    char label[ROW_TEXT + 32];
    enum kr_error error = read_words(g->e, "component", 0, &w);
    if (error != KR_OK || w.count < 2)
        return malformed(g->e, "component");
    row_begin(&row, FACT_KNOWLEDGE, "%.60s %.10s %s", w.at[0], w.at[1], g->e->signers[0].person);
    row_put_number(&row, "seq", (int64_t)g->e->seq);
    error = g->each(g->ctx, &row);
    if (error == KR_OK)
        error = need_words(g->e, "ceremony", 1, &ceremony);
    /* KIND/GROUP of KIND/GROUP/VERSION */
    const char *end = strrchr(w.at[0], '/');
    int len = end ? (int)(end - w.at[0]) : 0;
    snprintf(label, sizeof label, "component/%.*s/%.10s", len, w.at[0], w.at[1]);
    if (error == KR_OK)
        error = find_material(g->e, label, &material);
    if (error != KR_OK)
        return error;
    row_begin(&row, FACT_SEALED, "%s %s", ceremony.at[0], label);
    row_put(&row, "blob", material.at[1]);
    return g->each(g->ctx, &row);
}

/* ---- Policies ---- */

static enum kr_error policies_of(const struct reading *g)
{
    struct words w;
    enum kr_error error;
    size_t n = 0;
    while ((error = read_words(g->e, "policy", n++, &w)) == KR_OK) {
        struct row row;
        if (w.count != 2)
            return malformed(g->e, "policy");
        row_begin(&row, FACT_POLICY, "policy.%.48s", w.at[0]);
        row_put_number(&row, "value", (int64_t)g->e->seq);
        error = g->each(g->ctx, &row);
        if (error != KR_OK)
            return error;
    }
    if (error == KR_E_NOT_FOUND && n == 1)
        return malformed(g->e, "policy");
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

/* ---- The whole ---- */

enum kr_error rows_of_entry(const struct entry *e, enum kr_error (*each)(void *ctx, struct row *r),
                            void *ctx)
{
    static const struct {
        const char *kind;
        enum kr_error (*read)(const struct reading *g);
    } kinds[] = {
        {"outcome", effects_of},     {"card", cards_and_pieces_of}, {"intent", cards_and_pieces_of},
        {"refusal", pieces_of},      {"resume", pieces_of},         {"open", opened_of},
        {"found", founded_of},       {"close", closed_of},          {"abort", aborted_of},
        {"component", component_of}, {"policy", policies_of},       {"note", received_of},
        {"key-state", keys_of},
    };
    const struct reading g = {e, each, ctx};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, e->kind) == 0)
            return kinds[i].read(&g);
    return KR_OK;
}
