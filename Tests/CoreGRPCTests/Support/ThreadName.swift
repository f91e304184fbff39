import Foundation

/// The name of the current thread, as `top -H` shows it.
var currentThreadName: String {
  let text = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
  return text.trimmingCharacters(in: .newlines)
}
