/* The start of the functions that the quick way has instead of the C library's. */
#ifndef K3THREAD_CLI_QUICK_LIBC_H
#define K3THREAD_CLI_QUICK_LIBC_H

/* Keeps ENVIRONMENT for getenv(). Must be called before all others. */
void libc_begin(char *const *environment);

#endif
