/* The vault as a process: its death, its end, and what can be found in memory afterwards. */
#include "vault_fixture.h"
#include "process_memory.h"
#include "../../crypto/hash.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- values that must never lie in the console's memory: written masked, typed digit by digit
 * ---- */

#define M(c) ((c) ^ PATTERN_MASK)

/* Two components; their XOR is a key with odd parity as it stands. */
static const uint8_t masked_component[2][16] = {
    {M(0x13), M(0x9D), M(0x5B), M(0xA7), M(0x4C), M(0xE0), M(0x76), M(0x2F), M(0xC1), M(0x38),
     M(0x94), M(0x6A), M(0xF2), M(0x0B), M(0x85), M(0xDE)},
    {M(0x6B), M(0x20), M(0xF8), M(0x11), M(0xD6), M(0x43), M(0x9A), M(0xBC), M(0x07), M(0xE5),
     M(0x52), M(0x8E), M(0x39), M(0xC4), M(0x70), M(0x1D)},
};

enum shape { RAW, DIGIT_VALUES, UPPER_TEXT, LOWER_TEXT, SHAPES };

/* A component as bytes, as typed digit values, and as hexadecimal text. */
static struct pattern component_as(size_t which, enum shape shape)
{
    struct pattern p = {.len = shape == RAW ? 16 : 32};
    for (size_t i = 0; i < p.len; i++) {
        uint8_t byte = masked_component[which][shape == RAW ? i : i / 2] ^ PATTERN_MASK;
        uint8_t digit = i % 2 ? byte & 0x0F : byte >> 4;
        char ten = shape == UPPER_TEXT ? 'A' : 'a';
        uint8_t letter = (uint8_t)(digit < 10 ? '0' + digit : ten + digit - 10);
        uint8_t value = shape == RAW ? byte : shape == DIGIT_VALUES ? digit : letter;
        p.masked[i] = value ^ PATTERN_MASK;
    }
    return p;
}

static struct pattern combined_key(void)
{
    struct pattern p = {.len = 16};
    for (size_t i = 0; i < 16; i++) {
        unsigned byte = masked_component[0][i] ^ masked_component[1][i];
        unsigned parity = byte >> 1;
        parity ^= parity >> 4;
        parity ^= parity >> 2;
        parity ^= parity >> 1;
        p.masked[i] = (uint8_t)(((byte & 0xFE) | (~parity & 1)) ^ PATTERN_MASK);
    }
    return p;
}

static struct pattern pattern_of(const uint8_t *bytes, size_t len)
{
    struct pattern p = {.len = len};
    for (size_t i = 0; i < len; i++)
        p.masked[i] = bytes[i] ^ PATTERN_MASK;
    return p;
}

static vault_handle type_component(struct vault *v, size_t which)
{
    struct secret_entry_state s = {0};
    struct pattern p = component_as(which, UPPER_TEXT);
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, false);
    for (size_t i = 0; i < p.len; i++)
        assert_int_equal(vault_entry_key(v, h, p.masked[i] ^ PATTERN_MASK, &s), KR_OK);
    assert_true(s.complete);
    return h;
}

static size_t shapes_found(pid_t pid, size_t which)
{
    size_t found = 0;
    for (int shape = RAW; shape < SHAPES; shape++) {
        struct pattern p = component_as(which, (enum shape)shape);
        found += memory_count(pid, &p);
    }
    return found;
}

static void require_memory(struct vault *v)
{
    if (!memory_can_be_read(vault_pid(v)))
        skip();
}

/* ---- memory ---- */

static void the_search_finds_what_is_there(void **state)
{
    struct pattern p = component_as(0, RAW);
    require_memory(*state);
    volatile uint8_t *in_clear = malloc(16);
    assert_int_equal(memory_count(getpid(), &p), 0);
    for (size_t i = 0; i < 16; i++)
        in_clear[i] = p.masked[i] ^ PATTERN_MASK;
    assert_int_equal(memory_count(getpid(), &p), 1);
    explicit_bzero((void *)(uintptr_t)in_clear, 16);
    free((void *)(uintptr_t)in_clear);
    assert_int_equal(memory_count(getpid(), &p), 0);
}

static void a_typed_component_is_in_the_vault_only_and_only_until_it_is_dropped(void **state)
{
    struct vault *v = *state;
    struct pattern digits = component_as(0, DIGIT_VALUES);
    require_memory(v);
    vault_handle h = type_component(v, 0);
    assert_int_equal(memory_count(vault_pid(v), &digits), 1);
    assert_int_equal(shapes_found(vault_pid(v), 0), 1);
    assert_int_equal(shapes_found(getpid(), 0), 0);
    vault_drop(v, h);
    assert_int_equal(shapes_found(vault_pid(v), 0), 0);
    assert_int_equal(shapes_found(getpid(), 0), 0);
}

