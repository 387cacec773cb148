/*
 * What recorder.so writes and powercut reads: one record after the other, in the order in which
 * things were done. A record is this head, then path_len bytes of path (below the folder recorded;
 * "" is that folder), then len bytes of data. Numbers as the machine has them.
 */
#ifndef KEYRITE_TESTS_TORTURE_RECORDER_LOG_H
#define KEYRITE_TESTS_TORTURE_RECORDER_LOG_H

#include <stdint.h>

enum record_kind {
    RECORD_OPEN = 'O',     /* of handle; at: sum of enum record_open */
    RECORD_WRITE = 'W',    /* data at byte `at` of what the handle is */
    RECORD_TRUNCATE = 'T', /* to `at` bytes */
    RECORD_SYNC = 'S',     /* returned, with success */
    RECORD_RENAME = 'R',   /* data: the new path */
    RECORD_LINK = 'L',     /* data: the new path */
    RECORD_UNLINK = 'U',
    RECORD_MKDIR = 'M',
    RECORD_RMDIR = 'D',
    RECORD_BEGUN = 'B',     /* a COMMIT was given to the database */
    RECORD_COMMITTED = 'A', /* it returned, with success */
    RECORD_EFFECT = 'E',    /* commands go to a card; data: class and instruction of each */
    RECORD_TOLD = 'N',      /* people were told that the file is there; by the harness */
};
enum record_open { OPEN_MADE = 1, OPEN_EMPTIED = 2 };

#define RECORD_MAGIC 0x4B525443u
struct record_head {
    uint32_t magic;
    uint32_t kind;
    uint64_t handle, at;
    uint32_t path_len, len;
};

#endif
