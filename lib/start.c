/* Starts threads, on the side of the starter. run.c has the side of the new thread. */
#include "adopt.h"
#include "clock.h"
#include "end.h"
#include "exit.h"
#include "exit_count.h"
#include "gone.h"
#include "reap.h"
#include "registry.h"
#include "run.h"
#include "stack.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool name_is_legal(const char *name)
{
    size_t length = strnlen(name, K3THREAD_NAME_MAX + 1);

    if (length == 0 || length > K3THREAD_NAME_MAX)
        return false;
    for (; *name != '\0'; name++) {
        if ((unsigned char) *name < ' ' || *name == 0x7F)
            return false;
    }
    return true;
}

static int check(k3thread_target target, const struct k3thread_options *options)
{
    if (target == NULL)
        return K3THREAD_TYPE_ERROR;
    if (options->name != NULL && !name_is_legal(options->name))
        return K3THREAD_VALUE_ERROR;
    return isnan(options->after) || options->after < 0 ? K3THREAD_VALUE_ERROR : 0;
}

/*
 * Sets the attributes of a detached thread, whose stack is freed when the thread is gone, whether or not it is
 * joined. With a STACK_SIZE of 0 the stack has the default size of the C library.
 */
static int set_attributes(pthread_attr_t *attributes, size_t stack_size)
{
    int error = pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);

    if (error == 0 && stack_size != 0)
        error = pthread_attr_setstacksize(attributes, k3t_stack_size(stack_size));
    return error;
}

static int create(struct k3thread *t, size_t stack_size)
{
    pthread_attr_t attributes;
    pthread_t      thread;
    int            error = pthread_attr_init(&attributes);

    if (error != 0)
        return -error;
    error = set_attributes(&attributes, stack_size);
    if (error == 0)
        error = pthread_create(&thread, &attributes, k3t_run, t);
    if (error == 0)
        atomic_store_explicit(&t->thread, thread, memory_order_relaxed);
    pthread_attr_destroy(&attributes);
    return -error;
}

/* Makes the record of a thread that is to be started. Returns NULL with *RET_ERROR set, a -errno, on failure. */
static struct k3thread *prepare(k3thread_target target, void *arg,
                                const struct k3thread_options *options, int *ret_error)
{
    struct k3thread *t = malloc(k3t_record_size(options->name)); /* quicker than calloc, here */
    int              error = ENOMEM;

    if (t != NULL) {
        k3t_record_init(t, options->name);
        error = k3t_gone_init(t);
    }
    if (error != 0) {
        free(t);
        *ret_error = -error;
        return NULL;
    }
    t->target = target;
    t->arg = arg;
    t->daemon = options->daemon;
    t->counted = !options->daemon;
    t->delayed = options->after > 0;
    if (t->delayed)
        t->begin = k3t_deadline(options->after);
    return t;
}

static int start(k3thread **ret, k3thread_target target, void *arg,
                 const struct k3thread_options *options)
{
    int              error = check(target, options);
    struct k3thread *t;

    if (error != 0)
        return error;
    k3t_self();
    k3t_exit_install();
    k3t_reap_some();
    t = prepare(target, arg, options, &error);
    if (t == NULL)
        return error;
    if (t->counted)
        k3t_exit_count();
    k3thread_ref(t); /* the caller's */
    k3t_registry_add(t, "Thread");
    error = create(t, options->stack_size);
    if (error != 0)
        k3t_end_unborn(t);
    else if (ret != NULL)
        *ret = t;
    if (error != 0 || ret == NULL)
        k3thread_unref(t);
    return error;
}

int k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                   const struct k3thread_options *options)
{
    static const struct k3thread_options defaults;

    return start(ret, target, arg, options != NULL ? options : &defaults);
}

int k3thread_daemon(k3thread **ret, k3thread_target target, void *arg,
                    const struct k3thread_options *options)
{
    struct k3thread_options changed = {0};

    if (options != NULL)
        changed = *options;
    changed.daemon = true;
    return start(ret, target, arg, &changed);
}