static void components_and_key_are_there_once_each_and_gone_after_dropping(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle parts[2];
    vault_handle key;
    vault_handle derived;
    struct pattern whole = combined_key();
    require_memory(v);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(vault_component(v, type_component(v, i), "3des", &parts[i], &kcv), KR_OK);
        assert_int_equal(shapes_found(vault_pid(v), i), 1);
    }
    assert_int_equal(vault_combine(v, "3des", parts, 2, PURPOSE_MASTER, &key, &kcv), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &whole), 1);
    vault_drop(v, parts[0]);
    vault_drop(v, parts[1]);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(shapes_found(vault_pid(v), i), 0);

    /* Everything that a key goes through leaves no copy: derivation, check value, wrapping, secured
     * messages. */
    const uint8_t factor[8] = "REGION01";
    const uint8_t proof[8] = {VAULT_PROOF_MARK};
    const uint8_t header[5] = {0x84, 0xD4, 0x81, 0x3E, 0x24};
    uint8_t out[256];
    size_t len = sizeof out;
    vault_handle control;
    assert_int_equal(vault_diversify(v, key, factor, 1, PURPOSE_AUTH, &derived, &kcv), KR_OK);
    assert_int_equal(vault_proof(v, key, proof, factor, out), KR_OK);
    assert_int_equal(vault_random(v, "3des", PURPOSE_CONTROL, &control, &kcv), KR_OK);
    assert_int_equal(vault_wrap(v, control, key, header, 5, header, 5, factor, out, &len), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &whole), 1);
    vault_drop(v, key);
    assert_int_equal(memory_count(vault_pid(v), &whole), 0);
    assert_int_equal(memory_count(getpid(), &whole), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(shapes_found(getpid(), i), 0);
}

static void a_key_that_worked_for_cards_is_gone_after_dropping(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle parts[2];
    vault_handle key;
    struct pattern whole = combined_key();
    const uint8_t bytes[8] = "12345678";
    uint8_t out[256];
    size_t len = sizeof out;
    require_memory(v);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(vault_component(v, type_component(v, i), "3des", &parts[i], &kcv), KR_OK);
    assert_int_equal(vault_combine(v, "3des", parts, 2, PURPOSE_CONTROL, &key, &kcv), KR_OK);
    assert_int_equal(vault_cryptogram(v, key, bytes, out), KR_OK);
    assert_int_equal(vault_secure_message(v, key, true, bytes, 5, bytes, bytes, 8, out, &len),
                     KR_OK);
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    assert_int_equal(vault_store_key(v, key, "key/test", out, &len), KR_OK);
    vault_drop(v, key);
    assert_int_equal(memory_count(vault_pid(v), &whole), 0);
    assert_int_equal(vault_load_key(v, out, len, "key/test", &key, &kcv), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &whole), 1);
    vault_drop(v, key);
    assert_int_equal(memory_count(vault_pid(v), &whole), 0);
    assert_int_equal(memory_count(getpid(), &whole), 0);
}

static vault_handle type_masked(struct vault *v, const uint8_t *masked, size_t len)
{
    struct secret_entry_state s;
    vault_handle h = open_entry(v, ENTRY_PASSPHRASE, 0, false);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(vault_entry_key(v, h, masked[i] ^ PATTERN_MASK, &s), KR_OK);
    return h;
}

/* Opens a slot as the vault does, to know what to look for; all but the patterns is wiped. */
static void open_slot(const struct slot *slot, const uint8_t *masked, size_t len,
                      struct pattern *seed, struct pattern *share)
{
    char label[VAULT_SLOT_LABEL_MAX];
    struct secret *text = secret_new(len);
    struct secret *key = NULL;
    struct secret *content = NULL;
    for (size_t i = 0; i < len; i++)
        text->bytes[i] = masked[i] ^ PATTERN_MASK;
    assert_int_equal(kdf_derive(text, slot->salt, &slot->cost, &key), KR_OK);
    vault_slot_label(slot, label);
    assert_int_equal(unseal(key, label, slot->sealed, slot->sealed_len, &content), KR_OK);
    assert_int_equal(content->len, 128);
    *seed = pattern_of(content->bytes + 64, 32);
    *share = pattern_of(content->bytes + 96, 32);
    secret_free(&content);
    secret_free(&key);
    secret_free(&text);
}

