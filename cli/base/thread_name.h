/* Facts about the names of threads that clients and the supervisor share. */
#ifndef K3THREAD_CLI_BASE_THREAD_NAME_H
#define K3THREAD_CLI_BASE_THREAD_NAME_H

/* The longest name, in bytes, and the words of a message for a longer name. */
enum { THREAD_NAME_MAX = 64 };
#define THREAD_NAME_TOO_LONG "longer than 64 bytes"

/* A word that holds one of these bytes is a pattern, not a name or an id. */
#define THREAD_PATTERN_BYTES "*?["

#endif
