#include "checkpoint_card.h"

#include <stdio.h>
#include <string.h>

#include "../cardio/personalise.h"
#include "../crypto/hash.h"
#include "../store/paper.h"
#include "session_inside.h"

static const uint8_t application[] = "KEYRITE.CHECK";
static const uint8_t places[2] = {0x1B, 0x1C}; /* short identifiers */
#define TEXT_BYTES CHECKPOINT_COMPACT_MAX

/* ---- A place ---- */

static enum kr_error place_fill(const char *compact, uint8_t out[CHECKPOINT_CARD_PLACE])
{
    uint8_t digest[32];
    memset(out, 0, CHECKPOINT_CARD_PLACE);
    snprintf((char *)out, TEXT_BYTES, "%s", compact);
    enum kr_error err = sha256(out, TEXT_BYTES, digest);
    memcpy(out + TEXT_BYTES, digest, CHECKPOINT_CARD_PLACE - TEXT_BYTES);
    return err;
}

/* A torn or empty one is none; whose it is the journal decides later. */
static bool place_read(const struct session *s, const uint8_t bytes[CHECKPOINT_CARD_PLACE],
                       char compact[CHECKPOINT_COMPACT_MAX], struct checkpoint *c)
{
    uint8_t digest[32];
    char note[CHECKPOINT_MAX];
    if (sha256(bytes, TEXT_BYTES, digest) != KR_OK ||
        memcmp(bytes + TEXT_BYTES, digest, CHECKPOINT_CARD_PLACE - TEXT_BYTES) != 0 ||
        bytes[TEXT_BYTES - 1] != '\0')
        return false;
    snprintf(compact, CHECKPOINT_COMPACT_MAX, "%s", (const char *)bytes);
    return checkpoint_compact_read(compact, strlen(compact), session_slots(s)->centre.origin,
                                   note) == KR_OK &&
           checkpoint_parse(note, strlen(note), c) == KR_OK;
}

/* ---- The card ---- */

static void card_in(struct session *s, size_t reader, struct card *c)
{
    memset(c, 0, sizeof *c);
    c->readers = session_readers(s);
    c->reader = reader;
    c->vault = session_vault(s);
    c->dialect = dialect_at(0);
    c->suite = session_slots(s)->centre.suite;
}

