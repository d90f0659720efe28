/*
 * Tests what a machine gets before its agent is up (cli/remote/host_script.h). The program's image and the script are
 * the test's.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/remote/bootstrap.h"
#include "cli/remote/host_script.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/utsname.h>

static char bytes[] = "\177ELF\0 image"; /* of the program */
static bool is_static, is_unreadable, is_word_long;
static int  images; /* that are in memory */
static int  reads;  /* of an image, so far */
static bool is_pathless;

int program_image_read(struct program_image *ret, struct text *why)
{
    reads++;
    if (is_unreadable) {
        text_add(why, "no image");
        return -EACCES;
    }
    images++;
    *ret = (struct program_image){.data = bytes, .size = sizeof(bytes), .is_static = is_static};
    return 0;
}

bool program_image_word(const struct program_image *image, char *ret, size_t size)
{
    CHECK(image->data == bytes);
    snprintf(ret, size, "word%d", reads);
    return !is_word_long;
}

void program_image_sum(struct program_image *image)
{
    CHECK(image->data == bytes);
    image->checksum = 77;
}

void program_image_release(struct program_image *image)
{
    if (image->data != NULL)
        images--;
    *image = (struct program_image){0};
}

static char own_path[PATH_MAX];

ssize_t __wrap_readlink(const char *path, char *ret, size_t size);
ssize_t __wrap_readlink(const char *path, char *ret, size_t size)
{
    CHECK_TEXT(path, "/proc/self/exe");
    CHECK(strlen(own_path) < size);
    memcpy(ret, own_path, strlen(own_path));
    errno = ENOENT;
    return !is_pathless ? (ssize_t) strlen(own_path) : -1;
}

int __wrap_uname(struct utsname *ret);
int __wrap_uname(struct utsname *ret)
{
    strcpy(ret->machine, "vax");
    return 0;
}

/* Notes in the script what it is made of. Of the name that is its own it notes the beginning and the end. */
void bootstrap_write(struct text *script, const struct program_image *image, const char *word,
                     const char *path, const char *unique)
{
    int  pid, number;
    char when[20];

    CHECK_EQUAL(sscanf(unique, "%d.%d.%19[0-9a-f]", &pid, &number, when), 3);
    CHECK_EQUAL(pid, getpid());
    CHECK(strtoll(when, NULL, 16) > 1700000000);
    text_printf(script, "%s %s %d %u", word, path, number, (unsigned) image->checksum);
}

/* Adds the script, and checks that it is WANTED, or that it is refused because of WHY. */
static void check_script(const char *wanted, const char *why)
{
    struct byte_queue queue = {0};
    struct text       words = {0};

    CHECK_EQUAL(host_script_add(&queue, &words), why == NULL);
    check_written(&queue.bytes, wanted);
    check_written(&words, why != NULL ? why : "");
}

/* The program is read once, until it is forgotten; each machine has a script of its own. */
static void each_machine_has_its_script(void)
{
    strcpy(own_path, "/bin/k3thread");
    check_script("word1 /bin/k3thread 1 77", NULL);
    strcpy(own_path, "/bin/k3thread (deleted)"); /* the image is still that of the path */
    check_script("word1 /bin/k3thread 2 77", NULL);
    CHECK_EQUAL(images, 1);
    host_script_forget();
    CHECK_EQUAL(images, 0);
    strcpy(own_path, "/b");
    check_script("word2 /b 3 77", NULL);
    host_script_forget();
    is_pathless = true; /* another program is then looked for by its name alone */
    check_script("word3  4 77", NULL);
    host_script_forget();
    CHECK_EQUAL(images, 0);
}

static void a_program_that_cannot_be_read_is_not_sent(void)
{
    is_unreadable = true;
    check_script("", "no image");
    is_unreadable = false;
    is_word_long = true;
    check_script("", "");
    is_word_long = false;
}

/* Asks for the program, for a machine with the processor MACHINE. */
static void check_program(const char *machine, bool is_added, const char *why)
{
    struct byte_queue queue = {0};
    struct text       words = {0};

    CHECK_EQUAL(host_script_add_program(&queue, machine, &words), is_added);
    CHECK_EQUAL(byte_queue_size(&queue), is_added ? sizeof(bytes) : 0);
    if (is_added)
        CHECK_EQUAL(memcmp(byte_queue_front(&queue), bytes, sizeof(bytes)), 0);
    byte_queue_release(&queue);
    check_written(&words, why);
}

static void a_program_is_sent_where_it_runs(void)
{
#define INSTALL "install k3thread " K3THREAD_VERSION " there"
    is_static = true;
    check_script("word1  1 77", NULL);
    check_program("vax", true, "");
    check_program("vax2", false, "its processor is vax2, and this program is for vax; " INSTALL);
    host_script_forget();
    is_static = false;
    check_script("word2  2 77", NULL);
    check_program("vax", false,
                  "k3thread is missing there, and this program needs libraries; install it there");
    host_script_forget();
}

TEST_MAIN({"scripts", each_machine_has_its_script},
          {"unreadable", a_program_that_cannot_be_read_is_not_sent},
          {"program", a_program_is_sent_where_it_runs})
