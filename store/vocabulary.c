#include "vocabulary.h"

#include <libintl.h>
#include <stddef.h>
#include <string.h>

#include "../crypto/error.h"

/* clang-format off */
static const struct {
    const char *word, *phrase;
} words[] = {
    /* parameters of scripts */
    {"lot",           N_("lot")},
    {"kind",          N_("kind of cards")},
    {"quantity",      N_("quantity")},
    {"sheets",        N_("code sheets")},
    {"groups",        N_("groups")},
    {"components",    N_("components")},
    {"region",        N_("identifier of the region")},
    {"bank",          N_("identifier of the member bank")},
    {"data",          N_("data file")},
    {"key-holding",   N_("way to hold keys")},
    {"transfer-note", N_("transfer note")},
    {"cards",         N_("cards")},
    {"first",         N_("first number")},
    {"last",          N_("last number")},
    {"receiver",      N_("receiver")},
    {"receiver-id",   N_("identifier of the receiver")},
    {"package",       N_("bag")},
    {"person",        N_("person")},
    {"person-id",     N_("short name for the journal")},
    {"person-name",   N_("name as it is shown")},
    {"role",          N_("role")},
    {"act",           N_("what becomes of the role")},
    {"quorum",        N_("custodians who open the vault together")},
    {"key",           N_("key")},
    {"group",         N_("group (0: a key without groups)")},
    {"partner",       N_("key block protection key KBPK, group")},
    {"exportability", N_("may the receiver give it on?")},
    /* their choices */
    {"grant",         N_("granted")},
    {"withdraw",      N_("taken away")},
    {"final",         N_("no: it never leaves there again")},
    {"further",       N_("yes, in a key block")},
    {"letters",       N_("with check letters")},
    {"plain",         N_("without check letters")},
    {"national",      N_("national key management centre")},
    {"regional",      N_("regional (second-level) centre")},
    {"member",        N_("member bank centre")},
    {"city-centre",   N_("key management centre (city cards, two tiers)")},
    {"city-download", N_("card key download system (city cards, two tiers)")},
    {"mother-card",   N_("mode I: keys in the mother card")},
    {"hsm",           N_("mode II: keys in the HSM")},
    {"export",        N_("mode III: keys exported into the vault")},
    /* kinds of cards */
    {"mother",        N_("mother card")},
    {"psam",          N_("PSAM card")},
    {"user",          N_("user card")},
    {"manufacturer",  N_("manufacturer mother card")},
    {"washed-mother", N_("washed mother card")},
    {"rmkc",          N_("master mother card RMKC")},
    {"rakc",          N_("authentication card RAKC")},
    {"bkc",           N_("regional mother card BKC")},
    {"back",          N_("authentication card BACK")},
    {"mkc",           N_("member mother card MKC")},
    {"makc",          N_("authentication card MAKC")},
    {"mkc-export",    N_("member mother card MKC for export (mode III)")},
    {"hsm-init",      N_("HSM initialisation card (mode II)")},
    {"pakc",          N_("PSAM authentication card PAKC")},
    {"checkpoint-card", N_("checkpoint card")},
    {"checkpoint-card-region", N_("checkpoint card")},
    {"checkpoint-card-member", N_("checkpoint card")},
    {"rptk",          N_("RPTK card")},
    {"psam-second",   N_("PSAM issued a second time")},
    {"blank-mother",  N_("blank mother card")},
    {"blank-psam",    N_("blank PSAM")},
    {"blank-user",    N_("blank user card")},
    /* states of cards, and how a batch accounts for them */
    {"received",      N_("received")},
    {"authenticated", N_("authenticated")},
    {"washed",        N_("washed")},
    {"issued",        N_("issued")},
    {"verified",      N_("verified")},
    {"delivered",     N_("delivered")},
    {"good",          N_("good")},
    {"doubt",         N_("in doubt")},
    {"returned",      N_("returned")},
    {"spoiled",       N_("spoiled")},
    {"destroyed",     N_("destroyed")},
    /* why a card does not come back */
    {"dead",          N_("it does not answer any more")},
    {"lost",          N_("it cannot be found")},
    {"damaged",       N_("it is broken")},
    /* states of keys */
    {"generated",     N_("generated")},
    {"active",        N_("active")},
    {"retired",       N_("retired")},
    {"compromised",   N_("compromised")},
    {"destroyed-compromised", N_("destroyed, compromised")},
    /* acts on keys */
    {"activate",      N_("activate")},
    {"retire",        N_("retire")},
    {"restore",       N_("restore")},
    {"destroy",       N_("destroy")},
    {"compromise",    N_("mark as compromised")},
    /* what a card query finds a card to be */
    {"alien",         N_("foreign")},
    {"blocked",       N_("blocked for good")},
    {"blank",         N_("blank")},
    {"half",          N_("half written")},
    {"strange",       N_("unknown")},
    /* roles */
    {"administrator", N_("administrator")},
    {"custodian",     N_("custodian")},
    {"supervisor",    N_("supervisor")},
    {"operator",      N_("operator")},
    {"auditor",       N_("auditor")},
    /* kinds of journal entries */
    {"found",         N_("founding")},
    {"enrol",         N_("enrolment")},
    {"revoke",        N_("revocation")},
    {"policy",        N_("policy")},
    {"key-state",     N_("state of a key")},
    {"sign-in",       N_("sign-in")},
    {"sign-out",      N_("sign-out")},
    {"open",          N_("opening")},
    {"close",         N_("closing")},
    {"approval",      N_("approval")},
    {"intent",        N_("intent")},
    {"outcome",       N_("outcome")},
    {"component",     N_("component")},
    {"card",          N_("card")},
    {"balance",       N_("balance")},
    {"note",          N_("note")},
    {"exception",     N_("exception")},
    {"pause",         N_("pause")},
    {"resume",        N_("resume")},
    {"abort",         N_("abort")},
    {"refusal",       N_("refusal")},
    {"checkpoint",    N_("checkpoint")},
};
/* clang-format on */

const char *vocabulary(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0)
            return gettext(words[i].phrase);
    return word;
}
