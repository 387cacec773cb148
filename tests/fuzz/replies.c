/*
 * What cards answer, as the card layer reads it. The first byte says what is asked of the card; the
 * rest are its answers. The readers and the vault are stood in for here: the card process and its
 * messages have targets of their own.
 */
#include "fuzz.h"

#include "../../cardio/card_survey.h"
#include "../../cardio/card_command.h"
#include "../../cardio/personalise.h"
#include "../../cardio/transaction.h"

/* ---- The readers: every answer comes from the input ---- */

static struct input answers;
static struct apdu sent[CARD_PUT_OFF_MAX + 1];
static size_t sent_count, sent_at;
static bool money_moved; /* the card said 9000, and 4 bytes or more, to DEBIT or CREDIT */
static unsigned commands;

static enum kr_error answer(const struct apdu *a, struct reply *r)
{
    static const uint16_t often[] = {0x9000, 0x63C2, 0x6983, 0x6A82,
                                     0x6A88, 0x9302, 0x9401, 0x9406};
    uint8_t how = answers.left > 0 ? input_byte(&answers) : 4;
    size_t len = 0;

    *r = (struct reply){.outcome = REPLY_OK, .sw = 0x9000};
    if (++commands > 4000)
        how = 6;
    if (how % 8 == 6 || how % 8 == 7) {
        r->sw = 0;
        r->outcome = (enum reply_outcome)(1 + how / 8 % 3);
        return r->outcome == REPLY_NOT_SENT ? KR_E_NO_CARD
               : r->outcome == REPLY_LOST   ? KR_E_CARD_GONE
                                            : KR_E_CARD_RESET;
    }
    if (how % 8 == 4)
        r->sw = often[how / 8 % 8];
    if (how % 8 == 5)
        r->sw = (uint16_t)(input_byte(&answers) << 8 | how);
    if (how % 8 < 4) {
        const uint8_t *bytes = input_counted(&answers, &len);
        memcpy(r->data, bytes, len);
        r->len = len;
    }
    if (r->sw == 0x9000 && (a->ins == 0x54 || a->ins == 0x52))
        money_moved = true;
    return KR_OK;
}

enum kr_error reader_send(struct readers *r, size_t reader, const struct apdu *const *list,
                          size_t count, struct reply *reply)
{
    (void)r;
    (void)reader;
    HOLDS(count > 0 && count <= CARD_PUT_OFF_MAX + 1, "too many commands at once");
    for (size_t i = 0; i < count; i++)
        sent[i] = *list[i];
    sent_count = count;
    sent_at = 0;
    *reply = (struct reply){.outcome = REPLY_NOT_SENT};
    return KR_OK;
}

enum kr_error reader_reply(struct readers *r, struct reply *reply)
{
    (void)r;
    HOLDS(sent_at < sent_count, "an answer is waited for that will not come");
    enum kr_error err = answer(&sent[sent_at++], reply);
    if (err || reply->sw != 0x9000)
        sent_at = sent_count;
    return err;
}

enum kr_error reader_transmit_pin(struct readers *r, size_t reader, const struct apdu *a,
                                  uint32_t tag, struct reply *reply)
{
    (void)r;
    (void)reader;
    (void)tag;
    return answer(a, reply);
}

static enum kr_error power(void)
{
    return answers.left > 0 && answers.at[0] == 0xEE ? KR_E_NO_CARD : KR_OK;
}

enum kr_error reader_connect(struct readers *r, size_t reader, uint8_t atr[33], size_t *atr_len)
{
    (void)r;
    (void)reader;
    memset(atr, 0x3B, 33);
    *atr_len = 33;
    return power();
}

enum kr_error reader_reset(struct readers *r, size_t reader)
{
    (void)r;
    (void)reader;
    return power();
}

enum kr_error readers_pin_lane(struct readers *r)
{
    (void)r;
    return KR_OK;
}

void reader_disconnect(struct readers *r, size_t reader)
{
    (void)r;
    (void)reader;
}

/* ---- The vault: answers of the right form ---- */

enum kr_error vault_cryptogram(struct vault *v, vault_handle key, const uint8_t in[8],
                               uint8_t out[8])
{
    (void)v;
    (void)key;
    memcpy(out, in, 8);
    return KR_OK;
}

enum kr_error vault_proof(struct vault *v, vault_handle key, const uint8_t factor[8],
                          const uint8_t in[8], uint8_t out[8])
{
    (void)factor;
    return vault_cryptogram(v, key, in, out);
}

enum kr_error vault_wrap(struct vault *v, vault_handle wrapping, vault_handle payload,
                         const uint8_t *prefix, size_t prefix_len, const uint8_t *mac_header,
                         size_t mac_header_len, const uint8_t iv[8], uint8_t *out, size_t *out_len)
{
    (void)v;
    (void)wrapping;
    (void)payload;
    (void)prefix;
    (void)prefix_len;
    (void)mac_header;
    (void)mac_header_len;
    (void)iv;
    HOLDS(*out_len >= 36, "no room for a wrapped key");
    *out_len = 36;
    memset(out, 0x5A, 36);
    return KR_OK;
}

