import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Contexts", .timeLimit(.minutes(5)))
struct ContextTests {
  private enum NameKey: CallContextKey {
    typealias Value = String
  }

  private enum NumberKey: CallContextKey {
    typealias Value = Int
  }

  @Test("A handler is tested without a server: its context says what the test says")
  func madeServerContext() async throws {
    let deadline = ContinuousClock.now + .seconds(5)
    let certificate = PeerCertificate(commonName: "worker", pem: "PEM")
    var context = ServerContext(
      descriptor: TestServer.echo,
      remotePeer: "ipv4:192.0.2.1:1",
      localPeer: "ipv4:192.0.2.2:2",
      deadline: deadline,
      peerCertificate: certificate
    )
    #expect(context.descriptor == TestServer.echo && context.deadline == deadline)
    #expect(context.remotePeer == "ipv4:192.0.2.1:1" && context.localPeer == "ipv4:192.0.2.2:2")
    #expect(context.peerCertificate == certificate && certificate.chain == ["PEM"])
    #expect(context[NameKey.self] == nil && !context.cancellation.isCancelled)

    let copy = context
    context[NameKey.self] = "Ada"
    context[NumberKey.self] = 3
    context.remotePeer = "unix:"
    context.localPeer = "unix:/socket"
    context.deadline = nil
    context.peerCertificate = nil
    context.descriptor = StreamServer.bidirectional
    context.cancellation.cancel()
    #expect(context[NameKey.self] == "Ada" && context[NumberKey.self] == 3)
    #expect(context.remotePeer == "unix:" && context.localPeer == "unix:/socket")
    #expect(context.deadline == nil && context.peerCertificate == nil)
    #expect(context.descriptor == StreamServer.bidirectional)
    #expect(copy[NameKey.self] == nil && copy.remotePeer == "ipv4:192.0.2.1:1" && copy.deadline == deadline)
    #expect(copy.cancellation.reason == .application, "the copies have one handle")
    context.cancellation = .init()
    context[NameKey.self] = nil
    #expect(!context.cancellation.isCancelled && context[NameKey.self] == nil)
  }

  @Test("A context without a server has defaults for all but the method")
  func defaults() {
    let context = ServerContext(descriptor: TestServer.echo)
    #expect(context.remotePeer == "" && context.localPeer == "" && context.deadline == nil)
    #expect(context.peerCertificate == nil)
    let client = ClientContext(descriptor: TestServer.echo)
    #expect(client.remotePeer == "" && client.localPeer == "" && client.target == "")
    #expect(ClientContext(descriptor: TestServer.echo, target: "host:1").remotePeer == "host:1")
  }

  @Test("A client's context is a value, too")
  func madeClientContext() {
    let peers = ("ipv4:192.0.2.1:1", "ipv4:192.0.2.2:2")
    var context = ClientContext(descriptor: TestServer.echo, remotePeer: peers.0, localPeer: peers.1)
    let copy = context
    context[NumberKey.self] = 1
    context.remotePeer = "a"
    context.localPeer = "b"
    #expect(context[NumberKey.self] == 1 && context.remotePeer == "a" && context.localPeer == "b")
    #expect(copy[NumberKey.self] == nil && (copy.remotePeer, copy.localPeer) == peers)
  }

