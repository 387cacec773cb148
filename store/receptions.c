#include "receptions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "database.h"

/* ---- Making ---- */

static enum kr_error leaf_at(void *ctx, uint64_t index, uint8_t hash[32])
{
    struct query q;
    query_begin(&q, ctx, "SELECT leaf_hash FROM entries WHERE seq = ?1");
    query_int(&q, 1, (int64_t)index);
    if (query_row(&q))
        query_get_bytes(&q, 0, hash, 32);
    else if (q.error == KR_OK)
        q.error = kr_fail(KR_E_STORE_DAMAGED, "entry %llu", (unsigned long long)index);
    return query_end(&q);
}

static enum kr_error add_person(struct store *s, struct transfer_note *n, const char *person)
{
    for (size_t i = 0; i < n->people_count; i++)
        if (strcmp(n->people[i].person, person) == 0)
            return KR_OK;
    if (n->people_count == ENTRY_SIGNERS_MAX)
        return kr_fail(KR_E_NOTE_FORM, "people");
    struct note_person *p = &n->people[n->people_count++];
    snprintf(p->person, sizeof p->person, "%s", person);
    return people_public_key(s, person, p->public_key);
}

static enum kr_error add_page(struct store *s, struct transfer_note *n, uint64_t seq)
{
    struct note_page *p = &n->pages[n->page_count++];
    enum kr_error error = journal_read(s, seq, &p->entry);
    if (error == KR_OK)
        error = tree_inclusion(leaf_at, s, seq, n->head.size, p->proof, &p->proof_count);
    for (size_t i = 0; error == KR_OK && i < p->entry.signer_count; i++)
        error = add_person(s, n, p->entry.signers[i].person);
    return error;
}

enum kr_error transfer_note_make(struct store *s, const uint64_t *pages, size_t count,
                                 const char *checkpoint, char **text, size_t *len)
{
    struct transfer_note *n = calloc(1, sizeof *n), *proved = NULL;
    enum kr_error error = n == NULL                              ? KR_E_MEMORY
                          : count == 0 || count > NOTE_PAGES_MAX ? kr_fail(KR_E_NOTE_FORM, "pages")
                                                                 : KR_OK;
    *text = NULL;
    if (error == KR_OK)
        error = checkpoint_parse(checkpoint, strlen(checkpoint), &n->head);
    if (error == KR_OK) {
        memcpy(n->log_key, store_slots(s)->log_public, 32);
        error = checkpoint_log_signature(checkpoint, strlen(checkpoint), n->head.origin, n->log_key,
                                         n->log_signature);
    }
    if (error == KR_OK) {
        n->pages = calloc(count, sizeof *n->pages);
        error = n->pages == NULL ? KR_E_MEMORY : KR_OK;
    }
    for (size_t i = 0; error == KR_OK && i < count; i++)
        error = add_page(s, n, pages[i]);
    if (error == KR_OK)
        error = transfer_note_text(n, text, len);
    if (error == KR_OK)
        error = transfer_note_read(*text, *len, &proved);
    transfer_note_free(&proved);
    transfer_note_free(&n);
    if (error != KR_OK) {
        free(*text);
        *text = NULL;
    }
    return error;
}

/* ---- Receiving ---- */

/* Another text of the note that the same ceremony of the same centre sent. */
static enum kr_error is_of(struct query *q, const struct transfer_note *n, bool *same)
{
    struct transfer_note *then = NULL;
    size_t len;
    const char *text = query_peek(q, 2, &len);
    enum kr_error error =
        q->error == KR_OK ? transfer_note_read(text == NULL ? "" : text, len, &then) : q->error;
    *same = error == KR_OK && strcmp(then->ceremony, n->ceremony) == 0;
    transfer_note_free(&then);
    return error;
}

static enum kr_error received_before(struct store *s, const struct transfer_note *n,
                                     const char *note)
{
    struct query q;
    char ceremony[40], digest[65];
    query_begin(&q, s,
                "SELECT r.ceremony, r.note, r.text FROM receptions r JOIN ceremonies c ON "
                "c.id = r.ceremony WHERE (r.note = ?1 OR r.origin = ?2) AND c.status <> 'aborted'");
    query_text(&q, 1, note);
    query_text(&q, 2, n->head.origin);
    while (query_row(&q)) {
        bool same = false;
        query_get_text(&q, 0, ceremony, sizeof ceremony);
        query_get_text(&q, 1, digest, sizeof digest);
        if (q.error == KR_OK && strcmp(digest, note) == 0)
            same = true;
        else if (q.error == KR_OK)
            q.error = is_of(&q, n, &same);
        if (q.error == KR_OK && same)
            q.error = kr_fail(KR_E_NOTE_RECEIVED, "%s", ceremony);
    }
    return query_end(&q);
}

