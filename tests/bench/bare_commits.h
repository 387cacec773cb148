/* One-row commits of a bare SQLCipher connection with the store's settings, on the file system of a
 * folder. */
#ifndef KEYRITE_BENCH_BARE_COMMITS_H
#define KEYRITE_BENCH_BARE_COMMITS_H

struct bare_commits;

/* Ends the program with status 2 when it cannot. Opens FOLDER/bare.db. */
struct bare_commits *bare_commits_open(const char *folder);
double bare_commit(struct bare_commits *b); /* seconds */
void bare_commits_close(struct bare_commits **b);

#endif
