/*
 * The hall in which tests hold ceremonies: a rehearsal store, a deck, a session, and people who
 * answer as they would. Stores that several tests begin from are made once per program and copied.
 */
#ifndef KEYRITE_TESTS_CEREMONY_HALL_H
#define KEYRITE_TESTS_CEREMONY_HALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../folder.h"
#include "../../cardio/deck.h"
#include "../../cardio/sim/fault.h"
#include "../../ceremony/run.h"
#include "../../crypto/component.h"
#include "../../crypto/harden.h"
#include "../../store/verify.h"

#define MAYBE_UNUSED __attribute__((unused))
#define SAID_MAX     16
#define PATH_ROOM    128

struct said { /* an answer given once, before the usual one */
    char key[64];
    char value[160];
};
struct hall {
    char dir[64], store[PATH_ROOM], deck[PATH_ROOM];
    struct session *session;
    struct ceremony *ceremony;
    struct request r; /* the one to be answered */
    struct said said[SAID_MAX];
    size_t said_count;
    size_t answered;
};

static const struct {
    const char *person, *role;
} hall_people[] = {
    {"zhang", "administrator"}, {"wang", "supervisor"}, {"hua", "supervisor"},
    {"chen", "custodian"},      {"li", "custodian"},    {"zhao", "custodian"},
    {"sun", "operator"},        {"qian", "auditor"},
};
#define HALL_PEOPLE (sizeof hall_people / sizeof hall_people[0])
#define HALL_PIN    "204816"
#define HALL_PIN_2  "730519"

/* Two components that make a fit key with each other, for group n. */
static const char *const hall_components[2][2] = {
    {"0123456789ABCDEFFEDCBA9876543211", "2233445566778899AABBCCDDEEFF0102"},
    {"1123456789ABCDEFFEDCBA9876543211", "4233445566778899AABBCCDDEEFF0102"},
};

/* What people say when a test has nothing else for them; the first row that fits the key or the key
 * without its index. */
static const struct {
    const char *key, *value;
} hall_usual[] = {
    {"name", "National centre"},
    {"tier", "national"},
    {"origin", "keyrite.example/national"},
    {"identifier", "0000000000000000"},
    {"holders", "3"},
    {"quorum", "2"},
    {"found", "found"},
    {"groups", "1"},
    {"components", "2"},
    {"sheets", "plain"},
    {"lot", "LOT-7"},
    {"kind", "mother"},
    {"quantity", "2"},
    {"seat-supervisor", "wang"},
    {"seat-custodian[1]", "chen"},
    {"seat-custodian[2]", "li"},
    {"seat-operator", "sun"},
    {"seat-holder", "chen"},
    {"seat-quorum", "zhao"},
    {"script.heard", "same"},
    {"combine.unprinted", "none"},
    {"approve", "approve"},
    {"balance", "agree"},
    {"balance.second", "agree"},
    {"rakc.pin", HALL_PIN},
    {"check-rakc.pin", HALL_PIN},
    {"check-rmkc.pin", HALL_PIN},
    {"back.pin", HALL_PIN},
    {"check-back.pin", HALL_PIN},
    {"bkc.mother-pin", HALL_PIN},
    {"check-bkc.pin", HALL_PIN},
    {"wash.mother-pin", HALL_PIN},
    {"wash.trouble", "look"},
    {"rakc.trouble", "look"},
    {"rmkc.trouble", "look"},
    {"pin.pin", HALL_PIN},
    {"pin.new-pin", HALL_PIN_2},
    {"pin.doubt", HALL_PIN_2},
    {"pin.last-try", "approve"},
};

/* Says which error it was. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        enum kr_error err_ = (call);                                                               \
        if (err_ != KR_OK)                                                                         \
            fail_msg("%s: %s (%s)", #call, kr_name(err_), kr_detail());                            \
    } while (0)

/* ---- Folders ---- */

