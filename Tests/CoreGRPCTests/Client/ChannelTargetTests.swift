import Testing

@testable import CoreGRPC

@Suite("Targets of channels")
struct ChannelTargetTests {
  @Test(
    "A target that C-core can resolve is left to it",
    arguments: [
      "127.0.0.1:50051", "localhost:50051", "localhost", "example.com", "example.com:443", "example.com:https",
      "host_name:1", "[::1]:50051", "[fe80::1%25eth0]:1", "127.1:1", "a.b.c.d:1", "foo:1", "dns:localhost:1",
      "dns:localhost",
      "dns:///localhost:1", "dns:///[::1]:1", "dns://8.8.8.8:53/localhost:1", "ipv4:127.0.0.1:1",
      "ipv4:127.0.0.1:1,127.0.0.1:2", "ipv4:127.0.0.1:1,", "ipv4:///127.0.0.1:1", "ipv4:/127.0.0.1:1", "ipv6:[::1]:1",
      "ipv6:%5B::1%5D:1", "ipv6:[::1]:1,[::2]:1", "ipv6:[::ffff:127.0.0.1]:1", "unix:relative", "unix:/a b",
      "unix:///a",
      "unix:/a,/b", "unix-abstract:name", "xds:///service", "xds:service", "xds://authority/service", "vsock:2:1",
      "google-c2p:///service", "localhost:1?x", "bücher.example:1",
    ]
  )
  func valid(target: String) {
    #expect(ChannelTarget.problem(in: target) == nil)
  }

  @Test(
    "A target that C-core would connect to a wrong port, or look up in vain, is refused with a sentence",
    arguments: [
      ("", "it is empty"), (" ", "cannot contain \" \""), ("a b:1", "cannot contain \" \""),
      ("127.0.0.1:1 ", "cannot contain \" \""),
      ("localhost:1\n", "cannot contain \"\\n\""), ("a\0:1", "NUL"),
      ("127.0.0.1", "needs a port, as in 127.0.0.1:50051"),
      ("[::1]", "needs a port, as in [::1]:50051"), ("127.0.0.1:x", "'x' is not a port number"),
      ("127.0.0.1:", "port after the colon is missing"), ("localhost:", "port after the colon is missing"),
      ("127.0.0.1:99999", "'99999' is not a port number"), ("127.0.0.1:-1", "'-1' is not a port number"),
      ("127.0.0.1:+1", "'+1' is not a port number"), ("127.0.0.1:https", "'https' is not a port number"),
      ("localhost:0", "port 0 is for listening"), ("localhost:1/x", "'1/x' is not a port number"),
      ("example.com/x", "a target cannot have a path"), ("user@localhost:1", "cannot contain \"@\""), (":1", "no host"),
      ("::1", "needs brackets"), ("::1:1", "needs brackets"), ("[::1", "in brackets"), ("[localhost]:1", "in brackets"),
      ("[::1]x", "in brackets"), ("localhost:1,localhost:2", "ipv4:127.0.0.1:50051,127.0.0.1:50052"),
      ("http://127.0.0.1:1", "remove http:// from the target: write 127.0.0.1:1, and"),
      ("https://example.com/x", "remove https:// from the target: write example.com:port, and"),
      ("tcp://h:1", "does not know the scheme tcp://"),
      ("foo:bar", "'bar' is not a port number"), ("DNS:localhost:1", "brackets"), ("dns:", "dns: needs a name"),
      ("dns:///", "dns: needs a name"), ("dns://localhost:1", "write dns:///localhost:1"),
      ("dns:////x", "cannot contain '/'"),
      ("dns:127.0.0.1", "needs a port"), ("ipv4:", "has no address"), ("ipv4:,", "has no address"),
      ("ipv4:127.0.0.1", "has no port"), ("ipv4:localhost:1", "'localhost:1' is not an address"),
      ("ipv4:127.0.0.1:1,127.0.0.1:x", "'x' is not a port"), ("ipv4://127.0.0.1:1", "ipv4:///"),
      ("ipv4:127.0.0.256:1", "not an address"), ("ipv6:[::1]", "has no port"), ("ipv6:::1", "has no port"),
      ("ipv6:127.0.0.1:1", "not an address"), ("unix:", "has no address"), ("unix://relative/x", "unix:///"),
      ("unix:" + String(repeating: "x", count: 108), "at most 107 bytes, not 108"),
      ("unix-abstract:", "has no address"),
      ("xds:", "xds: needs the name"), ("xds:///", "xds: needs the name"),
    ]
  )
  func invalid(target: String, problem: String) {
    let found = ChannelTarget.problem(in: target)
    #expect(found?.contains(problem) == true, "\(target.debugDescription): \(found ?? "nil")")
    let error = #expect(throws: RuntimeError.self) { try Channel(target: target) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.hasPrefix("a channel to ") == true)
  }

  @Test("The error names the target")
  func message() {
    let error = #expect(throws: RuntimeError.self) { try Channel(target: "http://127.0.0.1:1") }
    let message = """
      a channel to 'http://127.0.0.1:1' cannot be created: remove http:// from the target: write 127.0.0.1:1, \
      and choose plaintext or TLS by the channel's credentials
      """
    #expect(error == RuntimeError(code: .invalidArgument, message: message))
  }
}
