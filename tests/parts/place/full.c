/*
 * Tests what becomes of a supervisor's place (cli/place/place.h, temporary_place.h) when the memory is full, and which
 * disks are called full (disk.h). Each case makes its files in the current directory.
 */
#include "tests/lib/test.h"
#include "tests/parts/place/placed.h"

#include "cli/place/disk.h"
#include "cli/place/place.h"
#include "cli/place/temporary_place.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Memory: one of the calls that need it fails */

static int calls_left = -1; /* how many of them succeed before; negative: all do */

static bool stays_full; /* all calls after it fail, too */

/* Returns true if this call fails. It then leaves what no caller may use in *RET. */
static bool is_full(char **ret)
{
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    if (stays_full)
        calls_left = 0;
    if (ret != NULL)
        *ret = (char *) 1; // NOLINT(performance-no-int-to-ptr)
    errno = ENOMEM;
    return true;
}

void *__wrap_realloc(void *old, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return is_full(NULL) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return is_full(NULL) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size);
char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size)
{
    return is_full(NULL) ? NULL : __real_strndup(text, size);
}

int __wrap_vasprintf(char **ret, const char *format, va_list arguments);
int __real_vasprintf(char **ret, const char *format, va_list arguments);
int __wrap_vasprintf(char **ret, const char *format, va_list arguments)
{
    return is_full(ret) ? -1 : __real_vasprintf(ret, format, arguments);
}

int __wrap_asprintf(char **ret, const char *format, ...);
int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list arguments;
    int     size;

    va_start(arguments, format);
    size = __wrap_vasprintf(ret, format, arguments);
    va_end(arguments);
    return size;
}

/* The same with _FORTIFY_SOURCE. */
int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list arguments);
int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list arguments)
{
    (void) flag;
    return __wrap_vasprintf(ret, format, arguments);
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
    va_list arguments;
    int     size;

    (void) flag;
    va_start(arguments, format);
    size = __wrap_vasprintf(ret, format, arguments);
    va_end(arguments);
    return size;
}

/* Checks that PLACE has each of its paths; the state if HAS_STATE. */
static void check_whole(const struct place *place, bool has_state)
{
    CHECK(place->directory != NULL && place->socket != NULL && place->lock != NULL);
    CHECK(place->journal != NULL && place->logs != NULL);
    CHECK_EQUAL(place->state != NULL, has_state);
}

static void without_memory_there_is_no_place(void)
{
    int error = -ENOMEM, tries = 0;

    set_homes(here, "/s", NULL);
    for (; error != 0; tries++) {
        struct place place = {.socket = here};
        struct text  why = {0};

        calls_left = tries;
        error = place_resolve(&place, "web", NULL, &why);
        calls_left = -1;
        if (error == 0) {
            check_whole(&place, true);
            place_release(&place);
        } else {
            CHECK_EQUAL(error, -ENOMEM);
            CHECK(place.socket == here); /* it is untouched */
            check_written(&why, "Cannot allocate memory");
        }
    }
    CHECK(tries > 5);
}

/* Returns the number of files in the directory at PATH. */
static int count(const char *path)
{
    DIR           *directory = opendir(path);
    struct dirent *entry;
    int            found = 0;

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL)
        found += entry->d_name[0] != '.';
    closedir(directory);
    return found;
}

static void a_place_of_a_run_that_is_not_made_leaves_nothing(void)
{
    bool was_full = true;
    char run[PATH_MAX + 8], tmp[PATH_MAX + 8];

    set_homes(NULL, NULL, NULL);
    (void) snprintf(run, sizeof(run), "%s/run", here);
    (void) snprintf(tmp, sizeof(tmp), "%s/tmp", here);
    CHECK(mkdir(run, 0700) == 0 && mkdir(tmp, 0700) == 0);
    CHECK(setenv("XDG_RUNTIME_DIR", run, 1) == 0 && setenv("TMPDIR", tmp, 1) == 0);
    for (int tries = 0; was_full; tries++) {
        struct place place;
        struct text  why = {0};
        bool         is_in_run;

        calls_left = tries;
        CHECK_EQUAL(temporary_place_make(&place, &why), 0); /* there is another directory to try */
        was_full = calls_left < 0;
        calls_left = -1;
        CHECK(why.size == 0 && !why.failed);
        is_in_run = strncmp(place.directory, run, strlen(run)) == 0;
        check_whole(&place, is_in_run);
        CHECK_EQUAL(count(run), is_in_run);
        /* The directory of the logs may be in /tmp: that is tried, too. */
        CHECK_EQUAL(count(tmp), !is_in_run || strncmp(place.state, tmp, strlen(tmp)) == 0);
        temporary_place_remove(&place);
        CHECK(count(run) == 0 && count(tmp) == 0);
        CHECK(tries < 100);
    }
}

static void a_reason_that_does_not_fit_is_known_to_be_missing(void)
{
    struct place place;
    struct text  why = {0};

    calls_left = 0;
    stays_full = true;
    CHECK_EQUAL(temporary_place_make(&place, &why), -ENOMEM);
    CHECK(why.failed);
}

/* Disks */

static struct statvfs disk;
static bool           is_unknown; /* whether statvfs() fails */
static uid_t          user;

int __wrap_statvfs(const char *path, struct statvfs *ret);
int __wrap_statvfs(const char *path, struct statvfs *ret)
{
    CHECK_TEXT(path, "/disk");
    *ret = disk;
    return is_unknown ? -1 : 0;
}

uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
    return user;
}

#define MIB (1ULL << 20)

static void a_disk_is_full_when_nothing_can_be_written(void)
{
    static const struct {
        unsigned long long blocks, available, left;
        bool               is_full_for_users, is_full_for_root;
    } disks[] = {
        {1000, 0, 0, true, true},
        {1000, 1, 1, false, false}, /* one block */
        {1, 0, 0, true, true},
        {0, 0, 0, false, false}, /* it has no size */
        {0, 1, 1, false, false},
        {1000, 0, 16 * MIB / 4096, true, true}, /* what the file system keeps for itself */
        {1000, 0, 16 * MIB / 4096 + 1, true, false},
    };

    for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
        disk = (struct statvfs){.f_frsize = 4096,
                                .f_blocks = disks[i].blocks,
                                .f_bavail = disks[i].available,
                                .f_bfree = disks[i].left};
        user = 1000;
        CHECK_EQUAL(disk_is_full("/disk"), disks[i].is_full_for_users);
        user = 1;
        CHECK_EQUAL(disk_is_full("/disk"), disks[i].is_full_for_users);
        user = 0;
        CHECK_EQUAL(disk_is_full("/disk"), disks[i].is_full_for_root);
    }
    disk = (struct statvfs){.f_frsize = 4096, .f_blocks = 1000};
    is_unknown = true;
    CHECK(!disk_is_full("/disk"));
}

TEST_MAIN({"memory", without_memory_there_is_no_place},
          {"temporary", a_place_of_a_run_that_is_not_made_leaves_nothing},
          {"reason", a_reason_that_does_not_fit_is_known_to_be_missing},
          {"disk", a_disk_is_full_when_nothing_can_be_written})
