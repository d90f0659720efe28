/* Tests the watches of files by their paths (cli/base/inotify_file.h), and the events in blocks (inotify_block.h). */
#include "tests/lib/test.h"

#include "cli/base/directory.h"
#include "cli/base/inotify_block.h"
#include "cli/base/inotify_file.h"

#include <stdbool.h>
#include <sys/stat.h>

static bool        is_full; /* the system has no watch left */
static const char *made;    /* is made behind the next watch */

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    close(fd);
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t events);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t events);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t events)
{
    int watch = is_full ? -1 : __real_inotify_add_watch(fd, path, events);
    int error = is_full ? ENOSPC : errno;

    if (made != NULL)
        make_file(made);
    made = NULL;
    errno = error;
    return watch;
}

static char directory[] = "/tmp/k3thread-test-XXXXXX";

static void begin(void)
{
    CHECK_EQUAL(directory_make_new(directory), 0);
    CHECK_EQUAL(chdir(directory), 0);
}

/* Returns how many things INOTIFY watches. */
static int count_watches(int inotify)
{
    char  path[64], line[256];
    int   count = 0;
    FILE *file;

    (void) snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", inotify);
    file = fopen(path, "re");
    CHECK(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL)
        count += strncmp(line, "inotify ", 8) == 0;
    fclose(file);
    return count;
}

/* Watches PATH, which stays as it is. *INOTIFY is made anew. Returns the number of the file's watch. */
static int watch(int *inotify, const char *path)
{
    char copy[64];
    int  number;

    strcpy(copy, path);
    *inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    number = inotify_file_watch(inotify, copy);
    CHECK_TEXT(copy, path);
    return number;
}

/* Checks that PATH is not watched, and that INOTIFY was closed. */
static void check_not_watched(const char *path)
{
    const int open = test_count_open();
    int       inotify;

    CHECK_EQUAL(watch(&inotify, path), -1);
    CHECK_EQUAL(inotify, -1);
    CHECK_EQUAL(test_count_open(), open);
}

/* Reads one block. Returns its next event, whose watch and kind have to be the ones given. */
static const struct inotify_event *next_event(struct inotify_block *block, int number,
                                              uint32_t kind)
{
    const struct inotify_event *event = inotify_block_next(block);

    CHECK(event != NULL && event->wd == number && event->mask == kind);
    return event;
}

static void a_file_that_is_made_meanwhile_is_watched(void)
{
    struct inotify_block block;
    int                  inotify;

    begin();
    made = "file";
    CHECK(watch(&inotify, "./file") > 0 || inotify_block_read(&block, inotify));
    close(inotify);
    directory_remove(directory);
}

static void files_are_watched_by_their_paths(void)
{
    struct inotify_block block;
    char                 path[64] = "";
    int                  inotify = -1, number;

    begin();
    make_file("file");
    CHECK_EQUAL(inotify_file_watch(&inotify, path), -1); /* there is no instance */
    CHECK_EQUAL(inotify, -1);

    number = watch(&inotify, "./file");
    CHECK(number > 0);
    CHECK_EQUAL(count_watches(inotify), 2);
    CHECK_EQUAL(truncate("file", 1), 0);
    CHECK(inotify_block_read(&block, inotify));
    (void) next_event(&block, number, IN_MODIFY);
    CHECK(inotify_block_next(&block) == NULL);
    CHECK_EQUAL(chmod("file", 0640), 0);
    CHECK(!inotify_block_read(&block, inotify));
    CHECK_EQUAL(unlink("file"), 0);
    make_file("file");
    number = inotify_file_watch(&inotify, strcpy(path, "./file")); /* the new one */
    CHECK(number > 2);
    close(inotify);

    (void) snprintf(path, sizeof(path), "%s/none", directory);
    CHECK_EQUAL(watch(&inotify, path), -1); /* its directory has a watch */
    CHECK_EQUAL(count_watches(inotify), 1);
    make_file("none");
    CHECK(inotify_block_read(&block, inotify));
    CHECK_TEXT(next_event(&block, 1, IN_CREATE)->name, "none");
    close(inotify);

    CHECK(watch(&inotify, "file") > 0); /* the path names no directory */
    CHECK_EQUAL(count_watches(inotify), 1);
    close(inotify);
    CHECK_EQUAL(watch(&inotify, "/k3thread-none"), -1);
    CHECK_EQUAL(count_watches(inotify), 1); /* the root directory's */
    close(inotify);

    check_not_watched("missing/file");
    check_not_watched("file/x");
    is_full = true;
    check_not_watched("./file");
    check_not_watched("file");
    directory_remove(directory);
}

static void events_are_read_in_blocks(void)
{
    static const char *const names[] = {"a", "a name that is longer than the first one", "c"};
    struct inotify_block     block;
    int                      inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), number;

    begin();
    number = inotify_add_watch(inotify, ".", IN_CREATE | IN_ATTRIB);
    CHECK(number > 0 && !inotify_block_read(&block, inotify) && inotify_block_next(&block) == NULL);
    for (int i = 0; i < 3; i++)
        make_file(names[i]);
    CHECK_EQUAL(chmod(".", 0711), 0);
    CHECK(inotify_block_read(&block, inotify) && !inotify_block_is_full(&block));
    for (int i = 0; i < 3; i++)
        CHECK_TEXT(next_event(&block, number, IN_CREATE)->name, names[i]);
    CHECK_EQUAL(next_event(&block, number, IN_ATTRIB | IN_ISDIR)->len, 0);
    CHECK(inotify_block_next(&block) == NULL && !inotify_block_read(&block, inotify));
    directory_remove(directory);
}

TEST_MAIN({"meanwhile", a_file_that_is_made_meanwhile_is_watched},
          {"paths", files_are_watched_by_their_paths}, {"blocks", events_are_read_in_blocks})
