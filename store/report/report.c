/* What a report was told: people, entries and steps of one ceremony, and its script. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../body.h"
#include "../roster.h"
#include "model.h"
#include "text.h"

enum kr_error report_new(const char *ceremony, struct report **r)
{
    *r = calloc(1, sizeof **r);
    if (*r == NULL)
        return KR_E_MEMORY;
    snprintf((*r)->ceremony, sizeof(*r)->ceremony, "%s", ceremony);
    return KR_OK;
}

void report_free(struct report **r)
{
    if (*r == NULL)
        return;
    for (size_t i = 0; i < (*r)->count; i++)
        entry_free(&(*r)->entries[i]);
    outline_free(&(*r)->outline);
    free((*r)->checkpoint);
    free((*r)->steps);
    free((*r)->entries);
    free((*r)->people);
    free(*r);
    *r = NULL;
}

const char *value_of(const struct entry *e, const char *name, size_t n, char *out, size_t room)
{
    if (entry_get(e, name, n, out, room) != KR_OK)
        out[0] = '\0';
    return out;
}

bool is_kind(const struct entry *e, const char *kind)
{
    return strcmp(e->kind, kind) == 0;
}

static bool make_room(void **list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room == 0 ? 32 : 2 * *room;
    void *grown = realloc(*list, more * size);
    if (grown == NULL)
        return false;
    *list = grown;
    *room = more;
    return true;
}

/* ---- People ---- */

static struct report_person *find_person(const struct report *r, const char *id)
{
    for (size_t i = 0; i < r->people_count; i++)
        if (strcmp(r->people[i].id, id) == 0)
            return &r->people[i];
    return NULL;
}

const struct report_person *report_person(const struct report *r, const char *id)
{
    return find_person(r, id);
}

static struct report_person *make_person(struct report *r, const char *id)
{
    struct report_person *p = find_person(r, id);
    if (p != NULL ||
        !make_room((void **)&r->people, r->people_count, &r->people_room, sizeof *r->people))
        return p;
    p = &r->people[r->people_count++];
    memset(p, 0, sizeof *p);
    snprintf(p->id, sizeof p->id, "%s", id);
    return p;
}

static void read_key(const char *hex, char key_id[9])
{
    uint8_t key[32], id[4];
    if (hex_decode(hex, key, 32) == KR_OK && roster_key_id(key, id) == KR_OK)
        hex_encode(id, 4, key_id);
}

/* Names follow the person lines one to one only in entries about one person: founders get theirs
 * when they are listed again. */
static enum kr_error take_people(struct report *r, const struct entry *e)
{
    char id[64], text[256];
    bool one = entry_get(e, "person", 1, text, sizeof text) != KR_OK;
    for (size_t n = 0; entry_get(e, "person", n, id, sizeof id) == KR_OK; n++) {
        struct report_person *p = make_person(r, id);
        if (p == NULL)
            return KR_E_MEMORY;
        if (one && entry_get(e, "name", 0, text, sizeof text) == KR_OK)
            text_copy(text, p->name, sizeof p->name);
        if (entry_get(e, "public-key", n, text, sizeof text) == KR_OK)
            read_key(text, p->key_id);
    }
    return KR_OK;
}

static void take_centre(struct report *r, const struct entry *e)
{
    char yes[8];
    snprintf(r->origin, sizeof r->origin, "%s", e->origin);
    value_of(e, "centre", 0, r->centre, sizeof r->centre);
    value_of(e, "tier", 0, r->tier, sizeof r->tier);
    r->rehearsal = strcmp(value_of(e, "rehearsal", 0, yes, sizeof yes), "yes") == 0;
}

static enum kr_error take_actors(struct report *r, const struct entry *e)
{
    char line[256];
    for (size_t n = 0; entry_get(e, "actor", n, line, sizeof line) == KR_OK; n++) {
        char id[24], role[16], seat[40];
        struct report_person *p = NULL;
        if (sscanf(line, "%23s %15s %39s", id, role, seat) != 3)
            continue;
        p = make_person(r, id);
        if (p == NULL)
            return KR_E_MEMORY;
        if (p->seat[0] != '\0')
            continue;
        memcpy(p->actor, role, sizeof p->actor);
        memcpy(p->seat, seat, sizeof p->seat);
    }
    for (size_t i = 0; i < e->signer_count; i++) {
        struct report_person *p = make_person(r, e->signers[i].person);
        if (p == NULL)
            return KR_E_MEMORY;
        p->signatures++;
        if (p->actor[0] == '\0')
            memcpy(p->actor, e->signers[i].role, sizeof p->actor);
        hex_encode(e->signers[i].key_id, 4, p->key_id);
    }
    return KR_OK;
}

/* ---- Steps ---- */

static struct report_step *make_step(struct report *r, const char *key)
{
    for (size_t i = 0; i < r->step_count; i++)
        if (strcmp(r->steps[i].key, key) == 0)
            return &r->steps[i];
    if (!make_room((void **)&r->steps, r->step_count, &r->step_room, sizeof *r->steps))
        return NULL;
    struct report_step *s = &r->steps[r->step_count++];
    memset(s, 0, sizeof *s);
    snprintf(s->key, sizeof s->key, "%s", key);
    s->first = r->count;
    return s;
}

