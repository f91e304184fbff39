/// The command line.
struct Options {
  enum Mode: String {
    case unary, pingpong, stream
  }

  private(set) var target = ""
  private(set) var mode = Mode.unary
  private(set) var outstanding = 1
  private(set) var payload = 6
  private(set) var seconds = 2.0
  private(set) var warmup = 0.5

  /// The number of calls to make in all, rather than for some seconds.
  private(set) var count: Int?

  /// Whether the tasks run on the channel's own threads, rather than on Swift's pool.
  private(set) var runsOnPollers = false

  /// Whether the calls are measured by swift-metrics.
  private(set) var measuresCalls = false

  init?(_ arguments: ArraySlice<String>) {
    var arguments = arguments
    while let name = arguments.popFirst() {
      if name == "--on-pollers" {
        runsOnPollers = true
        continue
      }
      if name == "--metrics" {
        measuresCalls = true
        continue
      }
      guard let value = arguments.popFirst() else { return nil }
      switch name {
      case "--target": target = value
      case "--mode":
        guard let mode = Mode(rawValue: value) else { return nil }
        self.mode = mode
      case "--outstanding": outstanding = Int(value) ?? 1
      case "--payload": payload = Int(value) ?? 6
      case "--seconds": seconds = Double(value) ?? 2
      case "--warmup": warmup = Double(value) ?? 0.5
      case "--count": count = Int(value)
      default: return nil
      }
    }
    if target.isEmpty { return nil }
  }
}
