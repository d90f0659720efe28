/* Tests the server's socket as a file, and the lock beside it: what was removed is put back. */
#include "tests/parts/server/doors.h"

static ino_t number_of(const char *path)
{
    struct stat info;

    CHECK(lstat(path, &info) == 0);
    return info.st_ino;
}

static void a_removed_socket_is_put_back(void)
{
    int   before, caller, in_queue;
    ino_t number;

    open_door();
    check_served();
    before = test_count_open();
    number = number_of("s");
    ring();
    CHECK_CALLS("journal\n"); /* and nothing else: all is there */
    CHECK(number_of("s") == number);
    caller = join_queue("b");
    in_queue = join_queue("s");
    CHECK(unlink("s") == 0);
    turn();
    check_answer(caller, "");
    check_answer(in_queue, "served");
    CHECK_CALLS("journal\ns was removed; put it back\nclient\n");
    CHECK_EQUAL(test_count_open(), before);
    check_served();
    ring();
    CHECK_CALLS("journal\n");
    listener_shut();
    CHECK(access("s", F_OK) < 0);
    CHECK_CALLS("");
    CHECK_EQUAL(test_count_open(), before - 1); /* the bell */
}

static void anothers_socket_is_left_alone(void)
{
    int   other, before;
    ino_t number;

    open_door();
    CHECK(unlink("s") == 0);
    other = socket_listen("s");
    number = number_of("s");
    before = test_count_open();
    ring();
    CHECK_CALLS("journal\n");
    CHECK_EQUAL(test_count_open(), before);
    CHECK(number_of("s") == number);
    close(accept(other, NULL, NULL)); /* it was only asked whether somebody listens */
    CHECK(accept(other, NULL, NULL) < 0 && errno == EAGAIN);
    door_shut();
    CHECK(number_of("s") == number);
    close(other); /* it has died */
    CHECK(door_look() >= 0);
    CHECK_CALLS("journal\ns was removed; put it back\n");
    CHECK(number_of("s") != number || socket_connect("s") >= 0);
    CHECK(unlink("s") == 0 && mkdir("s", 0700) == 0);
    CHECK_EQUAL(door_look(), -1);
    CHECK_CALLS("journal\n");
    door_shut(); /* it removes no directory */
    CHECK(rmdir("s") == 0);
}

/* Checks that the lock at its path is held. */
static void check_locked(void)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int          fd = open("l", O_RDWR | O_CLOEXEC);

    CHECK(fd >= 0 && fcntl(fd, F_OFD_GETLK, &all) == 0);
    CHECK_EQUAL(all.l_type, F_RDLCK);
    close(fd);
}

/* Checks that the lock says who holds it. */
static void check_signed(void)
{
    char    text[256], wanted[64];
    int     fd = open("l", O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, text, sizeof(text));
    int     length = snprintf(wanted, sizeof(wanted), "%d %d s\n", GUARDIAN, (int) getpid());

    CHECK(size >= length && memcmp(text + size - length, wanted, (size_t) length) == 0);
    close(fd);
}

static void a_file_in_place_of_the_socket_is_left_alone(void)
{
    int fd;

    open_door();
    CHECK(unlink("s") == 0);
    fd = open("s", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    door_open(&place, lock, GUARDIAN);
    ring();
    CHECK_CALLS("journal\n");
    door_shut();
    CHECK(access("s", F_OK) == 0);
}

static void what_cannot_be_restored_keeps_the_door_shut(void)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int          other;

    open_door();
    CHECK(unlink("s") == 0);
    restore_error = -EACCES;
    ring();
    CHECK_CALLS("others can write there\n");
    CHECK(access("s", F_OK) < 0);
    restore_error = 0;
    user = getuid();
    CHECK(unlink("l") == 0);
    other = open("l", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(other >= 0 && fcntl(other, F_OFD_SETLK, &all) == 0);
    ring();
    CHECK_CALLS(
        "journal\nl was removed, and cannot be locked anew: Resource temporarily unavailable\n");
    CHECK(access("s", F_OK) < 0);
    close(other);
    is_restored = true;
    ring();
    CHECK_CALLS("journal\nhere was removed; made it again\nguardian\ns was removed; put it back\n");
    user = USER;
    check_locked();
}

static void a_removed_lock_is_taken_again(void)
{
    int before;

    open_door();
    check_signed();
    before = test_count_open();
    user = getuid();
    CHECK(unlink("l") == 0);
    ring();
    CHECK_CALLS("journal\nguardian\n");
    check_locked();
    check_signed();
    CHECK_EQUAL(test_count_open(), before);
    ring();
    CHECK_CALLS("journal\n"); /* it is held */
}

static void a_socket_that_cannot_be_made_is_told(void)
{
    struct rlimit before;

    open_door();
    CHECK(unlink("s") == 0);
    (void) take_descriptors(&before);
    CHECK_EQUAL(door_look(), -1);
    CHECK_CALLS("journal\ncannot put back s: Too many open files\n");
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0); /* for a sanitizer at the end */
}

static void a_server_without_a_bell_serves_clients(void)
{
    bell_error = -EADDRINUSE;
    open_door();
    CHECK_CALLS(
        "cannot make the bell, so no client can report a removed file: Address already in use\n");
    check_served();
    listener_shut();
    CHECK(access("s", F_OK) < 0);
    CHECK_CALLS("");
}

TEST_MAIN({"no-bell", a_server_without_a_bell_serves_clients},
          {"removed", a_removed_socket_is_put_back}, {"others", anothers_socket_is_left_alone},
          {"file", a_file_in_place_of_the_socket_is_left_alone},
          {"shut", what_cannot_be_restored_keeps_the_door_shut},
          {"lock", a_removed_lock_is_taken_again}, {"unmade", a_socket_that_cannot_be_made_is_told})
