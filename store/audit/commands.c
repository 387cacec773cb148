#include "audit.h"

#define STORE "--person --passphrase-fd"

const struct audit_command audit_commands[] = {
    {"verify", STORE " --checkpoint --journal --fingerprint",
     "  verify PATH     proves every entry, signature and checkpoint, and of a store that its "
     "rows\n"
     "                  (keys, cards, ceremonies, people) say what the journal says. Of a "
     "transfer\n"
     "                  note: its pages, signatures, digest and checkpoint; --journal PATH is the\n"
     "                  store or bundle of its sender or receiver, --fingerprint "
     "AAAA-BBBB-CCCC-DDDD\n"
     "                  that on its paper\n",
     audit_verify_store, audit_verify_bundle, audit_verify_note},
    {"show", STORE " --entry --from --until --ceremony",
     "  show PATH       lists the entries, or those of --ceremony ID, --from N --until N; with\n"
     "                  --entry N that one in full. Proves nothing\n",
     audit_show_store, audit_show_bundle, NULL},
    {"export", STORE " --to --form --ceremony --headers --level",
     "  export STORE    makes a bundle: --to FILE (new), --form text or json; of the whole journal "
     "or\n"
     "                  --ceremony ID (of the others only hashes, or with --headers all but what "
     "they\n"
     "                  say); --level N: what is more confidential than N (0-3) is withheld\n",
     audit_export, NULL, NULL},
    {"prove", STORE " --checkpoint --entry --size --from --until",
     "  prove PATH      verifies, then proves one thing in the form of RFC 9162: --entry N is in "
     "the\n"
     "                  journal (of --size N); the journal of --until N entries continues that of\n"
     "                  --from N; or it continues that of --checkpoint WHICH\n",
     audit_prove_store, audit_prove_bundle, NULL},
    {"report", STORE " --ceremony --statistics --script --pdf --lang",
     "  report PATH     verifies, then prints the report of --ceremony ID, or counts of keys, "
     "cards and\n"
     "                  acts with --statistics; with --pdf FILE writes it there instead. --script "
     "FILE\n"
     "                  brings the ceremony's script, which a bundle has not. Of a transfer note:\n"
     "                  the paper that goes with the bag\n",
     audit_report_store, audit_report_bundle, audit_report_note},
};
const size_t audit_command_count = sizeof audit_commands / sizeof audit_commands[0];
