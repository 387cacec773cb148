#include "checkpoint_card.h"

#include <stdio.h>
#include <string.h>

#include "../cardio/personalise.h"
#include "../crypto/hash.h"
#include "../store/paper.h"
#include "held_key.h"
#include "session_inside.h"
#include "vocabulary.h"

static const uint8_t application[] = "KEYRITE.CHECK";
static const uint8_t places[2] = {0x1B, 0x1C}; /* short identifiers */
#define TEXT_BYTES   CHECKPOINT_COMPACT_MAX
#define READERS_USED 2 /* by ceremonies */
#define COMPARED     "the checkpoint on the card"
#define INTENDED     "the newest checkpoint is to be written on the card, which bears"
#define WRITTEN      "the checkpoint written on the card"
#define NOT_WRITTEN  "the newest checkpoint was not written on the card, which bore"

/* ---- A place ---- */

static enum kr_error place_fill(const char compact[CHECKPOINT_COMPACT_MAX],
                                uint8_t out[CHECKPOINT_CARD_PLACE])
{
    uint8_t digest[32];
    memset(out, 0, CHECKPOINT_CARD_PLACE);
    memcpy(out, compact, strlen(compact));
    enum kr_error err = sha256(out, TEXT_BYTES, digest);
    memcpy(out + TEXT_BYTES, digest, CHECKPOINT_CARD_PLACE - TEXT_BYTES);
    return err;
}

/* A torn or empty one is none; whose it is the journal decides later. */
static bool place_read(const struct session *s, const uint8_t bytes[CHECKPOINT_CARD_PLACE],
                       char compact[CHECKPOINT_COMPACT_MAX], struct checkpoint *head)
{
    uint8_t digest[32];
    char note[CHECKPOINT_MAX];
    if (sha256(bytes, TEXT_BYTES, digest) != KR_OK ||
        memcmp(bytes + TEXT_BYTES, digest, CHECKPOINT_CARD_PLACE - TEXT_BYTES) != 0 ||
        bytes[TEXT_BYTES - 1] != '\0')
        return false;
    memcpy(compact, bytes, TEXT_BYTES);
    return checkpoint_compact_read(compact, strlen(compact), session_slots(s)->centre.origin,
                                   note) == KR_OK &&
           checkpoint_parse(note, strlen(note), head) == KR_OK;
}

/* ---- The card ---- */

static enum kr_error read_places(struct session *s, struct card *c, struct checkpoint_card *card)
{
    uint64_t size = 0;
    enum kr_error err = KR_OK;
    card->any = false;
    card->form[0] = '\0';
    for (size_t i = 0; err == KR_OK && i < sizeof places; i++) {
        uint8_t bytes[CHECKPOINT_CARD_PLACE];
        char compact[CHECKPOINT_COMPACT_MAX];
        struct checkpoint head;
        size_t len = sizeof bytes;
        err = card_read_binary(c, places[i], bytes, &len);
        if (err != KR_OK || len != sizeof bytes || !place_read(s, bytes, compact, &head) ||
            (card->any && head.size < size))
            continue;
        card->any = true;
        card->place = i;
        size = head.size;
        memcpy(card->compact, compact, sizeof compact);
        (void)checkpoint_short_form(&head, card->form, sizeof card->form);
    }
    return err;
}

/* Another card than a checkpoint card answers with another status. What it is the inventory may
 * know. */
static enum kr_error other_kind(struct session *s, const struct card *c, const char *chip,
                                enum kr_error err)
{
    struct card_record rec;
    if (c->sw == 0 || c->sw == 0x9000)
        return err;
    if (cards_by_chip(session_store(s), chip, &rec) != KR_OK)
        return kr_fail(KR_E_CARD_FOREIGN, "%s", chip);
    return kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(rec.layout[0] ? rec.layout : rec.state));
}