static void passphrase_seed_share_and_vault_key_are_gone_after_signing_out(void **state)
{
    struct vault *v = *state;
    static const uint8_t phrase[2][12] = {
        {M('u'), M('n'), M('i'), M('q'), M('u'), M('e'), M('-'), M('o'), M('n'), M('e'), M('7'),
         M('x')},
        {M('u'), M('n'), M('i'), M('q'), M('u'), M('e'), M('-'), M('t'), M('w'), M('o'), M('4'),
         M('z')},
    };
    static const char *const names[2] = {"ann", "bob"};
    struct slot slots[2];
    struct pattern seed[2];
    struct pattern share[2];
    struct vault_presence p;
    uint8_t sig[64];
    require_memory(v);
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    for (size_t i = 0; i < 2; i++) {
        vault_handle h = type_masked(v, phrase[i], 12);
        assert_int_equal(vault_slot_make(v, names[i], h, &cheap, (uint8_t)(i + 1), &slots[i]),
                         KR_OK);
        vault_drop(v, h);
        open_slot(&slots[i], phrase[i], 12, &seed[i], &share[i]);
    }
    assert_int_equal(vault_found_done(v), KR_OK);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 2; i++) {
            struct pattern text = pattern_of((const uint8_t *)"", 0);
            memcpy(text.masked, phrase[i], 12);
            text.len = 12;
            assert_int_equal(memory_count(vault_pid(v), &text), 0);
            assert_int_equal(memory_count(getpid(), &text), 0);
            assert_int_equal(memory_count(vault_pid(v), &seed[i]), 1);
            assert_int_equal(memory_count(vault_pid(v), &share[i]), 1);
            assert_int_equal(
                vault_sign(v, names[i], (const uint8_t *)"keyrite-entry/1\nx", 17, sig), KR_OK);
        }
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(vault_sign_out(v, names[i], &p), KR_OK);
            assert_false(p.open);
            assert_int_equal(memory_count(vault_pid(v), &seed[i]), 0);
            assert_int_equal(memory_count(vault_pid(v), &share[i]), 0);
            assert_int_equal(memory_count(getpid(), &seed[i]), 0);
        }
        for (size_t i = 0; i < 2 && round == 0; i++) {
            vault_handle h = type_masked(v, phrase[i], 12);
            assert_int_equal(vault_sign_in(v, &slots[i], h, &p), KR_OK);
            vault_drop(v, h);
        }
    }
}

static void the_vault_key_itself_is_in_memory_only_with_a_quorum(void **state)
{
    struct vault *v = *state;
    static const uint8_t phrase[8] = {M('e'), M('i'), M('g'), M('h'),
                                      M('t'), M('8'), M('8'), M('!')};
    static const char *const names[2] = {"ann", "bob"};
    struct slot slots[2];
    struct pattern seed;
    struct pattern piece;
    struct secret *shares[2];
    const uint8_t indices[2] = {1, 2};
    struct secret *joined = NULL;
    struct vault_presence p;
    require_memory(v);
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    for (size_t i = 0; i < 2; i++) {
        vault_handle h = type_masked(v, phrase, 8);
        assert_int_equal(vault_slot_make(v, names[i], h, &cheap, (uint8_t)(i + 1), &slots[i]),
                         KR_OK);
        vault_drop(v, h);
        open_slot(&slots[i], phrase, 8, &seed, &piece);
        shares[i] = secret_new(32);
        for (size_t b = 0; b < 32; b++)
            shares[i]->bytes[b] = piece.masked[b] ^ PATTERN_MASK;
    }
    assert_int_equal(shares_join((const struct secret *const *)shares, indices, 2, &joined), KR_OK);
    struct pattern key = pattern_of(joined->bytes, joined->len);
    secret_free(&joined);
    secret_free(&shares[0]);
    secret_free(&shares[1]);
    assert_int_equal(memory_count(vault_pid(v), &key), 1);
    assert_int_equal(vault_found_done(v), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &key), 1);
    assert_int_equal(vault_sign_out(v, "ann", &p), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &key), 0);
    vault_handle h = type_masked(v, phrase, 8);
    assert_int_equal(vault_sign_in(v, &slots[0], h, &p), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &key), 1);
}

static void the_database_key_stays_nowhere_in_the_console_but_where_it_was_given(void **state)
{
    struct vault *v = *state;
    struct secret *key = NULL;
    require_memory(v);
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    assert_int_equal(vault_database_key(v, &key), KR_OK);
    struct pattern p = pattern_of(key->bytes, key->len);
    assert_int_equal(memory_count(getpid(), &p), 1);
    /* The vault wipes an answer after sending it: the next one shows that it has. */
    uint8_t public_key[32];
    assert_int_equal(vault_log_public(v, public_key), KR_OK);
    assert_int_equal(memory_count(vault_pid(v), &p), 1);
    secret_free(&key);
    assert_int_equal(memory_count(getpid(), &p), 0);
}

/* ---- the process ---- */

static void the_vault_has_its_socket_and_no_way_to_more(void **state)
{
    struct vault *v = *state;
    struct security_item items[SECURITY_ITEMS];
    size_t n = security_probe(vault_pid(v), items, SECURITY_ITEMS);
    char path[64];
    size_t files = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)vault_pid(v));
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        files += e->d_name[0] != '.';
    if (d) { /* root only: the three standard ones, its socket */
        closedir(d);
        assert_int_equal(files, 4);
    }
    assert_true(n > 0);
    assert_string_equal(items[n - 1].name, "Vault process");
    assert_int_not_equal(items[n - 1].level, SECURITY_BAD);
}

