/* The words that scripts, the inventory and the journal carry as data are those of the store. */
#ifndef KEYRITE_CEREMONY_VOCABULARY_H
#define KEYRITE_CEREMONY_VOCABULARY_H

#include "../store/vocabulary.h"

#endif