static void hall_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void hall_shell(const char *format, ...)
{
    char command[512];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

static void hall_session(struct hall *h)
{
    const struct session_options o = {.store_dir = h->store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = "cardio/layouts",
                                      .readers = READER_SIM,
                                      .deck = h->deck,
                                      .rehearsal = true,
                                      .scripted = true};
    assert_ok(session_start(&o, &h->session));
}

/* A hall of its own, with what lies in from (NULL: a new deck and no store). */
static struct hall *hall_open(const char *from)
{
    struct hall *h = calloc(1, sizeof *h);
    assert_non_null(h);
    assert_true(folder_make(h->dir, "hall"));
    if (from != NULL)
        hall_shell("cp -r %s/. %s", from, h->dir);
    snprintf(h->store, sizeof h->store, "%s/store", h->dir);
    snprintf(h->deck, sizeof h->deck, "%s/deck", h->dir);
    if (from == NULL) {
        char first[DECK_NAME_MAX];
        assert_ok(deck_make(h->deck));
        assert_ok(deck_new(h->deck, "manufacturer", 1, first));
        assert_ok(deck_new(h->deck, "blank-mother", 5, first));
    }
    hall_session(h);
    return h;
}

/* Everybody goes home; the store stays. */
static void hall_leave(struct hall *h)
{
    ceremony_end(&h->ceremony);
    session_end(&h->session);
    h->said_count = 0;
}

/* As after a power cut: other processes, the same store. */
MAYBE_UNUSED static void hall_again(struct hall *h)
{
    hall_leave(h);
    hall_session(h);
}

MAYBE_UNUSED static void hall_close(struct hall *h)
{
    hall_leave(h);
    hall_shell("rm -rf %s", h->dir);
    free(h);
}

/* ---- Cards ---- */

static void hall_from_sheet(const struct hall *h, const char *sheet, const char *label, char *out,
                            size_t room)
{
    char path[2 * PATH_ROOM], line[256];
    snprintf(path, sizeof path, "%s/sheets/%s.txt", h->deck, sheet);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    out[0] = '\0';
    while (fgets(line, sizeof line, f))
        if (strncmp(line, label, strlen(label)) == 0 && line[strlen(label)] == ':') {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, room, "%s", line + strlen(label) + 2);
        }
    fclose(f);
    assert_true(out[0] != '\0');
}

static void hall_pull(struct hall *h, int slot)
{
    assert_ok(deck_eject(h->deck, slot));
}

