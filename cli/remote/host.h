/*
 * One machine of a run, as the carrier (carrier.h) sees it: the command that reaches it, the exchange with the
 * script there (bootstrap.h), then the link to its agent. Only for carrier.c.
 */
#ifndef K3THREAD_CLI_REMOTE_HOST_H
#define K3THREAD_CLI_REMOTE_HOST_H

#include "cli/remote/link.h"

#include <sys/types.h>

enum host_stage {
    HOST_NEW,
    HOST_REACHED, /* its command was started, and has the script */
    HOST_LINKED,  /* its agent is up */
    HOST_GONE,    /* it is lost, or was told to end */
};

struct host {
    struct link       link; /* the first member */
    const char       *name;
    char            **command;
    enum host_stage   stage;
    pid_t             pid;                      /* of the command; 0: none, or it has ended */
    struct source     listener, in, out, words; /* words: its standard error; fd -1: closed */
    struct byte_queue unsent, received;
    size_t            noise;     /* how much it has said so far */
    struct text       line;      /* of its words, not yet complete */
    char              last[256]; /* the last line of its words */
    unsigned          processors;
    char              why[512]; /* it is lost */
};

/* Listens at SOCKET for clients of the machine NAME. Returns 0 or -errno. */
int host_open(struct host *host, const char *name, const char *socket, char **command);

bool host_is_new(const struct host *host);
bool host_is_being_reached(const struct host *host);

/* Starts the command that reaches the machine. */
void host_reach(struct host *host);

/* Does what is due. Returns the seconds until the next call at the latest. */
double host_do_due(struct host *host);

/* Takes the wait STATUS of the command. */
void host_take_exit(struct host *host, int status);

/* Tells the agent to end. */
void host_end(struct host *host);

/* Appends the request by which the supervisor is told how the machine is. */
void host_write_news(struct text *line, const struct host *host, int64_t id);

/* Frees the copy of the program that is sent to machines. */
void host_forget_program(void);

/* In carrier.c: tells the supervisor how HOST is; and connects to the supervisor. */
void carrier_tell(const struct host *host);
int  carrier_connect(void);

#endif
