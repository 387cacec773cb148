/* `keyrite check FILE...`: refuses a script that breaks a rule, naming line and rule. */
#ifndef KEYRITE_UI_CHECK_H
#define KEYRITE_UI_CHECK_H

/* 0 when every file may be held as a ceremony, else 1; findings on stdout as FILE:LINE: RULE: what,
 * files that cannot be read on stderr. For a script that may be held: what goes on its printed
 * copy, the digests of script and card layouts, and the words that are read aloud, in both
 * languages. */
int check_files(char *const *files, int count, const char *layouts_dir);

#endif
