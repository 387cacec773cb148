/* Simulated cards for targets: some of each kind, made once and kept in a folder. */
#ifndef KEYRITE_TESTS_FUZZ_CARDS_H
#define KEYRITE_TESTS_FUZZ_CARDS_H

#include "../../cardio/deck_file.h"
#include "../cardio/purse_fixture.h"
#include "../folder.h"
#include "fuzz.h"

static char cards_folder[64];
static size_t cards_made;

static inline void cards_path(size_t card, char path[96])
{
    snprintf(path, 96, "%s/%zu.card", cards_folder, card);
}

static inline void cards_keep(struct sim s)
{
    char path[96];

    cards_path(cards_made++, path);
    HOLDS(sim_card_save(s.card, path) == KR_OK, "a card cannot be saved");
    sim_end(&s);
}

/* In its MF the masters 3E/01 and 3F/01 and the transport key 3B/02. */
static inline struct sim cards_mother(void)
{
    struct sim s = sim_washed();

    add_key(&s, 0x81, 0x3E, "01003EF1F0FF33", GMPK);
    add_key(&s, 0x81, 0x3F, "01003FF000FFFF", master_key_hex);
    add_key(&s, 0x82, 0x3B, "00003BF000FFFF", transport_key_hex);
    assert_int_equal(send(&s, "80 E0 00 19 07 28 0008 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 D6 99 00 08 00000002 00000002"), 0x9000);
    return s;
}

static inline struct sim cards_psam(const char *dialect)
{
    struct sim s = sim_with_application("blank-psam", dialect);

    give_key(&s, 1, (struct key_header){1, 0, 0x3E, 0xF0, 0, 0xEF, 0xFF}, GMPK);
    return s;
}

/* Pays and loads under EXAMPLE_DPK, opens with 123456. */
static inline struct sim cards_user(const char *dialect)
{
    const struct purse rich = {.balance = 1000};
    struct sim s = sim_user(&(struct user_card){.dialect = dialect, .purchase = {EXAMPLE_DPK}});

    set_purse(&s, 2, &rich);
    return s;
}

static void cards_forget(void)
{
    char path[96];

    while (cards_made-- > 0) {
        cards_path(cards_made, path);
        unlink(path);
    }
    rmdir(cards_folder);
}

static inline void cards_make(void)
{
    HOLDS(secret_heap_open() == KR_OK && folder_make(cards_folder, "fuzz"), "no place");
    cards_keep(sim_deliver("blank-mother"));
    cards_keep(sim_deliver("manufacturer"));
    cards_keep(sim_deliver_as("blank-user", "fmcos"));
    cards_keep(sim_washed());
    cards_keep(cards_mother());
    for (size_t d = 0; d < 2; d++) {
        cards_keep(cards_user(both_dialects[d]));
        cards_keep(cards_psam(both_dialects[d]));
    }
    atexit(cards_forget);
}

/* The bytes of a file; the caller frees them. */
static inline struct secret *cards_bytes(const char *path)
{
    struct secret *s = NULL;

    HOLDS(deck_file_read(path, &s) == KR_OK, "a card has no file");
    return s;
}

/* Saved, loaded and saved again it is the same card. */
static inline void cards_survive(struct sim_card *c)
{
    char path[96], again[112];
    struct sim_card *second = NULL;

    snprintf(path, sizeof path, "%s/saved", cards_folder);
    snprintf(again, sizeof again, "%s/again", cards_folder);
    HOLDS(sim_card_save(c, path) == KR_OK, "the card cannot be saved");
    HOLDS(sim_card_load(path, &second) == KR_OK, "the card that was saved cannot be loaded");
    HOLDS(sim_card_save(second, again) == KR_OK, "the card that was loaded cannot be saved");
    struct secret *a = cards_bytes(path), *b = cards_bytes(again);
    HOLDS(secret_equal(a, b), "loaded it is another card");
    secret_free(&a);
    secret_free(&b);
    sim_card_free(&second);
    unlink(path);
    unlink(again);
}

#endif
