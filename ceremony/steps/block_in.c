/*
 * A key of another centre or system comes in as a key block in a file. First it is looked at: the
 * MAC, then what the header says, in words, and the check value, which people compare with the
 * sender's paper. Once a supervisor has approved it the same file is opened again and the key is
 * kept.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../block_file.h"
#include "../key_kinds.h"
#include "steps.h"

#define _(text) gettext(text)

#define PATH_BYTES_MAX 400

enum { CHECK_PATH, CHECK_HEADER, CHECK_KCV };

/* Opens the block into the vault as the kind of key that was asked for. */
static enum kr_error open_block(struct ceremony *c, const struct block_file *f, vault_handle *key,
                                struct kcv *kcv)
{
    struct vault *v = session_vault(c->session);
    const struct key_kind *kind = key_kind_by_name(var_get(c, "key"));
    const struct suite *suite = key_block_suite(f->block.head.algorithm);
    vault_handle protection = 0;
    *key = 0;
    if (kind == NULL)
        return kr_fail(KR_E_KEY_MISSING, "%s", var_get(c, "key"));
    enum kr_error err = block_protection(c, &protection);
    if (err == KR_OK)
        err = vault_block_unwrap(v, protection, f->text, f->len, kind->purpose, key, kcv);
    vault_drop(v, protection);
    if (err == KR_OK &&
        (suite == NULL || strcmp(suite->id, session_slots(c->session)->centre.suite) != 0)) {
        vault_drop(v, *key);
        *key = 0;
        err = kr_fail(KR_E_SUITE, "%s", suite == NULL ? "?" : suite->id);
    }
    return err;
}

/* Neither there already, nor the same as another one, by check value. */
static enum kr_error key_is_new(struct ceremony *c, const struct kcv *kcv)
{
    struct key_record rec;
    char hex[2 * KCV_MAX + 1];
    if (key_exists(c, var_get(c, "key"), var_number(c, "group")))
        return kr_fail(KR_E_KEY_EXISTS, "%s/%d", var_get(c, "key"), var_number(c, "group"));
    hex_encode_upper(kcv->bytes, kcv->len, hex);
    enum kr_error err = keys_with_kcv(session_store(c->session), kcv->algorithm, hex, &rec);
    if (err == KR_OK)
        return kr_fail(KR_E_KEY_SAME, "%s/%d/%d", rec.kind, rec.group, rec.version);
    return err == KR_E_NOT_FOUND ? KR_OK : err;
}

/* The errors of key blocks stand together in error.def. */
static bool refusable(enum kr_error err)
{
    return (err >= KR_E_BLOCK_LENGTH && err <= KR_E_BLOCK_KBPK) || err == KR_E_KEY_MISSING ||
           err == KR_E_KEY_EXISTS || err == KR_E_KEY_SAME || err == KR_E_SUITE ||
           err == KR_E_KCV_DIFFERS || err == KR_E_KEY_ZERO || err == KR_E_KEY_WEAK ||
           err == KR_E_KEY_HALVES || err == KR_E_KEY_LENGTH || err == KR_E_FILE;
}

/* ---- Looking at it ---- */

static void header_ask(struct ceremony *c, struct request *r)
{
    struct block_file f;
    char title[48];
    request_from_step(c, r, REQUEST_CHOICE, "header");
    block_key_title(c, title);
    snprintf(r->text, sizeof r->text, "%s",
             _("The block verifies: nobody altered it, and it was made with this transport key. "
               "Compare what it says with the sender's paper."));
    request_fact(r, _("taken in as"), "%s", title);
    if (block_file_read(var_get(c, "block.path"), &f) == KR_OK)
        block_facts(r, &f);
    request_option(r, "again", false, _("It is another one: name the file again"));
    request_option(r, "agrees", false, _("It says the same as the paper"));
}

enum kr_error block_check_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == CHECK_HEADER) {
        header_ask(c, r);
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_TEXT, c->phase == CHECK_PATH ? "file" : "kcv");
    r->text_max = c->phase == CHECK_PATH ? PATH_BYTES_MAX : 16;
    if (c->phase == CHECK_KCV)
        snprintf(r->text, sizeof r->text, "%s",
                 _("Type the check value (KCV) of the key from the sender's paper. It is compared "
                   "with that of the key in the block."));
    return KR_OK;
}

static enum kr_error path_take(struct ceremony *c, const struct answer *a)
{
    struct block_file f;
    struct kcv kcv = {.len = 0};
    vault_handle key = 0;
    char who[PERSON_ID_MAX], shown[16];
    if (a->kind != ANSWER_TEXT || a->text[0] == '\0' || strlen(a->text) > PATH_BYTES_MAX)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%.40s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = block_file_read(a->text, &f);
    if (err == KR_OK)
        err = open_block(c, &f, &key, &kcv);
    if (err == KR_OK)
        err = key_is_new(c, &kcv);
    vault_drop(session_vault(c->session), key);
    if (refusable(err))
        return refuse(c, who, err);
    if (err == KR_OK)
        err = var_set(c, "block.path", "%s", a->text);
    if (err == KR_OK)
        err = var_set(c, "block.sha256", "%s", f.sha256);
    kcv_text(&kcv, shown);
    if (err == KR_OK)
        err = var_set(c, "block.kcv", "%s", shown);
    if (err != KR_OK)
        return err;
    step_goto(c, CHECK_HEADER);
    return state_persist(c);
}

