import Testing

@testable import CoreGRPC

@Suite("The dump of xDS resources")
struct XDSConfigurationDumpTests {
  @Test("A client's resources become a response with one client", arguments: [1, 127, 128, 300, 20_000])
  func response(length: Int) {
    let client = [UInt8](repeating: 7, count: length)
    let response = XDSConfigurationDump.clientStatusResponse(of: client)
    // Field 1, of the length that follows in groups of seven bits.
    #expect(response[0] == 0x0a)
    var (read, shift, index) = (0, 0, 1)
    while true {
      read |= Int(response[index] & 0x7f) << shift
      shift += 7
      index += 1
      if response[index - 1] < 0x80 { break }
    }
    #expect(read == length)
    #expect(Array(response[index...]) == client)
  }

  @Test("It is empty where nothing uses xDS")
  func empty() { #expect(XDSConfigurationDump.clientStatusResponse.isEmpty) }
}
