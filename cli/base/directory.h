/* Directories that k3thread makes for its user alone: how they are made, checked and removed. */
#ifndef K3THREAD_CLI_BASE_DIRECTORY_H
#define K3THREAD_CLI_BASE_DIRECTORY_H

#include <stdbool.h>

/*
 * Makes PATH with mode 0700, whatever the umask is. Returns 0 or -errno; -EEXIST: something is there.
 * Changes the umask of the process for a moment, which only one thread may have a use for.
 */
int directory_make(const char *path);

/* Makes PATH and those above it that are missing, each with mode 0700. Returns 0 or -errno. */
int directory_make_all(const char *path);

/* Makes those above PATH, which is changed for a moment at each slash. Returns 0 or -errno. */
int directory_make_parents(char *path);

/* Makes a directory of a new name from TEMPLATE, as mkdtemp(3) does, with mode 0700. 0 or -errno. */
int directory_make_new(char *template);

/*
 * Returns PATH, which is absolute, without links and dots, as realpath(3) does, but also where it,
 * or a directory above it, is missing. To be freed; NULL with errno set.
 */
char *directory_resolve(const char *path);

/* Returns true if PATH is a directory of this user, in which nobody else can write, and he can. */
bool directory_is_own(const char *path);

/*
 * Keeps a cleaner of temporary files, as systemd-tmpfiles(8), from DIRECTORY and all below it until
 * this process ends: it leaves alone what is locked. Where that fails nothing else is lost.
 */
void directory_hold(const char *directory);

/* Removes DIRECTORY, with all that is in it: only for one that was made for this alone. */
void directory_remove(const char *directory);

#endif
