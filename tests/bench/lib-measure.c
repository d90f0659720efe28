#include "lib-measure.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LEAST_ROUNDS 5
#define MOST_ROUNDS  2000

/* The samples of one side. */
struct series {
    double *values;
    size_t  count;
    size_t  capacity;
};

void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s: failed with %d\n", what, result);
    exit(1);
}

double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec * 1e9 + (double) time.tv_nsec;
}

static char state_of(int tid)
{
    char  path[64];
    char  state = '?';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    file = fopen(path, "r");
    must(file == NULL, path);
    must(fscanf(file, "%*d (%*[^)]) %c", &state) != 1, path);
    fclose(file);
    return state;
}

void wait_until_asleep(int tid)
{
    double deadline = now() + 10e9;

    while (state_of(tid) != 'S') {
        must(now() > deadline, "a thread never went to sleep");
        sched_yield();
    }
}

static void append(struct series *series, double value)
{
    if (series->count == series->capacity) {
        series->capacity = series->capacity != 0 ? series->capacity * 2 : 1024;
        series->values = realloc(series->values, series->capacity * sizeof(*series->values));
        must(series->values == NULL, "realloc");
    }
    series->values[series->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *) a;
    double y = *(const double *) b;

    return (x > y) - (x < y);
}

static double quantile(double *values, size_t count, double part)
{
    qsort(values, count, sizeof(*values), compare);
    return values[(size_t) (part * (double) (count - 1) + 0.5)];
}

/* Takes a round of one side, and returns its median. */
static double take(const struct benchmark *b, sample_function sample, struct series *all)
{
    size_t first = all->count;

    for (unsigned i = 0; i < b->samples; i++)
        append(all, sample() / (b->scale != 0 ? b->scale : 1));
    return quantile(all->values + first, b->samples, 0.5);
}

/* Takes a round of both sides; in every other round the floor comes first. */
static double take_round(const struct benchmark *b, struct series *figures, struct series *floors,
                         bool floor_first)
{
    double figure, floor;

    if (floor_first) {
        floor = take(b, b->floor, floors);
        figure = take(b, b->figure, figures);
    } else {
        figure = take(b, b->figure, figures);
        floor = take(b, b->floor, floors);
    }
    return b->aim == AIM_DIFFERENCE ? figure - floor : figure / floor;
}

static void print_side(struct series *side)
{
    double median = quantile(side->values, side->count, 0.5);
    int    decimals = median < 100 ? 2 : 0;

    printf("%.*f\t", decimals, median);
    printf("%.*f\t", decimals, quantile(side->values, side->count, 0.99));
}

static void print_verdict(const struct benchmark *b, double figure, double comparison)
{
    const char *text[] = {"-", "x", "more", ""};
    double      judged = b->aim == AIM_FIGURE ? figure : comparison;

    printf("%s%.2f%s\t", b->aim == AIM_DIFFERENCE && comparison > 0 ? "+" : "", comparison,
           b->aim == AIM_DIFFERENCE ? "" : "x");
    if (b->aim == AIM_NONE)
        printf("-\t-\t");
    else
        printf("<= %g%s%s\t%s\t", b->limit, b->aim == AIM_RATIO ? "" : " ", text[b->aim],
               judged <= b->limit ? "yes" : "NO");
}

static double seconds_to_run(void)
{
    const char *text = getenv("BENCH_SECONDS");

    return text != NULL ? strtod(text, NULL) : 1;
}

static bool goes_on(const struct benchmark *b, size_t rounds, double end)
{
    if (b->rounds != 0)
        return rounds < b->rounds;
    return rounds < LEAST_ROUNDS || (rounds < MOST_ROUNDS && now() < end);
}

void measure(const struct benchmark *b)
{
    struct series figures = {0}, floors = {0}, rounds = {0}, warm = {0};
    double        end = now() + seconds_to_run() * 1e9;
    double        comparison;

    if (b->rounds == 0)
        take_round(b, &warm, &warm, false);
    while (goes_on(b, rounds.count, end))
        append(&rounds, take_round(b, &figures, &floors, rounds.count % 2 != 0));
    comparison = quantile(rounds.values, rounds.count, 0.5);

    printf("%s\t%s\t", b->name, b->unit != NULL ? b->unit : "ns");
    print_side(&figures);
    printf("%s\t", b->floor_name);
    print_side(&floors);
    print_verdict(b, quantile(figures.values, figures.count, 0.5), comparison);
    printf("%.2f..%.2f\n", quantile(rounds.values, rounds.count, 0.25),
           quantile(rounds.values, rounds.count, 0.75));
    free(figures.values);
    free(floors.values);
    free(rounds.values);
    free(warm.values);
}
