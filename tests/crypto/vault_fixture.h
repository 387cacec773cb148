/* What the vault's tests share: a running vault per test, and typing. */
#ifndef KEYRITE_TESTS_VAULT_FIXTURE_H
#define KEYRITE_TESTS_VAULT_FIXTURE_H

#include "../../crypto/vault.h"
#include "../../crypto/harden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct kdf_cost cheap = {.memory_kib = 64, .passes = 1, .lanes = 2};

static inline int vault_setup(void **state)
{
    struct vault *v = NULL;
    enum kr_error err = vault_start(&v);
    if (err)
        print_error("vault_start: %s (%s)\n", kr_name(err), kr_detail());
    *state = v;
    return err ? -1 : 0;
}

static inline int vault_teardown(void **state)
{
    struct vault *v = *state;
    vault_stop(&v);
    return 0;
}

static inline vault_handle open_entry(struct vault *v, enum secret_entry_kind kind, size_t digits,
                                      bool letters)
{
    const struct secret_entry_spec spec = {
        .kind = kind, .digits = digits, .check_letters = letters};
    vault_handle h = 0;
    assert_int_equal(vault_entry_open(v, &spec, &h), KR_OK);
    assert_int_not_equal(h, 0);
    return h;
}

/* Types a text that must be taken whole. */
static inline struct secret_entry_state type_text(struct vault *v, vault_handle h, const char *text)
{
    struct secret_entry_state s;
    assert_int_equal(vault_entry_type(v, h, text, &s), KR_OK);
    return s;
}

static inline vault_handle typed(struct vault *v, enum secret_entry_kind kind, const char *text)
{
    vault_handle h = open_entry(v, kind, kind == ENTRY_COMPONENT ? strlen(text) : 0, false);
    assert_true(type_text(v, h, text).complete);
    return h;
}

static inline vault_handle component_for(struct vault *v, const char *suite, const char *hex)
{
    struct kcv kcv;
    vault_handle c = 0;
    assert_int_equal(vault_component(v, typed(v, ENTRY_COMPONENT, hex), suite, &c, &kcv), KR_OK);
    return c;
}

static inline vault_handle component_of(struct vault *v, const char *hex)
{
    return component_for(v, "3des", hex);
}

/* A key of known value: the XOR of two components, of which the first is fixed. */
static inline vault_handle key_for(struct vault *v, const char *suite, const uint8_t value[16],
                                   enum key_purpose purpose)
{
    static const char first[] = "5DB50B454F8389ADCE573BE50861F2BF";
    char second[33];
    struct kcv kcv;
    vault_handle parts[2];
    vault_handle key = 0;
    for (size_t i = 0; i < 16; i++) {
        unsigned f;
        sscanf(first + 2 * i, "%2x", &f);
        snprintf(second + 2 * i, 3, "%02X", (value[i] ^ f) & 0xFFu);
    }
    parts[0] = component_for(v, suite, first);
    parts[1] = component_for(v, suite, second);
    assert_int_equal(vault_combine(v, suite, parts, 2, purpose, &key, &kcv), KR_OK);
    vault_drop(v, parts[0]);
    vault_drop(v, parts[1]);
    return key;
}

static inline vault_handle key_of(struct vault *v, const uint8_t value[16],
                                  enum key_purpose purpose)
{
    return key_for(v, "3des", value, purpose);
}

#define run_vault_tests(name, argc, argv, tests)                                                   \
    do {                                                                                           \
        int status_;                                                                               \
        if (child_dispatch(argc, argv, &vault_role, 1, &status_))                                  \
            return status_;                                                                        \
        if (harden_process() != KR_OK)                                                             \
            return 1;                                                                              \
        return cmocka_run_group_tests_name(name, tests, NULL, NULL);                               \
    } while (0)
#define vault_test(f) cmocka_unit_test_setup_teardown(f, vault_setup, vault_teardown)

#endif
