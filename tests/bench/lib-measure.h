/*
 * Measures a figure beside its floor: what the bare system takes for the same work.
 *
 * The machine may be noisy. So the two are measured in turn, in many short rounds, and compared round by
 * round: a disturbance then affects both. The output has medians and 99th percentiles of all samples,
 * and the median and the quartiles of the rounds' ratios (or differences).
 */
#ifndef LIB_MEASURE_H
#define LIB_MEASURE_H

/* One sample, in nanoseconds unless the benchmark says otherwise. */
typedef double (*sample_function)(void);

enum aim {
    AIM_NONE,
    AIM_RATIO,      /* the figure is at most LIMIT times the floor */
    AIM_DIFFERENCE, /* the figure is at most LIMIT above the floor */
    AIM_FIGURE      /* the figure is at most LIMIT */
};

struct benchmark {
    const char     *name;
    const char     *floor_name;
    const char     *unit;
    sample_function figure;
    sample_function floor;
    enum aim        aim;
    double          limit;   /* of the aim */
    unsigned        samples; /* of each side, in a round */
    unsigned        rounds;  /* 0: for as long as $BENCH_SECONDS says */
    double          scale;   /* a sample is divided by it; 0 is 1 */
};

/* Returns the monotonic clock in nanoseconds. */
double now(void);

/* Waits until the thread TID sleeps in the kernel. */
void wait_until_asleep(int tid);

/*
 * Runs rounds, for $BENCH_SECONDS or a second, and prints a row, with tabs between its fields:
 *
 *     name, unit, median, p99, floor's name, floor's median, p99, comparison, aim, met?, quartiles
 */
void measure(const struct benchmark *benchmark);

/* Ends the program if RESULT is not 0. */
void must(int result, const char *what);

#endif
