#include "CAbseil.h"

#if !__has_include(<absl/synchronization/mutex.h>)
#error "gRPC's C-core is missing: install libgrpc-dev (Debian, Ubuntu), grpc-devel (Fedora) or grpc (Homebrew)"
#else

#include <absl/synchronization/mutex.h>

extern "C" void cabseil_ignore_mutex_deadlocks(void) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

#endif
