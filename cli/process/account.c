#include "cli/process/account.h"

#include "cli/process/mark.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUCKETS 1024

LIST_HEAD(bucket, account);

/*
 * Guards all accounts. It is held while a child is reaped and counted, so that a worker which finds the
 * child gone also finds it counted.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bucket   buckets[BUCKETS]; /* by id */

static struct bucket *bucket_of(uint64_t id)
{
    return &buckets[id % BUCKETS];
}

void account_open(struct account *account, uint64_t id)
{
    pthread_mutex_lock(&lock);
    *account = (struct account){.id = id};
    LIST_INSERT_HEAD(bucket_of(id), account, link);
    pthread_mutex_unlock(&lock);
}

void account_close(struct account *account)
{
    pthread_mutex_lock(&lock);
    LIST_REMOVE(account, link);
    pthread_mutex_unlock(&lock);
}

void account_set_leader(struct account *account, pid_t leader)
{
    pthread_mutex_lock(&lock);
    account->leader = leader;
    pthread_mutex_unlock(&lock);
}

void account_put(struct account *account, const struct usage *usage)
{
    pthread_mutex_lock(&lock);
    account->usage = *usage;
    pthread_mutex_unlock(&lock);
}

struct usage account_usage(struct account *account)
{
    struct usage usage;

    pthread_mutex_lock(&lock);
    usage = account->usage;
    pthread_mutex_unlock(&lock);
    return usage;
}

static double seconds(struct timeval time)
{
    return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

/* Adds the kernel's figures of a reaped process. Caller holds the lock. */
static void add(struct account *account, const struct rusage *used)
{
    struct usage *usage = &account->usage;
    uint64_t      memory = (uint64_t) used->ru_maxrss * 1024;

    usage->user += seconds(used->ru_utime);
    usage->system += seconds(used->ru_stime);
    if (usage->memory < memory)
        usage->memory = memory;
}

/* Calls waitid() with the argument that glibc leaves out. Returns true if there was a dead child. */
static bool wait_for(idtype_t type, id_t id, siginfo_t *ret, int options, struct rusage *used)
{
    return syscall(SYS_waitid, type, id, ret, WEXITED | WNOHANG | __WALL | options, used) == 0 &&
           ret->si_pid != 0;
}

bool account_reap(struct account *account, idtype_t type, id_t id, siginfo_t *ret)
{
    struct rusage used;

    if (!wait_for(type, id, ret, 0, &used))
        return false;
    pthread_mutex_lock(&lock);
    add(account, &used);
    pthread_mutex_unlock(&lock);
    return true;
}

static struct account *find_by_id(uint64_t id)
{
    struct account *account;

    LIST_FOREACH(account, bucket_of(id), link)
        if (account->id == id)
            return account;
    return NULL;
}

static struct account *find_by_leader(pid_t leader)
{
    struct account *account;

    for (size_t i = 0; i < BUCKETS; i++)
        LIST_FOREACH(account, &buckets[i], link)
            if (account->leader == leader)
                return account;
    return NULL;
}

/*
 * Returns the account that the process PID, dead but not reaped, counts towards, or NULL. The processes that a
 * probe starts have a mark of their own, which names no account. Caller holds the lock.
 */
static struct account *find_account(pid_t pid)
{
    uint64_t id = mark_read(pid);
    pid_t    session;

    if (id != 0)
        return find_by_id(id);
    session = getsid(pid);
    return session > 0 ? find_by_leader(session) : NULL;
}

/* Looks for the account before it reaps the process, because reaping removes the mark. */
bool account_reap_any(idtype_t type, id_t id)
{
    struct account *account;
    struct rusage   used;
    siginfo_t       info;
    bool            found;

    pthread_mutex_lock(&lock);
    found = wait_for(type, id, &info, WNOWAIT | (type == P_ALL ? __WNOTHREAD : 0), NULL);
    if (found) {
        account = find_account(info.si_pid);
        found = wait_for(P_PID, (id_t) info.si_pid, &info, 0, &used);
        if (found && account != NULL)
            add(account, &used);
    }
    pthread_mutex_unlock(&lock);
    return found;
}
