/* Measures the time of a start and a join. */
#include "lib-measure.h"

#include "k3thread.h"

#include <pthread.h>

static void *target(void *arg)
{
    return arg;
}

static double managed(void)
{
    double    begin = now();
    k3thread *t;

    must(k3thread_start(&t, target, NULL, NULL), "k3thread_start");
    must(k3thread_join(t, -1, NULL), "k3thread_join");
    k3thread_unref(t);
    return now() - begin;
}

static double bare(void)
{
    double    begin = now();
    pthread_t thread;

    must(pthread_create(&thread, NULL, target, NULL), "pthread_create");
    must(pthread_join(thread, NULL), "pthread_join");
    return now() - begin;
}

int main(void)
{
    measure(&(struct benchmark){.name = "start and join",
                                .floor_name = "pthread_create and pthread_join",
                                .figure = managed,
                                .floor = bare,
                                .aim = AIM_RATIO,
                                .limit = 1.1,
                                .samples = 50});
    return 0;
}
