import CEngine
import CGRPC

/// Functions of C-core's server that its C API lacks, where the library in use exports them.
///
/// `ServerDrain.md`, beside this file, says what they are for, and what must hold.
enum ServerDrain {
  @safe private struct Functions {
    // Safe, because the addresses are those of functions of a library that stays loaded. They take a server.

    let sendGoaways: cengine_send_goaways_function
    let hasOpenConnections: cengine_has_open_connections_function
  }

  private static let functions: Functions? = {
    guard
      !EnvironmentSwitch.drain.isOff,
      let sendGoaways = unsafe cengine_send_goaways(),
      let hasOpenConnections = unsafe cengine_has_open_connections()
    else { return nil }
    return unsafe Functions(sendGoaways: sendGoaways, hasOpenConnections: hasOpenConnections)
  }()

  /// Whether C-core can tell the clients before it shuts down, and that is not switched off.
  static var isAvailable: Bool { functions != nil }

  /// Returns whether a server has connections.
  static func hasOpenConnections(_ server: OpaquePointer) -> Bool {
    unsafe functions?.hasOpenConnections(server) ?? false
  }

  /// Tells the clients of all connections to send no more calls (GOAWAY), and serves those that are on their way.
  ///
  /// The server must have been started, and not be destroyed meanwhile.
  static func sendGoaways(_ server: OpaquePointer) {
    guard functions != nil else { return }
    // The function needs the `ExecCtx` that every function of the C API has on its stack. `grpc_byte_buffer_destroy`
    // has one while it destroys its slices, and meanwhile it calls the destroy function of this slice.
    let send: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
      guard let pointer = unsafe pointer else { preconditionFailure("C-core passed no slice to destroy") }
      unsafe ServerDrain.functions?.sendGoaways(OpaquePointer(pointer))
    }
    // The slice has no bytes; its place is never read, and is not nil.
    let place = unsafe UnsafeMutableRawPointer(server)
    var slice = unsafe grpc_slice_new_with_user_data(place, 0, send, UnsafeMutableRawPointer(server))
    let buffer = unsafe grpc_raw_byte_buffer_create(&slice, 1)
    // The buffer has its own reference, which is now the last one.
    unsafe grpc_slice_unref(slice)
    unsafe grpc_byte_buffer_destroy(buffer)
  }
}
