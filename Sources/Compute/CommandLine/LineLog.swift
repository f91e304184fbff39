public import Logging

/// A handler of swift-log that writes a line to standard error for each entry.
///
/// A line that standard error does not take within a second is dropped, and so are those after it until it takes one: a
/// program does not stop because nobody reads its log.
public struct LineLog: LogHandler {
  /// The form of a line.
  public enum Format: String, CaseIterable, Sendable {
    /// The time, the level, the message, and the metadata as `key=value`.
    case text
    /// An object of JSON with `time`, `level`, `message`, and an entry for each key of the metadata.
    case json
  }

  /// The metadata of each entry.
  public var metadata: Logger.Metadata = [:]

  /// The lowest level of the lines.
  public var logLevel: Logger.Level

  private let format: Format

  /// Creates a handler.
  public init(_ format: Format, level: Logger.Level) {
    self.format = format
    self.logLevel = level
  }

  /// The metadata of each entry, by key.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a line.
  public func log(event: LogEvent) {
    let entries = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let line = Self.line(format, time: LineTime.now, level: event.level, message: "\(event.message)", entries)
    StandardError.offerLine(line)
  }

  /// Returns a line without its end.
  static func line(
    _ format: Format,
    time: String,
    level: Logger.Level,
    message: String,
    _ entries: [(key: String, value: Logger.Metadata.Value)]
  ) -> String {
    switch format {
    case .text:
      let values = entries.map { " \($0.key)=\(quoted("\($0.value)", always: false))" }.joined()
      return "\(time) \(level) \(withoutControls(message))\(values)"
    case .json:
      let values = entries.map { ",\(quoted($0.key)):\(json($0.value))" }.joined()
      return #"{"time":"\#(time)","level":"\#(level)","message":\#(quoted(message))\#(values)}"#
    }
  }

  private static func json(_ value: Logger.Metadata.Value) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .stringConvertible(let value): quoted("\(value)")
    case .array(let values): "[\(values.map(json).joined(separator: ","))]"
    case .dictionary(let entries):
      "{\(entries.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ","))}"
    }
  }

  private static func withoutControls(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }

  /// Returns a text as a string of JSON; as it is, if it needs no quotes and may go without.
  private static func quoted(_ text: String, always: Bool = true) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { $0 > " " && $0 != "\"" && $0 != "=" && $0 != "\\" && $0 != "\u{7F}" }
    if !always, isPlain, !text.isEmpty { return text }
    return JSONText.quoted(text)
  }
}
