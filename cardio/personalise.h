/*
 * Bringing a card to its layout, and proving that it got there. Order of washing as the source
 * gives it: control key -> maintenance key -> files -> ... -> audit data. Every function starts
 * from card_open() and may be run again on a card in any state it left: personalise_probe() tells
 * which.
 */
#ifndef KEYRITE_CARDIO_PERSONALISE_H
#define KEYRITE_CARDIO_PERSONALISE_H

#include "layout.h"

/* The keys a layout names, as the caller holds them. With a mother card the vault need not know the
 * value: handle is 0 then, and the two cards prove it against each other. */
struct layout_value {
    const char *name;
    int group;
    vault_handle handle;
    const struct mother_key *mother; /* NULL: the vault gives it */
    bool elsewhere; /* handle 0, mother NULL: it is on the card, but nothing here can prove it */
};
/* Audit data (../shared/domain/system.md section 3): written to CDF 0015, 25 bytes:
 * personalisation identifier 1, activation identifier 10, serial number 10 (BCD), date 4 (BCD
 * YYYYMMDD). */
#define CARD_HOLDER_LEN 55
struct card_audit {
    uint8_t personalisation_id;
    uint8_t activation_id[10];
    uint8_t serial[10];
    uint8_t date[4];
    /* What else files may hold (layout.h, content); not in the CDF, so not read back from there. */
    uint8_t region[8], bank[8];         /* subject: whom the card is for; zero where nobody */
    uint8_t valid_from[4], valid_to[4]; /* user-public, psam-public: BCD YYYYMMDD */
    uint8_t holder[CARD_HOLDER_LEN];    /* holder: as docs/data-file.md has it */
};
enum card_condition {
    CARD_IS_BLANK,    /* the manufacturer's control key is in force */
    CARD_IS_WASHED,   /* ours is in force, MF complete, no ADF */
    CARD_IS_ISSUED,   /* ADF complete */
    CARD_IS_HALF,     /* ours is in force, but MF or ADF is not complete: erase and begin again */
    CARD_IS_FOREIGN,  /* neither key fits, or it does not look like one of our layouts */
    CARD_IS_DOUBTFUL, /* two tries or fewer left: quarantine, nothing tried */
};
/* Looks without changing and without spending a try: the control key's error counter first, then a
 * proof of the new control key, then of the old one. Either handle may be 0 (not tried). A card
 * that is ours but carries another application than l's is FOREIGN to l. With a layout that has no
 * ADF, any application counts as ISSUED. */
enum kr_error personalise_probe(struct card *c, const struct layout *l, vault_handle old_control,
                                vault_handle new_control, enum card_condition *condition);
/* A blank (genuine: proves kMprd by internal authentication). Changes nothing. Still works after a
 * wash that was cut off before the control key was replaced. */
enum kr_error personalise_prove_blank(struct card *c, vault_handle manufacturer_auth);
/* Washes: old control key -> ours (as ciphertext + MAC), then what kMprd left behind is erased,
 * maintenance key, MF files, audit data. From a half-washed card: erases and writes MF anew. values
 * must hold every key of l->mf: control keys as PURPOSE_CONTROL, maintenance keys as
 * PURPOSE_MAINTENANCE. A card already washed with the same audit data is only proved.
 * KR_E_CARD_KEPT (its number) when it carries another number or is issued; KR_E_CARD_FOREIGN;
 * KR_E_CARD_AUTH when two tries or fewer are left: nothing was tried then. */
enum kr_error personalise_wash(struct card *c, const struct layout *l, vault_handle old_control,
                               const struct layout_value *values, size_t count,
                               const struct card_audit *audit);
/* Issues: writes the audit data of the CDF, then creates the ADF with its keys and files under the
 * MF's control key, the ADF's audit data last. From a half-issued card: erases the ADF first.
 * values must hold the keys of l->mf too; optional keys may be missing, but not all those of one
 * name. PIN values are ENTRY_PIN handles named "PIN". A card already issued with the same audit
 * data is left as it is. Keys that a mother card gives are loaded after the files, right before the
 * audit data. With a layout that is "second" nothing in MF is written, and of its keys only the
 * control key is needed. KR_E_CARD_BLANK: not washed; KR_E_CARD_WRONG_KIND: issued as another kind;
 * KR_E_CARD_KEPT, KR_E_CARD_FOREIGN, KR_E_CARD_AUTH as above; KR_E_KEY_MISSING. */
enum kr_error personalise_issue(struct card *c, const struct layout *l,
                                const struct layout_value *values, size_t count,
                                const struct card_audit *audit);
