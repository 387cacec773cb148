/*
 * The simulated card system: which card, then a stream of acts. Most are commands as they stand;
 * some get the MAC, the encryption or the answer to a challenge that only a holder of a key can
 * make, or nothing behind them would ever be reached.
 */
#include "cards.h"

enum act {
    ACT_RAW,
    ACT_MAC,
    ACT_ENCRYPTED,
    ACT_EXTERNAL,
    ACT_PIN,
    ACT_RESET,
    ACT_T0,
    ACT_LOAD,
    ACT_PAY,
    ACT_NEXT_CHALLENGE,
    ACTS
};

static const char *const keys[] = {card_key_hex, control_key_hex, transport_key_hex, master_key_hex,
                                   GMPK,         EXAMPLE_DPK,     EXAMPLE_DTK,       UNLOCK_KEY,
                                   RELOAD_KEY};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    cards_make();
    return 0;
}

static void give(struct sim *s, const uint8_t *command, size_t len)
{
    bool changed = sim_card_changed(s->card);
    uint16_t sw = send_bytes(s, command, len);

    if (sw == SW_INS || sw == SW_CLA || sw == SW_LENGTH || sw == SW_P1P2 || sw == SW_NO_FILE)
        HOLDS(changed == sim_card_changed(s->card), "a command that was refused changes the card");
    HOLDS(s->card->directory_count <= SIM_DIRECTORIES_MAX &&
              s->card->current < s->card->directory_count,
          "the current directory is nowhere");
}

static void give_answered(struct sim *s, struct input *in, enum act act)
{
    uint8_t command[APDU_MAX + 8], iv[8] = {0};
    const char *key = keys[input_byte(in) % (sizeof keys / sizeof keys[0])];
    size_t len;
    const uint8_t *data = input_counted(in, &len);

    if (len < 5 || len > 200 || send(s, "00 84 00 00 04") != SW_OK || s->len != 4)
        return;
    memcpy(iv, s->reply, 4);
    memcpy(command, data, len);
    size_t data_len = len - 5;
    if (act == ACT_ENCRYPTED)
        data_len = encrypt_padded(key, data + 5, len - 5, command + 5);
    command[4] = (uint8_t)(data_len + 4);
    give(s, command, append_mac(key, iv, command, 5 + data_len));
}

static void give_cryptogram(struct sim *s, struct input *in)
{
    const char *key = keys[input_byte(in) % (sizeof keys / sizeof keys[0])];
    uint8_t command[13] = {0x00, 0x82, 0x00, input_byte(in), 0x08}, iv[8] = {0};

    if (send(s, "00 84 00 00 04") != SW_OK || s->len != 4)
        return;
    memcpy(iv, s->reply, 4);
    encrypt(key, iv, command + 5, 8);
    give(s, command, sizeof command);
}

static void act(struct sim *s, struct input *in)
{
    size_t len;
    const uint8_t *data;
    enum act what = (enum act)(input_byte(in) % ACTS);

    switch (what) {
    case ACT_MAC:
    case ACT_ENCRYPTED:
        give_answered(s, in, what);
        break;
    case ACT_EXTERNAL:
        give_cryptogram(s, in);
        break;
    case ACT_PIN:
        (void)send(s, "00 20 00 00 03 123456");
        break;
    case ACT_RESET:
        sim_card_reset(s->card);
        break;
    case ACT_T0:
        sim_card_set_t0(s->card, input_byte(in) & 1);
        break;
    case ACT_LOAD:
        (void)load_purse(s, EXAMPLE_DPK, input_byte(in));
        break;
    case ACT_PAY:
        (void)pay(s, 1, EXAMPLE_DPK, input_byte(in));
        break;
    case ACT_NEXT_CHALLENGE: /* so that what was found with it is found again */
        s->card->challenge_len = 8;
        memset(s->card->challenge, 0, sizeof s->card->challenge);
        break;
    default:
        data = input_counted(in, &len);
        give(s, data, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct sim s = {0};
    char path[96], saved[96];

    cards_path(input_byte(&in) % cards_made, path);
    HOLDS(sim_card_load(path, &s.card) == KR_OK, "the card cannot be loaded");
    for (int n = 0; in.left > 0 && n < 64; n++)
        act(&s, &in);
    bool changed = sim_card_changed(s.card);
    cards_survive(s.card);
    if (!changed) {
        snprintf(saved, sizeof saved, "%s/unchanged", cards_folder);
        HOLDS(sim_card_save(s.card, saved) == KR_OK, "the card cannot be saved");
        struct secret *before = cards_bytes(path), *after = cards_bytes(saved);
        HOLDS(secret_equal(before, after), "it is another card, and would not be saved");
        secret_free(&before);
        secret_free(&after);
        unlink(saved);
    }
    sim_end(&s);
    return 0;
}
