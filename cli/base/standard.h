/* Makes sure that the three standard descriptors are open. */
#ifndef K3THREAD_CLI_BASE_STANDARD_H
#define K3THREAD_CLI_BASE_STANDARD_H

/*
 * Opens a descriptor in place of each standard descriptor that is closed. Otherwise a socket could get its number, and
 * output would go into the socket. Reads and writes of the new descriptor fail. Ends the process, with a message,
 * if the new descriptor cannot be opened.
 */
void standard_descriptors_fill(void);

#endif
