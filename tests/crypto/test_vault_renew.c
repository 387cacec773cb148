/* People come and go: slots made anew, the vault key changed and shared anew. */
#include "vault_fixture.h"

#include "../../crypto/hash.h"
#include "../../crypto/slot.h"

#define LABEL      "key/GMPK/1/1"
#define ENTRY_TEXT "keyrite-entry/1\nbody"

static const uint8_t founding[32];

struct centre {
    unsigned k, n;
    char names[9][16];
    char phrases[9][40];
    struct slot slots[9];
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len;
    struct kcv kcv;
};

static struct centre *found(struct vault *v, unsigned k, unsigned n)
{
    struct centre *c = calloc(1, sizeof *c);
    vault_handle key;
    assert_non_null(c);
    c->k = k;
    c->n = n;
    assert_int_equal(vault_found(v, k, n), KR_OK);
    for (unsigned i = 0; i < n; i++) {
        snprintf(c->names[i], sizeof c->names[i], "p%u", i + 1);
        snprintf(c->phrases[i], sizeof c->phrases[i], "passphrase of p%u", i + 1);
        vault_handle h = typed(v, ENTRY_PASSPHRASE, c->phrases[i]);
        assert_int_equal(vault_slot_make(v, c->names[i], h, &cheap, (uint8_t)(i + 1), &c->slots[i]),
                         KR_OK);
        vault_drop(v, h);
    }
    assert_int_equal(vault_found_done(v), KR_OK);
    assert_int_equal(vault_random(v, "3des", PURPOSE_MASTER, &key, &c->kcv), KR_OK);
    assert_int_equal(vault_store_key(v, key, LABEL, c->blob, &c->blob_len), KR_OK);
    vault_drop(v, key);
    return c;
}

static enum kr_error enter(struct vault *v, const struct slot *slot, const char *phrase,
                           struct vault_presence *p)
{
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrase);
    enum kr_error err = vault_sign_in(v, slot, h, p);
    vault_drop(v, h);
    return err;
}

/* The first k people of the list are there. */
static void come(struct vault *v, const struct centre *c, unsigned k)
{
    struct vault_presence p;
    assert_int_equal(vault_restart(v), KR_OK);
    for (unsigned i = 0; i < k; i++)
        assert_int_equal(enter(v, &c->slots[i], c->phrases[i], &p), KR_OK);
}

static enum kr_error load(struct vault *v, const struct centre *c)
{
    struct kcv kcv;
    vault_handle key = 0;
    enum kr_error err = vault_load_key(v, c->blob, c->blob_len, LABEL, &key, &kcv);
    if (err == KR_OK)
        assert_true(kcv_equal(&kcv, &c->kcv));
    vault_drop(v, key);
    return err;
}

/* All slots of the centre get shares k of n anew, and its key is sealed anew. */
static void share_anew(struct vault *v, struct centre *c, unsigned k, unsigned n)
{
    unsigned sets = 0;
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(vault_renew_share(v, (uint8_t)(i + 1), &c->slots[i]), KR_OK);
    assert_int_equal(vault_renew_material(v, LABEL, c->blob, &c->blob_len), KR_OK);
    assert_int_equal(vault_renew_prove(v, &sets), KR_OK);
    assert_int_equal(vault_renew_done(v), KR_OK);
    c->k = k;
    c->n = n;
}

/* RFC 7748, section 6.1. */
static void x25519_gives_the_published_public_keys(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[32], public_key[32];
        char hex[65];
        assert_int_equal(hex_decode(pairs[i][0], bytes, 32), KR_OK);
        struct secret *private32 = secret_from(bytes, 32);
        assert_int_equal(box_public(private32, public_key), KR_OK);
        hex_encode(public_key, 32, hex);
        assert_string_equal(hex, pairs[i][1]);
        secret_free(&private32);
    }
}