static void hall_put(struct hall *h, const char *name, int slot)
{
    char lying[DECK_NAME_MAX];
    assert_ok(deck_in_slot(h->deck, slot, lying));
    if (strcmp(lying, name) == 0)
        return;
    struct deck_card cards[32];
    size_t count;
    assert_ok(deck_list(h->deck, cards, 32, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(cards[i].name, name) == 0 && cards[i].slot >= 0)
            hall_pull(h, cards[i].slot);
    hall_pull(h, slot);
    assert_ok(deck_insert(h->deck, name, slot));
}

/* State in the inventory of the number that is written on a card; "" for one without. */
static void hall_state(struct hall *h, const struct deck_card *card, char state[24])
{
    struct card_record rec;
    char number[24] = "";
    size_t n = 0;
    for (const char *p = card->looks; *p != '\0' && n < 23; p++)
        if (*p >= '0' && *p <= '9')
            number[n++] = *p;
    number[n] = '\0';
    state[0] = '\0';
    if (n > 0 && cards_by_number(session_store(h->session), number, &rec) == KR_OK)
        snprintf(state, 24, "%s", rec.state);
}

/* What kind of blank the step draws. */
static const char *hall_blank(const struct hall *h)
{
    const char *card = strncmp(h->r.key, "intake", 6) == 0   ? var_get(h->ceremony, "kind")
                       : step_now(h->ceremony)->card != NULL ? step_now(h->ceremony)->card
                                                             : "mother";
    return strcmp(card, "psam") == 0 ? "blank-psam" : "blank-mother";
}

static bool hall_suits(struct hall *h, const struct deck_card *card)
{
    char state[24];
    if (h->r.card_hint[0] != '\0')
        return strcmp(card->looks, h->r.card_hint) == 0;
    if (strncmp(h->r.key, "maker", 5) == 0)
        return strcmp(card->kind, "manufacturer") == 0;
    hall_state(h, card, state);
    if (strcmp(card->kind, hall_blank(h)) != 0 || strncmp(card->name, "foreign", 7) == 0)
        return false;
    if (var_get(h->ceremony, "remake")[0] != '\0' || strncmp(h->r.key, "intake", 6) == 0)
        return card->looks[0] == '\0' && card->slot != (int)h->r.reader;
    bool blank = strncmp(h->r.key, "wash", 4) == 0 || step_now(h->ceremony)->blank;
    return strcmp(state, blank ? "authenticated" : "washed") == 0;
}

/* Takes the card that a person would take. */
static void hall_take_card(struct hall *h)
{
    struct deck_card cards[32];
    size_t count;
    char grouped[32];
    assert_ok(deck_list(h->deck, cards, 32, &count));
    for (size_t i = 0; i < count; i++) {
        if (!hall_suits(h, &cards[i]))
            continue;
        hall_put(h, cards[i].name, (int)h->r.reader);
        if (h->r.card_hint[0] == '\0' && var_get(h->ceremony, "remake")[0] != '\0') {
            number_grouped(var_get(h->ceremony, "remake"), grouped);
            assert_ok(deck_label(h->deck, cards[i].name, grouped));
        }
        return;
    }
    fail_msg("no card for %s", h->r.key);
}

/* The number that the screen shows is written on the card in that reader. */
static void hall_label(struct hall *h, const char *text)
{
    char lying[DECK_NAME_MAX];
    int slot = step_now(h->ceremony)->reader - 1;
    assert_ok(deck_in_slot(h->deck, slot, lying));
    if (lying[0] != '\0')
        assert_ok(deck_label(h->deck, lying, text));
}

/* A card that does not come back is not taken for the one that is made in its place. */
static void hall_forget(struct hall *h, const char *looks)
{
    struct deck_card cards[32];
    size_t count;
    assert_ok(deck_list(h->deck, cards, 32, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(cards[i].looks, looks) == 0)
            assert_ok(deck_label(h->deck, cards[i].name, "spoiled"));
}

/* ---- Answering ---- */

/* The next answer to that key, once. */
MAYBE_UNUSED static void hall_say(struct hall *h, const char *key, const char *value)
{
    assert_true(h->said_count < SAID_MAX);
    snprintf(h->said[h->said_count].key, sizeof h->said[0].key, "%s", key);
    snprintf(h->said[h->said_count++].value, sizeof h->said[0].value, "%s", value);
}

static bool hall_said(struct hall *h, char value[160])
{
    for (size_t i = 0; i < h->said_count; i++) {
        if (strcmp(h->said[i].key, h->r.key) != 0)
            continue;
        memcpy(value, h->said[i].value, 160);
        memmove(&h->said[i], &h->said[i + 1], (h->said_count - i - 1) * sizeof h->said[0]);
        h->said_count--;
        return true;
    }
    return false;
}

static void hall_passphrase(const char *person, char value[160])
{
    snprintf(value, 160, "the passphrase of %s", person);
}

/* Founding: people in order; the key says which and what. */
static bool hall_enrolment(const char *key, char value[160])
{
    char what[16];
    unsigned n;
    if (sscanf(key, "person.%15[a-z][%u]", what, &n) != 2 || n < 1 || n > HALL_PEOPLE)
        return false;
    if (strcmp(what, "passphrase") == 0)
        hall_passphrase(hall_people[n - 1].person, value);
    else
        snprintf(value, 160, "%s",
                 strcmp(what, "role") == 0 ? hall_people[n - 1].role : hall_people[n - 1].person);
    return true;
}

static void hall_kcv_of(const char *hex, char value[160])
{
    const struct suite *suite = suite_by_id("3des");
    struct secret *key = secret_new(16);
    struct kcv kcv;
    char text[16];
    for (size_t i = 0; i < 16; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        key->bytes[i] = (uint8_t)byte;
    }
    assert_ok(suite_kcv(suite, key, &kcv));
    kcv_text(&kcv, text);
    snprintf(value, 160, "%s", text);
    secret_free(&key);
}

/* Components of roots, and those of the manufacturer's sheets, whose check letters are left out. */
static bool hall_component(const struct hall *h, char value[160])
{
    unsigned n, group;
    char text[128], sheet[32], label[16];
    const char *bracket = strchr(h->r.key, '[');
    if (strncmp(h->r.key, "component", 9) != 0 || bracket == NULL)
        return false;
    if (sscanf(bracket, "[%u.%u]", &n, &group) == 2) {
        snprintf(value, 160, "%s", hall_components[(group - 1) % 2][(n - 1) % 2]);
    } else {
        assert_int_equal(sscanf(bracket, "[%u]", &n), 1);
        snprintf(sheet, sizeof sheet, "kMtk-component-%u", n % 10);
        snprintf(label, sizeof label, "component %u", n % 10);
        hall_from_sheet(h, sheet, label, text, sizeof text);
        size_t len = 0;
        for (size_t i = 0; text[i] != '\0'; i++)
            if (strchr("0123456789ABCDEF", text[i]) != NULL)
                value[len++] = text[i];
        value[len] = '\0';
    }
    if (strncmp(h->r.key, "component.kcv", 13) == 0) {
        memcpy(text, value, sizeof text);
        hall_kcv_of(text, value);
    }
    return strncmp(h->r.key, "component[", 10) == 0 || strncmp(h->r.key, "component.kcv", 13) == 0;
}

static void hall_value(struct hall *h, char value[160])
{
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(h->r.key, "["), h->r.key);
    value[0] = '\0';
    if (hall_said(h, value) || hall_enrolment(h->r.key, value) || hall_component(h, value))
        return;
    if (h->r.kind == REQUEST_SECRET && h->r.secret.kind == ENTRY_PASSPHRASE) {
        hall_passphrase(h->r.person, value);
        return;
    }
    if (strcmp(h->r.key, "maker.pin") == 0)
        hall_from_sheet(h, "manufacturer-card", "pin", value, 160);
    else if (strcmp(h->r.key, "people.more") == 0)
        snprintf(value, 160, "%s",
                 var_number(h->ceremony, "people") < (int)HALL_PEOPLE ? "person" : "done");
    for (size_t i = 0; value[0] == '\0' && i < sizeof hall_usual / sizeof hall_usual[0]; i++)
        if (strcmp(hall_usual[i].key, h->r.key) == 0 || strcmp(hall_usual[i].key, bare) == 0)
            snprintf(value, 160, "%s", hall_usual[i].value);
    if (value[0] == '\0' && h->r.kind == REQUEST_CHOICE)
        fail_msg("nothing to say to %s (%s)", h->r.key, h->r.problem);
}

/* Types into the secret that is asked for, over what may stand there. */
static enum kr_error hall_type(struct hall *h, const char *text)
{
    struct secret_entry_state s = h->r.secret_state;
    enum kr_error err = KR_OK;
    if (s.typed > 0 && h->r.secret.kind == ENTRY_COMPONENT)
        err = ceremony_block(h->ceremony, 0, &s);
    while (err == KR_OK && s.typed > 0 && h->r.secret.kind != ENTRY_COMPONENT)
        err = ceremony_key(h->ceremony, 0x7F, &s);
    for (; err == KR_OK && *text != '\0'; text++)
        err = ceremony_key(h->ceremony, (uint8_t)*text, &s);
    return err;
}

/* One answer; what ceremony_answer() says. */
static enum kr_error hall_give(struct hall *h, enum answer_kind kind, const char *text)
{
    struct answer a = {.kind = kind};
    snprintf(a.text, sizeof a.text, "%s", text);
    h->answered++;
    return ceremony_answer(h->ceremony, &a);
}

static enum kr_error hall_answer(struct hall *h)
{
    char value[160] = "";
    enum kr_error err = KR_OK;
    hall_value(h, value);
    switch (h->r.kind) {
    case REQUEST_CHOICE:
        if (strcmp(value, "void") == 0)
            hall_label(h, "spoiled");
        if (strstr(h->r.key, ".gone") != NULL && strcmp(value, "look") != 0)
            hall_forget(h, h->r.card_hint);
        return hall_give(h, ANSWER_CHOICE, value);
    case REQUEST_TEXT:
        return hall_give(h, ANSWER_TEXT, value);
    case REQUEST_SECRET:
        err = hall_type(h, value);
        return err == KR_OK ? hall_give(h, ANSWER_OK, "") : err;
    case REQUEST_CARD:
        for (size_t i = 1; i < h->r.option_count; i++)
            if (strcmp(value, h->r.options[i].word) == 0)
                return hall_give(h, ANSWER_CHOICE, value);
        if (value[0] == '\0')
            hall_take_card(h);
        else if (strcmp(value, "none") == 0)
            hall_pull(h, (int)h->r.reader);
        else if (strcmp(value, "keep") != 0)
            hall_put(h, value, (int)h->r.reader);
        return hall_give(h, ANSWER_OK, "");
    default:
        if (strstr(h->r.key, ".label") != NULL)
            hall_label(h, h->r.facts[0].value);
        return hall_give(h, ANSWER_OK, "");
    }
}

/* ---- Walking ---- */

static void hall_next(struct hall *h)
{
    enum kr_error err = ceremony_next(h->ceremony, &h->r);
    if (err != KR_OK)
        fail_msg("%s: %s (%s)", h->r.key, kr_name(err), kr_detail());
}

/* Answers until the request of that key stands there ("" for the end). A key that comes back too
 * often is a loop. */
static void hall_walk_to(struct hall *h, const char *key)
{
    for (size_t i = 0; i < 400; i++) {
        hall_next(h);
        if (h->r.kind == REQUEST_FINISHED || (key[0] != '\0' && strcmp(h->r.key, key) == 0))
            break;
        enum kr_error err = hall_answer(h);
        if (err != KR_OK)
            fail_msg("answering %s: %s (%s)", h->r.key, kr_name(err), kr_detail());
    }
    if (key[0] != '\0')
        assert_string_equal(h->r.key, key);
    else if (h->r.kind != REQUEST_FINISHED)
        fail_msg("%s has no end (%s)", h->r.key, h->r.problem);
}

static void hall_begin(struct hall *h, const char *script)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, script[0] == '/' ? "%s" : "ceremony/scripts/%s.yaml", script);
    ceremony_end(&h->ceremony);
    enum kr_error err = ceremony_begin(h->session, path, &h->ceremony);
    if (err != KR_OK)
        fail_msg("%s: %s (%s)", script, kr_name(err), kr_detail());
}