enum kr_error vault_unwrap(struct vault *v, vault_handle wrapping, const char *suite,
                           enum key_purpose purpose, const uint8_t *prefix, size_t prefix_len,
                           const uint8_t *mac_header, size_t mac_header_len, const uint8_t iv[8],
                           const uint8_t *in, size_t in_len, vault_handle *key, struct kcv *kcv)
{
    (void)v;
    (void)wrapping;
    (void)suite;
    (void)purpose;
    (void)prefix;
    (void)prefix_len;
    (void)mac_header;
    (void)mac_header_len;
    (void)iv;
    for (size_t i = 0; i < in_len; i++)
        if (in[i] == 0xBB)
            return KR_E_SEAL_BROKEN;
    *key = 77;
    *kcv = (struct kcv){.len = 3};
    return KR_OK;
}

enum kr_error vault_secure_message(struct vault *v, vault_handle key, bool encrypt,
                                   const uint8_t *header, size_t header_len, const uint8_t iv[8],
                                   const uint8_t *data, size_t len, uint8_t *out, size_t *out_len)
{
    (void)v;
    (void)key;
    (void)encrypt;
    (void)header;
    (void)header_len;
    (void)iv;
    HOLDS(*out_len >= len + 4, "no room for a secured message");
    memcpy(out, data, len);
    memset(out + len, 0x5A, 4);
    *out_len = len + 4;
    return KR_OK;
}

enum kr_error vault_tac(struct vault *v, vault_handle key, const uint8_t *data, size_t len,
                        uint8_t tac[4])
{
    (void)v;
    (void)key;
    (void)data;
    (void)len;
    memset(tac, 0, 4);
    return KR_OK;
}

enum kr_error vault_load_mac(struct vault *v, vault_handle key, const uint8_t random[4],
                             const uint8_t counter[2], const uint8_t *data, size_t len,
                             uint8_t mac[4])
{
    (void)random;
    (void)counter;
    return vault_tac(v, key, data, len, mac);
}

enum kr_error vault_send_pin(struct vault *v, vault_handle pin_entry, uint32_t tag)
{
    (void)v;
    (void)pin_entry;
    (void)tag;
    return KR_OK;
}

enum kr_error vault_send_pin_change(struct vault *v, vault_handle old_pin, vault_handle new_pin,
                                    size_t pin_len, uint32_t tag)
{
    (void)new_pin;
    (void)pin_len;
    return vault_send_pin(v, old_pin, tag);
}

enum kr_error vault_entry_state(struct vault *v, vault_handle entry, struct secret_entry_state *s)
{
    (void)v;
    (void)entry;
    *s = (struct secret_entry_state){.typed = 6, .complete = true};
    return KR_OK;
}

void vault_drop(struct vault *v, vault_handle handle)
{
    (void)v;
    (void)handle;
}

/* ---- What is asked ---- */

static struct card card_in(size_t reader, const char *dialect)
{
    return (struct card){.reader = reader, .dialect = dialect_by_id(dialect), .suite = "3des"};
}

static void told(const struct transaction *t, enum kr_error err)
{
    bool all = t->mac1_verdict == VERDICT_HOLDS && t->mac2_verdict == VERDICT_HOLDS &&
               t->tac_verdict == VERDICT_HOLDS && t->balance_verdict == VERDICT_HOLDS;

    HOLDS(err != KR_OK || (t->purse == PURSE_CHANGED && all), "done, and not all of it holds");
    HOLDS(err == KR_OK || t->purse != PURSE_CHANGED || money_moved || t->looked,
          "the purse is said to be changed, and the card never said so");
    HOLDS(t->purse != PURSE_UNTOUCHED || !money_moved,
          "the purse is said to be untouched, and the card said that it is changed");
}

static const struct transaction_terms terms = {
    .amount = 100, .date = {0x20, 0x12, 0x02, 0x29}, .time = {0x13, 0x51, 0x00}, .tac = 3};

static void pay_and_look(bool with_pin)
{
    struct card psam = card_in(0, "pboc-key"), user = card_in(1, "fmcos");
    struct purchase p = {.terms = terms, .group = 1};
    struct transaction t = {0};

    p.terms.pin = with_pin ? 5 : 0;
    money_moved = false;
    enum kr_error err = transaction_purchase(&psam, &user, &p, &t);
    told(&t, err);
    for (int i = 0; i < 3 && err && t.purse == PURSE_IN_DOUBT; i++) {
        err = transaction_purchase_look(&psam, &user, &p, &t);
        HOLDS(err != KR_OK || t.purse == PURSE_CHANGED, "looked at, done and not changed");
    }
}

static void load_and_look(void)
{
    struct card user = card_in(1, "pboc-key");
    struct load l = {.terms = terms, .key = 4};
    struct transaction t = {0};

    money_moved = false;
    enum kr_error err = transaction_load(&user, &l, &t);
    told(&t, err);
    for (int i = 0; i < 3 && err && t.purse == PURSE_IN_DOUBT; i++) {
        err = transaction_load_look(&user, &l, &t);
        HOLDS(err != KR_OK || t.purse == PURSE_CHANGED, "looked at, done and not changed");
    }
}

