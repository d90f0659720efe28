#include "attach.h"

#include "adopt.h"
#include "attach_serve.h"
#include "attach_state.h"
#include "exit.h"
#include "published.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The seconds that the supervisor may take to confirm the first news, and to confirm later news. */
#define FIRST_PATIENCE 10
#define PATIENCE       1

static bool is_id(const char *text)
{
    return text[0] != '\0' && strlen(text) < 20 && strspn(text, "0123456789") == strlen(text);
}

/* Begins an attachment, unless there is one. Returns 0 or a negative error. */
static int attach(struct k3thread *main, const char *path, const char *id)
{
    bool there;
    int  error = k3t_attach_begin(main, &there);

    if (error != 0 || there)
        return error;
    error = k3t_attach_serve(path, id);
    if (error == 0)
        (void) k3t_attach_ask_to_tell(NULL, NULL, FIRST_PATIENCE);
    return error;
}

int k3t_attach_to(struct k3thread *main)
{
    const int   saved_errno = errno;
    const char *path = getenv("K3THREAD_SOCKET");
    const char *id = getenv("K3THREAD_ID");
    int         error = -ENOENT;

    k3t_self();
    k3t_exit_install();
    if (path != NULL && id != NULL && is_id(id))
        error = attach(main, path, id);
    errno = saved_errno;
    return error;
}

int k3thread_attach(void)
{
    return k3t_attach_to(NULL);
}

int k3thread_detach(void)
{
    return k3t_attach_stop(PATIENCE);
}

int k3thread_publish(const k3thread_exctype *type)
{
    int error;

    if (type == NULL)
        return K3THREAD_TYPE_ERROR;
    if (!k3thread_exctype_is(type, &k3thread_BaseException))
        return K3THREAD_VALUE_ERROR;
    error = k3t_published_add(type);
    if (error == 0)
        (void) k3t_attach_ask_to_tell(NULL, NULL, PATIENCE);
    return error;
}
