#include "journal_reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/seal.h"
#include "founding.h"
#include "signing_rules.h"

enum kr_error entry_from_row(struct query *q, int first, struct entry *e)
{
    uint8_t salt[32];
    size_t leaf_len, body_len;
    query_get_bytes(q, first, salt, 32);
    const char *leaf = query_peek(q, first + 1, &leaf_len);
    const char *body = query_peek(q, first + 2, &body_len);
    memset(e, 0, sizeof *e);
    if (q->error != KR_OK)
        return q->error;
    enum kr_error error = entry_decode(leaf ? leaf : "", leaf_len, e);
    return error == KR_OK ? entry_set_body(e, salt, body ? body : "", body_len) : error;
}

enum kr_error entry_prove(struct roster *roster, const struct entry *e)
{
    char header[ENTRY_HEADER_MAX];
    size_t len;
    enum kr_error error = signing_check(e, roster);
    if (error == KR_OK)
        error = entry_header(e, header, &len);
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++) {
        const struct enrolled *p = roster_find(roster, e->signers[i].person);
        error = sign_verify(p->public_key, (const uint8_t *)header, len, e->signers[i].signature);
        if (error != KR_OK)
            error = kr_fail(KR_E_SIGNATURE, "%s, entry %" PRIu64, p->person, e->seq);
    }
    return error;
}

enum kr_error roster_at(struct store *s, uint64_t seq, struct roster *roster)
{
    struct query q;
    query_begin(&q, s,
                "SELECT salt, leaf, body FROM entries WHERE kind IN ('found', 'enrol', 'revoke') "
                "AND (seq < ?1 OR seq = 0) ORDER BY seq");
    query_int(&q, 1, (int64_t)seq);
    while (query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 0, &e);
        if (q.error == KR_OK)
            q.error = roster_apply(roster, &e);
        entry_free(&e);
    }
    return query_end(&q);
}

/* The row must hold the entry of its number. */
static enum kr_error check_place(const struct entry *e, uint64_t seq)
{
    return e->seq == seq ? KR_OK : kr_fail(KR_E_STORE_DAMAGED, "entry %" PRIu64, seq);
}

/* Whether a signer may be known otherwise than when the entry was written. Reading who was enrolled
 * then, for each entry of a long ceremony, would cost more than its signatures. */
static bool signers_changed(struct roster *roster, const struct entry *e)
{
    for (size_t i = 0; i < e->signer_count; i++) {
        const struct enrolled *p = roster_find(roster, e->signers[i].person);
        if (p != NULL && (p->revoked || p->seq >= e->seq))
            return true;
    }
    return false;
}

static enum kr_error prove_as_then(struct store *s, const struct entry *e)
{
    struct roster then = {0};
    enum kr_error error = roster_at(s, e->seq, &then);
    return error == KR_OK ? entry_prove(&then, e) : error;
}

enum kr_error entry_prove_written(struct store *s, const struct entry *e, uint64_t seq)
{
    struct roster *now = &s->head.roster;
    enum kr_error error = check_place(e, seq);
    if (error == KR_OK)
        error = signers_changed(now, e) ? prove_as_then(s, e) : entry_prove(now, e);
    return error;
}

/* ---- Who is enrolled ---- */

static enum kr_error check_founding(const struct store *s, const struct entry *e)
{
    uint8_t hash[32];
    enum kr_error error = entry_leaf_hash(e, hash);
    if (error == KR_OK)
        error = founding_is_bound(hash, &s->slots);
    return error == KR_OK ? founding_check(e, &s->slots) : error;
}

static enum kr_error enrol_proved(struct store *s, const struct entry *e)
{
    struct roster *roster = &s->head.roster;
    bool found = strcmp(e->kind, "found") == 0;
    enum kr_error error = found ? check_founding(s, e) : KR_OK;
    if (error == KR_OK && found != (e->seq == 0))
        error = kr_fail(KR_E_STORE_DAMAGED, "entry %" PRIu64, e->seq);
    if (error == KR_OK && found)
        error = roster_apply(roster, e);
    if (error == KR_OK)
        error = entry_prove(roster, e);
    return error == KR_OK && !found ? roster_apply(roster, e) : error;
}

static enum kr_error people_walk(struct store *s, uint64_t before,
                                 enum kr_error (*each)(void *ctx, const struct entry *e), void *ctx)
{
    struct query q;
    query_begin(&q, s,
                "SELECT seq, salt, leaf, body FROM entries WHERE kind IN ('found', 'enrol', "
                "'revoke') AND seq < ?1 ORDER BY seq");
    query_int(&q, 1, (int64_t)before);
    while (query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 1, &e);
        if (q.error == KR_OK)
            q.error = check_place(&e, (uint64_t)query_get_int(&q, 0));
        if (q.error == KR_OK)
            q.error = enrol_proved(s, &e);
        if (q.error == KR_OK && each != NULL)
            q.error = each(ctx, &e);
        entry_free(&e);
    }
    return query_end(&q);
}

