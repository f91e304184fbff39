import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Addresses to listen on")
struct ListenAddressTests {
  @Test(
    "An address is read and written alike",
    arguments: [
      "127.0.0.1:19999", "localhost:0", "[::1]:65535", "unix:/tmp/a socket", "unix:relative", "unix-abstract:name",
      "0.0.0.0:1", "[fe80::1%25eth0]:1", "unix:/tmp/100%25%3F%23",
    ]
  )
  func roundTrip(text: String) throws {
    #expect(try ListenAddress(text).description == text)
  }

  @Test(
    "A text that is not an address is refused and named",
    arguments: [
      "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:65536", "::1:80",
      "[::1]", "[::1:80", ":80", "http://x:80", "unix:", "unix-abstract:", "a b:80", "a\0:80",
      "127.0.0.1:99999999999999999999", "unix:" + String(repeating: "x", count: 108),
      "unix:%00", "unix-abstract:a\0b", "[localhost]:1", "[x::1]:1",
      "unix-abstract:" + String(repeating: "x", count: 108),
    ]
  )
  func invalid(text: String) throws {
    let error = try #require(throws: RuntimeError.self) { try ListenAddress(text) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("'\(text)'"))
  }

  @Test(
    "An address that was made in code is checked when a server listens",
    arguments: [
      .tcp(host: "", port: 0), .tcp(host: " ", port: 0), .tcp(host: "127.0.0.1:1", port: 0),
      .tcp(host: "[::1]", port: 0), .tcp(host: "local\0host", port: 0), .tcp(host: "http://127.0.0.1", port: 0),
      .unixDomainSocket(path: ""), .unixDomainSocket(path: "/tmp/a\0b"),
      .unixDomainSocket(path: "/tmp/" + String(repeating: "x", count: 103)),
      .abstractUnixDomainSocket(name: ""), .abstractUnixDomainSocket(name: "a\0b"),
      .abstractUnixDomainSocket(name: String(repeating: "x", count: 108)),
    ] as [ListenAddress]
  )
  func madeInCode(address: ListenAddress) async throws {
    let server = Server(services: [])
    let error = try #require(throws: RuntimeError.self) { try server.listen(on: address) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("is not an address to listen on"), "\(error)")
    await server.shutdown()
  }

  @Test("A path with characters that a URI would end at is bound and reached as it is")
  func unusualPath() async throws {
    let folder = FileManager.default.temporaryDirectory.path
    let path = folder + "/coregrpc-\(UInt32.random(in: 0 ... .max)) 50%41?#"
    try await withTestServer(on: ListenAddress.unixDomainSocket(path: path).description) { (test) async throws in
      #expect(FileManager.default.fileExists(atPath: path))
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("The parts of an address")
  func parts() throws {
    #expect(try ListenAddress("[::1]:80").port == 80)
    #expect(try ListenAddress("unix:/a").unixDomainSocketPath == "/a")
    #expect(try ListenAddress("unix:/a").port == nil)
    #expect(ListenAddress.tcp(host: "::1", port: 80).description == "[::1]:80")
  }
}
