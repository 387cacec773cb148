/* People: founding, slots, signing in and out, the vault key, signatures. */
#include "vault_fixture.h"

#define ENTRY_TEXT       "keyrite-entry/1\nbody"
#define CHECKPOINT       "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define AS_MESSAGE(text) (const uint8_t *)(text), sizeof(text) - 1

static const char *const names[] = {"ann", "bob", "cyd", "dee"};
static const char *const phrases[] = {"ann's passphrase", "bob's passphrase", "cyd's passphrase",
                                      "dee's passphrase"};

struct centre {
    struct slot slots[4]; /* three holders of shares and one without */
};

static enum kr_error make(struct vault *v, size_t who, uint8_t share, struct slot *slot)
{
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[who]);
    enum kr_error err = vault_slot_make(v, names[who], h, &cheap, share, slot);
    vault_drop(v, h);
    return err;
}

static struct centre found(struct vault *v)
{
    struct centre c;
    assert_int_equal(vault_found(v, 2, 3), KR_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(make(v, i, i < 3 ? (uint8_t)(i + 1) : 0, &c.slots[i]), KR_OK);
    assert_int_equal(vault_found_done(v), KR_OK);
    return c;
}

static enum kr_error sign_in(struct vault *v, const struct slot *slot, const char *phrase,
                             struct vault_presence *p)
{
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrase);
    enum kr_error err = vault_sign_in(v, slot, h, p);
    vault_drop(v, h);
    return err;
}

static void enter(struct vault *v, const struct centre *c, size_t who, struct vault_presence *p)
{
    assert_int_equal(sign_in(v, &c->slots[who], phrases[who], p), KR_OK);
}

static void an_empty_vault_has_nobody_and_gives_nothing(void **state)
{
    struct vault *v = *state;
    struct vault_presence p;
    struct secret *key = NULL;
    struct slot slot;
    uint8_t bytes[64];
    assert_int_equal(vault_presence(v, &p), KR_OK);
    assert_true(p.quorum == 0 && p.shares == 0 && !p.open);
    assert_int_equal(vault_database_key(v, &key), KR_E_NOT_SIGNED_IN);
    assert_null(key);
    assert_int_equal(vault_log_public(v, bytes), KR_E_NOT_SIGNED_IN);
    assert_int_equal(vault_log_sign(v, AS_MESSAGE(CHECKPOINT), bytes), KR_E_NOT_SIGNED_IN);
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE(ENTRY_TEXT), bytes), KR_E_NOT_SIGNED_IN);
    assert_int_equal(vault_sign_out(v, "ann", &p), KR_E_NOT_SIGNED_IN);
    assert_int_equal(make(v, 0, 0, &slot), KR_E_NOT_SIGNED_IN);
    assert_int_equal(vault_found_done(v), KR_E_ARGUMENT);
}

static void founding_refuses_quorums_that_one_person_could_meet_or_nobody(void **state)
{
    struct vault *v = *state;
    assert_int_equal(vault_found(v, 1, 3), KR_E_ARGUMENT);
    assert_int_equal(vault_found(v, 0, 0), KR_E_ARGUMENT);
    assert_int_equal(vault_found(v, 3, 2), KR_E_ARGUMENT);
    assert_int_equal(vault_found(v, 2, 17), KR_E_ARGUMENT);
    assert_int_equal(vault_found(v, 2, 3), KR_OK);
    assert_int_equal(vault_found(v, 2, 3), KR_E_ARGUMENT);
}

static void founding_is_not_done_before_every_share_has_its_holder(void **state)
{
    struct vault *v = *state;
    struct slot slot;
    assert_int_equal(vault_found(v, 2, 3), KR_OK);
    assert_int_equal(make(v, 0, 1, &slot), KR_OK);
    assert_int_equal(slot.quorum, 2);
    assert_int_equal(make(v, 1, 1, &slot), KR_E_SHARES);
    assert_int_equal(make(v, 1, 4, &slot), KR_E_ARGUMENT);
    assert_int_equal(make(v, 0, 2, &slot), KR_E_ARGUMENT); /* ann has hers */
    assert_int_equal(vault_found_done(v), KR_E_QUORUM);
    assert_string_equal(kr_detail(), "1/3");
    assert_int_equal(make(v, 1, 2, &slot), KR_OK);
    assert_int_equal(make(v, 2, 3, &slot), KR_OK);
    assert_int_equal(vault_found_done(v), KR_OK);
    assert_int_equal(vault_found_done(v), KR_E_ARGUMENT);
    assert_int_equal(make(v, 3, 1, &slot), KR_E_ARGUMENT); /* no share is left to deal */
}

