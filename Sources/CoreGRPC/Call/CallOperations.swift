/// Operations of a call: the six slots of C-core, each of which one batch at a time may use.
struct CallOperations: OptionSet, Sendable, Hashable {
  let rawValue: UInt8

  static let sendInitialMetadata = CallOperations(rawValue: 1 << 0)
  static let sendMessage = CallOperations(rawValue: 1 << 1)
  /// The client's half-close, the server's status.
  static let sendClose = CallOperations(rawValue: 1 << 2)
  static let receiveInitialMetadata = CallOperations(rawValue: 1 << 3)
  static let receiveMessage = CallOperations(rawValue: 1 << 4)
  /// The client's receive-status, the server's receive-close.
  static let receiveClose = CallOperations(rawValue: 1 << 5)

  static let all = CallOperations(rawValue: 0b11_1111)

  /// The operations that send something.
  static let sends: CallOperations = [.sendInitialMetadata, .sendMessage, .sendClose]

  /// The operations that a call may do more than once.
  static let repeatable: CallOperations = [.sendMessage, .receiveMessage]
}

extension CallOperations: CustomStringConvertible {
  private static let names: [(operation: CallOperations, name: String)] = [
    (.sendInitialMetadata, "send initial metadata"),
    (.sendMessage, "send a message"),
    (.sendClose, "end the stream"),
    (.receiveInitialMetadata, "receive initial metadata"),
    (.receiveMessage, "receive a message"),
    (.receiveClose, "receive the end of the call"),
  ]

  var description: String {
    Self.names.filter { contains($0.operation) }.map(\.name).joined(separator: ", ")
  }
}