static enum kr_error read_places(struct session *s, struct card *c, struct checkpoint_card *card)
{
    uint64_t size = 0;
    enum kr_error err = KR_OK;
    card->any = false;
    card->form[0] = '\0';
    for (size_t i = 0; err == KR_OK && i < 2; i++) {
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

/* Opens it, and leaves its application current. What the card itself answers with another status
 * says that it is no checkpoint card. */
static enum kr_error open_card(struct session *s, struct card *c, struct checkpoint_card *card)
{
    struct card_audit audit;
    uint8_t chip[8] = {0};
    char chip_text[20];
    memset(card, 0, sizeof *card);
    enum kr_error err = card_open(c);
    if (err == KR_OK)
        err = card_chip_serial(c, chip);
    if (err == KR_OK)
        err = personalise_read_audit(c, &audit);
    if (err == KR_OK)
        err = card_select_name(c, application, sizeof application - 1);
    hex_encode_upper(chip, sizeof chip, chip_text);
    if (err != KR_OK)
        return c->sw != 0 && c->sw != 0x9000 ? kr_fail(KR_E_CARD_WRONG_KIND, "%s", chip_text) : err;
    snprintf(card->chip, sizeof card->chip, "%s", chip_text);
    hex_encode_upper(audit.serial, sizeof audit.serial, card->number);
    return read_places(s, c, card);
}

/* ---- The journal ---- */

static enum kr_error record(struct session *s, const char *kind, const struct checkpoint_card *card,
                            enum kr_error found, const char *words)
{
    struct present_person who;
    struct entry e;
    if (session_present(s, &who, 1) == 0)
        return kr_fail(KR_E_NOT_SIGNED_IN, "-");
    struct signer signer = signer_as(s, who.person, first_role(who.roles));
    entry_begin(&e, kind);
    entry_add(&e, "card", "%s checkpoint-card %s", card->number, card->chip);
    entry_add(&e, "text", "%s", words);
    if (found != KR_OK)
        entry_add(&e, "error", "%s", kr_name(found));
    entry_add(&e, "software", "%s", KEYRITE_VERSION);
    enum kr_error err = record_signed(s, &e, &signer, 1);
    entry_free(&e);
    return err;
}

/* What it bears against the journal, recorded. */
static enum kr_error compare(struct session *s, const struct checkpoint_card *card)
{
    struct checkpoint head;
    char words[96], detail[192];
    enum kr_error found = paper_check_compact(session_store(s), card->compact, &head);
    snprintf(detail, sizeof detail, "%s", kr_detail());
    snprintf(words, sizeof words, "the checkpoint on the card: %s", card->form);
    enum kr_error err = record(s, found == KR_OK ? "checkpoint" : "refusal", card, found, words);
    if (err != KR_OK)
        return err;
    return found == KR_OK ? KR_OK : kr_fail(found, "%s", detail);
}

enum kr_error checkpoint_card_compare(struct session *s, size_t reader,
                                      struct checkpoint_card *card)
{
    struct card c;
    card_in(s, reader, &c);
    enum kr_error err = open_card(s, &c, card);
    card_close(&c);
    if (err != KR_OK)
        return err;
    return card->any ? compare(s, card) : kr_fail(KR_E_CARD_COPY_NONE, "%s", card->number);
}

/* The newest checkpoint, into the place that does not hold the newer copy. */
static enum kr_error put(struct session *s, struct card *c, struct checkpoint_card *card)
{
    char note[CHECKPOINT_MAX], compact[CHECKPOINT_COMPACT_MAX];
    uint8_t bytes[CHECKPOINT_CARD_PLACE];
    size_t place = card->any ? 1 - card->place : 0;
    enum kr_error err = checkpoint_last(session_store(s), note, sizeof note);
    if (err == KR_OK)
        err = checkpoint_compact(note, strlen(note), compact);
    if (err == KR_OK)
        err = place_fill(compact, bytes);
    if (err == KR_OK)
        err = card_update_binary(c, places[place], bytes, sizeof bytes, 0, false);
    if (err == KR_OK)
        err = read_places(s, c, card);
    if (err == KR_OK && (!card->any || strcmp(card->compact, compact) != 0))
        err = kr_fail(KR_E_CARD_DIFFERS, "%s", card->number);
    return err;
}

/* The intent is durable and sealed before the card hears of it. */
static enum kr_error write_recorded(struct session *s, struct card *c, struct checkpoint_card *card)
{
    char words[96], detail[192];
    enum kr_error err =
        record(s, "checkpoint", card, KR_OK, "the newest checkpoint is to be written on the card");
    if (err == KR_OK)
        err = session_seal(s);
    if (err != KR_OK)
        return err;
    enum kr_error put_err = put(s, c, card);
    snprintf(detail, sizeof detail, "%s", kr_detail());
    snprintf(words, sizeof words, "written on the card: %s", put_err == KR_OK ? card->form : "-");
    err = record(s, put_err == KR_OK ? "checkpoint" : "refusal", card, put_err, words);
    if (put_err != KR_OK)
        return kr_fail(put_err, "%s", detail);
    return err;
}

enum kr_error checkpoint_card_write(struct session *s, size_t reader, struct checkpoint_card *card)
{
    struct card c;
    card_in(s, reader, &c);
    enum kr_error err = open_card(s, &c, card);
    if (err == KR_OK && card->any)
        err = compare(s, card);
    if (err == KR_OK)
        err = write_recorded(s, &c, card);
    card_close(&c);
    return err;
}

enum kr_error checkpoint_card_look(struct session *s, struct checkpoint_card *card)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem;
    size_t count = readers_status(session_readers(s), status, READERS_MAX, &problem);
    for (size_t i = 0; i < count && i < READERS_MAX; i++) {
        if (!status[i].present)
            continue;
        enum kr_error err = checkpoint_card_compare(s, i, card);
        if (card->number[0] != '\0') /* it is one */
            return err;
    }
    return kr_fail(KR_E_NOT_FOUND, "-");
}
