/* The three standard descriptors. */
#ifndef K3THREAD_CLI_BASE_STANDARD_H
#define K3THREAD_CLI_BASE_STANDARD_H

/*
 * Opens a descriptor in place of each that is closed: else a socket would get its number, and a table be
 * printed into that. Reads and writes of it fail. Ends the process, with a message, if it cannot be opened.
 */
void standard_descriptors_fill(void);

#endif