static void survey(void)
{
    static struct card_survey s;
    struct card c = card_in(0, "pboc-key");

    if (card_survey(&c, &s) != KR_OK)
        return;
    HOLDS(s.count <= SURVEY_DIRECTORIES, "more directories than there is room for");
    for (size_t i = 0; i < s.count; i++) {
        const struct survey_directory *d = &s.directories[i];
        HOLDS(d->key_count <= SURVEY_KEYS_MAX && d->file_count <= SURVEY_FILES_MAX &&
                  d->name_len <= sizeof d->name,
              "more is told than there is room for");
        for (size_t f = 0; f < d->file_count; f++)
            HOLDS(d->files[f].len <= sizeof d->files[f].bytes, "a file is longer than its room");
        HOLDS(survey_directory(&s, d->id), "a directory is not found");
    }
}

static void meet(void)
{
    struct card c = card_in(0, "pboc-key");
    struct user_facts facts;
    uint8_t terminal[6];
    enum purse_state state = PURSE_CHANGED;

    (void)transaction_meet_user(&c, &facts);
    (void)transaction_meet_psam(&c, terminal);
    enum kr_error err = transaction_log_look(&c, &terms, TYPE_PURCHASE, terminal, &state);
    HOLDS(!err || state == PURSE_IN_DOUBT, "an error, and no doubt");
}

static void single_questions(void)
{
    struct card c = card_in(0, "fmcos");
    struct key_info info;
    uint8_t bytes[64], name[16], serial[8];
    size_t len = sizeof bytes, name_len = 0;
    int tries = -1;

    (void)card_chip_serial(&c, serial);
    if (card_select_directory(&c, 0x3F01, name, &name_len) == KR_OK)
        HOLDS(name_len <= sizeof name, "a name is longer than its room");
    (void)card_key_info(&c, CARD_KEY_PURCHASE, 1, &info);
    (void)card_pin_tries(&c, 0, &tries);
    enum kr_error err = card_verify_pin(&c, 5, 0, false, &tries);
    HOLDS(err || tries != 1, "the last try was spent, and nobody approved it");
    err = card_change_pin(&c, 5, 6, 0, 3, false, &tries);
    HOLDS(err || tries != 1, "the last try was spent on a change, and nobody approved it");
    if (card_read_binary(&c, 0x15, bytes, &len) == KR_OK)
        HOLDS(len <= sizeof bytes, "more is read than there is room for");
    (void)card_prove_key(&c, 4, 1);
    (void)card_external_authenticate(&c, 4, 0);
    len = sizeof bytes;
    (void)card_export(&c, CARD_KEY_PURCHASE, 1, 2, serial, 1, &info.header, bytes, serial, bytes,
                      &len);
}

static void personalise(bool verify)
{
    static struct layout l;
    struct card c = card_in(0, "pboc-key"), partner = card_in(1, "pboc-key");
    struct layout_value values[LAYOUT_KEYS_MAX];
    struct card_audit audit = {.serial = {1}}, read;
    enum card_condition condition;
    struct kcv kcv;
    vault_handle control, auth;
    size_t count = 0, proved = 0;

    if (l.id[0] == '\0')
        HOLDS(layout_load("cardio/layouts/rmkc.yaml", &l) == KR_OK,
              "run it in the source's folder");
    for (size_t i = 0; i < l.mf.key_count; i++)
        values[count++] =
            (struct layout_value){l.mf.keys[i].name, l.mf.keys[i].group, 2, NULL, false};
    for (size_t i = 0; i < l.adf.key_count && count < LAYOUT_KEYS_MAX; i++)
        values[count++] =
            (struct layout_value){l.adf.keys[i].name, l.adf.keys[i].group, 2, NULL, false};
    if (verify) {
        (void)personalise_read_audit(&c, &read);
        (void)personalise_verify(&c, &l, values, count, &audit, &partner, 5, &proved);
        HOLDS(proved <= count, "more keys are proved than there are");
        (void)personalise_open(&c, &l, &partner, 5);
        (void)personalise_take_manufacturer_key(&c, 5, 2, &control, &auth, &kcv);
    } else {
        (void)personalise_probe(&c, &l, 2, 3, &condition);
        (void)personalise_wash(&c, &l, 2, values, count, &audit);
        (void)personalise_issue(&c, &l, values, count, &audit);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    answers = (struct input){data, size};
    commands = 0;
    sent_count = sent_at = 0;
    switch (input_byte(&answers) % 8) {
    case 0:
        survey();
        break;
    case 1:
        meet();
        break;
    case 2:
        pay_and_look(false);
        break;
    case 3:
        pay_and_look(true);
        break;
    case 4:
        load_and_look();
        break;
    case 5:
        single_questions();
        break;
    default:
        personalise(data[0] % 8 == 6);
    }
    return 0;
}
