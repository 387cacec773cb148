/*
 * A till: a PSAM in reader 1 and a user card in reader 2, built by hand with keys drawn for the
 * run, and the bank's master keys for loads and TACs in the vault.
 */
#ifndef KEYRITE_TESTS_CARDIO_TILL_H
#define KEYRITE_TESTS_CARDIO_TILL_H

#include "purse_fixture.h"
#include "../../cardio/deck.h"
#include "../../cardio/sim/fault.h"
#include "../../cardio/transaction.h"
#include "../../crypto/harden.h"

#define CARD_PIN    "123456" /* what purse_fixture.h writes */
#define PSAM_SLOT   0
#define USER_SLOT   1
#define RICH        1000u
#define OTHER_BANK  "0000000001031000"
#define OTHER_ASN   "0000000012345679"
#define GROUP_COUNT 5
#define UNUSED_HERE __attribute__((unused))

struct till {
    char deck[128];
    struct vault *vault;
    struct readers *readers;
    struct card psam, user;
    char group[GROUP_COUNT][33]; /* GMPK */
    char load_master[33], tac_master[33];
    vault_handle load_key, tac_key; /* of the card with ASN */
};
/* What a test varies of the user card. */
struct till_card {
    const char *dialect, *bank, *asn;
    bool with_pin, empty;
    int groups;
};

UNUSED_HERE static void draw_key(char hex[33])
{
    struct secret *k = NULL;
    assert_int_equal(suite_random_key(suite_by_id("3des"), &k), KR_OK);
    hex_of(k->bytes, k->len, hex);
    secret_free(&k);
}

/* One level, computed with bare encryption: E(K, X) || E(K, ~X). */
UNUSED_HERE static void derive_hex(const char *key_hex, const char *factor_hex, char out[33])
{
    uint8_t factor[16], key[16];
    assert_int_equal(bytes_of(factor_hex, factor), 8);
    for (int i = 0; i < 8; i++)
        factor[8 + i] = (uint8_t)~factor[i];
    encrypt(key_hex, factor, key, 16);
    hex_of(key, 16, out);
}

/* ---- the vault's side ---- */

UNUSED_HERE static vault_handle typed_in(struct vault *v, enum secret_entry_kind kind,
                                         const char *text)
{
    struct secret_entry_spec spec = {.kind = kind, .digits = kind == ENTRY_COMPONENT ? 32 : 0};
    struct secret_entry_state state;
    vault_handle h = 0;
    assert_int_equal(vault_entry_open(v, &spec, &h), KR_OK);
    assert_int_equal(vault_entry_type(v, h, text, &state), KR_OK);
    assert_true(state.complete);
    return h;
}

/* A card's key under a master key of known value. */
UNUSED_HERE static vault_handle card_key_in_vault(struct vault *v, const char *master_hex,
                                                  const char *asn)
{
    static const char first[] = "0123456789ABCDEFFEDCBA9876543210";
    uint8_t a[16], b[16], factor[8];
    char second[33];
    vault_handle parts[2], master, derived;
    struct kcv kcv;
    bytes_of(first, a);
    bytes_of(master_hex, b);
    for (int i = 0; i < 16; i++)
        b[i] ^= a[i];
    hex_of(b, 16, second);
    const char *const texts[] = {first, second};
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            vault_component(v, typed_in(v, ENTRY_COMPONENT, texts[i]), "3des", &parts[i], &kcv),
            KR_OK);
    assert_int_equal(vault_combine(v, "3des", parts, 2, PURPOSE_MASTER, &master, &kcv), KR_OK);
    bytes_of(asn, factor);
    assert_int_equal(vault_diversify(v, master, factor, 1, PURPOSE_TRANSACTION, &derived, &kcv),
                     KR_OK);
    return derived;
}

/* ---- the cards ---- */

UNUSED_HERE static void lay(struct till *t, struct sim *s, const char *name, int slot)
{
    char path[192];
    snprintf(path, sizeof path, "%s/cards/%s.card", t->deck, name);
    assert_int_equal(sim_card_save(s->card, path), KR_OK);
    sim_end(s);
    assert_int_equal(deck_eject(t->deck, slot), KR_OK);
    if (slot == USER_SLOT || slot == PSAM_SLOT)
        assert_int_equal(deck_insert(t->deck, name, slot), KR_OK);
}

/* As sim_with_application(), under the name that the console looks for. */
UNUSED_HERE static struct sim with_name(const char *kind, const char *dialect, const char *name)
{
    struct sim s = sim_with_application(kind, dialect);
    struct sim_directory *d = &s.card->directories[1];
    d->name_len = strlen(name);
    memcpy(d->name, name, d->name_len);
    return s;
}

UNUSED_HERE static void lay_psam(struct till *t, const char *dialect, const char group[][33],
                                 int count)
{
    struct sim s = with_name("blank-psam", dialect, "KEYRITE.PSAM");
    for (int g = 1; g <= count; g++)
        give_key(&s, (uint8_t)g, (struct key_header){(uint8_t)g, 0, 0x3E, 0xF0, 0, 0xEF, 0xFF},
                 group[g - 1]);
    lay(t, &s, "psam", PSAM_SLOT);
}

