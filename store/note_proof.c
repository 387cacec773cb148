/* What the pages of a transfer note say, and whether they prove it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "../crypto/seal.h"
#include "note_parts.h"

static enum kr_error no_note(const char *what)
{
    return kr_fail(KR_E_NOTE_FORM, "%s", what);
}

static enum kr_error not_proved(const char *what)
{
    return kr_fail(KR_E_NOTE_PROOF, "%s", what);
}

/* ---- What the pages say ---- */

/* The one line of that name, the same on every page. */
static enum kr_error say(struct transfer_note *n, const char *name, char *out, size_t room)
{
    char line[256];
    out[0] = '\0';
    for (size_t i = 0; i < n->page_count; i++) {
        const struct entry *e = &n->pages[i].entry;
        if (entry_get(e, name, 0, line, sizeof line) != KR_OK || strlen(line) >= room)
            return no_note(name);
        if (i > 0 && strcmp(line, out) != 0)
            return not_proved(name);
        snprintf(out, room, "%s", line);
    }
    return KR_OK;
}

/* "HEX16 NAME" */
static enum kr_error say_receiver(struct transfer_note *n)
{
    char line[128];
    uint8_t bytes[8];
    enum kr_error error = say(n, "receiver", line, sizeof line);
    if (error != KR_OK)
        return error;
    if (strlen(line) < 18 || line[16] != ' ' || strlen(line + 17) >= sizeof n->receiver)
        return no_note("receiver");
    snprintf(n->receiver_identifier, sizeof n->receiver_identifier, "%.16s", line);
    memcpy(n->receiver, line + 17, strlen(line + 17) + 1);
    return hex_decode(n->receiver_identifier, bytes, 8) == KR_OK ? KR_OK : no_note("receiver");
}

static enum kr_error say_sender(struct transfer_note *n)
{
    char key[65], hex[65], rehearsal[8];
    enum kr_error error = say(n, "centre", n->centre, sizeof n->centre);
    if (error == KR_OK)
        error = say(n, "tier", n->tier, sizeof n->tier);
    if (error == KR_OK)
        error = say(n, "identifier", n->identifier, sizeof n->identifier);
    if (error == KR_OK)
        error = say(n, "ceremony", n->ceremony, sizeof n->ceremony);
    if (error == KR_OK)
        error = say(n, "package", n->package, sizeof n->package);
    if (error == KR_OK)
        error = say(n, "rehearsal", rehearsal, sizeof rehearsal);
    if (error == KR_OK)
        error = say(n, "log-key", key, sizeof key);
    if (error != KR_OK)
        return error;
    n->rehearsal = strcmp(rehearsal, "no") != 0;
    hex_encode(n->log_key, 32, hex);
    return strcmp(key, hex) == 0 ? KR_OK : not_proved("log-key");
}

/* "NUMBER KIND CHIP delivered LAYOUT PAIR", and the label that goes with it. */
static enum kr_error read_card(const struct entry *e, size_t i, struct note_card *card)
{
    char line[256], state[24], more;
    if (entry_get(e, "card", i, line, sizeof line) != KR_OK ||
        sscanf(line, "%23s %23s %19s %23s %23s %23s%c", card->number, card->kind, card->chip, state,
               card->layout, card->pair, &more) != 6 ||
        strcmp(state, "delivered") != 0 ||
        entry_get(e, "label", i, card->label, sizeof card->label) != KR_OK)
        return no_note("card");
    card->seq = e->seq;
    if (strcmp(card->pair, "-") == 0)
        card->pair[0] = '\0';
    return KR_OK;
}

static size_t lines_named(const struct entry *e, const char *name)
{
    char line[512];
    size_t count = 0;
    while (entry_get(e, name, count, line, sizeof line) != KR_E_NOT_FOUND)
        count++;
    return count;
}

static enum kr_error add_cards(struct transfer_note *n, const struct entry *e)
{
    size_t count = lines_named(e, "card");
    enum kr_error error = KR_OK;
    if (count == 0 || lines_named(e, "label") != count || n->card_count + count > NOTE_CARDS_MAX)
        return no_note("cards");
    struct note_card *cards = realloc(n->cards, (n->card_count + count) * sizeof *cards);
    if (cards == NULL)
        return KR_E_MEMORY;
    n->cards = cards;
    memset(cards + n->card_count, 0, count * sizeof *cards);
    for (size_t i = 0; error == KR_OK && i < count; i++)
        error = read_card(e, i, &n->cards[n->card_count++]);
    return error;
}

