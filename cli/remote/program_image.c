#include "cli/remote/program_image.h"

#include "cli/remote/link.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char program[] = "/proc/self/exe";

/* Maps the file. The pages are shared with the program that runs from it, so no memory is needed for a copy. */
static int map_file(struct program_image *ret)
{
    struct stat info;
    int         fd = open(program, O_RDONLY | O_CLOEXEC);
    int         error;

    if (fd < 0)
        return -errno;
    error = fstat(fd, &info) < 0 ? -errno : 0;
    if (error == 0) {
        ret->size = ret->mapped = (size_t) info.st_size;
        ret->data = mmap(NULL, ret->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        error = ret->data == MAP_FAILED ? -errno : 0;
    }
    if (error != 0)
        ret->data = NULL;
    close(fd);
    return error;
}

/* Returns the end of the last segment that is loaded, or 0 if the file is not well formed. */
static size_t end_of_segments(struct program_image *image)
{
    const ElfW(Ehdr) *header = (const void *) image->data;
    size_t end = 0;

    if (image->size < sizeof(*header) ||
        header->e_phoff + (size_t) header->e_phnum * sizeof(ElfW(Phdr)) > image->size)
        return 0;
    image->is_static = true;
    for (size_t i = 0; i < header->e_phnum; i++) {
        const ElfW(Phdr) *segment =
            (const void *) (image->data + header->e_phoff + i * sizeof(*segment));

        if (segment->p_type == PT_INTERP)
            image->is_static = false;
        if (segment->p_type == PT_LOAD && segment->p_offset + segment->p_filesz > end)
            end = segment->p_offset + segment->p_filesz;
    }
    return end <= image->size ? end : 0;
}

/* Removes the places of the sections from the header. */
static void forget_sections(struct program_image *image)
{
    ElfW(Ehdr) *header = (void *) image->data;

    header->e_shoff = 0;
    header->e_shnum = header->e_shstrndx = 0;
}

int program_image_read(struct program_image *ret, struct text *why)
{
    int    error = map_file(ret);
    size_t end = error == 0 ? end_of_segments(ret) : 0;

    if (end > 0) {
        ret->size = end;
        forget_sections(ret);
        return 0;
    }
    program_image_release(ret);
    text_printf(why, "cannot read %s: %s", program,
                error != 0 ? strerror(-error) : "it is no ELF file");
    return error != 0 ? error : -ENOEXEC;
}

void program_image_release(struct program_image *image)
{
    if (image->data != NULL)
        (void) munmap(image->data, image->mapped);
    *image = (struct program_image){0};
}

/* Returns a hash of the image: FNV-1a over its words of eight bytes, and over the bytes that are left. */
static uint64_t hash(const struct program_image *image)
{
    static const uint64_t prime = 0x100000001b3;
    uint64_t              value = 0xcbf29ce484222325, word;
    size_t                at = 0;

    for (; at + sizeof(word) <= image->size; at += sizeof(word)) {
        memcpy(&word, image->data + at, sizeof(word));
        value = (value ^ word) * prime;
        value ^= value >> 32; /* a multiplication moves bits only upwards */
    }
    for (; at < image->size; at++)
        value = (value ^ (unsigned char) image->data[at]) * prime;
    return value;
}

bool program_image_word(const struct program_image *image, char *ret, size_t size)
{
    struct utsname system;
    int            length;

    if (uname(&system) < 0)
        return false;
    length = snprintf(ret, size, "%016" PRIx64 ",%s,%s,%d", hash(image), system.machine,
                      K3THREAD_VERSION, LINK_VERSION);
    return length > 0 && (size_t) length < size;
}

bool program_image_suits(const char *own, const char *word)
{
    const char *own_machine = strchr(own, ','), *machine = strchr(word, ',');
    const char *own_version, *version;

    if (strcmp(own, word) == 0)
        return true;
    if (own_machine == NULL || machine == NULL)
        return false;
    own_version = strchr(own_machine + 1, ',');
    version = strchr(machine + 1, ',');
    if (own_version == NULL || version == NULL || strcmp(own_version, version) != 0)
        return false;
    return own_version - own_machine != version - machine ||
           strncmp(own_machine, machine, (size_t) (version - machine)) != 0;
}

/* The number of bytes that the checksum divides at a time. */
#define SLICE 8

/*
 * Fills TABLE[N][BYTE] with the rest of the division by the polynomial of cksum(1), of BYTE with N bytes of zero
 * behind it.
 */
static void fill_table(uint32_t table[SLICE][256])
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t rest = i << 24;

        for (int bit = 0; bit < 8; bit++)
            rest = rest << 1 ^ ((rest >> 31) != 0 ? 0x04c11db7 : 0);
        table[0][i] = rest;
    }
    for (int n = 1; n < SLICE; n++)
        for (int i = 0; i < 256; i++)
            table[n][i] = table[n - 1][i] << 8 ^ table[0][table[n - 1][i] >> 24];
}

/* Continues the division, whose rest so far is SUM, with the SLICE bytes at DATA. Returns the new rest. */
static uint32_t divide_slice(uint32_t table[SLICE][256], uint32_t sum, const unsigned char *data)
{
    uint32_t rest = 0;

    for (int i = 0; i < SLICE; i++) {
        uint32_t byte = data[i] ^ (i < 4 ? sum >> (24 - 8 * i) & 0xff : 0);

        rest ^= table[SLICE - 1 - i][byte];
    }
    return rest;
}

void program_image_sum(struct program_image *image)
{
    static uint32_t      table[SLICE][256];
    const unsigned char *data = (const unsigned char *) image->data;
    uint32_t             sum = 0;
    size_t               at = 0;

    fill_table(table);
    for (; at + SLICE <= image->size; at += SLICE)
        sum = divide_slice(table, sum, data + at);
    for (; at < image->size; at++)
        sum = sum << 8 ^ table[0][sum >> 24 ^ data[at]];
    for (size_t size = image->size; size > 0; size >>= 8)
        sum = sum << 8 ^ table[0][(sum >> 24 ^ size) & 0xff];
    image->checksum = ~sum;
}
