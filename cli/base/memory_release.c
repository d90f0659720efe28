#include "cli/base/memory_release.h"

#include "cli/base/libc.h"

#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static uintptr_t page_floor(uintptr_t address)
{
    return address & ~((uintptr_t) sysconf(_SC_PAGESIZE) - 1);
}

/* The segments of the program that are never written to; code comes last. */
struct segments {
    struct {
        uintptr_t start;
        size_t    size;
    } list[8];
    size_t count;
};

static void add_segments(const struct dl_phdr_info *info, bool code, struct segments *ret)
{
    for (int i = 0; i < info->dlpi_phnum && ret->count < 8; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = page_floor(info->dlpi_addr + segment->p_vaddr);
        uintptr_t end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;

        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0 ||
            code != ((segment->p_flags & PF_X) != 0))
            continue;
        ret->list[ret->count].start = start;
        ret->list[ret->count++].size = end - start;
    }
}

static int find_segments(struct dl_phdr_info *info, size_t size, void *segments)
{
    (void) size;
    add_segments(info, false, segments);
    add_segments(info, true, segments);
    return 1; /* the program comes first, and is the only object that matters */
}

/*
 * The pages come from the program's file, and are read from it again. Code that runs after its pages were
 * dropped brings them back, with their neighbours, sixteen at a time. So the segments are found first, and the
 * code is dropped last.
 */
void memory_release_process(void)
{
    struct segments segments = {.count = 0};

    libc_trim_heap();
    dl_iterate_phdr(find_segments, &segments);
    for (size_t i = 0; i < segments.count; i++)
        (void) madvise((void *) segments.list[i].start, segments.list[i].size,
                       MADV_DONTNEED); /* a hint: a failure does no harm */
}

/* The frames of memory_release_stack() and of madvise(). A sanitizer's have more in them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LARGEST_FRAMES 4096
#else
#define LARGEST_FRAMES 256
#endif

void memory_release_stack(void)
{
    pthread_attr_t attributes;
    void          *low;
    size_t         size;
    /* No frame in use is below the start of this page. A signal's frame is put on top of ours. */
    uintptr_t used = page_floor((uintptr_t) __builtin_frame_address(0) - LARGEST_FRAMES);

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0 && used > (uintptr_t) low)
        (void) madvise(low, used - (uintptr_t) low, MADV_DONTNEED);
    pthread_attr_destroy(&attributes);
}
