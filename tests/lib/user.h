/*
 * Has code as users write it. blocks.bats compiles it as C and C++ with each compiler that is installed, with
 * warnings as errors. It is not run.
 */
#ifndef USER_H
#define USER_H

#include <k3thread.h>
#include <stddef.h>

extern const k3thread_exctype Reload;
K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_Exception);

void release(void *arg);
int  work(int fd, void *resource);
int  handle(int fd, void *resource);
int  loop(int fd, void *resource);

int work(int fd, void *resource)
{
    volatile int result = 0;

    K3THREAD_TRY {
        K3THREAD_TRY {
            k3thread_cleanup_push(release, resource);
            k3thread_cleanup_push(release, resource);
            K3THREAD_SHIELD {
                result = k3thread_sleep(1.5);
            }
            K3THREAD_SHIELD_END
            k3thread_cleanup_pop(1);
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            K3THREAD_TRY {
                result = handle(fd, resource);
            }
            K3THREAD_EXCEPT(k3thread_OSError, inner) {
                result = inner->message[0];
            }
            K3THREAD_END
            K3THREAD_RERAISE();
        }
        K3THREAD_EXCEPT(Reload, e) {
            result = e->message[0];
        }
        K3THREAD_FINALLY {
            K3THREAD_TRY {
                release(resource);
            }
            K3THREAD_END
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_Exception, e) {
        result = -1;
    }
    K3THREAD_END
    return result;
}

int handle(int fd, void *resource)
{
    K3THREAD_TRY {
        K3THREAD_TIMEOUT(fd / 2.0) {
            return work(fd, resource);
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            release(resource);
        }
        K3THREAD_END
    }
    K3THREAD_END
    return 0;
}

int loop(int fd, void *resource)
{
    for (;;) {
        K3THREAD_TRY {
            if (work(fd, resource) == 0)
                continue;
            if (handle(fd, resource) == 0)
                break;
            goto out;
        }
        K3THREAD_EXCEPT(k3thread_SystemExit, e) {
            return 0;
        }
        K3THREAD_FINALLY {
            release(resource);
        }
        K3THREAD_END
    }
out:
    return 1;
}

#endif
