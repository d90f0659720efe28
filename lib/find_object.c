/*
 * Defines _dl_find_object, a function of glibc, for a program with another C library. The unwinder of a gcc that
 * was built for glibc calls it.
 *
 * With musl-gcc only the C library is another, so the unwinder in libgcc_eh.a asks _dl_find_object for the tables
 * of the code at an address. An unwinder that was built for another C library calls dl_iterate_phdr itself, and
 * nothing calls this function.
 */
#include "find_object.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __GLIBC__

/* One object with the code at an address, laid out as in glibc's dlfcn.h on x86-64 and aarch64. */
struct dl_find_object {
    unsigned long long flags;
    void              *map_start, *map_end;
    void              *link_map;
    void              *eh_frame; /* its segment PT_GNU_EH_FRAME */
    unsigned long long reserved[7];
};

/* A search for the object that has an address. */
struct search {
    uintptr_t              address;
    struct dl_find_object *found;
};

static bool segment_has_address(const ElfW(Phdr) * segment, uintptr_t base, uintptr_t address)
{
    return segment->p_type == PT_LOAD && address - base - segment->p_vaddr < segment->p_memsz;
}

/* Stores the object if it has the address, and tables for the unwinder. Then returns 1, which ends the search. */
static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    const struct search *search = data;
    const ElfW(Phdr) *tables = NULL, *code = NULL;

    (void) size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (segment_has_address(&info->dlpi_phdr[i], info->dlpi_addr, search->address))
            code = &info->dlpi_phdr[i];
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            tables = &info->dlpi_phdr[i];
    }
    if (code == NULL || tables == NULL)
        return 0;
    *search->found = (struct dl_find_object){
        .map_start = (void *) (info->dlpi_addr + code->p_vaddr),
        .map_end = (void *) (info->dlpi_addr + code->p_vaddr + code->p_memsz),
        .eh_frame = (void *) (info->dlpi_addr + tables->p_vaddr),
    };
    return 1;
}

__attribute__((weak)) int _dl_find_object(void *address, struct dl_find_object *ret)
{
    struct search search = {(uintptr_t) address, ret};

    return dl_iterate_phdr(look, &search) == 1 ? 0 : -1;
}

#endif
