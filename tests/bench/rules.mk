# The benchmarks of the library: programs lib-NAME, which share lib-measure.

BENCH := $(BUILD)/tests/bench
TEST_PROGRAMS := $(filter-out $(BENCH)/lib-measure $(BENCH)/lib-loop $(BENCH)/floor,$(TEST_PROGRAMS))

$(filter $(BENCH)/lib-%,$(TEST_PROGRAMS)): $(BENCH)/lib-measure.c.o
$(BENCH)/lib-calls $(BENCH)/lib-raise: $(BENCH)/lib-loop.c.o
$(BENCH)/lib-calls $(BENCH)/lib-raise: TEST_LIBS = $(SAFEPOINT)

# clang omits edges without this flag.
$(BENCH)/lib-loop.c.o: TEST_CFLAGS = -fsanitize-coverage=trace-pc$(if \
	$(findstring clang,$(shell $(CC) --version)),$(comma)no-prune)

# The benchmarks of the program: the floors, which share floor; three of them statically linked.
FLOORS := $(addprefix $(BENCH)/,agents deaths echo-server jobs reaction sleepers turns)

$(FLOORS): $(BENCH)/floor.c.o
$(BENCH)/agents $(BENCH)/echo-client $(BENCH)/nap: TEST_LDFLAGS = $(if $(SANITIZE),,-static)
