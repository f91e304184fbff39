// The load-balancing policy that ends the process with Debian's C-core 1.51; see Interposition.md beside this file.

#include "CEngine.h"

#if __has_include(<grpc/slice.h>)

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstring>

#define FIND_FACTORY "_ZNK9grpc_core27LoadBalancingPolicyRegistry29GetLoadBalancingPolicyFactoryEN4absl7debian311string_viewE"

namespace ring_hash {

// `absl::string_view`.
struct Text {
  const char *start;
  size_t length;
};

using FindFactory = void *(const void *, Text);

static std::atomic<bool> is_hidden{false};

// The function that stands before C-core's own, by its name. It is weak: a program with a static C-core takes C-core's.
__attribute__((weak, visibility("default"))) void *find_factory(const void *registry, Text name) __asm__(FIND_FACTORY);

void *find_factory(const void *registry, Text name) {
  static FindFactory *const original = reinterpret_cast<FindFactory *>(dlsym(RTLD_NEXT, FIND_FACTORY));
  constexpr char hidden[] = "ring_hash_experimental";
  if (is_hidden.load(std::memory_order_relaxed) && name.length == sizeof hidden - 1
      && memcmp(name.start, hidden, name.length) == 0) {
    return nullptr;
  }
  return original(registry, name);
}

}  // namespace ring_hash

extern "C" void cengine_hide_ring_hash(void) { ring_hash::is_hidden.store(true, std::memory_order_relaxed); }

#endif
