/* Watches a file by its path, also if the file is made later, or is removed and made again. */
#ifndef K3THREAD_CLI_BASE_INOTIFY_FILE_H
#define K3THREAD_CLI_BASE_INOTIFY_FILE_H

/*
 * Makes the inotify instance *INOTIFY watch the file at PATH for writes, and its directory for the events of
 * INOTIFY_DIRECTORY (inotify_block.h). Returns the number of the file's watch, or -1 if there is no file. If the
 * directory is missing, or if the system has no watch left, closes *INOTIFY and sets it to -1: the file must be looked
 * at in intervals. Does nothing if *INOTIFY is -1 already. PATH changes meanwhile, and is the same again afterwards.
 */
int inotify_file_watch(int *inotify, char *path);

#endif
