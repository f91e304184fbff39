import Foundation

@testable import CoreGRPC

/// The name of the current thread, as `top -H` shows it, if the thread polls; `nil` for any other one.
///
/// On Linux a thread begins with the name of the one that started it, so that one of Swift's pool can have a poller's.
var currentPollerName: String? {
  guard Poller.current != nil else { return nil }
  let text = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
  return text.trimmingCharacters(in: .newlines)
}