/* What an entry says of how its step went. */
static void judge(struct report_step *s, const struct entry *e)
{
    char result[64], number[24];
    value_of(e, "result", 0, result, sizeof result);
    if (is_kind(e, "intent"))
        s->open_intent = e->seq + 1;
    if (is_kind(e, "outcome") &&
        strtoull(value_of(e, "intent", 0, number, sizeof number), NULL, 10) + 1 == s->open_intent)
        s->open_intent = 0;
    if (is_kind(e, "refusal"))
        s->refused = true;
    else if (strcmp(result, "failed") != 0 && !is_kind(e, "intent") && !is_kind(e, "pause") &&
             !is_kind(e, "resume") && !is_kind(e, "exception") &&
             strcmp(result, "abandoned") != 0 && !is_kind(e, "abort"))
        s->recorded = true;
}

/* The closing names the steps that ended as failed. */
static void take_failures(struct report *r, const struct entry *e)
{
    static const char head[] = "failed: ";
    char text[256];
    for (size_t n = 0; is_kind(e, "close") && entry_get(e, "text", n, text, sizeof text) == KR_OK;
         n++) {
        for (size_t i = 0; strncmp(text, head, sizeof head - 1) == 0 && i < r->step_count; i++)
            if (strcmp(r->steps[i].key, text + sizeof head - 1) == 0)
                r->steps[i].failed = true;
    }
}

static enum kr_error take_step(struct report *r, const struct entry *e)
{
    char key[64];
    if (value_of(e, "step", 0, key, sizeof key)[0] == '\0')
        return KR_OK;
    struct report_step *s = make_step(r, key);
    if (s == NULL)
        return KR_E_MEMORY;
    s->last = r->count;
    judge(s, e);
    take_failures(r, e);
    return KR_OK;
}

static enum kr_error keep(struct report *r, const struct entry *e)
{
    if (!make_room((void **)&r->entries, r->count, &r->room, sizeof *r->entries))
        return KR_E_MEMORY;
    struct entry *copy = &r->entries[r->count];
    *copy = *e;
    copy->body = malloc(e->body_len + 1);
    if (copy->body == NULL)
        return KR_E_MEMORY;
    memcpy(copy->body, e->body, e->body_len);
    copy->body[e->body_len] = '\0';
    enum kr_error error = take_step(r, copy);
    r->count++;
    return error;
}

enum kr_error report_introduce(struct report *r, const struct entry *e)
{
    if (e->body_withheld || !roster_concerns(e->kind))
        return KR_OK;
    if (is_kind(e, "found"))
        take_centre(r, e);
    return take_people(r, e);
}

enum kr_error report_take(struct report *r, const struct entry *e)
{
    char ceremony[64];
    if (e->body_withheld ||
        strcmp(value_of(e, "ceremony", 0, ceremony, sizeof ceremony), r->ceremony) != 0)
        return KR_OK;
    enum kr_error error = take_actors(r, e);
    return error == KR_OK ? keep(r, e) : error;
}

const struct entry *report_end(const struct report *r)
{
    for (size_t i = r->count; i > 0; i--)
        if (is_kind(&r->entries[i - 1], "close") || is_kind(&r->entries[i - 1], "abort"))
            return &r->entries[i - 1];
    return NULL;
}

/* ---- What comes from elsewhere, and fits ---- */

enum kr_error report_script(struct report *r, const char *text, size_t len)
{
    char line[128], hex[65], name[48], signed_hex[65];
    uint8_t digest[32];
    if (r->count == 0)
        return kr_fail(KR_E_NOT_FOUND, "%s", r->ceremony);
    enum kr_error error = sha256(text, len, digest);
    if (error != KR_OK)
        return error;
    hex_encode(digest, 32, hex);
    value_of(&r->entries[0], "script", 0, line, sizeof line);
    if (sscanf(line, "%47s %64s", name, signed_hex) != 2 || strcmp(hex, signed_hex) != 0)
        return kr_fail(KR_E_SCRIPT_CHANGED, "%s", r->ceremony);
    outline_free(&r->outline);
    return outline_read(text, len, &r->outline);
}

enum kr_error report_checkpoint(struct report *r, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return KR_E_MEMORY;
    free(r->checkpoint);
    r->checkpoint = copy;
    return KR_OK;
}

static void describe(const struct page *p)
{
    const struct report *r = p->r;
    struct document *d = p->d;
    const char *title = p->chinese ? r->outline.title.zh : r->outline.title.en;
    size_t at = (size_t)snprintf(d->title, sizeof d->title, "%.60s ", r->ceremony);
    text_copy(title, d->title + at, sizeof d->title - at);
    document_running(d, r->centre, r->ceremony);
    snprintf(d->mark, sizeof d->mark, "%s", r->rehearsal ? _("REHEARSAL") : "");
    d->made_ms = r->entries[r->count - 1].time_ms;
}

enum kr_error report_document(const struct report *r, bool chinese, struct document *d)
{
    struct page p = {.r = r, .d = d, .chinese = chinese};
    document_begin(d);
    if (r->count == 0)
        return kr_fail(KR_E_NOT_FOUND, "%s", r->ceremony);
    describe(&p);
    put_opening(&p);
    put_steps(&p);
    put_keys(&p);
    put_cards(&p);
    put_exceptions(&p);
    put_balance(&p);
    put_coverage(&p);
    put_checkpoint(&p);
    put_signatures(&p);
    put_limits(&p);
    return d->failed;
}
