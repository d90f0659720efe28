/*
 * The journal: the messages of a supervisor and its guardian, one dated line for each.
 *
 * Both processes append to one file; any thread may write.
 */
#ifndef K3THREAD_CLI_PLACE_JOURNAL_H
#define K3THREAD_CLI_PLACE_JOURNAL_H

/* Opens PATH, 0600, for appending. A long journal is emptied first. Returns 0 or -errno. */
int journal_open(const char *path);

/*
 * Begins a new file if the journal was removed, with the directories above it. A supervisor calls
 * this when it has found that files of it were removed, not when it ends: then it must leave
 * nothing behind.
 */
void journal_restore(void);

/* Writes one line. If the journal is not open, or the disk is full, the line is lost silently. */
__attribute__((format(printf, 1, 2))) void journal_write(const char *format, ...);

#endif
