import CoreGRPC
import Testing

@Suite("Addresses to listen on")
struct ListenAddressTests {
  @Test(
    "An address is read and written alike",
    arguments: [
      "127.0.0.1:19999", "localhost:0", "[::1]:65535", "unix:/tmp/a socket", "unix:relative", "unix-abstract:name",
      "0.0.0.0:1",
    ]
  )
  func roundTrip(text: String) throws {
    #expect(try ListenAddress(text).description == text)
  }

  @Test(
    "What is no address is refused and named",
    arguments: [
      "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:65536", "::1:80",
      "[::1]", "[::1:80", ":80", "http://x:80", "unix:", "unix-abstract:", "a b:80", "a\0:80",
      "127.0.0.1:99999999999999999999", "unix:" + String(repeating: "x", count: 108),
    ]
  )
  func invalid(text: String) throws {
    let error = try #require(throws: ServerError.self) { try ListenAddress(text) }
    #expect(error.code == .invalidAddress)
    #expect(error.message.contains("'\(text)'"))
  }

  @Test("The parts of an address")
  func parts() throws {
    #expect(try ListenAddress("[::1]:80").port == 80)
    #expect(try ListenAddress("unix:/a").unixDomainSocketPath == "/a")
    #expect(try ListenAddress("unix:/a").port == nil)
    #expect(ListenAddress.tcp(host: "::1", port: 80).description == "[::1]:80")
  }
}
