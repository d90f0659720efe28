/*
 * sleepers N COMMAND…: starts COMMAND N times, says "up" when all run, and kills them all at the
 * end of its input.
 */
#include "floor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
    char   c;
    pid_t *pids;
    int    n;

    if (count < 3) {
        fprintf(stderr, "Usage: sleepers N COMMAND...\n");
        return 64;
    }
    n = number(words[1]);
    pids = calloc((size_t) n, sizeof(*pids));
    if (pids == NULL)
        fail("calloc");
    for (int i = 0; i < n; i++)
        pids[i] = spawn(words + 2, true);
    if (puts("up") < 0 || fflush(stdout) != 0)
        fail("stdout");
    while (read(STDIN_FILENO, &c, 1) > 0)
        ;
    for (int i = 0; i < n; i++)
        kill(pids[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    free(pids);
    return 0;
}
