/* Founding a centre (site-init): what it is, who its people are, and the store with its first
 * entries. Nothing exists before the last step, so that a founding that is broken off leaves
 * nothing behind. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../people.h"
#include "../vocabulary.h"
#include "new_passphrase.h"
#include "steps.h"

#define _(text) gettext(text)

/* ---- centre: its parameters are the script's ---- */

enum kr_error centre_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == (int)c->script->parameters_count) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    return open_ask(c, r);
}

static enum kr_error centre_fits(const struct ceremony *c)
{
    uint8_t id[8];
    if (tier_by_name(var_get(c, "tier")) == 0)
        return kr_fail(KR_E_ANSWER, "%s", var_get(c, "tier"));
    if (hex_decode(var_get(c, "identifier"), id, sizeof id) != KR_OK)
        return kr_fail(KR_E_ANSWER, _("the identifier is 16 digits (8 bytes), not %s"),
                       var_get(c, "identifier"));
    for (const char *p = var_get(c, "origin"); *p != '\0'; p++)
        if (*p <= ' ' || *p > '~') /* also what lies beyond ASCII, where char is signed */
            return kr_fail(KR_E_ANSWER,
                           _("the journal's name is letters, digits and signs without spaces: %s"),
                           var_get(c, "origin"));
    if (var_number(c, "quorum") > var_number(c, "holders"))
        return kr_fail(KR_E_ANSWER, _("%d of %d custodians cannot be"), var_number(c, "quorum"),
                       var_number(c, "holders"));
    return KR_OK;
}

enum kr_error centre_take(struct ceremony *c, const struct answer *a)
{
    enum kr_error err = KR_OK;
    if (a != NULL) {
        int phase = c->phase;
        err = open_take(c, a);
        if (c->phase != phase)
            c->phase = phase + 1;
        return err;
    }
    err = centre_fits(c);
    if (err != KR_OK) {
        c->phase = 0;
        return step_problem(c, err);
    }
    err = vault_found(session_vault(c->session), (unsigned)var_number(c, "quorum"),
                      (unsigned)var_number(c, "holders"));
    if (err == KR_OK)
        step_done(c, "", "%s", var_get(c, "name"));
    return err;
}

/* ---- enrol: one person after the other, until the list is complete and closed ---- */

enum { ENROL_MENU, ENROL_ID, ENROL_NAME, ENROL_ROLE, ENROL_PASSPHRASE, ENROL_AGAIN };

static int people_with(const struct ceremony *c, const char *role)
{
    int n = 0;
    for (int i = 1; i <= var_number(c, "people"); i++) {
        char name[32];
        snprintf(name, sizeof name, "person.%d.role", i);
        n += strcmp(var_get(c, name), role) == 0;
    }
    return n;
}

static void enrol_menu(struct ceremony *c, struct request *r)
{
    static const char *const roles[] = {"administrator", "supervisor", "custodian", "operator",
                                        "auditor"};
    request_from_step(c, r, REQUEST_CHOICE, "more");
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        request_fact(r, vocabulary(roles[i]), "%d", people_with(c, roles[i]));
    request_option(r, "person", false, _("Enrol the next person"));
    request_option(r, "done", false, _("Everybody is enrolled: go on"));
}

static void enrol_key(struct ceremony *c, struct request *r, const char *part)
{
    snprintf(r->key, sizeof r->key, "person.%s[%d]", part, var_number(c, "people") + 1);
}

enum kr_error enrol_ask(struct ceremony *c, struct request *r)
{
    static const char *const roles[] = {"custodian", "supervisor", "administrator", "operator",
                                        "auditor"};
    if (c->phase == ENROL_MENU) {
        enrol_menu(c, r);
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_TEXT, NULL);
    if (c->phase == ENROL_ID) {
        enrol_key(c, r, "id");
        snprintf(r->text, sizeof r->text, "%s",
                 _("Short name for the journal, in small letters, for example wang."));
        r->text_max = PERSON_ID_MAX - 1;
    } else if (c->phase == ENROL_NAME) {
        enrol_key(c, r, "name");
        snprintf(r->text, sizeof r->text, "%s",
                 _("Name as it is shown on the screen, for example 王 Wang."));
        r->text_max = PERSON_NAME_MAX - 1;
    } else if (c->phase == ENROL_ROLE) {
        enrol_key(c, r, "role");
        r->kind = REQUEST_CHOICE;
        snprintf(r->text, sizeof r->text, _("Which role does %s have?"), var_get(c, "new.name"));
        for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
            request_option(r, roles[i], false, vocabulary(roles[i]));
    } else {
        enrol_key(c, r, "passphrase");
        return new_passphrase_ask(c, r, var_get(c, "new.id"), var_get(c, "new.name"),
                                  c->phase == ENROL_AGAIN);
    }
    return KR_OK;
}

