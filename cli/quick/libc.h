/* Prepares the functions that the quick way has in place of the C library's. */
#ifndef K3THREAD_CLI_QUICK_LIBC_H
#define K3THREAD_CLI_QUICK_LIBC_H

/* Keeps ENVIRONMENT for getenv(). Call it before all other functions. */
void libc_begin(char *const *environment);

#endif
