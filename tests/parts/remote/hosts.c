/* Tests the list of machines of a run, and the program as it is sent to a machine. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/remote/bootstrap.h"
#include "cli/remote/host_list.h"
#include "cli/remote/program_image.h"

#include <limits.h>
#include <sys/utsname.h>

/* How many allocations succeed before one fails; negative: all do. And how many were not freed yet. */
static int allocations = -1, held;

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    void *ret = allocations-- == 0 ? NULL : __real_realloc(memory, size);

    held += ret != NULL && memory == NULL;
    return ret;
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    char *ret = allocations-- == 0 ? NULL : __real_strdup(text);

    held += ret != NULL;
    return ret;
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    held -= memory != NULL;
    __real_free(memory);
}

#define LONG "123456789012345678901234567890123456789012345678901234567890123" /* 63 */

/* Each list, and the names and the slots of its machines; or the reason for which it is refused. */
static void lists_are_read(void)
{
    static const char *const table[][3] = {
        {"a", "a:0 "},
        {"a:1,b\n c:2,,\r\n\td ", "a:1 b:0 c:2 d:0 "},
        {"a:1000000", "a:1000000 "},
        {"a:9 b:01", "a:9 b:1 "},
        {"user@box:12", "user@box:12 "},
        {"fe80::1 [fe80::2] [fe80::3]:4", "fe80::1:0 fe80::2:0 fe80::3:4 "},
        {"[x x] ]", "[x:0 x]:0 ]:0 "},
        {"[]", NULL, "'' is no name of a host"},
        {"a:0", NULL, "'a:0': the slots of a host are a number from 1 to 1000000"},
        {"a:1000001", NULL, "'a:1000001': the slots of a host are a number from 1 to 1000000"},
        {"a:x", NULL, "'a:x': the slots of a host are a number from 1 to 1000000"},
        {"a:1x", NULL, "'a:1x': the slots of a host are a number from 1 to 1000000"},
        {"a: b", NULL, "'a:': the slots of a host are a number from 1 to 1000000"},
        {"a:+1", NULL, "'a:+1': the slots of a host are a number from 1 to 1000000"},
        {"[a:1] [b]:2", "a:1:0 b:2 "},
        {"a,a:3", NULL, "the host 'a' stands twice in the list"},
        {"a,b:2,a:3", NULL, "the host 'a' stands twice in the list"},
        {"b,-x", NULL, "'-x' is no name of a host"},
        {":3", NULL, "'' is no name of a host"},
        {"a\001b", NULL, "a name of a host has a control character"},
        {" , ", NULL, "the list names no host"},
        {"", NULL, "the list names no host"},
        {LONG LONG LONG LONG "123", LONG LONG LONG LONG "123:0 "},
        {LONG LONG LONG LONG "1234", NULL, "'" LONG "1' is no name of a host"},
        {"@missing", NULL, "missing: No such file or directory"},
        {"@list", "a:2 b:0 "},
    };
    FILE *file = fopen("list", "w");

    CHECK(file != NULL && fputs("a:2 # the first\n# none\n\nb#c\n#", file) >= 0 &&
          fclose(file) == 0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct host_list list = {0};
        struct text      text = {0}, why = {0};
        int              error = host_list_read(&list, table[i][0], &why);

        if ((error != 0) != (table[i][1] == NULL))
            fprintf(stderr, "%zu: %.*s\n", i, (int) why.size, why.data != NULL ? why.data : "");
        CHECK_EQUAL(error != 0, table[i][1] == NULL);
        for (size_t k = 0; k < list.count; k++)
            text_printf(&text, "%s:%u ", list.hosts[k].name, list.hosts[k].slots);
        CHECK(error == 0 || (list.hosts == NULL && list.count == 0));
        check_written(error == 0 ? &text : &why, error == 0 ? table[i][1] : table[i][2]);
        CHECK_EQUAL(why.size, 0);
        host_list_release(&list);
        CHECK(list.hosts == NULL && list.count == 0);
    }
}

