/* The exit statuses that commands share. */
#ifndef K3THREAD_CLI_BASE_STATUS_H
#define K3THREAD_CLI_BASE_STATUS_H

#include <errno.h>

enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,    /* SendRaiseError, or another failure that the supervisor reported */
    STATUS_NO_THREAD = 3, /* InvalidThreadIdError */
    STATUS_USAGE = 64,    /* also TypeError and ValueError */
    STATUS_NO_SUPERVISOR = 69,

    /*
     * The end of a thread, as a shell has it. A client also exits with these if it could not wait for that end (join,
     * send), or if a start failed.
     */
    STATUS_TIMEOUT = 124,
    STATUS_INTERNAL = 125, /* k3thread itself failed */
    STATUS_NOT_EXECUTABLE = 126,
    STATUS_NOT_FOUND = 127,
    STATUS_SIGNAL_BASE = 128, /* plus the signal's number */
};

/* Returns the status of a command that could not be executed because of ERROR, a positive errno. */
static inline int status_of_exec(int error)
{
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

#endif
