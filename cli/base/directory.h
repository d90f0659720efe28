/* Makes, checks and removes directories that are for this user alone. */
#ifndef K3THREAD_CLI_BASE_DIRECTORY_H
#define K3THREAD_CLI_BASE_DIRECTORY_H

#include <stdbool.h>

/*
 * Makes PATH with mode 0700, whatever the umask is. Returns 0 or -errno; -EEXIST: PATH exists already.
 * Changes the umask of the process for a moment: no other thread may make files meanwhile.
 */
int directory_make(const char *path);

/* Makes PATH and the missing directories above it, each with mode 0700. Returns 0 or -errno. */
int directory_make_all(const char *path);

/* Makes the directories above PATH, which is changed for a moment at each slash. Returns 0 or -errno. */
int directory_make_parents(char *path);

/* Makes a directory with a new name from TEMPLATE, as mkdtemp(3) does, mode 0700. Returns 0 or -errno. */
int directory_make_new(char *template);

/*
 * Returns PATH, which is absolute, without links and dots, as realpath(3) does, but also if it, or a
 * directory above it, is missing. The caller frees it; NULL with errno set on failure.
 */
char *directory_resolve(const char *path);

/* Returns true if PATH is a directory of this user, and this user alone can write in it. */
bool directory_is_own(const char *path);

/*
 * Locks DIRECTORY until this process ends: a cleaner of temporary files, as systemd-tmpfiles(8), does not
 * touch a locked directory and the files below it. A failure has no other consequence.
 */
void directory_hold(const char *directory);

/*
 * Removes DIRECTORY with all that is in it. Only for a directory that was made to be removed so. One thread at a time.
 */
void directory_remove(const char *directory);

#endif
