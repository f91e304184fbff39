import Glibc
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Closing connections", .timeLimit(.minutes(5)))
struct ConnectionClosingTests {
  @Test("The texts that C-core writes are understood")
  func texts() throws {
    let end = try #require(ConnectionEnd("ipv4:127.0.0.1:41234"))
    #expect(end.port == 41234)
    #expect(end == ConnectionEnd("ipv6:%5B::ffff:127.0.0.1%5D:41234"))
    #expect(end != ConnectionEnd("ipv4:127.0.0.1:41235"))
    #expect(end != ConnectionEnd("ipv4:127.0.0.2:41234"))
    let local = try #require(ConnectionEnd("ipv6:%5Bfe80::1%25eth0%5D:1"))
    #expect(local == ConnectionEnd("ipv6:[fe80::1]:1"))
    for text in [
      "", "unix:", "unix:/tmp/socket", "unix-abstract:x", "fd:7", "ipv4:", "ipv4:127.0.0.1", "ipv4:localhost:1",
      "ipv4:1.2.3.4:99999", "ipv6:::1:80", "ipv6:%5Bx%5D:1",
    ] {
      #expect(ConnectionEnd(text) == nil, "\(text)")
    }
  }

  @Test(
    "A client's connection is found and closed, and no other; the client connects anew",
    arguments: ["127.0.0.1:0", "[::1]:0", "[::]:0"]
  )
  func closing(address: String) async throws {
    let test = try TestServer(on: address) { _, context in ServerResponse(message: Array(context.remotePeer.utf8)) }
    let port = try #require(test.address.port)
    // The wildcard takes clients of both versions of IP.
    let target = address == "[::]:0" ? "127.0.0.1:\(port)" : test.address.description
    func makeChannel() throws -> Channel {
      var configuration = Channel.Configuration()
      configuration.usesLocalSubchannelPool = true
      return try Channel(target: target, configuration: configuration)
    }
    let (channel, other) = (try makeChannel(), try makeChannel())
    func peer(of channel: Channel) async throws -> String {
      var options = CallOptions.defaults
      options.waitForReady = true
      // The call may meet the end of the connection.
      while true {
        if let bytes = try? await channel.echo(options: options).message {
          return String(decoding: bytes, as: UTF8.self)
        }
      }
    }
    let (first, second) = (try await peer(of: channel), try await peer(of: other))
    #expect(ConnectionCloser.closeConnection(of: first, toPorts: [port &+ 1]) == .notFound)
    #expect(ConnectionCloser.closeConnection(of: first, toPorts: []) == .notFound)
    #expect(ConnectionCloser.closeConnection(of: first, toPorts: [port]) == .closed)
    while try await peer(of: channel) == first {}
    #expect(try await peer(of: other) == second)
    #expect(ConnectionCloser.closeConnection(of: first, toPorts: [port]) == .notFound)
  }

  @Test("A connection over a Unix domain socket is left alone")
  func unix() async throws {
    let test = try TestServer(on: TestServer.addressOfItsOwn()) { _, context in
      ServerResponse(message: Array(context.remotePeer.utf8))
    }
    let peer = String(decoding: try await test.call().message, as: UTF8.self)
    #expect(ConnectionCloser.closeConnection(of: peer, toPorts: []) == .indistinct)
    #expect(try await test.call().message == Array(peer.utf8))
  }
}
