import CGRPC

/// The operations to start together on a call, with what they send.
struct Batch: ~Copyable {
  private(set) var operations: CallOperations = []
  private(set) var initialMetadata = Metadata()
  /// The size of the initial metadata on the wire, once it is prepared, in bytes.
  private(set) var initialMetadataSize = 0
  private(set) var trailingMetadata = Metadata()
  private(set) var message: MessageBuffer?
  private(set) var messageFlags: UInt32 = 0
  private(set) var status = Status.ok
  private(set) var waitsForReady: Bool?
  private(set) var compression: CompressionAlgorithm?
  /// The number of attempts of a client's call before this one.
  var previousAttempts: UInt8 = 0

  /// Whether the batch sends a server's initial metadata, if no earlier batch has.
  private var opensUnlessStarted = false

  /// Whether the batch ends when the call is over on the server, if no earlier batch does.
  private var receivesCloseUnlessStarted = false

  /// Whether the batch ends a server's call in its handler's place.
  private(set) var interrupts = false

  init() {}

  /// Creates a server's last batch: the status, after the message if there is one, and after the initial metadata if
  /// none was sent before.
  ///
  /// The batch is done when the call is over.
  init(
    replyingWith status: Status,
    trailingMetadata: Metadata,
    message: consuming MessageBuffer? = nil,
    metadata: Metadata = Metadata(),
    compression: CompressionAlgorithm? = nil
  ) {
    operations = message == nil ? .sendClose : [.sendMessage, .sendClose]
    initialMetadata = metadata
    self.trailingMetadata = trailingMetadata
    self.message = message
    self.status = status
    self.compression = compression
    opensUnlessStarted = true
    receivesCloseUnlessStarted = true
  }

  /// Creates a batch that ends a server's call in its handler's place, and that is done when the call is over.
  init(interruptingWith status: Status) {
    self.init(replyingWith: status, trailingMetadata: Metadata())
    interrupts = true
  }

  /// - Parameters:
  ///   - waitsForReady: Whether a client's call waits for a connection; `nil` leaves it to the service config.
  ///   - compression: The compression of the messages sent on this call; `nil` for the channel's or the server's.
  mutating func sendInitialMetadata(
    _ metadata: Metadata,
    waitsForReady: Bool? = nil,
    compression: CompressionAlgorithm? = nil
  ) {
    operations.insert(.sendInitialMetadata)
    initialMetadata = metadata
    self.waitsForReady = waitsForReady
    self.compression = compression
  }

  mutating func sendMessage(_ message: consuming MessageBuffer, options: WriteOptions = WriteOptions()) {
    operations.insert(.sendMessage)
    self.message = consume message
    messageFlags = options.flags
  }

  mutating func sendHalfClose() { operations.insert(.sendClose) }

  /// Converts the metadata to a form that gRPC can send and the peer accepts, and cuts the status message to the room
  /// left.
  ///
  /// - Parameter room: The size that fits into a header block beside C-core's own entries, in bytes.
  /// - Throws: ``RPCError``, when metadata is illegal or does not fit.
  mutating func prepareHeaders(for sender: CallRole, room: Int) throws(RPCError) {
    do throws(RPCError) {
      try prepareMetadata(for: sender, room: room)
    } catch {
      throw sender == .client ? error.comingOutOfChannel() : error
    }
  }

  private mutating func prepareMetadata(for sender: CallRole, room: Int) throws(RPCError) {
    if !initialMetadata.isEmpty {
      initialMetadataSize = try initialMetadata.prepare(for: sender, room: room)
    } else if room < 0, sender == .client, operations.contains(.sendInitialMetadata) {
      let message =
        "the method's path, the authority and gRPC's own headers exceed maxRequestMetadataBytes by \(-room) bytes"
      throw RPCError(code: .resourceExhausted, message: message)
    }
    if trailingMetadata.isEmpty && status.message.isEmpty { return }
    let size = try trailingMetadata.prepare(for: sender, room: room)
    status.message = status.message.statusMessage(fitting: room - size)
  }

  /// Adds the operations that depend on those that the call has started.
  ///
  /// - Parameter started: The operations that were ever started.
  mutating func resolve(after started: CallOperations) {
    if opensUnlessStarted, !started.contains(.sendInitialMetadata) { operations.insert(.sendInitialMetadata) }
    if receivesCloseUnlessStarted, !started.contains(.receiveClose) { operations.insert(.receiveClose) }
  }

  mutating func receive(_ operations: CallOperations) { self.operations.formUnion(operations) }

  /// Returns the message's C buffer, which the caller then owns: see ``MessageBuffer/relinquish()``.
  mutating func relinquishMessage() -> (buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool)? {
    guard let message = message.take() else { return nil }
    return unsafe message.relinquish()
  }

  /// Returns whether there is initial metadata for C-core.
  func hasInitialMetadata(for role: CallRole) -> Bool {
    !initialMetadata.isEmpty || role == .client && (compression != nil || previousAttempts > 0)
  }

  /// Returns the initial metadata with the entries that a program may not set.
  ///
  /// A client's choice of compression is such an entry, which C-core's filters remove before it is sent. A server's
  /// choice is a level, see ``compressionLevel``: C-core turns it into an algorithm that the client accepts.
  func initialMetadataForCore(_ role: CallRole) -> Metadata {
    guard role == .client, compression != nil || previousAttempts > 0 else { return initialMetadata }
    var metadata = initialMetadata
    if previousAttempts > 0 { metadata.addString("\(previousAttempts)", forKey: Metadata.previousAttempts) }
    guard let compression else { return metadata }
    // `GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY`, a key that users may not set.
    metadata.addString(compression.description, forKey: "grpc-internal-encoding-request")
    return metadata
  }

  /// The level by which a server's messages are compressed; -1 for the server's own.
  var compressionLevel: Int32 { compression.map { Int32($0.serverLevel) } ?? -1 }

  var initialMetadataFlags: UInt32 {
    guard let waitsForReady else { return 0 }
    let explicitly = UInt32(GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET)
    return waitsForReady ? explicitly | UInt32(GRPC_INITIAL_METADATA_WAIT_FOR_READY) : explicitly
  }
}

extension WriteOptions {
  var flags: UInt32 {
    var flags: UInt32 = 0
    if !allowsCompression { flags |= UInt32(GRPC_WRITE_NO_COMPRESS) }
    if isFollowed { flags |= UInt32(GRPC_WRITE_BUFFER_HINT) }
    return flags
  }
}
