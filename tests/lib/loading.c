/*
 * Tests two copies of the library in one process: the archive that is in this program, and the shared library,
 * which the program loads and closes. K3THREAD_TEST_SO is the path of the shared library.
 */
#include "test.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* The functions of the shared copy that the tests use. */
static struct {
    __typeof__(&k3thread_start)          start;
    __typeof__(&k3thread_send_exception) send;
    __typeof__(&k3thread_join)           join;
    __typeof__(&k3thread_sleep)          sleep;
    __typeof__(&k3thread_get_tid)        get_tid;
    __typeof__(&k3thread_unref)          unref;
    const k3thread_exctype              *system_exit;
} shared;

/* Stores the address of NAME in *RET; ISO C has no cast to a function pointer. */
static void find(void *handle, const char *name, void *ret)
{
    void *address = dlsym(handle, name);

    CHECK(address != NULL);
    memcpy(ret, &address, sizeof(address));
}

static void *load_as(int scope)
{
    void *handle = dlopen(getenv("K3THREAD_TEST_SO"), RTLD_NOW | scope);

    CHECK(handle != NULL);
    return handle;
}

static void *load(void)
{
    void *handle = load_as(RTLD_LOCAL);

    find(handle, "k3thread_start", &shared.start);
    find(handle, "k3thread_send_exception", &shared.send);
    find(handle, "k3thread_join", &shared.join);
    find(handle, "k3thread_sleep", &shared.sleep);
    find(handle, "k3thread_get_tid", &shared.get_tid);
    find(handle, "k3thread_unref", &shared.unref);
    find(handle, "k3thread_SystemExit", &shared.system_exit);
    CHECK(shared.start != k3thread_start && shared.sleep != k3thread_sleep);
    return handle;
}

static void *sleep_in_shared(void *arg)
{
    (void) shared.sleep(-1);
    return arg;
}

static void *sleep_in_static(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static k3thread *start_shared(void)
{
    k3thread *t = NULL;

    CHECK_EQUAL(shared.start(&t, sleep_in_shared, NULL, NULL), 0);
    WAIT_FOR(test_state(shared.get_tid(t)) == 'S');
    return t;
}

static void end_shared(k3thread *t)
{
    struct k3thread_result result;

    CHECK_EQUAL(shared.send(t, shared.system_exit), 0);
    CHECK_EQUAL(shared.join(t, -1, &result), 0);
    CHECK(result.exception == shared.system_exit);
    shared.unref(t);
}

static k3thread *start_static(void)
{
    k3thread *t = test_start(sleep_in_static, NULL);

    test_wait_asleep(t);
    return t;
}

static void end_static(k3thread *t)
{
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

/* Both copies wake their own threads beside those of the other. */
static void two_copies(void)
{
    k3thread *of_static, *of_shared;

    load();
    of_static = start_static();
    of_shared = start_shared();
    end_static(of_static);
    of_static = start_static();
    end_shared(of_shared);
    end_static(of_static);
}

static void other_first(void)
{
    k3thread *of_static, *of_shared;

    load();
    of_shared = start_shared();
    of_static = start_static();
    end_shared(of_shared);
    of_shared = start_shared();
    end_static(of_static);
    end_shared(of_shared);
}

/* After dlclose the threads of the shared copy go on, and can be raised in. */
static void unloaded(void)
{
    void     *handle = load();
    k3thread *t = start_shared();

    CHECK_EQUAL(dlclose(handle), 0);
    end_shared(t);
}

/* Loads a copy of the shared library's file, which the loader does not know to be the same. */
static void *load_duplicate(void)
{
    char        path[64];
    const int   from = open(getenv("K3THREAD_TEST_SO"), O_RDONLY | O_CLOEXEC);
    const int   to = memfd_create("copy", MFD_CLOEXEC);
    struct stat whole;
    void       *handle;

    CHECK(from >= 0 && to >= 0 && fstat(from, &whole) == 0);
    CHECK_EQUAL(sendfile(to, from, NULL, (size_t) whole.st_size), whole.st_size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(handle != NULL);
    return handle;
}

/* A copy whose names all libraries can find is not taken for the one that a library of its own has. */
static void own_data(void)
{
    __typeof__(&k3thread_set_mask) set_mask_of_first;
    __typeof__(&k3thread_get_mask) get_mask_of_first, get_mask_of_second;
    void                          *first = load_as(RTLD_GLOBAL), *second = load_duplicate();

    find(first, "k3thread_set_mask", &set_mask_of_first);
    find(first, "k3thread_get_mask", &get_mask_of_first);
    find(second, "k3thread_get_mask", &get_mask_of_second);
    CHECK_EQUAL(set_mask_of_first(K3THREAD_NEVER), K3THREAD_IMMEDIATE);
    CHECK_EQUAL(get_mask_of_first(), K3THREAD_NEVER);
    CHECK_EQUAL(get_mask_of_second(), K3THREAD_IMMEDIATE);
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
}

TEST_MAIN({"two-copies", two_copies}, {"other-first", other_first}, {"unloaded", unloaded},
          {"own-data", own_data})
