#include "steps.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct step_kind step_kinds[] = {
    /* name               effect cards  secret who    key    layout reader */
    {"open",              false, false, false, false, false, false, false, open_ask, open_take},
    {"script-words",      false, false, false, true,  false, false, false, script_words_ask, script_words_take},
    {"component",         false, false, true,  true,  true,  false, false, component_ask, component_take},
    {"combine",           false, false, false, true,  true,  false, false, combine_ask, combine_take},
    {"approve",           false, false, false, true,  false, false, false, approve_ask, approve_take},
    {"keep",              true,  false, false, true,  true,  false, false, keep_ask, keep_take},
    {"generate",          true,  false, false, true,  true,  false, false, generate_ask, generate_take},
    {"manufacturer-card", true,  false, false, true,  true,  false, true,  manufacturer_card_ask, manufacturer_card_take},
    {"intake",            true,  true,  false, true,  false, false, true,  intake_ask, intake_take},
    {"wash",              true,  true,  false, true,  false, true,  true,  wash_ask, wash_take},
    {"issue",             true,  true,  false, true,  false, true,  true,  issue_ask, issue_take},
    {"read-back",         true,  false, false, true,  false, true,  true,  read_back_ask, read_back_take},
    {"personalise",       true,  true,  false, true,  false, true,  true,  personalise_ask, personalise_take},
    {"load-keys",         true,  false, false, true,  true,  false, false, load_keys_ask, load_keys_take},
    {"receive",           true,  true,  false, true,  true,  true,  false, receive_ask, receive_take},
    {"receive-psam",      true,  true,  false, true,  false, true,  true,  receive_psam_ask, receive_psam_take},
    {"take-whole",        true,  false, false, true,  true,  false, false, take_whole_ask, take_whole_take},
    {"key-holding",       true,  false, false, true,  false, false, false, key_holding_ask, key_holding_take},
    {"person-enrol",      true,  false, false, true,  false, false, false, person_enrol_ask, person_enrol_take},
    {"person-revoke",     true,  false, false, true,  false, false, false, person_revoke_ask, person_revoke_take},
    {"person-credential", true,  false, false, true,  false, false, false, person_credential_ask, person_credential_take},
    {"person-recover",    true,  false, false, true,  false, false, false, person_recover_ask, person_recover_take},
    {"person-role",       true,  false, false, true,  false, false, false, person_role_ask, person_role_take},
    {"quorum-change",     true,  false, false, true,  false, false, false, quorum_change_ask, quorum_change_take},
    {"key-activate",        true,  false, false, true,  false, false, false, key_act_ask, key_act_take},
    {"key-retire",          true,  false, false, true,  false, false, false, key_act_ask, key_act_take},
    {"key-restore",         true,  false, false, true,  false, false, false, key_act_ask, key_act_take},
    {"key-compromise",      true,  false, false, true,  false, false, false, key_act_ask, key_act_take},
    {"key-destroy",         true,  false, false, true,  false, false, false, key_destroy_ask, key_destroy_take},
    {"check-note",        false, false, false, true,  false, false, false, check_note_ask, check_note_take},
    {"transfer",          true,  false, false, true,  false, false, false, transfer_ask, transfer_take},
    {"write-note",        false, false, false, true,  false, false, false, write_note_ask, write_note_take},
    {"purchase",          true,  false, false, true,  false, false, false, prove_ask, prove_take},
    {"load",              true,  false, false, true,  false, false, false, prove_ask, prove_take},
    {"refusal",           true,  false, false, true,  false, false, false, prove_ask, prove_take},
    {"block-out",         true,  false, false, true,  false, false, false, block_out_ask, block_out_take},
    {"block-check",       false, false, false, true,  false, false, false, block_check_ask, block_check_take},
    {"block-in",          true,  false, false, true,  false, false, false, block_in_ask, block_in_take},
    {"pin-change",        true,  false, false, true,  false, false, true,  card_pin_ask, card_pin_take},
    {"pin-unlock",        true,  false, false, true,  false, false, true,  card_pin_ask, card_pin_take},
    {"balance",           false, false, false, true,  false, false, false, balance_ask, balance_take},
    {"close",             false, false, false, true,  false, false, false, close_ask, close_take},
    {"centre",            false, false, false, false, false, false, false, centre_ask, centre_take},
    {"enrol",             false, false, false, false, false, false, false, enrol_ask, enrol_take},
    {"found",             false, false, false, false, false, false, false, found_ask, found_take},
};
/* clang-format on */
const size_t step_kind_count = sizeof step_kinds / sizeof step_kinds[0];

const struct step_kind *step_kind_by_name(const char *name)
{
    for (size_t i = 0; i < step_kind_count; i++)
        if (strcmp(step_kinds[i].name, name) == 0)
            return &step_kinds[i];
    return NULL;
}

bool answer_is(const struct answer *a, const char *word)
{
    return a->kind == ANSWER_CHOICE && strcmp(a->text, word) == 0;
}

enum kr_error refuse(struct ceremony *c, const char *who, enum kr_error why)
{
    struct entry e;
    char detail[192];
    snprintf(detail, sizeof detail, "%s", kr_detail());
    step_problem(c, why);
    if (session_store(c->session) == NULL || c->id[0] == '\0' ||
        var_get(c, "open-entry")[0] == '\0')
        return KR_OK;
    record_begin(c, &e, "refusal");
    entry_add(&e, "error", "%s", kr_name(why));
    entry_add(&e, "text", "%s", detail);
    return record_simple(c, &e, who, NULL, NULL);
}
