/*
 * The journal: what the supervisor and its guardian have to say, a dated line each.
 *
 * Both processes append to one file; any thread may write. Where it was removed, the next line makes
 * it again.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_JOURNAL_H
#define K3THREAD_CLI_SUPERVISOR_JOURNAL_H

/* Opens PATH, 0600, for appending; a long one is started anew. Returns 0 or -errno. */
int journal_open(const char *path);

/* Writes one line. A journal that is not open, or a full disk, loses it silently. */
__attribute__((format(printf, 1, 2))) void journal_write(const char *format, ...);

#endif