static void a_short_passphrase_or_a_strange_name_makes_no_slot(void **state)
{
    struct vault *v = *state;
    struct slot slot;
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    vault_handle seven = typed(v, ENTRY_PASSPHRASE,
                               "\xe5\xaf\x86\xe9\x92\xa5"
                               "34567");
    assert_int_equal(vault_slot_make(v, "ann", seven, &cheap, 1, &slot), KR_E_PASSPHRASE_SHORT);
    assert_string_equal(kr_detail(), "8");
    vault_handle pin = typed(v, ENTRY_PIN, "12345678");
    assert_int_equal(vault_slot_make(v, "ann", pin, &cheap, 1, &slot), KR_E_ARGUMENT);
    vault_handle eight = typed(v, ENTRY_PASSPHRASE, "12345678");
    assert_int_equal(vault_slot_make(v, "", eight, &cheap, 1, &slot), KR_E_ARGUMENT);
    assert_int_equal(vault_slot_make(v, "a b", eight, &cheap, 1, &slot), KR_E_ARGUMENT);
    assert_int_equal(vault_slot_make(v, "a\nb", eight, &cheap, 1, &slot), KR_E_ARGUMENT);
    assert_int_equal(vault_slot_make(v, "a-name-of-24-characters.", eight, &cheap, 1, &slot),
                     KR_E_MESSAGE);
    const struct kdf_cost greedy = {.memory_kib = UINT32_MAX, .passes = 1, .lanes = 1};
    assert_int_equal(vault_slot_make(v, "ann", eight, &greedy, 1, &slot), KR_E_ARGUMENT);
    assert_int_equal(vault_slot_make(v, "ann", eight, &cheap, 1, &slot), KR_OK);
}

static void the_vault_key_is_there_with_the_quorum_and_gone_below_it(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    struct vault_presence p;
    assert_int_equal(vault_restart(v), KR_OK);
    enter(v, &c, 0, &p);
    assert_true(p.quorum == 2 && p.shares == 1 && !p.open);
    enter(v, &c, 0, &p); /* the same person twice is no quorum */
    assert_true(p.shares == 1 && !p.open);
    enter(v, &c, 3, &p); /* nor is a person without a share */
    assert_true(p.shares == 1 && !p.open);
    enter(v, &c, 2, &p);
    assert_true(p.shares == 2 && p.open);
    enter(v, &c, 1, &p);
    assert_true(p.shares == 3 && p.open);
    assert_int_equal(vault_sign_out(v, "cyd", &p), KR_OK);
    assert_true(p.shares == 2 && p.open);
    assert_int_equal(vault_sign_out(v, "ann", &p), KR_OK);
    assert_true(p.quorum == 2 && p.shares == 1 && !p.open);
}

static void any_quorum_of_holders_opens_the_same_vault(void **state)
{
    struct vault *v = *state;
    const size_t pairs[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    struct vault_presence p;
    struct kcv kcv;
    struct kcv loaded;
    vault_handle key;
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len;
    struct centre c = found(v);
    assert_int_equal(vault_random(v, "3des", PURPOSE_MASTER, &key, &kcv), KR_OK);
    assert_int_equal(vault_store_key(v, key, "key/GMPK/1/1", blob, &blob_len), KR_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(vault_restart(v), KR_OK);
        enter(v, &c, pairs[i][0], &p);
        assert_int_equal(vault_load_key(v, blob, blob_len, "key/GMPK/1/1", &key, &loaded),
                         KR_E_QUORUM);
        assert_string_equal(kr_detail(), "1/2");
        enter(v, &c, pairs[i][1], &p);
        assert_int_equal(vault_load_key(v, blob, blob_len, "key/GMPK/1/1", &key, &loaded), KR_OK);
        assert_true(kcv_equal(&kcv, &loaded));
        assert_int_equal(vault_sign_out(v, names[pairs[i][1]], &p), KR_OK);
        assert_int_equal(vault_store_key(v, key, "x", blob, &blob_len), KR_E_QUORUM);
        blob_len = VAULT_BLOB_MAX;
        enter(v, &c, pairs[i][1], &p);
        assert_int_equal(vault_store_key(v, key, "key/GMPK/1/1", blob, &blob_len), KR_OK);
    }
}

static void everybody_is_signed_in_after_founding(void **state)
{
    struct vault *v = *state;
    struct vault_presence p;
    uint8_t sig[64];
    struct centre c = found(v);
    assert_int_equal(vault_presence(v, &p), KR_OK);
    assert_true(p.quorum == 2 && p.shares == 3 && p.open);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(vault_sign(v, names[i], AS_MESSAGE(ENTRY_TEXT), sig), KR_OK);
        assert_int_equal(sign_verify(c.slots[i].public_key, AS_MESSAGE(ENTRY_TEXT), sig), KR_OK);
    }
}

