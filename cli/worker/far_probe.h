/* Probes of a thread that runs on another machine: the agent there looks, and the prober here waits for its reply. */
#ifndef K3THREAD_CLI_WORKER_FAR_PROBE_H
#define K3THREAD_CLI_WORKER_FAR_PROBE_H

#include "cli/base/text.h"
#include "cli/worker/prober_news.h"

#include <stdbool.h>
#include <stdint.h>

struct seat;

/* One question to an agent. */
struct far_probe {
    const struct seat *seat;
    uint64_t           id; /* of the thread, at the agent */
    const char        *spec;
    bool (*goes_on)(void); /* takes the server's orders; returns false if the prober must stop */
    void (*tried)(void *context); /* notes that the first look was in vain */
    void *context;
};

/* Returns true if the probe SPEC is for the agent of SEAT, which may be NULL, and not for this supervisor. */
bool far_probe_is_wanted(const struct seat *seat, const char *spec);

/* Waits until the agent has replied, or the prober must stop. Returns the last news, and their reason in WHY. */
enum prober_news far_probe_try(const struct far_probe *probe, struct text *why);

#endif