static int by_chip(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum kr_error each_once(const struct transfer_note *n)
{
    const char **chips = malloc(n->card_count * sizeof *chips);
    enum kr_error error = KR_OK;
    if (chips == NULL)
        return KR_E_MEMORY;
    for (size_t i = 0; i < n->card_count; i++)
        chips[i] = n->cards[i].chip;
    qsort(chips, n->card_count, sizeof *chips, by_chip);
    for (size_t i = 1; error == KR_OK && i < n->card_count; i++)
        if (strcmp(chips[i - 1], chips[i]) == 0)
            error = no_note("a card twice");
    free(chips);
    return error;
}

/* "page I N": none is missing, none stands elsewhere. */
static enum kr_error page_fits(const struct transfer_note *n, size_t i)
{
    const struct entry *e = &n->pages[i].entry;
    char line[48], wanted[48], result[16];
    snprintf(wanted, sizeof wanted, "%zu %zu", i + 1, n->page_count);
    if (strcmp(e->kind, "card") != 0 || entry_get(e, "result", 0, result, sizeof result) != KR_OK ||
        strcmp(result, "delivered") != 0)
        return no_note("kind of entry");
    if (entry_get(e, "page", 0, line, sizeof line) != KR_OK || strcmp(line, wanted) != 0)
        return no_note("page");
    if (i > 0 && e->seq <= n->pages[i - 1].entry.seq)
        return no_note("order of pages");
    return strcmp(e->origin, n->head.origin) == 0 ? KR_OK : not_proved("origin");
}

enum kr_error note_gather(struct transfer_note *n)
{
    enum kr_error error = KR_OK;
    for (size_t i = 0; error == KR_OK && i < n->page_count; i++)
        error = page_fits(n, i);
    if (error == KR_OK)
        error = say_sender(n);
    if (error == KR_OK)
        error = say_receiver(n);
    for (size_t i = 0; error == KR_OK && i < n->page_count; i++)
        error = add_cards(n, &n->pages[i].entry);
    return error == KR_OK ? each_once(n) : error;
}

/* ---- Whether they prove it ---- */

static const struct note_person *person_of(const struct transfer_note *n, const char *person)
{
    for (size_t i = 0; i < n->people_count; i++)
        if (strcmp(n->people[i].person, person) == 0)
            return &n->people[i];
    return NULL;
}

static enum kr_error signature_holds(const struct transfer_note *n, const struct entry *e,
                                     const struct entry_signer *s)
{
    char header[ENTRY_HEADER_MAX];
    uint8_t digest[32];
    size_t len;
    const struct note_person *p = person_of(n, s->person);
    if (p == NULL)
        return not_proved(s->person);
    enum kr_error error = sha256(p->public_key, 32, digest);
    if (error == KR_OK && memcmp(digest, s->key_id, 4) != 0)
        error = not_proved(s->person);
    if (error == KR_OK)
        error = entry_header(e, header, &len);
    if (error == KR_OK)
        error = sign_verify(p->public_key, (const uint8_t *)header, len, s->signature);
    return error == KR_E_SIGNATURE ? not_proved(s->person) : error;
}

/* A supervisor and somebody else, each once. */
static enum kr_error two_signed(const struct entry *e)
{
    size_t chiefs = 0;
    for (size_t i = 0; i < e->signer_count; i++) {
        chiefs += strcmp(e->signers[i].role, "supervisor") == 0;
        for (size_t k = 0; k < i; k++)
            if (strcmp(e->signers[i].person, e->signers[k].person) == 0)
                return not_proved(e->signers[i].person);
    }
    return chiefs > 0 && chiefs < e->signer_count ? KR_OK : not_proved("signed by one role alone");
}

/* The keys are those of the signers, in the order in which they signed first, and no others. */
static enum kr_error people_are_signers(const struct transfer_note *n)
{
    size_t known = 0;
    for (size_t i = 0; i < n->page_count; i++) {
        const struct entry *e = &n->pages[i].entry;
        for (size_t s = 0; s < e->signer_count; s++) {
            const struct note_person *p = person_of(n, e->signers[s].person);
            size_t at = p == NULL ? n->people_count : (size_t)(p - n->people);
            if (at > known || at == n->people_count)
                return no_note("people");
            known += at == known;
        }
    }
    return known == n->people_count ? KR_OK : no_note("people");
}

static enum kr_error page_holds(const struct transfer_note *n, const struct note_page *p)
{
    uint8_t leaf[32];
    const struct entry *e = &p->entry;
    enum kr_error error = two_signed(e);
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++)
        error = signature_holds(n, e, &e->signers[i]);
    if (error == KR_OK)
        error = entry_leaf_hash(e, leaf);
    if (error == KR_OK)
        error = tree_check_inclusion(leaf, e->seq, n->head.size, (const uint8_t(*)[32])p->proof,
                                     p->proof_count, n->head.root);
    return error == KR_E_CHECKPOINT ? not_proved("place in the journal") : error;
}

enum kr_error note_prove(const struct transfer_note *n)
{
    char body[CHECKPOINT_MAX];
    size_t len;
    enum kr_error error = people_are_signers(n);
    for (size_t i = 0; error == KR_OK && i < n->page_count; i++)
        error = page_holds(n, &n->pages[i]);
    if (error == KR_OK)
        error = checkpoint_body(&n->head, body, sizeof body, &len);
    if (error == KR_OK)
        error = sign_verify(n->log_key, (const uint8_t *)body, len, n->log_signature);
    return error == KR_E_SIGNATURE ? not_proved("checkpoint") : error;
}

/* ---- Asking it ---- */

const struct note_card *transfer_note_card(const struct transfer_note *n, const char *chip)
{
    for (size_t i = 0; i < n->card_count; i++)
        if (strcmp(n->cards[i].chip, chip) == 0)
            return &n->cards[i];
    return NULL;
}

size_t transfer_note_count(const struct transfer_note *n, const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < n->card_count; i++)
        count += strcmp(n->cards[i].kind, kind) == 0;
    return count;
}

enum kr_error transfer_note_fingerprint(const uint8_t log_key[32], char out[NOTE_FINGERPRINT])
{
    uint8_t digest[32];
    enum kr_error error = sha256(log_key, 32, digest);
    checkpoint_letters(digest, out);
    return error;
}

bool transfer_note_is_fingerprint(const char *typed, const char *fingerprint)
{
    char letters[NOTE_FINGERPRINT];
    return checkpoint_letters_read(typed, strlen(typed), letters) &&
           strcmp(letters, fingerprint) == 0;
}
