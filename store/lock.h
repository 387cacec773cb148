/* One console per store; auditors share. Inside the store floor. */
#ifndef KEYRITE_STORE_LOCK_H
#define KEYRITE_STORE_LOCK_H

#include "database.h"

/* KR_E_STORE_BUSY while another process has the store open. *fd belongs to the caller
 * (store_unlock). */
enum kr_error store_lock_writing(const char *dir, int *fd);
/* Many readers, no writer. *fd is -1 where the copy has no lock file. */
enum kr_error store_lock_reading(const char *dir, int *fd);
void store_unlock(int *fd);

/* ---- A store opened for reading beside an unfinished write (recovery.c) ---- */

/* True when dir/journal.db-journal holds a transaction that was cut off: its first byte is not
 * zero. */
bool recovery_needed(const char *dir);
/* Copies journal.db and its rollback journal (both encrypted) into a new private folder under
 * TMPDIR and puts its name in copy_dir; SQLite then rolls back there, and what the auditor was
 * given stays untouched. */
enum kr_error recovery_copy(const char *dir, char copy_dir[PATH_MAX]);
void recovery_drop(char copy_dir[PATH_MAX]);

#endif