static void a_box_opens_for_its_person_alone_and_unaltered(void **state)
{
    (void)state;
    static const uint8_t text[32] = "what is inside";
    uint8_t to[32], box[sizeof text + BOX_OVERHEAD];
    struct secret *mine = secret_new(32), *other = secret_new(32), *plain = NULL;
    assert_int_equal(random_bytes(mine->bytes, 32), KR_OK);
    assert_int_equal(random_bytes(other->bytes, 32), KR_OK);
    assert_int_equal(box_public(mine, to), KR_OK);
    assert_int_equal(box_seal(to, "label", text, sizeof text, box), KR_OK);
    assert_int_equal(box_open(mine, "label", box, sizeof box, &plain), KR_OK);
    assert_memory_equal(plain->bytes, text, sizeof text);
    secret_free(&plain);
    assert_int_equal(box_open(mine, "lapel", box, sizeof box, &plain), KR_E_SEAL_BROKEN);
    assert_int_equal(box_open(other, "label", box, sizeof box, &plain), KR_E_SEAL_BROKEN);
    for (size_t i = 0; i < sizeof box; i++) {
        box[i] ^= 1;
        assert_int_equal(box_open(mine, "label", box, sizeof box, &plain), KR_E_SEAL_BROKEN);
        box[i] ^= 1;
    }
    memset(box, 0, 32); /* a public key with which every agreement is zero */
    assert_int_equal(box_open(mine, "label", box, sizeof box, &plain), KR_E_SEAL_BROKEN);
    assert_int_equal(box_open(mine, "label", box, 10, &plain), KR_E_SEAL_BROKEN);
    secret_free(&mine);
    secret_free(&other);
}

static void a_quorum_shares_anew_also_for_those_who_are_not_there(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3);
    struct vault_presence p;
    come(v, c, 2);
    assert_int_equal(vault_renew_begin(v, 3, 3, 1), KR_OK);
    share_anew(v, c, 3, 3);
    assert_int_equal(vault_presence(v, &p), KR_OK);
    assert_true(p.quorum == 3 && p.shares == 2 && !p.open); /* two were enough before */
    assert_int_equal(load(v, c), KR_E_QUORUM);
    assert_int_equal(enter(v, &c->slots[2], c->phrases[2], &p), KR_OK);
    assert_true(p.open);
    assert_int_equal(load(v, c), KR_OK);
    come(v, c, 3); /* with the passphrases that everybody had */
    assert_int_equal(load(v, c), KR_OK);
    free(c);
}

static void old_slots_open_nothing_that_was_sealed_after_the_change(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3), old = *c;
    struct vault_presence p;
    come(v, c, 2);
    assert_int_equal(vault_renew_begin(v, 2, 3, 1), KR_OK);
    share_anew(v, c, 2, 3);
    come(v, &old, 2); /* the old quorum, with old copies of their slots */
    assert_int_equal(load(v, &old), KR_OK);
    assert_int_equal(load(v, c), KR_E_SEAL_BROKEN);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_equal(enter(v, &old.slots[0], c->phrases[0], &p), KR_OK);
    assert_int_equal(enter(v, &c->slots[1], c->phrases[1], &p), KR_E_SHARES);
    free(c);
}