/* The file as it was looked at, or none. */
static enum kr_error same_file(struct ceremony *c, struct block_file *f)
{
    enum kr_error err = block_file_read(var_get(c, "block.path"), f);
    if (err == KR_OK && strcmp(f->sha256, var_get(c, "block.sha256")) != 0)
        err = kr_fail(KR_E_FILE, "%.100s: sha256 %.16s..", var_get(c, "block.path"), f->sha256);
    return err;
}

static enum kr_error checked(struct ceremony *c, const char *who, const struct block_file *f)
{
    struct entry e;
    char name[48], title[48];
    block_key_title(c, title);
    snprintf(name, sizeof name, "kcv.%.24s.%d", var_get(c, "key"), var_number(c, "group"));
    enum kr_error err = var_set(c, name, "%s", var_get(c, "block.kcv"));
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "note");
    entry_add(&e, "text",
              "key block %.16s sha256 %s, under KBPK %d, for %s; KCV %s equal to the "
              "sender's",
              f->text, f->sha256, var_number(c, "partner"), title, var_get(c, "block.kcv"));
    step_done(c, who, "KCV %s", var_get(c, "block.kcv"));
    return record_simple(c, &e, who, NULL, NULL);
}

static enum kr_error kcv_take_typed(struct ceremony *c, const struct answer *a)
{
    struct block_file f;
    struct kcv sheet, own;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = same_file(c, &f);
    if (err != KR_OK) {
        step_goto(c, CHECK_PATH);
        return refuse(c, who, err);
    }
    const struct suite *suite = key_block_suite(f.block.head.algorithm);
    if (suite == NULL || kcv_parse(suite, var_get(c, "block.kcv"), &own) != KR_OK)
        return KR_E_STORE_ROW;
    if (a->kind != ANSWER_TEXT || kcv_parse(suite, a->text, &sheet) != KR_OK)
        return step_problem(c, kr_fail(KR_E_KCV_TEXT, "%zu", 2 * suite->kcv_len));
    if (kcv_equal(&sheet, &own))
        return checked(c, who, &f);
    return refuse(c, who, kr_fail(KR_E_KCV_DIFFERS, _("the sheets say %s"), a->text));
}

enum kr_error block_check_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == CHECK_PATH)
        return path_take(c, a);
    if (c->phase == CHECK_KCV)
        return kcv_take_typed(c, a);
    if (!answer_is(a, "agrees") && !answer_is(a, "again"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    step_goto(c, answer_is(a, "agrees") ? CHECK_KCV : CHECK_PATH);
    return KR_OK;
}

/* ---- Keeping it ---- */

enum kr_error block_in_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == 0) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_CHOICE, "trouble");
    request_option(r, "again", false, _("The file is there again: go on"));
    return KR_OK;
}

static enum kr_error intend(struct ceremony *c, const char *who)
{
    struct entry e;
    char title[48];
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    block_key_title(c, title);
    record_begin(c, &e, "intent");
    entry_add(&e, "text", "take in %s from key block sha256 %s and keep it in the vault", title,
              var_get(c, "block.sha256"));
    return record_intent(c, &e, who);
}

static enum kr_error keep(struct ceremony *c, const char *who, const struct block_file *f,
                          vault_handle key, const struct kcv *kcv)
{
    const struct key_kind *kind = key_kind_by_name(var_get(c, "key"));
    const char *persons[] = {who, NULL};
    struct key_record rec;
    struct entry e;
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    err = key_keep(c, var_get(c, "key"), var_number(c, "group"), kind->purpose, key, kcv, 0, &rec);
    record_outcome_begin(c, &e, "ok");
    entry_add(&e, "text", "key block %.16s sha256 %s", f->text, f->sha256);
    record_key(&e, &rec);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_done(c, who, "KCV %s", var_get(c, "block.kcv"));
    return record_commit(c, &e, err);
}

enum kr_error block_in_take(struct ceremony *c, const struct answer *a)
{
    struct block_file f;
    struct kcv kcv;
    vault_handle key = 0;
    char who[PERSON_ID_MAX], shown[16] = "";
    (void)a;
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = same_file(c, &f);
    if (err == KR_OK)
        err = open_block(c, &f, &key, &kcv);
    if (err == KR_OK)
        err = key_is_new(c, &kcv);
    if (err == KR_OK)
        kcv_text(&kcv, shown);
    if (err == KR_OK && strcmp(shown, var_get(c, "block.kcv")) != 0)
        err = kr_fail(KR_E_KCV_DIFFERS, "%s", shown);
    if (err == KR_OK)
        err = intend(c, who);
    if (err == KR_OK)
        err = keep(c, who, &f, key, &kcv);
    vault_drop(session_vault(c->session), key);
    if (!refusable(err))
        return err;
    step_goto(c, 1);
    return refuse(c, who, err);
}
