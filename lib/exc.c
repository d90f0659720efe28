#include "exc.h"

#include "memory.h"
#include "origin.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void k3t_exc_fill(struct k3thread_exception_ *exc, const k3thread_exctype *type, k3thread_id sender,
                  const char *format, va_list arguments)
{
    char *message = exc->info.message;
    int   length;

    exc->info.type = type;
    exc->info.sender = sender;
    message[0] = '\0';
    length = format != NULL ? vsnprintf(message, K3THREAD_MESSAGE_MAX, format, arguments) : 0;
    if (length < 0)
        message[0] = '\0';
    else if (length >= K3THREAD_MESSAGE_MAX)
        k3t_text_drop_partial(message, K3THREAD_MESSAGE_MAX - 1);
}

/* Initialises EXC, except for its type, sender and message. */
static void begin(struct k3thread_exception_ *exc, bool reserved)
{
    memset(exc->no_header, 0, sizeof(exc->no_header));
    exc->next = NULL;
    exc->limit = NULL;
    exc->edge = NULL;
    exc->attached = false;
    exc->reserved = reserved;
    exc->info.data = NULL;
    exc->info.origin_ = NULL;
}

struct k3thread_exception_ *k3t_exc_new(const k3thread_exctype *type, k3thread_id sender,
                                        const char *format, va_list arguments)
{
    struct k3thread_exception_ *exc = malloc(sizeof(*exc));

    if (exc == NULL)
        return NULL;
    begin(exc, false);
    k3t_exc_fill(exc, type, sender, format, arguments);
    return exc;
}

struct k3thread_exception_ *k3t_exc_new_sure(struct k3thread_exception_ *reserve)
{
    struct k3thread_exception_ *exc = malloc(sizeof(*exc));

    if (exc == NULL)
        exc = reserve->info.type == NULL ? reserve : k3t_must_alloc(sizeof(*exc));
    begin(exc, exc == reserve);
    return exc;
}

void k3t_exc_free(struct k3thread_exception_ *exc)
{
    if (exc == NULL)
        return;
    k3t_origin_unref(exc->info.origin_);
    if (exc->reserved)
        exc->info.type = NULL;
    else
        free(exc);
}

void k3t_exc_copy(struct k3thread_exception_ *exc, const struct k3thread_exc *source)
{
    k3t_origin_ref(source->origin_);
    k3t_origin_unref(exc->info.origin_);
    exc->info = *source;
}

bool k3t_exc_set_data(struct k3thread_exception_ *exc, void *data, void (*free_data)(void *data))
{
    exc->info.origin_ = k3t_origin_new(data, free_data, NULL);
    if (exc->info.origin_ == NULL)
        return false;
    exc->info.data = data;
    return true;
}

void k3t_exc_set_cause(struct k3thread_exception_ *exc, const struct k3thread_exc *cause)
{
    struct k3thread_origin_ *origin = k3t_origin_new(NULL, NULL, cause);

    if (origin == NULL)
        return;
    k3t_origin_unref(exc->info.origin_);
    exc->info.origin_ = origin;
}

void k3t_exc_release_data(struct k3thread_exception_ *exc)
{
    k3t_origin_release_data(exc->info.origin_);
}
