#include "CAbseil.h"

#include <absl/synchronization/mutex.h>

extern "C" void cabseil_ignore_mutex_deadlocks(void) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}
