import CoreGRPC
import ProtobufC
import ProtobufCJSON

/// The methods of the channelz service: each reads C-core's answer, which is in JSON.
struct ChannelzMethods: Grpc_Channelz_V1_Channelz.SimpleServiceProtocol {
  /// The options for C-core's JSON, in which a newer version may have further fields.
  private static let options = {
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    options.types = [
      Grpc_Channelz_V1_SocketOptionLinger.self, Grpc_Channelz_V1_SocketOptionTcpInfo.self,
      Grpc_Channelz_V1_SocketOptionTimeout.self,
    ]
    return options
  }()

  func getTopChannels(
    request: Grpc_Channelz_V1_GetTopChannelsRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetTopChannelsResponse {
    var start = request.startChannelID
    var response: Grpc_Channelz_V1_GetTopChannelsResponse
    repeat {
      response = try read(Channelz.topChannels(from: start))
      start = (response.channel.last?.ref?.channelID ?? .max - 1) + 1
      response.channel.removeAll { $0.data?.target == Channelz.internalTarget }
      // A page without any channel would be taken for the end.
    } while response.channel.isEmpty && !response.end && start < .max
    if response.channel.shorten(to: request.maxResults) { response.end = false }
    return response
  }

  func getServers(
    request: Grpc_Channelz_V1_GetServersRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetServersResponse {
    var response: Grpc_Channelz_V1_GetServersResponse = try read(Channelz.servers(from: request.startServerID))
    if response.server.shorten(to: request.maxResults) { response.end = false }
    return response
  }

  func getServer(
    request: Grpc_Channelz_V1_GetServerRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetServerResponse {
    try read(Channelz.server(request.serverID), what: "server", id: request.serverID)
  }

  func getServerSockets(
    request: Grpc_Channelz_V1_GetServerSocketsRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetServerSocketsResponse {
    // C-core has no answer to negative numbers.
    let sockets = Channelz.sockets(
      ofServer: request.serverID,
      from: max(0, request.startSocketID),
      maxResults: max(0, request.maxResults)
    )
    return try read(sockets, what: "server", id: request.serverID)
  }

  func getChannel(
    request: Grpc_Channelz_V1_GetChannelRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetChannelResponse {
    try read(Channelz.channel(request.channelID), what: "channel", id: request.channelID)
  }

  func getSubchannel(
    request: Grpc_Channelz_V1_GetSubchannelRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetSubchannelResponse {
    try read(Channelz.subchannel(request.subchannelID), what: "subchannel", id: request.subchannelID)
  }

  func getSocket(
    request: Grpc_Channelz_V1_GetSocketRequest,
    context: ServerContext
  ) async throws -> Grpc_Channelz_V1_GetSocketResponse {
    try read(Channelz.socket(request.socketID), what: "socket", id: request.socketID)
  }

  /// Reads an answer of C-core about one object.
  ///
  /// - Throws: `RPCError` with the code NOT_FOUND if there is no such object, otherwise as ``read(_:)``.
  private func read<Response: Message>(_ answer: String?, what kind: String, id: Int64) throws -> Response {
    guard let answer else { throw RPCError(code: .notFound, message: "there is no \(kind) with the number \(id)") }
    return try read(answer)
  }

  /// Reads an answer of C-core.
  ///
  /// - Throws: `RPCError` with the code INTERNAL if it is not what it should be.
  private func read<Response: Message>(_ answer: String?) throws -> Response {
    do {
      return try Response(jsonString: answer ?? "{}", options: Self.options)
    } catch {
      throw RPCError(code: .internalError, message: "cannot read the answer of C-core: \(error)")
    }
  }
}

extension Array {
  /// Leaves out what is more than a request asks for.
  ///
  /// - Parameter maxResults: The largest number of elements; any number if it is not positive.
  /// - Returns: Whether elements were left out.
  fileprivate mutating func shorten(to maxResults: Int64) -> Bool {
    guard maxResults > 0, maxResults < count else { return false }
    removeLast(count - Int(maxResults))
    return true
  }
}
