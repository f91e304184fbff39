// The timeouts that C-core 1.51 writes into headers, and those that it takes from a control plane; see Interposition.md
// beside this file.

#include "CEngine.h"

#if __has_include(<grpc/slice.h>)

#include <dlfcn.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>

#define ENCODE_TIMEOUT "_ZN9grpc_core15HPackCompressor6Framer6EncodeENS_19GrpcTimeoutMetadataENS_9TimestampE"
#define EMIT_LITERAL "_ZN9grpc_core15HPackCompressor6Framer38EmitLitHdrWithNonBinaryStringKeyNotIdxENS_5SliceES2_"
#define FROM_CYCLES "_ZN9grpc_core9Timestamp23FromCycleCounterRoundUpEd"
#define GET_CYCLES "_Z21gpr_get_cycle_counterv"
#define FROM_TIME "_ZN9grpc_core9Timestamp19FromTimespecRoundUpE12gpr_timespec"

namespace timeouts {

// `GrpcTimeoutMetadata`, which has no values: it selects a function.
struct Name {};

// `Timestamp`: milliseconds since C-core has begun.
struct Timestamp {
  int64_t milliseconds;
};

// `Slice`, which is passed by its address, since its destructor is not trivial.
struct Slice {
  grpc_slice value;

  explicit Slice(grpc_slice slice) : value(slice) {}
  Slice(const Slice &) = delete;
  ~Slice() { grpc_slice_unref(value); }
};

using Encode = void(void *, Name, Timestamp);
using FromCycles = Timestamp(double);

static std::atomic<bool> is_exact{false};

// The functions of C-core that the one here uses. They are weak: other versions lack them.
__attribute__((weak)) void emit_literal(void *framer, Slice *key, Slice *value) __asm__(EMIT_LITERAL);
__attribute__((weak)) Timestamp from_time_rounded_up(gpr_timespec time) __asm__(FROM_TIME);
// Microseconds.
__attribute__((weak)) double get_cycles() __asm__(GET_CYCLES);

// The functions that stand before C-core's own, by their names. They are weak: a program with a static C-core takes
// C-core's.
__attribute__((weak, visibility("default"))) Timestamp from_cycles(double cycles) __asm__(FROM_CYCLES);
__attribute__((weak, visibility("default"))) void encode(void *framer, Name name,
                                                         Timestamp deadline) __asm__(ENCODE_TIMEOUT);

// A `grpc-timeout` of no more than this, in milliseconds where its eight digits allow.
static Slice text(int64_t milliseconds) {
  // C-core's longest: 27,000 hours.
  constexpr int64_t longest = 97'200'000;
  int64_t count = 1;
  char unit = 'n';
  if (milliseconds >= 100'000'000) {
    count = std::min(milliseconds / 1000, longest);
    unit = 'S';
  } else if (milliseconds > 0) {
    count = milliseconds;
    unit = 'm';
  }
  char text[16];
  char *end = std::to_chars(text, text + sizeof text - 1, count).ptr;
  *end++ = unit;
  return Slice(grpc_slice_from_copied_buffer(text, end - text));
}

void encode(void *framer, Name name, Timestamp deadline) {
  if (!is_exact.load(std::memory_order_relaxed) || !emit_literal || !from_time_rounded_up) {
    static Encode *const original = reinterpret_cast<Encode *>(dlsym(RTLD_NEXT, ENCODE_TIMEOUT));
    original(framer, name, deadline);
    return;
  }
  const Timestamp now = from_time_rounded_up(gpr_now(GPR_CLOCK_MONOTONIC));
  Slice key(grpc_slice_from_static_string("grpc-timeout"));
  Slice value = text(deadline.milliseconds - now.milliseconds);
  emit_literal(framer, &key, &value);
}

Timestamp from_cycles(double cycles) {
  if (!is_exact.load(std::memory_order_relaxed) || !get_cycles || !from_time_rounded_up) {
    static FromCycles *const original = reinterpret_cast<FromCycles *>(dlsym(RTLD_NEXT, FROM_CYCLES));
    return original(cycles);
  }
  const Timestamp now = from_time_rounded_up(gpr_now(GPR_CLOCK_MONOTONIC));
  // It follows the wall clock, which can be set back.
  const double age = std::max(get_cycles() - cycles, 0.0);
  return Timestamp{now.milliseconds - static_cast<int64_t>(age / 1000)};
}

}  // namespace timeouts

extern "C" void cengine_send_exact_timeouts(void) { timeouts::is_exact.store(true, std::memory_order_relaxed); }

#endif