static void every_set_of_k_people_opens_the_vault(void **state)
{
    struct vault *v = *state;
    static const struct {
        unsigned k, n, sets;
    } cases[] = {{2, 3, 3}, {3, 5, 10}, {5, 9, 126}, {2, 2, 1}, {9, 9, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned sets = 0;
        assert_int_equal(vault_restart(v), KR_OK);
        struct centre *c = found(v, 2, cases[i].n);
        assert_int_equal(vault_renew_begin(v, cases[i].k, cases[i].n, 1), KR_OK);
        assert_int_equal(vault_renew_prove(v, &sets), KR_OK);
        assert_int_equal(sets, cases[i].sets);
        share_anew(v, c, cases[i].k, cases[i].n);
        come(v, c, cases[i].k - 1);
        assert_int_equal(load(v, c), KR_E_QUORUM);
        come(v, c, cases[i].k);
        assert_int_equal(load(v, c), KR_OK);
        free(c);
    }
}

static void nothing_is_shared_anew_without_the_quorum_or_by_a_quorum_that_is_none(void **state)
{
    struct vault *v = *state;
    struct slot slot;
    struct centre *c = found(v, 2, 3);
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len = c->blob_len;
    memcpy(blob, c->blob, blob_len);
    assert_int_equal(vault_renew_begin(v, 1, 3, 1), KR_E_ARGUMENT);
    assert_int_equal(vault_renew_begin(v, 4, 3, 1), KR_E_ARGUMENT);
    assert_int_equal(vault_renew_begin(v, 2, 17, 1), KR_E_ARGUMENT);
    come(v, c, 1);
    assert_int_equal(vault_renew_begin(v, 2, 3, 1), KR_E_QUORUM);
    slot = c->slots[0];
    assert_int_equal(vault_renew_share(v, 1, &slot), KR_E_ARGUMENT);
    assert_int_equal(vault_renew_material(v, LABEL, blob, &blob_len), KR_E_ARGUMENT);
    assert_int_equal(vault_renew_done(v), KR_E_ARGUMENT);
    free(c);
}

static void a_share_goes_to_one_person_and_none_is_left_over(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3);
    assert_int_equal(vault_renew_begin(v, 2, 3, 1), KR_OK);
    assert_int_equal(vault_renew_share(v, 1, &c->slots[0]), KR_OK);
    assert_int_equal(vault_renew_share(v, 1, &c->slots[1]), KR_E_SHARES);
    assert_int_equal(vault_renew_share(v, 2, &c->slots[0]), KR_E_SHARES);
    assert_int_equal(vault_renew_share(v, 4, &c->slots[1]), KR_E_ARGUMENT);
    assert_int_equal(vault_renew_share(v, 0, &c->slots[1]), KR_E_ARGUMENT);
    assert_int_equal(vault_renew_done(v), KR_E_QUORUM);
    assert_string_equal(kr_detail(), "1/3");
    vault_renew_cancel(v);
    assert_int_equal(vault_renew_done(v), KR_E_ARGUMENT);
    assert_int_equal(load(v, c), KR_OK); /* all is as it was */
    free(c);
}

static void the_slot_of_an_older_form_gets_a_share_only_in_its_persons_presence(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3);
    memset(c->slots[1].share_key, 0, 32);
    memset(c->slots[2].share_key, 0, 32);
    come(v, c, 2);
    assert_int_equal(vault_renew_begin(v, 2, 3, 1), KR_OK);
    assert_int_equal(vault_renew_share(v, 3, &c->slots[2]), KR_E_SHARE_KEY);
    assert_string_equal(kr_detail(), "p3");
    struct vault_presence p;
    assert_int_equal(enter(v, &c->slots[2], c->phrases[2], &p), KR_OK);
    share_anew(v, c, 2, 3);
    come(v, c, 2);
    assert_int_equal(load(v, c), KR_OK);
    free(c);
}

