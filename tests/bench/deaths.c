/*
 * deaths PID[,PID…] COMMAND…: runs COMMAND, and prints how many seconds it takes from before the
 * spawn until all of the processes are dead.
 */
#include "floor.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The most milliseconds that any measurement here can take. */
#define DEADLINE 30000

static struct pollfd *open_pids(char *list, nfds_t *ret_count)
{
    struct pollfd *fds = calloc(strlen(list), sizeof(*fds));

    if (fds == NULL)
        fail("calloc");
    for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
        fds[*ret_count] =
            (struct pollfd){.fd = (int) syscall(SYS_pidfd_open, number(word), 0), .events = POLLIN};
        if (fds[*ret_count].fd < 0)
            fail(word);
        ++*ret_count;
    }
    return fds;
}

static void wait_for_all(struct pollfd *fds, nfds_t count)
{
    for (nfds_t i = 0; i < count; i++)
        if (poll(&fds[i], 1, DEADLINE) != 1)
            fail("one does not die");
}

int main(int count, char **words)
{
    nfds_t         pid_count = 0;
    struct pollfd *fds;
    double         begin, end;
    pid_t          child;

    if (count < 3) {
        fprintf(stderr, "Usage: deaths PID[,PID...] COMMAND...\n");
        return 64;
    }
    fds = open_pids(words[1], &pid_count);
    begin = now();
    child = spawn(words + 2, true);
    wait_for_all(fds, pid_count);
    end = now();
    expect_success(child, words + 2);
    printf("%.9f\n", end - begin);
    free(fds);
    return 0;
}
