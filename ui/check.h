/* `keyrite check FILE...`: refuses a script that breaks a rule, naming line and rule. */
#ifndef KEYRITE_UI_CHECK_H
#define KEYRITE_UI_CHECK_H

/* 0 when every file may be held as a ceremony, else 1; findings on stdout as FILE:LINE: RULE: what,
 * files that cannot be read on stderr. */
int check_files(char *const *files, int count);

#endif
