# The benchmarks of the library: programs lib-NAME, which share lib-measure.

BENCH := $(BUILD)/tests/bench
TEST_PROGRAMS := $(filter-out $(BENCH)/lib-measure $(BENCH)/lib-loop,$(TEST_PROGRAMS))

$(filter $(BENCH)/lib-%,$(TEST_PROGRAMS)): $(BENCH)/lib-measure.c.o
$(BENCH)/lib-calls $(BENCH)/lib-raise: $(BENCH)/lib-loop.c.o
$(BENCH)/lib-calls $(BENCH)/lib-raise: TEST_LIBS = $(SAFEPOINT)

# clang leaves edges out unless told not to.
$(BENCH)/lib-loop.c.o: TEST_CFLAGS = -fsanitize-coverage=trace-pc$(if \
	$(findstring clang,$(shell $(CC) --version)),$(comma)no-prune)
