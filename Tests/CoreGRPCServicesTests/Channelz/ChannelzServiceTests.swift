import CoreGRPC
import ProtobufCWellKnownTypes
import Synchronization
import TestSupport
import Testing

@testable import CoreGRPCServices

@Suite("The channelz service", .timeLimit(.minutes(2)))
struct ChannelzServiceTests {
  /// A server with the service, and a channel to it that is in the answers.
  private struct Test {
    /// The address of the loopback device on which the server listens: no other one has it.
    let host: String
    let address: ListenAddress
    let channel: Channel
    var client: Grpc_Channelz_V1_Channelz.Client { Grpc_Channelz_V1_Channelz.Client(channel: channel) }

    /// The server, among all of the process.
    func server() async throws -> Grpc_Channelz_V1_Server? {
      var request = Grpc_Channelz_V1_GetServersRequest()
      while true {
        let page = try await client.getServers(request)
        let found = page.server.first { $0.listenSocket.contains { $0.name.contains(":\(host):") } }
        if let found { return found }
        request.startServerID = try #require(page.server.last?.ref?.serverID) + 1
        if page.end { return nil }
      }
    }

    /// The channel, among all of the process.
    func topChannel() async throws -> Grpc_Channelz_V1_Channel? {
      var request = Grpc_Channelz_V1_GetTopChannelsRequest()
      while true {
        let page = try await client.getTopChannels(request)
        let target = address.description
        if let channel = page.channel.first(where: { $0.data?.target.hasSuffix(target) == true }) { return channel }
        request.startChannelID = try #require(page.channel.last?.ref?.channelID) + 1
        if page.end { return nil }
      }
    }
  }

  private static let number = Atomic<UInt8>(0)

  private func withServer(
    services: [any RegistrableRPCService] = [ByteService(), ChannelzService()],
    _ body: (Test) async throws -> Void
  ) async throws {
    let host = "127.0.77.\(Self.number.add(1, ordering: .relaxed).newValue)"
    let server = Server(services: services)
    let address = try server.listen(on: .tcp(host: host, port: 0))
    try server.start()
    var configuration = Channel.Configuration()
    configuration.isChannelzEnabled = true
    let channel = try Channel(target: address.description, configuration: configuration)
    try await withShutdown(of: server) { try await body(Test(host: host, address: address, channel: channel)) }
  }

  @Test("A server has its counts, its listening socket and its connections")
  func servers() async throws {
    try await withServer { (test) async throws in
      for _ in 0..<3 { _ = try await test.channel.send([7, 7]) }
      let server = try #require(try await test.server())
      let id = try #require(server.ref?.serverID)
      // The calls of the test, and those for the list.
      #expect(try #require(server.data).callsStarted >= 3)
      let same = try await test.client.getServer(Grpc_Channelz_V1_GetServerRequest(serverID: id)).server
      #expect(same?.ref == server.ref)

      let sockets = try await test.client.getServerSockets(Grpc_Channelz_V1_GetServerSocketsRequest(serverID: id))
      #expect(sockets.end)
      let reference = try #require(sockets.socketRef.first)
      let request = Grpc_Channelz_V1_GetSocketRequest(socketID: reference.socketID)
      let socket = try #require(try await test.client.getSocket(request).socket)
      #expect(socket.ref?.socketID == reference.socketID)
      #expect(try #require(socket.data).messagesReceived >= 3)
      #expect(try #require(socket.data).streamsStarted >= 3)
      guard case .tcpipAddress(let local) = try #require(socket.local).address else { throw TestError() }
      #expect(local.ipAddress.starts(with: [127, 0, 77]) && local.port == Int32(test.address.port ?? 0))
      #expect(socket.remote?.address != nil)
    }
  }

  private struct TestError: Error {}

