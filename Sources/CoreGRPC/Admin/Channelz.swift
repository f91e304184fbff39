import CGRPC

/// C-core's data about the channels, servers and sockets of the process, as JSON texts for the service of gRPC's
/// channelz protocol: each is a response of the service in protobuf's JSON mapping.
///
/// Only channels and servers for which it is enabled are in the data. Use it from any thread, while the process has a
/// server or a channel.
package enum Channelz {
  /// The service that tells others the data.
  package static let service = ServiceDescriptor(fullyQualifiedService: "grpc.channelz.v1.Channelz")

  /// The target of channels that are this package's own, and not the program's.
  package static var internalTarget: String { QueueWaker.target }

  /// Returns the channels of the process, those with low numbers first.
  package static func topChannels(from id: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_top_channels(Int(id)) }
  }

  /// Returns the servers, those with low numbers first.
  package static func servers(from id: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_servers(Int(id)) }
  }

  /// Returns a server; `nil` if there is none of that number.
  package static func server(_ id: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_server(Int(id)) }
  }

  /// Returns a server's connections; `nil` if there is no server of that number.
  package static func sockets(ofServer id: Int64, from socket: Int64, maxResults: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_server_sockets(Int(id), Int(socket), Int(maxResults)) }
  }

  /// Returns a channel; `nil` if there is none of that number.
  package static func channel(_ id: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_channel(Int(id)) }
  }

  /// Returns a subchannel, which C-core has for each address of a channel; `nil` if there is none of that number.
  package static func subchannel(_ id: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_subchannel(Int(id)) }
  }

  /// Returns a socket; `nil` if there is none of that number.
  package static func socket(_ id: Int64) -> String? {
    unsafe text { unsafe grpc_channelz_get_socket(Int(id)) }
  }

  /// Calls C-core, and takes the text that it returns.
  private static func text(_ body: () -> UnsafeMutablePointer<CChar>?) -> String? {
    let library = Library()
    return withExtendedLifetime(library) {
      guard let text = unsafe body() else { return nil }
      // C-core hands the text over, which ends with a zero byte.
      defer { unsafe gpr_free(text) }
      return unsafe String(cString: text)
    }
  }
}
