/*
 * Readers, as the console sees them: a card process does the talking (PC/SC, or the simulated card
 * system on a deck folder), with a deadline per command; on expiry it is killed and restarted and
 * the command's outcome is LOST. A second such process only watches, so that reader_status() never
 * waits. Calls of one struct readers come from one thread, except reader_status(), which any thread
 * may call.
 */
#ifndef KEYRITE_CARDIO_READER_H
#define KEYRITE_CARDIO_READER_H

#include <sys/types.h>
#include "apdu.h"
#include "../crypto/child.h"
#include "../crypto/vault.h"

#define READERS_MAX               8
#define READER_NAME_MAX           128 /* pcscd's longest, with its end */
#define READER_DEADLINE_MS        10000
#define READER_DEADLINE_KEYGEN_MS 60000

struct readers;

int cards_serve(int fd);
int watch_serve(int fd);
extern const struct child_role cards_role; /* "@cards" */
extern const struct child_role watch_role; /* "@watch" */

enum reader_kind { READER_SIM, READER_PCSC };
struct reader_status {
    char name[READER_NAME_MAX];
    size_t atr_len;
    uint32_t changes; /* grows with each insertion or removal */
    bool attached;    /* false: this place's reader was unplugged; the place waits for it, or for
                         another */
    bool present;     /* a card lies in it */
    uint8_t atr[33];
};

/* deck: folder of the simulated cards (READER_SIM); NULL with READER_PCSC. vault (may be NULL) gets
 * its PIN lane here and after every restart. Does not fail for a missing reader or a pcscd that is
 * not running: that shows in status and on use. */
enum kr_error readers_open(struct readers **r, enum reader_kind kind, const char *deck,
                           struct vault *vault);
void readers_close(struct readers **r);
/* Test and patience: the deadline per command in ms. */
void readers_set_deadline(struct readers *r, int ms);
pid_t readers_pid(const struct readers *r);
/* Snapshot by place: status[0] is "reader 1", and stays it until it is unplugged and another is
 * plugged in. Returns the number of places; *problem says KR_OK, KR_E_PCSC_DOWN, KR_E_PCSC_DENIED.
 */
size_t readers_status(struct readers *r, struct reader_status *status, size_t room,
                      enum kr_error *problem);
/* Counts how often the card process was restarted (shown as a message). */
unsigned readers_restarts(const struct readers *r);

/* Makes sure that the vault process in force and the card process share a PIN lane: to be called
 * before vault_send_pin(). KR_E_VAULT_GONE; KR_E_ARGUMENT when the readers were opened without a
 * vault. */
enum kr_error readers_pin_lane(struct readers *r);

/* Powers the card up (or resets it) and takes it exclusively. KR_E_NO_READER, KR_E_NO_CARD,
 * KR_E_PCSC_*. */
enum kr_error reader_connect(struct readers *r, size_t reader, uint8_t atr[33], size_t *atr_len);
enum kr_error reader_reset(struct readers *r, size_t reader);
void reader_disconnect(struct readers *r, size_t reader);
/*
 * One command. 61xx and 6Cxx are followed up inside (GET RESPONSE, repeat with Le): the reply is
 * whole. Returns KR_OK whenever reply->outcome is REPLY_OK (whatever the status word), else
 * KR_E_NO_CARD (not sent), KR_E_CARD_GONE / KR_E_CARD_MUTE (lost), KR_E_CARD_RESET.
 */
enum kr_error reader_transmit(struct readers *r, size_t reader, const struct apdu *a,
                              struct reply *reply);
/* Several commands in one request, in this order; the card process stops after the first that is
 * not answered with 9000. reader_reply() brings the answer of each that it came to, and is called
 * until one is not 9000, is an error, or all are there; every command has the deadline to itself.
 * With an error here reply says what became of the first, and no answer will come. */
enum kr_error reader_send(struct readers *r, size_t reader, const struct apdu *const *commands,
                          size_t count, struct reply *reply);
enum kr_error reader_reply(struct readers *r, struct reply *reply);
/* One command; its data, of which only the length counts here, are the PIN or PINs that the vault
 * sent on the lane under tag. */
enum kr_error reader_transmit_pin(struct readers *r, size_t reader, const struct apdu *a,
                                  uint32_t tag, struct reply *reply);

#endif
