#include "cli/terminal/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CONTROL(key) ((key) &037)

int pty_resize(int fd, const struct pty_size *size)
{
    struct winsize window = {.ws_row = size->rows, .ws_col = size->columns};

    return ioctl(fd, TIOCSWINSZ, &window) < 0 ? -errno : 0;
}

struct pty_size pty_size(int fd)
{
    struct winsize window;

    if (ioctl(fd, TIOCGWINSZ, &window) < 0 || window.ws_row == 0 || window.ws_col == 0)
        return PTY_SIZE_DEFAULT;
    return (struct pty_size){.rows = window.ws_row, .columns = window.ws_col};
}

void pty_reset(int fd)
{
    struct termios settings = {
        .c_iflag = ICRNL | IXON | IUTF8,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = CREAD | CS8 | HUPCL,
        .c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE,
        .c_cc = {[VINTR] = CONTROL('C'),
                 [VQUIT] = CONTROL('\\'),
                 [VERASE] = 0177,
                 [VKILL] = CONTROL('U'),
                 [VEOF] = CONTROL('D'),
                 [VMIN] = 1,
                 [VSTART] = CONTROL('Q'),
                 [VSTOP] = CONTROL('S'),
                 [VSUSP] = CONTROL('Z'),
                 [VREPRINT] = CONTROL('R'),
                 [VDISCARD] = CONTROL('O'),
                 [VWERASE] = CONTROL('W'),
                 [VLNEXT] = CONTROL('V')},
    };

    (void) cfsetspeed(&settings, B38400);
    (void) tcsetattr(fd, TCSANOW, &settings);
}

char pty_eof_key(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) < 0 || settings.c_cc[VEOF] == _POSIX_VDISABLE)
        return CONTROL('D');
    return (char) settings.c_cc[VEOF];
}

/* Opens the slave through the master: its path may not exist in this process's file system. */
static int open_slave(int master)
{
    int locked = 0;

    if (ioctl(master, TIOCSPTLCK, &locked) < 0)
        return -1;
    return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int pty_open(const struct pty_size *size, int *ret_master, int *ret_slave)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    int slave = master >= 0 ? open_slave(master) : -1;

    if (slave < 0) {
        int error = -errno;

        if (master >= 0)
            close(master);
        return error;
    }
    (void) pty_resize(slave, size);
    pty_reset(slave);
    *ret_master = master;
    *ret_slave = slave;
    return 0;
}