static void hall_hold(struct hall *h, const char *script)
{
    hall_begin(h, script);
    hall_walk_to(h, "");
    ceremony_end(&h->ceremony);
}

/* Answers what stands there, and shows what comes next. */
MAYBE_UNUSED static void hall_step(struct hall *h)
{
    enum kr_error err = hall_answer(h);
    if (err != KR_OK)
        fail_msg("answering %s: %s (%s)", h->r.key, kr_name(err), kr_detail());
    hall_next(h);
}

/* Says value to the request that stands there, and shows what comes next. */
MAYBE_UNUSED static void hall_reply(struct hall *h, const char *value)
{
    hall_say(h, h->r.key, value);
    hall_step(h);
}

/* The problem on the screen is that error's sentence. */
MAYBE_UNUSED static void assert_problem(const struct hall *h, enum kr_error code)
{
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%.*s", (int)strcspn(kr_sentence(code), "{"),
             kr_sentence(code));
    if (strstr(h->r.problem, sentence) == NULL)
        fail_msg("%s: “%s” is not “%s”", h->r.key, h->r.problem, sentence);
}

MAYBE_UNUSED static void hall_sign_in(struct hall *h, const char *person)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    char value[160];
    vault_handle entry = 0;
    hall_passphrase(person, value);
    assert_ok(vault_entry_open(session_vault(h->session), &spec, &entry));
    assert_ok(vault_entry_type(session_vault(h->session), entry, value, &state));
    assert_ok(session_sign_in(h->session, person, entry));
}

