/*
 * One machine of a run, as the carrier (carrier.h) sees it: the command that reaches it, the exchange with the
 * script there (bootstrap.h), then the link to its agent.
 */
#ifndef K3THREAD_CLI_REMOTE_HOST_H
#define K3THREAD_CLI_REMOTE_HOST_H

#include "cli/remote/link.h"

#include <sys/types.h>

struct host;

/* The progress with a machine. */
enum host_stage {
    HOST_NEW,
    HOST_CONNECTING, /* its command was started, and gets the script */
    HOST_LINKED,     /* its agent is up */
    HOST_CLOSED,     /* it is lost, or was told to end */
};

/* The functions that the user of a machine provides. */
struct host_user {
    void (*tell)(const struct host *host); /* tells the run's supervisor the state of the machine */
    int (*connect)(
        void); /* returns a socket that is connected to the run's supervisor, or -errno */
};

/* One machine. */
struct host {
    struct link             link; /* the first member */
    const struct host_user *user;
    const char             *name;
    char                  **command;
    enum host_stage         stage;
    double                  started_at; /* when its command was started */
    double                  closed_at;  /* when the command closed its end of a pipe; 0: never */
    bool                    is_awaited; /* it is among hosts_awaited() */
    pid_t                   pid;        /* of the command; 0: none, or it has ended */

    /* The socket for clients, and the pipes of the command. The fd of a closed one is -1. */
    struct source listener, from_command, to_command;
    struct source messages; /* the standard error of the command */

    struct byte_queue unsent, received;
    size_t            noise;     /* the number of bytes that the command has written so far */
    struct text       line;      /* of the messages, not yet complete */
    char              last[256]; /* the last line of them since the link began; or empty */
    double            last_came; /* when that line came */
    unsigned          processors;
    char              why[512]; /* why it is lost */
    double            vacant;   /* once lost: the seconds until its agent has ended everything */
};

/* Listens at SOCKET for clients of the machine NAME. Returns 0 or -errno. */
int host_open(struct host *host, const struct host_user *user, const char *name, const char *socket,
              char **command);

/*
 * Returns the number of machines that are awaited: their commands were started, and no agent is up yet. A machine that
 * has been silent for a while does not count.
 */
size_t hosts_awaited(void);

/* Starts the command that reaches the machine. */
void host_reach(struct host *host);

/*
 * Looks at the link to the machine's agent (link_do_due()), or at how long the machine has not answered. Returns the
 * seconds until the next call.
 */
double host_do_due(struct host *host);

/* Takes the wait STATUS of the command. */
void host_take_exit(struct host *host, int status);

/* Closes the way to the machine, which makes its agent end. Ends the command if no agent is up yet. */
void host_end(struct host *host);

/* Appends the request by which the supervisor is told the state of the machine. */
void host_write_news(struct text *line, const struct host *host, int64_t id);

#endif