static enum kr_error enrol_complete(struct ceremony *c)
{
    if (people_with(c, "administrator") < 1 || people_with(c, "supervisor") < 1 ||
        people_with(c, "auditor") < 1)
        return kr_fail(KR_E_ANSWER, "%s",
                       _("a centre needs an administrator, a supervisor and an auditor"));
    if (people_with(c, "custodian") != var_number(c, "holders"))
        return kr_fail(KR_E_ANSWER, _("%d custodians are needed, %d are enrolled"),
                       var_number(c, "holders"), people_with(c, "custodian"));
    return KR_OK;
}

static bool id_fits(const struct ceremony *c, const char *id)
{
    size_t len = strlen(id);
    if (len == 0 || len >= PERSON_ID_MAX ||
        strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        return false;
    for (int i = 1; i <= var_number(c, "people"); i++) {
        char name[32];
        snprintf(name, sizeof name, "person.%d.id", i);
        if (strcmp(var_get(c, name), id) == 0)
            return false;
    }
    return true;
}

static enum kr_error enrol_text(struct ceremony *c, const struct answer *a)
{
    if (c->phase == ENROL_ID) {
        if (!id_fits(c, a->text))
            return step_problem(
                c, kr_fail(KR_E_ANSWER, _("%s is taken or is not made of small letters and digits"),
                           a->text));
        step_goto(c, ENROL_NAME);
        return var_set(c, "new.id", "%s", a->text);
    }
    if (a->text[0] == '\0' || strlen(a->text) >= PERSON_NAME_MAX || !text_is_utf8(a->text))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    step_goto(c, ENROL_ROLE);
    return var_set(c, "new.name", "%s", a->text);
}

static enum kr_error enrol_role(struct ceremony *c, const struct answer *a)
{
    if (a->kind != ANSWER_CHOICE || role_by_name(a->text) == 0)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (strcmp(a->text, "custodian") == 0 &&
        people_with(c, "custodian") == var_number(c, "holders"))
        return step_problem(c, kr_fail(KR_E_ANSWER, _("all %d custodians are enrolled already"),
                                       var_number(c, "holders")));
    step_goto(c, ENROL_PASSPHRASE);
    return var_set(c, "new.role", "%s", a->text);
}

/* Slots are binary; until the store exists they wait as hex in a variable of this process. */
static enum kr_error slot_remember(struct ceremony *c, int n, const struct slot *slot)
{
    char name[32], hex[2 * SLOT_SEALED_MAX + 1];
    hex_encode(slot->sealed, slot->sealed_len, hex);
    snprintf(name, sizeof name, "person.%d.sealed", n);
    if (strlen(hex) >= TEXT_MAX)
        return kr_fail(KR_E_TOO_LONG, "%s", slot->person);
    enum kr_error err = var_set(c, name, "%s", hex);
    hex_encode(slot->salt, sizeof slot->salt, hex);
    hex_encode(slot->public_key, sizeof slot->public_key, hex + 32);
    hex_encode(slot->share_key, sizeof slot->share_key, hex + 96);
    snprintf(name, sizeof name, "person.%d.keys", n);
    if (err == KR_OK)
        err = var_set(c, name, "%s %u", hex, (unsigned)slot->share_index);
    return err;
}

static enum kr_error enrol_person(struct ceremony *c)
{
    struct slot slot;
    int n = var_number(c, "people") + 1;
    uint8_t share = strcmp(var_get(c, "new.role"), "custodian") == 0
                        ? (uint8_t)(people_with(c, "custodian") + 1)
                        : 0;
    enum kr_error err = vault_slot_make(session_vault(c->session), var_get(c, "new.id"),
                                        c->first_entry, passphrase_cost(c->session), share, &slot);
    entry_drop(c);
    if (err == KR_E_PASSPHRASE_SHORT) {
        step_goto(c, ENROL_PASSPHRASE);
        return step_problem(c, err);
    }
    static const char *const parts[] = {"id", "name", "role"};
    for (size_t i = 0; err == KR_OK && i < 3; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "new.%s", parts[i]);
        snprintf(to, sizeof to, "person.%d.%s", n, parts[i]);
        err = var_set(c, to, "%s", var_get(c, from));
    }
    if (err == KR_OK)
        err = slot_remember(c, n, &slot);
    if (err == KR_OK)
        err = var_set(c, "people", "%d", n);
    step_goto(c, ENROL_MENU);
    return err;
}

static enum kr_error enrol_secret(struct ceremony *c, const struct answer *a)
{
    bool twice;
    enum kr_error err = new_passphrase_take(c, a, ENROL_PASSPHRASE, ENROL_AGAIN, &twice);
    return err == KR_OK && twice ? enrol_person(c) : err;
}

