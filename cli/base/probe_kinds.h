/*
 * The kinds of probes (--ready, --until): the one list of them. It feeds the table of kinds, the help of start,
 * the completion, and the message for a word that is no probe.
 */
#ifndef K3THREAD_CLI_BASE_PROBE_KINDS_H
#define K3THREAD_CLI_BASE_PROBE_KINDS_H

/* The kind without a prefix: the number of a descriptor of the command. It is no part of the list. */
#define PROBE_FD "FD"

enum { PROBE_FD_LEAST = 3, PROBE_FD_MOST = 1023 };

/*
 * X(kind, the prefix of a probe of this kind, the form in the help). The first list has the kinds that can begin to
 * look at a command that runs already (join --until); the second list has all kinds.
 */
#define PROBE_KINDS_LATER(X)                                                                       \
    X(tcp, "tcp:", "tcp:HOST:PORT")                                                                \
    X(unix, "unix:", "unix:PATH")                                                                  \
    X(http, "http://", "http://HOST:PORT/PATH")                                                    \
    X(line, "line:", "line:REGEX")                                                                 \
    X(command, "cmd:", "cmd:COMMAND")
#define PROBE_KINDS(X)                                                                             \
    PROBE_KINDS_LATER(X)                                                                           \
    X(notify, "notify", "notify")

#endif
