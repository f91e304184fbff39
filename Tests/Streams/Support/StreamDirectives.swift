import CoreGRPC

/// The directives for ``StreamDirectiveService`` in a request's metadata: see
/// `Tests/InteropTests/Python/stream_server.py`.
struct StreamDirectives: Sendable {
  private let metadata: Metadata

  init(_ metadata: Metadata) { self.metadata = metadata }

  /// The first value of a directive.
  subscript(name: String) -> String? { metadata[stringValues: "x-test-\(name)"].first }

  func number(_ name: String) -> Int? { self[name].flatMap(Int.init) }

  var initialMetadata: Metadata { echo("x-test-echo") }

  var trailingMetadata: Metadata { echo("x-test-echo-bin") }

  /// The error to fail with after so many messages; after all of them `done` is `Int.max`.
  func failure(after done: Int) -> RPCError? {
    let count = self["fail-after"] == "end" ? Int.max : number("fail-after") ?? 0
    guard let name = self["fail"], done >= count else { return nil }
    let code = Status.Code.allCases.first { $0.description == name }.flatMap(RPCError.Code.init)
    let text = metadata[binaryValues: "x-test-message-bin"].first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    var trailers = trailingMetadata
    trailers.add(contentsOf: Self.failureTrailers)
    return RPCError(
      code: code ?? .invalidArgument,
      message: String(repeating: text, count: number("message-times") ?? 1),
      metadata: trailers
    )
  }

  /// Whether the call ends with OK after so many messages.
  func ends(after done: Int) -> Bool { number("end-after").map { done >= $0 } ?? false }

  private static let failureTrailers: Metadata = [
    "x-test-trailing": "t1", "x-test-trailing": "t2", "x-test-trailing-bin": [0x00, 0xFF, 0x01, 0xFE],
  ]

  private func echo(_ key: String) -> Metadata {
    var echoed = Metadata()
    for value in metadata[key] { echoed.add(value, forKey: key) }
    return echoed
  }
}