/* Opens it, and leaves its application current. */
static enum kr_error open_card(struct session *s, struct card *c, struct checkpoint_card *card)
{
    struct card_audit audit;
    uint8_t chip[8] = {0};
    char chip_text[20];
    memset(card, 0, sizeof *card);
    enum kr_error err = card_open(c);
    if (err == KR_OK)
        err = card_chip_serial(c, chip);
    hex_encode_upper(chip, sizeof chip, chip_text);
    if (err == KR_OK)
        err = personalise_read_audit(c, &audit);
    if (err == KR_OK)
        err = card_select_name(c, application, sizeof application - 1);
    if (err != KR_OK)
        return other_kind(s, c, chip_text, err);
    memcpy(card->chip, chip_text, sizeof card->chip);
    hex_encode_upper(audit.serial, sizeof audit.serial, card->number);
    return read_places(s, c, card);
}

/* The first reader in which one lies; it is left open. Else what lies in the last one with a card.
 */
static enum kr_error find_card(struct session *s, struct card *c, struct checkpoint_card *card)
{
    char detail[192] = "-";
    enum kr_error err = KR_E_CARD_COPY_ABSENT;
    memset(card, 0, sizeof *card);
    for (size_t i = 0; card->number[0] == '\0' && i < READERS_USED; i++) {
        if (i > 0)
            card_close(c);
        session_card(s, i, c);
        enum kr_error here = open_card(s, c, card);
        if (here == KR_E_NO_CARD || here == KR_E_NO_READER)
            continue;
        err = here;
        snprintf(detail, sizeof detail, "%s", kr_detail());
    }
    return err == KR_OK ? KR_OK : kr_fail(err, "%s", detail);
}

/* ---- The journal ---- */

/* A supervisor where one is present. */
static enum kr_error signer_choose(struct session *s, struct signer *signer, bool *supervisor)
{
    struct present_person people[PEOPLE_MAX];
    size_t count = session_present(s, people, PEOPLE_MAX), chosen = 0;
    if (count == 0)
        return kr_fail(KR_E_NOT_SIGNED_IN, "-");
    for (size_t i = count; i-- > 0;)
        if (people[i].roles & ROLE_SUPERVISOR)
            chosen = i;
    *supervisor = (people[chosen].roles & ROLE_SUPERVISOR) != 0;
    *signer = signer_as(s, people[chosen].person,
                        *supervisor ? ROLE_SUPERVISOR : first_role(people[chosen].roles));
    return KR_OK;
}

static enum kr_error record(struct session *s, const struct checkpoint_card *card,
                            enum kr_error found, const char *words, bool *supervisor)
{
    struct entry e;
    struct signer signer;
    enum kr_error err = signer_choose(s, &signer, supervisor);
    if (err != KR_OK)
        return err;
    entry_begin(&e, found == KR_OK ? "checkpoint" : "refusal");
    entry_add(&e, "about", "checkpoint-card");
    entry_add(&e, "card", "%s checkpoint-card %s", card->number, card->chip);
    entry_add(&e, "text", "%s: %s", words, card->form[0] == '\0' ? "-" : card->form);
    if (found != KR_OK)
        entry_add(&e, "error", "%s", kr_name(found));
    entry_add(&e, "software", "%s", KEYRITE_VERSION);
    err = record_signed(s, &e, &signer, 1);
    entry_free(&e);
    return err;
}

/* Whether it says at least as much as the paper that is asked for. */
static bool as_new_as_paper(struct session *s, const struct checkpoint *head)
{
    uint64_t size;
    return paper_size(session_store(s), &size) == KR_OK && head->size >= size;
}

/* What it bears against the journal, recorded. Until the program ends no ceremony goes on in a
 * journal against which it speaks. */
static enum kr_error compare(struct session *s, struct checkpoint_card *card)
{
    struct checkpoint head;
    char detail[192];
    bool supervisor;
    enum kr_error found = paper_check_compact(session_store(s), card->compact, &head);
    snprintf(detail, sizeof detail, "%s", kr_detail());
    if (found == KR_E_STORE_OLD || found == KR_E_CHECKPOINT) {
        s->card_against = found;
        memcpy(s->card_form, card->form, sizeof s->card_form);
    }
    enum kr_error err = record(s, card, found, COMPARED, &supervisor);
    if (err != KR_OK)
        return err;
    if (found != KR_OK)
        return kr_fail(found, "%s", detail);
    if (supervisor && as_new_as_paper(s, &head))
        s->paper_due = false;
    return KR_OK;
}