  @Test("A channel has its target, state, counts and subchannels, and a subchannel its connection")
  func channels() async throws {
    try await withServer { (test) async throws in
      for _ in 0..<3 { _ = try await test.channel.send() }
      await #expect(throws: RPCError.self) {
        try await test.client.getSocket(Grpc_Channelz_V1_GetSocketRequest(socketID: .max))
      }
      let found = try #require(try await test.topChannel())
      let id = try #require(found.ref?.channelID)
      let request = Grpc_Channelz_V1_GetChannelRequest(channelID: id)
      let channel = try #require(try await test.client.getChannel(request).channel)
      let data = try #require(channel.data)
      #expect(data.state?.state == .ready)
      #expect(data.callsStarted >= 5 && data.callsSucceeded >= 3 && data.callsFailed >= 1)
      #expect(try #require(data.lastCallStartedTimestamp).seconds > 1_700_000_000)

      let reference = try #require(channel.subchannelRef.first)
      let subchannel = try #require(
        try await test.client.getSubchannel(
          Grpc_Channelz_V1_GetSubchannelRequest(subchannelID: reference.subchannelID)
        ).subchannel
      )
      #expect(subchannel.data?.state?.state == .ready)
      let socket = try #require(subchannel.socketRef.first)
      let answer = try await test.client.getSocket(Grpc_Channelz_V1_GetSocketRequest(socketID: socket.socketID))
      #expect(try #require(answer.socket?.data).messagesSent >= 3)
    }
  }

  @Test("A channel and a server that do not ask for it are not in the answers")
  func disabled() async throws {
    try await withHealthServer { (other) async throws in
      _ = try await other.channel.send()
      try await withServer { (test) async throws in
        #expect(try await test.topChannel() != nil)
        let hidden = Test(host: "127.0.0.1", address: other.address, channel: test.channel)
        #expect(try await hidden.server() == nil)
        #expect(try await hidden.topChannel() == nil)
      }
    }
  }

  @Test("A request may bound the number of entries, and the next one continues from there")
  func pages() async throws {
    try await withServer { (test) async throws in
      try await withServer { (other) async throws in
        _ = try await other.channel.send()
        var request = Grpc_Channelz_V1_GetServersRequest(maxResults: 1)
        let first = try await test.client.getServers(request)
        #expect(first.server.count == 1 && !first.end)
        request.startServerID = try #require(first.server.first?.ref?.serverID) + 1
        let second = try await test.client.getServers(request)
        #expect(second.server.count == 1)
        #expect(second.server.first?.ref != first.server.first?.ref)
        let channels = try await test.client.getTopChannels(Grpc_Channelz_V1_GetTopChannelsRequest(maxResults: 1))
        #expect(channels.channel.count == 1)
      }
    }
  }

  @Test("An unknown number is NOT_FOUND, whatever it is", arguments: [Int64.min, -1, 0, .max])
  func unknown(id: Int64) async throws {
    try await withServer { (test) async throws in
      let client = test.client
      let errors = [
        await rpcError { try await client.getServer(Grpc_Channelz_V1_GetServerRequest(serverID: id)) },
        await rpcError { try await client.getChannel(Grpc_Channelz_V1_GetChannelRequest(channelID: id)) },
        await rpcError { try await client.getSubchannel(Grpc_Channelz_V1_GetSubchannelRequest(subchannelID: id)) },
        await rpcError { try await client.getSocket(Grpc_Channelz_V1_GetSocketRequest(socketID: id)) },
        await rpcError { try await client.getServerSockets(Grpc_Channelz_V1_GetServerSocketsRequest(serverID: id)) },
      ]
      for error in errors { #expect(error?.code == .notFound) }
      // Lists begin anywhere, and have any length.
      for count in [Int64.min, -1, 0, .max] {
        _ = try await client.getServers(Grpc_Channelz_V1_GetServersRequest(startServerID: id, maxResults: count))
        _ = try await client.getTopChannels(
          Grpc_Channelz_V1_GetTopChannelsRequest(startChannelID: id, maxResults: count)
        )
        let server = try #require(try await test.server()?.ref?.serverID)
        _ = try await client.getServerSockets(
          Grpc_Channelz_V1_GetServerSocketsRequest(serverID: server, startSocketID: id, maxResults: count)
        )
      }
    }
  }

  @Test("A server of administrators has both services")
  func admin() async throws {
    try await withServer(services: [AdminServices()]) { (test) async throws in
      #expect(try await test.server() != nil)
      #expect(try await test.topChannel() != nil)
      let service = ClientStatusDiscoveryService.descriptor
      // Nothing in the process uses xDS.
      let answer = try await test.channel.unary(
        request: ClientRequest(message: [] as [UInt8]),
        descriptor: MethodDescriptor(service: service, method: "FetchClientStatus", type: .unary)
      )
      #expect(answer.message.isEmpty)
      try await test.channel.bidirectionalStreaming(
        request: StreamingClientRequest { writer in for _ in 0..<3 { try await writer.write([] as [UInt8]) } },
        descriptor: MethodDescriptor(service: service, method: "StreamClientStatus", type: .bidirectionalStreaming)
      ) { response in
        var count = 0
        for try await message: [UInt8] in response.messages {
          #expect(message.isEmpty)
          count += 1
        }
        #expect(count == 3)
      }
    }
  }
}
