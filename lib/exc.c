#include "exc.h"

#include "memory.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void k3t_exc_fill(struct k3thread_flight_ *exc, const k3thread_exctype *type, k3thread_id sender,
                  const char *format, va_list arguments)
{
    char *message = exc->exc.message;
    int   length;

    memset(exc->no_header, 0, sizeof(exc->no_header));
    exc->next = NULL;
    exc->target = NULL;
    exc->exc.type = type;
    exc->exc.sender = sender;
    message[0] = '\0';
    if (format == NULL)
        return;
    length = vsnprintf(message, K3THREAD_MESSAGE_MAX, format, arguments);
    if (length < 0)
        message[0] = '\0';
    else if (length >= K3THREAD_MESSAGE_MAX)
        k3t_text_drop_partial(message, K3THREAD_MESSAGE_MAX - 1);
}

struct k3thread_flight_ *k3t_exc_new(const k3thread_exctype *type, k3thread_id sender,
                                     const char *format, va_list arguments)
{
    struct k3thread_flight_ *exc = malloc(sizeof(*exc));

    if (exc == NULL)
        return NULL;
    exc->reserved = false;
    exc->edge = NULL;
    k3t_exc_fill(exc, type, sender, format, arguments);
    return exc;
}

struct k3thread_flight_ *k3t_exc_new_sure(struct k3thread_flight_ *reserve)
{
    struct k3thread_flight_ *exc = malloc(sizeof(*exc));

    if (exc == NULL)
        exc = reserve->exc.type == NULL ? reserve : k3t_must_alloc(sizeof(*exc));
    exc->reserved = exc == reserve;
    exc->edge = NULL;
    return exc;
}

void k3t_exc_free(struct k3thread_flight_ *exc)
{
    if (exc == NULL)
        return;
    if (exc->reserved)
        exc->exc.type = NULL;
    else
        free(exc);
}
