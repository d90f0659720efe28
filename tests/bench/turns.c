/*
 * turns ROUNDS TIMES , COMMAND… , COMMAND…: runs the commands in turn, TIMES each a round, every
 * other round backwards. Prints a line for each round: for each command the median of its runs, from
 * before the spawn to after the wait, in seconds.
 */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS 16
#define TIMES    1000

static int compare(const void *a, const void *b)
{
    double x = *(const double *) a;
    double y = *(const double *) b;

    return (x > y) - (x < y);
}

static double median_of_runs(char **argv, int times)
{
    static double seconds[TIMES];

    for (int i = 0; i < times; i++) {
        double begin = now();

        expect_success(spawn(argv, true), argv);
        seconds[i] = now() - begin;
    }
    qsort(seconds, (size_t) times, sizeof(seconds[0]), compare);
    return seconds[times / 2];
}

/* Cuts WORDS at each ","; returns how many commands there are. */
static int split(char **words, char **ret_commands[COMMANDS])
{
    int count = 0;

    for (; *words != NULL; words++) {
        if (strcmp(*words, ",") != 0)
            continue;
        *words = NULL;
        if (count < COMMANDS && words[1] != NULL)
            ret_commands[count++] = words + 1;
    }
    return count;
}

int main(int count, char **words)
{
    char **commands[COMMANDS];
    double medians[COMMANDS] = {0};
    int    n, rounds, times;

    if (count < 5 || (n = split(words + 3, commands)) == 0) {
        fprintf(stderr, "Usage: turns ROUNDS TIMES , COMMAND... [, COMMAND...]...\n");
        return 64;
    }
    rounds = number(words[1]);
    times = number(words[2]);
    if (times > TIMES)
        times = TIMES;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < n; i++) {
            int which = round % 2 == 0 ? i : n - 1 - i;

            medians[which] = median_of_runs(commands[which], times);
        }
        for (int i = 0; i < n; i++)
            printf("%s%.9f", i > 0 ? " " : "", medians[i]);
        if (puts("") < 0)
            fail("stdout");
    }
    return 0;
}
