/* The start of the few functions that the quick way has in place of the C library's. */
#ifndef K3THREAD_CLI_QUICK_LIBC_H
#define K3THREAD_CLI_QUICK_LIBC_H

/* Keeps ENVIRONMENT for getenv(). To be called first. */
void libc_begin(char *const *environment);

#endif