static void a_changed_passphrase_brings_a_new_signing_key_and_closes_the_old_slot(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3);
    struct slot old = c->slots[0], anew;
    struct vault_presence p;
    uint8_t sig[64];
    come(v, c, 2);
    assert_int_equal(vault_renew_begin(v, 2, 3, 1), KR_OK);
    vault_handle same = typed(v, ENTRY_PASSPHRASE, c->phrases[0]);
    assert_int_equal(vault_renew_slot(v, "p1", same, &cheap, founding, &old, &anew),
                     KR_E_PASSPHRASE_SAME);
    vault_handle seven = typed(v, ENTRY_PASSPHRASE, "seven77");
    assert_int_equal(vault_renew_slot(v, "p1", seven, &cheap, founding, &old, &anew),
                     KR_E_PASSPHRASE_SHORT);
    snprintf(c->phrases[0], sizeof c->phrases[0], "another passphrase");
    vault_handle other = typed(v, ENTRY_PASSPHRASE, c->phrases[0]);
    assert_int_equal(vault_renew_slot(v, "p1", other, &cheap, founding, &old, &anew), KR_OK);
    assert_memory_not_equal(anew.public_key, old.public_key, 32);
    /* until it is done the person signs with the old key */
    assert_int_equal(vault_sign(v, "p1", (const uint8_t *)ENTRY_TEXT, strlen(ENTRY_TEXT), sig),
                     KR_OK);
    assert_int_equal(
        sign_verify(old.public_key, (const uint8_t *)ENTRY_TEXT, strlen(ENTRY_TEXT), sig), KR_OK);
    c->slots[0] = anew;
    share_anew(v, c, 2, 3);
    assert_int_equal(vault_sign(v, "p1", (const uint8_t *)ENTRY_TEXT, strlen(ENTRY_TEXT), sig),
                     KR_OK);
    assert_int_equal(
        sign_verify(anew.public_key, (const uint8_t *)ENTRY_TEXT, strlen(ENTRY_TEXT), sig), KR_OK);
    assert_int_equal(load(v, c), KR_OK);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_equal(enter(v, &c->slots[0], "passphrase of p1", &p), KR_E_PASSPHRASE);
    come(v, c, 2);
    assert_int_equal(load(v, c), KR_OK);
    free(c);
}

static void whoever_gives_the_share_up_still_signs_in_and_counts_for_nothing(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3);
    struct vault_presence p;
    come(v, c, 2);
    assert_int_equal(vault_renew_begin(v, 2, 2, 1), KR_OK);
    share_anew(v, c, 2, 2);
    vault_slot_unshare(&c->slots[2]);
    vault_slot_unshare(&c->slots[2]);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_equal(enter(v, &c->slots[2], c->phrases[2], &p), KR_OK);
    assert_true(p.shares == 0);
    assert_int_equal(enter(v, &c->slots[0], c->phrases[0], &p), KR_OK);
    assert_int_equal(enter(v, &c->slots[1], c->phrases[1], &p), KR_OK);
    assert_true(p.open);
    assert_int_equal(load(v, c), KR_OK);
    free(c);
}

static void an_altered_box_is_said_to_be_altered(void **state)
{
    struct vault *v = *state;
    struct centre *c = found(v, 2, 3);
    struct vault_presence p;
    assert_int_equal(vault_renew_begin(v, 2, 3, 1), KR_OK);
    share_anew(v, c, 2, 3);
    assert_int_equal(vault_restart(v), KR_OK);
    for (unsigned i = 0; i < 3; i++) {
        struct slot s = c->slots[0];
        if (i == 0)
            s.box[s.box_len - 1] ^= 1;
        else if (i == 1)
            s.share_index = 2;
        else
            s.sharing = 2;
        assert_int_equal(enter(v, &s, c->phrases[0], &p), KR_E_SEAL_BROKEN);
    }
    free(c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(x25519_gives_the_published_public_keys),
        vault_test(a_box_opens_for_its_person_alone_and_unaltered),
        vault_test(a_quorum_shares_anew_also_for_those_who_are_not_there),
        vault_test(old_slots_open_nothing_that_was_sealed_after_the_change),
        vault_test(every_set_of_k_people_opens_the_vault),
        vault_test(nothing_is_shared_anew_without_the_quorum_or_by_a_quorum_that_is_none),
        vault_test(a_share_goes_to_one_person_and_none_is_left_over),
        vault_test(the_slot_of_an_older_form_gets_a_share_only_in_its_persons_presence),
        vault_test(a_changed_passphrase_brings_a_new_signing_key_and_closes_the_old_slot),
        vault_test(whoever_gives_the_share_up_still_signs_in_and_counts_for_nothing),
        vault_test(an_altered_box_is_said_to_be_altered),
    };
    run_vault_tests("vault renew", argc, argv, tests);
}
