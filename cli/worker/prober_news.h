/* A message of a prober. */
#ifndef K3THREAD_CLI_WORKER_PROBER_NEWS_H
#define K3THREAD_CLI_WORKER_PROBER_NEWS_H

/* The news of a prober. After any but PROBER_TRIED it has ended, and posts no more. */
enum prober_news {
    PROBER_TRIED,      /* the first complete try has failed, and the prober goes on */
    PROBER_HOLDS,      /* the probe holds */
    PROBER_IN_VAIN,    /* the probe did not hold before the prober was told to finish or to stop */
    PROBER_IMPOSSIBLE, /* this probe can never hold for this thread; see WHY */
    PROBER_FAILED,     /* the prober could not begin; see WHY */
};

#endif
