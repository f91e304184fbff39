public import ArgumentParser

/// A duration on the command line: `2s`, `500ms`, `1.5m`, or a plain number of seconds.
public struct DurationArgument: ExpressibleByArgument, Sendable {
  /// The duration, not negative.
  public let duration: Duration

  /// The text that was given.
  public let defaultValueDescription: String

  /// A duration of whole seconds.
  public init(seconds: Int) {
    self.duration = .seconds(seconds)
    self.defaultValueDescription = "\(seconds)s"
  }

  /// Reads a duration; `nil` if the text is none.
  public init?(argument: String) {
    let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
    guard
      let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
      let number = Double(argument.dropLast(unit.suffix.count)),
      number.isFinite, number >= 0, number * unit.seconds <= 1e9
    else { return nil }
    self.duration = .seconds(number * unit.seconds)
    self.defaultValueDescription = argument
  }
}
