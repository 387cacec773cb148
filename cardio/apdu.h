/* Command and response APDUs (ISO/IEC 7816-4), short length only. */
#ifndef KEYRITE_CARDIO_APDU_H
#define KEYRITE_CARDIO_APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APDU_MAX  261 /* header 4, Lc, 255 data, Le */
#define REPLY_MAX 258 /* 256 data, SW 2 */

struct apdu {
    uint8_t cla, ins, p1, p2;
    uint8_t lc; /* bytes in data */
    uint8_t data[255];
    bool has_le;
    uint8_t le; /* 0 = 256 */
};

/* What became of a command. Only NOT_SENT may be repeated blindly. */
enum reply_outcome {
    REPLY_OK,       /* status word received */
    REPLY_NOT_SENT, /* the card never saw it */
    REPLY_LOST,     /* sent; whether it was carried out is unknown */
    REPLY_RESET,    /* another handle reset the card; not carried out; security state gone */
};
struct reply {
    enum reply_outcome outcome;
    uint16_t sw;
    size_t len; /* bytes of data, SW not counted */
    uint8_t data[256];
};

/* Writes the APDU's bytes; returns their number (at most APDU_MAX). */
size_t apdu_encode(const struct apdu *a, uint8_t out[APDU_MAX]);
/* Reads a command as a card receives it; false when lengths do not fit. */
bool apdu_decode(const uint8_t *bytes, size_t len, struct apdu *a);
/* The name for the details pane: "WRITE KEY", never data. */
const char *apdu_name(const struct apdu *a);
/* N_() sentence for a status word. */
const char *status_meaning(uint16_t sw);

#endif
