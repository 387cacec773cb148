/* Stable words that scripts, the inventory and the journal carry as data ("letters", "mother",
 * "washed"), each with the phrase people read for it. The words never change; the phrases follow
 * the language. */
#ifndef KEYRITE_STORE_VOCABULARY_H
#define KEYRITE_STORE_VOCABULARY_H

/* The phrase in the language of the moment; the word itself when it is not in the table, as a
 * site's own scripts may bring others. Lives as long as the word and the catalogue do; never NULL.
 */
const char *vocabulary(const char *word);

#endif
