#pragma once

#include <stddef.h>
#include <stdint.h>

/// The entry of libFuzzer, which the runtime of `-sanitize=fuzzer` has: calls `test` until a limit among the arguments
/// is reached.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));
