/* What an attached process tells its supervisor: its threads, its exceptions and its end. */
#ifndef K3THREAD_ATTACH_TELL_H
#define K3THREAD_ATTACH_TELL_H

#include "connection.h"

/* How much of it was told over a connection; all zeros: nothing. */
struct k3t_told {
    size_t   published; /* how many types */
    unsigned asked;     /* the last request of another thread; see k3t_attach_tell */
};

/* Tells what there is to tell. Returns 0, or -errno if the connection fails. */
int k3t_tell(struct k3t_connection *connection, struct k3t_told *told);

#endif
