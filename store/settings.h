/* The settings of the connection, in one table, and the tables of the database, in another. Inside
 * database.c only. */
#ifndef KEYRITE_STORE_SETTINGS_H
#define KEYRITE_STORE_SETTINGS_H

#include "database.h"

/* What the slot file records about the format of journal.db; this version opens no other. */
#define DATABASE_CIPHER "sqlcipher raw-256 page-4096 hmac-sha1 kdf-sha1"

/* Applies every setting and reads each one back. KR_E_STORE_SETTING names the one that is not in
 * force. */
enum kr_error settings_apply(struct store *s);

/* The tables, indexes and triggers of a new database, in one transaction. */
enum kr_error schema_create(struct store *s);
/* KR_E_STORE_NEWER, or KR_E_STORE_DAMAGED when a table, index or trigger is missing, added or
 * altered. */
enum kr_error schema_check(struct store *s);

#endif
