/*
 * The kinds of probes (--ready): the one list of them. It feeds the table of kinds, the help of start,
 * the completion, and the message for a word that is no probe.
 */
#ifndef K3THREAD_CLI_BASE_PROBE_KINDS_H
#define K3THREAD_CLI_BASE_PROBE_KINDS_H

/* The kind without a prefix, which is no part of the list: the number of a descriptor of the command's. */
#define PROBE_FD "FD"

enum { PROBE_FD_LEAST = 3, PROBE_FD_MOST = 1023 };

/* X(kind, what a probe of this kind begins with, how it is written) */
#define PROBE_KINDS(X)                                                                             \
    X(tcp, "tcp:", "tcp:HOST:PORT")                                                                \
    X(unix, "unix:", "unix:PATH")                                                                  \
    X(http, "http://", "http://HOST:PORT/PATH")                                                    \
    X(line, "line:", "line:REGEX")                                                                 \
    X(command, "cmd:", "cmd:COMMAND")                                                              \
    X(notify, "notify", "notify")

#endif
