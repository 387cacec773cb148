/* The commands of keyrite-audit-bundle, which reads bundles only and needs nothing but OpenSSL. */
#include "audit.h"

const struct audit_command audit_commands[] = {
    {"verify", "--checkpoint --journal --fingerprint",
     "  verify PATH     proves every entry, signature and checkpoint; of a transfer note its "
     "pages,\n"
     "                  signatures, digest and checkpoint: --journal PATH is the bundle of its "
     "sender\n"
     "                  or receiver, --fingerprint AAAA-BBBB-CCCC-DDDD that on its paper\n",
     NULL, audit_verify_bundle, audit_verify_note_with_bundle},
    {"show", "--entry --from --until --ceremony",
     "  show PATH       lists the entries, or those of --ceremony ID, --from N --until N; with\n"
     "                  --entry N that one in full. Proves nothing\n",
     NULL, audit_show_bundle, NULL},
    {"prove", "--checkpoint --entry --size --from --until",
     "  prove PATH      verifies, then proves one thing in the form of RFC 9162: --entry N is in "
     "the\n"
     "                  journal (of --size N); the journal of --until N entries continues that of\n"
     "                  --from N; or it continues that of --checkpoint WHICH\n",
     NULL, audit_prove_bundle, NULL},
};
const size_t audit_command_count = sizeof audit_commands / sizeof audit_commands[0];
