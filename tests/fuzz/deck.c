/*
 * Files of simulated cards. The digest at the end is made right, or nothing but it would ever be
 * tried. A card that is loaded gets some commands.
 */
#include "cards.h"

static void use(struct sim_card *card)
{
    static const char *const commands[] = {"00 A4 00 00 02 3F01",
                                           "80 CA 39 00 08",
                                           "00 84 00 00 08",
                                           "00 B0 95 00 10",
                                           "00 B2 01 C4 00",
                                           "00 DC 01 C4 02 0102",
                                           "00 E2 00 C0 02 0102",
                                           "80 5C 00 02 04",
                                           "00 20 00 00 03 123456",
                                           "00 D6 95 00 02 0102",
                                           "80 E0 00 11 07 28 0010 F0 F0 FF FF",
                                           "80 50 01 02 0B 01 00000001 001122334455",
                                           "80 0E 00 00 00",
                                           "00 A4 04 00 05 5055525345"};
    struct sim s = {.card = card};

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        (void)send(&s, commands[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    cards_make();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[96], kind[SIM_KIND_MAX], again[112];
    const struct dialect *dialect = NULL;
    struct sim_card *card = NULL;
    uint8_t *bytes = malloc(size ? size : 1);

    HOLDS(bytes, "no memory");
    if (size > 0)
        memcpy(bytes, data, size);
    if (size > SHA256_LEN)
        HOLDS(sha256(bytes, size - SHA256_LEN, bytes + size - SHA256_LEN) == KR_OK, "no digest");
    snprintf(path, sizeof path, "%s/hostile", cards_folder);
    snprintf(again, sizeof again, "%s/out", cards_folder);
    HOLDS(deck_file_replace(path, bytes, size) == KR_OK, "no file");
    enum kr_error err = sim_card_load(path, &card);
    HOLDS((err == KR_OK) == (card != NULL), "a refused file leaves a card behind");
    enum kr_error head = sim_card_kind(path, kind);
    HOLDS(err != KR_OK || (head == KR_OK && sim_card_speaks(path, &dialect) == KR_OK &&
                           dialect == sim_card_dialect(card)),
          "a card that can be loaded does not tell its kind");
    if (card) {
        HOLDS(sim_card_save(card, again) == KR_OK, "the card cannot be saved");
        struct secret *out = cards_bytes(again);
        HOLDS(out->len == size && memcmp(out->bytes, bytes, size) == 0, "it is saved otherwise");
        secret_free(&out);
        use(card);
        cards_survive(card);
    }
    sim_card_free(&card);
    free(bytes);
    return 0;
}
