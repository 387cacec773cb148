/* What probing, washing, issuing and verifying share. Inner header of cardio/. */
#ifndef KEYRITE_CARDIO_PERSONALISE_PARTS_H
#define KEYRITE_CARDIO_PERSONALISE_PARTS_H

#include "personalise.h"

#define MF_ID           0x3F00
#define CARD_ADF        0x3F01 /* every card of ours has its application there */
#define CDF_SFI         0x15
#define CDF_LEN         25
#define ADF_AUDIT_LEN   14
#define LIMIT_SFI       0x19
#define LIMIT_LEN       8
#define SUBJECT_SFI     0x1A
#define SUBJECT_LEN     16
#define TERMINAL_LEN    6
#define USER_PUBLIC_LEN 28
#define PSAM_PUBLIC_LEN 17
#define FILE_BYTES_MAX  240
#define TRIES_DOUBTFUL  2 /* with so many left, or fewer, nothing is tried any more */

/* The values that a caller gave, as one thing. */
struct key_ring {
    const struct layout_value *values;
    size_t count;
};
/* NULL when there is none. */
const struct layout_value *ring_value(const struct key_ring *ring, const struct layout_key *k);
/* Its handle, 0 when there is none. */
vault_handle ring_find(const struct key_ring *ring, const struct layout_key *k);
/* KR_E_KEY_MISSING, except for optional keys: *value is NULL then. */
enum kr_error ring_need(const struct key_ring *ring, const struct layout_key *k,
                        const struct layout_value **value);
/* Every key of d is there; of optional keys at least one of each name. */
enum kr_error ring_check(const struct key_ring *ring, const struct layout_directory *d);
/* The key that protects files of d, 0 when d has none. */
vault_handle ring_maintenance(const struct key_ring *ring, const struct layout_directory *d);

void audit_encode(const struct card_audit *a, uint8_t out[CDF_LEN]);
void audit_decode(const uint8_t in[CDF_LEN], struct card_audit *a);
/* What a file of a layout is to hold; *len 0 when it stays as it was made. */
void file_content(const struct layout_file *f, const struct card_audit *audit,
                  uint8_t out[FILE_BYTES_MAX], size_t *len);

/* What a look at a card found out. */
struct card_look {
    enum card_condition condition;
    int tries; /* left on the control key, when doubtful */
    bool mf_complete;
    bool adf_present; /* l's ADF, complete or not */
    bool other_kind;  /* an ADF that is not l's */
    uint8_t cdf[CDF_LEN];
};
/* From here on the card is spoken to in the layout's dialect. */
enum kr_error card_speaks(struct card *c, const struct layout *l);
/* Opens the card and looks; afterwards MF or the ADF is current. */
enum kr_error card_look(struct card *c, const struct layout *l, vault_handle old_control,
                        vault_handle new_control, struct card_look *look);
/* KR_E_CARD_AUTH and KR_E_CARD_FOREIGN for the conditions in which nothing can be done. */
enum kr_error look_refusal(const struct card_look *look);
/* KR_E_CARD_KEPT with the number that the card carries. */
enum kr_error kept(const struct card_look *look);

/* The authentication card of a pair, ready to answer; with pin 0 it is taken as it stands. */
enum kr_error open_partner(struct card *partner, vault_handle pin);
/* The current application as its holder opens it: by the partner, or by its own PIN. */
enum kr_error open_application(struct card *c, const struct layout_directory *d,
                               struct card *partner, vault_handle pin, size_t *proved);

/* Attributes as written; of the error counter only the maximum. */
bool header_fits(const struct key_header *wanted, const struct key_header *got);

/* Keys from index first on that the vault gives, or a mother card; every key but a PIN is proved at
 * once. */
enum kr_error write_keys(struct card *c, const struct layout_directory *d, size_t first,
                         const struct key_ring *ring, vault_handle control, bool from_mother);
/* Creates the files and writes their contents, in the layout's order; the last one, which marks a
 * finished directory, is written by write_mark(). */
enum kr_error write_files(struct card *c, const struct layout_directory *d,
                          const struct key_ring *ring, const struct card_audit *audit);
enum kr_error write_mark(struct card *c, const struct layout_directory *d,
                         const struct key_ring *ring, const struct card_audit *audit);
/* Attributes and counters of the current directory's keys, and that missing ones are missing. */
enum kr_error compare_keys(struct card *c, const struct layout_directory *d,
                           const struct key_ring *ring);
/* Each key but the PIN by a challenge. *proved grows. */
enum kr_error prove_keys(struct card *c, const struct layout_directory *d,
                         const struct key_ring *ring, size_t *proved);
/* The files of the current directory hold what the layout says. */
enum kr_error compare_files(struct card *c, const struct layout_directory *d,
                            const struct card_audit *audit);

#endif