enum kr_error roster_load(struct store *s, uint64_t before)
{
    return people_walk(s, before, NULL, NULL);
}

enum kr_error journal_people(struct store *s,
                             enum kr_error (*each)(void *ctx, const struct entry *e), void *ctx)
{
    struct roster known = s->head.roster;
    memset(&s->head.roster, 0, sizeof s->head.roster);
    enum kr_error error = people_walk(s, s->head.tree.size, each, ctx);
    if (error != KR_OK)
        s->head.roster = known;
    return error;
}

/* ---- What was decided last ---- */

/* The column only saves reading entries: what counts is the kind that was signed. */
static enum kr_error newest(struct store *s, const char *kind,
                            bool (*wanted)(void *ctx, const struct entry *e), void *ctx,
                            bool proved, struct entry *e)
{
    struct query q;
    bool found = false;
    memset(e, 0, sizeof *e);
    query_begin(&q, s,
                "SELECT seq, salt, leaf, body FROM entries WHERE kind IN ('close', 'policy', "
                "'exception') AND (?1 = '' OR kind = ?1) ORDER BY seq DESC");
    query_text(&q, 1, kind);
    while (!found && query_row(&q)) {
        q.error = entry_from_row(&q, 1, e);
        found = q.error == KR_OK && (kind == NULL || strcmp(e->kind, kind) == 0) && wanted(ctx, e);
        if (found && proved)
            q.error = entry_prove_written(s, e, (uint64_t)query_get_int(&q, 0));
        if (!found || q.error != KR_OK)
            entry_free(e);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "entry") : error;
}

enum kr_error journal_newest(struct store *s, const char *kind,
                             bool (*wanted)(void *ctx, const struct entry *e), void *ctx,
                             struct entry *e)
{
    return newest(s, kind, wanted, ctx, true, e);
}

enum kr_error journal_newest_written(struct store *s, const char *kind,
                                     bool (*wanted)(void *ctx, const struct entry *e), void *ctx,
                                     struct entry *e)
{
    return newest(s, kind, wanted, ctx, false, e);
}

/* ---- A ceremony's entries ---- */

/* KR_E_NOT_FOUND when the ceremony was not opened. */
static enum kr_error find_opening(struct store *s, const char *ceremony, uint64_t *opening)
{
    struct query q;
    bool found = false;
    query_begin(&q, s,
                "SELECT seq, salt, leaf, body FROM entries WHERE kind IN ('found', 'open') "
                "ORDER BY seq DESC");
    while (!found && query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 1, &e);
        found = q.error == KR_OK && entry_is_of(&e, ceremony);
        *opening = (uint64_t)query_get_int(&q, 0);
        entry_free(&e);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", ceremony) : error;
}

enum kr_error journal_course(struct store *s, const char *ceremony,
                             enum kr_error (*each)(void *ctx, const struct entry *e), void *ctx)
{
    struct query q;
    char line[80];
    uint64_t opening = 0;
    enum kr_error error = find_opening(s, ceremony, &opening);
    if (error != KR_OK)
        return error;
    int len = snprintf(line, sizeof line, "ceremony %.64s\n", ceremony);
    query_begin(&q, s,
                "SELECT seq, salt, leaf, body FROM entries WHERE seq >= ?1 AND instr(body, ?2) > 0 "
                "ORDER BY seq");
    query_int(&q, 1, (int64_t)opening);
    query_blob(&q, 2, line, (size_t)len);
    while (query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 1, &e);
        if (q.error == KR_OK && entry_is_of(&e, ceremony)) {
            q.error = entry_prove_written(s, &e, (uint64_t)query_get_int(&q, 0));
            if (q.error == KR_OK)
                q.error = each(ctx, &e);
        }
        entry_free(&e);
    }
    return query_end(&q);
}

enum kr_error journal_each(struct store *s, enum kr_error (*each)(void *ctx, const struct entry *e),
                           void *ctx)
{
    struct query q;
    query_begin(&q, s, "SELECT seq, salt, leaf, body FROM entries ORDER BY seq");
    while (query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 1, &e);
        if (q.error == KR_OK)
            q.error = check_place(&e, (uint64_t)query_get_int(&q, 0));
        if (q.error == KR_OK)
            q.error = each(ctx, &e);
        entry_free(&e);
    }
    return query_end(&q);
}
