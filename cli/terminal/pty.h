/* The kernel's side of a terminal: a pair of descriptors, a size, and the settings of its lines. */
#ifndef K3THREAD_CLI_TERMINAL_PTY_H
#define K3THREAD_CLI_TERMINAL_PTY_H

/* The size of a terminal. */
struct pty_size {
    unsigned short rows, columns;
};

#define PTY_SIZE_DEFAULT ((struct pty_size){.rows = 24, .columns = 80})

/*
 * Makes a terminal of SIZE. *RET_MASTER, which does not block, gives its output and takes its keys;
 * *RET_SLAVE is for the commands. Returns 0 or -errno.
 */
int pty_open(const struct pty_size *size, int *ret_master, int *ret_slave);

/* Sets the size; the programs at the terminal get SIGWINCH if it differs. Returns 0 or -errno. */
int pty_resize(int fd, const struct pty_size *size);

/* Returns the size of the terminal FD, or PTY_SIZE_DEFAULT if it has none. */
struct pty_size pty_size(int fd);

/* Gives the slave FD the settings of a new terminal, for the next command. */
void pty_reset(int fd);

/* Returns the key that stands for the end of the input at the terminal FD. */
char pty_eof_key(int fd);

#endif
