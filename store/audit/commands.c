#include "audit.h"

const struct audit_command audit_commands[] = {
    {"verify", "--person --passphrase-fd --checkpoint",
     "  verify STORE    proves every entry, signature and checkpoint, and that the rows (keys, "
     "cards,\n"
     "                  ceremonies, people) say what the journal says\n",
     audit_verify_store, NULL},
};
const size_t audit_command_count = sizeof audit_commands / sizeof audit_commands[0];
