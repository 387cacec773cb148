/*
 * What the injector (faults.c, preloaded into the program and its children) and its driver
 * (failing) share: one file, mapped by all of them. The mapping is made before a child shuts itself
 * in, so that counting and noting need no system call afterwards.
 */
#ifndef KEYRITE_TESTS_TORTURE_FAULTS_H
#define KEYRITE_TESTS_TORTURE_FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULTS_VARIABLE "KEYRITE_FAULTS" /* names the file */
#define FAULTS_NOTES    ((uint64_t)4 << 20)

/* Each kind counts its own calls; only files below root count. */
enum fault_kind {
    FAULT_NONE,
    FAULT_READ,   /* read, open: EIO */
    FAULT_WRITE,  /* write, truncate, create, rename, unlink, mkdir: EIO */
    FAULT_FULL,   /* write, create, rename, mkdir: ENOSPC */
    FAULT_SHORT,  /* half of what was to be written is, and said so */
    FAULT_SYNC,   /* fsync, fdatasync of files and folders: EIO */
    FAULT_MEMORY, /* malloc, calloc, realloc, mmap, secure heap, new thread, new process */
    FAULT_RANDOM, /* getrandom, getentropy, RAND_bytes and its kin */
    FAULT_CLOCK,  /* the wall clock says 400 days ago */
};
enum fault_role { ROLE_PROGRAM = 1, ROLE_VAULT = 2, ROLE_CARDS = 4, ROLE_WATCH = 8 };

/* In the driver: "<IIIIQ256s" of the first six fields. Native numbers, no padding. */
struct faults {
    uint32_t kind;
    uint32_t lasting; /* every call from the n-th on, not only that one */
    uint32_t roles;   /* whose calls count: sum of fault_role */
    uint32_t survey;  /* notes the first call from each place */
    uint64_t at;      /* the n-th, from 1; 0 never */
    char root[256];
    _Atomic uint64_t calls;
    _Atomic uint64_t fired;
    char first[256]; /* where the first one struck: role, call, who called */
    _Atomic uint64_t noted;
    char notes[FAULTS_NOTES]; /* lines, in the order in which things happened */
};

#endif