/* R8: reset, select, authenticate as the next user would, read the audit data, prove each key by
 * challenge, compare attributes and counters (KR_E_CARD_DIFFERS, KR_E_CARD_FAKE). proved: number of
 * keys proved. partner NULL: partner_pin is the PIN of this very card (0: it has none). Else
 * partner is the paired authentication card: it is opened, its ADF 3F01 selected, partner_pin
 * verified as its PIN 00, and its internal key 01 answers for the card's external key
 * (KR_E_CARD_PAIR where they do not belong together); then, where the layout has an internal key,
 * the card answers for the partner's external key 01 (KR_E_MOTHER_FAKE). With partner_pin 0 the
 * partner is taken as it stands. */
enum kr_error personalise_verify(struct card *c, const struct layout *l,
                                 const struct layout_value *values, size_t count,
                                 const struct card_audit *audit, struct card *partner,
                                 vault_handle partner_pin, size_t *proved);
/* Manufacturer mother card after its PIN: exports kMprd under the manufacturer's transport key
 * (ciphertext + MAC) into the vault. Gives the control key; the blanks' internal-authentication key
 * has the same value. Counts one of the card's exports. KR_E_CARD_WRONG_KIND when it is no
 * manufacturer mother card. */
enum kr_error personalise_take_manufacturer_key(struct card *c, vault_handle pin,
                                                vault_handle transport, vault_handle *control,
                                                vault_handle *auth, struct kcv *kcv);
/* Opens an issued card as its holder does, and leaves its application current and open: by its
 * paired authentication card, whose PIN is pin, or (partner NULL) by its own PIN. Errors as
 * personalise_verify(). */
enum kr_error personalise_open(struct card *c, const struct layout *l, struct card *partner,
                               vault_handle pin);
/* ---- PINs of issued cards: the one of the layout's application. All open the card first, reset
 * included. KR_E_LAYOUT for a layout without one. ---- */
/* Tries left; spends none. KR_E_CARD_LOCKED at 0. */
enum kr_error personalise_pin_tries(struct card *c, const struct layout *l, int *tries_left);
/* Verifies it. Errors as card_verify_pin(), with c->last_try. */
enum kr_error personalise_pin_is(struct card *c, const struct layout *l, vault_handle pin,
                                 int *tries_left);
/* Changes it, then verifies the new one after a reset. Errors as card_change_pin(), of the PIN in
 * force; nothing was changed with KR_E_PIN_WRONG, KR_E_PIN_LAST_TRY and KR_E_CARD_LOCKED. */
enum kr_error personalise_change_pin(struct card *c, const struct layout *l, vault_handle old_pin,
                                     vault_handle new_pin, int *tries_left);
/* Puts another in its place, as ciphertext with MAC under the application's control key, with all
 * its tries; also of a locked one. Then verifies it after a reset. To be done again after a torn
 * command. KR_E_CARD_FAKE where the card has another control key: no try of it is spent. */
enum kr_error personalise_replace_pin(struct card *c, const struct layout *l, vault_handle control,
                                      vault_handle pin);
/* A key that an opened card gives into the vault, wrapped under transport, which both hold. as: the
 * header under which it leaves (its usage is that of a key of this purpose). Takes one of the
 * card's exports. */
enum kr_error personalise_take_key(const struct mother_key *m, const struct key_header *as,
                                   vault_handle transport, enum key_purpose purpose,
                                   vault_handle *key, struct kcv *kcv);
/* Whether the current application has a key of that kind and KID; spends nothing. */
enum kr_error personalise_has_key(struct card *c, enum card_key_kind kind, uint8_t kid, bool *has);
/* A key that the layout calls "later", into an opened card, under the transport key that its holder
 * shares with whoever issued it. One that is there already is only proved: KR_E_CARD_FAKE when it
 * is another. */
enum kr_error personalise_add_key(struct card *c, const struct layout_key *k,
                                  vault_handle transport, vault_handle value);
/* How many exports the opened card still allows (file 0019); the card counts them down itself. */
enum kr_error personalise_read_limit(struct card *c, uint32_t *left);
/* Whom an opened card is for (file 001A): region and bank identifier. KR_E_CARD_REFUSED without. */
enum kr_error personalise_read_subject(struct card *c, uint8_t region[8], uint8_t bank[8]);
/* Reads the CDF audit data of a washed or issued card; free to read. KR_E_CARD_BLANK when there is
 * none. */
enum kr_error personalise_read_audit(struct card *c, struct card_audit *audit);

#endif
