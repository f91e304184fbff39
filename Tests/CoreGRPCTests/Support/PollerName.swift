import Foundation

@testable import CoreGRPC

/// The name of the current thread, if it polls; `nil` for any other one.
var currentPollerName: String? {
  Poller.current == nil ? nil : currentThreadName
}

/// The name of the current thread, as `top -H` shows it.
///
/// On Linux a thread begins with the name of the one that started it, so that one of Swift's pool can have another's.
var currentThreadName: String {
  let text = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
  return text.trimmingCharacters(in: .newlines)
}
