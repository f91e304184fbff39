/// A line on the terminal that says how far the work is.
struct ProgressBar {
  private let start = ContinuousClock.now
  private static let width = 30

  /// The line, to be written over the one before.
  mutating func render(done: Int, of total: Int) -> String {
    let filled = total == 0 ? Self.width : done * Self.width / total
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled)
    let percent = total == 0 ? 100 : done * 100 / total
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    // Carriage return, erase to the end of the line: ECMA-48's EL.
    return "\r\u{1B}[K[\(bar)] \(percent)% \(done)/\(total) \(Int(Double(done) / seconds)) calls/s"
  }
}
