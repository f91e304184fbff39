import CGRPC
import Glibc

/// Functions of C-core's server that its C API lacks, where the library in use exports them.
///
/// `grpc_server_shutdown_and_notify` first ends each call that arrives with CANCELLED, and then tells the clients (GOAWAY) to
/// send no more: it loses the calls in between. C-core itself can tell them first, and does where a server's configuration changes
/// (`Server::SendGoaways`).
enum ServerDrain {
  /// A C++ member function without parameters, which takes its object as the only argument.
  private typealias SendGoaways = @convention(c) (OpaquePointer) -> Void
  private typealias HasOpenConnections = @convention(c) (OpaquePointer) -> Bool

  private struct Functions {
    let sendGoaways: SendGoaways
    let hasOpenConnections: HasOpenConnections
  }

  private static let functions: Functions? = {
    guard
      let sendGoaways = dlsym(nil, "_ZN9grpc_core6Server11SendGoawaysEv"),
      let hasOpenConnections = dlsym(nil, "_ZN9grpc_core6Server18HasOpenConnectionsEv")
    else { return nil }
    // The names say the functions' types. `grpc_server *` is what `Server::FromC` casts to `Server *`, without an offset.
    return Functions(
      sendGoaways: unsafeBitCast(sendGoaways, to: SendGoaways.self),
      hasOpenConnections: unsafeBitCast(hasOpenConnections, to: HasOpenConnections.self)
    )
  }()

  /// Whether C-core can tell the clients before it shuts down.
  static var isAvailable: Bool { functions != nil }

  /// Whether a server has connections.
  static func hasOpenConnections(_ server: OpaquePointer) -> Bool { functions?.hasOpenConnections(server) ?? false }

  /// Tells the clients of all connections to send no more calls (GOAWAY), and serves those that are on their way.
  ///
  /// The server must have been started, and not be destroyed meanwhile.
  static func sendGoaways(_ server: OpaquePointer) {
    guard functions != nil else { return }
    // The function needs what every function of the C API has on its stack (`ExecCtx`). `grpc_byte_buffer_destroy` has it while it
    // destroys its slices, of which this one calls the function as it goes.
    let send: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
      guard let pointer else { preconditionFailure("C-core does not say which slice it destroys") }
      ServerDrain.functions?.sendGoaways(OpaquePointer(pointer))
    }
    // The slice has no bytes; its place is never read, and is not nil.
    let place = UnsafeMutableRawPointer(server)
    var slice = grpc_slice_new_with_user_data(place, 0, send, UnsafeMutableRawPointer(server))
    let buffer = grpc_raw_byte_buffer_create(&slice, 1)
    // The buffer has a reference of its own, the last one now.
    grpc_slice_unref(slice)
    grpc_byte_buffer_destroy(buffer)
  }
}
