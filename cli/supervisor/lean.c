#include "cli/supervisor/lean.h"

#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static uintptr_t page_floor(uintptr_t address)
{
    return address & ~((uintptr_t) sysconf(_SC_PAGESIZE) - 1);
}

/* Segments that are not written to: their pages are the file's, and are read from it again. */
static int drop_object(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void) size, (void) unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = page_floor(info->dlpi_addr + segment->p_vaddr);
        uintptr_t end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0)
            (void) madvise((void *) start, end - start, MADV_DONTNEED); /* a hint */
    }
    return 1; /* the program comes first; it is all there is */
}

void lean_process(void)
{
    malloc_trim(0);
    dl_iterate_phdr(drop_object, NULL);
}

void lean_stack(void)
{
    pthread_attr_t attributes;
    void          *low;
    size_t         size;
    /* What is below the next page's start is of no frame that is in use; signals come on top. */
    uintptr_t used = page_floor((uintptr_t) __builtin_frame_address(0) - 256);

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0 && used > (uintptr_t) low)
        (void) madvise(low, used - (uintptr_t) low, MADV_DONTNEED);
    pthread_attr_destroy(&attributes);
}
