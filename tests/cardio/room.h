/*
 * A room with a vault, two simulated readers, a deck of cards, and a small centre's keys: what the
 * tests of this folder stand in. With KEYRITE_ROOM_DECK the readers are those of a pcscd, behind
 * which keyrite-vcard follows that deck (tests/pcsc/test_cards).
 */
#ifndef KEYRITE_TESTS_CARDIO_ROOM_H
#define KEYRITE_TESTS_CARDIO_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../cardio/deck.h"
#include "../../cardio/personalise.h"
#include "../../cardio/sim/fault.h"
#include "../../crypto/harden.h"

#define PIN_TEXT     "135790"
#define ROOM_GROUPS  5
#define ROOM_VALUES  (7 + ROOM_GROUPS)
#define MAYBE_UNUSED __attribute__((unused))

struct room {
    char deck[128];
    bool pcsc;
    struct vault *vault;
    struct readers *readers;
    struct card first, second; /* readers 0 and 1 */
    size_t commands;           /* sent to both since the count was set to 0 */
    vault_handle maker_transport, maker_control, maker_auth, maker_pin;
    struct layout_value values[ROOM_VALUES];
    struct layout washed, rmkc, rakc;
};

static void count_command(void *ctx, const struct card_trace *line)
{
    (void)line;
    ((struct room *)ctx)->commands++;
}

/* The text behind "label: " in a sheet of the deck. */
static void from_sheet(const char *deck, const char *sheet, const char *label, char *out,
                       size_t room)
{
    char path[128], line[256];
    snprintf(path, sizeof path, "%s/sheets/%s.txt", deck, sheet);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    out[0] = '\0';
    while (fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, label, strlen(label)) != 0 || line + strlen(label) != colon)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(out, room, "%s", colon + 2);
        break;
    }
    fclose(f);
    assert_true(out[0] != '\0');
}

static vault_handle typed_entry(struct vault *v, enum secret_entry_kind kind, const char *text)
{
    struct secret_entry_spec spec = {.kind = kind,
                                     .digits = kind == ENTRY_COMPONENT ? 32 : 0,
                                     .check_letters = kind == ENTRY_COMPONENT};
    struct secret_entry_state state;
    vault_handle h = 0;
    assert_int_equal(vault_entry_open(v, &spec, &h), KR_OK);
    assert_int_equal(vault_entry_type(v, h, text, &state), KR_OK);
    assert_true(state.complete);
    return h;
}

static void maker_transport_key(struct room *r)
{
    vault_handle components[2];
    struct kcv kcv;
    char text[128], sheet[40], label[24];
    for (int i = 0; i < 2; i++) {
        snprintf(sheet, sizeof sheet, "kMtk-component-%d", i + 1);
        snprintf(label, sizeof label, "component %d", i + 1);
        from_sheet(r->deck, sheet, label, text, sizeof text);
        vault_handle entry = typed_entry(r->vault, ENTRY_COMPONENT, text);
        assert_int_equal(vault_component(r->vault, entry, "3des", &components[i], &kcv), KR_OK);
    }
    assert_int_equal(vault_combine(r->vault, "3des", components, 2, PURPOSE_TRANSPORT,
                                   &r->maker_transport, &kcv),
                     KR_OK);
}

static void draw_centre_keys(struct room *r)
{
    static const struct {
        const char *name;
        enum key_purpose purpose;
    } keys[] = {{"kIctlR", PURPOSE_CONTROL}, {"kMaintR", PURPOSE_MAINTENANCE},
                {"kActlR", PURPOSE_CONTROL}, {"kAmaintR", PURPOSE_MAINTENANCE},
                {"RAK", PURPOSE_AUTH},       {"PTK", PURPOSE_TRANSPORT},
                {"RPTK", PURPOSE_TRANSPORT}};
    struct kcv kcv;
    size_t n = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++, n++) {
        r->values[n].name = keys[i].name;
        assert_int_equal(
            vault_random(r->vault, "3des", keys[i].purpose, &r->values[n].handle, &kcv), KR_OK);
    }
    for (int group = 1; group <= ROOM_GROUPS; group++, n++) {
        r->values[n] = (struct layout_value){.name = "GMPK", .group = group};
        assert_int_equal(vault_random(r->vault, "3des", PURPOSE_MASTER, &r->values[n].handle, &kcv),
                         KR_OK);
    }
}

MAYBE_UNUSED static vault_handle value(const struct room *r, const char *name, int group)
{
    for (size_t i = 0; i < ROOM_VALUES; i++)
        if (strcmp(r->values[i].name, name) == 0 && r->values[i].group == group)
            return r->values[i].handle;
    fail_msg("no value %s", name);
    return 0;
}

/* pcscd looks at its readers now and then, and not at all while a mute card holds it up; a person
 * waits until the light is on. */
static void wait_for_card(struct room *r, int slot, bool present)
{
    struct reader_status s[READERS_MAX];
    struct timespec pause = {.tv_nsec = 10000000};
    enum kr_error problem;
    for (int i = 0; r->pcsc && i < 3000; i++) {
        size_t n = readers_status(r->readers, s, READERS_MAX, &problem);
        if ((size_t)slot < n && s[slot].present == present)
            return;
        nanosleep(&pause, NULL);
    }
    assert_false(r->pcsc);
}

