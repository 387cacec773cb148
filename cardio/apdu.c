/* Command and response APDUs, and the words that people read for them. */
#include "apdu.h"
#include "../crypto/error.h"
#include <string.h>

size_t apdu_encode(const struct apdu *a, uint8_t out[APDU_MAX])
{
    size_t n = 0;
    out[n++] = a->cla;
    out[n++] = a->ins;
    out[n++] = a->p1;
    out[n++] = a->p2;
    if (a->lc) {
        out[n++] = a->lc;
        memcpy(out + n, a->data, a->lc);
        n += a->lc;
    }
    if (a->has_le)
        out[n++] = a->le;
    return n;
}

bool apdu_decode(const uint8_t *bytes, size_t len, struct apdu *a)
{
    memset(a, 0, sizeof *a);
    if (len < 4 || len > APDU_MAX)
        return false;
    a->cla = bytes[0];
    a->ins = bytes[1];
    a->p1 = bytes[2];
    a->p2 = bytes[3];
    if (len == 4)
        return true;
    if (len == 5) {
        a->has_le = true;
        a->le = bytes[4];
        return true;
    }
    /* Lc 0 before data would announce an extended length, which these cards do not know. */
    a->lc = bytes[4];
    if (!a->lc || len < 5u + a->lc || len > 6u + a->lc)
        return false;
    memcpy(a->data, bytes + 5, a->lc);
    if (len == 6u + a->lc) {
        a->has_le = true;
        a->le = bytes[len - 1];
    }
    return true;
}

struct command_name {
    uint8_t ins;
    const char *name;
};
static const struct command_name command_names[] = {
    {0xA4, "SELECT"},
    {0xE0, "CREATE FILE"},
    {0x0E, "ERASE DF"},
    {0x84, "GET CHALLENGE"},
    {0x82, "EXTERNAL AUTHENTICATE"},
    {0x88, "INTERNAL AUTHENTICATE"},
    {0x20, "VERIFY"},
    {0xB0, "READ BINARY"},
    {0xD6, "UPDATE BINARY"},
    {0xB2, "READ RECORD"},
    {0xDC, "UPDATE RECORD"},
    {0xE2, "APPEND RECORD"},
    {0xD4, "WRITE KEY"},
    {0x24, "PIN CHANGE/UNBLOCK"},
    {0x5E, "RELOAD/CHANGE PIN"},
    {0x1E, "APPLICATION BLOCK"},
    {0x18, "APPLICATION UNBLOCK"},
    {0x16, "CARD BLOCK"},
    {0xDA, "PUT DATA"},
    {0xCA, "GET DATA"},
    {0xC0, "GET RESPONSE"},
    {0x1A, "INIT FOR DESCRYPT"},
    {0xFA, "DES CRYPT"},
    {0x70, "INIT SAM FOR PURCHASE"},
    {0x72, "CREDIT SAM FOR PURCHASE"},
    {0x50, "INITIALIZE"},
    {0x52, "CREDIT FOR LOAD"},
    {0x54, "DEBIT FOR PURCHASE"},
    {0x5C, "GET BALANCE"},
    {0x5A, "GET TRANSACTION PROOF"},
    {0xF8, "DERIVE AND EXPORT"},
};

const char *apdu_name(const struct apdu *a)
{
    for (size_t i = 0; i < sizeof command_names / sizeof *command_names; i++)
        if (command_names[i].ins == a->ins)
            return command_names[i].name;
    return "?";
}

struct status_row {
    uint16_t sw, mask;
    const char *meaning;
};
static const struct status_row status_rows[] = {
    {0x9000, 0xFFFF, N_("done")},
    {0x6100, 0xFF00, N_("more data is waiting")},
    {0x6283, 0xFFFF, N_("the file is invalid")},
    {0x63C0, 0xFFF0, N_("wrong key or PIN; the last digit tells the tries left")},
    {0x6581, 0xFFFF, N_("the card could not write its memory")},
    {0x6700, 0xFFFF, N_("wrong length")},
    {0x6901, 0xFFFF, N_("the command is not allowed in this state")},
    {0x6981, 0xFFFF, N_("wrong kind of file")},
    {0x6982, 0xFFFF, N_("the security state does not allow it")},
    {0x6983, 0xFFFF, N_("the key or PIN is locked")},
    {0x6984, 0xFFFF, N_("there is no valid challenge")},
    {0x6985, 0xFFFF, N_("the conditions of use are not met")},
    {0x6986, 0xFFFF, N_("no file is selected")},
    {0x6987, 0xFFFF, N_("the protecting check code is missing")},
    {0x6988, 0xFFFF, N_("the protecting check code is wrong")},
    {0x6A80, 0xFFFF, N_("wrong data")},
    {0x6A81, 0xFFFF, N_("the card or application is blocked")},
    {0x6A82, 0xFFFF, N_("there is no such file")},
    {0x6A83, 0xFFFF, N_("there is no such record")},
    {0x6A84, 0xFFFF, N_("there is no room left")},
    {0x6A86, 0xFFFF, N_("wrong parameters")},
    {0x6A88, 0xFFFF, N_("there is no such key")},
    {0x6B00, 0xFFFF, N_("beyond the end of the file")},
    {0x6C00, 0xFF00, N_("another answer length is wanted")},
    {0x6D00, 0xFFFF, N_("the card does not know this command")},
    {0x6E00, 0xFFFF, N_("the card does not know this class of command")},
    {0x9302, 0xFFFF, N_("the transaction's check code is wrong")},
    {0x9303, 0xFFFF, N_("the application is blocked for good")},
    {0x9401, 0xFFFF, N_("the balance is too low")},
    {0x9402, 0xFFFF, N_("the transaction counter is at its end")},
    {0x9403, 0xFFFF, N_("there is no key with this index")},
    {0x9406, 0xFFFF, N_("no check code is available")},
};

const char *status_meaning(uint16_t sw)
{
    for (size_t i = 0; i < sizeof status_rows / sizeof *status_rows; i++)
        if ((sw & status_rows[i].mask) == status_rows[i].sw)
            return status_rows[i].meaning;
    return N_("a status this program does not know");
}
