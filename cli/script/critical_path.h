/*
 * Finds the chain of threads that decided when a run ended. The search goes backwards: from the thread that ended last
 * (a daemon only if its end took long) to the thread that it waited for, and so on to the beginning. A thread
 * waits for a thread that it needs, for the thread whose slot it got, or for its start by the script, which may
 * have waited for a thread itself.
 *
 * The course of a run does not say what the script waited for. If the script pauses before a start, and a thread
 * ended or became ready in the pause, the script is assumed to have waited for the last such thread.
 */
#ifndef K3THREAD_CLI_SCRIPT_CRITICAL_PATH_H
#define K3THREAD_CLI_SCRIPT_CRITICAL_PATH_H

#include "cli/script/run_result.h"

/* The kind of a part of the path. */
enum path_kind {
    PATH_SCRIPT, /* the script had not started the next thread yet */
    PATH_DELAY,  /* the thread waited: for its time, or between two runs */
    PATH_QUEUE,  /* the thread waited, and no other thread is known as the reason */
    PATH_RUN,    /* the thread's command ran */
    PATH_STOP    /* the thread was being ended */
};

/* The reason why a part began when the part before it ended. */
enum path_cause {
    CAUSE_NONE,  /* the part before it belongs to the same thread, or there is none */
    CAUSE_NEED,  /* the thread needed the other thread */
    CAUSE_SLOT,  /* the end of the other thread made its slot free */
    CAUSE_JOIN,  /* the script started the thread after the other thread had ended */
    CAUSE_READY, /* the script started the thread after the other thread had become ready */
    CAUSE_END    /* the end of the other thread began the end of this thread */
};

/* One part of the path. */
struct path_part {
    json_int_t      id; /* of the thread; 0: the script */
    enum path_kind  kind;
    enum path_cause cause;
    const json_t   *need;         /* of CAUSE_NEED: an element of the member "needs" */
    double          began, ended; /* seconds from the beginning of the run */
};

/* The path. Zeroed it is empty. */
struct critical_path {
    struct path_part *parts; /* in the order of time */
    size_t            count;
    bool              failed; /* memory was lacking */
};

/* Finds the path of the run; an empty path if no thread ran. */
void critical_path_find(struct critical_path *path, const struct run_result *result);
void critical_path_release(struct critical_path *path);

/*
 * Returns the time at which NEED, an element of "needs", was met for a thread that waited from AFTER to UNTIL: a time
 * before AFTER if it was met already then; NAN if the time is not known.
 */
double critical_path_met(const struct course *course, const json_t *need, double after,
                         double until);

#endif