/* The one ceremony that is open goes on. */
MAYBE_UNUSED static void hall_resume(struct hall *h)
{
    char ids[4][40];
    size_t count = 0;
    assert_ok(ceremonies_list(session_store(h->session), "open", ids, 4, &count));
    assert_int_equal(count, 1);
    enum kr_error err = ceremony_resume(h->session, ids[0], &h->ceremony);
    if (err != KR_OK)
        fail_msg("resume: %s (%s)", kr_name(err), kr_detail());
}

/* ---- The journal ---- */

static bool hall_has_line(const struct entry *e, const char *name, const char *part)
{
    char value[2048];
    for (size_t n = 0; entry_get(e, name, n, value, sizeof value) == KR_OK; n++)
        if (strstr(value, part) != NULL)
            return true;
    return false;
}

/* Entries of a kind ("": any) that have a line of that name with part in it (name NULL: any). */
MAYBE_UNUSED static size_t hall_count(struct hall *h, const char *kind, const char *name,
                                      const char *part)
{
    struct store *store = session_store(h->session);
    size_t found = 0;
    for (uint64_t seq = 0; seq < journal_size(store); seq++) {
        struct entry e;
        assert_ok(journal_read(store, seq, &e));
        found += (kind[0] == '\0' || strcmp(e.kind, kind) == 0) &&
                 (name == NULL || hall_has_line(&e, name, part));
        entry_free(&e);
    }
    return found;
}

