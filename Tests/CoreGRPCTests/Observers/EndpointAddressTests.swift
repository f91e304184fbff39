import Testing

@testable import CoreGRPC

@Suite("Addresses for telemetry")
struct EndpointAddressTests {
  @Test(
    "Targets and peers are read",
    arguments: [
      ("localhost:50051", "localhost", 50051),
      ("localhost", "localhost", nil),
      ("dns:///localhost:50051", "localhost", 50051),
      ("dns:localhost:50051", "localhost", 50051),
      ("dns://8.8.8.8/example.com:443", "example.com", 443),
      ("dns:///example.com", "example.com", nil),
      ("ipv4:127.0.0.1:50051", "127.0.0.1", 50051),
      ("ipv4:10.0.0.1:1,10.0.0.2:2", "10.0.0.1", 1),
      ("ipv6:[::1]:50051", "::1", 50051),
      ("ipv6:%5B::1%5D:50051", "::1", 50051),
      ("dns:///[::1]:50051", "::1", 50051),
      ("dns:///::1", "::1", nil),
      ("unix:/run/greeter.sock", "/run/greeter.sock", nil),
      ("unix:///run/greeter.sock", "/run/greeter.sock", nil),
      ("unix:", "", nil),
      ("unix-abstract:name:1", "name:1", nil),
      ("xds:///greeter.example", "greeter.example", nil),
      ("in-process", "in-process", nil),
    ] as [(String, String, Int?)]
  )
  func read(text: String, host: String, port: Int?) {
    let address = EndpointAddress(text)
    #expect(address.host == host && address.port == port)
  }
}
