/* Closes a descriptor without waiting for what the kernel does then. */
#ifndef K3THREAD_CLI_BASE_BACKGROUND_CLOSE_H
#define K3THREAD_CLI_BASE_BACKGROUND_CLOSE_H

/*
 * Closes FD, an inotify instance, or -1 for none. An exit of the process would close it too, but it would wait:
 * when the last watch of a directory goes, for 10 to 20 ms.
 */
void background_close(int fd);

#endif