/* The whole journal verifies, and every intent has its outcome. */
MAYBE_UNUSED static void assert_journal_clean(struct hall *h)
{
    struct verify_report report;
    assert_ok(store_verify(session_store(h->session), NULL, NULL, &report));
    if (report.problem != KR_OK)
        fail_msg("entry %llu: %s (%s)", (unsigned long long)report.bad_seq, kr_name(report.problem),
                 report.what);
    assert_int_equal(report.open_intents, 0);
    assert_int_equal(hall_count(h, "intent", NULL, NULL), hall_count(h, "outcome", NULL, NULL));
}

/* ---- Stores to begin from ---- */

static char hall_founded[64], hall_rooted[64], hall_stocked[64], hall_washed[64];

static void hall_stage(const char *from, char to[64], const char *const *scripts)
{
    struct hall *h = hall_open(from);
    for (; *scripts != NULL; scripts++)
        hall_hold(h, *scripts);
    hall_leave(h);
    snprintf(to, 64, "%s", h->dir);
    free(h);
}

static inline void hall_make_founded(void)
{
    static const char *const scripts[] = {"site-init", NULL};
    hall_stage(NULL, hall_founded, scripts);
}

static inline void hall_make_rooted(void)
{
    static const char *const scripts[] = {"root-generate", "seed-generate", NULL};
    hall_stage(hall_founded, hall_rooted, scripts);
}

static inline void hall_make_stocked(void)
{
    static const char *const scripts[] = {"card-intake", NULL};
    hall_stage(hall_rooted, hall_stocked, scripts);
}

static inline void hall_make_washed(void)
{
    static const char *const scripts[] = {"card-wash", NULL};
    hall_stage(hall_stocked, hall_washed, scripts);
}

/* What most programs begin their tests from. */
static inline int hall_stages_founded(void **state)
{
    (void)state;
    hall_make_founded();
    return 0;
}

static inline int hall_stages_washed(void **state)
{
    hall_stages_founded(state);
    hall_make_rooted();
    hall_make_stocked();
    hall_make_washed();
    return 0;
}

static inline int hall_stages_end(void **state)
{
    char *all[] = {hall_founded, hall_rooted, hall_stocked, hall_washed};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i][0] != '\0')
            hall_shell("rm -rf %s", all[i]);
    return 0;
}

/* main() of every program of this folder: the children's part first. */
static inline bool hall_child(int argc, char **argv, int *status)
{
    const struct child_role roles[] = {vault_role, cards_role, watch_role};
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof *roles, status))
        return true;
    *status = 1;
    return harden_process() != KR_OK || secret_heap_open() != KR_OK;
}

#endif
