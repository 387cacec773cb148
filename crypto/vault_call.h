/* One request to the vault process and its answer, as vault.h's functions make them. */
#ifndef KEYRITE_CRYPTO_VAULT_CALL_H
#define KEYRITE_CRYPTO_VAULT_CALL_H

#include "vault_message.h"

struct vault_call {
    struct vault *v;
    struct wire w; /* the request being written, then the answer being read */
    enum kr_error err;
    size_t used; /* bytes of the buffer to be wiped */
};

/* Begins the request of an operation: put its fields into c->w. */
void vault_call_begin(struct vault_call *c, struct vault *v, enum vault_op op);
/* Sends it, and waits. True when results follow, to be read from c->w. pass_fd -1 for none. */
bool vault_call_run(struct vault_call *c, int pass_fd);
/* Wipes the message and returns the vault's error with its detail, KR_E_VAULT_GONE or KR_E_MESSAGE.
 */
enum kr_error vault_call_end(struct vault_call *c);

/* For the many operations whose only result is a handle with its KCV. */
enum kr_error vault_call_for_key(struct vault_call *c, vault_handle *key, struct kcv *kcv);
/* Results of one byte string: exactly len bytes, or at most *len. */
enum kr_error vault_call_for_bytes(struct vault_call *c, uint8_t *out, size_t len);
enum kr_error vault_call_for_upto(struct vault_call *c, uint8_t *out, size_t *len);

#endif