  @Test("A test's cancellation reaches a handler that has asked to be told")
  func cancellationInTest() async throws {
    let called = Gate()
    let isCancelled = await withServerContextRPCCancellationHandle { handle in
      let context = ServerContext(descriptor: TestServer.echo, cancellation: handle)
      await withRPCCancellationHandler {
        handle.cancel()
        await called.pass()
      } onCancelRPC: {
        called.open()
      }
      return context.cancellation.isCancelled
    }
    #expect(isCancelled)
    await #expect(throws: RPCError.self) {
      try await withServerContextRPCCancellationHandle { _ in throw RPCError(code: .aborted, message: "") }
    }
  }

  private struct Named: ServerInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingServerRequest<Input>,
      context: ServerContext,
      next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
      #expect(context[NameKey.self] == nil)
      var context = context
      context[NameKey.self] = "Ada"
      return try await next(request, context)
    }
  }

  @Test("Handlers of every kind read what an interceptor has set, and what the call has besides")
  func values() async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { (_: ServerRequest<[UInt8]>, context) in
      #expect(context.descriptor == TestServer.echo && context.remotePeer.hasPrefix("ipv4:127.0.0.1:"))
      return ServerResponse(message: Array((context[NameKey.self] ?? "nobody").utf8))
    }
    router.registerHandler(forMethod: StreamServer.bidirectional) { (_: StreamingServerRequest<[UInt8]>, context) in
      StreamingServerResponse { writer in
        try await writer.write(Array((context[NameKey.self] ?? "nobody").utf8))
        return [:]
      }
    }
    let server = Server(router: router, interceptors: [Named()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) {
      let channel = try Channel(target: address.description)
      for method in [TestServer.echo, StreamServer.bidirectional] {
        #expect(try await channel.echo(method: method).message == Array("Ada".utf8))
      }
    }
  }

  @Test("A handler reads both ends of its connection", arguments: ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"])
  func peers(listening: String) async throws {
    try await withTestServer(on: listening) { _, context in
      ServerResponse(message: Array("\(context.localPeer) \(context.remotePeer)".utf8))
    } body: { test in
      let port = try #require(test.address.port)
      let isIPv6 = listening.hasPrefix("[")
      let channel = try Channel(target: isIPv6 ? "[::1]:\(port)" : "127.0.0.1:\(port)")
      let peers = String(decoding: try await channel.echo().message, as: UTF8.self).split(separator: " ")
      try #require(peers.count == 2)
      #expect(peers[0] == (isIPv6 ? "ipv6:%5B::1%5D:\(port)" : "ipv4:127.0.0.1:\(port)"))
      #expect(peers[1].hasPrefix(isIPv6 ? "ipv6:%5B::1%5D:" : "ipv4:127.0.0.1:") && peers[1] != peers[0])
    }
  }

  @Test("A handler that a Unix domain socket reaches reads the socket's path")
  func unixPeers() async throws {
    for address in [
      "unix:" + FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).sock").path,
      TestServer.addressOfItsOwn(),
    ] {
      try await withTestServer(on: address) { _, context in
        #expect(context.remotePeer.hasPrefix("unix"))
        return ServerResponse(message: Array(context.localPeer.utf8))
      } body: { (test) async throws in
        #expect(String(decoding: try await test.call().message, as: UTF8.self) == address)
      }
    }
  }

  @Test("A handler knows its client's address when the client has disconnected")
  func peerOfDisconnectedClient() async throws {
    let peers = Locked<[String]>([])
    let (hasBegun, hasEnded) = (Gate(), Gate())
    try await withTestServer { request, context in
      peers.withLock { $0.append(context.remotePeer) }
      hasBegun.open()
      await waitForCancellation()
      peers.withLock { $0.append(context.remotePeer) }
      hasEnded.open()
      return ServerResponse(message: request.message)
    } body: { test in
      let call = Task { try await test.call() }
      await hasBegun.pass()
      call.cancel()
      await hasEnded.pass()
      let seen = peers.withLock { $0 }
      #expect(seen.count == 2 && seen.first == seen.last && seen.first?.hasPrefix("ipv4:127.0.0.1:") == true)
    }
  }

  private final class PeerReader: ClientInterceptor {
    let seen = Locked<[String]>([])

    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingClientRequest<Input>,
      context: ClientContext,
      next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
      #expect(context.remotePeer == context.target && context.localPeer == "")
      let response = try await next(request, context).awaitingFirstMessage()
      seen.withLock { $0 = [context.remotePeer, context.localPeer] }
      var changed = response
      changed.messages = RPCAsyncSequence { [self] in
        defer { seen.withLock { $0.append(context.remotePeer) } }
        var messages = response.messages.makeAsyncIterator()
        return try await messages.next()
      }
      return changed
    }
  }

  @Test("A client's interceptor reads both ends of the connection when the call has one")
  func clientPeers() async throws {
    try await withTestServer { _, context in
      ServerResponse(message: Array(context.remotePeer.utf8))
    } body: { test in
      let reader = PeerReader()
      let channel = try Channel(target: test.address.description, interceptors: [reader])
      let own = String(decoding: try await channel.echo().message, as: UTF8.self)
      let seen = reader.seen.withLock { $0 }
      #expect(seen.first == "ipv4:\(test.address)" && seen.last == seen.first)
      #expect(seen.dropFirst().first == own)
    }
  }
}
