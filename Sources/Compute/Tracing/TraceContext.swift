/// A span's place in a trace, as W3C's recommendation Trace Context writes it.
struct TraceContext: Sendable, Hashable {
  /// The trace: two numbers of 64 bits, not both 0.
  var trace: (high: UInt64, low: UInt64)

  /// The span; not 0.
  var span: UInt64

  /// Whether the spans of the trace are recorded.
  var isSampled: Bool

  /// The systems' own values, which are passed on as they are.
  var state: String?

  /// The context of a new trace.
  static func newTrace() -> TraceContext {
    TraceContext(
      trace: (.random(in: .min ... .max), .random(in: 1 ... .max)),
      span: .random(in: 1 ... .max),
      isSampled: true,
      state: nil
    )
  }

  /// The context of a new span below this one.
  func child() -> TraceContext {
    var child = self
    child.span = .random(in: 1 ... .max)
    return child
  }

  static func == (one: TraceContext, other: TraceContext) -> Bool {
    one.trace == other.trace && one.span == other.span && one.isSampled == other.isSampled && one.state == other.state
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(trace.low)
    hasher.combine(span)
  }

  /// The bytes of the trace, the highest first.
  var traceID: [UInt8] { Self.bytes(of: trace.high) + Self.bytes(of: trace.low) }

  /// The bytes of the span, the highest first.
  var spanID: [UInt8] { Self.bytes(of: span) }

  private static func bytes(of number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }
}

extension TraceContext {
  /// The longest list of the systems' values that is passed on.
  private static let longestState = 512

  /// Reads the fields `traceparent` and `tracestate`; `nil` if the former is not valid.
  ///
  /// Of a later version, the parts that this one has are read, as the recommendation says.
  init?(parent: String, state: String?) {
    let parts = parent.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
    guard
      parts.count >= 4, let version = Self.number(parts[0], digits: 2), version != 0xFF,
      parts.count == 4 || version > 0,
      parts[1].utf8.count == 32, let high = Self.number(parts[1].prefix(16), digits: 16),
      let low = Self.number(parts[1].suffix(16), digits: 16), high != 0 || low != 0,
      let span = Self.number(parts[2], digits: 16), span != 0, let flags = Self.number(parts[3], digits: 2)
    else { return nil }
    self.init(
      trace: (high, low),
      span: span,
      isSampled: flags & 1 == 1,
      state: state.flatMap { $0.isEmpty || $0.utf8.count > Self.longestState ? nil : $0 }
    )
  }

  /// The field `traceparent`.
  var parent: String {
    "00-\(Self.digits(trace.high))\(Self.digits(trace.low))-\(Self.digits(span))-\(isSampled ? "01" : "00")"
  }

  /// Reads lower-case hexadecimal digits.
  private static func number(_ text: Substring, digits: Int) -> UInt64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return UInt64(text, radix: 16)
  }

  private static func digits(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}
