/*
 * The three ways in which a member bank holds its keys (../shared/domain/system.md section 4): in
 * its mother card, in an HSM, or exported into its own key system. Which one is in force is a
 * policy of the centre, "key-holding"; scripts say for which they are. docs/decisions/0013.
 */
#ifndef KEYRITE_CEREMONY_KEY_HOLDING_H
#define KEYRITE_CEREMONY_KEY_HOLDING_H

#include "run.h"

bool key_holding_known(const char *word);
/* What the journal says now, proved. */
enum kr_error key_holding_now(struct session *s, char word[KEY_HOLDING_ROOM]);
/* A script that names no way is for all of them. */
bool key_holding_serves(const struct script *script, const char *word);
/* KR_E_KEY_HOLDING when the script is for another way than the one in force;
 * KR_E_EXPORT_FORBIDDEN when it is for mode III alone, and that is not in force. The store is open.
 */
enum kr_error key_holding_fits(struct session *s, const struct script *script);
/* The same at the opening, and again before a key leaves; and KR_E_EXPORT_FORBIDDEN when the
 * ceremony works with a card whose layout lets a master key leave whole, and mode III is not in
 * force; KR_E_SCRIPT_RULE when fewer than two supervisors approve that such a card is made. */
enum kr_error key_holding_admits(struct ceremony *c);
#define GIVEN_WHOLE 0x80 /* attribute of a master key: leaves its card also undiversified */
/* Of mother cards: a master key may leave as it is, without being diversified. */
bool layout_gives_whole(const struct layout *l);

#endif
