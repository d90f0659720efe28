/*
 * Collects the course of a run from the supervisor's events: the beginning and the end of each phase of each thread,
 * and the exceptions that were raised. `run --trace` and `run --report` show it.
 */
#ifndef K3THREAD_CLI_SCRIPT_COURSE_H
#define K3THREAD_CLI_SCRIPT_COURSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The end of one run of a command. */
struct course_end {
    int     exit_code; /* -1: none */
    int     signal;    /* 0: none */
    json_t *exception; /* the exception that ended the thread, or NULL */
};

/* A time that a thread spent in one state. Times are seconds from the beginning of the run. */
struct course_phase {
    const char       *word; /* the state */
    json_int_t        run;  /* the number of the run, from 1; 0: the command did not run */
    double            began, ended;
    bool              is_last; /* the last phase of its run, which ended as END says */
    struct course_end end;
};

/* The phases of one thread, in their order. */
struct course_thread {
    struct course_phase *phases;
    size_t               count;

    /* For course.c. */
    bool       is_known;
    size_t     first;   /* the first phase whose end is not known, or may still be moved */
    json_int_t runs;    /* how many runs of the command are known */
    bool       in_run;  /* the phases from `first` on belong to the last run */
    double     started; /* the time at which the last run began */
};

/* An exception that was raised in a thread. */
struct course_raise {
    json_int_t id; /* of the thread */
    double     time;
    json_t    *exception, *message; /* MESSAGE may be null */
    json_t    *inner;               /* the name of the thread inside its process; NULL: none */
};

/* The course of one run. */
struct course {
    bool                  is_wanted; /* if not, the functions below do nothing */
    bool                  failed;    /* memory was lacking */
    double                began;     /* the beginning, since the epoch; other times count from it */
    struct course_thread *threads;   /* by their ids; also for ids that no thread has */
    size_t                size;
    struct course_raise  *raises; /* in the order of their times */
    size_t                raise_count;
};

/* Begins the course at the present time. */
void course_open(struct course *course, bool is_wanted);
void course_close(struct course *course);

/* Takes the parameters of an event. */
void course_take_event(struct course *course, const json_t *params);

/* Takes THREAD as the supervisor described it at TIME, since the epoch. */
void course_take_thread(struct course *course, const json_t *thread, double time);

/* Ends at TIME all phases that have no end, because the supervisor did not report it. */
void course_end(struct course *course, double time);

/* Returns the thread ID if a phase of it is known, or NULL. */
const struct course_thread *course_find(const struct course *course, json_int_t id);

/* Returns true if the command runs in PHASE. */
bool course_is_of_run(const struct course_phase *phase);

#endif