static void a_later_person_gets_the_centres_keys_but_no_share(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    struct vault_presence p;
    struct slot later;
    struct secret *a = NULL;
    struct secret *b = NULL;
    assert_int_equal(vault_restart(v), KR_OK);
    enter(v, &c, 0, &p);
    assert_int_equal(vault_database_key(v, &a), KR_OK);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, "a newcomer's phrase");
    assert_int_equal(vault_slot_make(v, "eve", h, &cheap, 0, &later), KR_OK);
    assert_int_equal(later.quorum, 0);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_equal(sign_in(v, &later, "a newcomer's phrase", &p), KR_OK);
    assert_true(p.quorum == 0 && p.shares == 0);
    assert_int_equal(vault_database_key(v, &b), KR_OK);
    assert_true(secret_equal(a, b));
    secret_free(&a);
    secret_free(&b);
}

static void a_wrong_passphrase_opens_nothing_and_names_the_person(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    struct vault_presence p;
    struct secret *key = NULL;
    uint8_t sig[64];
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_equal(sign_in(v, &c.slots[0], phrases[1], &p), KR_E_PASSPHRASE);
    assert_string_equal(kr_detail(), "ann");
    assert_int_equal(vault_database_key(v, &key), KR_E_NOT_SIGNED_IN);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[1]);
    assert_int_equal(vault_sign_fresh(v, &c.slots[0], h, AS_MESSAGE(ENTRY_TEXT), sig),
                     KR_E_PASSPHRASE);
    assert_int_equal(vault_approver_ready(v, &c.slots[0], h), KR_E_PASSPHRASE);
    vault_handle nothing = open_entry(v, ENTRY_PASSPHRASE, 0, false);
    assert_int_equal(vault_sign_in(v, &c.slots[0], nothing, &p), KR_E_ENTRY_INCOMPLETE);
    assert_int_equal(vault_sign_in(v, &c.slots[0], 0, &p), KR_E_ARGUMENT);
}

static void nothing_in_a_slot_can_be_changed(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    struct vault_presence p;
    assert_int_equal(vault_restart(v), KR_OK);
    for (int i = 0; i < 8; i++) {
        struct slot s = c.slots[0];
        switch (i) {
        case 0:
            strcpy(s.person, "bob");
            break;
        case 1:
            s.cost.passes++;
            break;
        case 2:
            s.salt[3] ^= 1;
            break;
        case 3:
            s.public_key[0] ^= 1;
            break;
        case 4:
            s.share_index = 2;
            break;
        case 5:
            s.quorum = 3;
            break;
        case 6:
            s.sealed[40] ^= 0x80;
            break;
        default:
            s.sealed_len--;
        }
        assert_int_equal(sign_in(v, &s, phrases[0], &p), KR_E_PASSPHRASE);
    }
    struct slot s = c.slots[0];
    s.share_index = 0;
    assert_int_equal(sign_in(v, &s, phrases[0], &p), KR_E_PASSPHRASE);
    enter(v, &c, 0, &p);
}

static void a_slot_of_another_centre_does_not_mix_in(void **state)
{
    struct vault *v = *state;
    struct vault_presence p;
    uint8_t sig[64];
    struct centre ours = found(v);
    assert_int_equal(vault_restart(v), KR_OK);
    struct centre theirs = found(v);
    assert_int_equal(vault_restart(v), KR_OK);
    enter(v, &ours, 0, &p);
    assert_int_equal(sign_in(v, &theirs.slots[1], phrases[1], &p), KR_E_SEAL_BROKEN);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[1]);
    assert_int_equal(vault_approver_ready(v, &theirs.slots[1], h), KR_E_SEAL_BROKEN);
    assert_int_equal(vault_sign_fresh(v, &theirs.slots[1], h, AS_MESSAGE(ENTRY_TEXT), sig),
                     KR_E_SEAL_BROKEN);
    assert_int_equal(vault_presence(v, &p), KR_OK);
    assert_int_equal(p.shares, 1);
}

