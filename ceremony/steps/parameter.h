/* Parameters of the opening step: c->phase is the parameter's place in the script. */
#ifndef KEYRITE_CEREMONY_PARAMETER_H
#define KEYRITE_CEREMONY_PARAMETER_H

#include "steps.h"

void parameter_ask(struct ceremony *c, struct request *r);
/* The next phase when the answer does; else the problem is said. */
enum kr_error parameter_take(struct ceremony *c, const struct answer *a);
/* Their lines in the opening entry, inside its transaction: of a file not where it lies, but its
 * digest. The rows of a data file go into the store. */
enum kr_error parameters_record(struct ceremony *c, struct entry *e);
/* What that line says after the name. */
const char *parameter_said(const struct ceremony *c, const struct script_parameter *p);

#endif
