/* What the values of a key block's header mean: ANSI X9.143-2021 section 6.3, tables 2 to 7. */
#include "key_block.h"

#include <string.h>

struct word {
    const char *value;
    const char *words;
};

static const char *look_up(const struct word *table, size_t count, const char *value, size_t len)
{
    const char *words = NULL;

    for (size_t i = 0; i < count; i++)
        if (strncmp(table[i].value, value, len) == 0)
            words = table[i].words;
    return words;
}
#define LOOK_UP(table, value, len) look_up(table, sizeof(table) / sizeof((table)[0]), value, len)

static const struct word usages[] = {
    {"B0", N_("base derivation key of terminals")},
    {"B1", N_("initial key of a terminal")},
    {"B2", N_("base key of key variants")},
    {"B3", N_("derivation of keys")},
    {"C0", N_("card verification codes")},
    {"D0", N_("encryption of data")},
    {"D1", N_("encryption of data, asymmetric")},
    {"D2", N_("encryption of decimalisation tables")},
    {"D3", N_("encryption of sensitive data")},
    {"E0", N_("card issuer's master key: application cryptograms")},
    {"E1", N_("card issuer's master key: secure messaging, confidentiality")},
    {"E2", N_("card issuer's master key: secure messaging, integrity")},
    {"E3", N_("card issuer's master key: data authentication codes")},
    {"E4", N_("card issuer's master key: dynamic numbers")},
    {"E5", N_("card issuer's master key: personalisation of cards")},
    {"E6", N_("card issuer's master key: other uses")},
    {"E7", N_("card's key pair for PIN encryption")},
    {"I0", N_("initialisation value")},
    {"K0", N_("encryption of other keys")},
    {"K1", N_("protection of key blocks")},
    {"K2", N_("key pair of a receiving device (TR-34)")},
    {"K3", N_("key pair for agreeing on keys")},
    {"K4", N_("protection of key blocks (ISO 20038)")},
    {"M0", N_("MAC of ISO 16609 algorithm 1")},
    {"M1", N_("MAC of ISO 9797-1 algorithm 1")},
    {"M2", N_("MAC of ISO 9797-1 algorithm 2")},
    {"M3", N_("MAC of ISO 9797-1 algorithm 3")},
    {"M4", N_("MAC of ISO 9797-1 algorithm 4")},
    {"M5", N_("MAC of ISO 9797-1:1999 algorithm 5")},
    {"M6", N_("MAC of ISO 9797-1 algorithm 5 (CMAC)")},
    {"M7", N_("HMAC")},
    {"M8", N_("MAC of ISO 9797-1 algorithm 6")},
    {"P0", N_("encryption of PINs")},
    {"P1", N_("generation of PINs")},
    {"S0", N_("key pair for signatures")},
    {"S1", N_("key pair of a certification authority")},
    {"S2", N_("key pair for other uses")},
    {"V0", N_("verification of PINs")},
    {"V1", N_("verification of PINs, IBM 3624")},
    {"V2", N_("verification of PINs, Visa PVV")},
    {"V3", N_("verification of PINs, X9.132 algorithm 1")},
    {"V4", N_("verification of PINs, X9.132 algorithm 2")},
    {"V5", N_("verification of PINs, X9.132 algorithm 3")},
};

static const struct word algorithms[] = {
    {"A", "AES"}, {"D", "DES"}, {"E", "EC"},   {"H", "HMAC"},
    {"R", "RSA"}, {"S", "DSA"}, {"T", "3DES"},
};

static const struct word modes[] = {
    {"B", N_("both ways: encrypts and decrypts, wraps and unwraps")},
    {"C", N_("makes and checks MACs")},
    {"D", N_("decrypts or unwraps only")},
    {"E", N_("encrypts or wraps only")},
    {"G", N_("makes MACs only")},
    {"N", N_("without restriction beyond its use")},
    {"S", N_("signs only")},
    {"T", N_("signs and decrypts")},
    {"V", N_("checks MACs or signatures only")},
    {"X", N_("only derives other keys")},
    {"Y", N_("only makes variants of itself")},
};

static const struct word exportabilities[] = {
    {"E", N_("may leave again, in a trusted form under a transport key")},
    {"N", N_("may never leave again")},
    {"S", N_("may leave again, also in forms less strict")},
};

static const struct word contexts[] = {
    {"0", N_("as the transport key says")},
    {"1", N_("for storage only")},
    {"2", N_("for exchange only")},
};

static const struct word options[] = {
    {"AL", N_("life of the key pair")},
    {"BI", N_("identifier of the base derivation key")},
    {"CT", N_("certificate")},
    {"DA", N_("derivations allowed")},
    {"FL", N_("flags")},
    {"HM", N_("hash of the HMAC")},
    {"IK", N_("identifier of the initial key")},
    {"KC", N_("check value of the key")},
    {"KP", N_("check value of the transport key")},
    {"KS", N_("serial number of the initial key")},
    {"KV", N_("version of the values")},
    {"LB", N_("label")},
    {"PB", N_("filling")},
    {"PK", N_("check value of the transport key of the export")},
    {"TC", N_("time of making")},
    {"TS", N_("time stamp")},
    {"WP", N_("history of wrapping")},
};

const char *key_block_usage_words(const char usage[3])
{
    return LOOK_UP(usages, usage, 2);
}

const char *key_block_algorithm_words(char algorithm)
{
    return LOOK_UP(algorithms, &algorithm, 1);
}

const char *key_block_mode_words(char mode)
{
    return LOOK_UP(modes, &mode, 1);
}

const char *key_block_exportability_words(char exportability)
{
    return LOOK_UP(exportabilities, &exportability, 1);
}

const char *key_block_context_words(char context)
{
    return LOOK_UP(contexts, &context, 1);
}

const char *key_block_option_words(const char id[3])
{
    return LOOK_UP(options, id, 2);
}
