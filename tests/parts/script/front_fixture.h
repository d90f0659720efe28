/* A run whose front has a supervisor and a script that the test plays. */
#ifndef FRONT_FIXTURE_H
#define FRONT_FIXTURE_H

#include "tests/parts/pair.h"
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/script/front_end.h"
#include "cli/script/front_events.h"

#include <math.h>

/* A line that the supervisor gets. */
#define REQUEST(id, method, params)                                                                \
    "{'jsonrpc':'2.0','id':" #id ",'method':'" method "','params':{" params "}}\n"

/* A run whose supervisor is the other end of PAIR. */
struct fixture {
    struct pair         *pair;
    struct front         front;
    struct front_options options;
    int                  script; /* the script's end of the socket `sync` */
};

static inline struct fixture *begin(void)
{
    static struct fixture fixture;
    struct front         *front = &fixture.front;
    int                   ends[2];

    fixture = (struct fixture){.pair = open_pair(), .options.leaks = LEAKS_SHOWN};
    *front = (struct front){
        .options = &fixture.options,
        .place = &fixture.pair->place,
        .client = fixture.pair->client,
        .supervisor = -1, /* no process of the test's, but one that lives */
        .lifeline = dup(STDIN_FILENO),
        .deadline = INFINITY,
    };
    front->client.notify = front_handle_event;
    front->client.notify_context = front;
    front->not_ready.next = INFINITY;
    run_output_open(&front->output, STDOUT_FILENO, 0);
    front->output.logs = strdup("/nowhere");
    front->output.watching = true; /* no thread writes anything */
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
    front->sync = ends[0];
    fixture.script = ends[1];
    return &fixture;
}

/* Checks the state of the end: the exit status if it is settled, and what was asked to end. */
static inline void check_end(const struct front *front, int status, bool ending, bool stopping)
{
    CHECK(front->settled == (status >= 0));
    CHECK_EQUAL(front->status, status >= 0 ? status : 0);
    CHECK(front->ending == ending);
    CHECK(front->stopping == stopping);
}

/*
 * Starts a process that waits to be killed, as the script of the run, and that has closed the supervisor's end of the
 * socket.
 */
static inline void start_script(struct fixture *fixture)
{
    siginfo_t info;
    pid_t     pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        close(fixture->pair->supervisor);
        (void) raise(SIGSTOP);
    }
    while (pid == 0)
        pause();
    CHECK(waitid(P_PID, (id_t) pid, &info, WSTOPPED) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    fixture->front.script = pid;
}

/* Starts a child that ends with STATUS, or by the signal -STATUS, and waits for its end without reaping it. */
static inline pid_t start_ended(int status)
{
    siginfo_t info;
    pid_t     pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        (void) setpgid(0, 0); /* as a supervisor has a session of its own */
        if (status < 0)
            (void) raise(-status);
        _exit(status);
    }
    CHECK(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT) == 0);
    return pid;
}

/* Returns the thread that TEXT is, with ' in place of ". */
static inline json_t *thread_of(const char *text)
{
    char   *copy = strdup(text);
    json_t *thread;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    thread = json_loads(copy, 0, NULL);
    CHECK(thread != NULL);
    free(copy);
    return thread;
}

static inline void update(struct front *front, const char *text)
{
    json_t *thread = thread_of(text);

    front_update(front, thread);
    json_decref(thread);
}

#endif
