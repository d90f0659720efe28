/*
 * Starts one command by vfork and exec, the cheapest way that the kernel has. If that fails, says which step
 * failed, with its errno.
 */
#ifndef K3THREAD_CLI_PROCESS_SPAWN_H
#define K3THREAD_CLI_PROCESS_SPAWN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

struct limits;

/* A descriptor that a command gets: FROM of this process is TO in the command. */
struct spawn_descriptor {
    int from, to;
};

/* The most such descriptors: one of a probe, two of a jobserver, and one of k3thread-host. */
#define SPAWN_EXTRAS 4

/* The plan by which one command is started. */
struct spawn_plan {
    char *const *argv;
    char *const *environment; /* the command is searched for in its PATH */
    const char  *directory;
    const char  *input;      /* a file to read from, or NULL */
    int          input_from; /* a descriptor to read from, or -1; if both are unset: /dev/null */
    bool at_terminal; /* input_from is a terminal: it becomes the session's, and the output */
    const char             *output; /* appended to, unless at_terminal; made when missing */
    mode_t                  umask, output_umask;
    const struct limits    *limits;
    int                     mark_resource; /* the limit that carries the mark, or -1: see mark.h */
    rlim_t                  mark;
    struct spawn_descriptor extras[SPAWN_EXTRAS]; /* given beside descriptors 0 to 2 */
    size_t                  extra_count;
    atomic_int
        *pid_until_exec; /* has the pid from the child's first step to its exec, else 0; or NULL */
};

/* The steps of a start, in words that follow "cannot". */
#define SPAWN_STAGES(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(FORK, "fork")                                                                                \
    X(ISOLATE, "set up a process")                                                                 \
    X(INPUT, "open the input")                                                                     \
    X(OUTPUT, "open the output")                                                                   \
    X(DIRECTORY, "enter")                                                                          \
    X(EXEC, "run")

enum spawn_stage {
#define X(name, words) SPAWN_##name,
    SPAWN_STAGES(X)
#undef X
};

/* Room for the path of an interpreter. A longer path is left out of the message. */
#define SPAWN_INTERPRETER_SIZE 128

/* A started command, or the step that failed. */
struct spawned {
    pid_t            pid;    /* also its process group and session */
    int              pidfd;  /* close it, after the process was waited for */
    unsigned         missed; /* limits that the command could not be given: see limits.h */
    enum spawn_stage stage;  /* on failure */

    /* On failure: the interpreter that the command's "#!" names, if only that is missing; or "". */
    char interpreter[SPAWN_INTERPRETER_SIZE];
};

/* Returns the lowest number, from FROM on, that no descriptor of PLAN has in the command. */
static inline int spawn_free_number(const struct spawn_plan *plan, int from)
{
    for (size_t i = 0; i < plan->extra_count;)
        if (plan->extras[i].to == from) {
            from++;
            i = 0;
        } else {
            i++;
        }
    return from;
}

/*
 * Runs the command of PLAN in a new session, with default signal dispositions, no signal blocked, and SIGKILL as
 * its parent-death signal: the command dies with the calling thread, which is its parent and has to wait for it. If
 * PLAN has no input, the command gets the caller's descriptor 0, which is /dev/null.
 *
 * Returns 0 when the exec has succeeded; otherwise -errno, with the step in RET->stage and no process left. Any
 * thread may call it.
 */
int spawn(const struct spawn_plan *plan, struct spawned *ret);

#endif
