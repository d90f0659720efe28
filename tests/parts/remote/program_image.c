/*
 * Tests the program as it is sent to another machine (cli/remote/program_image.h). The file of the program is the
 * test's, and the kernel may refuse it.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/remote/program_image.h"

#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum step { NO_STEP, OPEN, FSTAT, MMAP, UNAME };

static enum step failing;
static int       mapped; /* how many files are in memory */
static bool      is_redirected;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    int fd;

    if (!is_redirected || strcmp(path, "/proc/self/exe") != 0)
        return __real_open(path, flags, 0600);
    fd = failing != OPEN ? __real_open("program", flags) : -1;
    errno = EACCES;
    return fd;
}

int __real_fstat(int fd, struct stat *ret);
int __wrap_fstat(int fd, struct stat *ret);
int __wrap_fstat(int fd, struct stat *ret)
{
    if (failing != FSTAT)
        return __real_fstat(fd, ret);
    errno = EIO;
    return -1;
}

void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *ret = MAP_FAILED;

    errno = ENOMEM;
    if (failing != MMAP)
        ret = __real_mmap(address, size, protection, flags, fd, offset);
    mapped += ret != MAP_FAILED;
    return ret;
}

int __real_munmap(void *address, size_t size);
int __wrap_munmap(void *address, size_t size);
int __wrap_munmap(void *address, size_t size)
{
    mapped--;
    return __real_munmap(address, size);
}

int __real_uname(struct utsname *ret);
int __wrap_uname(struct utsname *ret);
int __wrap_uname(struct utsname *ret)
{
    return failing == UNAME ? -1 : __real_uname(ret);
}

#define HEADER  sizeof(ElfW(Ehdr))
#define SEGMENT sizeof(ElfW(Phdr))

/* A program: its segments, of which the header counts COUNT, stand behind the header. */
struct program {
    unsigned count;
    ElfW(Phdr) segments[3];
    size_t      size;      /* of the file */
    size_t      end;       /* of the image; 0: it is none */
    bool        is_static; /* it needs no loader */
    const char *about;
};

static void write_program(const struct program *program)
{
    ElfW(Ehdr) header = {.e_ident = ELFMAG, .e_phoff = HEADER, .e_shoff = 7};
    char  bytes[4096] = "";
    FILE *file = fopen("program", "w");

    header.e_phnum = (ElfW(Half)) program->count;
    header.e_shnum = header.e_shstrndx = 7;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + HEADER, program->segments, sizeof(program->segments));
    CHECK(file != NULL && fwrite(bytes, 1, program->size, file) == program->size &&
          fclose(file) == 0);
}

/* Reads the image, and checks the result, and the reason if it is refused. */
static void check_read(struct program_image *image, int error, const char *why)
{
    struct text words = {0};
    int         before = test_count_open();

    *image = (struct program_image){0};
    is_redirected = true;
    CHECK_EQUAL(program_image_read(image, &words), error);
    is_redirected = false;
    CHECK_EQUAL(test_count_open(), before);
    check_written(&words, why);
    CHECK_EQUAL(mapped, error == 0);
    CHECK(error == 0 || (image->data == NULL && image->size == 0));
}

#define LOAD(from, length)                                                                         \
    {                                                                                              \
        .p_type = PT_LOAD, .p_offset = (from), .p_filesz = (length)                                \
    }
#define OTHER(type, length)                                                                        \
    {                                                                                              \
        .p_type = (type), .p_filesz = (length)                                                     \
    }

