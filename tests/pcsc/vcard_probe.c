/*
 * A card's terminal without keyrite: plain PC/SC calls against the two virtual readers, one
 * sentence per thing shown. Exit 1 with the first that is not so. The deck (argv 1) has a blank
 * mother card in slot 0; keyrite-vcard is argv 2.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

#define READERS  2
#define WAIT_MS  5000
#define ROUNDS   1000
#define SELECT_N 7

static SCARDCONTEXT context;
static char names[READERS][MAX_READERNAME];

static void must(int holds, const char *sentence)
{
    printf("%s %s\n", holds ? "ok  " : "FAIL", sentence);
    if (!holds)
        exit(1);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int find_readers(void)
{
    char list[1024];
    DWORD len = sizeof list;
    int n = 0;

    if (SCardListReaders(context, NULL, list, &len) != SCARD_S_SUCCESS)
        return 0;
    for (char *name = list; *name && n < READERS; name += strlen(name) + 1) {
        if (strlen(name) >= MAX_READERNAME)
            return 0;
        memcpy(names[n++], name, strlen(name) + 1);
    }
    return n;
}

static int wait_for_card(int reader, int wanted)
{
    double begin = now_ms();
    SCARD_READERSTATE s = {.szReader = names[reader], .dwCurrentState = SCARD_STATE_UNAWARE};

    while (now_ms() - begin < WAIT_MS) {
        if (SCardGetStatusChange(context, 200, &s, 1) != SCARD_S_SUCCESS &&
            s.dwEventState == SCARD_STATE_UNAWARE)
            continue;
        if (!!(s.dwEventState & SCARD_STATE_PRESENT) == wanted)
            return 1;
        s.dwCurrentState = s.dwEventState;
    }
    return 0;
}

static int deck_command(const char *vcard, const char *deck, const char *words)
{
    char line[1024];

    snprintf(line, sizeof line, "'%s' %s --deck '%s'", vcard, words, deck);
    return system(line) == 0;
}

static LONG transmit(SCARDHANDLE card, const uint8_t *command, DWORD len, uint8_t reply[258],
                     DWORD *reply_len)
{
    *reply_len = 258;
    return SCardTransmit(card, SCARD_PCI_T0, command, len, NULL, reply, reply_len);
}

static void show_speed(SCARDHANDLE card)
{
    static const uint8_t get_serial[] = {0x80, 0xCA, 0x00, 0x00, 0x08};
    uint8_t reply[258];
    DWORD len;
    double begin = now_ms();
    int good = 1;

    for (int i = 0; i < ROUNDS && good; i++)
        good = transmit(card, get_serial, sizeof get_serial, reply, &len) == SCARD_S_SUCCESS &&
               len == 10;
    double each = (now_ms() - begin) / ROUNDS;
    must(good, "a thousand commands are answered");
    printf("     %.3f ms an APDU\n", each);
    must(each < 5, "no command waits for a delayed acknowledgement (40 ms)");
}

int main(int argc, char **argv)
{
    static const uint8_t select_mf[SELECT_N] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
    uint8_t atr[33], reply[258];
    DWORD atr_len = sizeof atr, len, protocol, state;
    SCARDHANDLE card;

    if (argc != 3)
        return 2;
    must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) == SCARD_S_SUCCESS,
         "pcscd gives a context");
    must(find_readers() == READERS, "there are two readers");
    must(wait_for_card(0, 1), "the card in slot 0 is seen");
    must(wait_for_card(1, 0), "slot 1 is seen to be empty");
    must(SCardConnect(context, names[0], SCARD_SHARE_EXCLUSIVE,
                      SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol) == SCARD_S_SUCCESS,
         "the card can be connected");
    must(SCardStatus(card, NULL, NULL, &state, &protocol, atr, &atr_len) == SCARD_S_SUCCESS &&
             atr_len == 11 && memcmp(atr + 4, "KRSIM", 5) == 0,
         "its ATR is that of the simulated card system");
    must(protocol == SCARD_PROTOCOL_T0, "it speaks T=0");
    must(transmit(card, select_mf, SELECT_N, reply, &len) == SCARD_S_SUCCESS && len == 25 &&
             memcmp(reply + 4, "1PAY.SYS.DDF01", 14) == 0 && reply[23] == 0x90,
         "SELECT answers with the MF's control information");
    show_speed(card);
    must(deck_command(argv[2], argv[1], "eject --slot 0"), "the card is pulled");
    must(wait_for_card(0, 0), "its removal is seen");
    must(transmit(card, select_mf, SELECT_N, reply, &len) != SCARD_S_SUCCESS || len < 2,
         "a pulled card answers nothing");
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    must(deck_command(argv[2], argv[1], "insert mother-01 --slot 1"), "it is put into slot 1");
    must(wait_for_card(1, 1), "its insertion is seen");
    must(SCardConnect(context, names[1], SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, &card,
                      &protocol) == SCARD_S_SUCCESS &&
             transmit(card, select_mf, SELECT_N, reply, &len) == SCARD_S_SUCCESS && len == 25,
         "it answers there");
    SCardDisconnect(card, SCARD_UNPOWER_CARD);
    SCardReleaseContext(context);
    return 0;
}
