/*
 * The protocol: JSON-RPC 2.0, one object a line, over the supervisor's Unix socket.
 *
 * Bump PROTOCOL_VERSION when a method or a member changes its meaning or goes away; adding one
 * needs no bump.
 */
#ifndef K3THREAD_CLI_RPC_PROTOCOL_H
#define K3THREAD_CLI_RPC_PROTOCOL_H

#define PROTOCOL_VERSION 1

/* The longest request, newline included. By default Linux takes 2 MiB of arguments and environment. */
#define PROTOCOL_LINE_MAX (8U * 1024 * 1024)

/* The deepest nesting of a request: the call, its parameters, a list in them, a base64 object. */
#define PROTOCOL_DEPTH_MAX 16

/* The most digits of an id. */
#define PROTOCOL_ID_DIGITS 18

/* The most calls of one connection that may wait for a reply (joins, above all). */
#define PROTOCOL_PENDING_MAX 16384

/* The most slots that a supervisor can have: more commands than any system can run at a time. */
#define PROTOCOL_SLOTS_MAX 1000000

/* The word that stands for no limit, in place of a number of slots. */
#define PROTOCOL_SLOTS_NONE "none"

/* X(error, code, data.type (NULL: none)); the first five are JSON-RPC's own. */
#define PROTOCOL_ERRORS(X)                                                                         \
    X(PARSE_ERROR, -32700, NULL)                                                                   \
    X(INVALID_REQUEST, -32600, NULL)                                                               \
    X(METHOD_NOT_FOUND, -32601, NULL)                                                              \
    X(INVALID_PARAMS, -32602, "TypeError")                                                         \
    X(INTERNAL_ERROR, -32603, NULL)                                                                \
    X(TYPE_ERROR, -32001, "TypeError")                                                             \
    X(VALUE_ERROR, -32002, "ValueError")                                                           \
    X(INVALID_THREAD_ID_ERROR, -32003, "InvalidThreadIdError")                                     \
    X(SEND_RAISE_ERROR, -32004, "SendRaiseError")                                                  \
    X(TIMEOUT_ERROR, -32005, "TimeoutError")                                                       \
    X(OS_ERROR, -32006, "OSError")                                                                 \
    X(FILE_NOT_FOUND_ERROR, -32007, "FileNotFoundError")                                           \
    X(PERMISSION_ERROR, -32008, "PermissionError")                                                 \
    X(RUNTIME_ERROR, -32009, "RuntimeError")                                                       \
    X(NOT_READY_ERROR, -32010, "NotReadyError")                                                    \
    X(BUSY_ERROR, -32011, "OSError")                                                               \
    X(NO_SUPERVISOR_ERROR, -32012, NULL)

enum protocol_error {
#define X(name, code, type) PROTOCOL_##name = (code),
    PROTOCOL_ERRORS(X)
#undef X
};

/* A thread's states: X(state, its name on the wire), and the meaning. */
#define PROTOCOL_STATES(X)                                                                         \
    X(DELAYED, "delayed") /* waits out its --after, or the pause before a restart */               \
    X(WAITING, "waiting") /* for the threads it needs */                                           \
    X(QUEUED, "queued")   /* for one of the slots */                                               \
    X(RUNNING, "running")                                                                          \
    X(READY, "ready")       /* runs, and its probe has succeeded */                                \
    X(STOPPING, "stopping") /* its processes are ending */                                         \
    X(ENDED, "ended")

enum protocol_state {
#define X(name, word) STATE_##name,
    PROTOCOL_STATES(X)
#undef X
};

#endif
