/* From command bytes to reply bytes: the table of commands, and how answers leave under T=0 or
 * without it. */
#include "card_state.h"

#include <stdlib.h>
#include <string.h>

/* T=0 only; historical bytes KRSIM, version; the dialect's mark follows. */
static const uint8_t answer_to_reset[SIM_ATR_LEN - 1] = {0x3B, 0x67, 0x00, 0x00, 'K',
                                                         'R',  'S',  'I',  'M',  0x01};

static uint16_t get_response(struct sim_card *c, struct exchange *x)
{
    size_t wanted = x->command->le ? x->command->le : 256u;

    if (c->pending_len == 0)
        return SW_CONDITIONS;
    if (!x->command->has_le || wanted != c->pending_len)
        return (uint16_t)(SW_WRONG_LE | (c->pending_len & 0xFF));
    memcpy(x->answer, c->pending, c->pending_len);
    x->answer_len = c->pending_len;
    c->pending_len = 0;
    return SW_OK;
}

/* A command is one row and one function. The second class is the same one where there is only one.
 */
static const struct command_row {
    uint8_t ins, cla, cla_too;
    uint8_t of; /* which kinds of card know it */
    command_function *run;
} commands[] = {
    {0xA4, 0x00, 0x00, COMMANDS_OF_ALL, select_file},
    {0xE0, 0x80, 0x80, COMMANDS_OF_ALL, create_file},
    {0x0E, 0x80, 0x80, COMMANDS_OF_ALL, erase_directory},
    {0xCA, 0x80, 0x80, COMMANDS_OF_ALL, get_data},
    {0x84, 0x00, 0x00, COMMANDS_OF_ALL, get_challenge},
    {0x82, 0x00, 0x00, COMMANDS_OF_ALL, external_authenticate},
    {0x88, 0x00, 0x00, COMMANDS_OF_ALL, internal_authenticate},
    {0x20, 0x00, 0x00, COMMANDS_OF_ALL, verify_pin},
    {0x5E, 0x80, 0x80, COMMANDS_OF_ALL, reload_or_change_pin},
    {0x24, 0x84, 0x84, COMMANDS_OF_ALL, unblock_pin},
    {0xB0, 0x00, 0x04, COMMANDS_OF_ALL, read_binary},
    {0xD6, 0x00, 0x04, COMMANDS_OF_ALL, update_binary},
    {0xB2, 0x00, 0x04, COMMANDS_OF_ALL, read_record},
    {0xDC, 0x00, 0x04, COMMANDS_OF_ALL, update_record},
    {0xE2, 0x00, 0x04, COMMANDS_OF_ALL, append_record},
    {0xD4, 0x84, 0x80, COMMANDS_OF_ALL, write_key},
    {0xC0, 0x00, 0x00, COMMANDS_OF_ALL, get_response},
    {0xF8, 0x80, 0x80, COMMANDS_OF_MOTHER, derive_and_export},
    {0x50, 0x80, 0x80, COMMANDS_OF_USER, initialize},
    {0x52, 0x80, 0x80, COMMANDS_OF_USER, credit_for_load},
    {0x54, 0x80, 0x80, COMMANDS_OF_USER, debit_for_purchase},
    {0x5A, 0x80, 0x80, COMMANDS_OF_USER, get_transaction_proof},
    {0x5C, 0x80, 0x80, COMMANDS_OF_USER, get_balance},
    {0x1A, 0x80, 0x80, COMMANDS_OF_PSAM, init_for_descrypt},
    {0xFA, 0x80, 0x80, COMMANDS_OF_PSAM, des_crypt},
    {0x70, 0x80, 0x80, COMMANDS_OF_PSAM, init_sam_for_purchase},
    {0x72, 0x80, 0x80, COMMANDS_OF_PSAM, credit_sam_for_purchase},
};

static uint16_t run_command(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command_row *row = &commands[i];
        if (row->ins == a->ins && (row->of & kind_commands(c->kind)))
            return row->cla == a->cla || row->cla_too == a->cla ? row->run(c, x) : SW_CLA;
    }
    return SW_INS;
}

/* What of the answer goes out with this status; 0 and another status where it has to be asked for.
 */
static uint16_t deliver_answer(struct sim_card *c, struct exchange *x, uint16_t sw)
{
    const struct apdu *a = x->command;
    size_t len = x->answer_len;
    size_t wanted = a->le ? a->le : 256u;

    if (sw != SW_OK)
        x->answer_len = 0;
    if (sw != SW_OK || len == 0)
        return sw;
    if (a->lc == 0 && (c->t0 ? !a->has_le || wanted != len : a->has_le && wanted < len)) {
        x->answer_len = 0;
        return (uint16_t)(SW_WRONG_LE | (len & 0xFF));
    }
    if (a->lc == 0 || !c->t0)
        return sw;
    memcpy(c->pending, x->answer, len);
    c->pending_len = len;
    x->answer_len = 0;
    return (uint16_t)(SW_MORE | (len & 0xFF));
}

/* The challenge serves the next command only, whatever that is. */
static void take_challenge(struct sim_card *c, struct exchange *x)
{
    memcpy(x->challenge, c->challenge, sizeof x->challenge);
    x->challenge_len = c->challenge_len;
    memset(c->challenge, 0, sizeof c->challenge);
    c->challenge_len = 0;
}

/* So does what a command began; fetching its answer is no other command. */
static void take_begun(struct sim_card *c, struct exchange *x)
{
    x->begun = c->begun;
    c->begun = (struct begun){0};
}

void sim_card_process(struct sim_card *c, const uint8_t *command, size_t len,
                      uint8_t reply[REPLY_MAX], size_t *reply_len)
{
    struct apdu a;
    struct exchange x = {.command = &a};
    uint16_t sw = SW_LENGTH;

    bool readable = apdu_decode(command, len, &a);

    take_challenge(c, &x);
    if (!readable || a.ins != 0xC0)
        take_begun(c, &x);
    if (readable) {
        if (a.ins != 0xC0)
            c->pending_len = 0;
        sw = deliver_answer(c, &x, run_command(c, &x));
    }
    memcpy(reply, x.answer, x.answer_len);
    reply[x.answer_len] = (uint8_t)(sw >> 8);
    reply[x.answer_len + 1] = (uint8_t)sw;
    *reply_len = x.answer_len + 2;
    forget_begun(&x.begun);
    secret_wipe(a.data, sizeof a.data);
}

void sim_card_reset(struct sim_card *c)
{
    enter_directory(c, 0);
    memset(c->challenge, 0, sizeof c->challenge);
    c->challenge_len = 0;
    c->pending_len = 0;
    forget_begun(&c->begun);
}

uint16_t sim_card_directory(const struct sim_card *c)
{
    return c->directories[c->current].id;
}

const struct dialect *sim_card_dialect(const struct sim_card *c)
{
    return c->dialect;
}

void sim_card_atr(const struct dialect *d, uint8_t atr[SIM_ATR_LEN])
{
    memcpy(atr, answer_to_reset, sizeof answer_to_reset);
    atr[SIM_ATR_LEN - 1] = d->mark;
}

void sim_card_set_t0(struct sim_card *c, bool on)
{
    c->t0 = on;
}

bool sim_card_changed(const struct sim_card *c)
{
    return c->changed;
}

void sim_card_free(struct sim_card **card)
{
    struct sim_card *c = *card;

    if (!c)
        return;
    for (size_t i = 0; i < c->directory_count; i++)
        directory_empty(&c->directories[i], false);
    forget_begun(&c->begun);
    free(c);
    *card = NULL;
}
