/* Parameters of the opening step: c->phase is the parameter's place in the script. */
#ifndef KEYRITE_CEREMONY_PARAMETER_H
#define KEYRITE_CEREMONY_PARAMETER_H

#include "steps.h"

void parameter_ask(struct ceremony *c, struct request *r);
/* The next phase when the answer does; else the problem is said. */
enum kr_error parameter_take(struct ceremony *c, const struct answer *a);
/* Its line in the opening entry. */
void parameter_record(const struct ceremony *c, const struct script_parameter *p, struct entry *e);
/* The rows of the data file, where the script asks for one, go into the store, and their digests
 * into the opening entry. Inside its transaction. */
enum kr_error parameter_data_keep(struct ceremony *c, struct entry *e);

#endif
