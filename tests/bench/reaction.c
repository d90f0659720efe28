/* reaction FIFO COMMAND…: prints the seconds from the start of COMMAND to the next byte in FIFO. */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
    double begin;
    pid_t  pid;
    char   byte;
    int    fifo;

    if (count < 3) {
        fprintf(stderr, "Usage: reaction FIFO COMMAND...\n");
        return 64;
    }
    fifo = open(words[1], O_RDWR | O_CLOEXEC);
    if (fifo < 0)
        fail(words[1]);
    begin = now();
    pid = spawn(words + 2, true);
    if (read(fifo, &byte, 1) != 1)
        fail("read");
    printf("%.9f\n", now() - begin);
    expect_success(pid, words + 2);
    return 0;
}
