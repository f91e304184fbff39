import Glibc
import Testing

@testable import CoreGRPC

@Suite("Connections that a server ends")
struct AcceptedConnectionsTests {
  @Test("A program's UDP socket with the address of a listener stays open")
  func datagrams() throws {
    let server = Server(services: [])
    let port = try #require(try server.listen(on: ListenAddress("[::1]:0")).port)
    // The family of C-core's listeners, be they of IPv4 or of IPv6.
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = UInt16(port).bigEndian
    address.sin6_addr = in6addr_loopback
    let datagrams = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(datagrams) }
    let length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isBound = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(datagrams, $0, length) == 0 }
    }
    try #require(isBound)
    AcceptedConnections(from: ListeningSocket.all().filter { $0.name.port == UInt16(port) }).shutDown()
    let sent = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(datagrams, [7], 1, 0, $0, length) }
    }
    #expect(sent == 1)
    var byte: UInt8 = 0
    #expect(recv(datagrams, &byte, 1, Int32(MSG_DONTWAIT)) == 1)
    #expect(byte == 7)
    server.beginGracefulShutdown(gracePeriod: .zero)
  }
}