static void people_sign_only_entries_and_cosignatures(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    uint8_t sig[64];
    uint8_t none[64] = {0};
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE("cosignature/v1\ntime 1\n" CHECKPOINT), sig),
                     KR_OK);
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE(CHECKPOINT), sig), KR_E_KEY_PURPOSE);
    assert_memory_equal(sig, none, 64);
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE("keyrite-entry/1\n"), sig), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE("keyrite-entry/2\nx"), sig), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE(" keyrite-entry/1\nx"), sig),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_sign(v, "ann", (const uint8_t *)"", 0, sig), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_sign(v, "zoe", AS_MESSAGE(ENTRY_TEXT), sig), KR_E_NOT_SIGNED_IN);
    assert_int_equal(vault_sign(v, "", AS_MESSAGE(ENTRY_TEXT), sig), KR_E_ARGUMENT);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[0]);
    assert_int_equal(vault_sign_fresh(v, &c.slots[0], h, AS_MESSAGE(CHECKPOINT), sig),
                     KR_E_KEY_PURPOSE);
}

static void the_log_key_signs_only_checkpoints(void **state)
{
    struct vault *v = *state;
    uint8_t sig[64];
    uint8_t public_key[32];
    static const char *const others[] = {
        ENTRY_TEXT,
        "cosignature/v1\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "example.org/log\n7\n",
        "example.org/log\n07\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "example.org/log\n-7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n",
        "example.org/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nmore\n",
        "\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "example.org/log",
        "",
    };
    found(v);
    assert_int_equal(vault_log_public(v, public_key), KR_OK);
    assert_int_equal(vault_log_sign(v, AS_MESSAGE(CHECKPOINT), sig), KR_OK);
    assert_int_equal(sign_verify(public_key, AS_MESSAGE(CHECKPOINT), sig), KR_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(vault_log_sign(v, (const uint8_t *)others[i], strlen(others[i]), sig),
                         KR_E_KEY_PURPOSE);
}

static void a_signature_with_the_passphrase_leaves_nobody_signed_in(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    struct vault_presence p;
    uint8_t sig[64];
    assert_int_equal(vault_restart(v), KR_OK);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[0]);
    assert_int_equal(vault_sign_fresh(v, &c.slots[0], h, AS_MESSAGE(ENTRY_TEXT), sig), KR_OK);
    assert_int_equal(sign_verify(c.slots[0].public_key, AS_MESSAGE(ENTRY_TEXT), sig), KR_OK);
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE(ENTRY_TEXT), sig), KR_E_NOT_SIGNED_IN);
    assert_int_equal(vault_presence(v, &p), KR_OK);
    assert_int_equal(p.shares, 0);
}

static void an_approver_signs_exactly_once(void **state)
{
    struct vault *v = *state;
    struct centre c = found(v);
    struct vault_presence p;
    uint8_t sig[64];
    assert_int_equal(vault_restart(v), KR_OK);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[3]);
    assert_int_equal(vault_approver_ready(v, &c.slots[3], h), KR_OK);
    assert_int_equal(vault_approver_ready(v, &c.slots[3], h), KR_OK);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(ENTRY_TEXT), sig), KR_OK);
    assert_int_equal(sign_verify(c.slots[3].public_key, AS_MESSAGE(ENTRY_TEXT), sig), KR_OK);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(ENTRY_TEXT), sig), KR_E_NOT_SIGNED_IN);

    assert_int_equal(vault_approver_ready(v, &c.slots[3], h), KR_OK);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE("other"), sig), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(ENTRY_TEXT), sig), KR_E_NOT_SIGNED_IN);

    assert_int_equal(vault_approver_ready(v, &c.slots[3], h), KR_OK);
    assert_int_equal(vault_sign_out(v, "dee", &p), KR_OK);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(ENTRY_TEXT), sig), KR_E_NOT_SIGNED_IN);
}

#define HEADER(kind)                                                                               \
    "keyrite-entry/1\norigin example.org/log\nseq 7\nkind " kind "\nlevel 1\n"                     \
    "signer ann custodian 01020304\nsigner dee supervisor 05060708\n"

