/* What people type to find entries, made into a filter of the store. */
#ifndef KEYRITE_UI_JOURNAL_WORDS_H
#define KEYRITE_UI_JOURNAL_WORDS_H

#include "../store/journal_filter.h"

/*
 * Words typed apart must all be found; groups of digits are one number. "person:wang" looks only
 * among people; the other classes are role, card, key, ceremony, kind, date and requirement, each
 * also in the reader's language. A kind, a role and somebody's name are also found by the words in
 * which they are shown.
 */
void journal_words(const char *text, const struct slots *slots, struct journal_filter *filter);

#endif
