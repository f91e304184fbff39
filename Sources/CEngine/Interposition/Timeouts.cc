// Has C-core write the timeout of each call; see Interposition.md beside this file.

#include "CEngine.h"
#include "Original.h"

#include <atomic>
#include <cstdint>

#define RATIO "_ZNK9grpc_core7Timeout11RatioVersusES0_"

namespace timeouts {

// `grpc_core::Timeout`.
struct Timeout {
  uint16_t value;
  uint8_t unit;
};

using Ratio = double(const Timeout *, Timeout);

static std::atomic<bool> are_exact{false};

INTERPOSED double ratio(const Timeout *timeout, Timeout other) __asm__(RATIO);

double ratio(const Timeout *timeout, Timeout other) {
  static Ratio *const ratio = original<Ratio>(RATIO);
  const double percents = ratio(timeout, other);
  // C-core writes the other one in the place of a timeout that is shorter by less than 3 %.
  return percents < 0 && are_exact.load(std::memory_order_relaxed) ? -100 : percents;
}

}  // namespace timeouts

extern "C" void cengine_write_exact_timeouts(void) {
  timeouts::are_exact.store(true, std::memory_order_relaxed);
}