/* Writes a list to the file "list", and makes it the standard input too. */
static void write_list(const char *text)
{
    FILE *file = fopen("list", "w");
    int   fd;

    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    fd = open("list", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
}

static void the_standard_input_is_a_list(void)
{
    struct host_list list = {0};
    struct text      why = {0};
    int              before;

    write_list("a:2 # the first\nb");
    before = test_count_open();
    CHECK_EQUAL(host_list_read(&list, "@-", &why), 0);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(list.count, 2);
    CHECK_TEXT(list.hosts[1].name, "b");
    host_list_release(&list);
    CHECK_EQUAL(why.size, 0);
}

/* Reads a list, and lets the allocation number COUNT fail; negative: none. Returns the result. */
static int read_short_of_memory(const char *words, int count)
{
    struct host_list list = {0};
    struct text      why = {0};
    int              error;

    allocations = count;
    error = host_list_read(&list, words, &why);
    allocations = -1;
    CHECK_EQUAL(list.count, error == 0 ? 2 : 0);
    CHECK(error == 0 || list.hosts == NULL);
    if (error != 0)
        text_byte(&why, '\0', 1);
    CHECK(error == 0 || strstr(why.data, "Cannot allocate memory") != NULL);
    host_list_release(&list);
    text_release(&why);
    return error;
}

/* Without memory a list is refused as a whole. Nothing of it stays in memory. */
static void a_list_needs_memory(void)
{
    static const char *const lists[] = {"a,b", "@list"};

    write_list("a #\nb");
    held = 0;
    for (size_t i = 0; i < 2; i++) {
        int count = 0;

        while (read_short_of_memory(lists[i], count) != 0)
            count++;
        CHECK(count >= 5); /* the text, and two for each name */
        CHECK_EQUAL(held, 0);
    }
}

/* An agent may be the same program, or the same version for another processor. */
static void words_say_which_programs_suit(void)
{
    static const struct {
        const char *own, *word;
        bool        suits;
    } table[] = {
        {"1a,x86_64,0.1,1", "1a,x86_64,0.1,1", true},
        {"1a,x86_64,0.1,1", "1b,x86_64,0.1,1", false},
        {"1a,x86_64,0.1,1", "1b,aarch64,0.1,1", true},
        {"1a,vax_64,0.1,1", "1b,x86_64,0.1,1", true},
        {"1a,x86_64,0.1,1", "1b,x86,0.1,1", true},
        {"1a,x86_64,0.1,1", "1b,aarch64,0.2,1", false},
        {"1a,x86_64,0.1,1", "1b,aarch64,0.1,2", false},
        {"1a", "1b,x86_64,0.1,1", false},
        {"1a,x86_64,0.1,1", "1b", false},
        {"1a,x86_64,0.1,1", "1b,aarch64", false},
        {"1a,x86_64", "1b,aarch64,0.1,1", false},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        CHECK_EQUAL(program_image_suits(table[i].own, table[i].word), table[i].suits);
}

static void check_sum(const char *bytes, size_t size, uint32_t wanted)
{
    struct program_image image = {.data = (char *) bytes, .size = size};

    program_image_sum(&image);
    CHECK_EQUAL(image.checksum, wanted);
}

/* The sums are those of cksum(1), of any number of bytes. */
static void sums_are_those_of_cksum(void)
{
    char bytes[300];

    check_sum("", 0, 4294967295);
    check_sum("a", 1, 1220704766);
    check_sum("1234567", 7, 862279280);
    check_sum("12345678", 8, 2796357287);
    check_sum("123456789", 9, 930766865);
    memset(bytes, 0xe9, sizeof(bytes));
    check_sum(bytes, sizeof(bytes), 2017238736);
}

/* The word names the image, the processor and both versions. An image of another content or size has another hash. */
static void words_tell_programs_apart(void)
{
    static const char    bytes[2][18] = {"0123456789abcdefg", "0123456789abcdefh"};
    struct program_image images[] = {
        {.data = (char *) bytes[0], .size = 17},
        {.data = (char *) bytes[0], .size = 16},
        {.data = (char *) bytes[0], .size = 8},
        {.data = (char *) bytes[1], .size = 17},
    };
    struct utsname system;
    char           words[4][128], wanted[128];

    CHECK_EQUAL(uname(&system), 0);
    for (int i = 0; i < 4; i++) {
        CHECK(program_image_word(&images[i], words[i], sizeof(words[i])));
        for (int k = 0; k < i; k++)
            CHECK(strncmp(words[i], words[k], 16) != 0);
    }
    snprintf(wanted, sizeof(wanted), ",%s,%s,1", system.machine, K3THREAD_VERSION);
    CHECK_TEXT(words[0] + 16, wanted);
    CHECK(program_image_word(&images[0], words[1], strlen(words[0]) + 1));
    CHECK(!program_image_word(&images[0], words[1], strlen(words[0])));
}

/* The image of this program has what is loaded, and no tables of the debugger. */
static void the_own_image_is_read(void)
{
    struct program_image image;
    struct text          why = {0};

    CHECK_EQUAL(program_image_read(&image, &why), 0);
    CHECK(image.size > 1000 && image.size < image.mapped);
    CHECK(memcmp(image.data, "\177ELF", 4) == 0);
    CHECK(!image.is_static); /* it needs the C library of this machine */
    program_image_release(&image);
    CHECK(image.data == NULL && image.size == 0);
}

/* Starts sh, with this directory for temporary files. Stores the ends of its input and of its output. */
static pid_t start_shell(int *ret_input, int *ret_output)
{
    char  here[PATH_MAX];
    int   input[2], output[2];
    pid_t pid;

    CHECK(getcwd(here, sizeof(here)) != NULL);
    CHECK(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        (void) unsetenv("XDG_RUNTIME_DIR");
        (void) setenv("TMPDIR", here, 1);
        CHECK(dup2(input[0], STDIN_FILENO) >= 0 && dup2(output[1], STDOUT_FILENO) >= 0);
        execlp("sh", "sh", (char *) NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    *ret_input = input[1];
    *ret_output = output[0];
    return pid;
}

#define PROGRAM                                                                                    \
    "#!/bin/sh\n"                                                                                  \
    "if [ \"$2\" = --is ]; then echo a,word; exit; fi\n"                                           \
    "echo \"ran $*\"\n"

/*
 * Runs the script, for which the program is perhaps at OWN_PATH too. Sends the program when the script asks for it.
 * Returns the output, which lives until the next call.
 */
static const char *run_script(const char *own_path)
{
    static char          got[PATH_MAX + 256];
    struct program_image image = {.data = (char *) PROGRAM, .size = strlen(PROGRAM)};
    struct text          script = {0};
    int                  input, output, status;
    pid_t                pid = start_shell(&input, &output);
    size_t               used = 0;
    ssize_t              n;

    program_image_sum(&image);
    bootstrap_write(&script, &image, "a,word", own_path, "7.8");
    CHECK_EQUAL(write(input, script.data, script.size), script.size);
    text_release(&script);
    while ((n = read(output, got + used, sizeof(got) - 1 - used)) > 0) {
        used += (size_t) n;
        got[used] = '\0';
        if (input >= 0 && strstr(got, BOOTSTRAP_MARK BOOTSTRAP_NEED) != NULL) {
            CHECK_EQUAL(write(input, PROGRAM, image.size), image.size);
            close(input);
            input = -1;
        }
    }
    if (input >= 0)
        close(input);
    close(output);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    return got;
}

/* The script asks for the program, stores it, checks that it is the right one, and becomes it. */
static void the_script_becomes_the_program(void)
{
    struct utsname system;
    char           here[PATH_MAX], wanted[PATH_MAX + 256];

    CHECK(uname(&system) == 0 && getcwd(here, sizeof(here)) != NULL);
    snprintf(wanted, sizeof(wanted),
             "\nk3thread-agent need %s\nran agent --directory %s/k3thread-run.7.8\n",
             system.machine, here);
    CHECK_TEXT(run_script("/no such/k3'thread"), wanted);
}

/* A program that is there at the same path, and suits, is not sent. */
static void the_script_becomes_a_program_that_is_there(void)
{
    int fd = open("it's k3thread", O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

    CHECK_EQUAL(write(fd, PROGRAM, strlen(PROGRAM)), strlen(PROGRAM));
    close(fd);
    CHECK_TEXT(run_script("./it's k3thread"), "ran agent\n");
}

TEST_MAIN({"lists", lists_are_read}, {"input", the_standard_input_is_a_list},
          {"memory", a_list_needs_memory}, {"suits", words_say_which_programs_suit},
          {"sums", sums_are_those_of_cksum}, {"words", words_tell_programs_apart},
          {"image", the_own_image_is_read}, {"script", the_script_becomes_the_program},
          {"own-path", the_script_becomes_a_program_that_is_there})
