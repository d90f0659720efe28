#include "stack.h"

#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <unistd.h>

/*
 * The size of a signal's frame with the registers of AVX-512, for a kernel that does not tell it (x86 before Linux
 * 5.14).
 */
#define SIGNAL_FRAME 4096

/* Adds the size of the thread-local variables of one object to *DATA, because they may be on each stack. */
static int add_tls(struct dl_phdr_info *info, size_t size, void *data)
{
    (void) size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            *(size_t *) data += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
    }
    return 0;
}

/*
 * Returns the number of bytes of a stack that the system itself needs: the minimum of the C library, a signal's
 * frame, and thread-local variables.
 */
static size_t needed_by_system(void)
{
    const unsigned long frame = getauxval(AT_MINSIGSTKSZ);
    size_t              needed = (size_t) PTHREAD_STACK_MIN + (frame > 0 ? frame : SIGNAL_FRAME);

    dl_iterate_phdr(add_tls, &needed);
    return needed;
}

size_t k3t_stack_size(size_t size)
{
    const size_t page = (size_t) sysconf(_SC_PAGESIZE);
    const size_t needed = needed_by_system();

    if (size > SIZE_MAX - needed - page)
        return size;
    return (size + needed + page - 1) / page * page;
}
