// The flags of a message that C-core 1.51 does not know; see Interposition.md beside this file.

#include "CEngine.h"

#if __has_include(<grpc/slice.h>)

#include <dlfcn.h>

#include <atomic>
#include <cstdint>

#define DEFRAME "_Z40grpc_deframe_unprocessed_incoming_framesP18grpc_chttp2_streamPlPN9grpc_core11SliceBufferEPj"

namespace message_flags {

// `Poll<absl::Status>`. It is returned in memory, since its destructor is not trivial.
struct Result {
  uintptr_t words[2];

  ~Result() {}
};

using Deframe = Result(void *, int64_t *, void *, uint32_t *);

static std::atomic<bool> is_marking{false};

// The function that stands before C-core's own, by its name. It is weak: a program with a static C-core takes C-core's.
__attribute__((weak, visibility("default"))) Result deframe(void *stream, int64_t *missing, void *message,
                                                            uint32_t *flags) __asm__(DEFRAME);

// C-core writes the flags on one thread at a time, by locks that ThreadSanitizer does not see.
__attribute__((no_sanitize("thread"))) Result deframe(void *stream, int64_t *missing, void *message, uint32_t *flags) {
  static Deframe *const original = reinterpret_cast<Deframe *>(dlsym(RTLD_NEXT, DEFRAME));
  // C-core's own function writes the flags that it knows.
  if (flags != nullptr && is_marking.load(std::memory_order_relaxed)) *flags = CENGINE_UNKNOWN_MESSAGE_FLAGS;
  return original(stream, missing, message, flags);
}

}  // namespace message_flags

extern "C" void cengine_mark_unknown_message_flags(void) {
  message_flags::is_marking.store(true, std::memory_order_relaxed);
}

#endif
