/*
 * Reads the logs of the threads that follow_all.c follows: files that inotify watches, or pieces that come from
 * another machine. A function that fails reports the failure and puts the exit status into ->status.
 */
#ifndef K3THREAD_CLI_COMMANDS_FOLLOWED_LOGS_H
#define K3THREAD_CLI_COMMANDS_FOLLOWED_LOGS_H

#include "cli/client/log_feed.h"
#include "cli/commands/follow_all_options.h"
#include "cli/commands/session.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

/* One thread that is followed. */
struct followed {
    json_int_t             id, log_request, join_request;
    json_int_t             runs;    /* as the supervisor has last reported it */
    bool                   located; /* the request for the log was answered */
    bool                   ended;
    struct printer_source *source; /* NULL: not located yet, or there is no log to show */
    struct log_feed       *feed;   /* brings the log from another machine; NULL: it is a file */
    bool                   failed; /* the feed has failed, which was reported */
    int                    watch;  /* inotify's number for the log; -1: none */
};

struct followers {
    const struct invocation         *invocation;
    const char                      *pattern;
    const struct follow_all_options *options;
    struct printer                   printer;
    struct followed                 *members;
    size_t                           count;
    size_t                           first_count;  /* how many matched at the beginning */
    json_int_t                       list_request; /* 0: none is under way */
    int                              inotify;
    int                              status;   /* of a failure that was reported, or STATUS_DONE */
    bool                             has_lost; /* a log could not be read, and the others go on */
};

/* Reports that WHAT has failed with ERROR, -errno. Returns the exit status. */
int followed_logs_fail(struct followers *all, const char *what, int error);

/* Asks for the log of MEMBER, if it is on another machine. Returns 0 or -errno. */
int followed_log_ask(const struct followers *all, struct followed *member);

/* Asks for the output of another run of MEMBER, if all output of the last run has come. Returns 0 or -errno. */
int followed_log_ask_again(const struct followers *all, struct followed *member);

/* Asks for further pieces of the logs of another machine. Returns false after a failure. */
bool followed_logs_ask_more(struct followers *all);

/* Takes RESULT, the reply to "logs"; NULL if that was an error, because the thread was cleared. */
void followed_log_locate(struct followers *all, struct followed *member, const json_t *result);

/*
 * Takes REPLY and returns true, if it brings a piece of the log of MEMBER. The last piece of a run may come before the
 * end of the thread is known, or when the thread runs again already: then asks for the log of the next run.
 */
bool followed_log_take(struct followers *all, struct followed *member, const struct reply *reply);

/* Returns true if all of the log of MEMBER can be printed, once its thread has ended. */
bool followed_log_is_whole(const struct followed *member);

/* Ends the log of MEMBER, if it has ended and all of the log is here. */
void followed_log_end_if_whole(struct followed *member);

/* Takes the events of the files: notes which logs have grown, and looks for logs that were made, or made again. */
void followed_logs_read_events(struct followers *all);

/* Returns the milliseconds after which the logs must be looked at, or -1. */
int followed_logs_patience(const struct followers *all);

/* Warns if the disk of MEMBER's log is full. Returns true if it is. */
bool followed_log_warn_full(const struct followers *all, const struct followed *member);

/* Frees the feed of MEMBER, if it has one. */
void followed_log_close(struct followed *member);

#endif
