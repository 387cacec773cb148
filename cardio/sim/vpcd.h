/*
 * The card's side of pcscd's virtual reader (package vsmartcard-vpcd). The driver listens, one port
 * a reader; a card that is there is a connection. Messages both ways: length 2 (big-endian), body.
 * A body of one byte from the driver is a control: 00 power off, 01 power on, 02 reset, 04 send the
 * ATR; any other body is a command APDU.
 */
#ifndef KEYRITE_CARDIO_SIM_VPCD_H
#define KEYRITE_CARDIO_SIM_VPCD_H

#include <stdbool.h>
#include <stdint.h>
#include "../../crypto/error.h"

#define VPCD_PORT 35963 /* of reader 0; the next reader has the next port */

struct vpcd_options {
    const char *deck;
    int slot;
    uint16_t port;    /* 0: VPCD_PORT + slot */
    unsigned pace_ms; /* each command takes so long at least */
    bool t0;
    void (*complain)(
        enum kr_error rc); /* a card that cannot be used, while serving goes on; may be NULL */
};
/* Follows the slot for ever: connects while a card lies in it, connects anew when pcscd was
 * restarted. Returns only with an error. */
enum kr_error vpcd_serve(const struct vpcd_options *options);

#endif
