/* The other machines of a run: reads --hosts and --via, and starts the process that reaches the machines. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_HOSTS_H
#define K3THREAD_CLI_SCRIPT_RUN_HOSTS_H

#include "cli/base/text.h"
#include "cli/client/client.h"
#include "cli/place/place.h"
#include "cli/remote/host_list.h"
#include "cli/script/words.h"

#include <stdbool.h>

/* The words that run a program on another machine, if there is no --via. */
#define RUN_VIA_DEFAULT "ssh {}"

/* All machines of a run. Zeroed, it is empty. */
struct run_hosts {
    struct host_list list;
    char          ***commands; /* of each machine: a list up to a NULL */
    bool             reschedule;
};

/* Reads LIST and VIA, the words of the options; VIA may be NULL. Returns 0, or -errno with WHY. */
int run_hosts_read(struct run_hosts *ret, const char *list, const char *via, struct text *why);

/*
 * Tells the supervisor at PLACE, to which CLIENT is connected, of the machines, and starts the process that reaches
 * them. Returns 0, or -errno, perhaps with the reason in client->failure.
 */
int run_hosts_start(const struct run_hosts *hosts, const struct place *place, struct client *client,
                    pid_t *ret_carrier);

/* Tells the supervisor that the process which reaches the machines has ended, and that they are lost. */
void run_hosts_lose(const struct run_hosts *hosts, struct client *client);

void run_hosts_release(struct run_hosts *hosts);

#endif