static void pull(struct room *r, int slot)
{
    assert_int_equal(deck_eject(r->deck, slot), KR_OK);
    wait_for_card(r, slot, false);
}

static void put(struct room *r, const char *name, int slot)
{
    assert_int_equal(deck_insert(r->deck, name, slot), KR_OK);
    wait_for_card(r, slot, true);
}

/* A new card of a kind takes the place of what lay in the reader. */
MAYBE_UNUSED static void put_new(struct room *r, const char *kind, int slot,
                                 char name[DECK_NAME_MAX])
{
    pull(r, slot);
    assert_int_equal(deck_new(r->deck, kind, 1, name), KR_OK);
    put(r, name, slot);
}

MAYBE_UNUSED static void put_back(struct room *r, const char *name, int slot)
{
    char now[DECK_NAME_MAX];
    assert_int_equal(deck_in_slot(r->deck, slot, now), KR_OK);
    if (strcmp(now, name) != 0) {
        pull(r, slot);
        put(r, name, slot);
    }
}

MAYBE_UNUSED static struct card_audit audit_of(const struct layout *l, uint8_t number)
{
    struct card_audit a = {.personalisation_id = l->card_type,
                           .activation_id = {0x62, 0x28, 0x48, 0x05, 0x71, 0x00, 0, 0, 0, 1},
                           .date = {0x20, 0x26, 0x11, 0x25}};
    a.serial[9] = number;
    return a;
}

static void make_card(struct room *r, struct card *c, size_t reader)
{
    *c = (struct card){.readers = r->readers,
                       .reader = reader,
                       .vault = r->vault,
                       .dialect = dialect_by_id("pboc-key"),
                       .suite = "3des",
                       .trace = count_command,
                       .trace_ctx = r};
}

/* kMprd comes out of the manufacturer mother card, as in a ceremony. */
static void take_maker_key(struct room *r)
{
    char pin[16], name[DECK_NAME_MAX];
    struct kcv kcv;
    from_sheet(r->deck, "manufacturer-card", "pin", pin, sizeof pin);
    r->maker_pin = typed_entry(r->vault, ENTRY_PIN, pin);
    put_new(r, "manufacturer", 0, name);
    assert_int_equal(personalise_take_manufacturer_key(&r->first, r->maker_pin, r->maker_transport,
                                                       &r->maker_control, &r->maker_auth, &kcv),
                     KR_OK);
    char text[16], sheet[16];
    kcv_text(&kcv, text);
    from_sheet(r->deck, "manufacturer-card", "kMprd kcv", sheet, sizeof sheet);
    struct kcv printed;
    assert_int_equal(kcv_parse(suite_by_id("3des"), sheet, &printed), KR_OK);
    assert_true(kcv_equal(&kcv, &printed));
    pull(r, 0);
}

static int room_open(void **state)
{
    struct room *r = calloc(1, sizeof *r);
    assert_non_null(r);
    const char *deck = getenv("KEYRITE_ROOM_DECK");
    r->pcsc = deck != NULL;
    snprintf(r->deck, sizeof r->deck, "%s", deck ? deck : "/tmp/keyrite-room-XXXXXX");
    if (!deck)
        assert_non_null(mkdtemp(r->deck));
    assert_int_equal(deck_make(r->deck), KR_OK);
    assert_int_equal(vault_start(&r->vault), KR_OK);
    assert_int_equal(
        readers_open(&r->readers, deck ? READER_PCSC : READER_SIM, deck ? NULL : r->deck, r->vault),
        KR_OK);
    make_card(r, &r->first, 0);
    make_card(r, &r->second, 1);
    assert_int_equal(layout_load("cardio/layouts/washed-mother.yaml", &r->washed), KR_OK);
    assert_int_equal(layout_load("cardio/layouts/rmkc.yaml", &r->rmkc), KR_OK);
    assert_int_equal(layout_load("cardio/layouts/rakc.yaml", &r->rakc), KR_OK);
    maker_transport_key(r);
    draw_centre_keys(r);
    take_maker_key(r);
    r->commands = 0;
    *state = r;
    return 0;
}

static int room_close(void **state)
{
    struct room *r = *state;
    char command[192];
    readers_close(&r->readers);
    vault_stop(&r->vault);
    snprintf(command, sizeof command, "rm -rf '%s'", r->deck);
    int rc = r->pcsc ? 0 : system(command);
    free(r);
    return rc;
}

/* main() of every program of this folder: first the children's part, then the tests. */
static int room_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
    const struct child_role roles[] = {vault_role, cards_role, watch_role};
    int status;
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof *roles, &status))
        return status;
    if (harden_process() != KR_OK)
        return 1;
    if (getenv("KEYRITE_ROOM_SKIP"))
        cmocka_set_skip_filter(getenv("KEYRITE_ROOM_SKIP"));
    return _cmocka_run_group_tests("cards", tests, count, room_open, room_close);
}

#endif
