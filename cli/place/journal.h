/*
 * The journal: what the supervisor and its guardian have to say, a dated line each.
 *
 * Both processes append to one file; any thread may write.
 */
#ifndef K3THREAD_CLI_PLACE_JOURNAL_H
#define K3THREAD_CLI_PLACE_JOURNAL_H

/* Opens PATH, 0600, for appending; a long one is started anew. Returns 0 or -errno. */
int journal_open(const char *path);

/*
 * Begins a new file where ours was removed, with the directories above it. For a supervisor that has
 * found out that somebody removes what it uses: one that only ends leaves nothing behind.
 */
void journal_restore(void);

/* Writes one line. A journal that is not open, or a full disk, loses it silently. */
__attribute__((format(printf, 1, 2))) void journal_write(const char *format, ...);

#endif
