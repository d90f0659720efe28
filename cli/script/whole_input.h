/*
 * Reads a script to its end before anything else is done: its words may come late, and nothing may be left
 * behind if the user interrupts the program meanwhile.
 */
#ifndef K3THREAD_CLI_SCRIPT_WHOLE_INPUT_H
#define K3THREAD_CLI_SCRIPT_WHOLE_INPUT_H

/* Returns a descriptor, at its beginning, of what FD has up to its end; or -errno. The caller closes it. */
int whole_input_read(int fd);

#endif
