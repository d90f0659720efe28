/* Tells the supervisor of this process's threads, of its published exceptions, and of the exception that ends it. */
#ifndef K3THREAD_ATTACH_TELL_H
#define K3THREAD_ATTACH_TELL_H

#include "connection.h"

/* The news that were told over one connection so far. In a zeroed struct there are none. */
struct k3t_told {
    size_t   published; /* the number of types that were told */
    unsigned asked;     /* the last request that was told; see k3t_attach_asked() */
};

/* Tells everything that was not told yet. Returns 0, or -errno if the connection fails. */
int k3t_tell(struct k3t_connection *connection, struct k3t_told *told);

#endif
