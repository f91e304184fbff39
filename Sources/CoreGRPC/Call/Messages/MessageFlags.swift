import CEngine
import CGRPC

/// The flags that a message came with, which C-core's C API does not expose.
///
/// C-core looks at the flag "compressed" only in a call whose `grpc-encoding` it knows. It delivers any other message
/// as it came. So bytes that the sender has compressed, with a method that C-core does not know, would pass for a
/// message. A message with flags that are not in gRPC's specification would pass for an empty one: `Interposition.md`
/// says how C-core is made to mark it.
struct MessageFlags {
  /// `GRPC_WRITE_INTERNAL_COMPRESS`.
  private static let compressed: UInt32 = 0x8000_0000

  private static let function: cengine_message_flags_function? = {
    // With this experiment C-core has calls of another class, which end the process when they are asked.
    let experiments = Environment.text("GRPC_EXPERIMENTS") ?? ""
    guard EngineCapabilities.current.tellsMessageFlags, !experiments.contains("promise_based_client_call") else {
      return nil
    }
    // It reads a number that C-core writes with each received message, before the batch is done.
    return unsafe cengine_message_flags()
  }()

  /// Whether the flags are available.
  static var isAvailable: Bool { unsafe function != nil }

  /// Whether the sender has marked the message as compressed, and C-core does not report the method.
  let isMislabelled: Bool

  /// Whether the message has flags that are not in gRPC's specification.
  let isUnknown: Bool

  /// Reads the flags of a call's last message.
  ///
  /// - Parameters:
  ///   - message: The message, of a finished receive-message after which none was started.
  ///   - call: A call that is not released.
  init(of message: UnsafeMutablePointer<grpc_byte_buffer>, in call: OpaquePointer) {
    let flags = unsafe Self.function.map { unsafe $0(call) } ?? 0
    isUnknown = flags & CENGINE_UNKNOWN_MESSAGE_FLAGS != 0
    guard flags & Self.compressed != 0 else {
      isMislabelled = false
      return
    }
    isMislabelled = unsafe message.pointee.data.raw.compression == GRPC_COMPRESS_NONE
  }
}

extension RPCError {
  /// Creates the error for a message that is marked as compressed, in a call whose encoding is not known.
  ///
  /// See <https://github.com/grpc/grpc/blob/master/doc/compression.md>: INTERNAL on a client. On a server INTERNAL if
  /// no encoding is named, and UNIMPLEMENTED if an unknown one is; C-core does not tell these two apart, and sensible
  /// clients do the latter.
  init(mislabelledMessageOn role: CallRole, accepted: CompressionAlgorithmSet) {
    self.init(
      code: role == .server ? .unimplemented : .internalError,
      message: "the message is compressed, and its grpc-encoding is missing or unknown"
    )
    if role == .server { metadata = [Metadata.acceptedEncodings: .string(accepted.acceptedEncodings)] }
  }

  /// Creates the error for a message whose flags are not in gRPC's specification.
  init(messageWithUnknownFlags: Void) {
    self.init(code: .internalError, message: "the message has flags that are not known")
  }
}
