/*
 * How the processes of a thread are ended. Nothing else asks a process of a thread to end.
 *
 * An end asks each process once, by one signal, and kills what is left after the grace:
 *
 *  - The command's process group is asked at once.
 *  - A process outside of that group is asked when nobody of the thread is above it any more: until
 *    then whoever started it may want to end it in its own way. What the command left behind is
 *    asked so, too.
 *  - After half of the grace everybody is asked who was not.
 *
 * Those who were asked are remembered: whichever of them ends first, the others are left to clean up.
 * A process that ignores the signal, as a shell's background jobs ignore SIGINT, was not asked by
 * it; SIGTERM asks it when its turn comes.
 */
#ifndef K3THREAD_CLI_WORKER_ENDING_H
#define K3THREAD_CLI_WORKER_ENDING_H

#include <stdbool.h>

struct worker;

/* Where the end of a run stands. */
struct ending {
    void         *asked;   /* the processes that were asked: a tree of tsearch(), by pid */
    float         pause;   /* between two kills, in seconds: what stays after one may never go */
    unsigned char signal;  /* they were asked by; 0: nobody was yet */
    bool          killing; /* nothing more is asked of anyone */
    double        half;    /* when all others are asked; INFINITY: not yet, or they were */
    double        next;    /* the time of the next kill */
    double        give_up; /* when those are given up that were killed and are there yet */
};

/* Posts that the thread is stopping, and begins its grace: once in a run. Asks nobody. */
void ending_begin(struct worker *worker);

/* The same, and asks all by SIGNAL, also those who were asked before. */
void ending_ask(struct worker *worker, int signal);

/* Kills every process of the thread. */
void ending_kill(struct worker *worker);

/*
 * Does what is due by time in an end, worker->deadline being the end of the grace. ending_next() says
 * when to call it again.
 */
void   ending_step(struct worker *worker);
double ending_next(const struct worker *worker);

/*
 * Returns true if the command was killed, and cannot be ended: the kernel does not let us, or it did
 * not go. The report says so then, and nobody waits for it.
 */
bool ending_is_in_vain(struct worker *worker);

/*
 * When the command has ended, and was not reaped: ends what it left behind, by the same rules, and
 * returns when nothing of the thread is left that can be ended.
 */
void ending_finish(struct worker *worker);

#endif