static void being_signed_in_is_not_enough_for_an_approval_or_a_second_signature(void **state)
{
    static const char *const kinds[] = {HEADER("balance"), HEADER("close")};
    struct vault *v = *state;
    struct centre c = found(v);
    uint8_t sig[64];
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[3]);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *text = (const uint8_t *)kinds[i];
        assert_int_equal(vault_sign(v, "ann", text, strlen(kinds[i]), sig), KR_OK);
        assert_int_equal(vault_sign(v, "dee", text, strlen(kinds[i]), sig), KR_E_CREDENTIAL);
        assert_int_equal(vault_approver_ready(v, &c.slots[3], h), KR_OK);
        assert_int_equal(vault_sign(v, "dee", text, strlen(kinds[i]), sig), KR_OK);
        assert_int_equal(vault_sign(v, "dee", text, strlen(kinds[i]), sig), KR_E_CREDENTIAL);
    }
    assert_int_equal(vault_sign(v, "ann", AS_MESSAGE(HEADER("approval")), sig), KR_E_CREDENTIAL);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(HEADER("approval")), sig), KR_E_CREDENTIAL);
    assert_int_equal(vault_approver_ready(v, &c.slots[3], h), KR_OK);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(HEADER("approval")), sig), KR_OK);
    assert_int_equal(vault_sign(v, "dee", AS_MESSAGE(HEADER("note")), sig), KR_OK);
}

static void signing_out_takes_the_signing_key_but_not_the_log(void **state)
{
    struct vault *v = *state;
    struct vault_presence p;
    uint8_t sig[64];
    found(v);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(vault_sign_out(v, names[i], &p), KR_OK);
        assert_int_equal(vault_sign(v, names[i], AS_MESSAGE(ENTRY_TEXT), sig), KR_E_NOT_SIGNED_IN);
    }
    assert_false(p.open);
    assert_int_equal(vault_log_sign(v, AS_MESSAGE(CHECKPOINT), sig), KR_OK);
}

static void the_production_cost_of_a_passphrase_works_inside_the_sandbox(void **state)
{
    struct vault *v = *state;
    struct slot slot;
    struct vault_presence p;
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    vault_handle h = typed(v, ENTRY_PASSPHRASE, phrases[0]);
    assert_int_equal(vault_slot_make(v, "ann", h, &kdf_production, 1, &slot), KR_OK);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_equal(sign_in(v, &slot, phrases[0], &p), KR_OK);
}

static void the_longest_entry_can_be_signed_and_a_longer_one_is_refused(void **state)
{
    struct vault *v = *state;
    static uint8_t text[WIRE_MAX] = "keyrite-entry/1\n";
    uint8_t sig[64];
    struct centre c = found(v);
    memset(text + 16, 'x', sizeof text - 16);
    assert_int_equal(vault_sign(v, "ann", text, WIRE_MAX - 64, sig), KR_OK);
    assert_int_equal(sign_verify(c.slots[0].public_key, text, WIRE_MAX - 64, sig), KR_OK);
    assert_int_equal(vault_sign(v, "ann", text, WIRE_MAX, sig), KR_E_TOO_LONG);
    assert_int_equal(vault_sign(v, "ann", text, 100, sig), KR_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(an_empty_vault_has_nobody_and_gives_nothing),
        vault_test(founding_refuses_quorums_that_one_person_could_meet_or_nobody),
        vault_test(founding_is_not_done_before_every_share_has_its_holder),
        vault_test(a_short_passphrase_or_a_strange_name_makes_no_slot),
        vault_test(the_vault_key_is_there_with_the_quorum_and_gone_below_it),
        vault_test(any_quorum_of_holders_opens_the_same_vault),
        vault_test(everybody_is_signed_in_after_founding),
        vault_test(a_later_person_gets_the_centres_keys_but_no_share),
        vault_test(a_wrong_passphrase_opens_nothing_and_names_the_person),
        vault_test(nothing_in_a_slot_can_be_changed),
        vault_test(a_slot_of_another_centre_does_not_mix_in),
        vault_test(people_sign_only_entries_and_cosignatures),
        vault_test(the_log_key_signs_only_checkpoints),
        vault_test(a_signature_with_the_passphrase_leaves_nobody_signed_in),
        vault_test(an_approver_signs_exactly_once),
        vault_test(being_signed_in_is_not_enough_for_an_approval_or_a_second_signature),
        vault_test(signing_out_takes_the_signing_key_but_not_the_log),
        vault_test(the_production_cost_of_a_passphrase_works_inside_the_sandbox),
        vault_test(the_longest_entry_can_be_signed_and_a_longer_one_is_refused),
    };
    run_vault_tests("vault people", argc, argv, tests);
}
