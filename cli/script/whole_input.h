/*
 * Reads a script to its end before anything else is done. The words may come late, and if the user interrupts the
 * program meanwhile, it must leave nothing behind.
 */
#ifndef K3THREAD_CLI_SCRIPT_WHOLE_INPUT_H
#define K3THREAD_CLI_SCRIPT_WHOLE_INPUT_H

/* Copies the bytes of FD up to its end. Returns a descriptor at the beginning of the copy, to be closed; or -errno. */
int whole_input_read(int fd);

#endif
