import CGRPC

/// The operations that shall start together on a call, with what they send.
struct Batch: ~Copyable {
  private(set) var operations: CallOperations = []
  private(set) var initialMetadata = Metadata()
  private(set) var trailingMetadata = Metadata()
  private(set) var message: MessageBuffer?
  private(set) var messageFlags: UInt32 = 0
  private(set) var status = Status.ok
  private(set) var waitsForReady: Bool?

  init() {}

  /// - Parameter waitsForReady: Whether a client's call waits for a connection; `nil` leaves it to the service config.
  mutating func sendInitialMetadata(_ metadata: Metadata, waitsForReady: Bool? = nil) {
    operations.insert(.sendInitialMetadata)
    initialMetadata = metadata
    self.waitsForReady = waitsForReady
  }

  /// - Parameter isFollowed: Whether C-core may wait for the next message before it sends this one.
  mutating func sendMessage(_ message: consuming MessageBuffer, isFollowed: Bool = false) {
    operations.insert(.sendMessage)
    self.message = consume message
    messageFlags = isFollowed ? UInt32(GRPC_WRITE_BUFFER_HINT) : 0
  }

  mutating func sendHalfClose() { operations.insert(.sendClose) }

  mutating func sendStatus(_ status: Status, trailingMetadata: Metadata) {
    operations.insert(.sendClose)
    self.status = status
    self.trailingMetadata = trailingMetadata
  }

  mutating func receive(_ operations: CallOperations) { self.operations.formUnion(operations) }

  /// The message's C buffer, which the caller then owns.
  mutating func relinquishMessage() -> UnsafeMutablePointer<grpc_byte_buffer>? {
    guard let message = message.take() else { return nil }
    return message.relinquish()
  }

  var initialMetadataFlags: UInt32 {
    guard let waitsForReady else { return 0 }
    let explicitly = UInt32(GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET)
    return waitsForReady ? explicitly | UInt32(GRPC_INITIAL_METADATA_WAIT_FOR_READY) : explicitly
  }
}
