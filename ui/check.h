/* `keyrite check FILE...`: refuses a script or a card layout that breaks a rule, naming the line.
 */
#ifndef KEYRITE_UI_CHECK_H
#define KEYRITE_UI_CHECK_H

/* 0 when every file may be held as a ceremony, or is a layout that cards can be made by, else 1;
 * findings on stdout as FILE:LINE: RULE: what, files that cannot be read and layouts that do not do
 * on stderr. For a script that may be held: what goes on its printed copy, the digests of script
 * and card layouts, and the words that are read aloud, in both languages; twice where a city-card
 * deployment holds it too with layouts of its own. */
int check_files(char *const *files, int count, const char *layouts_dir);

#endif
