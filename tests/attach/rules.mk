# The library whose functions host.bats calls. It has safepoints.
TEST_PROGRAMS := $(filter-out $(BUILD)/tests/attach/jobs,$(TEST_PROGRAMS))

# clang omits edges without no-prune.
$(BUILD)/tests/attach/libjobs.so: tests/attach/jobs.c lib/include/k3thread.h $(SHAREDLIB) $(SAFEPOINT)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) -fPIC -shared -o $@ $< -fsanitize-coverage=trace-pc$(if \
		$(findstring clang,$(shell $(CC) --version)),$(comma)no-prune) \
		$(SAFEPOINT) -L$(BUILD) -lk3thread

tests: $(BUILD)/tests/attach/libjobs.so
