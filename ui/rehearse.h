/*
 * `keyrite rehearse`: the very engine of the console, driven from an answers file on simulated
 * cards and a throw-away store, one line per step. docs/rehearsal.md is its page.
 */
#ifndef KEYRITE_UI_REHEARSE_H
#define KEYRITE_UI_REHEARSE_H

/* argv[0] is the word "rehearse". The program has called child_dispatch() and harden_process()
 * before. Exit status: 0 every ceremony was closed; 1 one was not (the sentence a person would have
 * read is on stderr); 2 the command line or the answers file is wrong; 3 paused because an answer
 * said so. */
int rehearse_main(int argc, char **argv);

#endif