enum kr_error enrol_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == ENROL_MENU && answer_is(a, "done")) {
        enum kr_error err = enrol_complete(c);
        if (err != KR_OK)
            return step_problem(c, err);
        step_done(c, "", _("%d people"), var_number(c, "people"));
        return KR_OK;
    }
    if (c->phase == ENROL_MENU && answer_is(a, "person") && var_number(c, "people") >= PEOPLE_MAX)
        return step_problem(c, kr_fail(KR_E_TOO_LONG, "%s", _("the list of people")));
    if (c->phase == ENROL_MENU && answer_is(a, "person")) {
        step_goto(c, ENROL_ID);
        return KR_OK;
    }
    if (c->phase == ENROL_ID || c->phase == ENROL_NAME)
        return enrol_text(c, a);
    if (c->phase == ENROL_ROLE)
        return enrol_role(c, a);
    if (c->phase == ENROL_PASSPHRASE || c->phase == ENROL_AGAIN)
        return enrol_secret(c, a);
    return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
}

/* ---- found ---- */

enum { FOUND_CONFIRM, FOUND_STORE };

enum kr_error found_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == FOUND_STORE) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    request_fact(r, _("centre"), "%s", var_get(c, "name"));
    request_fact(r, _("tier"), "%s", vocabulary(var_get(c, "tier")));
    request_fact(r, _("vault opens with"), _("%d of %d custodians"), var_number(c, "quorum"),
                 var_number(c, "holders"));
    for (int i = 1; i <= var_number(c, "people"); i++) {
        char name[32], role[32];
        snprintf(name, sizeof name, "person.%d.name", i);
        snprintf(role, sizeof role, "person.%d.role", i);
        request_fact(r, var_get(c, name), "%s", vocabulary(var_get(c, role)));
    }
    request_option(r, "wait", false, _("Not yet: look at it again"));
    request_option(r, "found", false,
                   _("Found the centre: the store is made and its first entries signed"));
    return KR_OK;
}

static enum kr_error person_restore(const struct ceremony *c, int n, struct person *p)
{
    char name[32], keys[TEXT_MAX];
    unsigned share = 0;
    memset(p, 0, sizeof *p);
    snprintf(name, sizeof name, "person.%d.id", n);
    snprintf(p->slot.person, sizeof p->slot.person, "%s", var_get(c, name));
    snprintf(name, sizeof name, "person.%d.name", n);
    snprintf(p->name, sizeof p->name, "%s", var_get(c, name));
    snprintf(name, sizeof name, "person.%d.role", n);
    p->roles = role_by_name(var_get(c, name));
    p->slot.cost = *passphrase_cost(c->session);
    snprintf(name, sizeof name, "person.%d.sealed", n);
    p->slot.sealed_len = strlen(var_get(c, name)) / 2;
    enum kr_error err = hex_decode(var_get(c, name), p->slot.sealed, p->slot.sealed_len);
    snprintf(name, sizeof name, "person.%d.keys", n);
    snprintf(keys, sizeof keys, "%s", var_get(c, name));
    if (strlen(keys) < 161 || sscanf(keys + 160, " %u", &share) != 1)
        return kr_fail(KR_E_ARGUMENT, "%s", p->slot.person);
    keys[160] = '\0';
    if (err == KR_OK)
        err = hex_decode(keys + 96, p->slot.share_key, 32);
    keys[96] = '\0';
    if (err == KR_OK)
        err = hex_decode(keys + 32, p->slot.public_key, 32);
    keys[32] = '\0';
    if (err == KR_OK)
        err = hex_decode(keys, p->slot.salt, 16);
    p->slot.share_index = (uint8_t)share;
    p->slot.quorum = share == 0 ? 0 : (uint8_t)var_number(c, "quorum");
    return err;
}

static enum kr_error slots_fill(struct ceremony *c, struct slots *s)
{
    enum kr_error err = hex_decode(var_get(c, "identifier"), s->centre.identifier, 8);
    s->format = 1;
    snprintf(s->centre.origin, sizeof s->centre.origin, "%s", var_get(c, "origin"));
    text_put(s->centre.name, sizeof s->centre.name, "%s", var_get(c, "name"));
    snprintf(s->centre.suite, sizeof s->centre.suite, "3des");
    snprintf(s->centre.card_control_policy, sizeof s->centre.card_control_policy, "one");
    s->centre.tier = tier_by_name(var_get(c, "tier"));
    s->centre.rehearsal = session_is_rehearsal(c->session);
    s->quorum = (unsigned)var_number(c, "quorum");
    s->holders = (unsigned)var_number(c, "holders");
    if (err == KR_OK)
        err = vault_log_public(session_vault(c->session), s->log_public);
    for (int i = 1; err == KR_OK && i <= var_number(c, "people") && i <= PEOPLE_MAX; i++) {
        err = person_restore(c, i, &s->people[s->count]);
        s->count++;
    }
    return err;
}

