/*
 * Who the threads of a run are, and what their commands print: the members, and a printer that is
 * told of each write to their logs.
 */
#ifndef K3THREAD_CLI_SCRIPT_TRANSCRIPT_H
#define K3THREAD_CLI_SCRIPT_TRANSCRIPT_H

#include "cli/script/members.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

struct transcript {
    struct printer printer;
    struct members members;
    char          *logs;     /* their directory; NULL: not known yet */
    int            inotify;  /* -1: the system has none to spare */
    bool           watching; /* the directory; otherwise the logs are looked at */
    bool           is_full;  /* its file system was */
};

/* Prints to FD; FLAGS are printer.h's. */
void transcript_open(struct transcript *transcript, int fd, unsigned flags);

/*
 * Returns the parameters of the request for events: those that transcript_update() looks at and that
 * a run tells of, with BEGINNINGS of commands, too. NULL without memory.
 */
json_t *transcript_make_watch(bool beginnings);

/* All logs will be in DIRECTORY (bytes), and none is there yet. Returns 0 or -errno. */
int transcript_watch(struct transcript *transcript, const json_t *directory);

/* Takes over what THREAD says of itself. Returns whether it has ended, the first time it says so. */
bool transcript_update(struct transcript *transcript, json_t *thread);

/* Returns the path of the log that THREAD has unless it writes elsewhere, or NULL without memory. */
char *transcript_log(const struct transcript *transcript, const json_t *thread);

/*
 * Learns what was written by now: to be called between the news of an end and transcript_collect(),
 * since a write is known before the end of the thread that wrote.
 */
void transcript_look(struct transcript *transcript);

/* Takes what is known to be written, to be printed. Returns 0 or -ENOMEM. */
int transcript_collect(struct transcript *transcript);

/* Returns true the first time that there is no room for more output. */
bool transcript_fills_up(struct transcript *transcript);

/* How long to wait for news of writes before the next look or collection, in milliseconds; -1: for ever. */
int transcript_patience(const struct transcript *transcript);

/* With the supervisor gone; removes the times that were kept for it. */
void transcript_close(struct transcript *transcript);

#endif
