package import CoreGRPC

/// The four kinds of call, each with the method of `interop.Stream` that is of this kind.
package enum StreamKind: String, CaseIterable, Sendable, CustomStringConvertible {
  case unary = "Unary"
  case clientStreaming = "ClientStreaming"
  case serverStreaming = "ServerStreaming"
  case bidirectional = "Bidirectional"

  package var description: String { rawValue }

  package var descriptor: MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "interop.Stream", method: rawValue)
  }

  /// Whether the client may send any number of messages.
  package var hasRequestStream: Bool { self == .clientStreaming || self == .bidirectional }

  /// Whether the server may send any number of messages.
  package var hasResponseStream: Bool { self == .serverStreaming || self == .bidirectional }

  /// Returns the requests to send for so many messages of that size.
  package func requests(count: Int, size: Int) -> [[UInt8]] {
    switch self {
    case .unary: [Self.payload(0, size)]
    case .serverStreaming: [Array("\(count) \(size)".utf8)]
    case .clientStreaming, .bidirectional: (0..<count).map { Self.payload($0, size) }
    }
  }

  /// Returns the responses to these requests.
  package func responses(count: Int, size: Int) -> [[UInt8]] {
    switch self {
    case .unary: [Self.payload(0, size)]
    case .clientStreaming: [Array("\(count) \(count * size)".utf8)]
    case .serverStreaming, .bidirectional: (0..<count).map { Self.payload($0, size) }
    }
  }

  /// A message that shows its place in the stream: the index in four bytes, then its last byte again and again.
  package static func payload(_ index: Int, _ size: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size)
    for place in 0..<min(size, 4) { bytes[place] = UInt8(truncatingIfNeeded: index >> (24 - 8 * place)) }
    return bytes
  }
}