enum kr_error reception_took(struct store *s, const struct transfer_note *n, const char *chip,
                             char ceremony[40])
{
    struct query q;
    char note[65];
    hex_encode(n->digest, 32, note);
    ceremony[0] = '\0';
    query_begin(&q, s,
                "SELECT p.ceremony FROM receptions r JOIN pieces p ON p.ceremony = r.ceremony "
                "WHERE r.note = ?1 AND p.chip = ?2 AND p.what = 'good' LIMIT 1");
    query_text(&q, 1, note);
    query_text(&q, 2, chip);
    if (query_row(&q))
        query_get_text(&q, 0, ceremony, 40);
    return query_end(&q);
}

/* Against every note of that sender: its key, and the root of a journal of the same size. */
static enum kr_error fits_the_known(struct store *s, const struct transfer_note *n, bool *known)
{
    struct query q;
    char key[65], root[65], key_then[65], root_then[65];
    hex_encode(n->log_key, 32, key);
    hex_encode(n->head.root, 32, root);
    *known = false;
    query_begin(&q, s, "SELECT log_key, root, size FROM receptions WHERE origin = ?1");
    query_text(&q, 1, n->head.origin);
    while (query_row(&q)) {
        query_get_text(&q, 0, key_then, sizeof key_then);
        query_get_text(&q, 1, root_then, sizeof root_then);
        if (q.error == KR_OK && strcmp(key, key_then) != 0)
            q.error = kr_fail(KR_E_NOTE_KEY, "%s", n->head.origin);
        if (q.error == KR_OK && (uint64_t)query_get_int(&q, 2) == n->head.size &&
            strcmp(root, root_then) != 0)
            q.error = kr_fail(KR_E_CHECKPOINT, "%s, %llu", n->head.origin,
                              (unsigned long long)n->head.size);
        *known = q.error == KR_OK;
    }
    return query_end(&q);
}

enum kr_error reception_admits(struct store *s, const struct transfer_note *n, bool *known)
{
    char note[65];
    hex_encode(n->digest, 32, note);
    *known = false;
    enum kr_error error = received_before(s, n, note);
    return error == KR_OK ? fits_the_known(s, n, known) : error;
}

enum kr_error reception_put(struct store *s, struct entry *e, const char *ceremony,
                            const struct transfer_note *n, const char *text, size_t len)
{
    struct query q;
    char note[65], root[65], key[65];
    hex_encode(n->digest, 32, note);
    hex_encode(n->head.root, 32, root);
    hex_encode(n->log_key, 32, key);
    entry_add(e, "sender", "%s", n->head.origin);
    enum kr_error error = entry_add(e, "received-note", "%s %llu %s %s", note,
                                    (unsigned long long)n->head.size, root, key);
    if (error != KR_OK)
        return error;
    query_begin(&q, s,
                "INSERT INTO receptions(ceremony, note, origin, size, root, log_key, text) "
                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    query_text(&q, 1, ceremony);
    query_text(&q, 2, note);
    query_text(&q, 3, n->head.origin);
    query_int(&q, 4, (int64_t)n->head.size);
    query_text(&q, 5, root);
    query_text(&q, 6, key);
    query_blob(&q, 7, text, len);
    error = query_run(&q, KR_E_ARGUMENT);
    return error == KR_E_ARGUMENT ? kr_fail(error, "note of %s", ceremony) : error;
}

enum kr_error reception_get(struct store *s, const char *ceremony, struct transfer_note **n)
{
    struct query q;
    size_t len;
    *n = NULL;
    query_begin(&q, s, "SELECT text FROM receptions WHERE ceremony = ?1");
    query_text(&q, 1, ceremony);
    if (query_row(&q)) {
        const char *text = query_peek(&q, 0, &len);
        if (q.error == KR_OK)
            q.error = transfer_note_read(text == NULL ? "" : text, len, n);
    } else if (q.error == KR_OK) {
        q.error = kr_fail(KR_E_NOT_FOUND, "%s", ceremony);
    }
    enum kr_error error = query_end(&q);
    if (error != KR_OK)
        transfer_note_free(n);
    return error;
}