UNUSED_HERE static void give_user_key(struct sim *s, uint8_t kid, uint8_t type, bool with_pin,
                                      const char *master, const char *asn)
{
    char key[33];
    derive_hex(master, asn, key);
    give_key(s, kid,
             (struct key_header){kid, 0, type, with_pin ? KEY_WITH_PIN : KEY_ALWAYS, 0, 0xEF, 0x33},
             key);
}

UNUSED_HERE static void lay_user(struct till *t, const struct till_card *as)
{
    struct till_card c = *as;
    const struct purse rich = {.balance = as->empty ? 0 : RICH, .online = 3, .offline = 8};
    char command[128], region[33], bank[33];
    c.asn = c.asn ? c.asn : ASN;
    struct sim s = with_name("blank-user", c.dialect ? c.dialect : "pboc-key", "KEYRITE.USER");
    for (int g = 1; g <= (c.groups ? c.groups : GROUP_COUNT); g++) {
        derive_hex(t->group[g - 1], REGION, region);
        derive_hex(region, c.bank ? c.bank : BANK, bank);
        give_user_key(&s, (uint8_t)g, 0x3E, c.with_pin, bank, c.asn);
    }
    give_user_key(&s, 1, 0x3F, c.with_pin, t->load_master, c.asn);
    give_user_key(&s, 1, 0x33, false, t->tac_master, c.asn);
    give_key(&s, 0, (struct key_header){0, 3, 0x3A, 0xF0, 0x01, 0xFF, 0x33}, CARD_PIN);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 001E F0 FF FF FF"), 0x9000);
    snprintf(command, sizeof command,
             "00 D6 95 00 1C 6228480571000001 01 02 0000 %s 20260101 20361231", c.asn);
    assert_int_equal(send(&s, command), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 18 07 2E 0A 17 F0 EF FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 02 07 2F 0208 F0 EF FF FF"), 0x9000);
    set_purse(&s, 2, &rich);
    lay(t, &s, "user", USER_SLOT);
}

/* The purse as it lies in the card, wherever the card is. */
UNUSED_HERE static struct purse truth(const struct till *t)
{
    char path[192];
    struct sim s = {0};
    snprintf(path, sizeof path, "%s/cards/user.card", t->deck);
    assert_int_equal(sim_card_load(path, &s.card), KR_OK);
    struct purse p = purse_of(&s, 2);
    sim_end(&s);
    return p;
}

UNUSED_HERE static void put_back(const struct till *t, const char *name, int slot)
{
    char now[DECK_NAME_MAX];
    assert_int_equal(deck_in_slot(t->deck, slot, now), KR_OK);
    if (now[0] == '\0')
        assert_int_equal(deck_insert(t->deck, name, slot), KR_OK);
}

/* ---- the till itself ---- */

UNUSED_HERE static void take_card(struct till *t, struct card *c, size_t reader)
{
    *c = (struct card){.readers = t->readers,
                       .reader = reader,
                       .vault = t->vault,
                       .dialect = dialect_by_id("pboc-key"),
                       .suite = "3des"};
}

UNUSED_HERE static int till_open(void **state)
{
    struct till *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(secret_heap_open(), KR_OK);
    snprintf(t->deck, sizeof t->deck, "/tmp/keyrite-till-XXXXXX");
    assert_non_null(mkdtemp(t->deck));
    assert_int_equal(deck_make(t->deck), KR_OK);
    assert_int_equal(vault_start(&t->vault), KR_OK);
    assert_int_equal(readers_open(&t->readers, READER_SIM, t->deck, t->vault), KR_OK);
    for (int g = 0; g < GROUP_COUNT; g++)
        draw_key(t->group[g]);
    draw_key(t->load_master);
    draw_key(t->tac_master);
    t->load_key = card_key_in_vault(t->vault, t->load_master, ASN);
    t->tac_key = card_key_in_vault(t->vault, t->tac_master, ASN);
    take_card(t, &t->psam, PSAM_SLOT);
    take_card(t, &t->user, USER_SLOT);
    lay_psam(t, "pboc-key", (const char(*)[33])t->group, GROUP_COUNT);
    lay_user(t, &(struct till_card){0});
    *state = t;
    return 0;
}

UNUSED_HERE static int till_close(void **state)
{
    struct till *t = *state;
    char command[192];
    readers_close(&t->readers);
    vault_stop(&t->vault);
    snprintf(command, sizeof command, "rm -rf '%s'", t->deck);
    int rc = system(command);
    free(t);
    return rc;
}

UNUSED_HERE static void fill_terms(const struct till *t, struct transaction_terms *terms,
                                   uint32_t amount)
{
    static const uint8_t when[7] = {0x20, 0x26, 0x11, 0x25, 0x13, 0x51, 0x00};
    *terms = (struct transaction_terms){.amount = amount, .tac = t->tac_key};
    bytes_of("0000" ASN, terms->asn);
    memcpy(terms->date, when, 4);
    memcpy(terms->time, when + 4, 3);
}

UNUSED_HERE static struct purchase purchase_of(const struct till *t, uint8_t group, uint32_t amount)
{
    struct purchase p = {.group = group};
    fill_terms(t, &p.terms, amount);
    bytes_of(REGION, p.region);
    bytes_of(BANK, p.bank);
    return p;
}

UNUSED_HERE static struct load load_of(const struct till *t, uint32_t amount)
{
    struct load l = {.key = t->load_key};
    fill_terms(t, &l.terms, amount);
    bytes_of("628480571000", l.terminal);
    return l;
}

#endif
