/* The three standard descriptors. */
#ifndef K3THREAD_CLI_BASE_STANDARD_H
#define K3THREAD_CLI_BASE_STANDARD_H

/*
 * Opens those that the caller closed: a socket would get their numbers, and a table be printed
 * into it. What takes their place fails when it is used. Ends the process where that is not
 * possible.
 */
void standard_descriptors_fill(void);

#endif
