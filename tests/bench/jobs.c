/*
 * jobs N AT-A-TIME COMMAND…: runs COMMAND N times by posix_spawn and waitpid: the floor of
 * every program that runs jobs.
 */
#include "floor.h"

#include <stdio.h>
#include <sys/wait.h>

int main(int count, char **words)
{
    int left, free_slots, running = 0;

    if (count < 4) {
        fprintf(stderr, "Usage: jobs N AT-A-TIME COMMAND...\n");
        return 64;
    }
    left = number(words[1]);
    free_slots = number(words[2]);
    while (left > 0 || running > 0) {
        if (left > 0 && free_slots > 0) {
            spawn(words + 3, false);
            left--, free_slots--, running++;
        } else if (waitpid(-1, NULL, 0) > 0) {
            free_slots++, running--;
        } else {
            fail("waitpid");
        }
    }
    return 0;
}
