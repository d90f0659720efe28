/*
 * Tests how top keeps the log of a thread on another machine (cli/top/far_log.h). The supervisor is this program, which
 * also says how much of a write succeeds.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/top/far_log.h"

#include <sys/resource.h>
#include <sys/stat.h>

#define MIB ((off_t) 1024 * 1024)

static struct client  client;
static struct far_log far_log;
static struct text    requests;

/* The most bytes of a write, and the failure of the next write: 0: none. */
static size_t write_max = SIZE_MAX;
static int    write_error;

int client_send(struct client *to, const char *method, json_t *params, json_int_t *ret_id)
{
    char *words = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);

    CHECK(to == &client && words != NULL);
    text_printf(&requests, "%s%s", method, words);
    free(words);
    json_decref(params);
    to->last_id++;
    if (ret_id != NULL)
        *ret_id = to->last_id;
    return 0;
}

ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    errno = write_error;
    write_error = errno == EINTR ? 0 : errno;
    return errno != 0 ? -1 : __real_pwrite(fd, data, size < write_max ? size : write_max, offset);
}

static void open_log(void)
{
    client = (struct client){.open = true};
    CHECK_EQUAL(far_log_open(&far_log, &client, 7), 0);
    CHECK(fcntl(far_log.fd, F_GETFD) == FD_CLOEXEC);
}

/* Gives the log the reply OBJECT to its request, or a refusal if it is NULL. */
static void take(const char *object)
{
    json_t *result = object != NULL ? json_loads(object, 0, NULL) : NULL;

    CHECK((object != NULL) == (result != NULL));
    CHECK(far_log_take(&far_log, &(struct reply){.id = far_log.request, .result = result}));
    json_decref(result);
}

/* Checks the bytes that the log has kept, in the file by its path. */
static void check_kept(const char *wanted)
{
    char    bytes[256];
    int     fd = open(far_log.path, O_RDONLY | O_CLOEXEC);
    ssize_t n = pread(fd, bytes, sizeof(bytes) - 1, 0);

    CHECK(n >= 0);
    close(fd);
    bytes[n] = '\0';
    CHECK_TEXT(bytes, wanted);
    CHECK_EQUAL(far_log.size, n);
}

static void a_log_is_asked_for_until_its_end(void)
{
    int open = test_count_open();

    open_log();
    check_written(&requests,
                  "read{\"follow\":true,\"lines\":5000,\"open\":true,\"reader\":1,\"thread\":7}");
    CHECK(!far_log_take(&far_log, &(struct reply){.id = far_log.request + 1}));
    take("{\"data\":\"one\\n\",\"offset\":100}");
    check_written(&requests, "read{\"reader\":1}");
    CHECK(far_log.end == 104 && !far_log.has_ended);
    far_log_go_on(&far_log); /* it goes on already */
    take("{\"data\":{\"base64\":\"/w==\"},\"offset\":104}");
    check_written(&requests, "read{\"reader\":1}");
    take("{\"offset\":900}"); /* nothing that can be understood */
    check_written(&requests, "read{\"reader\":1}");
    CHECK_EQUAL(far_log.end, 105);
    take("{\"data\":\"x\"}");
    check_written(&requests, "read{\"reader\":1}");
    CHECK_EQUAL(far_log.end, 105);
    take("{\"data\":\"\",\"offset\":106,\"end\":true}");
    CHECK(requests.size == 0 && far_log.end == 106 && far_log.has_ended);
    CHECK_EQUAL(far_log.request, 0);
    check_kept("one\n\377x");
    far_log_go_on(&far_log);
    check_written(&requests,
                  "read{\"follow\":true,\"offset\":106,\"open\":true,\"reader\":2,\"thread\":7}");
    CHECK(!far_log.has_ended);
    far_log_close(&far_log);
    check_written(&requests, "read{\"close\":true,\"reader\":2}");
    CHECK_EQUAL(test_count_open(), open);
    far_log_close(&far_log);
    far_log_go_on(&far_log);
    CHECK(!far_log_take(&far_log, &(struct reply){.id = 0}));
    CHECK_EQUAL(requests.size, 0);
}

/* A reader that the supervisor does not have any longer is not closed there. */
static void a_log_that_has_failed_stays_so(void)
{
    struct rlimit limit = {.rlim_max = 1024};
    int           open = test_count_open();

    open_log();
    take(NULL);
    CHECK(far_log.has_ended && far_log.has_failed);
    text_release(&requests);
    far_log_go_on(&far_log);
    far_log_close(&far_log);
    CHECK_EQUAL(requests.size, 0);
    open_log();
    take("{\"data\":\"x\",\"offset\":0,\"end\":true}");
    text_release(&requests);
    far_log_close(&far_log);
    open_log();
    text_release(&requests);
    client.open = false;
    far_log_close(&far_log);
    CHECK_EQUAL(requests.size, 0);
    CHECK_EQUAL(test_count_open(), open);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQUAL(far_log_open(&far_log, &client, 7), -EMFILE);
    CHECK(requests.size == 0 && far_log.client == NULL);
}

/* All bytes are kept, in however many pieces they can be written. Without memory, the rest of them is left out. */
static void bytes_are_kept_in_pieces(void)
{
    open_log();
    write_max = 3;
    write_error = EINTR;
    take("{\"data\":\"one\\n\",\"offset\":0}");
    check_kept("one\n");
    write_error = ENOSPC;
    take("{\"data\":\"two\\n\",\"offset\":4}");
    check_kept("one\n");
    CHECK_EQUAL(far_log.end, 8);
    write_error = 0;
    take("{\"data\":\"three\\n\",\"offset\":8}");
    check_kept("one\nthree\n");
}

static char byte_at(off_t offset)
{
    char byte = '?';

    CHECK_EQUAL(pread(far_log.fd, &byte, 1, offset), 1);
    return byte;
}

/* The last 64 MiB are kept. The bytes before them are forgotten, a MiB at a time. */
static void the_oldest_bytes_are_forgotten(void)
{
    static char bytes[4 * 1024 * 1024];
    struct stat status;

    open_log();
    memset(bytes, 'o', sizeof(bytes));
    CHECK_EQUAL(pwrite(far_log.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    far_log.size = 65 * MIB - 2;
    take("{\"data\":\"x\",\"offset\":0}");
    CHECK(byte_at(0) == 'o' && byte_at(65 * MIB - 2) == 'x');
    take("{\"data\":\"y\",\"offset\":1}");
    CHECK(byte_at(0) == '\0' && byte_at(MIB - 1) == '\0' && byte_at(MIB) == 'o');
    CHECK_EQUAL(byte_at(65 * MIB - 1), 'y');
    CHECK(fstat(far_log.fd, &status) == 0 && status.st_size == 65 * MIB);
    CHECK(status.st_blocks <= 4 * MIB / 512);
    far_log.size = 67 * MIB - 1;
    take("{\"data\":\"z\",\"offset\":2}");
    CHECK(byte_at(3 * MIB - 1) == '\0' && byte_at(3 * MIB) == 'o');
    CHECK_EQUAL(far_log.size, 67 * MIB);
}

TEST_MAIN({"end", a_log_is_asked_for_until_its_end}, {"failed", a_log_that_has_failed_stays_so},
          {"pieces", bytes_are_kept_in_pieces}, {"old", the_oldest_bytes_are_forgotten})