static const char *first_with(const struct slots *s, unsigned role)
{
    for (size_t i = 0; i < s->count; i++)
        if ((s->people[i].roles & role) != 0)
            return s->people[i].slot.person;
    return "";
}

static void found_lines(struct ceremony *c, struct entry *e, const struct slots *s,
                        const char *const *signers)
{
    char hex[65];
    record_begin(c, e, "found");
    founding_lines(e, s);
    entry_add(e, "begun", "%s", var_get(c, "opened"));
    entry_add(e, "day", "%s", var_get(c, "day"));
    for (; *signers != NULL; signers++) {
        const struct person *p = slots_find(s, *signers);
        hex_encode(p->slot.public_key, 32, hex);
        entry_add(e, "person", "%s", p->slot.person);
        entry_add(e, "roles", "%s", role_name(p->roles));
        entry_add(e, "public-key", "%s", hex);
    }
}

static enum kr_error enrol_entry(struct ceremony *c, const struct person *p,
                                 const char *const *signers)
{
    struct entry e;
    record_begin(c, &e, "enrol");
    enrol_lines(&e, p);
    enum kr_error err = record_sign(c, &e, signers, NULL);
    if (err == KR_OK)
        err = people_put(session_store(c->session), p);
    entry_free(&e);
    return err;
}

static enum kr_error found_entries(struct ceremony *c, const struct slots *s,
                                   const char *const *signers)
{
    struct entry e;
    uint64_t seq = 0;
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    err = ceremonies_next_id(session_store(c->session), c->script->prefix, c->id);
    /* the signers' rows first: a signature is looked up in them */
    for (size_t i = 0; err == KR_OK && i < s->count; i++)
        err = people_put(session_store(c->session), &s->people[i]);
    found_lines(c, &e, s, signers);
    if (err == KR_OK)
        err = record_sign(c, &e, signers, &seq);
    for (size_t i = 0; err == KR_OK && i < s->count; i++)
        err = enrol_entry(c, &s->people[i], signers);
    for (int i = 1; i <= var_number(c, "people"); i++) {
        char name[32];
        snprintf(name, sizeof name, "person.%d.sealed", i);
        var_clear(c, name);
    }
    var_set(c, "open-entry", "%" PRIu64, seq);
    step_done(c, signers[0], "%s", s->centre.origin);
    return record_commit(c, &e, err);
}

/* The people's slots are bound to the first entry, which names the founders' keys. */
static enum kr_error slots_bind(struct ceremony *c, struct slots *s)
{
    struct store *store = session_store(c->session);
    struct entry first;
    enum kr_error err = journal_read(store, 0, &first);
    if (err == KR_OK)
        err = entry_leaf_hash(&first, s->founding);
    for (size_t i = 0; err == KR_OK && i < s->count; i++)
        err = vault_slot_bind(session_vault(c->session), s->founding, &s->people[i].slot);
    entry_free(&first);
    return err == KR_OK ? store_bind(store, s) : err;
}

static enum kr_error found_store(struct ceremony *c)
{
    struct slots *slots = calloc(1, sizeof *slots);
    struct secret *key = NULL;
    struct store *store = NULL;
    enum kr_error err = slots == NULL ? KR_E_MEMORY : slots_fill(c, slots);
    if (err == KR_OK)
        err = vault_database_key(session_vault(c->session), &key);
    if (err == KR_OK)
        err = store_prepare(session_options(c->session)->store_dir, slots, key, &store);
    if (err == KR_OK)
        err = session_founded(c->session, store);
    if (err == KR_OK) {
        const char *signers[] = {first_with(slots, ROLE_ADMINISTRATOR),
                                 first_with(slots, ROLE_SUPERVISOR), NULL};
        var_set(c, "seat.administrator.1", "%s", signers[0]);
        var_set(c, "seat.supervisor.1", "%s", signers[1]);
        err = found_entries(c, slots, signers);
    }
    if (err == KR_OK)
        err = slots_bind(c, slots);
    if (err == KR_OK)
        err = store_publish(store, key);
    if (err == KR_OK)
        err = vault_found_done(session_vault(c->session));
    secret_free(&key);
    free(slots);
    return err;
}

enum kr_error found_take(struct ceremony *c, const struct answer *a)
{
    if (a == NULL)
        return found_store(c);
    if (answer_is(a, "found"))
        step_goto(c, FOUND_STORE);
    else if (!answer_is(a, "wait"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    return KR_OK;
}