enum kr_error checkpoint_card_compare(struct session *s, struct checkpoint_card *card)
{
    struct card c;
    enum kr_error err = find_card(s, &c, card);
    card_close(&c);
    if (err != KR_OK)
        return err;
    return card->any ? compare(s, card) : kr_fail(KR_E_CARD_COPY_NONE, "%s", card->number);
}

/* ---- Writing ---- */

/* The key that protects its places: only of a card that this centre made. */
static enum kr_error maintenance_key(struct session *s, const struct checkpoint_card *card,
                                     vault_handle *h)
{
    struct card_record rec;
    struct layout l = {.adf.key_count = 0};
    char path[512];
    uint8_t number[10];
    *h = 0;
    enum kr_error err = cards_by_chip(session_store(s), card->chip, &rec);
    if (err == KR_E_NOT_FOUND || (err == KR_OK && strcmp(rec.number, card->number) != 0))
        err = kr_fail(KR_E_CARD_FOREIGN, "%s", card->chip);
    if (err == KR_OK)
        err = session_layout_path(s, rec.layout, path, sizeof path);
    if (err == KR_OK)
        err = layout_load(path, &l);
    if (err == KR_OK)
        err = hex_decode(card->number, number, sizeof number);
    const struct layout_key *key = layout_key_of_kind(&l.adf, CARD_KEY_MAINTENANCE);
    if (err == KR_OK && key)
        err = held_key(s, key, number, h);
    return err;
}

/* The newest checkpoint, into the place that does not hold the newer copy. */
static enum kr_error put(struct session *s, struct card *c, vault_handle key,
                         struct checkpoint_card *card)
{
    char note[CHECKPOINT_MAX], compact[CHECKPOINT_COMPACT_MAX] = "";
    uint8_t bytes[CHECKPOINT_CARD_PLACE];
    size_t place = card->any ? 1 - card->place : 0;
    enum kr_error err = checkpoint_last(session_store(s), note, sizeof note);
    if (err == KR_OK)
        err = checkpoint_compact(note, strlen(note), compact);
    if (err == KR_OK)
        err = place_fill(compact, bytes);
    if (err == KR_OK)
        err = card_update_binary(c, places[place], bytes, sizeof bytes, key, false);
    if (err == KR_OK)
        err = read_places(s, c, card);
    if (err == KR_OK && (!card->any || strcmp(card->compact, compact) != 0))
        err = kr_fail(KR_E_CARD_COPY_DIFFERS, "%s", card->number);
    return err;
}

/* The intent is durable and sealed before the card hears of it. */
static enum kr_error write_recorded(struct session *s, struct card *c, vault_handle key,
                                    struct checkpoint_card *card)
{
    char detail[192];
    bool supervisor;
    enum kr_error err = record(s, card, KR_OK, INTENDED, &supervisor);
    if (err == KR_OK)
        err = session_seal(s);
    if (err != KR_OK)
        return err;
    enum kr_error put_err = put(s, c, key, card);
    snprintf(detail, sizeof detail, "%s", kr_detail());
    err = record(s, card, put_err, put_err == KR_OK ? WRITTEN : NOT_WRITTEN, &supervisor);
    return put_err == KR_OK ? err : kr_fail(put_err, "%s", detail);
}

enum kr_error checkpoint_card_write(struct session *s, struct checkpoint_card *card)
{
    struct card c;
    vault_handle key = 0;
    enum kr_error err = find_card(s, &c, card);
    if (err == KR_OK && card->any)
        err = compare(s, card);
    if (err == KR_OK)
        err = maintenance_key(s, card, &key);
    if (err == KR_OK)
        err = write_recorded(s, &c, key, card);
    vault_drop(session_vault(s), key);
    card_close(&c);
    return err;
}