static void death_is_noticed_at_the_next_call_and_restart_gives_an_empty_vault(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle key = 1;
    struct vault_presence p;
    struct secret *database_key;
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    assert_int_equal(vault_random(v, "3des", PURPOSE_MASTER, &key, &kcv), KR_OK);
    assert_int_equal(kill(vault_pid(v), SIGKILL), 0);
    assert_int_equal(vault_kcv(v, key, &kcv), KR_E_VAULT_GONE);
    assert_int_equal(kcv.len, 0);
    assert_int_equal(vault_pid(v), 0);
    assert_int_equal(vault_presence(v, &p), KR_E_VAULT_GONE);
    assert_int_equal(vault_random(v, "3des", PURPOSE_MASTER, &key, &kcv), KR_E_VAULT_GONE);
    assert_int_equal(key, 0);
    vault_drop(v, 7);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_true(vault_pid(v) > 0);
    assert_int_equal(vault_presence(v, &p), KR_OK);
    assert_int_equal(p.quorum, 0);
    assert_int_equal(vault_database_key(v, &database_key), KR_E_NOT_SIGNED_IN);
}

static void restart_leaves_no_second_vault_behind(void **state)
{
    struct vault *v = *state;
    pid_t before = vault_pid(v);
    assert_int_equal(vault_restart(v), KR_OK);
    assert_int_not_equal(vault_pid(v), before);
    assert_int_equal(kill(before, 0), -1);
}

/* ---- messages that no console sends ---- */

static void hello(struct child *c)
{
    uint8_t bytes[64];
    size_t len;
    assert_int_equal(child_start(c, vault_role.word), KR_OK);
    assert_int_equal(child_receive(c->fd, bytes, sizeof bytes, &len, 60000, NULL), KR_OK);
    assert_int_equal(bytes[0], KR_OK);
}

static void any_message_gets_an_answer_and_the_vault_lives_on(void **state)
{
    (void)state;
    struct child c;
    static uint8_t answer[WIRE_MAX];
    uint8_t bytes[96];
    size_t len;
    uint32_t seed = 12345;
    hello(&c);
    for (int round = 0; round < 20000; round++) {
        size_t n = 1;
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        n += seed >> 8 & 63;
        bytes[0] = (uint8_t)(round % 40);
        if (round % 3 == 0) /* plausible lengths and handles reach further */
            for (size_t i = 1; i < n; i++)
                bytes[i] = i % 4 ? 0 : bytes[i] & 15;
        assert_int_equal(child_send(c.fd, bytes, n, -1), KR_OK);
        assert_int_equal(child_receive(c.fd, answer, sizeof answer, &len, 60000, NULL), KR_OK);
        assert_true(len >= 6 && answer[0] < KR_ERROR_COUNT && answer[1] <= 1);
    }
    child_kill(&c);
}

static void a_vault_whose_console_is_gone_frees_all_and_ends_well(void **state)
{
    (void)state;
    struct child c;
    uint8_t bytes[64];
    size_t len;
    int status;
    const uint8_t open_pin[] = {1, ENTRY_PIN, 0, 0, 0, 0, 0};
    hello(&c);
    assert_int_equal(child_send(c.fd, open_pin, sizeof open_pin, -1), KR_OK);
    assert_int_equal(child_receive(c.fd, bytes, sizeof bytes, &len, 60000, NULL), KR_OK);
    assert_int_equal(bytes[0], KR_OK);
    close(c.fd);
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(the_search_finds_what_is_there),
        vault_test(a_typed_component_is_in_the_vault_only_and_only_until_it_is_dropped),
        vault_test(components_and_key_are_there_once_each_and_gone_after_dropping),
        vault_test(a_key_that_worked_for_cards_is_gone_after_dropping),
        vault_test(passphrase_seed_share_and_vault_key_are_gone_after_signing_out),
        vault_test(the_vault_key_itself_is_in_memory_only_with_a_quorum),
        vault_test(the_database_key_stays_nowhere_in_the_console_but_where_it_was_given),
        vault_test(the_vault_has_its_socket_and_no_way_to_more),
        vault_test(death_is_noticed_at_the_next_call_and_restart_gives_an_empty_vault),
        vault_test(restart_leaves_no_second_vault_behind),
        cmocka_unit_test(any_message_gets_an_answer_and_the_vault_lives_on),
        cmocka_unit_test(a_vault_whose_console_is_gone_frees_all_and_ends_well),
    };
    run_vault_tests("vault", argc, argv, tests);
}
