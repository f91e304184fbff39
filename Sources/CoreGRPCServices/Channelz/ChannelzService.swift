public import CoreGRPC
public import CoreGRPCProtobuf
public import ProtobufC

/// gRPC's channelz service, `grpc.channelz.v1.Channelz`, which tells tools the state of the process's channels, servers
/// and connections, with counts of their calls and messages.
///
/// ```swift
/// let server = Server(services: [GreeterService(), ChannelzService()])
/// var configuration = Channel.Configuration()
/// configuration.isChannelzEnabled = true
/// let channel = try Channel(target: "dns:///backend.example:443", configuration: configuration)
/// ```
///
/// A server that has the service counts its own calls. Channels and other servers are in the answers if
/// `isChannelzEnabled` of their configuration is `true`. The data is C-core's, for the whole process: any server with
/// the service answers for all of them.
///
/// An unknown number is answered by NOT_FOUND. A page of channels or servers has 100 entries at most, fewer if the
/// request says so.
///
/// The answers have addresses and certificates of peers. Where strangers can call the server, give the service to a
/// server of its own that listens on a loopback address or a Unix socket, or let an interceptor ask for a token.
///
/// Use it from any thread.
public struct ChannelzService: ProtobufService {
  /// Creates a channelz service.
  public init() {}

  /// The name of the service: `grpc.channelz.v1.Channelz`.
  public static var descriptor: ServiceDescriptor { Grpc_Channelz_V1_Channelz.descriptor }

  /// The file that declares the service: `grpc/channelz/v1/channelz.proto`.
  public static var protoFileDescriptor: ProtoFileDescriptor { Grpc_Channelz_V1_ChannelzFile.descriptor }

  /// Registers the service's methods.
  public func registerMethods(with router: inout RPCRouter) { ChannelzMethods().registerMethods(with: &router) }
}