/* The image ends with the last segment that is loaded. The header names no sections any more. */
static void an_image_is_what_is_loaded(void)
{
    static const struct program programs[] = {
        {1, {LOAD(0, 300)}, 400, 300, true, "one segment"},
        {1, {LOAD(100, 200)}, 400, 300, true, "a segment that begins later"},
        {1, {LOAD(0, 400)}, 400, 400, true, "a segment up to the end of the file"},
        {1, {LOAD(0, 401)}, 400, 0, true, "a segment that the file lacks"},
        {3, {LOAD(0, 250), LOAD(200, 150), LOAD(0, 260)}, 400, 350, true, "the largest counts"},
        {2, {LOAD(0, 300), OTHER(PT_NOTE, 390)}, 400, 300, true, "what is not loaded does not"},
        {2, {OTHER(PT_INTERP, 9), LOAD(0, 300)}, 400, 300, false, "a loader comes first"},
        {2, {LOAD(0, 300), OTHER(PT_INTERP, 9)}, 400, 300, false, "a loader comes last"},
        {1, {LOAD(0, 300), LOAD(0, 390)}, 400, 300, true, "a segment that does not count"},
        {1, {OTHER(PT_NOTE, 300)}, 400, 0, true, "no segment is loaded"},
        {0, {LOAD(0, 300)}, 400, 0, true, "no segment counts"},
        {1, {LOAD(0, 64)}, HEADER + SEGMENT, 64, true, "the list ends with the file"},
        {2, {LOAD(0, 64), LOAD(0, 64)}, HEADER + SEGMENT, 0, true, "half of the list is missing"},
        {1, {LOAD(0, 20)}, HEADER - 1, 0, true, "half of the header is missing"},
    };

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        const struct program *program = &programs[i];
        struct program_image  image;

        fprintf(stderr, "%s\n", program->about);
        write_program(program);
        if (program->end == 0) {
            check_read(&image, -ENOEXEC, "cannot read /proc/self/exe: it is no ELF file");
            continue;
        }
        check_read(&image, 0, "");
        CHECK_EQUAL(image.size, program->end);
        CHECK_EQUAL(image.mapped, program->size);
        CHECK_EQUAL(image.is_static, program->is_static);
        CHECK_EQUAL(((ElfW(Ehdr) *) image.data)->e_shoff, 0);
        CHECK_EQUAL(((ElfW(Ehdr) *) image.data)->e_shnum, 0);
        CHECK_EQUAL(((ElfW(Ehdr) *) image.data)->e_shstrndx, 0);
        program_image_release(&image);
        CHECK(mapped == 0 && image.data == NULL && image.size == 0);
        program_image_release(&image);
        CHECK_EQUAL(mapped, 0);
    }
}

static void a_file_that_cannot_be_read_is_explained(void)
{
    static const struct program program = {1, {LOAD(0, 300)}, 400, 300, true, ""};
    static const struct program empty = {.about = ""};
    struct program_image        image;

    write_program(&program);
    failing = OPEN;
    check_read(&image, -EACCES, "cannot read /proc/self/exe: Permission denied");
    failing = FSTAT;
    check_read(&image, -EIO, "cannot read /proc/self/exe: Input/output error");
    failing = MMAP;
    check_read(&image, -ENOMEM, "cannot read /proc/self/exe: Cannot allocate memory");
    failing = NO_STEP;
    write_program(&empty);
    check_read(&image, -EINVAL, "cannot read /proc/self/exe: Invalid argument");
}

#define SIZE 19

/* Stores the hash of SIZE of BYTES in RET, as 16 digits and a zero. */
static void hash(char *bytes, char ret[17])
{
    struct program_image image = {.data = bytes, .size = SIZE};
    char                 word[256];

    CHECK(program_image_word(&image, word, sizeof(word)));
    memcpy(ret, word, 16);
    ret[16] = '\0';
}

/* Each bit of the image counts for its hash, and nothing else does. */
static void each_bit_of_an_image_counts(void)
{
    char memory[2 * SIZE], *bytes = memory + SIZE / 2;
    char good[17], other[17];

    memset(memory, 0x5a, sizeof(memory));
    hash(bytes, good);
    for (int bit = 0; bit < 8 * SIZE; bit++) {
        bytes[bit / 8] ^= (char) (1 << bit % 8);
        hash(bytes, other);
        CHECK(strcmp(good, other) != 0);
        bytes[bit / 8] ^= (char) (1 << bit % 8);
    }
    bytes[-1] ^= 1;
    bytes[SIZE] ^= 1;
    hash(bytes, other);
    CHECK_TEXT(other, good);
    /* Changes of two words do not make up for each other. */
    bytes[7] ^= (char) 0x80;
    bytes[15] ^= (char) 0x80;
    hash(bytes, other);
    CHECK(strcmp(good, other) != 0);
}

static void without_a_processor_there_is_no_word(void)
{
    char                 bytes[SIZE] = "", word[256];
    struct program_image image = {.data = bytes, .size = SIZE};

    failing = UNAME;
    CHECK(!program_image_word(&image, word, sizeof(word)));
}

TEST_MAIN({"loaded", an_image_is_what_is_loaded},
          {"refused", a_file_that_cannot_be_read_is_explained},
          {"bits", each_bit_of_an_image_counts},
          {"processor", without_a_processor_there_is_no_word})
