/* The checkpoint on paper: shown, or answered for by two people when it is lost. */
#include <stdio.h>
#include <string.h>

#include "../store/paper.h"
#include "session_inside.h"

bool session_paper_due(const struct session *s)
{
    return s->paper_due;
}

static enum kr_error paper_record(struct session *s, enum kr_error found, const char *form)
{
    struct present_person who;
    struct entry e;
    if (session_present(s, &who, 1) == 0)
        return kr_fail(KR_E_NOT_SIGNED_IN, "-");
    struct signer signer = signer_as(s, who.person, first_role(who.roles));
    entry_begin(&e, found == KR_OK ? "checkpoint" : "refusal");
    entry_add(&e, "text", "the checkpoint on paper: %s", form);
    if (found != KR_OK)
        entry_add(&e, "error", "%s", kr_name(found));
    entry_add(&e, "software", "%s", KEYRITE_VERSION);
    enum kr_error err = record_signed(s, &e, &signer, 1);
    entry_free(&e);
    return err;
}

enum kr_error session_paper_shown(struct session *s, const char *typed)
{
    char form[CHECKPOINT_SHORT_MAX] = "", detail[192];
    enum kr_error found = paper_check(s->store, typed, strlen(typed), form);
    snprintf(detail, sizeof detail, "%s", kr_detail());
    if (found == KR_E_NOT_CHECKPOINT) /* a slip of the hand says nothing */
        return found;
    enum kr_error err = paper_record(s, found, form);
    if (err != KR_OK)
        return err;
    s->paper_due = found != KR_OK;
    return found == KR_OK ? KR_OK : kr_fail(found, "%s", detail);
}

enum kr_error session_paper_admits(const struct session *s)
{
    if (s->card_against != KR_OK)
        return kr_fail(s->card_against, "%s", s->card_form);
    return session_paper_due(s) ? kr_fail(KR_E_PAPER_DUE, "-") : KR_OK;
}

const char *session_paper_lost_by(const struct session *s)
{
    return s->paper_lost_by;
}

void session_paper_lost_forget(struct session *s)
{
    s->paper_lost_by[0] = '\0';
}

static unsigned roles_of(const struct session *s, const char *person)
{
    const struct slots *slots = session_slots(s);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, person);
    return p == NULL ? 0 : p->roles & ~(unsigned)ROLE_AUDITOR;
}

/* Whether these two may answer for it; the first may be nobody yet. */
static enum kr_error may_override(const struct session *s, const char *first, const char *second)
{
    unsigned one = roles_of(s, first), other = roles_of(s, second);
    if (strcmp(first, second) == 0)
        return kr_fail(KR_E_SAME_PERSON, "%s", second);
    if (other == 0 || (first[0] != '\0' && ((one | other) & ROLE_SUPERVISOR) == 0))
        return kr_fail(KR_E_TWO_PEOPLE, "-");
    return KR_OK;
}

static struct signer override_signer(struct session *s, const char *person, bool chief)
{
    return signer_as(s, person, chief ? ROLE_SUPERVISOR : first_role(roles_of(s, person)));
}

static enum kr_error override_record(struct session *s, const char *first, const char *second)
{
    bool chief = (roles_of(s, first) & ROLE_SUPERVISOR) != 0;
    struct signer two[2] = {override_signer(s, first, chief), override_signer(s, second, !chief)};
    char form[CHECKPOINT_SHORT_MAX];
    struct entry e;
    session_paper_form(s, form);
    entry_begin(&e, "exception");
    entry_add(&e, PAPER_OVERRIDE_LINE, "%s", PAPER_OVERRIDE);
    entry_add(&e, "text", "the checkpoint on paper was not shown when the store was opened: %s",
              form[0] == '\0' ? "-" : form);
    entry_add(&e, "software", "%s", KEYRITE_VERSION);
    enum kr_error err = record_signed(s, &e, two, 2);
    entry_free(&e);
    return err;
}

enum kr_error session_paper_lost(struct session *s, const char *person, vault_handle passphrase,
                                 bool *done)
{
    char first[PERSON_ID_MAX];
    *done = false;
    if (!session_is_present(s, s->paper_lost_by)) /* who has left does not sign */
        session_paper_lost_forget(s);
    memcpy(first, s->paper_lost_by, sizeof first);
    enum kr_error err = may_override(s, first, person);
    if (err != KR_OK)
        vault_drop(s->vault, passphrase);
    else
        err = session_prove(s, person, passphrase);
    if (err == KR_OK && first[0] == '\0') {
        snprintf(s->paper_lost_by, sizeof s->paper_lost_by, "%s", person);
        return KR_OK;
    }
    if (err == KR_OK)
        err = override_record(s, first, person);
    if (err == KR_OK) {
        session_paper_lost_forget(s);
        s->paper_due = false;
        *done = true;
    }
    return err;
}

void session_paper_form(const struct session *s, char form[CHECKPOINT_SHORT_MAX])
{
    if (paper_form(s->store, form) != KR_OK)
        form[0] = '\0';
}
