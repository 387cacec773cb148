/* What a user card's own log says of a transaction of which nothing else is known any more. */
#include <string.h>

#include "transaction_parts.h"

#define INS_READ_RECORD 0xB2
#define LOG_SFI         0x18
#define LOG_RECORDS     10 /* that a log has at least */
#define LOG_LEN         23
#define LOG_NAMES       5 /* behind number 2 and overdraft limit 3 */
#define LOG_DATE        16
#define SW_NO_RECORD    0x6A83

/* Record 1 is the newest. KR_OK without *there: there is none. */
static enum kr_error read_record(struct card *user, uint8_t number, uint8_t record[LOG_LEN],
                                 bool *there)
{
    struct apdu a = {.ins = INS_READ_RECORD,
                     .p1 = number,
                     .p2 = LOG_SFI << 3 | 4,
                     .has_le = true,
                     .le = LOG_LEN};
    enum kr_error err = card_ask(user, &a, record, LOG_LEN);
    *there = !err;
    return user->sw == SW_NO_RECORD ? KR_OK : err;
}

enum kr_error transaction_log_look(struct card *user, const struct transaction_terms *terms,
                                   uint8_t type, const uint8_t terminal[6], enum purse_state *purse)
{
    uint8_t names[NAMES_LEN], record[LOG_LEN];
    bool there = true, found = false;
    *purse = PURSE_IN_DOUBT;
    put_names(terms, type, terminal, names);
    enum kr_error err = user_open(user, terms);
    for (uint8_t n = 1; n <= LOG_RECORDS && there && !found && !err; n++) {
        err = read_record(user, n, record, &there);
        found = !err && there && memcmp(record + LOG_NAMES, names, sizeof names) == 0;
    }
    if (err)
        return err;
    /* In a full log a record may have been there that newer ones pushed out. */
    bool pushed_out = there && memcmp(record + LOG_DATE, names + 11, 7) >= 0;
    if (found)
        *purse = PURSE_CHANGED;
    else if (!pushed_out)
        *purse = PURSE_UNTOUCHED;
    return KR_OK;
}
