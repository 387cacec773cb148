/* A key goes to another centre or system, as a key block in a file. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../store/hand_out.h"
#include "../block_file.h"
#include "../key_holding.h"
#include "steps.h"

#define _(text) gettext(text)

#define DIRECTORY_MAX 400

enum { OUT_WHERE, OUT_SHOW };

static void file_name(const struct ceremony *c, char out[64])
{
    snprintf(out, 64, "%s.keyblock", c->id);
}

static void where_ask(struct ceremony *c, struct request *r)
{
    char name[64], title[48];
    file_name(c, name);
    block_key_title(c, title);
    request_from_step(c, r, REQUEST_TEXT, "folder");
    r->text_max = DIRECTORY_MAX;
    request_fact(r, _("key"), "%s", title);
    request_fact(r, _("file"), "%s", name);
    request_fact(r, _("left empty"), "%.80s/exports", store_dir(session_store(c->session)));
}

static enum kr_error show_ask(struct ceremony *c, struct request *r)
{
    char title[48];
    struct block_file f;
    block_key_title(c, title);
    request_from_step(c, r, REQUEST_SHOW, NULL);
    request_fact(r, _("key"), "%s", title);
    request_fact(r, _("KCV"), "%s", var_get(c, "block.kcv"));
    request_fact(r, _("file"), "%.80s", var_get(c, "block.path"));
    enum kr_error err = block_file_read(var_get(c, "block.path"), &f);
    if (err == KR_OK)
        block_facts(r, &f);
    return KR_OK; /* the stick may be out already: what is known is shown */
}

enum kr_error block_out_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == OUT_SHOW)
        return show_ask(c, r);
    where_ask(c, r);
    return KR_OK;
}

/* ---- Making it ---- */

/* The purchase keys stay in their cards in modes I and II: no detour around the policy. */
static enum kr_error may_go(struct ceremony *c, const char *kind)
{
    char now[KEY_HOLDING_ROOM];
    if (strcmp(kind, "MPK") != 0 && strcmp(kind, "GMPK") != 0)
        return KR_OK;
    enum kr_error err = key_holding_now(c->session, now);
    if (err == KR_OK && strcmp(now, KEY_HOLDING_EXPORT) != 0)
        err = kr_fail(KR_E_EXPORT_FORBIDDEN, "%s", kind);
    return err;
}

static enum kr_error make(struct ceremony *c, struct block_file *f)
{
    struct vault *v = session_vault(c->session);
    struct key_block_head wanted = {.exportability = 'N'};
    struct key_record rec;
    vault_handle protection = 0, key = 0;
    struct kcv kcv = {.len = 0};
    char text[KEY_BLOCK_MAX], shown[16];
    if (strcmp(var_get(c, "exportability"), "further") == 0)
        wanted.exportability = 'E';
    snprintf(wanted.key_version, sizeof wanted.key_version, "0%c", '0' + var_number(c, "group"));
    enum kr_error err = may_go(c, var_get(c, "key"));
    if (err == KR_OK)
        err = block_protection(c, &protection);
    if (err == KR_OK)
        err = key_load(c, var_get(c, "key"), var_number(c, "group"), &key, &rec);
    if (err == KR_OK)
        err = vault_block_wrap(v, protection, key, &wanted, text, sizeof text);
    if (err == KR_OK)
        err = block_file_from(text, f);
    if (err == KR_OK)
        err = vault_kcv(v, key, &kcv);
    kcv_text(&kcv, shown);
    if (err == KR_OK)
        err = var_set(c, "block.kcv", "%s %s", kcv.algorithm, shown);
    vault_drop(v, key);
    vault_drop(v, protection);
    return err;
}

static enum kr_error intend(struct ceremony *c, const char *who)
{
    struct entry e;
    char title[48];
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    block_key_title(c, title);
    record_begin(c, &e, "intent");
    entry_add(&e, "text", "export %s as a key block under KBPK %d, %s", title,
              var_number(c, "partner"), var_get(c, "exportability"));
    return record_intent(c, &e, who);
}

static enum kr_error done(struct ceremony *c, const char *who, const struct block_file *f)
{
    struct entry e;
    const char *persons[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "ok");
    entry_add(&e, "text", "key block %.16s sha256 %s, KCV %s", f->text, f->sha256,
              var_get(c, "block.kcv"));
    err = record_sign(c, &e, persons, NULL);
    step_goto(c, OUT_SHOW);
    return record_commit(c, &e, err);
}

/* What people may put right, or have to leave: it is said, and journalled. */
static bool refusable(enum kr_error err)
{
    return err == KR_E_EXPORT_FORBIDDEN || err == KR_E_KEY_MISSING || err == KR_E_BLOCK_EXPORT ||
           err == KR_E_BLOCK_USAGE || err == KR_E_BLOCK_KBPK || err == KR_E_SUITE;
}

static enum kr_error where_take(struct ceremony *c, const struct answer *a)
{
    char folder[DIRECTORY_MAX + 1], name[64], who[PERSON_ID_MAX], line[KEY_BLOCK_MAX + 2];
    struct block_file f;
    if (a->kind != ANSWER_TEXT || strlen(a->text) >= sizeof folder)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%.40s", a->text));
    if (a->text[0] == '\0')
        snprintf(folder, sizeof folder, "%.380s/exports", store_dir(session_store(c->session)));
    else
        snprintf(folder, sizeof folder, "%.*s", (int)sizeof folder - 1, a->text);
    file_name(c, name);
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = make(c, &f);
    if (refusable(err))
        return refuse(c, who, err);
    if (err == KR_OK)
        err = intend(c, who);
    if (err != KR_OK)
        return err;
    snprintf(line, sizeof line, "%s\n", f.text);
    err = file_hand_out(folder, name, line, f.len + 1);
    if (err == KR_E_FILE || err == KR_E_TOO_LONG)
        return step_problem(c, err);
    if (err == KR_OK)
        err = var_set(c, "block.path", "%.400s/%s", folder, name);
    return err == KR_OK ? done(c, who, &f) : err;
}

enum kr_error block_out_take(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX], title[48];
    if (c->phase == OUT_WHERE)
        return where_take(c, a);
    block_key_title(c, title);
    snprintf(who, sizeof who, "%s", step_person(c));
    step_done(c, who, "%s · KCV %s", title, var_get(c, "block.kcv"));
    return state_persist(c);
}
